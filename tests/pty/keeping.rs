//! What becomes of a workspace under a running screen: copied each day, migrated by a newer program, damaged.

use crate::desk::{Desk, box_text, bytes_of, open_file, wait_until_ready};
use crate::pty::Screen;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn copies_of(desk: &Desk) -> Vec<PathBuf> {
    let mut folder = desk.workspace().into_os_string();
    folder.push("-copies");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let copies = entries.map(|entry| entry.path());
    copies.filter(|path| path.extension().is_some_and(|end| end == "earmark")).collect()
}

/// Until it is so, whatever the screen shows meanwhile.
#[track_caller]
fn wait_until(screen: &Screen, wanted: &str, met: impl Fn() -> bool) {
    let begun = Instant::now();
    while !met() {
        assert!(begun.elapsed() < Duration::from_mins(2), "no {wanted}:\n{}", screen.text());
        screen.bytes_while_idle(Duration::from_millis(200));
    }
}

#[test]
fn the_screen_makes_the_days_copy_by_itself_and_says_nothing() {
    let desk = Desk::with(2);
    let screen = desk.open();
    screen.type_keys("<enter>said<enter>");
    screen.wait_for_text("Labeled 1");
    screen.type_keys("half of the next");
    screen.wait_for_text("draft saved");
    assert!(copies_of(&desk).is_empty(), "not while the first files are opened");
    wait_until(&screen, "copy", || !copies_of(&desk).is_empty());
    assert!(screen.look(|view| box_text(view) == "half of the next"), "{}", screen.text());
    // Typing goes on as if nothing were.
    screen.type_keys(" file<enter>");
    screen.wait_for_text("Labeled 2");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    let copy = copies_of(&desk).remove(0);
    let labeled: i64 = rusqlite::Connection::open(&copy)
        .and_then(|db| db.query_row("SELECT count(*) FROM revision", [], |row| row.get(0)))
        .expect("the copy can be read");
    assert_eq!(labeled, 1);
    let mut drafts = copy.into_os_string();
    drafts.push("-drafts");
    let text: String = rusqlite::Connection::open(drafts)
        .and_then(|db| db.query_row("SELECT text FROM draft", [], |row| row.get(0)))
        .expect("the draft is in the copy");
    assert_eq!(text, "half of the next");
}

fn set_format(workspace: &Path, format: u32) {
    let db = rusqlite::Connection::open(workspace).expect("the workspace opens");
    db.busy_timeout(Duration::from_mins(1)).expect("it waits");
    db.pragma_update(None, "user_version", format).expect("it is written");
}

#[test]
fn a_newer_earmark_that_migrates_meanwhile_costs_no_text() {
    let desk = Desk::with(3);
    let names = desk.names();
    let screen = desk.launch().size(140, 30).start();
    wait_until_ready(&screen);
    screen.type_keys("<enter>before<enter>");
    screen.wait_for_text("Labeled 1");
    let workspace = desk.workspace();
    let format: u32 = rusqlite::Connection::open(&workspace)
        .and_then(|db| db.query_row("PRAGMA user_version", [], |row| row.get(0)))
        .expect("a format");
    set_format(&workspace, format + 1);
    screen.type_keys("not for an older program<enter>");
    screen.wait_for("the row that is not saved", |view| {
        view.row_with(&names[1]).is_some_and(|row| row.contains("not saved"))
    });
    screen.wait_for_text("newer earmark");
    screen.wait_for("the next file", |view| open_file(view).as_ref() == Some(&names[2]));
    screen.type_keys("<c-p>");
    screen.wait_for("the kept text", |view| box_text(view) == "not for an older program");
    screen.type_keys("<c-q>");
    screen.wait_for_text("Quit anyway?");
    screen.type_keys("<tab><enter>");
    screen.wait_for_end();
    // The program that knows the format finds the text as a draft, and the label of before.
    set_format(&workspace, format);
    assert_eq!(desk.labels().len(), 1);
    let again = desk.launch().start();
    again.wait_for("the draft", |view| box_text(view) == "not for an older program");
}

#[test]
fn a_damaged_page_is_said_on_the_screen_with_the_way_out() {
    let desk = Desk::with(2);
    desk.run(["sync".as_ref(), desk.folder.as_os_str(), "--quiet".as_ref()]);
    let name = &desk.names()[1];
    let label = ["label".as_ref(), desk.folder.as_os_str(), name.as_ref()];
    desk.run(label.into_iter().chain(["--content".as_ref(), "kept".as_ref()]));
    for copy in copies_of(&desk) {
        fs::remove_file(copy).expect("today's copy goes");
    }
    let workspace = desk.workspace();
    let root: u32 = rusqlite::Connection::open(&workspace)
        .and_then(|db| {
            let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'revision'";
            db.query_row(sql, [], |row| row.get(0))
        })
        .expect("the page of the revisions");
    let mut bytes = bytes_of(&workspace);
    let end = root as usize * 4096;
    bytes[end - 4096..end].fill(0xA5);
    fs::write(&workspace, &bytes).expect("it is damaged");
    let screen = desk.launch().size(120, 30).start();
    wait_until_ready(&screen);
    screen.wait_for("the damage and what to do", |view| {
        view.contains("damaged") && view.contains("earmark salvage")
    });
    assert!(copies_of(&desk).is_empty(), "no copy is made of it");
}
