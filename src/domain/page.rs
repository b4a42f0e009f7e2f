//! Lists as data: which samples, in what order, which page. The workspace answers, the screen shows.

use super::{Confirm, Filter, Flag, SampleId, SampleKey, SampleState, Seconds};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Which samples a list holds, before any filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// Tab 1.
    #[default]
    Unlabeled,
    /// Tab 2: a view across Unlabeled and Labeled, not a state.
    ToConfirm,
    /// Tab 3.
    Labeled,
    /// Not in the source any more.
    Missing,
    /// The trash.
    Deleted,
    /// Only those whose labels disagree.
    Conflicts,
    /// Everything, whatever its state.
    All,
}

/// By what a list is ordered; ties are broken by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderBy {
    /// Key bytes.
    #[default]
    Name,
    /// Modified time of the audio.
    Time,
    /// Length; unknown last.
    Duration,
    /// When it was labeled; never last.
    Labeled,
    /// Characters of the label for each second of audio; unknown last.
    CharsPerSecond,
}

/// An order and its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Order {
    /// By what.
    pub by: OrderBy,
    /// From high to low.
    pub descending: bool,
}

/// A share of the samples, by hash of the key: `part` of `of`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// Which share, from 1.
    pub part: u32,
    /// Of how many.
    pub of: u32,
}

/// Where a page starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// At the first row.
    First,
    /// At the last row.
    Last,
    /// Around this sample, it included; if it is not in the list, around where it would stand.
    Around(SampleId),
    /// Around where this key stands or would stand.
    AroundKey(SampleKey),
    /// After this sample, it excluded.
    After(SampleId),
    /// Before this sample, it excluded.
    Before(SampleId),
}

/// A request for one page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRequest {
    /// Which samples.
    pub view: View,
    /// Only those that match.
    pub filter: Filter,
    /// In what order.
    pub order: Order,
    /// Only this share.
    pub scope: Option<Scope>,
    /// Where it starts.
    pub anchor: Anchor,
    /// How many rows at most.
    pub limit: usize,
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The sample's row in this workspace.
    pub id: SampleId,
    /// Its key.
    pub key: SampleKey,
    /// Which of the four states.
    pub state: SampleState,
    /// Why it stands in To confirm.
    pub confirm: Confirm,
    /// Length, when known.
    pub seconds: Option<Seconds>,
    /// Bytes of audio.
    pub size: u64,
    /// The audio's `ETag`, see [`super::AudioStamp`].
    pub etag: String,
    /// The label in force.
    pub content: Option<String>,
    /// Bits of the known flags, see [`Flag::bit`].
    pub flags: u32,
    /// Who is editing it elsewhere, if somebody is.
    pub leased_by: Option<String>,
    /// Who labeled it.
    pub labeled_by: Option<String>,
    /// When it was labeled.
    pub labeled_at: Option<Timestamp>,
    /// When the audio was modified.
    pub modified: Option<Timestamp>,
    /// Whether this author has a draft for it.
    pub draft: bool,
}

impl Row {
    /// The known flags that are set.
    pub fn known_flags(&self) -> impl Iterator<Item = Flag> + '_ {
        Flag::KNOWN.into_iter().filter(|flag| self.flags & flag.bit() != 0)
    }
}

/// One page of a list, in list order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// Whether rows precede the first one.
    pub more_before: bool,
    /// Whether rows follow the last one.
    pub more_after: bool,
    /// How many rows precede the first one, when that was counted.
    pub offset: Option<u64>,
    /// How many rows the whole list has, when that was counted.
    pub total: Option<u64>,
}

/// Maintained counts and lengths of a workspace. The first four add up to `total`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Counts {
    /// In Unlabeled.
    pub unlabeled: u64,
    /// In Labeled.
    pub labeled: u64,
    /// Not in the source any more.
    pub missing: u64,
    /// In the trash.
    pub deleted: u64,
    /// A view across: suggestions, conflicts, changed audio.
    pub to_confirm: u64,
    /// Samples whose labels disagree.
    pub conflicts: u64,
    /// All samples.
    pub total: u64,
    /// Samples (neither missing nor deleted) whose length is known.
    pub seconds_known: u64,
    /// Their length in seconds.
    pub seconds_total: Seconds,
    /// The length of the labeled ones.
    pub seconds_labeled: Seconds,
}
