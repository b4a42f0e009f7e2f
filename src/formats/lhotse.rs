//! Lhotse: `recordings.jsonl` and `supervisions.jsonl`, joined by the id of the recording.

mod input;
mod output;

pub(super) use input::read;
pub(super) use output::writer;

use super::json::Object;

const RECORDINGS: &str = "recordings.jsonl";
const SUPERVISIONS: &str = "supervisions.jsonl";

/// Where `Record::extra` keeps what else each of both says.
const OF_RECORDING: &str = "recording";
const OF_SUPERVISION: &str = "supervision";
/// Where a supervision keeps what Lhotse knows nothing of, and what of it is ours.
const CUSTOM: &str = "custom";
const AUTHOR: &str = "author";
const AT: &str = "labeled_at";

#[cfg(test)]
mod tests;
