//! Progress on stderr, for people only: nothing is drawn unless stderr is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// One line that says how far a command is.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Starts it; `quiet` keeps it hidden.
    pub(super) fn start(what: &str, quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Whatever there is to say.
    pub(super) fn say(&self, text: &str) {
        self.0.set_message(text.to_owned());
    }

    /// Prints something in between.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        self.0.suspend(print);
    }

    /// So many so far, of an unknown number.
    pub(super) fn found(&self, what: &str, count: u64) {
        self.0.set_message(format!("{what} {count}"));
    }

    /// So many of so many.
    pub(super) fn done(&self, what: &str, done: u64, of: u64) {
        if self.0.length() != Some(of) {
            if let Ok(style) =
                ProgressStyle::with_template("{msg} {bar:30} {human_pos}/{human_len}")
            {
                self.0.set_style(style);
            }
            self.0.set_length(of);
        }
        self.0.set_message(what.to_owned());
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
