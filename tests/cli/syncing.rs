//! `init`, `sync`, `status`.

use crate::program::{Program, stdout, write};
use serde_json::json;
use std::fs;

#[test]
fn sync_prints_numbers_that_add_up_under_stable_names() {
    let program = Program::fresh(5);
    let (report, code) = program.json(["sync", "calls"]);
    assert_eq!(code, 0);
    let expected = json!({
        "added": 5, "changed": 0, "moved": 0, "missing": 0, "restored": 0, "unchanged": 0, "total": 5,
        "labels_pulled": 0, "labels_pushed": 0, "conflicts": 0, "possible_moves": 0,
    });
    assert_eq!(report, expected);
    let (again, _) = program.json(["sync", "calls"]);
    assert_eq!((&again["added"], &again["unchanged"]), (&json!(0), &json!(5)));
}

#[test]
fn status_has_counts_and_hours() {
    let program = Program::with(4);
    let name = &program.names()[0];
    program.run(["label", "calls", name, "--content", "hello"]).success();
    let (status, code) = program.json(["status", "calls"]);
    assert_eq!(code, 0);
    let keys: Vec<&String> = status.as_object().unwrap().keys().collect();
    for key in [
        "unlabeled",
        "to_confirm",
        "labeled",
        "missing",
        "deleted",
        "conflicts",
        "total",
        "seconds_known",
        "seconds_total",
        "seconds_labeled",
    ] {
        assert!(keys.iter().any(|known| *known == key), "{key} in {keys:?}");
    }
    assert_eq!((&status["unlabeled"], &status["labeled"]), (&json!(3), &json!(1)));
    assert_eq!(status["seconds_known"], json!(4));
    assert!(status["seconds_total"].as_f64() > status["seconds_labeled"].as_f64());
    assert!(status["seconds_labeled"].as_f64() > Some(0.0));
}

#[test]
fn a_file_that_moves_goes_away_and_comes_back_keeps_its_label() {
    let program = Program::with(3);
    let name = program.names().remove(1);
    program.run(["label", "calls", &name, "--content", "hello"]).success();
    fs::create_dir(program.calls.join("sub")).unwrap();
    fs::rename(program.calls.join(&name), program.calls.join("sub/moved.wav")).unwrap();
    assert_eq!(program.json(["sync", "calls"]).0["moved"], json!(1));
    let labeled = program.lines(["list", "calls", "--tab", "labeled"]);
    assert_eq!(
        (&labeled[0]["key"], &labeled[0]["content"]),
        (&json!("sub/moved.wav"), &json!("hello"))
    );

    let aside = program.home.join("aside.wav");
    fs::rename(program.calls.join("sub/moved.wav"), &aside).unwrap();
    assert_eq!(program.json(["sync", "calls"]).0["missing"], json!(1));
    assert_eq!(program.count("missing"), 1);
    fs::rename(&aside, program.calls.join("sub/moved.wav")).unwrap();
    assert_eq!(program.json(["sync", "calls"]).0["restored"], json!(1));
    assert_eq!(program.count("labeled"), 1);
}

#[test]
fn the_workspace_and_its_folder_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let program = Program::with(1);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let workspace = program.workspace();
    assert_eq!(mode(&workspace), 0o600);
    assert_eq!(mode(workspace.parent().unwrap()), 0o700);
    assert_eq!(mode(&program.home.join("data/earmark")), 0o700);
    for file in ["datasets.toml", "datasets.lock"] {
        assert_eq!(mode(&program.home.join("data/earmark").join(file)), 0o600, "{file}");
    }
}

#[test]
fn init_makes_the_workspace_once_and_leaves_the_audio_alone() {
    let program = Program::fresh(2);
    let (made, _) = program.json(["init", "calls", "--name", "phone", "--output", "shared"]);
    assert_eq!((&made["made"], &made["name"]), (&json!(true), &json!("phone")));
    assert_eq!(
        made["output"],
        json!(
            program.home.join("shared").canonicalize().unwrap_or_else(|_| {
                program.home.join("").canonicalize().unwrap().join("shared")
            })
        )
    );
    let (again, _) = program.json(["init", "calls"]);
    assert_eq!((&again["made"], &again["name"]), (&json!(false), &json!("phone")));
    assert_eq!(program.count("total"), 0);
    assert_eq!(program.names().len(), 2);
}

#[test]
fn sidecars_are_labels_where_the_settings_say_so() {
    let program = Program::fresh(2);
    let name = program.names().remove(0);
    let sidecar = program.calls.join(&name).with_extension("txt");
    write(&sidecar, "what is said\n");
    let (report, _) = program.json(["sync", "calls"]);
    assert_eq!(report["labels_pulled"], json!(0));
    let (report, _) = program.json(["sync", "calls", "--set", "sync.sidecars=true"]);
    assert_eq!(report["labels_pulled"], json!(1));
    let (report, _) = program.json(["sync", "calls", "--set", "sync.sidecars=true"]);
    assert_eq!(report["labels_pulled"], json!(0));
    assert_eq!(
        program.lines(["list", "calls", "--tab", "labeled"])[0]["content"],
        json!("what is said")
    );
}

#[test]
fn people_read_the_same_numbers() {
    let program = Program::fresh(3);
    let printed = stdout(&program.run(["sync", "calls"]).success());
    let numbers: Vec<Vec<&str>> =
        printed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(numbers.contains(&vec!["added", "3"]), "{printed}");
    assert!(numbers.contains(&vec!["total", "3"]), "{printed}");
    let printed = stdout(&program.run(["status", "calls"]).success());
    assert!(printed.contains("not shared"), "{printed}");
}
