//! Conflicts: the texts side by side, settled with one of them, by hand, or in bulk.

use crate::desk::Desk;
use crate::together::conflict;
use earmark::app::{Focus, Message};
use earmark::domain::{Change, How};
use earmark::workspace::ImportItem;

const THREE: [&str; 3] = ["a.wav", "b.wav", "c.wav"];

fn two() -> Desk {
    let mut desk = Desk::with(&THREE);
    conflict(&mut desk, "a.wav", ["red rose", "red nose"]);
    conflict(&mut desk, "b.wav", ["one two", "uno two"]);
    desk.keys("2");
    desk
}

#[test]
fn opening_one_shows_who_said_what_and_plays_it() {
    let mut desk = two();
    desk.keys("<enter>").expect("In conflict: 2 texts").expect("red rose").expect("red nose");
    desk.expect("imported").expect("2026-07-03").expect("m mine  t theirs");
    assert!(desk.deck.is_playing(), "hearing it is how it is decided");
    desk.keys("<tab>");
    assert!(!desk.deck.is_playing());
    desk.keys("<esc>");
    assert_eq!((desk.state.focus, desk.counts().conflicts), (Focus::Editor, 2));
    desk.keys("<f8>").expect("In conflict: 2 texts");
}

#[test]
fn one_of_the_texts_settles_it_and_the_next_one_comes() {
    let mut desk = two();
    desk.keys("<enter>").expect("red");
    desk.keys("<down><enter>");
    let first = desk.label("a.wav");
    assert_eq!(desk.counts().conflicts, 1);
    desk.expect("b.wav").expect("In conflict: 2 texts");
    // What came too soon was meant for the one before.
    desk.keys("<enter>");
    assert_eq!(desk.counts().conflicts, 1);
    desk.wait(std::time::Duration::from_secs(1)).keys("1");
    assert_eq!(desk.counts().conflicts, 0);
    desk.keys("<esc>uu");
    assert_eq!(desk.counts().conflicts, 2);
    desk.keys("2g<enter><enter>");
    assert_ne!(desk.label("a.wav"), first, "the other one");
}

#[test]
fn both_texts_are_made_one_by_hand() {
    let mut desk = two();
    desk.keys("<enter>e");
    assert!(desk.state.dialogs.is_empty());
    assert!(desk.text().contains("rose") && desk.text().contains("nose"), "{}", desk.text());
    desk.keys("<c-u>red hose<enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("red hose"));
    assert_eq!(desk.counts().conflicts, 1);
}

#[test]
fn mine_and_theirs_are_told_apart() {
    for (key, label) in [("m", "from ann"), ("t", "from bob")] {
        let mut desk = Desk::with(&THREE);
        let at = desk.wall();
        let items = ["ann", "bob"].map(|author| {
            let content = format!("from {author}");
            let item = ImportItem::label("a.wav".into(), content, format!("{author}.tsv"), "1");
            ImportItem { author: Some(author.into()), ..item }
        });
        desk.colleague("eve").import(items, false, at).unwrap();
        desk.look_around().keys("2<enter>").expect("mine").expect("bob").keys(key);
        assert_eq!(desk.label("a.wav").as_deref(), Some(label), "{key}");
        assert_eq!(desk.counts().conflicts, 0);
    }
}

#[test]
fn a_removed_label_is_one_of_the_sides() {
    let mut desk = two();
    desk.keys("<enter>");
    let id = desk.row("a.wav").id;
    let mut history = desk.room().reader.history(id).unwrap();
    history[1].change = Change::removed();
    history[1].how = How::Typed;
    history[0].how = How::Typed;
    desk.send(Message::History(id, Ok(history))).expect("(the label was removed)");
}

#[test]
fn what_was_typed_is_not_lost_to_a_choice() {
    let mut desk = two();
    desk.keys("<enter><esc><c-t>my own<f8>").expect("In conflict").keys("1");
    assert_eq!(desk.state.editor.clipboard, "my own");
    assert_eq!(desk.counts().conflicts, 1);
}

#[test]
fn in_bulk() {
    let mut desk = two();
    desk.keys("ab5").expect("keep the text that is shown?").keys("y");
    assert_eq!(desk.counts().conflicts, 0);
    desk.keys("u");
    assert_eq!(desk.counts().conflicts, 2);
}
