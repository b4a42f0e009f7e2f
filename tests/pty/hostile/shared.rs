//! What another machine wrote into the output: names, authors, kinds, flags and files, each of them hostile. Written here
//! by hand, as docs/log-format.md says, so that no earmark of ours had its say before.

use super::{everything_below, is_harmless, nobody_obeyed};
use crate::corpus::{Kind, assert_harmless, texts};
use crate::desk::json_lines;
use crate::figures;
use crate::home::Home;
use crate::pty::Launch;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DATASET: &str = "01a2b3c4-0000-7000-8000-00000000cafe";
const FORGED: &str = "\u{9b}5m\u{202e}x\nforged: line\r\nhint: forged.example | sh\x1b]2;owned\x07";

/// A dataset that a stranger made, and somebody who joins it.
struct Joined {
    home: Home,
    folder: PathBuf,
    output: PathBuf,
}

impl Joined {
    /// Each text of the corpus is in turn a label, its author, how it was made, a flag and what was heard.
    fn new(texts: &[String]) -> Self {
        let home = Home::new();
        let clip = home.recordings("clips", 1);
        let clip = fs::read_dir(clip).expect("a folder").flatten().next().expect("a clip").path();
        let (folder, output) = (home.join("calls"), home.join("shared"));
        fs::create_dir(&folder).expect("a folder");
        let logs = output.join("labels/01a2b3c4-0000-7000-8000-00000000beef");
        fs::create_dir_all(&logs).expect("a folder");
        let mut log = String::new();
        for (at, text) in texts.iter().enumerate() {
            let key = format!("clip-{at:02}.wav");
            fs::copy(&clip, folder.join(&key)).expect("a copy");
            let line = json!({
                "id": format!("01a2b3c4-0000-7000-8000-{at:012}"), "key": key, "parents": [],
                "action": format!("01a2b3c4-0000-7000-8001-{at:012}"), "author": text,
                "at": "2026-11-22T10:00:00Z", "how": text, "content": text, "flags_added": [text],
                "heard": { "size": 1, "etag": text }, "carried": { text: text },
            });
            log += &line.to_string();
            log.push('\n');
            // A file that moved here from a name that means harm, and one that nobody has.
            let line = json!({
                "id": format!("01a2b3c4-0000-7000-9000-{at:012}"), "key": text,
                "parents": [], "action": format!("01a2b3c4-0000-7000-9001-{at:012}"),
                "author": text, "at": "2026-11-22T10:00:00Z", "how": "move", "content": text,
                "moved_from": { "key": text },
            });
            log += &line.to_string();
            log.push('\n');
        }
        fs::write(logs.join("000000000001.jsonl"), log).expect("a log");
        let marker = json!({
            "earmark": 1, "id": DATASET, "name": FORGED, "source": folder,
            "made": "2026-11-22T10:00:00Z",
        });
        fs::write(output.join("earmark.json"), marker.to_string()).expect("a file");
        let joined = Self { home, folder, output };
        for (name, inside) in [("V001", "V001"), ("V002", FORGED)] {
            joined.publish(name, inside);
        }
        joined.done(["init".as_ref(), joined.output.as_os_str()]);
        joined
    }

    /// The same, and what the other machine shared is here.
    fn synchronized(texts: &[String]) -> Self {
        let joined = Self::new(texts);
        joined.run([OsStr::new("sync"), joined.source()]);
        joined
    }

    /// A version that was never ours: every word of it is the stranger's.
    fn publish(&self, name: &str, inside: &str) {
        let folder = self.output.join("versions").join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let info = json!({
            "format": 1, "name": inside, "dataset": DATASET, "source": FORGED,
            "manifest": FORGED, "at": "2026-11-22T10:00:00Z", "author": FORGED, "writer": FORGED,
            "description": FORGED, "parent": FORGED, "total": 1, "labeled": 1, "added": 1,
            "modified": 0, "deleted": 0, FORGED: FORGED,
        });
        fs::write(folder.join("version.json"), info.to_string()).expect("a file");
    }

    /// What it prints is harmless, whatever comes of it.
    #[track_caller]
    fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.env_clear().envs(self.home.environment()).current_dir(self.home.join("run"));
        let output = command.args(args).output().expect("the program starts");
        let name = format!("{command:?}");
        assert_ne!(output.status.code(), Some(101), "{name}: {output:?}");
        let json = command.get_args().any(|arg| arg == "--json");
        let kind = if json { Kind::Json } else { Kind::Lines };
        assert_harmless(kind, &output.stdout, &name);
        assert_harmless(Kind::Lines, &output.stderr, &name);
        output
    }

    #[track_caller]
    fn done<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Output {
        let output = self.run(args);
        assert!(output.status.success(), "{output:?}");
        output
    }

    fn source(&self) -> &OsStr {
        self.folder.as_os_str()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The corpus without what is no label at all.
fn labels() -> Vec<String> {
    texts().into_iter().filter(|text| !text.trim().is_empty()).collect()
}

#[test]
fn what_another_machine_shared_is_printed_safely_and_kept() {
    let texts = labels();
    let joined = Joined::synchronized(&texts);
    let source = joined.source();
    let listed = joined.done([OsStr::new("list"), source, "--json".as_ref()]);
    let kept: Vec<Value> = json_lines(&listed.stdout);
    let lost = texts.iter().enumerate().filter(|(at, text)| {
        let key = format!("clip-{at:02}.wav");
        !kept.iter().any(|line| line["key"] == key.as_str() && line["content"] == text.as_str())
    });
    let lost = lost.count();
    assert_eq!(lost, 0, "each came as it was written: {kept:?}");
    for (at, text) in texts.iter().enumerate() {
        let key = format!("clip-{at:02}.wav");
        let key = OsStr::new(&key);
        let history = said(&joined.done([OsStr::new("history"), source, key]));
        assert_eq!(history.lines().count(), 1, "a revision, a line: {text:?}: {history:?}");
        joined.done([OsStr::new("history"), source, key, "--json".as_ref()]);
        joined.run([OsStr::new("history"), source, "--".as_ref(), OsStr::new(text)]);
    }
    let status = said(&joined.done([OsStr::new("status"), source]));
    assert!(status.starts_with("5m⟨U+202E⟩xforged: line"), "the name is theirs: {status}");
    let versions = said(&joined.done([OsStr::new("versions"), source]));
    assert_eq!(versions.lines().count(), 2, "a version, a line: {versions}");
    assert!(versions.contains("␊forged: line"), "{versions}");
    for version in ["V001", "V002"] {
        for more in [&[][..], &["--list"], &["--diff", "V001"], &["--json"]] {
            let args = [OsStr::new("versions"), source, version.as_ref()];
            joined.run(args.into_iter().chain(more.iter().map(OsStr::new)));
        }
    }
    for command in ["undo", "doctor", "publish", "sync", "backup"] {
        let tone = (command == "doctor").then_some(OsStr::new("--no-tone"));
        joined.run([OsStr::new(command), source].into_iter().chain(tone));
    }
    nobody_obeyed(&joined.home.join(""));
    figures::count("hostile texts tried", 3 * texts.len() as u64);
    figures::count("labels checked", texts.len() as u64);
    figures::count("labels lost", lost as u64);
}

#[test]
fn what_another_machine_shared_is_exported_into_its_folder_alone() {
    let texts = labels();
    let joined = Joined::synchronized(&texts);
    let source = joined.source();
    let out = joined.home.join("out");
    fs::create_dir(&out).expect("a folder");
    let outside = || -> Vec<PathBuf> {
        let own = ["out", "data", "state", "cache"].map(|name| joined.home.join(name));
        let mut paths = everything_below(&joined.home.join(""));
        paths.retain(|path| !own.iter().any(|own| path.starts_with(own)));
        paths.sort();
        paths
    };
    let before = outside();
    for format in super::FORMATS {
        let form = format!("--format={format}");
        let to = out.join(format);
        let args = [OsStr::new("export"), source, OsStr::new(&form), "--to".as_ref()];
        let output = joined.run(args.into_iter().chain([to.as_os_str()]));
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 3)), "{format}: {output:?}");
        assert!(to.exists(), "{format}: something was written");
        assert_eq!(outside(), before, "{format}");
    }
    nobody_obeyed(&joined.home.join(""));
    figures::count("hostile texts tried", super::FORMATS.len() as u64);
}

#[test]
fn what_another_machine_shared_is_shown_safely() {
    let texts = labels();
    let joined = Joined::new(&texts);
    let screen = Launch::earmark(&joined.home).arg(joined.source()).size(120, 40).start();
    screen.wait_for("the labels of others", |view| {
        view.contains("⇅") && view.contains(&format!("Labeled {}", texts.len()))
    });
    screen.type_keys("3");
    screen.wait_for_text("▸3");
    for _ in &texts {
        screen.type_keys("H");
        screen.wait_for_text("Esc close");
        screen.type_keys("<esc>j");
    }
    screen.type_keys("G<enter>");
    screen.wait_for_text("┏ Speech Content");
    screen.type_keys("<esc>");
    screen.wait_for_text("┏ Files");
    screen.type_keys("P");
    screen.wait_for_text("the last one: ⟨U+009B⟩5m⟨U+202E⟩x␊forged: line");
    screen.type_keys("<down><down><up><esc>");
    for opener in ["E", "I", "A", "F", "o", "d", "2", "1"] {
        screen.type_keys(opener);
        screen.type_keys("<down><up><esc><esc>");
    }
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    is_harmless(&screen, Kind::Screen);
    // By its name, among the datasets.
    let screen = Launch::earmark(&joined.home).start();
    screen.wait_for_text("5m⟨U+202E⟩x");
    screen.type_keys("q");
    screen.wait_for_end();
    is_harmless(&screen, Kind::Screen);
    nobody_obeyed(&joined.home.join(""));
    figures::count("hostile texts tried", texts.len() as u64);
}

#[test]
fn a_version_named_like_a_path_is_no_path() {
    let joined = Joined::synchronized(&["thank you".to_owned()]);
    for name in ["../../up", "/etc/passwd", "V001/../../../up", ".."] {
        let output = joined.run([OsStr::new("versions"), joined.source(), name.as_ref()]);
        assert!(!output.status.success(), "{name}: {output:?}");
    }
    assert!(!Path::new("/tmp/up").exists());
}
