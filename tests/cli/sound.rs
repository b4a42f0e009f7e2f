//! `play`.

use crate::program::{Program, fails_with, stderr, write};
use serde_json::json;

#[test]
fn a_recording_is_decoded_into_a_wav_file() {
    let program = Program::fresh(1);
    let name = format!("calls/{}", program.names()[0]);
    let (decoded, code) = program.json(["play", &name, "--to", "out.wav"]);
    assert_eq!(code, 0);
    let seconds = decoded["seconds"].as_f64().unwrap();
    let rate = decoded["rate"].as_f64().unwrap();
    assert!((seconds - decoded["frames"].as_f64().unwrap() / rate).abs() < 1e-9);
    let (again, _) = program.json(["play", "out.wav", "--to", "again.wav"]);
    assert_eq!((&again["frames"], &again["rate"]), (&decoded["frames"], &decoded["rate"]));
}

#[test]
fn without_a_device_it_plays_on_the_clock_and_says_so() {
    let program = Program::fresh(1);
    let name = format!("calls/{}", program.names()[0]);
    let outcome = program.run(["play", &name, "--rate", "3"]).success();
    assert!(stderr(&outcome).contains("no sound: "));
    assert!(stderr(&outcome).contains("hint: "));
}

#[test]
fn what_is_no_audio_says_so() {
    let program = Program::fresh(0);
    write(&program.home.join("text.wav"), "this is no audio at all");
    fails_with(program.run(["play", "text.wav", "--to", "out.wav"]), 1, "text.wav", "convert");
    program.run(["play", "nowhere.wav"]).code(1).stderr(predicates::str::contains("nowhere.wav"));
}

#[test]
fn nothing_but_json_is_on_stdout() {
    let program = Program::with(1);
    let (json, _) = program.json(["undo", "calls"]);
    assert_eq!(json["what"], json!(null));
}
