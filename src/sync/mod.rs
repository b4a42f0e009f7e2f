//! Bringing a workspace in line with its source: Synchronize New Data.
//!
//! The listing runs on a thread of its own into a staging file; what it found is then applied in short transactions,
//! so that labels are committed in between. Killed anywhere, the next run ends right.

mod error;
mod job;
mod listing;
mod recognize;
mod share;

pub use error::SyncError;
pub use job::{SyncJob, SyncStep, SyncSummary, sync, sync_by};
pub use share::{
    MARKER, Marker, ShareError, ShareJob, ShareProblem, ShareReport, ShareStep, announce,
    read_line, read_marker, read_snapshot, share, write_line, write_snapshot,
};
