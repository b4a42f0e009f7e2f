//! Names and texts that mean harm: shown safely wherever they are shown, kept as they are, and never a way out of a
//! folder. Every byte that reaches the terminal is read by `common/hostile.rs`, which knows what earmark itself writes.

mod monkey;
mod pasted;
mod printed;
mod shared;
mod written;

use crate::corpus::{Kind, assert_harmless, file_names, texts};
use crate::desk::{Desk, box_text, json_lines, wait_until_ready};
use crate::figures;
use crate::home::Home;
use crate::pty::{Launch, Screen};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Every format that labels are exported in.
const FORMATS: [&str; 21] = [
    "modelarts",
    "annotation",
    "labelstudio",
    "labelstudio-csv",
    "groundtruth",
    "nemo",
    "kaldi",
    "audiofolder",
    "audiofolder-jsonl",
    "commonvoice",
    "ljspeech",
    "lhotse",
    "txt",
    "csv",
    "tsv",
    "jsonl",
    "vtt",
    "srt",
    "textgrid",
    "elan",
    "audacity",
];

/// A folder with a hostile name of its own, full of such files.
fn hostile_folder(home: &Home) -> PathBuf {
    let clip = home.recordings("clips", 1);
    let clip = fs::read_dir(clip).expect("a folder").flatten().next().expect("a clip").path();
    let folder = home.join("calls \x1b[5;41;93m\x1b]2;owned\x07\nforged: \u{202e}x");
    fs::create_dir(&folder).expect("Linux takes any name");
    for name in file_names() {
        fs::copy(&clip, folder.join(OsStr::from_bytes(&name))).expect("Linux takes any name");
    }
    folder
}

/// Nothing of a name or text was sent as anything but visible text.
#[track_caller]
fn is_harmless(screen: &Screen, kind: Kind) {
    assert_harmless(kind, &screen.written_since(0), "the terminal");
    screen.look(|view| {
        assert_eq!((view.bells(), view.clipboard()), (0, None));
        assert!(!view.title().contains("owned"), "{}", view.title());
    });
}

/// What the program has logged is lines of harmless text.
#[track_caller]
fn log_is_harmless(home: &Home) {
    let log = fs::read(home.join("state/earmark/earmark.log")).expect("a log");
    assert_harmless(Kind::Lines, &log, "the log");
}

/// Nobody obeyed a name: nothing called `owned` came to be.
#[track_caller]
fn nobody_obeyed(folder: &Path) {
    for path in everything_below(folder) {
        assert_ne!(path.file_name(), Some(OsStr::new("owned")), "{}", path.display());
    }
    assert!(!Path::new("owned").exists());
}

/// All files and folders below one, links not followed.
fn everything_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(everything_below(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn hostile_names_are_shown_safely_labeled_and_listed() {
    let home = Home::new();
    let folder = hostile_folder(&home);
    let screen = Launch::earmark(&home).env("EARMARK_LOG", "trace").arg(&folder).start();
    wait_until_ready(&screen);
    let count = file_names().len();
    screen.wait_for_text(&format!("Unlabeled {count}"));
    screen.wait_for("visible marks", |view| view.contains("␛") && view.contains("\\x"));
    for at in 1..=count {
        screen.type_keys(&format!("<enter>label {at}<enter>"));
        screen.wait_for_text(&format!("Labeled {at} "));
        screen.type_keys("<esc>");
        screen.wait_for_text("┏ Files");
    }
    // Every place where a name is shown: tabs, history, deleting.
    screen.type_keys("3");
    screen.wait_for("the labels", |view| box_text(view).starts_with("label "));
    for _ in 0..count {
        screen.type_keys("H");
        screen.wait_for_text("Esc close");
        screen.type_keys("<esc>d");
        screen.wait_for_text("Delete");
        screen.type_keys("<esc>j");
    }
    for (cols, rows) in [(60, 16), (300, 100), (80, 24)] {
        screen.resize(cols, rows);
        screen.type_keys("gG");
    }
    screen.resize(100, 30);
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
    is_harmless(&screen, Kind::Screen);
    log_is_harmless(&home);

    let list = std::process::Command::new(env!("CARGO_BIN_EXE_earmark"))
        .env_clear()
        .envs(home.environment())
        .arg("list")
        .arg(&folder)
        .arg("--json")
        .output()
        .expect("the program starts");
    assert_harmless(Kind::Json, &list.stdout, "list --json");
    let lines = json_lines(&list.stdout);
    assert_eq!(lines.len(), count);
    let raw = lines.iter().filter(|line| line["key_b64"].is_string()).count();
    assert_eq!(raw, 2, "keys that are not UTF-8 come as bytes too");
    let mut labels: Vec<_> = lines.iter().map(|line| line["content"].as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert!(labels.len() == count && !labels.contains(&None), "each has its own: {labels:?}");
    nobody_obeyed(&home.join(""));
    figures::count("hostile texts tried", count as u64);
    figures::count("labels checked", count as u64);
    figures::count("labels lost", (count - labels.len()) as u64);
}

#[test]
fn a_dataset_with_a_hostile_name_can_be_chosen_again() {
    let home = Home::new();
    let folder = hostile_folder(&home);
    let screen = Launch::earmark(&home).arg(&folder).start();
    wait_until_ready(&screen);
    screen.type_keys("q");
    screen.wait_for_end();
    let screen = Launch::earmark(&home).start();
    screen.wait_for_text("calls");
    is_harmless(&screen, Kind::Screen);
    screen.type_keys("<enter>");
    screen.wait_for_text(&format!("Unlabeled {}", file_names().len()));
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
    is_harmless(&screen, Kind::Screen);
}

#[test]
fn hostile_text_in_labels_is_shown_safely_and_kept() {
    let desk = Desk::with(1);
    desk.run(["sync".as_ref(), desk.folder.as_os_str()]);
    let name = desk.names().remove(0);
    let texts: Vec<String> = texts().into_iter().filter(|text| !text.trim().is_empty()).collect();
    let label = |author: &str, text: &str| {
        let said = desk
            .command()
            .env("EARMARK_USER", author)
            .arg("label")
            .args([desk.folder.as_os_str(), OsStr::new(&name)])
            .arg(format!("--content={text}"))
            .output()
            .expect("the program starts");
        assert!(said.status.success(), "{text:?}: {said:?}");
    };
    // All of them in one history, each said by somebody with that name.
    for text in &texts {
        label(text, text);
        assert_eq!(desk.labels()[0].1, *text, "what was stored is what was given");
    }
    let screen = desk.open_as(&texts[0]);
    screen.type_keys("3");
    screen.wait_for("the text", |view| box_text(view).contains('今'));
    screen.type_keys("H");
    screen.wait_for_text("Esc close");
    for _ in &texts {
        screen.type_keys("<down>");
    }
    screen.type_keys("<pgdn><pgup><esc>");
    for (at, text) in texts.iter().enumerate() {
        label(&format!("someone {at}"), text);
        screen.type_keys("S");
    }
    // Pasted as a text, typed over, and taken back.
    screen.type_keys("<enter>");
    for text in &texts {
        screen.paste(&text.replace('\x1b', ""));
        screen.type_keys("!<c-z>");
    }
    screen.type_keys("<esc>H");
    screen.wait_for_text("Esc close");
    screen.type_keys("<esc>q");
    screen.wait_for_end();
    is_harmless(&screen, Kind::Screen);
    figures::count("hostile texts tried", 2 * texts.len() as u64);
}
