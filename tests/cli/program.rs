//! The program, started in a home of its own.

use crate::home::Home;
use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// A home with one dataset of recordings in it, synchronized.
pub(crate) struct Program {
    pub(crate) home: Home,
    pub(crate) calls: PathBuf,
}

impl Program {
    /// With so many recordings, and nothing opened yet.
    pub(crate) fn fresh(recordings: usize) -> Self {
        let home = Home::new();
        let calls = home.recordings("calls", recordings);
        Self { home, calls }
    }

    /// With so many recordings, synchronized.
    pub(crate) fn with(recordings: usize) -> Self {
        let program = Self::fresh(recordings);
        program.run(["sync", "calls"]).success();
        program
    }

    /// The program with these arguments, in the home, not started yet.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("earmark"));
        command.env_clear().envs(self.home.environment()).current_dir(self.home.join(""));
        command.args(args);
        command
    }

    /// What came of it.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Assert {
        self.command(args).assert()
    }

    /// The one JSON object that it prints, with its exit code.
    pub(crate) fn json<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> (Value, i32) {
        let output = self.command(args).arg("--json").output().unwrap();
        let code = output.status.code().unwrap();
        let value = serde_json::from_slice(&output.stdout);
        (value.unwrap_or_else(|error| panic!("{error}: {output:?}")), code)
    }

    /// The JSON objects that it prints, one a line.
    pub(crate) fn lines<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
        let output = self.command(args).arg("--json").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The names of the recordings, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.calls).unwrap().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// One field of what `status` says.
    pub(crate) fn count(&self, field: &str) -> u64 {
        self.json(["status", "calls"]).0[field].as_u64().unwrap()
    }

    /// The only workspace in the data folder.
    pub(crate) fn workspace(&self) -> PathBuf {
        let folder = self.home.join("data/earmark/workspaces");
        let files = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        let mut files = files.filter(|path| path.extension() == Some(OsStr::new("earmark")));
        let file = files.next().unwrap();
        assert_eq!(files.next(), None);
        file
    }
}

/// What was printed, as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What went to stderr.
pub(crate) fn stderr(assert: &Assert) -> String {
    text(&assert.get_output().stderr)
}

/// What went to stdout.
pub(crate) fn stdout(assert: &Assert) -> String {
    text(&assert.get_output().stdout)
}

/// A failure says what failed and what to do next, prints no data, and has this exit code.
pub(crate) fn fails_with(assert: Assert, code: i32, what: &str, hint: &str) {
    let assert = assert.code(code);
    let said = stderr(&assert);
    let (errors, hints): (Vec<&str>, Vec<&str>) =
        said.lines().filter(|line| !line.is_empty()).partition(|line| !line.starts_with("hint: "));
    assert!(errors.iter().any(|e| e.starts_with("error: ") && e.contains(what)), "{said}");
    assert!(hints.iter().any(|line| line.contains(hint)), "{said}");
    assert_eq!(stdout(&assert), "");
}

/// Writes a file and the folders above it.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}
