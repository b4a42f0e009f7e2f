//! What can go wrong with a workspace file, told apart by what a person can do about it.

use crate::domain::{SampleId, UserError};
use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};

/// The result of everything in this room.
pub type Result<T, E = WorkspaceError> = std::result::Result<T, E>;

/// A failure of the workspace. Nothing that failed has changed anything.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// There is no such file.
    #[error("there is no workspace {}", .0.display())]
    NotFound(PathBuf),
    /// A new workspace would overwrite something.
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    /// Another kind of file.
    #[error("{} is not an earmark workspace", .0.display())]
    NotAWorkspace(PathBuf),
    /// Written by a newer earmark.
    #[error("the workspace was written by a newer earmark (format {version}, this one knows up to {known}): {}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: u32,
        /// The newest format that this program knows.
        known: u32,
    },
    /// The file is damaged. It is left as it is.
    #[error("{} is damaged", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The newest copy that lies beside it, if there is one.
        copy: Option<PathBuf>,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Nothing that was read is what it should be. The file is left as it is.
    #[error("the workspace is damaged: could not {doing}")]
    Damaged {
        /// What was being done.
        doing: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Not one sample in it can be read.
    #[error("nothing in {} can be read as a workspace", .0.display())]
    NothingToSalvage(PathBuf),
    /// Another earmark works in it.
    #[error("another earmark works in {}", .0.display())]
    InUse(PathBuf),
    /// A copy of another dataset's workspace.
    #[error("{} is a workspace of {source_name}", path.display())]
    OtherDataset {
        /// The copy.
        path: PathBuf,
        /// The source it was made for.
        source_name: String,
    },
    /// The file was deleted or moved away while it was open.
    #[error("the workspace was deleted or moved away: {}", .0.display())]
    Gone(PathBuf),
    /// Another file took the place of the open one, or its log.
    #[error("the workspace was replaced by another file: {}", .0.display())]
    Replaced(PathBuf),
    /// No room on the disk.
    #[error("the disk is full: could not {doing}")]
    DiskFull {
        /// What was being done.
        doing: &'static str,
    },
    /// Somebody else held the write lock for longer than we wait.
    #[error("another process is writing to the workspace: could not {doing}")]
    Busy {
        /// What was being done.
        doing: &'static str,
    },
    /// The file or its folder may not be written.
    #[error("the workspace cannot be written: could not {doing}")]
    ReadOnly {
        /// What was being done.
        doing: &'static str,
    },
    /// Nobody waits for the query any more: see [`super::Reader::give_up_when`].
    #[error("cancelled")]
    Interrupted,
    /// Another process synchronizes this workspace right now.
    #[error("{by} is synchronizing this dataset")]
    SyncRunning {
        /// Who.
        by: String,
    },
    /// Another process gave the dataset another output.
    #[error("the output of this dataset was changed by another process")]
    OutputChanged,
    /// No sample has this id.
    #[error("there is no sample {0} in the workspace")]
    NoSuchSample(SampleId),
    /// A file operation failed.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Anything else that SQLite says.
    #[error("could not {doing}")]
    Sql {
        /// What was being done.
        doing: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl WorkspaceError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotFound(_) => "`earmark init SOURCE` makes one".to_owned(),
            Self::Exists(_) => "open it, or name another file with --workspace".to_owned(),
            Self::NotAWorkspace(_) => "name a workspace file with --workspace".to_owned(),
            Self::Newer { .. } => "update earmark on this machine".to_owned(),
            Self::Corrupt { copy: Some(copy), .. } => format!(
                "the file is left as it is; `earmark salvage SOURCE` writes what is readable to a new one, \
                 `earmark put-back SOURCE` puts the last copy in its place: {}",
                copy.display()
            ),
            Self::Corrupt { copy: None, .. } => {
                "the file is left as it is; `earmark salvage SOURCE` writes what is readable to a new one"
                    .to_owned()
            }
            Self::Damaged { .. } => {
                "quit, then `earmark doctor SOURCE` says what is left and what to do".to_owned()
            }
            Self::NothingToSalvage(_) => {
                "`earmark put-back SOURCE` lists the copies; what was shared comes back with the next sync"
                    .to_owned()
            }
            Self::OtherDataset { .. } => "name a copy of this dataset".to_owned(),
            Self::InUse(_) => "quit the others, then do it again".to_owned(),
            Self::Gone(_) => {
                "put it back in its place: what is not saved is tried again by itself".to_owned()
            }
            Self::Replaced(_) => {
                "put the former file back, or open the dataset again: what was typed is kept as drafts"
                    .to_owned()
            }
            Self::DiskFull { .. } => "make room on the disk, then do it again".to_owned(),
            Self::Busy { .. } => "wait a moment, then do it again".to_owned(),
            Self::ReadOnly { .. } => "check who owns the file and its folder".to_owned(),
            Self::SyncRunning { .. } => "wait until it is done".to_owned(),
            Self::OutputChanged => "open the dataset again".to_owned(),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "check who owns the file and its folder".to_owned()
            }
            Self::Interrupted | Self::NoSuchSample(_) | Self::Io { .. } | Self::Sql { .. } => {
                return None;
            }
        };
        Some(hint)
    }

    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { doing },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { doing },
            _ => Self::Io { doing, path: path.to_owned(), source },
        }
    }
}

impl From<&WorkspaceError> for UserError {
    fn from(error: &WorkspaceError) -> Self {
        let mut user = UserError::new(error.to_string());
        let mut next = std::error::Error::source(error);
        while let Some(cause) = next {
            user.why.push(cause.to_string());
            next = cause.source();
        }
        user.hint = error.hint();
        user
    }
}

/// Sorts what SQLite says into what a person can do about it.
pub(super) trait Doing<T> {
    /// Names what was being done, as in "could not …".
    fn doing(self, doing: &'static str) -> Result<T>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => WorkspaceError::DiskFull { doing },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                WorkspaceError::Busy { doing }
            }
            // In a folder that may not be written, SQLite cannot open what it keeps beside the file.
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                WorkspaceError::ReadOnly { doing }
            }
            Some(ErrorCode::OperationInterrupted) => WorkspaceError::Interrupted,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                WorkspaceError::Damaged { doing, source }
            }
            _ => WorkspaceError::Sql { doing, source },
        })
    }
}
