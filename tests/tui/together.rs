//! Others at the same workspace: their labels, leases, suggestions, conflicts; and audio that changed.

use crate::desk::{Desk, place_clip};
use crate::scene::bob_labels;
use earmark::app::Message;
use earmark::domain::Suggestion;
use earmark::workspace::{ImportItem, Suggested};
use std::time::Duration;

const THREE: [&str; 3] = ["a.wav", "b.wav", "c.wav"];

pub(crate) fn suggest(desk: &mut Desk, name: &str, content: &str) {
    let suggestion =
        Suggestion { content: content.into(), model: "large-v3".into(), confidence: Some(0.87) };
    let suggested = Suggested { key: name.into(), suggestion };
    desk.colleague("bob").set_suggestions([suggested]).unwrap();
    desk.look_around();
}

pub(crate) fn conflict(desk: &mut Desk, name: &str, contents: [&str; 2]) {
    let at = desk.wall();
    let items = contents.map(|content| {
        let origin = format!("{}.manifest", content.split(' ').next().unwrap());
        ImportItem::label(name.into(), content.into(), origin, "1")
    });
    desk.colleague("bob").import(items, false, at).unwrap();
    desk.look_around();
}

#[test]
fn anothers_label_is_seen() {
    let mut desk = Desk::with(&THREE);
    bob_labels(&mut desk, "a.wav", "from bob");
    desk.look_around().expect("3 Labeled 1");
    assert_eq!(desk.names(), ["b.wav", "c.wav"]);
    desk.keys("3").expect("from bob").expect("bob");
}

#[test]
fn who_goes_on_while_the_list_is_read_anew_is_not_taken_back() {
    let mut desk = Desk::with(&THREE);
    desk.hold(true).send(Message::Changed).keys("jj").hold(false);
    assert_eq!(desk.here(), "c.wav");
    desk.hold(true).send(Message::Changed).keys("kk<enter>typed").hold(false);
    assert_eq!((desk.here().as_str(), desk.text()), ("a.wav", "typed"));
}

#[test]
fn a_list_comes_though_others_change_it_more_often_than_it_is_read() {
    let mut desk = Desk::with(&THREE);
    bob_labels(&mut desk, "b.wav", "from bob");
    desk.hold(true).amid_changes(20);
    assert_eq!(desk.names(), ["a.wav", "c.wav"]);
    desk.keys("/c<enter>G").amid_changes(200);
    assert_eq!(desk.names(), ["c.wav"]);
    // What changed last is seen as well.
    bob_labels(&mut desk, "c.wav", "from bob");
    desk.amid_changes(1).hold(false);
    assert_eq!(desk.names(), [""; 0]);
}

#[test]
fn the_cursor_stays_at_the_end_when_the_last_file_goes() {
    let mut desk = Desk::with(&THREE);
    desk.keys("G");
    bob_labels(&mut desk, "c.wav", "from bob");
    desk.look_around();
    assert_eq!(desk.here(), "b.wav");
    desk.keys("<space>b1ours<enter>");
    assert_eq!((desk.here().as_str(), desk.names().len()), ("a.wav", 1));
}

#[test]
fn the_cursor_goes_to_what_was_taken_back() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter><esc>G");
    assert_eq!(desk.here(), "c.wav");
    desk.keys("u").expect("took back");
    assert_eq!(desk.here(), "a.wav");
}

#[test]
fn a_jump_arrives_though_others_change_the_list_and_what_is_typed_is_for_where_it_leads() {
    let names: Vec<String> = (0..450).map(|n| format!("{n:03}.wav")).collect();
    let mut desk = Desk::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    desk.hold(true).keys("Gk").send(Message::Changed).keys("k").hold(false);
    assert_eq!(desk.here(), "447.wav");
    // Nearer than another window, and then out of the one that is on its way.
    desk.hold(true).send(Message::Changed).keys("gjj").hold(false);
    assert_eq!(desk.here(), "002.wav");
}

#[test]
fn a_file_that_another_works_on_is_skipped() {
    let mut desk = Desk::with(&THREE);
    let (id, at) = (desk.row("b.wav").id, desk.wall());
    let mut bob = desk.colleague("bob");
    bob.lease(id, at, 10_000_000).unwrap();
    desk.look_around().expect("bob").keys("<enter>one<enter>");
    assert_eq!(desk.here(), "c.wav");
    desk.keys("<c-p>").expect("bob is working on this file");
}

#[test]
fn a_label_given_meanwhile_is_never_overwritten_unasked() {
    for (keys, label, draft) in [
        ("<up><up><enter>", "mine", None),
        ("<up><enter>", "theirs", None),
        ("<enter>", "theirs", Some("mine")),
        ("<esc>", "theirs", Some("mine")),
    ] {
        let mut desk = Desk::with(&THREE);
        desk.keys("<enter>mine");
        bob_labels(&mut desk, "a.wav", "theirs");
        desk.keys("<enter>").expect("Labeled meanwhile by somebody else");
        desk.expect("mine").expect("theirs").expect("bob, 2026-07-03");
        assert_eq!(desk.label("a.wav").as_deref(), Some("theirs"));
        assert_eq!(desk.draft("a.wav").as_deref(), Some("mine"), "safe while it asks");
        desk.wait(Duration::from_secs(1)).keys(keys);
        assert!(desk.state.dialogs.is_empty());
        assert_eq!(desk.label("a.wav").as_deref(), Some(label), "{keys}");
        assert_eq!(desk.draft("a.wav").as_deref(), draft, "{keys}");
    }
}

#[test]
fn a_question_that_comes_up_over_the_list_or_a_dialog_is_answered_by_no_key_meant_for_that() {
    for (before, typed) in
        [("", "kk<enter>"), ("", "k<esc>"), ("/", "a<enter>kk<enter>"), (":", "<esc>kk<enter>")]
    {
        let mut desk = Desk::with(&THREE);
        desk.busy_writer(true).keys("<enter>mine<enter><esc>").keys(before);
        bob_labels(&mut desk, "a.wav", "theirs");
        desk.busy_writer(false).keys(typed).expect("Labeled meanwhile by somebody else");
        assert_eq!(desk.label("a.wav").as_deref(), Some("theirs"), "{before}{typed}");
        assert_eq!(desk.draft("a.wav").as_deref(), Some("mine"));
        desk.wait(Duration::from_secs(1)).keys("kk<enter>");
        assert_eq!(desk.label("a.wav").as_deref(), Some("mine"), "{before}{typed}");
        assert!(desk.state.dialogs.is_empty(), "{}", desk.screen());
    }
}

#[test]
fn questions_are_asked_one_after_the_other() {
    let mut desk = Desk::with(&THREE);
    desk.busy_writer(true).keys("<enter>one<enter>two<enter>");
    bob_labels(&mut desk, "a.wav", "theirs");
    bob_labels(&mut desk, "b.wav", "theirs");
    desk.busy_writer(false).wait(Duration::from_secs(1)).keys("<up><up>").expect("▸ mine");
    desk.keys("<enter>").expect("Labeled meanwhile").wait(Duration::from_secs(1)).keys("<enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    assert_eq!(desk.label("b.wav").as_deref(), Some("theirs"));
    assert_eq!(desk.draft("b.wav").as_deref(), Some("two"));
}

#[test]
fn a_label_seen_while_typing_is_told_and_then_asked() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>mine");
    bob_labels(&mut desk, "a.wav", "theirs");
    desk.look_around().expect("bob labeled this file meanwhile");
    assert_eq!(desk.text(), "mine");
    desk.keys("<enter>").expect("Labeled meanwhile").keys("<up><up><enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("mine"));
}

#[test]
fn what_is_typed_on_answers_no_question_that_came_up_meanwhile() {
    for typed in ["kick back", "kk", "j k", "back<bs><bs>"] {
        let mut desk = Desk::with(&THREE);
        desk.keys("<enter>mine");
        bob_labels(&mut desk, "a.wav", "theirs");
        desk.keys("<enter>").expect("Labeled meanwhile by somebody else");
        desk.keys(typed).keys("<enter>").expect("Labeled meanwhile by somebody else");
        let said = typed.replace("ck<bs><bs>", "");
        assert_eq!(desk.label("b.wav"), Some(said), "it went to the file that it was meant for");
        assert_eq!(desk.label("a.wav").as_deref(), Some("theirs"));
        assert_eq!(desk.draft("a.wav").as_deref(), Some("mine"));
        desk.wait(Duration::from_secs(1)).keys("kk<enter>");
        assert!(desk.state.dialogs.is_empty(), "after a pause it is answered");
        assert_eq!(desk.label("a.wav").as_deref(), Some("mine"));
        assert_eq!(desk.here(), "c.wav");
    }
}

#[test]
fn both_texts_stay_in_the_history() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>mine");
    bob_labels(&mut desk, "a.wav", "theirs");
    desk.keys("<enter><up><up><enter><esc>3H").expect("theirs").expect("mine").expect("bob");
}

#[test]
fn a_suggestion_is_accepted_or_taken() {
    let mut desk = Desk::with(&THREE);
    suggest(&mut desk, "a.wav", "thank you for calling");
    suggest(&mut desk, "b.wav", "hello my parcel");
    desk.expect("2 To confirm 2").expect("thank you for calling");
    desk.keys("<enter><c-y>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("thank you for calling"));
    assert_eq!(desk.here(), "b.wav");
    desk.keys("<f8>s<enter>");
    assert_eq!(desk.label("b.wav").as_deref(), Some("hello my parcels"));
    desk.keys("<c-y>").expect("no suggestion for this file");
    assert!(!desk.shows("To confirm"), "{}", desk.screen());
}

#[test]
fn suggestions_of_all_are_accepted_at_once() {
    let mut desk = Desk::with(&THREE);
    suggest(&mut desk, "a.wav", "one");
    suggest(&mut desk, "c.wav", "three");
    desk.keys("ab2").expect("Label 3 files with their suggestions?").keys("y");
    desk.expect("labeled 2 files, 1 have no suggestion");
    assert_eq!(desk.label("c.wav").as_deref(), Some("three"));
}

#[test]
fn changed_audio_is_confirmed_by_enter() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter>two<enter><esc>");
    place_clip(&desk.source("a.wav"), "02_order_agent.flac", 90);
    assert!(!desk.shows("To confirm"));
    desk.keys("S").expect("1 changed").expect("2 To confirm 1");
    desk.keys("2").expect("audio changed since labeled").expect("≠");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"), "the label stays");
    desk.keys("<enter><enter>").expect("affirmed");
    assert!(!desk.shows("To confirm 1"), "{}", desk.screen());
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    desk.keys("u").expect("To confirm 1");
}

#[test]
fn changed_audio_is_what_is_seen_and_heard() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>");
    let before = desk.state.editor.open.as_ref().unwrap().peaks.clone().unwrap();
    place_clip(&desk.source("a.wav"), "02_order_agent.flac", 90);
    desk.keys("<esc>S<enter>");
    let open = desk.state.editor.open.as_ref().unwrap();
    assert_ne!(open.peaks.clone().unwrap(), before);
    assert_eq!(open.row.size, std::fs::metadata(desk.source("a.wav")).unwrap().len());
}

#[test]
fn changed_audio_is_confirmed_by_a_better_text() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter><esc>");
    place_clip(&desk.source("a.wav"), "02_order_agent.flac", 90);
    desk.keys("S2<enter> more<enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one more"));
    assert_eq!(desk.counts().to_confirm, 0);
}

#[test]
fn a_conflict_is_settled() {
    let mut desk = Desk::with(&THREE);
    conflict(&mut desk, "a.wav", ["red rose", "red nose"]);
    desk.expect("To confirm 1").keys("2").expect("⚡").expect("others say");
    desk.keys("<enter>").expect("In conflict: 2 texts").keys("<esc><enter>");
    desk.expect("still in conflict: F8 compares").keys("2b5");
    assert_eq!(desk.counts().conflicts, 0);
    desk.keys("u");
    assert_eq!(desk.counts().conflicts, 1);
    desk.keys("2<enter><esc><c-u>red hose<enter>");
    assert_eq!(desk.counts().conflicts, 0, "a text typed over all of them settles it");
    assert_eq!(desk.label("a.wav").as_deref(), Some("red hose"));
}

#[test]
fn a_moved_file_keeps_label_and_draft() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>one<enter>half<esc>");
    std::fs::create_dir(desk.source("new")).unwrap();
    for name in ["a.wav", "b.wav"] {
        std::fs::rename(desk.source(name), desk.source(&format!("new/{name}"))).unwrap();
    }
    desk.keys("S").expect("2 moved");
    assert_eq!(desk.label("new/a.wav").as_deref(), Some("one"));
    desk.keys("1/new<enter>");
    assert_eq!((desk.here().as_str(), desk.text()), ("new/b.wav", "half"));
}
