//! `list`.

use crate::program::{Program, fails_with, stdout};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

#[test]
fn every_sample_is_one_line_with_stable_keys() {
    let program = Program::with(3);
    let lines = program.lines(["list", "calls"]);
    let keys: Vec<&str> = lines.iter().map(|line| line["key"].as_str().unwrap()).collect();
    assert_eq!(keys, program.names());
    let mut fields: Vec<&String> = lines[0].as_object().unwrap().keys().collect();
    fields.sort();
    let expected = [
        "bytes",
        "content",
        "etag",
        "flags",
        "key",
        "labeled_at",
        "labeled_by",
        "modified",
        "seconds",
        "state",
    ];
    assert_eq!(fields, expected);
    assert_eq!(lines[0]["state"], json!("unlabeled"));
    assert!(lines[0]["seconds"].as_f64() > Some(0.0));
}

#[test]
fn tabs_filters_and_orders_narrow_it() {
    let program = Program::with(4);
    let names = program.names();
    program.run(["label", "calls", &names[0], "--content", "good morning"]).success();
    program.run(["label", "calls", &names[1], "--content", "good night"]).success();
    let count = |args: &[&str]| program.lines([&["list", "calls"], args].concat()).len();
    assert_eq!(count(&["--tab", "labeled"]), 2);
    assert_eq!(count(&["--tab", "unlabeled"]), 2);
    assert_eq!(count(&["--tab", "missing"]), 0);
    assert_eq!(count(&["--filter", "text:night"]), 1);
    assert_eq!(count(&["--filter", "\"good morning\""]), 1);
    assert_eq!(count(&["--filter", &format!("name:{}", names[3])]), 1);
    assert_eq!(count(&["--limit", "3"]), 3);
    let seconds: Vec<Value> = program
        .lines(["list", "calls", "--order", "duration", "--descending"])
        .iter()
        .map(|line| line["seconds"].clone())
        .collect();
    assert!(seconds.is_sorted_by(|a, b| a.as_f64() >= b.as_f64()), "{seconds:?}");
}

#[test]
fn a_filter_that_cannot_be_read_is_a_wrong_command_line() {
    let program = Program::with(1);
    let outcome = program.run(["list", "calls", "--filter", "dur>soon"]);
    fails_with(outcome, 2, "dur>soon", "--help");
}

#[test]
fn a_key_that_is_not_utf8_is_given_in_base64_too_and_can_be_labeled() {
    let program = Program::fresh(1);
    let from = program.calls.join(&program.names()[0]);
    let odd = OsStr::from_bytes(b"caf\xe9\n.wav");
    if fs::rename(&from, program.calls.join(odd)).is_err() {
        return; // this file system takes UTF-8 only
    }
    program.run(["sync", "calls"]).success();
    let lines = program.lines(["list", "calls"]);
    assert_eq!(lines[0]["key"], json!("caf\u{fffd}\n.wav"));
    assert_eq!(lines[0]["key_b64"], json!("Y2Fm6Qoud2F2"));
    let shown = stdout(&program.run(["list", "calls"]).success());
    assert!(shown.contains("caf\\xE9␊.wav") || shown.contains("caf\\xe9␊.wav"), "{shown}");
    program.command(["label", "calls"]).arg(odd).args(["--content", "one"]).assert().success();
    let line = r#"{"key_b64":"Y2Fm6Qoud2F2","content":"two"}"#;
    program.command(["label", "calls", "--from", "-"]).write_stdin(line).assert().success();
    assert_eq!(program.lines(["list", "calls"])[0]["content"], json!("two"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::{Command, Stdio};
    let program = Program::with(4);
    let mut list = Command::new(assert_cmd::cargo::cargo_bin!("earmark"))
        .env_clear()
        .envs(program.home.environment())
        .current_dir(program.home.join(""))
        .args(["man"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(list.stdout.take());
    let output = list.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}
