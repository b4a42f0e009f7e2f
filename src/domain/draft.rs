//! Text that is not yet a label.

use super::{InstanceId, RevisionId, SampleKey};
use jiff::Timestamp;

/// One per sample, person and running earmark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The sample.
    pub key: SampleKey,
    /// Who typed it.
    pub author: String,
    /// The running earmark that it was typed in.
    pub instance: InstanceId,
    /// What was typed.
    pub text: String,
    /// The cursor, in bytes from the start of `text`, on a character boundary.
    pub cursor: usize,
    /// The content heads that it started from.
    pub heads: Vec<RevisionId>,
    /// When it was last saved, UTC.
    pub at: Timestamp,
}
