//! Export: format, place, which files, and what came of it.

use crate::desk::Desk;
use crate::together::conflict;
use earmark::app::FORMATS;
use earmark::formats::Format;

const THREE: [&str; 3] = ["a.wav", "b.wav", "c.wav"];

#[test]
fn the_screen_offers_every_format() {
    assert_eq!(FORMATS.len(), Format::ALL.len());
    for (format, name) in Format::ALL {
        let offered = FORMATS.iter().find(|offered| offered.name == name);
        let offered = offered.unwrap_or_else(|| panic!("{name} is not offered"));
        assert_eq!(offered.reads, format.is_read(), "{name}");
        assert_eq!(offered.ending.is_some(), format.is_one_file(), "{name}");
    }
}

#[test]
fn labels_are_written_and_read_back() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter>two<enter><esc>E").expect("~/calls-2026.manifest");
    desk.keys("<right><right>").expect("~/calls-2026.csv").keys("<enter>");
    desk.expect("exported 3 files, 2 labeled").expect("2 labels read back and verified");
    let written = std::fs::read_to_string(desk.home("calls-2026.csv")).unwrap();
    assert!(written.contains("one") && written.contains("c.wav"), "{written}");
    desk.keys("<esc>");
    assert!(desk.state.dialogs.is_empty());
}

#[test]
fn a_place_typed_by_hand_stays_and_nothing_is_overwritten_unasked() {
    let mut desk = Desk::with(&THREE);
    desk.keys("E<tab><c-u>~/mine.x<s-tab><right>").expect("~/mine.x").keys("<enter><esc>");
    assert!(desk.home("mine.x").exists());
    desk.keys("E<tab><c-u>~/mine.x<enter>").expect("that did not work").keys("<esc>");
    desk.expect("~/mine.x").keys("<up><up><space>").expect("[x] what is there");
    desk.keys("<enter>").expect("exported 3 files");
}

#[test]
fn only_what_the_filter_shows() {
    let mut desk = Desk::with(&THREE);
    desk.keys("/b.<enter>E").expect("filtered: b.").keys("<enter>").expect("exported 1 file");
}

#[test]
fn a_conflict_stops_it_unless_told_otherwise() {
    let mut desk = Desk::with(&THREE);
    conflict(&mut desk, "a.wav", ["red rose", "red nose"]);
    desk.keys("E").expect("1 file is in conflict").keys("<enter>").expect("that did not work");
    assert!(!desk.home("calls-2026.manifest").exists());
    desk.keys("<esc><up><up><right>").expect("write the text that is shown").keys("<enter>");
    desk.expect("exported 3 files").expect("1 in conflict");
}
