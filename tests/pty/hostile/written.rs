//! What is written where: no export, copy or version of hostile data leaves the folder it was sent to, links or not, and
//! tables read back as they were written, guarded against spreadsheets or not.

use super::{FORMATS, everything_below, hostile_folder, nobody_obeyed};
use crate::corpus::texts;
use crate::desk::json_lines;
use crate::figures;
use crate::home::Home;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run<A: AsRef<OsStr>>(home: &Home, args: impl IntoIterator<Item = A>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
    command.env_clear().envs(home.environment()).current_dir(home.join("run"));
    command.args(args).output().expect("the program starts")
}

#[track_caller]
fn done<A: AsRef<OsStr>>(home: &Home, args: impl IntoIterator<Item = A>) -> Output {
    let output = run(home, args);
    assert!(output.status.success(), "{output:?}");
    output
}

/// Labels by key.
fn labels(home: &Home, folder: &Path) -> BTreeMap<String, Option<String>> {
    let listed = done(home, [OsStr::new("list"), folder.as_os_str(), OsStr::new("--json")]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    json_lines(&listed.stdout)
        .iter()
        .filter_map(|line| Some((text(&line["key"])?, text(&line["content"]))))
        .collect()
}

/// A folder with a file for each text of the corpus, labeled with it.
fn corpus_as_labels(home: &Home, name: &str, label: bool) -> PathBuf {
    let clip = fs::read_dir(home.join("clips")).expect("a folder").flatten().next().expect("one");
    let folder = home.join(name);
    fs::create_dir(&folder).expect("a folder");
    let mut lines = String::new();
    for (at, text) in texts().iter().enumerate() {
        let key = format!("clip {at:02}.wav");
        fs::copy(clip.path(), folder.join(&key)).expect("a copy");
        lines += &json!({ "key": key, "content": text }).to_string();
        lines.push('\n');
    }
    done(home, [OsStr::new("sync"), folder.as_os_str()]);
    if label {
        let from = home.join(format!("{name}.labels"));
        fs::write(&from, lines).expect("a file");
        done(home, ["label".as_ref(), folder.as_os_str(), "--from".as_ref(), from.as_os_str()]);
    }
    folder
}

/// The first cells that a spreadsheet would take for a formula.
fn formulas(table: &str, comma: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in table.chars() {
        match c {
            '"' => quoted = !quoted,
            c if !quoted && (c == comma || c == '\n') => cells.push(String::new()),
            c => cells.last_mut().expect("a cell").push(c),
        }
    }
    cells.retain(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
    cells
}

#[test]
fn tables_are_guarded_as_the_option_says_and_read_back_equal() {
    let home = Home::new();
    home.recordings("clips", 1);
    let folder = corpus_as_labels(&home, "said", true);
    let before = labels(&home, &folder);
    assert_eq!(before.values().flatten().count(), texts().len());
    for (format, comma) in [("csv", ','), ("tsv", '\t')] {
        for guard in [true, false] {
            let name = format!("{format} {guard}");
            let table = home.join(format!("table {name}"));
            let form = format!("--format={format}");
            let to = [OsStr::new("--to"), table.as_os_str()];
            let mut args = vec![OsStr::new("export"), folder.as_os_str(), OsStr::new(&form)];
            args.extend(to);
            if guard {
                args.push(OsStr::new("--guard-formulas"));
            }
            done(&home, args);
            let text = fs::read_to_string(&table).expect("a table");
            let found = formulas(&text, comma);
            assert_eq!(found.is_empty(), guard, "{name}: {found:?}");
            let other = corpus_as_labels(&home, &name, false);
            let read = ["import".as_ref(), other.as_os_str(), table.as_os_str(), OsStr::new(&form)];
            done(&home, read);
            let after = labels(&home, &other);
            let lost = before.iter().filter(|(key, text)| after.get(*key) != Some(text)).count();
            assert_eq!(after, before, "{name}");
            figures::count("labels checked", before.len() as u64);
            figures::count("labels lost", lost as u64);
        }
    }
    nobody_obeyed(&home.join(""));
}

#[test]
fn no_export_leaves_its_folder() {
    let home = Home::new();
    let folder = hostile_folder(&home);
    let source = folder.as_os_str();
    done(&home, [OsStr::new("sync"), source]);
    let listed = done(&home, [OsStr::new("list"), source, OsStr::new("--json")]);
    let mut lines = String::new();
    for line in json_lines(&listed.stdout) {
        if line["key"].is_string() {
            let content = "thank you for calling";
            lines += &json!({ "key": line["key"], "content": content }).to_string();
            lines.push('\n');
        }
    }
    let from = home.join("from");
    fs::write(&from, lines).expect("a file");
    run(&home, [OsStr::new("label"), source, OsStr::new("--from"), from.as_os_str()]);

    let elsewhere = home.join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    fs::write(elsewhere.join("theirs"), "theirs").expect("a file");
    let out = home.join("out");
    fs::create_dir(&out).expect("a folder");
    let outside = || -> Vec<PathBuf> {
        let own = ["out", "data", "state", "cache"].map(|name| home.join(name));
        let mut paths = everything_below(&home.join(""));
        paths.retain(|path| !own.iter().any(|own| path.starts_with(own)));
        paths.sort();
        paths
    };
    let before = outside();
    let mut tried = 0;
    for format in FORMATS {
        let to = out.join(format);
        let form = format!("--format={format}");
        let export = [OsStr::new("export"), source, OsStr::new(&form), OsStr::new("--to")];
        let said = run(&home, export.into_iter().chain([to.as_os_str()]));
        let code = said.status.code();
        assert!(matches!(code, Some(0 | 1 | 3)), "{format}: {said:?}");
        assert_eq!(outside(), before, "{format}");
        // Over links to elsewhere in the place of what it made.
        if to.is_dir() {
            let made: Vec<PathBuf> = everything_below(&to);
            for path in made.iter().filter(|path| path.is_file()) {
                fs::remove_file(path).expect("a file is removed");
                std::os::unix::fs::symlink(elsewhere.join("theirs"), path).expect("a link");
            }
            let again = export.into_iter().chain([to.as_os_str(), OsStr::new("--overwrite")]);
            run(&home, again);
        } else if to.is_file() {
            fs::remove_file(&to).expect("a file is removed");
            std::os::unix::fs::symlink(elsewhere.join("theirs"), &to).expect("a link");
            run(&home, export.into_iter().chain([to.as_os_str(), OsStr::new("--overwrite")]));
        }
        assert_eq!(fs::read(elsewhere.join("theirs")).expect("it is there"), b"theirs", "{format}");
        assert_eq!(outside(), before, "{format}");
        tried += 2;
    }
    nobody_obeyed(&home.join(""));
    figures::count("hostile texts tried", tried);
}

#[test]
fn an_output_with_links_to_elsewhere_takes_nothing_there() {
    let home = Home::new();
    let folder = home.recordings("calls", 2);
    let (output, elsewhere) = (home.join("shared"), home.join("elsewhere"));
    for path in [&output, &elsewhere] {
        fs::create_dir(path).expect("a folder");
    }
    for name in ["labels", "versions", ".earmark", "locks", "leases"] {
        std::os::unix::fs::symlink(&elsewhere, output.join(name)).expect("a link");
    }
    let source = folder.as_os_str();
    run(&home, ["init".as_ref(), source, "--output".as_ref(), output.as_os_str()]);
    run(&home, [OsStr::new("sync"), source]);
    let name = everything_below(&folder).remove(0);
    let label = ["label".as_ref(), source, name.as_os_str(), OsStr::new("--content=one")];
    done(&home, label);
    let shared = run(&home, [OsStr::new("sync"), source]);
    assert!(!shared.status.success(), "it is said that labels were not shared: {shared:?}");
    run(&home, [OsStr::new("publish"), source]);
    assert_eq!(everything_below(&elsewhere), Vec::<PathBuf>::new());
    // A pipe where the dataset's own file should be keeps nobody waiting.
    let pipes = home.join("pipes");
    fs::create_dir(&pipes).expect("a folder");
    let made = Command::new("mkfifo").arg(pipes.join("earmark.json")).status().expect("mkfifo");
    assert!(made.success());
    let other = home.join("other");
    fs::create_dir(&other).expect("a folder");
    run(&home, ["init".as_ref(), other.as_os_str(), "--output".as_ref(), pipes.as_os_str()]);
    assert_eq!(labels(&home, &folder).values().flatten().count(), 1);
    figures::count("labels checked", 1);
    figures::count("labels lost", 0);
}
