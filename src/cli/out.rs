//! What a command prints: data on stdout, everything else on stderr. A line, a note, an error, a hint is one row each:
//! whatever comes through here has nothing left that acts on a terminal or looks like a row of ours.

use super::args::Global;
use super::exit::Failure;
use super::inert::Inert;
use crate::domain::{SampleKey, UserError};
use crate::text::{safe_bytes, safe_line};
use clap::ColorChoice;
use serde::Serialize;
use serde_json::Serializer;
use std::env;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

/// Standard output and standard error of one command.
pub(super) struct Out {
    stdout: BufWriter<Stdout>,
    json: bool,
    quiet: bool,
    color: bool,
}

impl Out {
    /// As the flags and the terminal say.
    pub(super) fn new(global: &Global) -> Self {
        let color = match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                io::stderr().is_terminal()
                    && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        };
        let stdout = BufWriter::new(io::stdout());
        Self { stdout, json: global.json, quiet: global.quiet, color }
    }

    /// Whether JSON is wanted.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// One line for people. Nothing where JSON is wanted.
    pub(super) fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        writeln!(self.stdout, "{}", safe_line(text.as_ref())).map_err(Failure::Output)
    }

    /// One JSON value on a line, with what acts on a terminal written as `\uNNNN`. Nothing unless JSON is wanted.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let mut writer = Serializer::with_formatter(&mut self.stdout, Inert);
        value
            .serialize(&mut writer)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(self.stdout))
            .map_err(Failure::Output)
    }

    /// Bytes as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stdout.write_all(bytes).map_err(Failure::Output)
    }

    /// Something worth knowing beside the data.
    pub(super) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.stderr(&safe_line(text.as_ref()));
        }
    }

    /// An item that failed while others did not.
    pub(super) fn item_failed(&self, key: &SampleKey, why: &str) {
        self.labeled("error", "31", &format!("{}: {}", safe_bytes(key.as_bytes()), safe_line(why)));
    }

    /// A failure, with what to do next.
    pub(super) fn error(&self, error: &UserError) {
        self.labeled("error", "31", &safe_line(&error.to_string()));
        if let Some(hint) = &error.hint {
            self.labeled("hint", "36", &safe_line(hint));
        }
    }

    /// What may go wrong, with what to do about it.
    pub(super) fn warning(&self, warning: &UserError) {
        if self.quiet {
            return;
        }
        self.labeled("warning", "33", &safe_line(&warning.to_string()));
        if let Some(hint) = &warning.hint {
            self.labeled("hint", "36", &safe_line(hint));
        }
    }

    /// Hands over what is still held back.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.stdout.flush().map_err(Failure::Output)
    }

    fn labeled(&self, label: &str, color: &str, text: &str) {
        if self.color {
            self.stderr(&format!("\x1b[1;{color}m{label}:\x1b[0m {text}"));
        } else {
            self.stderr(&format!("{label}: {text}"));
        }
    }

    /// When stderr itself is closed there is nowhere left to say so.
    #[expect(clippy::unused_self, reason = "stderr belongs to it as stdout does")]
    fn stderr(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }
}
