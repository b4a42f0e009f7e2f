//! Sharing labels through the output: everybody appends to a log of their own and reads those of all others.
//!
//! docs/log-format.md is the contract. What waits is never lost: it is in the workspace until it is in the output.

mod compact;
mod error;
mod history;
mod job;
mod line;
mod log;
mod marker;

pub use error::{ShareError, ShareProblem};
pub use history::{read_snapshot, write_snapshot};
pub use job::{ShareJob, ShareReport, ShareStep, announce, share};
pub use line::{decode as read_line, encode as write_line};
pub use marker::{MARKER, Marker, read_marker};
