//! Nothing typed is ever lost: what was labeled, drafted and chosen is there again after any kind of end.

use crate::desk::{Desk, box_text, open_file, wait_until_ready};
use crate::pty::Screen;
use rustix::process::Signal;

const SAID: [&str; 5] = ["activated", "hello there", "schön, 今天 🎉", "thank you", "good bye"];

#[test]
fn five_files_labeled_by_keyboard_are_there_again() {
    let desk = Desk::with(5);
    let screen = desk.open();
    screen.type_keys("<enter>");
    for (done, text) in (1..).zip(SAID) {
        screen.type_keys(&format!("{text}<enter>"));
        screen.wait_for_text(&format!("Labeled {done}"));
    }
    screen.wait_for_text("all done");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    assert!(!screen.look(|view| view.is_full_screen()));

    let labeled: Vec<_> = desk.names().into_iter().zip(SAID.map(str::to_owned)).collect();
    assert_eq!(desk.labels(), labeled);

    let screen = desk.open();
    screen.wait_for_text("Labeled 5");
    screen.type_keys("3");
    for (name, text) in labeled {
        screen.wait_for(&format!("{name} with its label"), |view| {
            open_file(view).as_ref() == Some(&name) && box_text(view) == text
        });
        screen.type_keys("j");
    }
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn coming_back_restores_file_cursor_tab_filter_and_speed() {
    let desk = Desk::with(6);
    let names = desk.names();
    let screen = desk.open();
    screen.type_keys("<enter>");
    for done in 1..=4 {
        screen.type_keys(&format!("word number {done}<enter>"));
        screen.wait_for_text(&format!("Labeled {done}"));
    }
    screen.type_keys("<esc>3");
    screen.wait_for("the first label", |view| box_text(view) == "word number 1");
    screen.type_keys("/text:number<enter>");
    screen.wait_for_text("text:number");
    screen.type_keys("jj");
    screen.wait_for("the third label", |view| open_file(view).as_ref() == Some(&names[2]));
    screen.type_keys(">>");
    screen.wait_for_text("1.2×");
    screen.type_keys("<enter><c-left><c-left>");
    let cursor = cursor_in_text(&screen, "number 3");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());

    let screen = desk.open();
    screen.wait_for("the place as it was left", |view| {
        open_file(view).as_ref() == Some(&names[2])
            && view.contains("▸3 Labeled 4")
            && view.contains("text:number")
            && view.contains("1.2×")
            && box_text(view) == "word number 3"
    });
    screen.type_keys("<enter>");
    assert_eq!(cursor_in_text(&screen, "number 3"), cursor);
}

/// Waits until the cursor stands at this text; where that is.
#[track_caller]
fn cursor_in_text(screen: &Screen, text: &str) -> (u16, u16) {
    screen.wait_for(&format!("the cursor at `{text}`"), |view| at_cursor(view).starts_with(text));
    screen.look(|view| view.cursor()).expect("it was there")
}

fn at_cursor(view: crate::pty::View<'_>) -> String {
    let Some((row, col)) = view.cursor() else { return String::new() };
    // A cell that was never written holds nothing, and looks like a space.
    let cells = (col..).map_while(|col| view.cell(row, col)).map(vt100::Cell::contents);
    cells.map(|shown| if shown.is_empty() { " " } else { shown }).collect()
}

#[test]
fn a_draft_and_its_cursor_come_back() {
    let desk = Desk::with(2);
    let screen = desk.open();
    screen.type_keys("<enter>one two three");
    screen.wait_for_text("draft saved");
    screen.type_keys("<c-left><c-left>");
    let cursor = cursor_in_text(&screen, "two");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());

    let screen = desk.open();
    screen.wait_for("the draft", |view| box_text(view) == "one two three");
    screen.type_keys("<enter>");
    assert_eq!(cursor_in_text(&screen, "two"), cursor);
    assert_eq!(desk.labels(), []);
}

/// Types half a sentence, lets the program end in some way, and looks for it again.
fn ends_in_mid_sentence(end: impl FnOnce(&mut Screen)) {
    let desk = Desk::with(3);
    let names = desk.names();
    let mut screen = desk.open();
    screen.type_keys("<enter>");
    screen.type_keys("first<enter>");
    screen.wait_for_text("Labeled 1");
    screen.type_keys("in mid sent");
    screen.wait_for("half a sentence", |view| box_text(view) == "in mid sent");
    end(&mut screen);
    screen.wait_for_end();
    drop(screen);

    assert_eq!(desk.labels(), [(names[0].clone(), "first".to_owned())]);
    let screen = desk.open();
    screen.wait_for("the draft", |view| {
        open_file(view).as_ref() == Some(&names[1]) && box_text(view) == "in mid sent"
    });
    screen.type_keys("<enter>ence<enter>");
    screen.wait_for_text("Labeled 2");
    screen.type_keys("<c-q>");
    screen.wait_for_end();
    assert_eq!(desk.labels()[1], (names[1].clone(), "in mid sentence".to_owned()));
}

#[test]
fn a_dropped_line_loses_no_draft() {
    ends_in_mid_sentence(Screen::hang_up);
}

#[test]
fn hangup_and_terminate_lose_no_draft() {
    for signal in [Signal::HUP, Signal::TERM] {
        ends_in_mid_sentence(|screen| {
            screen.signal(signal);
            screen.wait_for_end();
            assert!(!screen.look(|view| view.is_full_screen()), "the terminal is given back");
        });
    }
}

#[test]
fn a_killed_program_loses_no_draft() {
    ends_in_mid_sentence(|screen| {
        screen.wait_for_text("draft saved");
        screen.signal(Signal::KILL);
    });
}

#[test]
fn a_label_given_just_before_the_end_is_a_label() {
    let desk = Desk::with(2);
    let screen = desk.open();
    screen.type_keys("<enter>");
    screen.type_keys("the last word<enter><c-q>");
    assert!(screen.wait_for_end().success());
    assert_eq!(desk.labels(), [(desk.names()[0].clone(), "the last word".to_owned())]);
    let screen = desk.open();
    wait_until_ready(&screen);
    screen.wait_for_text("Labeled 1");
}
