//! What can be wrong with a file of labels, and with one line of it.

use crate::domain::UserError;
use std::io;

/// One line (or entry) that cannot be used; the rest can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}line {line}{}: {why}", place(.file), column.map_or(String::new(), |column| format!(", column {column}")))]
pub struct LineProblem {
    /// The file, relative to what was named; empty where there is but one.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// From 1, in bytes, where it is known.
    pub column: Option<u64>,
    /// In a few words.
    pub why: String,
}

fn place(file: &str) -> String {
    if file.is_empty() { String::new() } else { format!("{file}, ") }
}

/// Why a file of labels cannot be read or written at all.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// None of the formats.
    #[error("no known format in {looked_at}")]
    Unrecognized {
        /// What was looked at.
        looked_at: String,
    },
    /// A file that the format needs is not there.
    #[error("{file} is not there")]
    Missing {
        /// Its name.
        file: String,
    },
    /// The file as a whole is something else: packed, UTF-16, cut off, …
    #[error("{file}: {why}")]
    NotReadable {
        /// Its name.
        file: String,
        /// In a few words.
        why: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The disk or the network.
    #[error("cannot read or write {file}")]
    Io {
        /// Its name.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// One sample that the format has no way to say.
    #[error("{key:?} cannot be written: {why}")]
    CannotHold {
        /// The sample.
        key: String,
        /// In a few words.
        why: String,
    },
}

impl FormatError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unrecognized { .. } => {
                Some("name it with --format; `earmark import --help` lists the formats".into())
            }
            Self::NotReadable { hint, .. } => hint.clone(),
            Self::CannotHold { .. } => Some("take another format, or leave the sample out".into()),
            Self::Missing { .. } | Self::Io { .. } => None,
        }
    }
}

impl From<&FormatError> for UserError {
    fn from(error: &FormatError) -> Self {
        Self::of(error, error.hint())
    }
}
