//! Add data: the file browser, what is there already, progress and its end, sources that can be read only.

use crate::desk::{Desk, place_clip};
use earmark::app::{Message, SourceRights};

const TWO: [&str; 2] = ["a.wav", "b.wav"];

/// A folder of new recordings beside the dataset.
pub(crate) fn with_news(names: &[&str]) -> Desk {
    let desk = Desk::with(&TWO);
    for (index, name) in names.iter().enumerate() {
        place_clip(&desk.home(&format!("new/{name}")), "02_order_agent.flac", index);
    }
    desk
}

#[test]
fn selected_files_go_into_a_folder_of_the_source() {
    let mut desk = with_news(&["c.flac", "d.flac", "sub/e.flac", "notes.txt"]);
    desk.keys("A").expect("/home/ann").expect("new/").keys("new<enter>").expect("/home/ann/new");
    desk.expect("c.flac").expect("sub/").expect("../");
    assert!(!desk.shows("notes.txt"), "only audio is offered");
    desk.keys("<space><space>").expect("2 selected").keys("<tab>").expect("Folder");
    desk.keys("2026<enter>").expect("added 2 files");
    assert!(desk.state.dialogs.is_empty(), "{}", desk.screen());
    assert_eq!(desk.names(), ["2026/c.flac", "2026/e.flac", "a.wav", "b.wav"]);
}

#[test]
fn a_pattern_takes_all_that_match() {
    let mut desk = with_news(&["c.flac", "d.flac", "sub/e.flac"]);
    desk.keys("Anew<enter>*.fl?c").expect("c.flac").expect("d.flac");
    assert!(!desk.shows("sub/"), "{}", desk.screen());
    desk.keys("<enter>").expect("c.flac").keys("<enter>").expect("added 2 files");
    assert_eq!(desk.names(), ["a.wav", "b.wav", "c.flac", "d.flac"]);
    assert!(desk.source("c.flac").exists());
}

#[test]
fn a_folder_is_added_with_what_is_below_it() {
    let mut desk = with_news(&["c.flac", "sub/e.flac"]);
    desk.keys("A<down>").keys("new<space><tab><enter>");
    desk.expect("added 2 files");
    assert_eq!(desk.names(), ["a.wav", "b.wav", "c.flac", "sub/e.flac"]);
}

#[test]
fn keys_that_are_taken_are_asked_about() {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (answer, added, said) in
        [("1", true, "added 1 file"), ("2", true, "in the place of others"), ("3", false, "Folder")]
    {
        let mut desk = with_news(&["a.wav", "c.flac"]);
        before.push(std::fs::read(desk.source("a.wav")).unwrap());
        desk.keys("Anew<enter>*.*<enter><enter>").expect("1 in the source already:");
        desk.expect("  a.wav").keys(answer).expect(said);
        after.push(std::fs::read(desk.source("a.wav")).unwrap());
        assert_eq!(desk.source("c.flac").exists(), added, "{answer}");
    }
    assert_eq!(before[0], after[0], "left alone");
    assert_ne!(before[1], after[1], "overwritten, as asked");
    assert_eq!(before[2], after[2], "nothing done");
}

#[test]
fn what_is_no_audio_is_named() {
    let mut desk = with_news(&["c.flac"]);
    std::fs::write(desk.home("new/bad.wav"), "no audio at all").unwrap();
    desk.keys("Anew<enter><c-t><tab><enter>").expect("added 1 file");
    desk.expect("bad.wav: it is no audio file").keys("<esc>");
    assert!(!desk.source("bad.wav").exists());
    assert_eq!(desk.names(), ["a.wav", "b.wav", "c.flac"]);
}

#[test]
fn esc_goes_back_step_by_step_and_loses_nothing() {
    let mut desk = with_news(&["c.flac", "d.flac"]);
    desk.keys("Anew<enter><space><tab>2026<esc>").expect("1 selected");
    desk.keys("<left>").expect("/home/ann").expect("1 selected").keys("<esc>");
    assert!(desk.state.dialogs.is_empty());
    assert!(!desk.source("2026").exists());
}

#[test]
fn adding_is_stopped_or_left_to_itself() {
    let mut desk = with_news(&["c.flac", "d.flac"]);
    desk.keys("A").keys("new<space><tab>");
    desk.room().slow = true;
    desk.keys("<enter>").expect("looking").finish_job().expect("file 1 of 2");
    desk.keys("<esc>").expect("stopped: what was added stays");
    desk.keys("<enter>").finish_job().keys("<enter>");
    assert!(desk.state.dialogs.is_empty(), "{}", desk.screen());
    desk.expect("Add data").keys("<enter>a text").finish_job().expect("added 2 files");
    assert_eq!(desk.text(), "a text", "labeling went on");
}

#[test]
fn one_job_at_a_time() {
    let mut desk = with_news(&["c.flac"]);
    desk.keys("A").keys("new<space><tab>");
    desk.room().slow = true;
    desk.keys("<enter>").finish_job().keys("<enter>E").expect("one at a time");
    desk.keys("<enter>q").expect("Quit anyway?").keys("<esc>").finish_job();
    desk.expect("added 1 file");
}

#[test]
fn a_source_that_can_be_read_only_says_so() {
    let mut desk = Desk::with(&TWO);
    desk.send(Message::Rights(SourceRights { add: Some(false), delete: Some(false) }));
    desk.keys("A").expect("can be read only: these keys may not add files");
    assert!(desk.state.dialogs.is_empty());
    desk.keys("d<s-tab><space>").expect("these keys may not delete in").expect("[ ] Delete the");
}

#[test]
fn hostile_names_are_shown_safe() {
    let mut desk = with_news(&["x\u{1b}[2Jy.flac", "z\u{202e}vaw.flac"]);
    desk.keys("Anew<enter>").expect("␛[2Jy.flac").keys("<c-t><tab>").expect("␛[2Jy.flac");
    let all = desk.picture().rows().concat();
    assert!(!all.contains('\u{1b}') && !all.contains('\u{202e}'));
    desk.keys("<enter>").expect("added 2 files");
}
