//! Nothing typed is ever lost: drafts, and coming back.

use crate::desk::Desk;
use earmark::app::Focus;
use earmark::domain::View;
use std::time::Duration;

const THREE: [&str; 3] = ["a.wav", "b.wav", "c.wav"];

#[test]
fn a_label_that_waits_for_another_process_is_a_draft_meanwhile() {
    let mut desk = Desk::with(&["a.wav", "b.wav"]);
    desk.busy_writer(true).keys("<enter>said<enter>");
    desk.wait(Duration::from_millis(1_100));
    assert_eq!(desk.draft("a.wav").as_deref(), Some("said"), "on disk within a second");
    assert_eq!(desk.label("a.wav"), None);
    desk.busy_writer(false);
    assert_eq!(desk.label("a.wav").as_deref(), Some("said"));
    assert_eq!(desk.draft("a.wav"), None);
}

#[test]
fn a_draft_is_on_disk_within_a_second() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>how are").wait(Duration::from_millis(900)).expect("draft saved");
    assert_eq!(desk.draft("a.wav").as_deref(), Some("how are"));
    desk.keys(" y");
    assert!(desk.shows("unsaved"), "{}", desk.screen());
}

#[test]
fn typing_without_a_pause_is_saved_all_the_same() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>a long text typed without any pause");
    let saved = desk.draft("a.wav").unwrap();
    assert!(saved.len() > 28, "only {saved:?} was saved");
}

#[test]
fn esc_keeps_the_draft_and_enter_finds_it() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>hello<esc>");
    assert_eq!(desk.state.focus, Focus::List);
    assert_eq!(desk.draft("a.wav").as_deref(), Some("hello"));
    desk.expect("✎").keys("jk").wait(Duration::from_millis(200));
    assert_eq!(desk.text(), "hello");
    desk.keys("<enter> world<enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("hello world"));
    assert_eq!(desk.draft("a.wav"), None);
}

#[test]
fn next_and_previous_keep_the_draft() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<c-n>two<c-n>three<c-p><c-p>");
    assert_eq!((desk.here().as_str(), desk.text()), ("a.wav", "one"));
    assert_eq!(desk.counts().labeled, 0);
    desk.keys("<c-n>");
    assert_eq!(desk.text(), "two");
    desk.keys("<c-n>");
    assert_eq!(desk.text(), "three");
    desk.keys("<c-n>").expect("this is the last file");
}

#[test]
fn a_draft_that_is_deleted_again_is_forgotten() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>no<esc><enter><bs><bs><esc>");
    assert_eq!(desk.draft("a.wav"), None);
    assert!(!desk.shows("✎"), "{}", desk.screen());
}

#[test]
fn a_label_that_is_being_changed_stays_until_enter() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter><esc>3<enter> and more<esc>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    assert_eq!(desk.draft("a.wav").as_deref(), Some("one and more"));
}

#[test]
fn coming_back_finds_everything_as_it_was() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter>tw<f7><f7><left>").wait(Duration::from_secs(1)).keys("<c-q>");
    let mut desk = desk.again();
    assert_eq!((desk.here().as_str(), desk.text()), ("b.wav", "tw"));
    assert_eq!(desk.state.focus, Focus::List, "the list has the focus at first");
    desk.expect("1.2×").keys("<enter>i");
    assert_eq!(desk.text(), "tiw", "the cursor is where it was");
}

#[test]
fn coming_back_restores_tab_filter_and_order() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter>two<enter><esc>3/two<enter>o3q");
    let desk = desk.again();
    assert_eq!(desk.tab(), View::Labeled);
    assert_eq!(desk.names(), ["b.wav"]);
    assert_eq!(desk.state.list.filter.to_string(), "two");
    desk.picture();
    assert!(desk.shows("duration"), "{}", desk.screen());
}

#[test]
fn a_second_program_does_not_take_the_draft_of_the_first() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>mine").wait(Duration::from_secs(1));
    let workspace = desk.room().opened.workspace.clone();
    let identity = earmark::workspace::Identity::new("ann");
    let mut other = earmark::workspace::Drafts::open(&workspace, identity).unwrap();
    assert_eq!(other.load(&"a.wav".into()).unwrap(), None);
}

#[test]
fn text_undo_goes_back_and_forth() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>hello world<c-z>");
    assert_eq!(desk.text(), "hello ");
    desk.keys("<c-r>");
    assert_eq!(desk.text(), "hello world");
    desk.keys("<c-t><c-x>");
    assert_eq!((desk.text(), desk.clipboard.as_deref()), ("", Some("hello world")));
    desk.keys("<c-v><c-v>");
    assert_eq!(desk.text(), "hello worldhello world");
}
