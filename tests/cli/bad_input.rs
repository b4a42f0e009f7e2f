//! What cannot work says what failed, why, and what to do next.

use crate::program::{Program, fails_with, stderr, stdout, write};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_source_that_is_none() {
    let program = Program::with(1);
    write(&program.home.join("file.wav"), "x");
    fails_with(program.run(["sync", "nowhere"]), 1, "nowhere", "folder");
    fails_with(program.run(["sync", "no/where"]), 1, "does not exist", "spelling");
    fails_with(program.run(["sync", "file.wav"]), 1, "not a folder", "earmark play");
    let nowhere = ["sync", "s3://bucket/x", "--endpoint", "localhost:9000"];
    fails_with(program.run(nowhere), 1, "localhost:9000", "https://");
    program.run(["sync", "https://example.org"]).code(1).stderr(predicates::str::contains("s3://"));
    fails_with(program.run(["status", "run"]), 1, "no workspace yet", "earmark sync run");
}

#[test]
fn a_folder_that_cannot_be_read() {
    let program = Program::fresh(1);
    fs::set_permissions(&program.calls, Permissions::from_mode(0o000)).unwrap();
    let closed = fs::read_dir(&program.calls).is_err(); // root reads everything
    let outcome = program.run(["sync", "calls"]);
    fs::set_permissions(&program.calls, Permissions::from_mode(0o700)).unwrap();
    if closed {
        fails_with(outcome, 1, "cannot read the folder", "ls -ld");
    }
}

#[test]
fn a_folder_without_audio_says_so() {
    let program = Program::fresh(0);
    write(&program.calls.join("notes.txt"), "x");
    let outcome = program.run(["sync", "calls"]).success();
    assert!(stderr(&outcome).contains("no audio was found"));
}

#[test]
fn an_output_inside_the_source() {
    let program = Program::fresh(1);
    let outcome = program.run(["sync", "calls", "--output", "calls/labels"]);
    fails_with(outcome, 1, "inside the source", "beside");
    assert!(!program.home.join("data/earmark/workspaces").exists());
}

#[test]
fn a_workspace_that_is_none_or_damaged_is_kept() {
    let program = Program::with(1);
    write(&program.home.join("other.earmark"), "this is not a workspace at all, just some text");
    let outcome = program.run(["status", "calls", "--workspace", "other.earmark"]);
    fails_with(outcome, 1, "not an earmark workspace", "--workspace");
    let workspace = program.workspace();
    let mut bytes = fs::read(&workspace).unwrap();
    bytes[100..].fill(0xa5);
    fs::write(&workspace, &bytes).unwrap();
    for ending in ["-wal", "-shm"] {
        let mut beside = workspace.clone().into_os_string();
        beside.push(ending);
        let _ = fs::remove_file(beside);
    }
    let outcome = program.run(["status", "calls"]);
    fails_with(outcome, 1, "damaged", "left as it is");
    assert_eq!(fs::read(&workspace).unwrap(), bytes);
}

#[test]
fn every_wrong_setting_is_named_with_its_place() {
    let program = Program::with(1);
    let settings = "[playback]\nbackstp = 1.0\nrate = 99.0\n";
    write(&program.home.join("config/earmark/config.toml"), settings);
    let outcome = program.run(["sync", "calls"]).code(1);
    let said = stderr(&outcome);
    assert!(said.contains("config.toml:2") && said.contains("config.toml:3"), "{said}");
    write(&program.home.join("config/earmark/config.toml"), "");
    write(&program.home.join("config/earmark/keymap.toml"), "[list]\nno-such-action = [\"x\"]\n");
    let outcome = program.run(["keys"]).code(1);
    assert!(stderr(&outcome).contains("keymap.toml:2"));
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let program = Program::fresh(0);
    for args in [
        &["label", "calls"][..],
        &["label", "calls", "x"],
        &["list", "calls", "--tab", "nonsense"],
        &["play", "x", "--rate", "9"],
        &["delete", "calls"],
        &["--part", "3/2"],
        &["sync", "calls", "--set", "nonsense"],
        &["calls", "sync", "calls"],
        &["--json"],
    ] {
        let outcome = program.run(args).code(2);
        assert_eq!(stdout(&outcome), "", "{args:?}");
    }
    program.run(["calls"]).code(1).stderr(predicates::str::contains("needs a terminal"));
}

#[test]
fn hostile_names_reach_neither_terminal_nor_file_system() {
    let program = Program::fresh(1);
    let name = "calls \u{1b}[31m\u{202e}x\n";
    fs::rename(&program.calls, program.home.join(name)).unwrap();
    let outcome = program.run(["sync", name]).success();
    program.run(["status", name]).success();
    let status = stdout(&program.run(["status", name]).success());
    for said in [stderr(&outcome), status] {
        assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{said:?}");
    }
    let file = program.workspace().file_name().unwrap().to_str().unwrap().to_owned();
    assert!(file.chars().all(|c| c.is_alphanumeric() || "-.".contains(c)), "{file:?}");
}

#[test]
fn colour_is_used_only_when_asked_for() {
    let program = Program::fresh(0);
    let plain = program.run(["status", "nowhere"]).code(1);
    assert!(!stderr(&plain).contains('\u{1b}'));
    let colored = program.run(["--color", "always", "status", "nowhere"]).code(1);
    assert!(stderr(&colored).contains("\u{1b}[1;31merror:"));
}
