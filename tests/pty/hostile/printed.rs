//! Every command over hostile names, texts, authors, settings and flags: what it prints on a terminal, into a pipe and as
//! JSON holds nothing that acts on a terminal, and nothing panics.

use super::{hostile_folder, is_harmless, nobody_obeyed};
use crate::corpus::{Kind, assert_harmless, pile, texts};
use crate::desk::json_lines;
use crate::figures;
use crate::home::Home;
use crate::pty::Launch;
use serde_json::json;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const AUTHOR: &str = "ann \x1b[5;41;93m\u{202e}\u{9d}2;owned\u{9c}\u{200b}\nforged: \x07";

/// A dataset in which everything that can have a name has a hostile one.
struct Bad {
    home: Home,
    folder: PathBuf,
    output: PathBuf,
}

impl Bad {
    fn new() -> Self {
        let home = Home::new();
        let folder = hostile_folder(&home);
        let output = home.join("out \x1b]2;owned\x07\u{202e}\u{9b}5m");
        let bad = Self { home, folder, output };
        bad.done(&["init".into(), bad.folder(), "--output".into(), bad.output.clone().into()]);
        bad.done(&["sync".into(), bad.folder()]);
        // A label for each file, the corpus over and over.
        let listed = bad.done(&["list".into(), bad.folder(), "--json".into()]);
        let texts = texts();
        let mut labels = String::new();
        for (line, text) in json_lines(&listed.stdout).iter().zip(texts.iter().cycle()) {
            let mut label = json!({ "key": line["key"], "content": text });
            if let Some(bytes) = line.get("key_b64") {
                label["key_b64"] = bytes.clone();
            }
            labels += &label.to_string();
            labels.push('\n');
        }
        fs::write(bad.home.join("labels"), labels).expect("a file is written");
        let from = bad.home.join("labels").into();
        bad.done(&["label".into(), bad.folder(), "--from".into(), from]);
        bad
    }

    fn folder(&self) -> OsString {
        self.folder.clone().into()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.env_clear().envs(self.home.environment()).env("EARMARK_USER", AUTHOR);
        command.current_dir(self.home.join("run"));
        command
    }

    #[track_caller]
    fn done(&self, args: &[OsString]) -> Output {
        let output = self.command().args(args).output().expect("the program starts");
        assert!(output.status.success(), "{args:?}: {output:?}");
        assert_harmless(Kind::Lines, &output.stderr, &format!("{args:?}"));
        output
    }

    /// In a pipe, as JSON and on a terminal; gives how often it ran.
    #[track_caller]
    fn tried(&self, args: &[OsString], environment: &[(&str, &str)]) -> u64 {
        let name = format!("{args:?} {environment:?}");
        for json in [false, true] {
            let mut command = self.command();
            command.envs(environment.iter().copied());
            if json {
                command.arg("--json");
            }
            let output = command.args(args).output().expect("the program starts");
            let code = output.status.code();
            assert!(code.is_some_and(|code| code != 101), "{name}: {output:?}");
            // Data for other programs is exact; what stands beside it is not data.
            let exact = args.iter().any(|arg| arg == "-");
            let kind = if json { Kind::Json } else { Kind::Lines };
            if !exact {
                assert_harmless(kind, &output.stdout, &name);
            }
            assert_harmless(Kind::Lines, &output.stderr, &name);
        }
        let mut launch = Launch::earmark(&self.home).args(args).size(200, 60);
        launch = launch.env("EARMARK_USER", AUTHOR).folder(&self.home.join("run"));
        for (name, value) in environment {
            launch = launch.env(name, value);
        }
        let screen = launch.start();
        screen.wait_for_end();
        let raw = screen.written_since(0);
        let (kind, raw) = if args.iter().any(|arg| arg == "-") {
            // Tabs between columns are all that may be there besides.
            let spaces = raw.iter().map(|byte| if *byte == b'\t' { b' ' } else { *byte });
            (Kind::Data, spaces.collect())
        } else {
            (Kind::Terminal, raw)
        };
        assert_harmless(kind, &raw, &format!("{name} on a terminal"));
        3
    }
}

fn args<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Vec<OsString> {
    args.into_iter().map(|arg| arg.as_ref().to_owned()).collect()
}

#[test]
fn every_command_prints_hostile_data_safely() {
    let bad = Bad::new();
    let source = bad.folder();
    let key = OsStr::new("\x1b[5;41;93mred.wav");
    let s = source.as_os_str();
    let mut tried = 0;
    let description = "--description=\x1b]2;owned\x07 \u{202e}\u{9b}5m\nforged: second line";
    for command in [
        args([OsStr::new("status"), s]),
        args([OsStr::new("list"), s]),
        args([OsStr::new("list"), s, "--tab".as_ref(), "labeled".as_ref()]),
        args([OsStr::new("history"), s, "--".as_ref(), key]),
        args([OsStr::new("publish"), s, OsStr::new(description)]),
        args([OsStr::new("label"), s, "--content=two \x1bc".as_ref(), "--".as_ref(), key]),
        args([OsStr::new("publish"), s]),
        args([OsStr::new("versions"), s]),
        args([OsStr::new("versions"), s, "V001".as_ref()]),
        args([OsStr::new("versions"), s, "V002".as_ref(), "--list".as_ref()]),
        args([OsStr::new("versions"), s, "V002".as_ref(), "--diff".as_ref(), "V001".as_ref()]),
        args([OsStr::new("undo"), s]),
        args([OsStr::new("sync"), s]),
        args([OsStr::new("backup"), s]),
        args([OsStr::new("doctor"), s, "--no-tone".as_ref()]),
        args([
            OsStr::new("export"),
            s,
            "--format".as_ref(),
            "tsv".as_ref(),
            "--to".as_ref(),
            "-".as_ref(),
        ]),
        args([
            OsStr::new("export"),
            s,
            "--format".as_ref(),
            "csv".as_ref(),
            "--to".as_ref(),
            "-".as_ref(),
        ]),
        args([
            OsStr::new("export"),
            s,
            "--format".as_ref(),
            "jsonl".as_ref(),
            "--to".as_ref(),
            "-".as_ref(),
        ]),
        args([OsStr::new("unlabel"), s, "--".as_ref(), key]),
        args([OsStr::new("delete"), s, "--".as_ref(), key]),
        args([OsStr::new("restore"), s, "--".as_ref(), key]),
    ] {
        tried += bad.tried(&command, &[]);
    }
    nobody_obeyed(&bad.home.join(""));
    figures::count("hostile texts tried", tried);
}

#[test]
fn every_mistake_quotes_hostile_words_safely() {
    let bad = Bad::new();
    let source = bad.folder();
    let s = source.as_os_str();
    let wrong = "\x1b]2;owned\x07\u{9b}5m\u{202e}x\nforged: line";
    let flag = format!("--{wrong}");
    let w = OsStr::new(wrong);
    let garbage = bad.home.join(format!("bad {}", "\x1b[5;41;93m\u{202e}.jsonl"));
    let lines = [
        r#"{"key":"\u001b]2;owned\u0007.wav","content":"x"}"#.to_owned(),
        "{\"key\": \x1b]2;owned\x07}".to_owned(),
        format!("{{\"{}\":1}}", "\u{202e}\u{9b}5m"),
    ];
    fs::write(&garbage, lines.join("\n")).expect("a file is written");
    fs::create_dir_all(bad.home.join("config/earmark")).expect("a folder");
    let mut tried = 0;
    for command in [
        args([w]),
        args([OsStr::new(&flag)]),
        args([OsStr::new("status"), w]),
        args([OsStr::new("status"), OsStr::new(&flag)]),
        args([OsStr::new("list"), s, OsStr::new(&format!("--tab={wrong}"))]),
        args([OsStr::new("list"), s, OsStr::new(&format!("--filter=flag:{wrong}"))]),
        args([OsStr::new("list"), s, OsStr::new(&format!("--filter=dur>{wrong}"))]),
        args([OsStr::new("list"), s, OsStr::new(&format!("--set=playback.{wrong}=1"))]),
        args([OsStr::new("list"), s, OsStr::new(&format!("--set=playback.backstep={wrong}"))]),
        args([OsStr::new("history"), s, "--".as_ref(), w]),
        args([OsStr::new("label"), s, "--content=x".as_ref(), "--".as_ref(), w]),
        args([OsStr::new("delete"), s, "--".as_ref(), w, w]),
        args([OsStr::new("add"), s, "--".as_ref(), w]),
        args([OsStr::new("import"), s, w]),
        args([OsStr::new("import"), s, garbage.as_os_str()]),
        args([OsStr::new("import"), s, garbage.as_os_str(), "--skip-bad-lines".as_ref()]),
        args([OsStr::new("export"), s, "--format".as_ref(), w, "--to".as_ref(), "x".as_ref()]),
        args([OsStr::new("export"), s, "--format=csv".as_ref(), "--to".as_ref(), s]),
        args([OsStr::new("publish"), s, OsStr::new(&format!("--version={wrong}"))]),
        args([OsStr::new("versions"), s, w]),
        args([OsStr::new("status"), s, "--workspace".as_ref(), w]),
        args([OsStr::new("sync"), OsStr::new(&format!("s3://{wrong}/"))]),
        args([OsStr::new("sync"), OsStr::new(&format!("{wrong}://x/"))]),
        args([OsStr::new("init"), OsStr::new("nowhere"), OsStr::new(&format!("--name={wrong}"))]),
        args([OsStr::new("init"), s, OsStr::new(&format!("--name={wrong}"))]),
        args([OsStr::new("play"), w]),
        args([OsStr::new("play"), garbage.as_os_str()]),
        args([OsStr::new("salvage"), garbage.as_os_str()]),
        args([OsStr::new("completions"), w]),
        args([OsStr::new("connect"), OsStr::new(&flag)]),
        args([OsStr::new("connect"), OsStr::new("--print"), w]),
    ] {
        tried += bad.tried(&command, &[]);
    }

    // What the machine says of itself.
    let words = [("TERM", wrong), ("LANG", wrong), ("COLORTERM", wrong), ("TMUX", wrong)];
    tried += bad.tried(&args(["doctor", "--no-tone"]), &words);
    tried += bad.tried(&args(["doctor", "--no-tone"]), &[("EARMARK_PLAYBACK_OUTPUT", wrong)]);
    tried += bad.tried(&args([OsStr::new("status"), s]), &[("EARMARK_PLAYBACK_RATE", wrong)]);

    // Settings and keys with words of their own.
    for (name, text) in [
        ("config.toml", format!("[playback]\noutput = {}\n", json!(wrong))),
        ("config.toml", format!("[{}]\nx = 1\n", json!(wrong))),
        ("config.toml", format!("[playback]\nbackstep = {}\n", json!(wrong))),
        ("config.toml", "[playback]\nbackstep = \x1b]2;owned\x07\n".to_owned()),
        ("keymap.toml", format!("[list]\n{} = [\"x\"]\n", json!(wrong))),
        ("keymap.toml", format!("[list]\nundo = [{}]\n", json!(wrong))),
        ("keymap.toml", "[list]\nundo = [\x1b]2;owned\x07]\n".to_owned()),
    ] {
        let file = bad.home.join("config/earmark").join(name);
        fs::write(&file, text).expect("a file is written");
        let screen = Launch::earmark(&bad.home).arg(s).start();
        // It says what is wrong, or opens all the same and is left.
        screen.type_keys("q");
        for command in [&["config"][..], &["keys"], &["doctor", "--no-tone"]] {
            tried += bad.tried(&args(command), &[]);
        }
        screen.wait_for_end();
        let took_over = screen.written_since(0).windows(8).any(|bytes| bytes == b"\x1b[?1049h");
        is_harmless(&screen, if took_over { Kind::Screen } else { Kind::Terminal });
        fs::remove_file(file).expect("a file is removed");
    }
    nobody_obeyed(&bad.home.join(""));
    figures::count("hostile texts tried", tried);
}

#[test]
fn what_ssh_and_the_machine_behind_it_say_is_shown_safely() {
    let home = Home::new();
    let bin = home.join("bin");
    fs::create_dir(&bin).expect("a folder");
    let words = "printf 'Warning: \\033]2;owned\\007\\302\\2335m\\342\\200\\256x\\033c\\r\\n' >&2; exit 255";
    let ssh = bin.join("ssh");
    fs::write(&ssh, format!("#!/bin/sh\n{words}\n")).expect("a program");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&ssh, executable).expect("a program");
    let mut path = OsString::from(&bin);
    path.push(":/usr/bin:/bin");
    for host in ["host", "ann@\u{202e}h\u{9b}5m", "h\x1b]2;owned\x07"] {
        let screen =
            Launch::earmark(&home).env("PATH", &path).args(["connect", host]).size(200, 60).start();
        screen
            .wait_for("what came of it", |view| view.contains("Warning") || view.contains("error"));
        screen.send(b"\x03");
        screen.wait_for_end();
        // The terminal itself shows what is typed as `^C`.
        is_harmless(&screen, Kind::Terminal);
    }
    figures::count("hostile texts tried", 3);
}

#[test]
fn every_field_of_a_manifest_is_shown_safely() {
    let home = Home::new();
    let clip = home.recordings("clips", 1);
    let clip = fs::read_dir(clip).expect("a folder").flatten().next().expect("a clip").path();
    let folder = home.join("calls");
    fs::create_dir(&folder).expect("a folder");
    // A letter under a million marks is one too.
    let texts: Vec<String> = texts().into_iter().chain([pile(1_000_000)]).collect();
    let mut manifest = String::new();
    for (at, text) in texts.iter().enumerate() {
        let name = format!("clip-{at:02}.wav");
        fs::copy(&clip, folder.join(&name)).expect("a copy");
        // Only as content: a line has its limit of 16 MiB.
        let (content, text) = (text, if text.len() > 100_000 { "e" } else { text });
        let who = if at % 2 == 0 { format!("human/{text}") } else { text.to_owned() };
        let line = json!({
            "source": format!("s3://box/calls/{name}"), "usage": text, "id": text, text: text,
            "annotation": [{
                "type": "modelarts/audio_content", "name": text, "annotated-by": who, "confidence": 0.5,
                "property": { "@modelarts:content": content, "@modelarts:source": text, text: text },
            }],
        });
        manifest += &line.to_string();
        manifest.push('\n');
    }
    fs::write(home.join("bad.manifest"), manifest).expect("a file is written");
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.env_clear().envs(home.environment()).current_dir(home.join(""));
        let output = command.args(args).output().expect("the program starts");
        assert!(output.status.success(), "{args:?}: {output:?}");
        assert_harmless(Kind::Lines, &output.stderr, &format!("{args:?}"));
        output.stdout
    };
    run(&["sync", "calls"]);
    assert_harmless(Kind::Lines, &run(&["import", "calls", "bad.manifest"]), "import");
    let labels = json_lines(&run(&["list", "calls", "--tab", "labeled", "--json"]));
    assert!(labels.len() > texts.len() / 3, "{} labels", labels.len());
    for label in &labels {
        let at: usize = label["key"].as_str().expect("a key")[5..7].parse().expect("a number");
        assert_eq!(label["content"], texts[at].as_str(), "kept as it is");
    }
    let name = "clip-00.wav";
    for args in [&["list", "calls"][..], &["history", "calls", name], &["status", "calls"]] {
        assert_harmless(Kind::Lines, &run(args), &format!("{args:?}"));
    }

    let screen = Launch::earmark(&home).arg(&folder).size(120, 40).start();
    screen.wait_for_text("To confirm");
    for tab in ["2", "3"] {
        screen.type_keys(tab);
        screen.wait_for_text(&format!("▸{tab}"));
        for _ in 0..texts.len() {
            screen.type_keys("H");
            screen.wait_for_text("Esc close");
            screen.type_keys("<esc>j");
        }
        screen.type_keys("G<enter>");
        screen.wait_for_text("┏ Speech Content");
        screen.type_keys("<f8>");
        screen.type_keys("<esc>");
        screen.wait_for_text("┏ Files");
    }
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
    is_harmless(&screen, Kind::Screen);
    nobody_obeyed(&home.join(""));
    figures::count("hostile texts tried", 4 * texts.len() as u64);
    figures::count("labels checked", labels.len() as u64);
}
