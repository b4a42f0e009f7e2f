//! How the dialogs of what goes in and out look: reviewed pictures, in each size that matters.

use crate::adding::with_news;
use crate::desk::Desk;
use crate::looks::{MIDDLE, SMALL, TINY, picture, shot};
use crate::scene::calls;
use crate::together::conflict;
use earmark::config::ThemeName;
use earmark::ui::ColorMode;

const THREE: [(u16, u16); 3] = [TINY, SMALL, MIDDLE];

#[test]
fn browser() {
    let mut desk = with_news(&["c.flac", "d with a rather long name, and more.flac", "sub/e.flac"]);
    desk.keys("Anew<enter><space>");
    shot(&mut desk, "browse", &THREE);
    desk.keys("<tab>2026");
    shot(&mut desk, "add_form", &[TINY, SMALL]);
    desk.room().slow = true;
    desk.keys("<enter>").finish_job();
    shot(&mut desk, "add_progress", &[TINY, SMALL]);
}

#[test]
fn taken_keys() {
    let mut desk = with_news(&["a.wav", "c.flac"]);
    desk.keys("Anew<enter>*.*<enter><enter>");
    shot(&mut desk, "add_existing", &[TINY, SMALL]);
}

#[test]
fn import() {
    let mut desk = calls();
    let lines = "audio\tcontent\n2026-07/0412_agent.wav\tgood day\n2026-07/0415_agent.flac\tyes\n\
                 elsewhere/0001.wav\tnobody\nno\u{1b}[2J.wav\tx\n";
    std::fs::write(desk.home("labels.tsv"), lines).unwrap();
    desk.keys("I/home/ann/labels.tsv");
    shot(&mut desk, "import_form", &THREE);
    desk.keys("<enter>");
    shot(&mut desk, "import_preview", &THREE);
    desk.keys("<esc><tab><tab><space>");
    shot(&mut desk, "import_formats", &[TINY, SMALL]);
}

#[test]
fn export() {
    let mut desk = calls();
    desk.keys("E");
    shot(&mut desk, "export_form", &THREE);
    desk.keys("<tab><tab><tab><tab><right><enter>");
    shot(&mut desk, "export_done", &[TINY, SMALL]);
}

#[test]
fn publish() {
    let mut desk = Desk::shared(&["a.wav", "b.wav", "c.wav"]);
    conflict(&mut desk, "b.wav", ["red rose", "red nose"]);
    desk.keys("P<tab>the first week");
    shot(&mut desk, "publish_form", &THREE);
    desk.keys("<enter>");
    shot(&mut desk, "publish_counts", &[TINY, SMALL]);
    desk.keys("2");
    shot(&mut desk, "published", &[TINY, SMALL]);
    desk.keys("<esc><enter>one<enter><esc>P<enter>2<esc>:versions<enter>");
    shot(&mut desk, "versions", &THREE);
    desk.keys("<enter>");
    shot(&mut desk, "versions_compared", &[TINY, SMALL]);
}

#[test]
fn conflicts() {
    let mut desk = calls();
    desk.keys("2G<enter>");
    shot(&mut desk, "conflict", &THREE);
    desk.state.ascii = true;
    shot(&mut desk, "ascii_conflict", &[SMALL]);
}

#[test]
fn in_ascii_and_without_colour() {
    let mut desk = calls();
    desk.state.ascii = true;
    desk.keys("E");
    shot(&mut desk, "ascii_export_form", &[SMALL]);
    desk.keys("<esc>A");
    shot(&mut desk, "ascii_browse", &[SMALL]);
    let mut desk = Desk::shared(&["a.wav"]);
    desk.resize(60, 16).look(ThemeName::Dark, ColorMode::None).keys("P<tab><tab>");
    picture("look_publish_no_color", &desk.picture().styled());
}
