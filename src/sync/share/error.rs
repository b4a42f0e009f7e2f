//! Why labels could not be shared. They stay in the workspace and go out the next time.

use crate::domain::UserError;
use crate::objects::StoreError;
use crate::workspace::WorkspaceError;
use std::io;

/// Sharing that could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// The output could not be read or written.
    #[error("the labels could not be shared")]
    Output(#[from] StoreError),
    /// The workspace refused.
    #[error("the labels could not be taken in")]
    Workspace(#[from] WorkspaceError),
    /// The output is that of another dataset.
    #[error("the output belongs to the dataset {name:?} with the source {source_name:?}")]
    OtherDataset {
        /// What that one is called.
        name: String,
        /// Where its audio lies.
        source_name: String,
    },
    /// Labels were shared there before, and nothing is there now.
    #[error("the output is empty, though labels were shared there before")]
    Vanished,
    /// `earmark.json` says nothing.
    #[error("the output's earmark.json cannot be read ({why})")]
    Marker {
        /// In a few words.
        why: String,
    },
    /// The system gives no thread.
    #[error("the sharing could not be started")]
    Thread(#[source] io::Error),
    /// A snapshot could not be packed or unpacked.
    #[error("the snapshot of the history cannot be written")]
    Snapshot(#[source] io::Error),
    /// It ended without saying how.
    #[error("the sharing stopped unexpectedly")]
    Lost,
}

impl ShareError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Output(error) if error.is_offline() => {
                Some("nothing is lost: they go out when the output can be reached".into())
            }
            Self::Output(error) => error.hint(),
            Self::Workspace(error) => error.hint(),
            Self::OtherDataset { .. } => {
                Some("name another output with --output, or open that dataset".into())
            }
            Self::Vanished => Some(
                "check that its drive is mounted; if it was emptied on purpose, name another one with --output".into(),
            ),
            Self::Marker { .. } => Some("a newer earmark may have written it: update".into()),
            Self::Thread(_) | Self::Snapshot(_) | Self::Lost => Some("try again".into()),
        }
    }

    /// Whether it will go by itself when the network is back.
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Output(error) if error.is_offline())
    }
}

impl From<ShareError> for UserError {
    fn from(error: ShareError) -> Self {
        Self::of(&error, error.hint())
    }
}

/// Something in the output that could not be taken in; everything else was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{object}: {why}")]
pub struct ShareProblem {
    /// Its key in the output.
    pub object: String,
    /// In a few words.
    pub why: String,
}
