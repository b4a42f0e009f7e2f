//! `delete` and `restore`.

use crate::program::{Program, fails_with, stderr, write};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn delete_file_is_a_trash_and_the_source_stays() {
    let program = Program::with(3);
    let names = program.names();
    program.run(["delete", "calls", &names[0], &names[1]]).success();
    assert_eq!((program.count("deleted"), program.names().len()), (2, 3));
    assert_eq!(program.json(["sync", "calls"]).0["added"], json!(0));
    assert_eq!(program.count("deleted"), 2);
    program.run(["restore", "calls", &names[0]]).success();
    assert_eq!((program.count("deleted"), program.count("unlabeled")), (1, 2));
    program.run(["undo", "calls"]).success();
    assert_eq!(program.count("deleted"), 2);
}

#[test]
fn source_files_go_only_with_the_right_count() {
    let program = Program::with(3);
    let names = program.names();
    let delete = ["delete", "calls", &names[0], &names[1], "--source-files"];
    fails_with(program.run(delete), 2, "2 source files", "--yes-delete 2");
    let wrong = [&delete[..], &["--yes-delete", "3"]].concat();
    fails_with(program.run(wrong), 2, "not 3", "--yes-delete 2");
    assert_eq!(program.names().len(), 3);
    let right = [&delete[..], &["--yes-delete", "2"]].concat();
    let (report, code) = program.json(right);
    assert_eq!((&report["files_deleted"], code), (&json!(2), 0));
    assert_eq!(program.names(), names[2..]);
    assert_eq!(program.count("deleted"), 2);
    assert_eq!(program.json(["sync", "calls"]).0["missing"], json!(0));
}

#[test]
fn each_file_has_its_own_outcome() {
    let program = Program::with(3);
    let names = program.names();
    write(&program.calls.join(&names[1]), "another recording");
    let delete =
        ["delete", "calls", &names[0], &names[1], "no.wav", "--source-files", "--yes-delete", "2"];
    let outcome = program.run(delete).code(3);
    let said = stderr(&outcome);
    assert!(
        said.contains(&names[1]) && said.contains("changed") && said.contains("no.wav"),
        "{said}"
    );
    assert_eq!(program.names(), names[1..]);
    assert_eq!((program.count("deleted"), program.count("unlabeled")), (1, 2));
}

#[test]
fn nothing_outside_the_source_is_ever_deleted() {
    let program = Program::with(2);
    let names = program.names();
    let outside = program.home.join("outside.wav");
    fs::rename(program.calls.join(&names[0]), &outside).unwrap();
    symlink(&outside, program.calls.join(&names[0])).unwrap();
    let delete = ["delete", "calls", &names[0], "--source-files", "--yes-delete", "1"];
    let outcome = program.run(delete).code(1);
    assert!(stderr(&outcome).contains("outside"));
    assert!(outside.exists() && program.calls.join(&names[0]).is_symlink());
    fails_with(program.run(["delete", "calls", "../outside.wav"]), 1, "no sample", "list");
}

#[test]
fn other_datasets_that_list_a_file_are_named() {
    let program = Program::with(2);
    let name = &program.names()[0];
    program.run(["init", ".", "--name", "everything"]).success();
    program.run(["sync", "everything"]).success();
    let outcome = program.run(["delete", "calls", name, "--source-files"]);
    fails_with(outcome, 2, "also listed by everything", "--yes-delete 1");
}
