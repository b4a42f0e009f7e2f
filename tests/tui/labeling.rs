//! The one key: label, next, play. And what it does where there is nothing to label.

use crate::desk::Desk;
use crate::scene::bob_labels;
use earmark::app::{Focus, Message};
use earmark::domain::View;
use std::time::Duration;

const THREE: [&str; 3] = ["a.wav", "b.wav", "c.wav"];

#[test]
fn enter_labels_goes_on_and_plays() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>hello<enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("hello"));
    assert_eq!(desk.here(), "b.wav");
    assert_eq!(desk.names(), ["b.wav", "c.wav"]);
    assert_eq!(desk.text(), "");
    assert_eq!(desk.tab(), View::Unlabeled);
    assert_eq!(desk.deck.loaded, [("a.wav".to_owned(), true), ("b.wav".to_owned(), true)]);
    desk.keys("wide world<enter>").expect("1 Unlabeled 1").expect("3 Labeled 2");
}

#[test]
fn without_autoplay_the_next_file_waits() {
    let mut desk = Desk::set(&THREE, &[("playback.autoplay", "false")]);
    desk.keys("<enter>hello<enter>");
    assert_eq!(desk.here(), "b.wav");
    assert_eq!(desk.deck.loaded, []);
    desk.keys("<tab>");
    assert_eq!(desk.deck.loaded, [("b.wav".to_owned(), true)]);
}

#[test]
fn moving_in_the_list_is_silent_unless_it_previews() {
    let mut desk = Desk::with(&THREE);
    desk.keys("jj");
    assert_eq!(desk.here(), "c.wav");
    assert_eq!(desk.deck.loaded, []);
    let mut desk = Desk::set(&THREE, &[("playback.preview_plays", "true")]);
    desk.keys("jj");
    assert_eq!(desk.deck.loaded.last(), Some(&("c.wav".to_owned(), true)));
}

#[test]
fn an_empty_box_writes_nothing_and_says_so() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter><enter>").expect("nothing typed: left unlabeled");
    assert_eq!(desk.here(), "b.wav");
    assert_eq!(desk.counts().labeled, 0);
    desk.keys("   <enter>");
    assert_eq!(desk.counts().labeled, 0, "blanks are no label");
}

#[test]
fn unchanged_text_writes_nothing_and_says_so() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter>two<enter><esc>3<enter><enter>").expect("unchanged");
    assert_eq!(desk.here(), "b.wav");
    let id = desk.row("a.wav").id;
    assert_eq!(desk.room().reader.history(id).unwrap().len(), 1);
}

#[test]
fn after_the_last_file_all_is_done() {
    let mut desk = Desk::with(&["a.wav", "b.wav"]);
    desk.keys("<enter>one<enter>two<enter>").expect("all done");
    assert_eq!(desk.state.focus, Focus::List);
    assert_eq!(desk.counts().labeled, 2);
    desk.wait(Duration::from_secs(10)).expect("all done").expect("2 labels: press 3");
}

#[test]
fn skipped_files_are_told_at_the_end() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter><c-n><c-n>three<enter>").expect("end of the list");
    desk.keys("g");
    assert_eq!(desk.here(), "a.wav");
}

#[test]
fn an_emptied_label_stays() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter><esc>3<enter><c-u>");
    assert_eq!(desk.text(), "");
    desk.keys("<enter>").expect("the label stays");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    desk.keys("3<enter>");
    assert_eq!(desk.text(), "one", "what the label is, is in the box");
}

#[test]
fn a_label_is_changed_in_labeled() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter>two<enter><esc>3<enter> more<enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one more"));
    assert_eq!(desk.names(), ["a.wav", "b.wav"], "it stays where it is");
    assert_eq!((desk.here().as_str(), desk.text()), ("b.wav", "two"));
}

#[test]
fn x_removes_the_label_and_u_brings_it_back() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter><esc>3x").expect("removed the label of 1 file");
    assert_eq!(desk.label("a.wav"), None);
    desk.keys("1");
    assert_eq!(desk.names(), THREE);
    desk.keys("u").expect("took back");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    desk.keys("U").expect("done again");
    assert_eq!(desk.label("a.wav"), None);
}

#[test]
fn what_was_typed_is_what_is_stored() {
    let mut desk = Desk::with(&THREE);
    let typed = "  e\u{301}tude 今天 שלום 👩\u{200d}👩\u{200d}👧  ";
    desk.keys("<enter>").keys(typed).keys("<c-j>two<enter>");
    assert_eq!(desk.label("a.wav"), Some(format!("{typed}\ntwo")));
    let mut desk = Desk::set(&THREE, &[("editor.nfc", "true")]);
    desk.keys("<enter>e\u{301}<enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("\u{e9}"));
}

#[test]
fn a_slow_commit_shows_and_loses_nothing() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one").hold(true).keys("<enter>");
    assert!(desk.shows("a.wav") && desk.shows("…"), "{}", desk.screen());
    desk.keys("two<enter>three").hold(false);
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    assert_eq!(desk.label("b.wav").as_deref(), Some("two"));
    assert_eq!((desk.here().as_str(), desk.text()), ("c.wav", "three"));
}

#[test]
fn keys_typed_right_behind_a_tab_are_for_what_it_shows() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter>two<enter><esc>").wait(Duration::from_secs(1));
    desk.hold(true).keys("3jx").hold(false);
    assert_eq!((desk.label("a.wav").as_deref(), desk.label("b.wav")), (Some("one"), None));
    desk.keys("1").hold(true).keys("3x1<enter>three").hold(false);
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"), "meant for a tab that was left");
    assert_eq!((desk.tab(), desk.here().as_str()), (View::Unlabeled, "b.wav"));
    assert_eq!(desk.text(), "three");
}

#[test]
fn what_was_read_before_a_label_is_not_shown_after_it() {
    let mut desk = Desk::with(&THREE);
    desk.delays.slow = Some("c.wav".to_owned());
    desk.keys("<enter>").send(Message::Changed);
    desk.keys("one<enter>two<enter>three<enter>");
    let late = desk.delays.overtaken();
    desk.send(late).keys("<esc>3G");
    assert_eq!((desk.here().as_str(), desk.text()), ("c.wav", "three"));
}

#[test]
fn going_back_to_a_label_that_is_still_being_written_finds_it() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one").busy_writer(true).keys("<enter><c-p>").busy_writer(false);
    assert_eq!((desk.here().as_str(), desk.text()), ("a.wav", "one"));
    desk.wait(Duration::from_secs(2));
    assert_eq!(desk.draft("a.wav"), None);
}

#[test]
fn keys_typed_ahead_of_a_slow_disk_are_never_list_commands() {
    let mut desk = Desk::with(&["a.wav", "b.wav"]);
    desk.hold(true).keys("<enter>one<enter>two<enter>x q d").hold(false);
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    assert_eq!(desk.label("b.wav").as_deref(), Some("two"));
    assert!(!desk.ended && desk.state.dialogs.is_empty(), "{}", desk.screen());
}

#[test]
fn text_added_while_the_last_label_is_saved_stays() {
    let mut desk = Desk::with(&["a.wav"]);
    desk.keys("<enter>one").hold(true).keys("<enter><enter> more").hold(false);
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    assert_eq!(desk.text(), "one more");
    desk.keys("<enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one more"));
    assert!(desk.state.dialogs.is_empty(), "{}", desk.screen());
}

#[test]
fn a_full_disk_keeps_the_text_and_saves_it_when_there_is_room() {
    let mut desk = Desk::with(&THREE);
    desk.room().full = true;
    desk.keys("<enter>one<enter>").expect("not saved").expect("the disk is full");
    assert_eq!(desk.here(), "b.wav");
    desk.keys("two").wait(Duration::from_secs(4));
    assert_eq!(desk.text(), "two");
    desk.keys("<c-p>");
    assert_eq!((desk.here().as_str(), desk.text()), ("a.wav", "one"));
    desk.keys("<c-n>");
    desk.room().full = false;
    desk.wait(Duration::from_secs(5));
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    assert_eq!(desk.draft("b.wav").as_deref(), Some("two"));
    assert!(!desk.shows("not saved"), "{}", desk.screen());
    assert_eq!(desk.text(), "two");
}

#[test]
fn a_label_that_waited_for_room_is_asked_about_once() {
    let mut desk = Desk::with(&THREE);
    desk.room().full = true;
    desk.keys("<enter>one<enter>").expect("not saved");
    desk.room().full = false;
    bob_labels(&mut desk, "a.wav", "theirs");
    desk.busy_writer(true).wait(Duration::from_secs(20)).busy_writer(false);
    desk.expect("Labeled meanwhile by somebody else");
    assert_eq!(desk.state.dialogs.len(), 1);
    desk.wait(Duration::from_secs(1)).keys("<up><enter>").wait(Duration::from_secs(20));
    assert!(desk.state.dialogs.is_empty(), "{}", desk.screen());
    assert!(!desk.shows("not saved"), "{}", desk.screen());
    assert_eq!(desk.label("a.wav").as_deref(), Some("theirs"));
}

#[test]
fn a_file_that_cannot_be_heard_is_labeled_all_the_same() {
    let mut desk = Desk::with(&THREE);
    let mut broken = b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0\x55\x77\x01\0".to_vec();
    broken.resize(400, 0);
    std::fs::write(desk.source("a.wav"), broken).unwrap();
    desk.keys("S<enter>").wait(Duration::from_secs(1)).expect("cannot be");
    desk.keys("guessed<enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("guessed"));
}

#[test]
fn an_ended_program_has_saved_everything() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter>half a sen").send(Message::Terminate);
    assert!(desk.ended);
    assert_eq!(desk.draft("b.wav").as_deref(), Some("half a sen"));
}
