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
use std::path::PathBuf;
use std::process::{Command, Output};

const SOURCE: &str = "s3://box/calls/";
const WORDS: [&str; 4] = [
    "\u{1b}]2;owned\u{7}\u{1b}[5;41;93m",
    "\u{9b}5m\u{9d}2;owned\u{9c}\u{202e}x",
    "two\nlines\r\nforged: line\t%s%n{}",
    "$(touch owned)`touch owned`",
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

#[test]
fn words_of_a_server_that_mean_harm() {
    let server = Server::start(Manners::plain());
    let person = Person::at(&server);
    server.bucket("box").put("calls/a.wav", "RIFF");
    person.done(&["init", SOURCE, "--output", "s3://box/labels/"]);
    person.run(&["sync", SOURCE]);
    for words in WORDS {
        server.fault(When::any().always(), Fault::Saying(words));
        for args in [
            &["sync", SOURCE][..],
            &["sync", SOURCE, "--json"],
            &["publish", SOURCE],
            &["doctor", SOURCE, "--no-tone"],
            &["doctor", SOURCE, "--no-tone", "--json"],
            &["delete", SOURCE, "--source-files", "--yes-delete", "1", "--", "a.wav"],
        ] {
            person.run(args);
        }
        let screen = person.screen();
        screen.wait_for("what went wrong", |view| view.contains("⇅") && view.contains("fail"));
        screen.type_keys("S<f1>");
        screen.wait_for_text("Esc close");
        screen.type_keys("<esc><c-q>");
        screen.wait_for_end();
        assert_harmless(Kind::Screen, &screen.written_since(0), "the screen");
        server.mend();
    }
    person.log_is_harmless();
    assert!(!person.home.join("owned").exists());
    figures::count("hostile texts tried", 7 * WORDS.len() as u64);
}
