//! How a command ends: exit codes, and failures on their way to them.

use crate::domain::UserError;
use crate::ops::OpsError;
use std::io;
use std::process::ExitCode;

/// The exit codes that scripts can rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// Nothing was done.
    Failed,
    /// The command line was wrong.
    Usage,
    /// Some items failed; each was named.
    Partial,
    /// Nothing is lost, but conflicts wait for a person.
    Conflicts,
    /// Ctrl+C.
    Interrupted,
    /// What a program on another machine ended with.
    Remote(u8),
}

impl Exit {
    /// This one, unless it is a plain success: then the other.
    pub(super) fn or(self, other: Self) -> Self {
        if self == Self::Done { other } else { self }
    }

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Conflicts => 4,
            Self::Interrupted => 130,
            Self::Remote(code) => code,
        }
    }

    /// Of a command that works item by item: some, all or none may have failed.
    pub(super) fn of_items(done: u64, failed: usize) -> Self {
        match (done, failed) {
            (_, 0) => Self::Done,
            (0, _) => Self::Failed,
            _ => Self::Partial,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command stopped short.
#[derive(Debug)]
pub enum Failure {
    /// Something failed: each error is printed with its hint, exit code 1.
    Failed(Vec<UserError>),
    /// The command line cannot be carried out as it is: printed with its hint, exit code 2.
    Usage(UserError),
    /// Our own output could not be written. A closed pipe is the reader's right, and quiet.
    Output(io::Error),
    /// Ctrl+C.
    Interrupted,
}

impl Failure {
    /// A wrong command line.
    pub(super) fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage(UserError::new(what).hint(hint))
    }

    /// One error.
    pub(super) fn one(error: impl Into<UserError>) -> Self {
        Self::Failed(vec![error.into()])
    }
}

impl<E: Into<OpsError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::one(error.into())
    }
}

/// What every command returns.
pub type Outcome = Result<Exit, Failure>;
