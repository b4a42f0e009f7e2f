//! What reaches the screen: keys, the player, the workspace, sync, time.

use super::browse::Folder;
use super::datasets::KnownDataset;
use super::effect::{LabelJob, PagePurpose};
use super::exchange::{DeletionFacts, ExchangeNews, SourceRights};
use super::place::Place;
use super::sound::PlayerPage;
use super::state::DatasetInfo;
use crate::config::Config;
use crate::domain::{
    ActionReport, Counts, Deed, Draft, Event, ListenerPlace, Page, Peaks, Revision, SampleDetail,
    SampleId, SampleKey, Scope, SyncReport, Target, UndoReport, UserError,
};
use crate::keymap::Key;
use std::path::PathBuf;
use std::sync::Arc;

/// Something the user did with the terminal.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// Text pasted with brackets.
    Paste(String),
    /// Several lines that arrived faster than anybody types: pasted without brackets. What follows at once is sent with
    /// all that came before it.
    Lines(String),
    /// The mouse.
    Mouse(Mouse),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The terminal gained or lost the focus.
    Focus(bool),
}

/// What the mouse did, at which cell from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// Column from 0.
    pub column: u16,
    /// Row from 0.
    pub row: u16,
    /// What it did.
    pub kind: MouseKind,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// The wheel turned away from the user.
    WheelUp,
    /// The wheel turned towards the user.
    WheelDown,
}

/// What a sync is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SyncPhase {
    /// Listing the source.
    #[default]
    Listing,
    /// Taking in what was listed.
    Applying,
    /// Reading others' labels from the output.
    ReadingLabels,
    /// Writing our labels to the output.
    Sharing,
}

/// How sharing labels stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sharing {
    /// Revisions that are not in the output yet.
    pub waiting: u64,
    /// Why they cannot go there now, if they cannot; they go when it is over.
    pub problem: Option<String>,
}

/// How far a sync is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SyncProgress {
    /// What it is doing.
    pub phase: SyncPhase,
    /// Audio files found so far.
    pub listed: u64,
    /// Of these, applied to the workspace.
    pub applied: u64,
    /// Lengths read, and how many there are to read.
    pub probed: Option<(u64, u64)>,
}

/// How a label ended.
#[derive(Debug, Clone, PartialEq)]
pub enum LabelOutcome {
    /// It is on disk.
    Labeled(ActionReport),
    /// It already was that.
    Unchanged,
    /// Somebody changed the label since it was opened: nothing was written.
    ChangedMeanwhile(Box<SampleDetail>),
    /// It could not be written.
    Failed(UserError),
}

/// Everything that can happen.
#[derive(Debug, Clone)]
pub enum Message {
    /// The user did something.
    Input(Input),
    /// The player reports.
    Player(Event),
    /// Several laptops listen, and it is not clear which one is meant.
    Listeners(Vec<ListenerPlace>),
    /// A player page is open, or could not be.
    PlayerPage(Result<PlayerPage, UserError>),
    /// A dataset is open: show it.
    Opened {
        /// What it is called.
        dataset: DatasetInfo,
        /// Its counts.
        counts: Counts,
        /// Where this person left off.
        place: Option<Place>,
        /// The share to work on.
        scope: Option<Scope>,
        /// The settings in force for it.
        config: Box<Config>,
    },
    /// A dataset could not be opened.
    OpenFailed(UserError),
    /// A page of the list.
    Page {
        /// Which question it answers.
        generation: u64,
        /// What it is for.
        purpose: PagePurpose,
        /// The rows.
        page: Page,
    },
    /// Where the list's first row stands, and how many there are.
    Counted {
        /// Which question it answers.
        generation: u64,
        /// Rows before the first one of the window.
        offset: Option<u64>,
        /// Rows in all.
        total: Option<u64>,
    },
    /// The counts of the tabs.
    Counts(Counts),
    /// A sample, opened or read ahead.
    Sample {
        /// The number of the question.
        asked: u64,
        /// Its detail.
        detail: Box<SampleDetail>,
        /// This person's draft of it.
        draft: Option<Draft>,
    },
    /// A sample could not be read.
    SampleFailed {
        /// Which.
        id: SampleId,
        /// The number of the question.
        asked: u64,
        /// Why.
        error: UserError,
    },
    /// A label was committed, or not.
    Labeled {
        /// What was asked for.
        job: LabelJob,
        /// How it ended.
        outcome: LabelOutcome,
    },
    /// An action on one or many samples was done.
    Acted {
        /// What was asked for.
        deed: Deed,
        /// Of which samples.
        target: Target,
        /// What it did.
        result: Result<ActionReport, UserError>,
    },
    /// An action was taken back (`true`) or done again; `None`: there was nothing.
    Undone(bool, Result<Option<UndoReport>, UserError>),
    /// How many samples (and bytes of audio) a question is about.
    Weighed {
        /// Which question.
        ticket: u64,
        /// Samples.
        count: u64,
        /// Bytes of audio.
        bytes: u64,
    },
    /// What deleting source files would take away besides.
    DeletionPlanned(u64, Result<DeletionFacts, UserError>),
    /// A long job tells something.
    Exchange(u64, ExchangeNews),
    /// A folder of this machine.
    Browsed(u64, Result<Folder, UserError>),
    /// What these keys may do in the source.
    Rights(SourceRights),
    /// How sharing labels stands.
    Sharing(Sharing),
    /// A sample's history, oldest first.
    History(SampleId, Result<Vec<Revision>, UserError>),
    /// A draft is on disk (or not).
    DraftSaved {
        /// Of which sample.
        key: SampleKey,
        /// Which state of the box was saved.
        ticket: u64,
        /// Why not.
        error: Option<UserError>,
    },
    /// Who holds a sample that we want to edit: `None` is us.
    Leased(SampleId, Option<String>),
    /// A waveform, whole or growing.
    Peaks(SampleId, Arc<Peaks>),
    /// The audio of a sample cannot be decoded.
    AudioFailed(SampleId, String),
    /// The audio of a sample is not the one that was listed.
    AudioChanged(SampleId),
    /// Sync goes on.
    Sync(SyncProgress),
    /// Sync is over.
    Synced(Result<SyncReport, UserError>),
    /// Another process synchronizes it; this says who.
    SyncElsewhere(UserError),
    /// Lengths of files were read in the background.
    Probed {
        /// Everything has been looked at.
        last: bool,
    },
    /// Another process changed the workspace.
    Changed,
    /// The datasets opened before.
    Datasets(Vec<KnownDataset>),
    /// Something failed that has no pane of its own.
    Failed(UserError),
    /// Something was done that has no pane of its own.
    Done(String),
    /// A deadline that `State::next_deadline` named has come.
    Deadline,
    /// The terminal is gone or the program shall end: save everything and go.
    Terminate,
    /// A file dropped or typed as a path to open as a dataset.
    OpenPath(PathBuf),
}
