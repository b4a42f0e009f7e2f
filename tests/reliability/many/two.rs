//! Two people on one sample in spite of leases: the second is shown both texts before anything is written over, and
//! both stay.

use super::truth::{Confirmed, Truth};
use crate::desk::{Desk, box_text, open_file};
use crate::figures;
use crate::pty::Screen;

const ASKS: &str = "Labeled meanwhile by somebody else";

/// Ann and ben type into the first file; ann's label is on disk, ben has just pressed Enter and is asked.
fn both_on_one(desk: &Desk) -> [Screen; 2] {
    let [ann, ben] = ["ann", "ben"].map(|person| desk.open_as(person));
    ann.type_keys("<enter>");
    ann.wait_for_text("label & next");
    ann.type_keys("said by ann");
    ann.wait_for("ann's text", |view| box_text(view) == "said by ann");
    ben.type_keys("<enter>");
    ben.wait_for_text("ann is working on this file");
    ben.type_keys("said by ben");
    ben.wait_for("ben's text", |view| {
        box_text(view) == "said by ben" && view.contains("draft saved")
    });
    ann.type_keys("<enter>");
    ann.wait_for_text("Labeled 1");
    ben.type_keys("<enter>");
    ben.wait_for_text(ASKS);
    ben.look(|view| {
        assert!(view.contains("said by ann") && view.contains("said by ben"), "{}", view.text());
    });
    [ann, ben]
}

fn first_label(desk: &Desk) -> Option<(String, String)> {
    Truth::of(&desk.workspace()).shown().remove(&desk.names()[0])
}

fn says(author: &str) -> (String, String) {
    (format!("said by {author}"), author.to_owned())
}

fn ends(screens: &[Screen]) {
    for screen in screens {
        screen.type_keys("<c-q>");
        assert!(screen.wait_for_end().success());
    }
}

#[test]
fn the_second_sees_both_texts_before_anything_is_written_over() {
    let desk = Desk::with(4);
    let screens = both_on_one(&desk);
    assert_eq!(first_label(&desk), Some(says("ann")), "nothing is written while it asks");
    // "mine".
    screens[1].type_keys("<up><up><enter>");
    screens[1].wait_for_no(ASKS);
    ends(&screens);
    assert_eq!(first_label(&desk), Some(says("ben")));
    let truth = Truth::of(&desk.workspace());
    let both = ["ann", "ben"].map(|author| Confirmed {
        author: author.into(),
        content: says(author).0,
        key: Some(desk.names()[0].clone()),
    });
    truth.keeps(&both);
    truth.is_one_line_a_file();
    truth.is_sound();
}

#[test]
fn what_the_second_does_not_insist_on_stays_a_draft() {
    let desk = Desk::with(4);
    let screens = both_on_one(&desk);
    screens[1].type_keys("<esc>");
    screens[1].wait_for_no(ASKS);
    ends(&screens);
    assert_eq!(first_label(&desk), Some(says("ann")));
    let again = desk.open_as("ben");
    again.type_keys("<esc>3");
    again.wait_for("ben's text in the box of ann's label", |view| {
        open_file(view).as_ref() == Some(&desk.names()[0]) && box_text(view) == "said by ben"
    });
    figures::count("drafts checked", 1);
    ends(&[again]);
    assert_eq!(first_label(&desk), Some(says("ann")));
}

#[test]
fn a_program_killed_while_it_asks_keeps_both_texts() {
    let desk = Desk::with(4);
    let [ann, ben] = both_on_one(&desk);
    ben.signal(rustix::process::Signal::KILL);
    ben.wait_for_end();
    figures::count("kills", 1);
    ends(&[ann]);
    assert_eq!(first_label(&desk), Some(says("ann")));
    let again = desk.open_as("ben");
    again.type_keys("<esc>3");
    again.wait_for("ben's text in the box of ann's label", |view| {
        open_file(view).as_ref() == Some(&desk.names()[0]) && box_text(view) == "said by ben"
    });
    figures::count("drafts checked", 1);
    // What was typed before ann's label was seen is asked about again.
    again.type_keys("<enter>");
    again.type_keys("<enter>");
    again.wait_for_text(ASKS);
    assert_eq!(first_label(&desk), Some(says("ann")));
    again.read();
    again.type_keys("<up><enter>");
    again.wait_for_no(ASKS);
    ends(&[again]);
    assert_eq!(first_label(&desk), Some(says("ann")), "theirs was chosen");
}
