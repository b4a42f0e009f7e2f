//! What is asked of a workspace and what it answers, as data.

use crate::domain::{
    ActionId, ActionReport, AudioStamp, How, MediaInfo, RevisionId, SampleDetail, SampleId,
    SampleKey, Seconds, Suggestion, SyncReport,
};
use jiff::Timestamp;

/// One sample and the text that a person gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRequest {
    /// The sample. One that moved meanwhile is followed to where it is now.
    pub sample: SampleId,
    /// The speech content. An empty one changes nothing: removing and *no speech* are deeds of their own.
    pub content: String,
    /// In which way it came to be.
    pub how: How,
    /// The content heads that the person started from; `None` labels whatever is there now.
    pub based_on: Option<Vec<RevisionId>>,
}

/// What became of a [`LabelRequest`].
#[derive(Debug, Clone, PartialEq)]
pub enum LabelOutcome {
    /// On disk.
    Labeled(ActionReport),
    /// It says so already; nothing was written.
    Unchanged,
    /// Somebody changed the label since `based_on`; nothing was written. This is how it stands now.
    ChangedMeanwhile(Box<SampleDetail>),
}

/// What a file that came with the data says of one sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportItem {
    /// The sample's key.
    pub key: SampleKey,
    /// Its row, where it was found already. The key counts, should another sample stand there by now.
    pub sample: Option<SampleId>,
    /// Its content; may be empty. `None`: nothing but [`ImportItem::extra`].
    pub content: Option<String>,
    /// The file it was read from, relative to the source where possible: the author, where none is named.
    pub origin: String,
    /// `ETag` or hash of that file, or of what it says of this sample.
    pub etag: String,
    /// Who made the label, if the file says so.
    pub author: Option<String>,
    /// When, if the file says so.
    pub at: Option<Timestamp>,
    /// What it says besides, to be kept and passed on: a JSON object.
    pub extra: Option<String>,
}

impl ImportItem {
    /// A label and nothing else.
    pub fn label(
        key: SampleKey,
        content: String,
        origin: impl Into<String>,
        etag: impl Into<String>,
    ) -> Self {
        Self {
            key,
            sample: None,
            content: Some(content),
            origin: origin.into(),
            etag: etag.into(),
            author: None,
            at: None,
            extra: None,
        }
    }
}

/// One thing that an import brings.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// A label, or what is said besides one.
    Item(ImportItem),
    /// A machine's proposal.
    Suggestion(Suggested),
    /// No thing: about so many things there will be in all.
    Expected(u64),
}

/// What an import did. The numbers and lists add up to the items read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// The action, for undo; `None` when nothing was written.
    pub action: Option<ActionId>,
    /// Labels written, those in conflict included.
    pub imported: u64,
    /// Suggestions kept.
    pub suggested: u64,
    /// Items that were there already.
    pub unchanged: u64,
    /// Left alone because a person's label, or its removal, stands.
    pub kept_by_person: Vec<SampleKey>,
    /// Keys that no sample has.
    pub unmatched: Vec<SampleKey>,
    /// Of the samples touched, how many are in conflict now.
    pub conflicts: u64,
}

/// One audio file as a source lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: SampleKey,
    /// Bytes.
    pub size: u64,
    /// The store's `ETag`, or `mtime:<nanoseconds>` of a folder.
    pub etag: String,
    /// When it was modified, if the source says so.
    pub modified: Option<Timestamp>,
}

/// How far a sync got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Call again.
    More {
        /// Entries looked at.
        done: u64,
        /// Of how many; may grow.
        of: u64,
    },
    /// Everything is applied.
    Done(SyncReport),
}

/// What a look at an audio file's header found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The sample.
    pub id: SampleId,
    /// The audio that was looked at; if the sample changed since, the probe is dropped.
    pub stamp: AudioStamp,
    /// Length in seconds, if it could be told.
    pub seconds: Option<Seconds>,
    /// Container, codec, rate.
    pub info: Option<MediaInfo>,
    /// Hash of the whole file, if it was read whole.
    pub sha256: Option<[u8; 32]>,
    /// Why it cannot be decoded.
    pub error: Option<String>,
}

/// A sample whose audio nobody looked at yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unprobed {
    /// The sample.
    pub id: SampleId,
    /// Where it lies.
    pub key: SampleKey,
    /// What to put into the [`Probe`].
    pub stamp: AudioStamp,
}

/// Who may edit a sample for the next minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// This running earmark.
    Mine,
    /// Somebody else, by name; nothing was changed.
    Other(String),
}

/// A machine's proposal for one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggested {
    /// The sample's key.
    pub key: SampleKey,
    /// The proposal.
    pub suggestion: Suggestion,
}
