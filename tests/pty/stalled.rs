//! A terminal that takes nothing for a while: what is typed is kept, nothing waits for it, and it can be left.

use crate::desk::{Desk, box_text, wait_until_ready};
use crate::pty::Screen;
use rusqlite::{Connection, OpenFlags};
use std::time::{Duration, Instant};

fn typing(desk: &Desk) -> Screen {
    let screen = desk.launch().env("EARMARK_PLAYBACK_AUTOPLAY", "false").start();
    wait_until_ready(&screen);
    screen.type_keys("<enter>before");
    screen.wait_for_text("draft saved");
    screen
}

/// The only draft on disk.
fn draft(desk: &Desk) -> Option<String> {
    let mut drafts = desk.workspace().into_os_string();
    drafts.push("-drafts");
    let db = Connection::open_with_flags(drafts, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    db.query_row("SELECT text FROM draft", [], |row| row.get(0)).ok()
}

/// Looks at the disk again and again until the draft is this.
#[track_caller]
fn wait_for_draft(desk: &Desk, text: &str) {
    let until = Instant::now() + Duration::from_secs(30);
    while draft(desk).as_deref() != Some(text) {
        assert!(Instant::now() < until, "the draft on disk is {:?}", draft(desk));
        std::thread::yield_now();
    }
}

#[test]
fn what_is_typed_meanwhile_is_on_disk_and_is_shown_afterwards() {
    let desk = Desk::with(2);
    let screen = typing(&desk);
    screen.stall();
    let before = screen.bytes();
    screen.type_keys(" while it stood still");
    wait_for_draft(&desk, "before while it stood still");
    // A second pause of the fingers, so that a frame that waits is not all that there is.
    screen.type_keys(", and more");
    wait_for_draft(&desk, "before while it stood still, and more");
    assert_eq!(screen.bytes(), before, "it took nothing");
    screen.go_on();
    screen.wait_for("all that was typed", |view| {
        box_text(view) == "before while it stood still, and more"
    });
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_label_is_committed_though_nobody_can_see_it() {
    let desk = Desk::with(2);
    let screen = typing(&desk);
    screen.stall();
    screen.type_keys("<enter>");
    let until = Instant::now() + Duration::from_secs(30);
    while desk.labels().first().is_none_or(|(_, text)| text != "before") {
        assert!(Instant::now() < until, "{:?}", desk.labels());
    }
    screen.go_on();
    screen.wait_for_text("Labeled 1");
}

#[test]
fn it_can_be_left_while_it_takes_nothing() {
    let desk = Desk::with(1);
    let screen = typing(&desk);
    screen.stall();
    screen.type_keys(" the end<c-q>");
    assert!(screen.wait_for_end().success());
    assert_eq!(draft(&desk).as_deref(), Some("before the end"));
}

#[test]
fn a_window_that_changed_its_size_meanwhile_is_drawn_as_it_is_then() {
    let desk = Desk::with(2);
    let screen = typing(&desk);
    screen.stall();
    for (columns, rows) in [(132, 40), (60, 20), (80, 24)] {
        screen.resize(columns, rows);
        screen.type_keys(" on");
    }
    wait_for_draft(&desk, "before on on on");
    screen.go_on();
    screen.wait_for("the frame of the last size", |view| {
        let rows = view.rows();
        let widest = rows.iter().map(|row| row.trim_end().chars().count()).max();
        rows.len() == 24 && widest == Some(80) && box_text(view) == "before on on on"
    });
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
}
