//! Names that mean harm: shown safely wherever they are shown, and labeled like any other.

use crate::desk::{Desk, box_text, json_lines, wait_until_ready};
use crate::home::Home;
use crate::pty::{Launch, Screen};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// What must not reach the terminal from a name, and names that hold it. No part of it is anything that we send.
fn names() -> Vec<Vec<u8>> {
    let mut long = vec![b'a'; 200];
    long.extend("今".repeat(17).as_bytes());
    long.extend(b".wav");
    assert_eq!(long.len(), 255);
    vec![
        b"\x1b[5;41;93mred.wav".to_vec(),
        b"\x1b[?7777h\x1b[2J\x1bcgone.wav".to_vec(),
        b"\x1b]2;owned\x07title.wav".to_vec(),
        b"\x1b]52;c;b3duZWQ=\x1b\\clip.wav".to_vec(),
        b"\x1bP+q544e\x1b\\device.wav".to_vec(),
        b"bell\x07\x07back\x08\x08\r.wav".to_vec(),
        b"new\nline\tand tab.wav".to_vec(),
        "c1 \u{9b}5;41;93m\u{9d}2;owned\u{9c}.wav".as_bytes().to_vec(),
        b"raw c1 \x9b5;41;93m.wav".to_vec(),
        "rtl \u{202e}gpj\u{2066}x\u{2069}.wav".as_bytes().to_vec(),
        "zero\u{200b}width\u{feff}.wav".as_bytes().to_vec(),
        format!("e{}.wav", "\u{301}".repeat(40)).into_bytes(),
        b"not utf-8 \xff\xfe\xc3(.wav".to_vec(),
        b"-rf --help $(reboot) `x` %s.wav".to_vec(),
        long,
    ]
}

/// A folder with a hostile name of its own, full of such files.
fn hostile_folder(home: &Home) -> PathBuf {
    let clip = home.recordings("clips", 1);
    let clip = fs::read_dir(clip).expect("a folder").flatten().next().expect("a clip").path();
    let folder = home.join("calls \x1b[5;41;93m\x1b]2;owned\x07\n\u{202e}x");
    fs::create_dir(&folder).expect("Linux takes any name");
    for name in names() {
        fs::copy(&clip, folder.join(OsStr::from_bytes(&name))).expect("Linux takes any name");
    }
    folder
}

/// Nothing of a name was sent as anything but visible text.
#[track_caller]
fn is_harmless(screen: &Screen) {
    let raw = screen.written_since(0);
    let bad: [&[u8]; 14] = [
        b"\x1b[5;41;93m",
        b"\x1b[?7777h",
        b"\x1bc",
        b"\x1b]2;owned",
        b"\x1b]52;c;b3duZWQ=",
        b"\x1bP",
        b"\x07\x07",
        b"\x08",
        "\u{9b}".as_bytes(),
        "\u{9d}".as_bytes(),
        "\u{202e}".as_bytes(),
        "\u{2066}".as_bytes(),
        "\u{200b}".as_bytes(),
        "\u{feff}".as_bytes(),
    ];
    for sequence in bad {
        let at = raw.windows(sequence.len()).position(|bytes| bytes == sequence);
        assert_eq!(at, None, "{:?} got through", String::from_utf8_lossy(sequence));
    }
    assert!(std::str::from_utf8(&raw).is_ok(), "everything sent is UTF-8");
    screen.look(|view| {
        assert_eq!((view.bells(), view.clipboard()), (0, None));
        assert!(!view.title().contains("owned"), "{}", view.title());
    });
}

#[test]
fn hostile_names_are_shown_safely_labeled_and_listed() {
    let home = Home::new();
    let folder = hostile_folder(&home);
    let screen = Launch::earmark(&home).arg(&folder).start();
    wait_until_ready(&screen);
    let count = names().len();
    screen.wait_for_text(&format!("Unlabeled {count}"));
    screen.wait_for("visible marks", |view| view.contains("␛") && view.contains("\\x"));
    for (at, _) in (1..).zip(names()) {
        screen.type_keys(&format!("<enter>label {at}<enter>"));
        screen.wait_for_text(&format!("Labeled {at} "));
        screen.type_keys("<esc>");
    }
    // Every place where a name is shown: tabs, history, flags, batch, deleting.
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
    is_harmless(&screen);

    // The same names on the command line, on a terminal.
    for args in [&["list"][..], &["status"], &["doctor"]] {
        let screen = Launch::earmark(&home).args(args).arg(&folder).size(200, 60).start();
        screen.wait_for_end();
        is_harmless(&screen);
    }
    let list = std::process::Command::new(env!("CARGO_BIN_EXE_earmark"))
        .env_clear()
        .envs(home.environment())
        .arg("list")
        .arg(&folder)
        .arg("--json")
        .output()
        .expect("the program starts");
    let lines = json_lines(&list.stdout);
    assert_eq!(lines.len(), count);
    let raw = lines.iter().filter(|line| line["key_b64"].is_string()).count();
    assert_eq!(raw, 2, "keys that are not UTF-8 come as bytes too");
    let mut labels: Vec<_> = lines.iter().map(|line| line["content"].as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert!(labels.len() == count && !labels.contains(&None), "each has its own: {labels:?}");
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
    is_harmless(&screen);
    screen.type_keys("<enter>");
    screen.wait_for_text(&format!("Unlabeled {}", names().len()));
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
    is_harmless(&screen);
}

#[test]
fn hostile_text_in_labels_is_shown_safely() {
    let desk = Desk::with(1);
    desk.run(["sync".as_ref(), desk.folder.as_os_str()]);
    let name = &desk.names()[0];
    let text = "said \x1b[5;41;93m\x1b]2;owned\x07\u{202e}x\u{9b}5;41;93m\x1bc\u{200b}\x08 end";
    let label = ["label".as_ref(), desk.folder.as_os_str(), name.as_ref()];
    desk.run(label.into_iter().chain(["--content".as_ref(), OsStr::new(text)]));
    let screen = desk.open();
    screen.type_keys("3");
    screen.wait_for("the text", |view| box_text(view).contains("end"));
    screen.type_keys("<enter>");
    screen.type_keys("!<esc>H");
    screen.wait_for_text("Esc close");
    screen.type_keys("<esc>q");
    screen.wait_for_end();
    is_harmless(&screen);
    assert_eq!(desk.labels()[0].1, text, "what was stored is what was given");
}
