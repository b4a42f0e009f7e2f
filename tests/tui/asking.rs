//! Dialogs that are no deed of their own: help, palette, history, pastes, leaving.

use crate::desk::Desk;
use earmark::app::Focus;
use earmark::domain::View;
use earmark::keymap::Context;
use std::collections::BTreeSet;

const THREE: [&str; 3] = ["a.wav", "b.wav", "c.wav"];

#[test]
fn help_lists_every_bound_action_with_a_key() {
    for opener in ["?", "<enter><f1>"] {
        let mut desk = Desk::with(&THREE);
        desk.resize(76, 40).keys(opener);
        let mut seen = BTreeSet::new();
        for _ in 0..60 {
            seen.extend(desk.picture().rows());
            desk.keys("<down><down><down><down><down>");
        }
        for context in Context::ALL {
            for row in desk.state.keymap.help(context) {
                let start: String = row.doc.chars().take(30).collect();
                let key = row.keys[0].label(false);
                let told = |line: &&String| line.contains(start.trim_end());
                let lines: Vec<_> = seen.iter().filter(told).collect();
                assert!(
                    lines.iter().any(|line| line.contains(&format!(" {key} "))),
                    "{context:?}: {} ({key}) in {lines:#?}",
                    row.action.name()
                );
            }
        }
        desk.keys("<esc>");
        assert!(desk.state.dialogs.is_empty());
    }
}

#[test]
fn the_palette_finds_by_name_and_does_it() {
    let mut desk = Desk::with(&THREE);
    desk.keys(":tab lab").expect("tab labeled").keys("<enter>");
    assert_eq!(desk.tab(), View::Labeled);
    desk.keys(":zzz").expect("nothing is called that").keys("<enter>");
    assert!(desk.state.dialogs.is_empty());
    desk.keys("1<enter>text<c-o>autoplay<enter>").expect("play the next file by itself: off");
    assert_eq!((desk.state.focus, desk.text()), (Focus::Editor, "text"));
}

#[test]
fn the_history_shows_what_changed_and_restores() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>the red house<enter><esc>3<enter><c-u>the blue house<enter><esc>3xuH");
    desk.expect("red").expect("blue").expect("label removed").expect("undone");
    desk.keys("<down><down><down><enter>").expect("restored the older text");
    assert_eq!(desk.label("a.wav").as_deref(), Some("the red house"));
    desk.keys("H<esc>jH").expect("History");
}

#[test]
fn a_file_without_history_says_so() {
    let mut desk = Desk::with(&THREE);
    desk.keys("H").expect("it was never labeled").keys("<enter>");
    assert_eq!(desk.counts().labeled, 0);
}

#[test]
fn several_lines_at_once_are_one_text_or_several_labels() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>").lines("one\ntwo").expect("one text or several labels?");
    desk.keys("<enter>");
    assert_eq!(desk.text(), "one\ntwo");
    desk.keys("<c-t><bs>").lines("one\ntwo").keys("<down><enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    assert_eq!(desk.label("b.wav").as_deref(), Some("two"));
    assert_eq!((desk.here().as_str(), desk.text()), ("c.wav", ""));
    desk.lines("x\ny").keys("<esc>");
    assert_eq!(desk.text(), "");
}

#[test]
fn more_lines_than_files_overwrite_nothing() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>").lines("one\ntwo\nthree\nfour\nfive").keys("<down><enter>");
    assert_eq!(desk.label("c.wav").as_deref(), Some("three"));
    assert_eq!(desk.counts().labeled, 3);
    assert_eq!(desk.state.editor.clipboard, "four\nfive", "what was too many can be pasted");
    desk.expect("no file was left for 2 lines of text");
}

#[test]
fn a_paste_with_brackets_is_text() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>").paste("one\r\ntwo\u{1b}[31m");
    assert_eq!(desk.text(), "one\ntwo[31m");
    assert!(desk.state.dialogs.is_empty());
    desk.keys("<esc>").paste("lost?").expect("press Enter first");
}

#[test]
fn fifty_thousand_characters_are_pasted_and_labeled() {
    let mut desk = Desk::with(&THREE);
    let text = "a word and 一二三 more ".repeat(2_500);
    desk.keys("<enter>").paste(&text).keys("<enter>");
    assert_eq!(desk.label("a.wav"), Some(text));
}

#[test]
fn ctrl_c_copies_the_selection_else_offers_to_quit() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>hello<c-t><c-c>");
    assert_eq!(desk.clipboard.as_deref(), Some("hello"));
    desk.keys("<right><c-c>n");
    assert!(!desk.ended && desk.state.dialogs.is_empty());
    desk.keys("<c-c><enter>");
    assert!(desk.ended);
    assert_eq!(desk.draft("a.wav").as_deref(), Some("hello"));
}

#[test]
fn a_key_right_behind_esc_is_no_list_command() {
    let mut desk = Desk::with(&THREE);
    desk.keys("<enter>text");
    for key in crate::keys::parse("<esc>d") {
        desk.send(earmark::app::Message::Input(earmark::app::Input::Key(key)));
    }
    assert!(desk.state.dialogs.is_empty(), "a split Alt+D");
    assert_eq!(desk.state.focus, Focus::List);
    desk.keys("d").expect("Delete File");
}

#[test]
fn the_hint_line_names_keys_that_work() {
    let mut desk = Desk::with(&THREE);
    for keys in ["", "<enter>", "<esc>3", "1 ", "4"] {
        desk.keys(keys);
        for hint in earmark::app::hints(&desk.state) {
            assert!(!hint.key.is_empty() && !hint.text.is_empty());
        }
    }
}
