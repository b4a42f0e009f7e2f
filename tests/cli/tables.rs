//! `keys`, `config`, `man`, `completions`, `doctor`: what is printed from tables.

use crate::program::{Program, stdout};
use serde_json::json;

#[test]
fn keys_come_from_the_keymap() {
    let program = Program::fresh(0);
    let shown = stdout(&program.run(["keys"]).success());
    assert!(shown.contains("[list]") && shown.contains("[editor]") && shown.contains("[dialog]"));
    let lines = program.lines(["keys"]);
    let play = lines.iter().find(|line| line["action"] == json!("play-pause")).unwrap();
    assert!(play["keys"].as_array().unwrap().contains(&json!("tab")));
    assert!(lines.iter().all(|line| !line["doc"].as_str().unwrap().is_empty()));
}

#[test]
fn config_says_each_value_and_where_it_was_made() {
    let program = Program::fresh(0);
    let lines = program.lines(["config", "--set", "playback.backstep=2.5"]);
    let value = |name: &str| {
        let line = lines.iter().find(|line| line["name"] == json!(name)).unwrap();
        (line["value"].as_str().unwrap().to_owned(), line["origin"].clone())
    };
    assert_eq!(value("playback.backstep"), ("2.5".into(), json!("the command line")));
    let (output, origin) = value("playback.output");
    assert!(output.contains("silent"));
    assert!(origin.as_str().unwrap().contains("EARMARK_PLAYBACK_OUTPUT"));
    let reference = stdout(&program.run(["config", "--reference"]).success());
    assert!(reference.contains("[playback]") && reference.contains("backstep"));
}

#[test]
fn the_manual_and_the_completions_know_every_command() {
    let program = Program::fresh(0);
    let manual = stdout(&program.run(["man"]).success());
    let bash = stdout(&program.run(["completions", "bash"]).success());
    for command in [
        "init", "sync", "status", "list", "label", "unlabel", "history", "undo", "delete",
        "restore",
    ] {
        assert!(manual.contains(command) && bash.contains(command), "{command}");
        let page = stdout(&program.run(["man", command]).success());
        assert!(page.contains("SYNOPSIS"), "{command}");
        assert!(stdout(&program.run([command, "--help"]).success()).contains("--json"));
    }
    assert!(stdout(&program.run(["--version"]).success()).starts_with("earmark "));
}

#[test]
fn doctor_names_a_next_step_for_whatever_is_not_right() {
    let program = Program::with(2);
    let checks = program.lines(["doctor", "calls"]);
    let named: Vec<&str> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
    for name in ["terminal", "sound", "source", "workspace", "samples"] {
        assert!(named.contains(&name), "{named:?}");
    }
    for check in &checks {
        let fine = check["verdict"] == json!("ok");
        assert_eq!(fine, check["next"].is_null(), "{check}");
    }
    let sound = checks.iter().find(|check| check["name"] == json!("sound")).unwrap();
    assert_eq!(sound["verdict"], json!("warn"));
    std::fs::remove_file(program.workspace()).unwrap();
    program.run(["doctor", "calls"]).code(1);
}
