//! `add`.

use crate::program::{Program, fails_with, stderr, write};
use serde_json::json;
use std::fs;

#[test]
fn recordings_are_copied_and_appear_at_once() {
    let program = Program::with(1);
    let more = program.home.recordings("more", 3);
    let names = program.names();
    let (report, code) = program.json(["add", "calls", "more", "--to", "new/batch"]);
    assert_eq!((&report["added"], code), (&json!(3), 0), "{report}");
    assert_eq!(program.count("unlabeled"), 4);
    let key = format!("new/batch/{}", names[0]);
    assert_eq!(
        fs::read(program.calls.join(&key)).unwrap(),
        fs::read(more.join(&names[0])).unwrap()
    );
    let (synced, _) = program.json(["sync", "calls"]);
    assert_eq!((&synced["added"], &synced["unchanged"]), (&json!(0), &json!(4)), "{synced}");
}

#[test]
fn what_is_there_stays_unless_told() {
    let program = Program::with(2);
    let names = program.names();
    let before = fs::read(program.calls.join(&names[0])).unwrap();
    fs::create_dir(program.home.join("more")).unwrap();
    let other = program.home.join("more").join(&names[0]);
    fs::copy(program.calls.join(&names[1]), &other).unwrap();
    let add = ["add", "calls", other.to_str().unwrap()];
    fails_like(&program, &add, &names[0], "--overwrite");
    assert_eq!(fs::read(program.calls.join(&names[0])).unwrap(), before);
    let (report, code) = program.json([&add[..], &["--overwrite"]].concat());
    assert_eq!((&report["replaced"], code), (&json!(1), 0));
    assert_ne!(fs::read(program.calls.join(&names[0])).unwrap(), before);
    assert_eq!(program.count("unlabeled"), 2);
}

fn fails_like(program: &Program, args: &[&str], what: &str, how: &str) {
    let said = stderr(&program.run(args).code(1));
    assert!(said.contains(what) && said.contains(how), "{said}");
}

#[test]
fn what_is_no_audio_is_named_and_the_rest_goes_in() {
    let program = Program::with(1);
    let more = program.home.recordings("more", 2);
    write(&more.join("fake.wav"), "this is no recording");
    let (report, code) = program.json(["add", "calls", "more", "--to", "new"]);
    assert_eq!((&report["added"], code), (&json!(2), 3));
    assert_eq!(report["failed"][0]["key"], json!("new/fake.wav"));
    assert!(!program.calls.join("new/fake.wav").exists());
}

#[test]
fn nothing_is_put_outside_the_source() {
    let program = Program::with(1);
    program.home.recordings("more", 1);
    fails_with(program.run(["add", "calls", "more", "--to", "../x"]), 1, "outside", "inside");
    fails_with(program.run(["add", "calls", "none.wav"]), 1, "none.wav", "");
    write(&program.home.join("texts/a.txt"), "x");
    fails_with(program.run(["add", "calls", "texts"]), 1, "no audio", "recordings");
}
