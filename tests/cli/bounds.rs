//! Inputs that claim more than they are: the real program, held to so much memory and processor time that following
//! the claim would end it.

use crate::bombs::{codebooks, silence};
use crate::figures;
use crate::program::{Program, text, write};
use assert_cmd::Command;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Address space that the program may have, in KiB. It needs a third of it to start.
const MEMORY: &str = "786432";
/// Processor time that it may have, in seconds, built without optimization.
const TIME: &str = "60";

/// The program in a shell that may have no more than this.
fn held<'a>(program: &Program, memory: &str, args: impl IntoIterator<Item = &'a str>) -> Output {
    let mut command = Command::new("sh");
    command.env_clear().envs(program.home.environment()).current_dir(program.home.join(""));
    // Each thread's own heap would reserve address space that nobody uses.
    command.env("MALLOC_ARENA_MAX", "1");
    command.args(["-c", "ulimit -v \"$1\"; ulimit -t \"$2\"; shift 2; exec \"$@\"", "sh"]);
    command.args([memory, TIME]).arg(assert_cmd::cargo::cargo_bin!("earmark")).args(args);
    command.output().unwrap()
}

/// It came to an end of its own, said what it thinks of the input, and lives within its means.
fn is_answered(name: &str, output: &Output) {
    let said = text(&output.stderr);
    let code = output.status.code();
    assert!(code.is_some_and(|code| code <= 3), "{name}: {:?}\n{said}", output.status);
    assert!(code == Some(0) || said.contains("error: "), "{name}: {said}");
    assert!(!said.contains("panicked") && !said.contains("memory allocation"), "{name}: {said}");
}

#[test]
fn no_audio_takes_more_than_it_may() {
    let program = Program::fresh(1);
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/decoders");
    let mut files: Vec<PathBuf> =
        fs::read_dir(seeds).unwrap().map(|entry| entry.unwrap().path()).collect();
    for (name, bytes) in [
        ("silence.flac", silence(24 << 20)),
        ("codebooks.ogg", codebooks(256, 31)),
        ("panic.ogg", codebooks(1, 32)),
        ("tags.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f".repeat(100_000)),
    ] {
        let path = program.home.join(name);
        write(&path, bytes);
        files.push(path);
    }
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let output = held(&program, MEMORY, ["play", file.to_str().unwrap(), "--to", "out.wav"]);
        is_answered(name, &output);
        // It is the file that is at fault, not the disk.
        assert!(!text(&output.stderr).contains("could not be read"), "{output:?}");
    }
    assert!(files.len() > 25);
    figures::count("hostile inputs held to bounds", files.len() as u64);
}

/// A real decoder's real panic: it is the file that fails, in the words of an error.
#[test]
fn a_decoder_that_panics_is_a_failed_file() {
    let program = Program::with(1);
    write(&program.calls.join("panic.ogg"), codebooks(1, 32));
    let outcome = program.run(["play", "calls/panic.ogg", "--to", "out.wav"]).code(1);
    let said = text(&outcome.get_output().stderr);
    assert!(said.starts_with("error: calls/panic.ogg: the ogg decoder crashed: "), "{said}");
    // Its length stays unknown; everything else goes on.
    program.run(["sync", "calls"]).success();
    assert_eq!(program.count("seconds_known"), 1);
    assert_eq!(program.count("total"), 2);
}

/// Otherwise the tests here show nothing.
#[test]
fn the_limits_hold() {
    let program = Program::fresh(1);
    let name = format!("calls/{}", program.names()[0]);
    let whole = held(&program, MEMORY, ["play", &name, "--to", "out.wav"]);
    assert!(whole.status.success(), "{whole:?}");
    let little = held(&program, "30000", ["play", &name, "--to", "out.wav"]);
    assert!(!little.status.success(), "{little:?}");
}

#[test]
fn no_labels_take_more_than_they_may() {
    let program = Program::with(1);
    let name = program.names().remove(0);
    let values = format!("{{\"source\":{name:?},\"x\":[{}0]}}\n", "[],".repeat(12 << 20));
    let deep = format!("{{\"source\":{name:?},\"x\":{}\n", "[".repeat(15 << 20));
    for (file, bytes) in [
        ("endless.manifest", vec![b'x'; 96 << 20]),
        ("values.manifest", values.into_bytes()),
        ("deep.manifest", deep.into_bytes()),
        ("array.json", [b"[".as_slice(), &vec![b'['; 64 << 20]].concat()),
        ("quote.csv", [b"key,content\na,\"".as_slice(), &vec![b'x'; 96 << 20]].concat()),
    ] {
        write(&program.home.join(file), bytes);
        is_answered(file, &held(&program, MEMORY, ["import", "calls", file]));
    }
    for file in ["endless.manifest", "/dev/zero"] {
        let output = held(&program, MEMORY, ["label", "calls", "--from", file]);
        is_answered(file, &output);
        assert!(text(&output.stderr).contains("longer than 16 MiB"), "{output:?}");
    }
    assert_eq!(program.count("labeled"), 0);
}

#[test]
fn settings_without_end_are_refused() {
    let program = Program::with(1);
    let mut command = program.command(["status", "calls"]);
    let outcome = command.env("EARMARK_CONFIG", "/dev/zero").assert().code(1);
    assert!(text(&outcome.get_output().stderr).contains("at most 256 KiB"));
}

#[test]
fn no_snapshot_of_an_output_unpacks_without_end() {
    let first = Program::fresh(1);
    let output = first.home.join("output");
    fs::create_dir(&output).unwrap();
    let at = output.to_str().unwrap();
    first.run(["sync", "calls", "--output", at]).success();
    let name = first.names().remove(0);
    first.run(["label", "calls", &name, "--content", "hello"]).success();
    first.run(["sync", "calls"]).success();

    // One line without end, and many long ones that are well.
    write(&output.join("history/V001.jsonl.zst"), snapshot(&vec![b' '; 1 << 20], 3000));
    let id = "0190c0de-0000-7000-8000-000000000001";
    let line = format!(
        "{{\"id\":{id:?},\"action\":{id:?},\"key\":\"bomb.wav\",\"author\":\"eve\",\"how\":\"typed\",\
         \"at\":\"2026-03-01T12:00:00Z\",\"content\":\"{}\"}}\n",
        "x".repeat(8 << 20)
    );
    write(&output.join("history/V002.jsonl.zst"), snapshot(line.as_bytes(), 120));

    let second = Program::fresh(0);
    let source = first.calls.to_str().unwrap();
    let joined = held(&second, MEMORY, ["sync", source, "--output", at]);
    assert!(joined.status.success(), "{joined:?}");
    let (status, _) = second.json(["status", source]);
    assert_eq!(status["labeled"], 1, "the log says what the snapshot should have said");
}

/// The history of nobody, and so many times these bytes.
fn snapshot(bytes: &[u8], times: usize) -> Vec<u8> {
    let mut packed = zstd::Encoder::new(Vec::new(), 1).unwrap();
    packed.write_all(b"{\"earmark_history\":1,\"positions\":{}}\n").unwrap();
    (0..times).for_each(|_| packed.write_all(bytes).unwrap());
    packed.finish().unwrap()
}
