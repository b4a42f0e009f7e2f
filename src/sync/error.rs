//! Why a sync stopped. What it had applied by then stays, and the next run goes on from there.

use crate::domain::UserError;
use crate::objects::{InventoryError, StoreError};
use crate::workspace::WorkspaceError;
use std::io;

/// A sync that could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The source could not be listed. Nothing is taken for missing.
    #[error("the source could not be listed")]
    Source(#[from] StoreError),
    /// The inventory could not stand for a listing. Nothing of it was applied.
    #[error("the inventory cannot be used")]
    Inventory(#[source] InventoryError),
    /// The workspace refused.
    #[error("the sync could not be written to the workspace")]
    Workspace(#[source] WorkspaceError),
    /// Another process synchronizes it: nothing failed, and what that one finds is seen here.
    #[error(transparent)]
    Elsewhere(WorkspaceError),
    /// The system gives no thread.
    #[error("the listing could not be started")]
    Thread(#[source] io::Error),
    /// The listing ended without saying how.
    #[error("the listing stopped unexpectedly")]
    Lost,
}

impl SyncError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Inventory(error) => error.hint(),
            Self::Workspace(error) | Self::Elsewhere(error) => error.hint(),
            Self::Thread(_) | Self::Lost => Some("run the sync again".into()),
        }
    }
}

impl From<InventoryError> for SyncError {
    fn from(error: InventoryError) -> Self {
        Self::Inventory(error)
    }
}

impl From<WorkspaceError> for SyncError {
    fn from(error: WorkspaceError) -> Self {
        match error {
            WorkspaceError::SyncRunning { .. } => Self::Elsewhere(error),
            error => Self::Workspace(error),
        }
    }
}

impl From<SyncError> for UserError {
    fn from(error: SyncError) -> Self {
        match &error {
            // These say what failed on what by themselves.
            SyncError::Source(cause) => Self::of(cause, cause.hint()),
            SyncError::Inventory(cause) => Self::of(cause, cause.hint()),
            SyncError::Workspace(cause) | SyncError::Elsewhere(cause) => {
                Self::of(cause, cause.hint())
            }
            SyncError::Thread(_) | SyncError::Lost => Self::of(&error, error.hint()),
        }
    }
}
