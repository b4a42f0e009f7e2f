//! What operations report, in numbers that add up.

use super::{ActionId, SampleKey};
use jiff::Timestamp;
use serde::Serialize;

/// What a sync did. `added + changed + moved + restored + unchanged` = audio files listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SyncReport {
    /// New samples.
    pub added: u64,
    /// Other audio under the same key.
    pub changed: u64,
    /// The same audio under another key.
    pub moved: u64,
    /// In the workspace, not in the source any more (this time).
    pub missing: u64,
    /// Was missing, is back.
    pub restored: u64,
    /// As before.
    pub unchanged: u64,
    /// All samples of the workspace, missing and deleted ones included.
    pub total: u64,
    /// Revisions read from the output and from files that came with the data.
    pub labels_pulled: u64,
    /// Revisions written to the output.
    pub labels_pushed: u64,
    /// Samples in conflict now.
    pub conflicts: u64,
    /// New keys that could be a missing one's, but not for certain.
    pub possible_moves: u64,
    /// Where an inventory told what the source holds: as of when. The source itself tells how it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

/// Why one sample was left out of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// It already is that way.
    NothingToDo,
    /// It changed since.
    ChangedSince,
    /// It has no suggestion to accept.
    NoSuggestion,
    /// It is deleted or gone.
    Gone,
}

/// What an action did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionReport {
    /// The action, for undo; `None` when nothing was written.
    pub action: Option<ActionId>,
    /// Samples changed.
    pub changed: u64,
    /// Samples left out, by reason.
    pub skipped: Vec<(Skip, u64)>,
}

/// What undo or redo did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoReport {
    /// What was taken back or done again, as a word: `label`, `batch`, `delete`, …
    pub what: String,
    /// Samples changed back.
    pub changed: u64,
    /// Samples left alone because they changed since.
    pub changed_since: u64,
    /// The sample, when it was just one: where to go on the screen.
    pub sample: Option<SampleKey>,
}
