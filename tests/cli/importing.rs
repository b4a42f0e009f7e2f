//! `import` and `backup`.

use crate::program::{Program, fails_with, stderr, write};
use serde_json::json;
use std::path::PathBuf;

fn sidecar(program: &Program, index: usize) -> PathBuf {
    program.calls.join(&program.names()[index]).with_extension("txt")
}

#[test]
fn sidecars_become_labels_and_people_stand_over_them() {
    let program = Program::with(3);
    let names = program.names();
    let (one, two) = (sidecar(&program, 0), sidecar(&program, 1));
    program.run(["label", "calls", &names[1], "--content", "mine"]).success();
    write(&one, "\u{feff}hello\r\nthere\r\n");
    write(&two, "theirs\n");
    write(&program.calls.join("alone.txt"), "nobody said this");
    let (report, code) = program.json(["import", "calls", "--format", "sidecar"]);
    assert_eq!(code, 0);
    assert_eq!(report["imported"], json!(1));
    assert_eq!(report["kept_by_person"], json!([{ "key": names[1] }]));
    assert_eq!(report["unmatched"], json!([{ "key": "alone.txt" }]));
    let labeled = program.lines(["list", "calls", "--tab", "labeled"]);
    assert_eq!(labeled[0]["content"], json!("hello\nthere"));
    assert_eq!(labeled[1]["content"], json!("mine"));
    let (again, _) = program.json(["import", "calls"]);
    assert_eq!((&again["imported"], &again["unchanged"]), (&json!(0), &json!(1)));
    let (replaced, _) = program.json(["import", "calls", "--replace"]);
    assert_eq!(replaced["imported"], json!(1));
    assert_eq!(program.lines(["list", "calls", "--tab", "labeled"])[1]["content"], json!("theirs"));
}

#[test]
fn sidecars_may_lie_in_a_folder_of_the_same_shape() {
    let program = Program::with(2);
    let name = sidecar(&program, 0).file_name().unwrap().to_owned();
    write(&program.home.join("texts").join(name), "said elsewhere");
    let (report, _) = program.json(["import", "calls", "texts"]);
    assert_eq!(report["imported"], json!(1));
}

#[test]
fn as_suggestions_they_wait_to_be_confirmed() {
    let program = Program::with(2);
    write(&sidecar(&program, 0), "perhaps");
    let (report, _) = program.json(["import", "calls", "--as", "suggestions"]);
    assert_eq!(report["imported"], json!(1));
    assert_eq!((program.count("labeled"), program.count("to_confirm")), (0, 1));
}

#[test]
fn a_sidecar_that_is_no_text_is_named_and_the_others_count() {
    let program = Program::with(2);
    let (one, two) = (sidecar(&program, 0), sidecar(&program, 1));
    write(&one, b"caf\xe9");
    write(&two, "fine");
    let outcome = program.run(["import", "calls"]).code(3);
    let said = stderr(&outcome);
    assert!(said.contains("UTF-8") && said.contains(one.file_name().unwrap().to_str().unwrap()));
    assert_eq!(program.count("labeled"), 1);
}

#[test]
fn two_imports_that_differ_are_a_conflict_that_waits_for_a_person() {
    let program = Program::with(1);
    let text = sidecar(&program, 0);
    write(&text, "one");
    program.run(["import", "calls"]).success();
    write(&text, "two");
    program.run(["import", "calls"]).code(4);
    assert_eq!((program.count("conflicts"), program.count("to_confirm")), (1, 1));
    assert_eq!(program.lines(["list", "calls", "--tab", "conflicts"]).len(), 1);
}

#[test]
fn a_backup_is_a_workspace_and_overwrites_nothing() {
    let program = Program::with(2);
    let name = &program.names()[0];
    program.run(["label", "calls", name, "--content", "kept"]).success();
    program.run(["backup", "calls", "copy.earmark"]).success();
    program.run(["unlabel", "calls", name]).success();
    let status = program.json(["status", "calls", "--workspace", "copy.earmark"]).0;
    assert_eq!(status["labeled"], json!(1));
    fails_with(program.run(["backup", "calls", "copy.earmark"]), 1, "exists", "--workspace");
}
