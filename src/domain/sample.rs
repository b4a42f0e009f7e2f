//! A sample as the workspace knows it.

use super::{Flag, RevisionId, SampleId, SampleKey, Seconds};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What tells whether audio changed: size in bytes and `ETag` (folders: `mtime:<nanoseconds>` of the modified time).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AudioStamp {
    /// Bytes.
    pub size: u64,
    /// The store's `ETag`, or a folder's stand-in for it.
    pub etag: String,
}

impl AudioStamp {
    /// Whether a listing ever said it. Of a sample that is known by its labels alone, it is not.
    pub fn is_known(&self) -> bool {
        !self.etag.is_empty() || self.size > 0
    }
}

/// The four states that add up to the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleState {
    /// In the source, without a label.
    Unlabeled,
    /// In the source, with a label (an empty one with *no speech*).
    Labeled,
    /// Not in the source any more; its label is kept.
    Missing,
    /// In the trash.
    Deleted,
}

impl SampleState {
    /// The stable word in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            SampleState::Unlabeled => "unlabeled",
            SampleState::Labeled => "labeled",
            SampleState::Missing => "missing",
            SampleState::Deleted => "deleted",
        }
    }
}

/// Why a sample stands in *To confirm*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Confirm {
    /// A machine proposed a text and nobody labeled it yet.
    pub suggestion: bool,
    /// Two people's labels differ.
    pub conflict: bool,
    /// The audio changed since it was labeled.
    pub audio_changed: bool,
}

impl Confirm {
    /// Whether anything wants confirming.
    pub fn any(self) -> bool {
        self.suggestion || self.conflict || self.audio_changed
    }

    /// As stored: bit 0 suggestion, 1 conflict, 2 audio changed.
    pub fn bits(self) -> u32 {
        u32::from(self.suggestion)
            | u32::from(self.conflict) << 1
            | u32::from(self.audio_changed) << 2
    }

    /// From what [`Confirm::bits`] made.
    pub fn from_bits(bits: u32) -> Self {
        Self { suggestion: bits & 1 != 0, conflict: bits & 2 != 0, audio_changed: bits & 4 != 0 }
    }
}

/// A machine's proposal for the speech content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The proposed text.
    pub content: String,
    /// Which model or file it came from.
    pub model: String,
    /// 0 to 1 where the model says so.
    pub confidence: Option<f64>,
}

/// Everything the screen needs about the open sample.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleDetail {
    /// Its row in this workspace.
    pub id: SampleId,
    /// Its key in the source.
    pub key: SampleKey,
    /// Which of the four states.
    pub state: SampleState,
    /// Why it stands in To confirm, if it does.
    pub confirm: Confirm,
    /// Size and `ETag` of the audio as last listed.
    pub stamp: AudioStamp,
    /// Length, when known.
    pub seconds: Option<Seconds>,
    /// The label in force (of a conflict: the one shown).
    pub content: Option<String>,
    /// The content heads that the label rests on: what a draft starts from.
    pub heads: Vec<RevisionId>,
    /// The other texts of a conflict, each with its author behind it.
    pub rivals: Vec<(String, String)>,
    /// Flags that are set.
    pub flags: Vec<Flag>,
    /// Who set the label in force, and when.
    pub labeled: Option<(String, Timestamp)>,
    /// The machine's proposal, if there is one.
    pub suggestion: Option<Suggestion>,
    /// Why the audio could not be decoded, when that is known.
    pub audio_error: Option<String>,
}
