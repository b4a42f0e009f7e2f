//! What a terminal does to somebody who types: other sizes, pastes, job control.

use crate::desk::{Desk, box_text, open_file, wait_until_ready};
use crate::home::Home;
use crate::pty::{Launch, Screen, View};
use std::time::Duration;

/// Nothing moves by itself.
fn quiet(desk: &Desk) -> Screen {
    let screen = desk.launch().env("EARMARK_PLAYBACK_AUTOPLAY", "false").start();
    wait_until_ready(&screen);
    screen
}

/// The screen drawn anew from nothing: what it ought to look like.
fn redrawn(screen: &Screen) -> String {
    let before = screen.bytes();
    screen.type_keys("<c-l>");
    screen.wait_until_drawn_anew(before);
    screen.text()
}

#[test]
fn resizing_while_typing_loses_nothing() {
    let desk = Desk::with(2);
    let screen = quiet(&desk);
    screen.type_keys("<enter>");
    let sizes = [(80, 24), (60, 16), (20, 6), (1, 1), (20, 6), (300, 100), (60, 16), (100, 30)];
    for (number, (cols, rows)) in (1..).zip(sizes) {
        screen.resize(cols, rows);
        screen.type_keys(&format!("w{number} "));
    }
    screen.wait_for("every word", |view| box_text(view) == "w1 w2 w3 w4 w5 w6 w7 w8");
    screen.wait_for_text("draft saved");
    let shown = screen.text();
    assert_eq!(redrawn(&screen), shown);
    screen.type_keys("<enter>");
    screen.wait_for_text("Labeled 1");
    assert_eq!(desk.labels()[0].1, "w1 w2 w3 w4 w5 w6 w7 w8 ");
}

#[test]
fn the_program_lives_at_every_small_size() {
    let desk = Desk::with(2);
    let screen = quiet(&desk);
    for (cols, rows) in [(20, 6), (10, 3), (2, 2), (1, 1), (200, 2), (3, 60)] {
        screen.resize(cols, rows);
        // Every pane and a dialog are drawn at this size.
        screen.type_keys("<enter>x<bs><esc>?<esc>d<esc>");
    }
    screen.resize(100, 30);
    screen.wait_for("the screen", |view| view.contains("Speech Content") && view.contains("Files"));
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_paste_of_fifty_kilobytes_arrives_whole() {
    let desk = Desk::with(2);
    let screen = quiet(&desk);
    let line = "thank you for calling — 今天天气很好 👩‍👩‍👧 नमस्ते\tand good bye\n";
    let mut text = line.repeat(50_000 / line.len());
    text.push_str("the end");
    screen.type_keys("<enter>");
    screen.paste(&text);
    screen.wait_for_text("the end");
    screen.wait_for_text("draft saved");
    screen.type_keys("<enter>");
    screen.wait_for_text("Labeled 1");
    let labels = desk.labels();
    assert_eq!(labels[0].1.len(), text.len());
    assert!(labels[0].1 == text, "stored as it was pasted");
}

/// Waits for the question, and as long as it takes a person to read it: what comes sooner belongs to the paste.
#[track_caller]
fn answer_after(screen: &Screen, question: &str) {
    screen.wait_for_text(question);
    screen.bytes_while_idle(Duration::from_millis(200));
}

#[test]
fn pasted_lines_without_marks_are_asked_about() {
    let desk = Desk::with(4);
    let names = desk.names();
    let screen = quiet(&desk);
    screen.type_keys("<enter>");
    screen.paste_unmarked("this is the first line\nthis is the second\nand the third\n");
    answer_after(&screen, "3 lines");
    assert_eq!(desk.labels(), [], "nothing is labeled before the answer");
    screen.type_keys("<enter>");
    screen.wait_for("one text", |view| {
        box_text(view) == "this is the first line\nthis is the second\nand the third"
    });
    screen.type_keys("<c-z><enter>");
    assert_eq!(desk.labels(), []);
    screen.wait_for("the next file", |view| open_file(view).as_ref() == Some(&names[1]));
    screen.type_keys("<c-p>");
    screen.wait_for("the first file", |view| open_file(view).as_ref() == Some(&names[0]));
}

#[test]
fn pasted_lines_without_marks_can_be_several_labels() {
    let desk = Desk::with(4);
    let names = desk.names();
    let screen = quiet(&desk);
    screen.type_keys("<enter>");
    screen.paste_unmarked("this is the first line\nthis is the second\nand the third\n");
    answer_after(&screen, "3 lines");
    screen.type_keys("<down><enter>");
    screen.wait_for_text("Labeled 3");
    let said = ["this is the first line", "this is the second", "and the third"];
    let wanted: Vec<_> = names.into_iter().zip(said.map(str::to_owned)).collect();
    assert_eq!(desk.labels(), wanted);
}

#[test]
fn a_long_paste_without_marks_is_one_question() {
    let desk = Desk::with(3);
    let screen = quiet(&desk);
    screen.type_keys("<enter>");
    let text = "word and word and word and word and word and word\n".repeat(200);
    screen.paste_unmarked(&text);
    answer_after(&screen, "200 lines");
    screen.type_keys("<enter>");
    screen.wait_for_text("draft saved");
    screen.wait_for_no("200 lines");
    screen.type_keys("<enter>");
    screen.wait_for_text("Labeled 1");
    assert_eq!(desk.labels()[0].1, text.trim_end());
}

#[test]
fn suspending_gives_the_terminal_back_and_resuming_takes_it_again() {
    let desk = Desk::with(3);
    let home: &Home = &desk.home;
    let shell = Launch::program("bash", home)
        .args(["--norc", "--noprofile", "-i"])
        .env("PS1", "shell> ")
        .env("EARMARK_PLAYBACK_AUTOPLAY", "false")
        .env("EARMARK", env!("CARGO_BIN_EXE_earmark"))
        .start();
    shell.wait_for_text("shell>");
    shell.type_keys("$EARMARK calls<enter>");
    wait_until_ready(&shell);
    shell.type_keys("<enter>half a draft<esc>");
    shell.wait_for_text("draft saved");
    // All but the line that says for a while that the draft is saved.
    let rows = |view: View<'_>| {
        let rows = view.rows().into_iter();
        rows.filter(|row| !row.contains("Speech Content")).collect::<Vec<_>>()
    };
    let shown = shell.look(rows);
    for _ in 0..2 {
        shell.type_keys("<c-z>");
        shell.wait_for("the shell", |view| !view.is_full_screen() && view.contains("Stopped"));
        shell.type_keys("echo $((6*7)) still here<enter>");
        shell.wait_for_text("42 still here");
        shell.type_keys("clear; fg<enter>");
        shell.wait_for("the same screen", |view| view.is_full_screen() && rows(view) == shown);
        assert!(shell.look(|view| view.marks_pastes()), "pastes are marked again");
    }
    shell.type_keys("<enter> and more");
    shell.wait_for("more text", |view| box_text(view) == "half a draft and more");
    shell.type_keys("<c-q>");
    shell.wait_for("the shell", |view| !view.is_full_screen() && view.contains("shell>"));
    shell.type_keys("exit<enter>");
    assert!(shell.wait_for_end().success());
}
