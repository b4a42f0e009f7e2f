//! Runs a program in a tmux of its own: a second opinion on what a terminal shows, by one that people really use.
//!
//! Needs `home.rs` beside it as `crate::home`, and tmux, which `make test` installs.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop where it stands")]

use crate::home::Home;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// tmux cannot tell that a pane has changed, so it is asked.
const ASK_EVERY: Duration = Duration::from_millis(25);

/// One tmux server with one pane. Dropping it closes the terminal.
pub(crate) struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    /// This crate's own program.
    pub(crate) fn earmark(home: &Home, args: &[&OsStr], cols: u16, rows: u16) -> Self {
        Self::program(env!("CARGO_BIN_EXE_earmark"), home, args, cols, rows)
    }

    /// Any program, in the environment of this home.
    pub(crate) fn program(
        program: &str,
        home: &Home,
        args: &[&OsStr],
        cols: u16,
        rows: u16,
    ) -> Self {
        let tmux = Self { socket: home.join("tmux") };
        let (cols, rows) = (cols.to_string(), rows.to_string());
        let mut start: Vec<OsString> =
            ["new-session", "-d", "-x", &cols, "-y", &rows, "env", "-i"].map(Into::into).into();
        for (name, value) in home.environment() {
            let value = if name == "TERM" { "screen-256color".into() } else { value };
            start.push([OsStr::new(name), OsStr::new("="), &value].into_iter().collect());
        }
        start.push(program.into());
        start.extend(args.iter().map(Into::into));
        tmux.run(start);
        tmux
    }

    /// Presses keys by tmux's own names: `Enter`, `C-n`, `M-Enter`, `BTab`, `F8`.
    pub(crate) fn press(&self, keys: &[&str]) {
        self.run(["send-keys", "--"].iter().chain(keys));
    }

    /// Types text as it is.
    pub(crate) fn type_text(&self, text: &str) {
        self.run(["send-keys", "-l", "--", text]);
    }

    pub(crate) fn resize(&self, cols: u16, rows: u16) {
        self.run(["resize-window", "-x", &cols.to_string(), "-y", &rows.to_string()]);
    }

    /// The pane as text.
    pub(crate) fn text(&self) -> String {
        let shown = self.run(["capture-pane", "-p"]).stdout;
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// What tmux knows of the pane, by a format of its own: `#{cursor_flag}`.
    pub(crate) fn asked(&self, format: &str) -> String {
        let said = self.run(["display-message", "-p", format]).stdout;
        String::from_utf8_lossy(&said).trim_end().to_owned()
    }

    /// Waits until this text is to be seen.
    #[track_caller]
    pub(crate) fn wait_for_text(&self, text: &str) {
        let start = Instant::now();
        let mut shown = self.text();
        while !shown.contains(text) {
            assert!(start.elapsed() < PATIENCE, "waited for `{text}`; the pane:\n{shown}");
            thread::sleep(ASK_EVERY);
            shown = self.text();
        }
    }

    #[track_caller]
    fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Output {
        let output = self.command().args(args).output().expect("tmux is installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux: {}", said.trim_end());
        output
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        // Neither the person's settings nor a tmux around us have a say, and the pane is UTF-8.
        command.arg("-u").arg("-f").arg("/dev/null").arg("-S").arg(&self.socket);
        command.env_remove("TMUX");
        command
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        // It may have ended with its program.
        let _ = self.command().arg("kill-server").output();
    }
}
