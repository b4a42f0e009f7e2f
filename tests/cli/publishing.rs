//! `publish` and `versions`.

use crate::program::{Program, fails_with, stderr, write};
use serde_json::{Value, json};
use std::fs;

fn shared(recordings: usize) -> Program {
    let program = Program::fresh(recordings);
    program.run(["sync", "calls", "--output", "out"]).success();
    program
}

#[test]
fn versions_count_up_say_what_changed_and_are_read_back() {
    let program = shared(3);
    let names = program.names();
    program.run(["label", "calls", &names[0], "--content", "one"]).success();
    let (first, code) = program.json(["publish", "calls", "--description", "the first"]);
    assert_eq!((&first["version"], &first["total"], code), (&json!("V001"), &json!(3), 0));
    assert_eq!((&first["labeled"], &first["parent"]), (&json!(1), &Value::Null));
    let manifest = first["manifest"].as_str().unwrap();
    assert!(manifest.starts_with("calls-") && manifest.ends_with("/annotation/V001/V001.manifest"));
    let text = fs::read_to_string(program.home.join("out").join(manifest)).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(program.home.join("out/history/V001.jsonl.zst").exists());
    program.run(["label", "calls", &names[0], "--content", "one more"]).success();
    program.run(["label", "calls", &names[1], "--content", "two"]).success();
    program.run(["delete", "calls", &names[2]]).success();
    let (second, _) = program.json(["publish", "calls"]);
    let counts = ["version", "parent", "total", "added", "modified", "deleted"]
        .map(|field| second[field].clone());
    assert_eq!(json!(counts), json!(["V002", "V001", 2, 0, 2, 1]));
    let versions = program.lines(["versions", "calls"]);
    assert_eq!(versions.len(), 2);
    assert_eq!(
        (&versions[0]["version"], &versions[0]["description"]),
        (&json!("V001"), &json!("the first"))
    );
    assert_eq!(versions[1]["modified"], json!(2));
    let differences = program.lines(["versions", "calls", "V002", "--diff", "V001"]);
    let changes: Vec<&Value> = differences.iter().map(|line| &line["change"]).collect();
    assert_eq!(changes, ["modified", "modified", "deleted"]);
    assert_eq!(differences[2]["key"], json!(names[2]));
    let listed = program.lines(["versions", "calls", "V001", "--list"]);
    assert_eq!((listed.len(), &listed[0]["content"]), (3, &json!("one")));
    program.run(["unlabel", "calls", &names[0], &names[1]]).success();
    let path = format!("out/{manifest}");
    let (report, _) = program.json(["import", "calls", &path, "--replace"]);
    assert_eq!(report["imported"], json!(1));
}

#[test]
fn a_version_never_changes() {
    let program = shared(1);
    program.run(["publish", "calls", "--version", "gold"]).success();
    let before = fs::read(program.home.join("out/versions/gold/version.json")).unwrap();
    let again = program.run(["publish", "calls", "--version", "gold"]);
    fails_with(again, 1, "published already", "another name");
    assert_eq!(fs::read(program.home.join("out/versions/gold/version.json")).unwrap(), before);
    let bad = program.run(["publish", "calls", "--version", "../x"]);
    fails_with(bad, 1, "name of a version", "letters");
    let none = program.run(["versions", "calls", "V009"]);
    fails_with(none, 1, "no version V009", "gold");
}

#[test]
fn a_claim_of_somebody_else_is_respected() {
    let program = shared(1);
    let claim = program.home.join("out/versions/V001/claim-somebody");
    write(&claim, "{}");
    let asked = program.run(["publish", "calls", "--version", "V001"]);
    fails_with(asked, 1, "claimed by somebody else", "versions/V001/");
    let (published, code) = program.json(["publish", "calls"]);
    assert_eq!((&published["version"], code), (&json!("V002"), 0));
    assert_eq!(published["unfinished"], json!(["V001"]));
    let versions = program.lines(["versions", "calls"]);
    assert_eq!(
        (&versions[1]["version"], &versions[1]["complete"]),
        (&json!("V001"), &json!(false))
    );
}

#[test]
fn a_split_is_written_and_stays() {
    let program = shared(6);
    let usages = |version: &str| -> Vec<Value> {
        let lines = program.lines(["versions", "calls", version, "--list"]);
        lines.iter().map(|line| line["usage"].clone()).collect()
    };
    for _ in 0..2 {
        program.run(["publish", "calls", "--split", "0.5", "--seed", "3"]).success();
    }
    assert_eq!(usages("V001"), usages("V002"));
    assert!(usages("V001").iter().all(|usage| {
        let usage = usage.as_str().unwrap().to_uppercase();
        usage == "TRAIN" || usage == "EVAL"
    }));
    program.run(["publish", "calls", "--split", "1.5"]).code(2);
}

#[test]
fn without_an_output_there_is_nowhere_to_publish() {
    let program = Program::with(1);
    fails_with(program.run(["publish", "calls"]), 1, "has no output", "--output");
    fails_with(program.run(["versions", "calls"]), 1, "has no output", "--output");
}

#[test]
fn deleting_names_the_versions_that_list_a_file() {
    let program = shared(2);
    let names = program.names();
    program.run(["publish", "calls"]).success();
    let outcome = program.run(["delete", "calls", &names[0], "--source-files"]);
    fails_with(outcome, 2, "published in V001", "--yes-delete 1");
    let outcome =
        program.run(["delete", "calls", &names[0], "--source-files", "--yes-delete", "1"]);
    assert!(!stderr(&outcome.success()).contains("error"));
}
