//! `label`, `unlabel`, `history`, `undo`.

use crate::program::{Program, fails_with, stderr, stdout, write};
use serde_json::json;

#[test]
fn one_sample_is_labeled_by_key_or_by_path() {
    let program = Program::with(2);
    let names = program.names();
    program.run(["label", "calls", &names[0], "--content", "one"]).success();
    let path = program.calls.join(&names[1]);
    program.run(["label", "calls", path.to_str().unwrap(), "--content", "two"]).success();
    let again = program.json(["label", "calls", &names[0], "--content", "one"]);
    assert_eq!((&again.0["changed"], again.1), (&json!(0), 0));
    let labeled = program.lines(["list", "calls", "--tab", "labeled"]);
    assert_eq!(labeled[0]["content"], json!("one"));
    assert_eq!(labeled[0]["labeled_by"], json!("tester"));
    assert_eq!(labeled[1]["content"], json!("two"));
}

#[test]
fn many_are_labeled_in_one_action_and_what_has_no_sample_is_named() {
    let program = Program::with(3);
    let names = program.names();
    let tsv =
        format!("{}\tone\n{}\ttwo, with a \"quote\"\nnowhere.wav\tthree\n", names[0], names[1]);
    write(&program.home.join("labels.tsv"), tsv);
    let outcome = program.run(["label", "calls", "--from", "labels.tsv"]).code(3);
    assert!(stderr(&outcome).contains("nowhere.wav"));
    assert_eq!(program.count("labeled"), 2);
    let (undone, _) = program.json(["undo", "calls"]);
    assert_eq!(undone["changed"], json!(2));
    assert_eq!(program.count("labeled"), 0);
}

#[test]
fn what_list_prints_label_reads() {
    let program = Program::with(3);
    let names = program.names();
    program.run(["label", "calls", &names[0], "--content", "one\ntwo \u{202e}x"]).success();
    let listed = stdout(&program.run(["list", "calls", "--json"]).success());
    program.run(["unlabel", "calls", &names[0]]).success();
    assert_eq!(program.count("labeled"), 0);
    program.command(["label", "calls", "--from", "-"]).write_stdin(listed).assert().success();
    let labeled = program.lines(["list", "calls", "--tab", "labeled"]);
    assert_eq!(labeled[0]["content"], json!("one\ntwo \u{202e}x"));
}

#[test]
fn a_line_that_cannot_be_read_stops_all_of_them() {
    let program = Program::with(2);
    let name = &program.names()[0];
    write(&program.home.join("bad.tsv"), format!("{name}\tone\nno tab here\n"));
    let outcome = program.run(["label", "calls", "--from", "bad.tsv"]);
    fails_with(outcome, 1, "bad.tsv: line 2", "key<TAB>content");
    assert_eq!(program.count("labeled"), 0);
}

#[test]
fn an_empty_content_is_a_flag_not_a_label() {
    let program = Program::with(1);
    let name = &program.names()[0];
    let outcome = program.run(["label", "calls", name, "--content", ""]);
    fails_with(outcome, 2, "empty", "--no-speech");
    program.run(["label", "calls", name, "--no-speech"]).success();
    let labeled = program.lines(["list", "calls", "--tab", "labeled"]);
    assert_eq!((&labeled[0]["content"], &labeled[0]["flags"]), (&json!(""), &json!(["no-speech"])));
}

#[test]
fn every_revision_is_kept_and_the_last_action_is_taken_back() {
    let program = Program::with(1);
    let name = &program.names()[0];
    program.run(["label", "calls", name, "--content", "first"]).success();
    program.run(["label", "calls", name, "--content", "second"]).success();
    program.run(["unlabel", "calls", name]).success();
    assert_eq!(program.json(["undo", "calls"]).0["changed"], json!(1));
    let history = program.lines(["history", "calls", name]);
    let what: Vec<_> = history.iter().map(|line| (&line["how"], &line["content"])).collect();
    let expected = [
        (json!("typed"), json!("first")),
        (json!("typed"), json!("second")),
        (history[2]["how"].clone(), json!(null)),
        (json!("undo"), json!("second")),
    ];
    assert_eq!(what, expected.iter().map(|(how, content)| (how, content)).collect::<Vec<_>>());
    assert_eq!(history[2]["removed"], json!(true));
    assert!(history.iter().all(|line| line["author"] == json!("tester")));
    let shown = stdout(&program.run(["history", "calls", name]).success());
    assert!(shown.contains("“second”") && shown.contains("label removed"), "{shown}");
}

#[test]
fn undo_takes_back_only_ones_own_and_says_when_there_is_nothing() {
    let program = Program::with(1);
    let name = &program.names()[0];
    assert!(stdout(&program.run(["undo", "calls"]).success()).contains("nothing to undo"));
    program.run(["label", "calls", name, "--content", "mine"]).success();
    let other = program.command(["undo", "calls", "--json"]).env("EARMARK_USER", "bob").assert();
    assert!(stdout(&other.success()).contains("\"what\":null"));
    assert_eq!(program.count("labeled"), 1);
}

#[test]
fn a_label_is_shown_safely_and_stored_as_typed() {
    let program = Program::with(1);
    let name = &program.names()[0];
    let hostile = "\u{1b}[2J\u{202e}evil";
    program.run(["label", "calls", name, "--content", hostile]).success();
    let shown = stdout(&program.run(["list", "calls"]).success());
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown:?}");
    assert_eq!(program.lines(["list", "calls"])[0]["content"], json!(hostile));
}
