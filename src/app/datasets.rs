//! The choice of datasets: those opened before, and a path for a new one.

use crate::domain::Counts;
use jiff::Timestamp;

/// A dataset opened before.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownDataset {
    /// What opens it again: its workspace file.
    pub workspace: String,
    /// Its name.
    pub name: String,
    /// Its source.
    pub source: String,
    /// Counts and hours, when its workspace could be read.
    pub counts: Option<Counts>,
    /// When it was last worked on.
    pub last_opened: Option<Timestamp>,
    /// Why its workspace could not be read.
    pub problem: Option<String>,
}

/// The pane.
#[derive(Debug, Clone, Default)]
pub struct DatasetsPane {
    /// Most lately opened first; `None` until they are read.
    pub known: Option<Vec<KnownDataset>>,
    /// The row under the cursor.
    pub cursor: usize,
    /// One is being opened.
    pub opening: Option<String>,
}
