//! How a dataset is named: by folder, by name, by workspace file; and the demo.

use crate::program::{Program, fails_with, stdout};
use serde_json::json;
use std::fs;

#[test]
fn a_dataset_that_was_opened_is_known_by_its_name() {
    let program = Program::with(2);
    assert_eq!(program.json(["status", "calls/../calls/"]).0["total"], json!(2));
    let elsewhere = program.home.join("run");
    let mut status = program.command(["status", "calls", "--json"]);
    assert!(stdout(&status.current_dir(elsewhere).assert().success()).contains("\"total\":2"));
    fails_with(program.run(["status", "cals"]), 1, "cals", "did you mean calls?");
}

#[test]
fn labels_are_at_hand_while_the_source_is_away() {
    let program = Program::with(2);
    let name = &program.names()[0];
    program.run(["label", "calls", name, "--content", "one"]).success();
    fs::rename(&program.calls, program.home.join("unplugged")).unwrap();
    assert_eq!(program.count("labeled"), 1);
    fails_with(program.run(["sync", "calls"]), 1, "does not exist", "mounted");
    assert_eq!(program.count("missing"), 0);
}

#[test]
fn two_datasets_with_one_name_are_told_apart() {
    let program = Program::with(1);
    let other = program.home.join("archive/calls");
    fs::create_dir_all(&other).unwrap();
    let (made, _) = program.json(["init", "archive/calls"]);
    assert_eq!(made["name"], json!("calls-2"));
    let outcome = program.run(["init", "archive", "--name", "calls"]);
    fails_with(outcome, 1, "calls", "--name");
}

#[test]
fn the_workspace_file_can_be_named_by_flag_and_by_environment() {
    let program = Program::fresh(2);
    program.run(["sync", "calls", "--workspace", "here.earmark"]).success();
    assert!(program.home.join("here.earmark").exists());
    let mut status = program.command(["status", "calls", "--json"]);
    status.env("EARMARK_WORKSPACE", program.home.join("here.earmark"));
    assert!(stdout(&status.assert().success()).contains("\"total\":2"));
    fs::create_dir(program.home.join("other")).unwrap();
    let outcome = program.run(["sync", "other", "--workspace", "here.earmark"]);
    fails_with(outcome, 1, "belongs to", "--workspace");
}

#[test]
fn a_demo_is_a_dataset() {
    let program = Program::fresh(0);
    let (demo, code) = program.json(["demo", "try", "--no-screen"]);
    assert_eq!(code, 0);
    let files = demo["files"].as_u64().unwrap();
    assert!(files >= 8);
    let (report, _) = program.json(["sync", "try"]);
    assert_eq!(report["added"].as_u64(), Some(files));
    let lines = program.lines(["list", "try"]);
    assert!(lines.iter().all(|line| line["seconds"].as_f64() > Some(0.0)));
}

#[test]
fn two_people_at_once_lose_nothing() {
    let program = Program::with(8);
    let names = program.names();
    std::thread::scope(|scope| {
        for (index, name) in names.iter().enumerate() {
            let program = &program;
            scope.spawn(move || {
                let content = format!("label {index}");
                let mut label = program.command(["label", "calls", name, "--content", &content]);
                label.env("EARMARK_USER", format!("person {index}")).assert().success();
            });
        }
    });
    let lines = program.lines(["list", "calls"]);
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line["content"], json!(format!("label {index}")));
        assert_eq!(line["labeled_by"], json!(format!("person {index}")));
    }
}
