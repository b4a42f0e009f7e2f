//! `export`, and `import` of what it wrote.

use crate::program::{Program, fails_with, stderr, stdout, write};
use serde_json::{Value, json};
use std::fs;

/// Three recordings, two of them labeled; the first with a text that is hard on formats.
fn labeled() -> (Program, Vec<String>) {
    let program = Program::with(3);
    let names = program.names();
    program.run(["label", "calls", &names[0], "--content", "he said \"hi\", twice"]).success();
    program.run(["label", "calls", &names[1], "--content", "谢谢 您"]).success();
    (program, names)
}

/// The labels of a dataset: name and text, in order.
fn labels(program: &Program, dataset: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    program
        .lines(["list", dataset, "--tab", "labeled"])
        .iter()
        .map(|line| (text(&line["key"]), text(&line["content"])))
        .collect()
}

/// A second dataset of the same recordings, in which nothing is labeled.
fn another(program: &Program) {
    let copy = program.home.join("copy");
    fs::create_dir(&copy).unwrap();
    for name in program.names() {
        fs::copy(program.calls.join(&name), copy.join(&name)).unwrap();
    }
    program.run(["sync", "copy"]).success();
}

#[test]
fn a_manifest_comes_back_as_it_went() {
    let (program, names) = labeled();
    let export = ["export", "calls", "--format", "modelarts", "--to", "out.manifest"];
    let (report, code) = program.json(export);
    assert_eq!(code, 0, "{report}");
    let counts = [&report["written"], &report["labeled"], &report["verified"], &report["altered"]];
    assert_eq!(counts, [&json!(3), &json!(2), &json!(2), &json!(0)]);
    let text = fs::read_to_string(program.home.join("out.manifest")).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.lines().next().unwrap().contains(&names[0]));
    another(&program);
    let (report, code) = program.json(["import", "copy", "out.manifest"]);
    assert_eq!((&report["imported"], &report["format"], code), (&json!(2), &json!("modelarts"), 0));
    assert_eq!(report["unlabeled"], json!(1));
    assert_eq!(labels(&program, "copy"), labels(&program, "calls"));
    let (again, _) = program.json(["import", "copy", "out.manifest"]);
    assert_eq!((&again["imported"], &again["unchanged"]), (&json!(0), &json!(2)));
    program.run(["undo", "copy"]).success();
    assert_eq!(labels(&program, "copy"), []);
}

/// Every format that is read, with a name that files of it have.
const READ: [(&str, &str); 15] = [
    ("modelarts", "V001.manifest"),
    ("annotation", "annotation.jsonl"),
    ("labelstudio", "tasks.json"),
    ("labelstudio-csv", "project.csv"),
    ("groundtruth", "output.manifest"),
    ("nemo", "manifest.json"),
    ("kaldi", "data"),
    ("audiofolder", "folder"),
    ("audiofolder-jsonl", "folder"),
    ("commonvoice", "cv"),
    ("ljspeech", "lj"),
    ("lhotse", "cuts"),
    ("csv", "labels.csv"),
    ("tsv", "labels.tsv"),
    ("jsonl", "labels.jsonl"),
];

#[test]
fn every_format_that_is_read_comes_back() {
    let (program, _) = labeled();
    another(&program);
    for (format, name) in READ {
        let to = format!("out-{format}/{name}");
        fs::create_dir(program.home.join(format!("out-{format}"))).unwrap();
        let export = ["export", "calls", "--format", format, "--to", &to, "--labeled-only"];
        let (report, code) = program.json(export);
        assert_eq!(code, 0, "{format}: {report}");
        assert_eq!(report["verified"], json!(2), "{format}");
        // What was undone is a removal by a person, over which only --replace goes.
        let (report, code) = program.json(["import", "copy", &to, "--format", format, "--replace"]);
        assert_eq!((&report["imported"], code), (&json!(2), 0), "{format}: {report}");
        assert_eq!(labels(&program, "copy"), labels(&program, "calls"), "{format}");
        program.run(["undo", "copy"]).success();
    }
}

#[test]
fn every_format_is_recognized() {
    let (program, _) = labeled();
    for (format, name) in READ {
        let to = format!("out-{format}/{name}");
        fs::create_dir(program.home.join(format!("out-{format}"))).unwrap();
        let export = ["export", "calls", "--format", format, "--to", &to, "--labeled-only"];
        program.run(export).success();
        let (report, code) = program.json(["import", "calls", &to, "--dry-run"]);
        assert_eq!((&report["unchanged"], code), (&json!(2), 0), "{format}: {report}");
    }
}

#[test]
fn formats_that_are_only_written_are_written() {
    let (program, _) = labeled();
    for format in ["vtt", "srt", "textgrid", "elan", "audacity"] {
        let to = format!("out-{format}");
        let (report, code) =
            program.json(["export", "calls", "--format", format, "--to", &to, "--labeled-only"]);
        assert_eq!((code, &report["verified"]), (0, &Value::Null), "{format}: {report}");
        assert_eq!(fs::read_dir(program.home.join(&to)).unwrap().count(), 2, "{format}");
    }
}

#[test]
fn what_a_manifest_said_besides_is_given_back() {
    let program = Program::with(1);
    let name = &program.names()[0];
    let address = program.calls.canonicalize().unwrap().join(name);
    let line = json!({
        "source": address.to_str().unwrap(),
        "usage": "EVAL",
        "site": { "room": 4 },
        "annotation": [{
            "type": "modelarts/audio_content",
            "property": { "@modelarts:content": "hello", "accent": "north" },
            "annotated-by": "human",
            "creation-time": "2025-03-04 10:22:05",
        }],
    });
    write(&program.home.join("in.manifest"), format!("{line}\n"));
    program.run(["import", "calls", "in.manifest"]).success();
    program.run(["label", "calls", name, "--content", "hello there"]).success();
    program.run(["export", "calls", "--format", "modelarts", "--to", "out.manifest"]).success();
    let text = fs::read_to_string(program.home.join("out.manifest")).unwrap();
    let out: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&out["site"]["room"], &out["usage"]), (&json!(4), &json!("EVAL")));
    let property = &out["annotation"][0]["property"];
    assert_eq!(property["@modelarts:content"], json!("hello there"));
    assert_eq!(property["accent"], json!("north"));
}

#[test]
fn nothing_is_overwritten_unasked() {
    let (program, _) = labeled();
    let out = program.home.join("out.csv");
    write(&out, "precious");
    let export = ["export", "calls", "--format", "csv", "--to", "out.csv"];
    fails_with(program.run(export), 1, "exists already", "--overwrite");
    assert_eq!(fs::read_to_string(&out).unwrap(), "precious");
    program.run([&export[..], &["--overwrite"]].concat()).success();
    assert!(fs::read_to_string(&out).unwrap().contains("谢谢"));
    let folder = ["export", "calls", "--format", "kaldi", "--to", "data"];
    fails_with(program.run(folder), 1, "exists already", "another place");
    fails_with(
        program.run(["export", "calls", "--format", "csv", "--to", "run"]),
        1,
        "is a folder",
        "file in it",
    );
    fails_with(
        program.run(["export", "calls", "--format", "csv", "--to", "no/where.csv"]),
        1,
        "could not write into no",
        "",
    );
}

#[test]
fn an_export_may_go_down_a_pipe_and_be_narrowed() {
    let (program, names) = labeled();
    let outcome = program
        .run(["export", "calls", "--format", "jsonl", "--to", "-", "--filter", "谢谢"])
        .success();
    let lines = stdout(&outcome);
    assert_eq!(lines.lines().count(), 1);
    assert!(lines.contains(&names[1]));
    let several = program.run(["export", "calls", "--format", "kaldi", "--to", "-"]);
    fails_with(several, 2, "several files", "folder");
}

#[test]
fn conflicts_stop_an_export_unless_told() {
    let program = Program::with(2);
    let names = program.names();
    for text in ["one", "two"] {
        write(
            &program.home.join(format!("{text}.csv")),
            format!("file,text\n{},{text}\n", names[0]),
        );
    }
    program.run(["import", "calls", "one.csv"]).success();
    program.run(["import", "calls", "two.csv"]).code(4);
    let export = ["export", "calls", "--format", "jsonl", "--to", "out.jsonl"];
    fails_with(program.run(export), 4, "in conflict", "--conflicts");
    assert!(!program.home.join("out.jsonl").exists());
    let (report, code) = program.json([&export[..], &["--conflicts", "skip"]].concat());
    assert_eq!((&report["written"], &report["conflicts"], code), (&json!(1), &json!(1), 0));
    let (report, code) =
        program.json([&export[..], &["--conflicts", "shown", "--overwrite"]].concat());
    assert_eq!((&report["written"], &report["labeled"], code), (&json!(2), &json!(1), 0));
}

#[test]
fn a_key_that_is_no_text_is_named_and_left_out() {
    use std::os::unix::ffi::OsStrExt;
    let program = Program::fresh(2);
    let names = program.names();
    let odd = program.calls.join(std::ffi::OsStr::from_bytes(b"caf\xe9.wav"));
    fs::copy(program.calls.join(&names[0]), odd).unwrap();
    program.run(["sync", "calls"]).success();
    let export = ["export", "calls", "--format", "csv", "--to", "out.csv"];
    let outcome = program.run(export).code(3);
    assert!(stderr(&outcome).contains("caf\\xE9.wav"));
    assert!(stdout(&outcome).contains("exported 2 samples"));
}
