//! What can go wrong with a store, in words that say what failed on what.

use crate::domain::UserError;
use std::io;

/// A source, or one file of it, that could not be listed or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing is there.
    #[error("the folder {path} does not exist")]
    NoSuchFolder {
        /// As given.
        path: String,
    },
    /// Something else is there.
    #[error("{path} is not a folder")]
    NotAFolder {
        /// As given.
        path: String,
    },
    /// It is there, but closed to this account.
    #[error("cannot read the folder {path}")]
    Unreadable {
        /// As given.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// `s3://` or `obs://`.
    #[error("cannot open {0}: buckets are not built in yet")]
    NoBuckets(String),
    /// A key with `..`, a link to elsewhere and the like.
    #[error("{key:?} leads outside the source")]
    Outside {
        /// The key, with replacement characters where it is not UTF-8.
        key: String,
    },
    /// One file.
    #[error("cannot read {key:?}")]
    File {
        /// The key, with replacement characters where it is not UTF-8.
        key: String,
        /// What the system says.
        source: io::Error,
    },
}

impl StoreError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuchFolder { .. } => {
                Some("check the spelling, and that its drive is mounted".into())
            }
            Self::NotAFolder { .. } => Some(
                "give the folder that holds the recordings; `earmark play FILE` plays one file"
                    .into(),
            ),
            Self::Unreadable { path, .. } => Some(format!("see `ls -ld {path}` for its rights")),
            Self::NoBuckets(_) => Some("copy the recordings into a folder and open that".into()),
            Self::Outside { .. } => Some("only files inside the source are ever touched".into()),
            Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("run `earmark sync` to take notice of files that went away".into())
            }
            Self::File { .. } => None,
        }
    }
}

/// Why a file was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// Its size or modified time is not what was listed.
    #[error("it changed since it was listed")]
    Changed,
    /// The key leads out of the source.
    #[error("it leads outside the source")]
    Outside,
    /// It is gone already.
    #[error("it is not there any more")]
    Gone,
    /// The system refuses.
    #[error("the system refuses")]
    Refused(#[from] io::Error),
}

impl From<&StoreError> for UserError {
    fn from(error: &StoreError) -> Self {
        Self::of(error, error.hint())
    }
}
