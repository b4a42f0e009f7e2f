//! Opening that takes long is seen on the screen, and keys that are typed meanwhile are for what it brings.

use crate::desk::Desk;
use crate::pty::Screen;
use rusqlite::{Connection, TransactionBehavior};
use std::fs;
use std::path::{Path, PathBuf};

/// The workspace as an older earmark would have made it: its first three formats.
fn old_workspace(desk: &Desk) -> PathBuf {
    let path = desk.home.join("old.earmark");
    let connection = Connection::open(&path).expect("a file");
    let id: i32 = 0x6561_726d;
    connection.pragma_update(None, "application_id", id).expect("ours");
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/migrations");
    for step in ["0001_workspace.sql", "0002_share.sql", "0003_versions.sql"] {
        let sql = fs::read_to_string(migrations.join(step)).expect("a format of old");
        connection.execute_batch(&sql).expect("a format of old");
    }
    connection.pragma_update(None, "user_version", 3).expect("a format of old");
    let source = desk.folder.canonicalize().expect("the recordings are there");
    for (name, value) in [("name", "calls".into()), ("source", source.to_string_lossy())] {
        let row = (name, value);
        connection
            .execute("INSERT INTO meta (name, value) VALUES (?, ?)", row)
            .expect("what it is about");
    }
    for name in desk.names() {
        let sql = "INSERT INTO sample (key, part, size, etag) VALUES (?, 0, 1, 'then')";
        connection.execute(sql, [name.as_bytes()]).expect("a sample");
    }
    connection.pragma_update(None, "journal_mode", "wal").expect("a log");
    path
}

fn open(desk: &Desk, workspace: &Path) -> Screen {
    let launch = desk.launch().env("EARMARK_WORKSPACE", workspace);
    launch.env("EARMARK_SYNC_ON_OPEN", "false").start()
}

#[test]
fn a_workspace_that_is_brought_up_to_date_is_waited_for_on_the_screen() {
    let desk = Desk::with(3);
    let old = old_workspace(&desk);
    let mut other = Connection::open(&old).expect("the workspace opens");
    let busy = other.transaction_with_behavior(TransactionBehavior::Immediate).expect("the lock");
    let screen = open(&desk, &old);
    screen.wait_for_text("bringing the workspace up to date");
    assert!(screen.look(|view| view.contains("loading")), "{}", screen.text());
    screen.type_keys("j");
    drop(busy);
    screen.wait_for("the second file, which the key went to", |view| view.contains("2/3"));
    screen.wait_for_no("bringing the workspace up to date");
    assert!(desk.home.join("old.earmark.before-0004").exists(), "a copy is kept");
}

#[test]
fn whoever_does_not_want_to_wait_leaves() {
    let desk = Desk::with(1);
    let old = old_workspace(&desk);
    let mut other = Connection::open(&old).expect("the workspace opens");
    let busy = other.transaction_with_behavior(TransactionBehavior::Immediate).expect("the lock");
    let screen = open(&desk, &old);
    screen.wait_for_text("bringing the workspace up to date");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    drop(busy);
}

#[test]
fn what_cannot_be_opened_after_all_is_said_where_it_was_asked_for() {
    let desk = Desk::with(1);
    let old = old_workspace(&desk);
    let mut other = Connection::open(&old).expect("the workspace opens");
    let busy = other.transaction_with_behavior(TransactionBehavior::Immediate).expect("the lock");
    busy.pragma_update(None, "user_version", 9_999).expect("a format that nobody knows");
    let screen = open(&desk, &old);
    screen.wait_for_text("bringing the workspace up to date");
    busy.execute("DROP TABLE tally", []).expect("less than there was");
    busy.commit().expect("the lock is given back");
    assert!(!screen.wait_for_end().success());
    assert!(screen.look(|view| view.contains("error")), "{}", screen.text());
}
