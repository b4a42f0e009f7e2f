//! The screen when its disk answers with errors, when its workspace is taken away, and when the clock is set back.

use super::bench::{Bench, Disk, said, shim};
use crate::figures;
use crate::pty::{Launch, Screen};
use jiff::Timestamp;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// How far a clock is set back, in seconds.
const DAY: i64 = 86_400;

fn open(bench: &Bench, disk: &[(&str, &str)]) -> Screen {
    let mut launch = Launch::earmark(&bench.home).arg(bench.home.join("calls"));
    if !disk.is_empty() {
        launch = launch.env("LD_PRELOAD", shim()).env("DISK_BELOW", bench.below());
        launch = launch.env("DISK_ARMED", bench.home.join("armed"));
    }
    for (name, value) in disk {
        launch = launch.env(name, value);
    }
    let screen = launch.start();
    screen.wait_for("the list after a sync", |view| {
        view.contains("⇅") && !view.contains("listing…") && !view.contains("loading…")
    });
    screen
}

fn workspace(bench: &Bench) -> PathBuf {
    let folder = bench.home.join("data/earmark/workspaces");
    let mut files = fs::read_dir(folder).expect("workspaces").flatten().map(|entry| entry.path());
    files.find(|path| path.extension().is_some_and(|end| end == "earmark")).expect("a workspace")
}

fn contents(bench: &Bench) -> Vec<String> {
    let rows = bench.list(&["--tab", "labeled"]);
    rows.iter().filter_map(|row| row[1].as_str().map(str::to_owned)).collect()
}

fn checked(bench: &Bench, expected: &[&str]) {
    let there = contents(bench);
    let lost = expected.iter().filter(|text| !there.iter().any(|label| label == *text)).count();
    figures::count("labels checked", expected.len() as u64);
    figures::count("labels lost", lost as u64);
    assert_eq!(lost, 0, "{there:?}");
}

/// The screen, on which one more was labeled: *before*.
fn labeled_once(bench: &Bench, disk: &[(&str, &str)]) -> Screen {
    let screen = open(bench, disk);
    screen.type_keys("<enter>");
    screen.type_keys("before<enter>");
    screen.wait_for_text("Labeled 3");
    screen
}

/// Labels once, then on a disk that answers every such call with an error until it is mended.
fn fails_and_is_mended(calls: &str) {
    let bench = Bench::new(5);
    let disk =
        [("DISK_AT", "1"), ("DISK_STAYS", "1"), ("DISK_ERROR", "EIO"), ("DISK_CALLS", calls)];
    let screen = labeled_once(&bench, &disk);
    let armed = bench.home.join("armed");
    fs::write(&armed, "").expect("the disk fails");
    screen.type_keys("on a bad disk<enter>");
    screen.wait_for_text("not saved");
    fs::remove_file(&armed).expect("the disk is mended");
    screen.wait_for_text("Labeled 4");
    screen.wait_for_no("not saved");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    checked(&bench, &["before", "on a bad disk"]);
    figures::count("faults injected (disk)", 1);
}

#[test]
fn a_disk_that_does_not_write_keeps_the_text_and_is_tried_again() {
    fails_and_is_mended("pwrite,write");
}

#[test]
fn a_disk_that_does_not_sync_keeps_the_text_and_is_tried_again() {
    fails_and_is_mended("fsync,fdatasync");
}

#[test]
fn a_workspace_that_is_moved_away_confirms_nothing_until_it_is_back() {
    let bench = Bench::new(5);
    let screen = labeled_once(&bench, &[]);
    let file = workspace(&bench);
    let aside = file.with_extension("aside");
    fs::rename(&file, &aside).expect("the workspace is moved away");
    // Said by itself, before anything is labeled.
    screen.wait_for_text("was deleted or moved away");
    screen.type_keys("into the void<enter>");
    screen.wait_for_text("not saved");
    screen.type_keys("<c-q>");
    screen.wait_for_text("Quit anyway?");
    screen.type_keys("<esc>");
    fs::rename(&aside, &file).expect("the workspace is put back");
    screen.wait_for_text("Labeled 4");
    screen.wait_for_no("not saved");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    checked(&bench, &["before", "into the void"]);
}

#[test]
fn a_workspace_that_is_deleted_confirms_nothing_more_and_what_was_shared_is_there() {
    let bench = Bench::new(5);
    let screen = labeled_once(&bench, &[]);
    assert!(bench.run(&["sync", "calls"], &Disk::default()).status.success());
    let file = workspace(&bench);
    for ending in ["-wal", "-shm", ""] {
        let mut name = file.clone().into_os_string();
        name.push(ending);
        fs::remove_file(name).expect("it is deleted");
    }
    screen.wait_for_text("was deleted or moved away");
    screen.type_keys("into the void<enter>");
    screen.wait_for_text("not saved");
    screen.type_keys("<c-q>");
    screen.wait_for_text("Quit anyway?");
    screen.type_keys("<tab><enter>");
    screen.wait_for_end();
    // Nothing is begun anew in its place: the day's copy is.
    let refused = bench.run(&["list", "calls"], &Disk::default());
    let words = said(&refused);
    assert!(!refused.status.success() && words.contains("earmark put-back"), "{words}");
    let listed = bench.succeeds(&["put-back", "calls"]);
    let listed = String::from_utf8(listed.stdout).expect("text");
    let day = listed.split_whitespace().next().expect("a copy");
    bench.succeeds(&["put-back", "calls", day]);
    bench.succeeds(&["sync", "calls"]);
    checked(&bench, &["from the beginning", "before"]);
    let screen = open(&bench, &[]);
    screen.wait_for_text("into the void");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    figures::count("drafts checked", 1);
}

#[test]
fn a_workspace_that_is_replaced_keeps_the_text_for_the_one_in_its_place() {
    let bench = Bench::new(5);
    let file = workspace(&bench);
    let copy = file.with_extension("copy");
    fs::copy(&file, &copy).expect("a copy");
    let screen = open(&bench, &[]);
    screen.type_keys("<enter>");
    fs::rename(&copy, &file).expect("the copy takes its place");
    screen.wait_for_text("was replaced by another file");
    screen.type_keys("for the other one<enter>");
    screen.wait_for_text("not saved");
    drop(screen);
    for ending in ["-wal", "-shm"] {
        let mut log = file.clone().into_os_string();
        log.push(ending);
        let _ = fs::remove_file(log);
    }
    let screen = open(&bench, &[]);
    screen.wait_for_text("for the other one");
    figures::count("drafts checked", 1);
}

/// How many seconds ago a label says that it was made, by the clock of this machine.
fn age(bench: &Bench, key: &Value, label: &str) -> i64 {
    let key = key.as_str().expect("a key");
    let output = bench.succeeds(&["history", "calls", key, "--json"]);
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let revision = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .find(|line| line["content"] == label)
        .expect("a revision");
    let at: Timestamp = revision["at"].as_str().expect("a time").parse().expect("a time");
    Timestamp::now().as_second() - at.as_second()
}

#[test]
fn a_clock_that_is_set_back_changes_no_order() {
    let bench = Bench::new(5);
    let back = format!("-{DAY}");
    let screen = open(&bench, &[("DISK_CLOCK", back.as_str())]);
    screen.type_keys("<enter>");
    screen.type_keys("today<enter>");
    screen.wait_for_text("Labeled 3");
    fs::write(bench.home.join("armed"), "").expect("the clock is set back");
    screen.type_keys("another<enter>");
    screen.wait_for_text("Labeled 4");
    let yesterday = Disk::default().with("DISK_CLOCK", &back);
    let name = bench.names[2].clone();
    let args = ["label", "calls", &name, "--content", "later, dated yesterday"];
    assert!(bench.run(&args, &yesterday).status.success());
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    checked(&bench, &["later, dated yesterday", "another"]);
    for text in ["later, dated yesterday", "another"] {
        let rows = bench.list(&["--tab", "labeled"]);
        let row = rows.iter().find(|row| row[1] == text).expect("it is labeled");
        let age = age(&bench, &row[0], text);
        assert!((DAY..DAY + 600).contains(&age), "{text} is dated a day back: {age} s");
    }
    assert!(bench.run(&["sync", "calls"], &yesterday).status.success());
    assert_eq!(bench.joined(), bench.list(&[]));
    assert!(bench.run(&["undo", "calls"], &yesterday).status.success());
    checked(&bench, &["today", "another"]);
}
