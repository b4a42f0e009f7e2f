//! `import` of files that are not as they should be, and of those that name things in their own way.

use crate::program::{Program, fails_with, stderr, write};
use serde_json::json;

fn manifest_line(source: &str, content: &str) -> String {
    json!({
        "source": source,
        "annotation": [{
            "type": "modelarts/audio_content",
            "property": { "@modelarts:content": content },
        }],
    })
    .to_string()
}

#[test]
fn one_bad_line_and_nothing_is_imported_unless_told() {
    let program = Program::with(3);
    let names = program.names();
    let lines = [
        manifest_line(&names[0], "one"),
        "{\"source\": 3}".to_owned(),
        manifest_line(&names[1], "two"),
        "{not json".to_owned(),
    ];
    write(&program.home.join("in.manifest"), lines.join("\n"));
    let outcome = program.run(["import", "calls", "in.manifest"]).code(1);
    let said = stderr(&outcome);
    assert!(said.contains("line 2") && said.contains("line 4"), "{said}");
    assert!(said.contains("2 lines cannot be used") && said.contains("--skip-bad-lines"), "{said}");
    assert_eq!(program.count("labeled"), 0);
    let (report, code) = program.json(["import", "calls", "in.manifest", "--skip-bad-lines"]);
    assert_eq!((&report["imported"], &report["failed_total"], code), (&json!(2), &json!(2), 3));
    assert_eq!(report["failed"][0]["line"], json!(2));
}

#[test]
fn two_labels_for_one_sample_are_a_bad_line_and_the_same_one_twice_is_none() {
    let program = Program::with(2);
    let names = program.names();
    write(
        &program.home.join("in.csv"),
        format!("file,text\n{0},one\n{0},one\n{0},other\n{1},two\n", names[0], names[1]),
    );
    let outcome = program.run(["import", "calls", "in.csv"]).code(1);
    let said = stderr(&outcome);
    assert!(said.contains("line 4") && said.contains("in line 2"), "{said}");
    assert_eq!(program.count("labeled"), 0);
    let (report, code) = program.json(["import", "calls", "in.csv", "--skip-bad-lines"]);
    assert_eq!((&report["imported"], &report["repeated"], code), (&json!(2), &json!(1), 3));
    assert_eq!(program.lines(["list", "calls", "--tab", "labeled"])[0]["content"], json!("one"));
}

#[test]
fn what_matches_no_sample_or_several_is_reported_and_the_rest_goes_in() {
    let program = Program::fresh(1);
    let name = program.names()[0].clone();
    let audio = std::fs::read(program.calls.join(&name)).unwrap();
    for folder in ["x", "y"] {
        write(&program.calls.join(folder).join("same.wav"), &audio);
    }
    program.run(["sync", "calls"]).success();
    let lines = [
        manifest_line(&format!("s3://anywhere/some/{name}"), "by its name"),
        manifest_line("s3://anywhere/in/x/same.wav", "by the end of its key"),
        manifest_line("s3://anywhere/in/same.wav", "which?"),
        manifest_line("s3://anywhere/in/none.wav", "none"),
    ];
    write(&program.home.join("in.manifest"), lines.join("\n"));
    let (report, code) = program.json(["import", "calls", "in.manifest"]);
    assert_eq!((&report["imported"], code), (&json!(2), 3), "{report}");
    assert_eq!(report["unmatched"][0]["line"], json!(4));
    assert_eq!(report["ambiguous"][0]["key"], json!("s3://anywhere/in/same.wav"));
}

#[test]
fn what_a_person_labeled_stands_and_what_a_machine_said_is_a_suggestion() {
    let program = Program::with(2);
    let names = program.names();
    program.run(["label", "calls", &names[0], "--content", "mine"]).success();
    let machine = json!({
        "source": names[1],
        "annotation": [{
            "type": "modelarts/audio_content",
            "property": { "@modelarts:content": "perhaps" },
            "annotated-by": "modelarts/active-learning",
            "confidence": 0.7,
        }],
    });
    write(
        &program.home.join("in.manifest"),
        format!("{}\n{machine}\n", manifest_line(&names[0], "theirs")),
    );
    let (report, code) = program.json(["import", "calls", "in.manifest"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["kept_by_person"], json!([{ "key": names[0] }]));
    assert_eq!((&report["imported"], &report["suggested"]), (&json!(0), &json!(1)));
    assert_eq!((program.count("labeled"), program.count("to_confirm")), (1, 1));
    let (report, _) =
        program.json(["import", "calls", "in.manifest", "--as", "labels", "--replace"]);
    assert_eq!(report["imported"], json!(2));
}

#[test]
fn a_dry_run_changes_nothing() {
    let program = Program::with(1);
    let name = &program.names()[0];
    write(&program.home.join("in.csv"), format!("file,text\n{name},one\n"));
    let (report, code) = program.json(["import", "calls", "in.csv", "--dry-run"]);
    assert_eq!((&report["imported"], &report["applied"], code), (&json!(1), &json!(false), 0));
    assert_eq!(program.count("labeled"), 0);
}

#[test]
fn columns_may_be_named() {
    let program = Program::with(1);
    let name = &program.names()[0];
    write(&program.home.join("in.tsv"), format!("wo\twas\n{name}\tgesagt\n"));
    let import = [
        "import",
        "calls",
        "in.tsv",
        "--format",
        "tsv",
        "--audio-field",
        "wo",
        "--content-field",
        "was",
    ];
    program.run(import).success();
    assert_eq!(program.count("labeled"), 1);
}

#[test]
fn files_that_are_something_else_say_so() {
    let program = Program::with(1);
    let refused = |name: &str, content: &[u8], what: &str| {
        write(&program.home.join(name), content);
        let outcome = program.run(["import", "calls", name]).code(1);
        let said = stderr(&outcome);
        assert!(said.contains(what) && said.contains("hint: "), "{name}: {said}");
        assert_eq!(program.count("labeled"), 0);
    };
    refused("packed.manifest", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "gzip");
    refused("wide.manifest", b"\xff\xfe{\x00\"\x00", "UTF-16");
    refused("none.xyz", b"just some words", "no known format");
    let outcome = program.run(["import", "calls", "not-there.csv"]);
    fails_with(outcome, 1, "not-there.csv", "");
}
