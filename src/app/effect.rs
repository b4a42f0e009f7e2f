//! What `update` wants done. The runner does it and answers with messages.

use super::exchange::ExchangeJob;
use super::place::Place;
use crate::domain::{
    AudioStamp, Command, Deed, How, PageRequest, RevisionId, SampleDetail, SampleId, SampleKey,
    Seconds, Target,
};
use std::path::PathBuf;

/// What a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagePurpose {
    /// Another window, to which the cursor goes.
    Replace,
    /// The window anew, around the sample under the cursor when it was asked for; the cursor stays where it is by then.
    Refresh(SampleId),
    /// Rows that follow the window.
    After,
    /// Rows that precede the window.
    Before,
}

/// A label to commit.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelJob {
    /// The sample.
    pub sample: SampleId,
    /// Its key, for messages and for its draft.
    pub key: SampleKey,
    /// The speech content.
    pub content: String,
    /// Typed, or a suggestion as it was.
    pub how: How,
    /// The content heads it was made on; `None` overwrites whatever is there (both stay in the history).
    pub based_on: Option<Vec<RevisionId>>,
}

/// A draft to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftJob {
    /// The sample.
    pub key: SampleKey,
    /// The text.
    pub text: String,
    /// The cursor, in bytes.
    pub cursor: usize,
    /// The content heads that it started from.
    pub heads: Vec<RevisionId>,
    /// Comes back in the answer.
    pub ticket: u64,
}

/// A file for the player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// The sample.
    pub sample: SampleId,
    /// Its key.
    pub key: SampleKey,
    /// What tells whether it changes.
    pub stamp: AudioStamp,
}

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Read a page.
    Page {
        /// Comes back.
        generation: u64,
        /// Comes back.
        purpose: PagePurpose,
        /// Which rows.
        request: PageRequest,
    },
    /// Count the rows of a list, and those before its first loaded row.
    Count {
        /// Comes back.
        generation: u64,
        /// Which list.
        request: PageRequest,
        /// The first loaded row.
        first: Option<SampleId>,
    },
    /// Read the counts of the tabs.
    Counts,
    /// Read a sample and its draft: to open it, or ahead.
    Sample {
        /// Which.
        id: SampleId,
        /// The number of the question, which its answer carries.
        asked: u64,
    },
    /// Commit a label.
    Label(LabelJob),
    /// Do something to one or many samples, as one action.
    Act(Deed, Target),
    /// Take the last action back.
    Undo,
    /// Do the action that was taken back again.
    Redo,
    /// How many samples and bytes a target is.
    Weigh(u64, Target),
    /// What deleting the source files of samples would take away besides.
    PlanDeletion(u64, Target),
    /// Start a long job; its ticket comes back with all it tells.
    Exchange(u64, Box<ExchangeJob>),
    /// Stop the job of this ticket.
    CancelExchange(u64),
    /// Read a folder of this machine; without one, where people keep their files.
    Browse(u64, Option<PathBuf>),
    /// Read a history.
    History(SampleId),
    /// Save a draft.
    SaveDraft(DraftJob),
    /// Forget a draft.
    DropDraft(SampleKey),
    /// Ask to edit a sample, or go on editing it.
    Lease(SampleId),
    /// Stop editing a sample.
    Release(SampleId),
    /// Make a file the player's current one.
    Load {
        /// Comes back in events.
        load: u64,
        /// The file.
        sound: Sound,
        /// Where to start.
        from: Seconds,
        /// Play at once.
        play: bool,
    },
    /// Fetch and decode these ahead; forget others.
    Prefetch(Vec<Sound>),
    /// Tell the player.
    Player(Command),
    /// Let sound go to this listener.
    PickListener(String),
    /// Open a player page, or make a new link to it.
    OpenPlayerPage,
    /// Decode a waveform (or read it from the workspace).
    Peaks(Box<SampleDetail>),
    /// Synchronize New Data.
    Sync,
    /// Stop it.
    CancelSync,
    /// Put text on the user's clipboard.
    Clipboard(String),
    /// Remember where this person is.
    Remember(Place),
    /// Keep a setting for the next start.
    RememberSetting(&'static str, String),
    /// Read the datasets opened before.
    Datasets,
    /// Open a dataset by its workspace or path.
    OpenDataset(String),
    /// Give a dataset another name.
    RenameDataset(String, String),
    /// Take a dataset off the list; its workspace file stays.
    ForgetDataset(String),
    /// Note an interaction in the local journal: kind, sample, and what is worth measuring.
    Journal(&'static str, Option<SampleId>, String),
    /// Suspend to the shell.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// End once everything before it is done.
    Quit,
}
