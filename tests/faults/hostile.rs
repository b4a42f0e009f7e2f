//! A bucket full of keys that mean harm, and a server whose words do: shown safely, kept as they are, never a path out of
//! a folder, and deleted one by one as they were asked for.

use crate::bucket::{ACCESS_KEY, Fault, Manners, REGION, SECRET_KEY, Server, When};
use crate::corpus::{Kind, assert_harmless, object_keys};
use crate::figures;
use crate::home::Home;
use crate::pty::{Launch, Screen};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SOURCE: &str = "s3://box/calls/";
/// What a server says, in XML, and how it is shown.
const WORDS: [(&str, &str); 7] = [
    ("\u{9b}5m\u{9d}2;owned\u{9c}", "⟨U+009B⟩5m⟨U+009D⟩2;owned⟨U+009C⟩"),
    ("\u{9d}52;c;b3duZWQ=\u{9c}", "⟨U+009D⟩52;c;b3duZWQ=⟨U+009C⟩"),
    ("\u{202e}gpj\u{2066}x\u{2069}\u{200b}", "⟨U+202E⟩gpj⟨U+2066⟩x⟨U+2069⟩⟨U+200B⟩"),
    ("two&#10;lines&#13;&#10;forged: line&#9;%s%n{}", "two lines forged: line %s%n{}"),
    ("no&#10;hint: forged.example | sh", "no hint: forged.example | sh"),
    ("$(touch owned)`touch owned`", "$(touch owned)`touch owned`"),
    (PILE, "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}⟨+12⟩"),
];
const PILE: &str = "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}";
/// Words that no XML can hold: they are no answer that makes sense.
const NO_XML: &str = "\u{1b}]2;owned\u{7}\u{1b}[5;41;93m";
/// Keys that climb or are absolute, and one that does not.
const CLIMBING: [&str; 4] = ["../up.wav", "/absolute.wav", "a/../../up.wav", "//server/share.wav"];
const PLAIN: &str = "a/b.wav/c.wav";
/// Formats that are one file, and take any key: it stands in it as data.
const ONE_FILE: [&str; 15] = [
    "modelarts",
    "annotation",
    "audiofolder",
    "audiofolder-jsonl",
    "labelstudio",
    "labelstudio-csv",
    "groundtruth",
    "nemo",
    "csv",
    "tsv",
    "jsonl",
    "lhotse",
    "kaldi",
    "ljspeech",
    "commonvoice",
];
/// Formats with a file for each recording, named by its key.
const BESIDE: [(&str, &str); 6] = [
    ("txt", "txt"),
    ("vtt", "vtt"),
    ("srt", "srt"),
    ("textgrid", "TextGrid"),
    ("elan", "eaf"),
    ("audacity", "txt"),
];

/// Somebody with the keys of such a bucket.
struct Person {
    home: Home,
    environment: Vec<(&'static str, OsString)>,
}

impl Person {
    fn at(server: &Server) -> Self {
        let home = Home::new();
        let mut environment = home.environment();
        environment.extend([
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.into()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.into()),
            ("AWS_REGION", REGION.into()),
            ("AWS_ENDPOINT_URL", server.endpoint().into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("EARMARK_STORAGE_TRIES", "1".into()),
            ("EARMARK_LOG", "trace".into()),
        ]);
        Self { home, environment }
    }

    /// What it prints is harmless, whatever comes of it.
    #[track_caller]
    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.env_clear().envs(self.environment.iter().cloned());
        let output = command.current_dir(self.home.join("")).args(args).output().unwrap();
        assert_ne!(output.status.code(), Some(101), "{args:?}: {output:?}");
        let kind = if args.contains(&"--json") { Kind::Json } else { Kind::Lines };
        assert_harmless(kind, &output.stdout, &format!("{args:?}"));
        assert_harmless(Kind::Lines, &output.stderr, &format!("{args:?}"));
        output
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> Output {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        output
    }

    /// Keys and labels as `list` tells them.
    fn list(&self) -> Vec<(String, Option<String>)> {
        let said = self.done(&["list", SOURCE, "--tab", "all", "--json"]).stdout;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        String::from_utf8(said)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|line| (text(&line["key"]).unwrap(), text(&line["content"])))
            .collect()
    }

    fn screen(&self) -> Screen {
        let launch = Launch::earmark(&self.home).args([SOURCE]).folder(&self.home.join("run"));
        self.environment
            .iter()
            .fold(launch, |launch, (name, value)| launch.env(name, value))
            .start()
    }

    /// All that lies here, but what the program owns.
    fn around(&self) -> BTreeSet<PathBuf> {
        let own = ["data", "state", "cache", "run"].map(|name| self.home.join(name));
        let mut paths = vec![self.home.join("")];
        let mut found = BTreeSet::new();
        while let Some(folder) = paths.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if own.contains(&path) {
                    continue;
                }
                if entry.file_type().unwrap().is_dir() {
                    paths.push(path.clone());
                }
                found.insert(path);
            }
        }
        found
    }

    #[track_caller]
    fn log_is_harmless(&self) {
        let log = fs::read(self.home.join("state/earmark/earmark.log")).unwrap();
        assert!(log.len() > 10_000, "it says much: {} bytes", log.len());
        assert_harmless(Kind::Lines, &log, "the log");
    }
}

/// A server whose bucket holds the corpus; gives the keys below the source.
fn full(server: &Server, person: &Person) -> Vec<String> {
    let clips = person.home.recordings("clips", 1);
    let clip = fs::read_dir(clips).unwrap().flatten().next().unwrap().path();
    let clip = fs::read(clip).unwrap();
    let bucket = server.bucket("box");
    let mut keys = object_keys();
    // The key that a store knows is whole: with the prefix, no more than 1,024 bytes.
    keys.retain(|key| key.len() + "calls/".len() <= 1024);
    keys.push(format!("{}.wav", "k".repeat(1014)));
    for key in &keys {
        bucket.put(&format!("calls/{key}"), clip.clone());
    }
    keys
}

#[test]
fn keys_of_a_bucket_that_mean_harm() {
    let server = Server::start(Manners::plain());
    let person = Person::at(&server);
    let keys = full(&server, &person);
    let before = person.around();
    person.done(&["init", SOURCE, "--output", "s3://box/labels/"]);
    person.run(&["sync", SOURCE]);
    let listed: BTreeSet<String> = person.list().into_iter().map(|(key, _)| key).collect();
    let missing: Vec<&String> = keys.iter().filter(|key| !listed.contains(*key)).collect();
    assert!(missing.is_empty(), "kept as they are: {missing:?}");

    let screen = person.screen();
    screen.wait_for_text(&format!("Unlabeled {}", keys.len()));
    for at in 1..=6 {
        screen.type_keys(&format!("<enter>label {at}<enter>"));
        screen.wait_for_text(&format!("Labeled {at} "));
        screen.type_keys("<esc>");
        screen.wait_for_text("┏ Files");
    }
    screen.type_keys("3");
    for _ in 0..6 {
        screen.type_keys("H");
        screen.wait_for_text("Esc close");
        screen.type_keys("<esc>j");
    }
    screen.type_keys("1G");
    screen.resize(60, 16);
    screen.type_keys("gG<pgup><pgdn>");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    assert_harmless(Kind::Screen, &screen.written_since(0), "the screen");

    let labeled = |list: Vec<(String, Option<String>)>| {
        list.into_iter().filter(|(_, label)| label.is_some()).count()
    };
    assert_eq!(labeled(person.list()), 6);
    person.run(&["sync", SOURCE]);
    person.done(&["publish", SOURCE]);
    for format in ["modelarts", "csv", "kaldi", "audiofolder", "txt", "textgrid"] {
        person.run(&["export", SOURCE, "--format", format, "--to", &format!("out/{format}")]);
    }
    let out = person.home.join("out");
    let outside: BTreeSet<PathBuf> =
        person.around().into_iter().filter(|path| !path.starts_with(&out)).collect();
    assert_eq!(outside, before, "nothing lies where nobody sent it");
    person.log_is_harmless();
    figures::count("hostile texts tried", keys.len() as u64);
    figures::count("labels checked", 6);
    figures::count("labels lost", 6 - labeled(person.list()) as u64);
}

#[test]
fn only_the_named_object_is_deleted() {
    let server = Server::start(Manners::plain());
    let person = Person::at(&server);
    let keys = full(&server, &person);
    person.run(&["sync", SOURCE]);
    let mut left: BTreeSet<String> = server.bucket("box").keys().into_iter().collect();
    for key in keys.iter().step_by(5) {
        let key = key.as_str();
        let said =
            person.run(&["delete", SOURCE, "--source-files", "--yes-delete", "1", "--", key]);
        let gone = left.remove(&format!("calls/{key}"));
        assert!(gone && said.status.success(), "{key:?}: {said:?}");
        let now: BTreeSet<String> = server.bucket("box").keys().into_iter().collect();
        assert_eq!(now, left, "{key:?}");
    }
    figures::count("hostile texts tried", keys.len().div_ceil(5) as u64);
}

/// What lies below a folder, relative to it.
fn files_below(folder: &Path) -> BTreeSet<String> {
    let mut folders = vec![folder.to_owned()];
    let mut found = BTreeSet::new();
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn no_export_of_keys_that_climb_leaves_its_folder() {
    let server = Server::start(Manners::plain());
    let person = Person::at(&server);
    full(&server, &person);
    person.run(&["sync", SOURCE]);
    for key in CLIMBING.into_iter().chain([PLAIN]) {
        person.done(&["label", SOURCE, "--content=thank you for calling", "--", key]);
    }
    let labeled = person.list().into_iter().filter(|(_, label)| label.is_some()).count();
    assert_eq!(labeled, CLIMBING.len() + 1);
    let out = person.home.join("deep/down/out");
    fs::create_dir_all(&out).unwrap();
    let outside = || -> BTreeSet<PathBuf> {
        person.around().into_iter().filter(|path| !path.starts_with(&out)).collect()
    };
    let before = outside();
    for format in ONE_FILE {
        let to = format!("deep/down/out/{format}");
        let said = person.run(&["export", SOURCE, "--format", format, "--to", &to]);
        assert_eq!(said.status.code(), Some(0), "{format}: {said:?}");
        let written = out.join(format);
        assert!(written.is_file() || !files_below(&written).is_empty(), "{format}");
        assert_eq!(outside(), before, "{format}");
    }
    for (format, ending) in BESIDE {
        let to = format!("deep/down/out/{format}");
        let said = person.run(&["export", SOURCE, "--format", format, "--to", &to]);
        assert_eq!(said.status.code(), Some(3), "{format}: some could not be: {said:?}");
        let named = String::from_utf8(said.stderr).unwrap();
        for key in CLIMBING {
            let line = format!("error: {key}: ");
            assert!(named.lines().any(|said| said.starts_with(&line)), "{format}: {key}: {named}");
        }
        let made = BTreeSet::from([format!("a/b.wav/c.{ending}")]);
        assert_eq!(files_below(&out.join(format)), made, "{format}");
        assert_eq!(outside(), before, "{format}");
    }
    assert!(!Path::new("/absolute.txt").exists() && !Path::new("/absolute.wav").exists());
    figures::count(
        "hostile texts tried",
        (CLIMBING.len() * (ONE_FILE.len() + BESIDE.len())) as u64,
    );
}

#[test]
fn words_of_a_server_that_mean_harm() {
    let server = Server::start(Manners::plain());
    let person = Person::at(&server);
    server.bucket("box").put("calls/a.wav", "RIFF");
    person.done(&["init", SOURCE, "--output", "s3://box/labels/"]);
    person.run(&["sync", SOURCE]);
    let clips = person.home.recordings("clips", 1);
    let clip = fs::read_dir(clips).unwrap().flatten().next().unwrap().path();
    let clip = clip.to_str().unwrap();
    for (words, shown) in WORDS {
        // What is asked first of an object has no answer with words: so it is the writing that fails.
        server.fault(When::writes().always(), Fault::Saying(words));
        for args in [
            &["add", SOURCE, "--", clip][..],
            &["delete", SOURCE, "--source-files", "--yes-delete", "1", "--", "a.wav"],
        ] {
            let output = person.run(args);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && said.contains(shown), "{shown}: {output:?}");
        }
        server.mend();
        server.fault(When::any().always(), Fault::Saying(words));
        for args in [
            &["sync", SOURCE][..],
            &["publish", SOURCE],
            &["doctor", SOURCE, "--no-tone"],
            &["sync", SOURCE, "--json"],
            &["doctor", SOURCE, "--no-tone", "--json"],
        ] {
            let output = person.run(args);
            assert!(!output.status.success(), "{args:?}: {output:?}");
            let said = [&output.stdout[..], &output.stderr].concat();
            let said = String::from_utf8_lossy(&said).into_owned();
            let marked = said.contains(shown) || args.contains(&"--json");
            assert!(marked, "{args:?}: {words:?} is shown as {shown}: {said}");
        }
        let screen = person.screen();
        screen.wait_for("what went wrong", |view| view.contains("⇅") && view.contains("fail"));
        let said = |rows: String| shown.split(' ').all(|word| rows.contains(word));
        screen.wait_for("why it does not play", |view| said(view.text()));
        // Only the dialog in front has thick borders. Publishing asks for the versions and shares: both fail.
        for key in ["P", "S"] {
            screen.type_keys(key);
            screen.wait_for(&format!("a dialog of {key} that says {shown}"), |view| {
                let rows = view.rows().into_iter().filter(|row| row.contains('┃'));
                view.contains("hat did not work") && said(rows.collect())
            });
            screen.type_keys("<esc><esc>");
            screen.wait_for_no("hat did not work");
        }
        screen.type_keys("<c-q>");
        screen.wait_for_end();
        assert_harmless(Kind::Screen, &screen.written_since(0), "the screen");
        server.mend();
    }
    server.fault(When::any().always(), Fault::Saying(NO_XML));
    for command in ["sync", "publish", "doctor"] {
        assert!(!person.run(&[command, SOURCE]).status.success());
    }
    server.mend();
    person.log_is_harmless();
    assert!(!person.home.join("owned").exists());
    figures::count("hostile texts tried", 7 * WORDS.len() as u64 + 3);
}
