//! A home whose disk fails or remembers at our word: the program started before `tests/shim/disk.c`.

use crate::home::Home;
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The library that stands between the program and its files, compiled once in each test process.
pub(super) fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let made = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let mine = made.join(format!("disk-{}.so", std::process::id()));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim/disk.c");
        let done = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&mine, &source])
            .arg("-lpthread")
            .status();
        assert!(done.expect("a C compiler").success(), "the shim compiles");
        let shim = made.join("disk.so");
        std::fs::rename(mine, &shim).expect("the shim is put in its place");
        shim
    })
}

/// What the disk does to one run.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk(pub(super) Vec<(&'static str, OsString)>);

impl Disk {
    pub(super) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.0.push((name, value.into()));
        self
    }
}

/// Recordings, a workspace and an output.
pub(super) struct Bench {
    pub(super) home: Home,
    pub(super) names: Vec<String>,
}

/// The folders that a job may write to.
const WRITTEN: [&str; 4] = ["data", "out", "calls", "made"];

impl Bench {
    /// So many recordings, synchronized, with an output, the first two labeled and shared.
    pub(super) fn new(recordings: usize) -> Self {
        let bench = Self::bare(recordings);
        bench.succeeds(&["init", "calls", "--output", "out"]);
        bench.succeeds(&["sync", "calls"]);
        for name in &bench.names[..2] {
            bench.succeeds(&["label", "calls", name, "--content", "from the beginning"]);
        }
        bench.succeeds(&["sync", "calls"]);
        bench
    }

    /// Recordings alone.
    pub(super) fn bare(recordings: usize) -> Self {
        let home = Home::new();
        let calls = home.recordings("calls", recordings);
        for folder in ["out", "made"] {
            std::fs::create_dir(home.join(folder)).expect("a folder in the home");
        }
        let entries = std::fs::read_dir(calls).expect("the recordings").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        Self { home, names }
    }

    pub(super) fn below(&self) -> OsString {
        let folders = WRITTEN.map(|name| self.home.join(name));
        std::env::join_paths(folders).expect("names without a colon")
    }

    pub(super) fn run(&self, args: &[&str], disk: &Disk) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.env_clear().envs(self.home.environment()).current_dir(self.home.join(""));
        if !disk.0.is_empty() {
            command.env("LD_PRELOAD", shim()).env("DISK_BELOW", self.below());
            command.envs(disk.0.iter().map(|(name, value)| (name, value)));
        }
        command.args(args).output().expect("the program starts")
    }

    #[track_caller]
    pub(super) fn succeeds(&self, args: &[&str]) -> Output {
        let output = self.run(args, &Disk::default());
        assert!(output.status.success(), "{args:?}: {}", said(&output));
        output
    }

    /// Key, content, flags and author of all that `list` shows, with more arguments.
    #[track_caller]
    pub(super) fn list(&self, more: &[&str]) -> Vec<[Value; 4]> {
        let mut args = vec!["list", "calls", "--json"];
        args.extend(more);
        let output = self.succeeds(&args);
        let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines
            .map(|line| ["key", "content", "flags", "labeled_by"].map(|n| line[n].clone()))
            .collect()
    }

    /// What a machine sees that joins by the output alone.
    #[track_caller]
    pub(super) fn joined(&self) -> Vec<[Value; 4]> {
        let file = self.home.join("made/joined.earmark");
        for ending in ["", "-wal", "-shm", "-drafts"] {
            let mut name = file.clone().into_os_string();
            name.push(ending);
            let _ = std::fs::remove_file(name);
        }
        let _ = std::fs::remove_dir_all(file.with_extension("earmark-copies"));
        let file = file.to_str().expect("a plain path");
        self.succeeds(&["init", "calls", "--output", "out", "--workspace", file]);
        self.succeeds(&["sync", "calls", "--no-probe", "--workspace", file]);
        self.list(&["--workspace", file])
    }

    /// Keeps all that jobs may write to.
    pub(super) fn keep(&self) {
        self.copy("", "kept-");
    }

    /// As it was when kept.
    pub(super) fn back(&self) {
        for name in WRITTEN {
            std::fs::remove_dir_all(self.home.join(name)).expect("a folder goes");
        }
        self.copy("kept-", "");
    }

    fn copy(&self, from: &str, to: &str) {
        for name in WRITTEN {
            let (from, to) = (format!("{from}{name}"), format!("{to}{name}"));
            // Times too: they are what a recording in a folder is known by.
            let done = Command::new("cp")
                .arg("-a")
                .args([self.home.join(from), self.home.join(to)])
                .status();
            assert!(done.expect("cp").success());
        }
    }
}

/// What was printed for people.
pub(super) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
