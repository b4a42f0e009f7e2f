//! What goes in and out of a dataset: the long jobs that the screen asks for, how far they are, what came of them.
//!
//! One job at a time; each answer carries the ticket of its job, so that one of a job that was given up is told apart.

use crate::domain::{Filter, SampleKey, Scope, Target, UserError, View};
use jiff::Timestamp;
use std::path::PathBuf;

/// A long job, done beside labeling.
#[derive(Debug, Clone, PartialEq)]
pub enum ExchangeJob {
    /// What adding these files would do.
    CheckAdd(AddJob),
    /// Copy local recordings into the source and the dataset.
    Add(AddJob),
    /// Take labels in, or only say what it would do.
    Import(ImportJob),
    /// Write labels out.
    Export(ExportJob),
    /// What publishing would change against the version before.
    CheckPublish(PublishJob),
    /// Publish a version.
    Publish(PublishJob),
    /// The versions that were published.
    Versions(VersionsFor),
    /// How two versions differ.
    Compare {
        /// The name of one.
        earlier: String,
        /// The name of the other.
        later: String,
    },
    /// Delete the source files of samples, after the trash: only after the count was typed.
    DeleteSources(Target, u64),
}

impl ExchangeJob {
    /// What is going on, in a word or two.
    pub fn title(&self) -> &'static str {
        match self {
            Self::CheckAdd(_) | Self::Add(_) => "Add data",
            Self::Import(_) => "Import data",
            Self::Export(_) => "Export",
            Self::CheckPublish(_) | Self::Publish(_) => "Publish",
            Self::Versions(_) => "Versions",
            Self::Compare { .. } => "Compare versions",
            Self::DeleteSources(..) => "Delete File",
        }
    }

    /// What stopping it leaves behind.
    pub fn if_stopped(&self) -> &'static str {
        match self {
            Self::Add(_) => "stopped: what was added stays",
            Self::Import(job) if !job.dry_run => "stopped: nothing was imported",
            Self::Export(_) => "stopped: nothing was written",
            Self::Publish(_) => "stopped: nothing was published",
            Self::DeleteSources(..) => "stopped: what was deleted is gone, the rest stays",
            _ => "stopped",
        }
    }

    /// Whether it only looks: nobody labels on while it does.
    pub fn only_looks(&self) -> bool {
        match self {
            Self::CheckAdd(_)
            | Self::CheckPublish(_)
            | Self::Versions(_)
            | Self::Compare { .. } => true,
            Self::Import(job) => job.dry_run,
            _ => false,
        }
    }
}

/// What the versions are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionsFor {
    /// To look at them.
    Show,
    /// For the name of the next one.
    Publish,
}

/// Local recordings to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddJob {
    /// Files, and folders of them.
    pub files: Vec<PathBuf>,
    /// The folder of the source that they go into; empty: the source itself.
    pub folder: String,
    /// Over files of the same key; else those are left alone.
    pub overwrite: bool,
}

/// Labels to take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportJob {
    /// A file, a folder or a bucket address; empty: the source itself.
    pub from: String,
    /// The name of its format; `None`: recognized.
    pub format: Option<&'static str>,
    /// What the texts become.
    pub kind: ImportKind,
    /// Over what people said.
    pub replace: bool,
    /// Lines that cannot be used are left out.
    pub skip_bad_lines: bool,
    /// Only say what it would do.
    pub dry_run: bool,
}

/// What imported texts become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// As the file says: labels, and suggestions where a machine made them.
    AsSaid,
    /// Labels.
    Labels,
    /// Suggestions.
    Suggestions,
}

/// What becomes of samples in conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InConflict {
    /// Nothing is written while there is one.
    Stop,
    /// The text that is shown.
    Shown,
    /// They are left out.
    Skip,
}

/// Labels to write out.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportJob {
    /// The name of the format.
    pub format: &'static str,
    /// The file, or the folder for formats of several.
    pub to: String,
    /// Of which list; `None`: all that are in the source and not in the trash.
    pub view: Option<View>,
    /// Only those that match.
    pub filter: Filter,
    /// Only this share.
    pub scope: Option<Scope>,
    /// Only samples that have a label.
    pub labeled_only: bool,
    /// Samples whose labels disagree.
    pub conflicts: InConflict,
    /// Over files that are there.
    pub overwrite: bool,
}

/// What a split keeps together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepTogether {
    /// Each file is by itself.
    File,
    /// The files of one folder.
    Folder,
    /// The files of one speaker.
    Speaker,
}

/// A version to publish.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishJob {
    /// Its name; `None`: the next number.
    pub version: Option<String>,
    /// What is said about it.
    pub description: String,
    /// Only samples that have a label.
    pub labeled_only: bool,
    /// Samples whose labels disagree.
    pub conflicts: InConflict,
    /// The share for training, and what stays together.
    pub split: Option<(f64, KeepTogether)>,
}

/// In what a job counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Files or samples.
    Files,
    /// Lines or entries of a file of labels.
    Records,
    /// Bytes.
    Bytes,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobProgress {
    /// What it is doing: *checking*, *uploading*, …
    pub doing: &'static str,
    /// How much of it is done.
    pub done: u64,
    /// Of how much, when known.
    pub of: Option<u64>,
    /// Counted in this.
    pub unit: Unit,
    /// Which file of how many, where bytes are counted.
    pub file: Option<(u64, u64)>,
}

impl JobProgress {
    /// So many of an unknown number.
    pub fn of_unknown(doing: &'static str, done: u64, unit: Unit) -> Self {
        Self { doing, done, of: None, unit, file: None }
    }
}

/// The first of many names or lines, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// The first ones, as they came from outside.
    pub first: Vec<String>,
    /// All of them.
    pub count: u64,
}

/// What adding files would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddCheck {
    /// Recordings.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Keys that something has already.
    pub existing: Named,
}

/// What adding files did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddOutcome {
    /// New in the source.
    pub added: u64,
    /// In the place of another file.
    pub replaced: u64,
    /// Left alone, because something has their key.
    pub skipped: u64,
    /// Bytes that went over.
    pub bytes: u64,
    /// What failed, and why.
    pub failed: Vec<(SampleKey, String)>,
    /// It was stopped before the end.
    pub stopped: bool,
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportOutcome {
    /// The format it was read in.
    pub format: &'static str,
    /// Whether anything stays.
    pub applied: bool,
    /// Recordings that the file names.
    pub records: u64,
    /// Labels.
    pub labels: u64,
    /// Suggestions.
    pub suggestions: u64,
    /// Samples that say so already.
    pub unchanged: u64,
    /// Named without a text.
    pub without_text: u64,
    /// The same again.
    pub repeated: u64,
    /// Kept: labeled by a person.
    pub kept: Named,
    /// Names that no sample has.
    pub unmatched: Named,
    /// Names that several samples have.
    pub ambiguous: Named,
    /// Objects of other buckets.
    pub other_bucket: Named,
    /// Lines that cannot be used, with their numbers.
    pub problems: Named,
    /// Samples in conflict afterwards.
    pub conflicts: u64,
}

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportOutcome {
    /// Where it is, as a path.
    pub to: String,
    /// Samples.
    pub written: u64,
    /// Of those, labeled.
    pub labeled: u64,
    /// Samples in conflict.
    pub conflicts: u64,
    /// Samples that could not be written, and why.
    pub left_out: Named,
    /// Labels read back as they were written; `None` where the format is written only.
    pub verified: Option<u64>,
    /// Labels that the format gives back in other words or spaces.
    pub altered: u64,
}

/// What publishing would change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublishCheck {
    /// The name that it would have.
    pub version: String,
    /// The version before it.
    pub parent: Option<String>,
    /// Samples.
    pub total: u64,
    /// Of those, labeled.
    pub labeled: u64,
    /// New against the parent.
    pub added: u64,
    /// Other content than in the parent.
    pub modified: u64,
    /// Not in it any more.
    pub deleted: u64,
    /// Samples in conflict.
    pub conflicts: Named,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublishOutcome {
    /// Its name.
    pub version: String,
    /// The manifest's whole address.
    pub manifest: String,
    /// The counts.
    pub counts: PublishCheck,
    /// Samples that could not be written, and why.
    pub left_out: Named,
    /// Names that somebody began and did not finish.
    pub unfinished: Vec<String>,
}

/// A version in the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Its name.
    pub name: String,
    /// When it was published.
    pub at: Timestamp,
    /// By whom.
    pub author: String,
    /// What was said about it.
    pub description: String,
    /// The version before it.
    pub parent: Option<String>,
    /// Samples.
    pub total: u64,
    /// Of those, labeled.
    pub labeled: u64,
    /// Against the parent: added, modified, deleted.
    pub changes: [u64; 3],
}

/// How two versions differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VersionDiff {
    /// One.
    pub earlier: String,
    /// The other.
    pub later: String,
    /// Added, modified, deleted.
    pub changes: [u64; 3],
    /// The first samples that differ: `+`, `~` or `-`, and the key.
    pub samples: Vec<(char, SampleKey)>,
}

/// What a job tells.
#[derive(Debug, Clone, PartialEq)]
pub enum ExchangeNews {
    /// It goes on.
    Progress(JobProgress),
    /// It was stopped, as asked.
    Stopped,
    /// It failed; nothing of it is done.
    Failed(UserError),
    /// What adding would do.
    AddChecked(AddCheck),
    /// What adding did.
    Added(AddOutcome),
    /// What an import did or would do.
    Imported(ImportOutcome),
    /// What an export wrote.
    Exported(ExportOutcome),
    /// What publishing would change.
    PublishChecked(PublishCheck),
    /// What was published.
    Published(PublishOutcome),
    /// The versions.
    Versions {
        /// The newest first.
        rows: Vec<VersionRow>,
        /// The next number that nobody took.
        next: String,
    },
    /// How two versions differ.
    Compared(VersionDiff),
    /// Source files were deleted: how many, and what failed with why.
    SourcesDeleted {
        /// Files gone.
        deleted: u64,
        /// Those that are still there.
        failed: Vec<(SampleKey, String)>,
        /// It was stopped before the end.
        stopped: bool,
    },
}

/// What deleting source files would take away besides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeletionFacts {
    /// Published versions that list at least one of them.
    pub versions: Vec<String>,
    /// Other datasets of this machine that list at least one of them.
    pub datasets: Vec<String>,
    /// Whether the store keeps what is deleted; `None`: it does not say.
    pub kept: Option<bool>,
}

/// What may be done in the source with these keys. `None`: it was not tried, or nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceRights {
    /// Adding files.
    pub add: Option<bool>,
    /// Deleting them.
    pub delete: Option<bool>,
}

/// The job that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// Which one.
    pub ticket: u64,
    /// What it does.
    pub job: ExchangeJob,
    /// How far it is.
    pub progress: Option<JobProgress>,
    /// It was asked to stop.
    pub stopping: bool,
}

/// Where jobs stand.
#[derive(Debug, Default)]
pub struct ExchangeState {
    /// The one that runs.
    pub running: Option<Running>,
    /// What came of one while its person labeled on: shown when the list has the keys again.
    pub(super) waiting: Option<super::dialog::Dialog>,
}
