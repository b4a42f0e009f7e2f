//! The dialogs: what each one holds while it is open.

use super::browse::BrowseDialog;
use super::conflict::ConflictDialog;
use super::effect::LabelJob;
use super::exchange::DeletionFacts;
use super::sheets::{ChoiceDialog, FormDialog, VersionsDialog};
use crate::action::Action;
use crate::domain::{Deed, OrderBy, Revision, SampleDetail, SampleId, Target, UserError};
use crate::keymap::Context as KeyContext;
use crate::text::Buffer;
use std::time::Duration;

/// An open dialog. The last one opened has the keys.
#[derive(Debug)]
pub enum Dialog {
    /// All keys of a context.
    Help(HelpDialog),
    /// Every action by name.
    Palette(PaletteDialog),
    /// One-key flags.
    Flags(FlagDialog),
    /// By what to order.
    Order(OrderDialog),
    /// Search and filter.
    Filter(FilterDialog),
    /// What to do to several samples.
    Batch(BatchDialog),
    /// Are you sure.
    Confirm(ConfirmDialog),
    /// Delete File…
    Delete(DeleteDialog),
    /// The revisions of a sample.
    History(HistoryDialog),
    /// Several lines were pasted without brackets.
    Paste(PasteDialog),
    /// Somebody labeled the sample since it was opened.
    Newer(Box<NewerDialog>),
    /// One line of text is asked for.
    Prompt(PromptDialog),
    /// Something to read.
    Message(MessageDialog),
    /// Ctrl+C was pressed.
    Quit(QuitDialog),
    /// What to add, import, export or publish, and how.
    Form(Box<FormDialog>),
    /// What there is to know, and ways to go on.
    Choice(Box<ChoiceDialog>),
    /// Files of this machine.
    Browse(Box<BrowseDialog>),
    /// The job that runs.
    Progress,
    /// The texts of a conflict.
    Conflict(Box<ConflictDialog>),
    /// What was published.
    Versions(Box<VersionsDialog>),
}

/// All keys of a context, to scroll through.
#[derive(Debug)]
pub struct HelpDialog {
    /// Whose keys come first.
    pub context: KeyContext,
    /// Rows scrolled out at the top.
    pub scroll: usize,
}

/// Every action by name, narrowed by typing.
#[derive(Debug)]
pub struct PaletteDialog {
    /// What was typed.
    pub query: Buffer,
    /// The actions that match, best first.
    pub found: Vec<Action>,
    /// The chosen one.
    pub cursor: usize,
}

/// One-key flags for the open sample or the selection.
#[derive(Debug)]
pub struct FlagDialog {
    /// Which samples.
    pub target: Target,
    /// How many, when known.
    pub count: Option<u64>,
    /// Bits of the flags that are set (of one sample).
    pub set: u32,
    /// The chosen row.
    pub cursor: usize,
    /// Opened while typing: after *no speech* the next file comes.
    pub from_editor: bool,
}

/// By what to order.
#[derive(Debug)]
pub struct OrderDialog {
    /// The chosen row.
    pub cursor: usize,
    /// The orders, in the order of the menu.
    pub choices: Vec<OrderBy>,
}

/// Search and filter: the list follows while typing.
#[derive(Debug)]
pub struct FilterDialog {
    /// What was typed.
    pub line: Buffer,
    /// What holds if it is given up.
    pub before: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// What to do to several samples.
#[derive(Debug)]
pub struct BatchDialog {
    /// Which samples.
    pub target: Target,
    /// How many, when known.
    pub count: Option<u64>,
    /// Where it stands.
    pub step: BatchStep,
}

/// Where a batch stands.
#[derive(Debug)]
pub enum BatchStep {
    /// Choose what to do.
    Choose {
        /// The chosen row.
        cursor: usize,
    },
    /// Type the content for all.
    Content(Buffer),
}

/// Are you sure.
#[derive(Debug)]
pub struct ConfirmDialog {
    /// What will happen, with its count.
    pub question: String,
    /// What more there is to know.
    pub detail: Vec<String>,
    /// What happens on yes.
    pub deed: ConfirmedDeed,
    /// Yes is chosen.
    pub yes: bool,
}

/// What a confirmation stands for.
#[derive(Debug, Clone)]
pub enum ConfirmedDeed {
    /// Do this to these.
    Act(Deed, Target),
    /// Forget a dataset.
    Forget(String),
    /// Stop the sync that runs.
    StopSync,
    /// Quit although labels are not on disk.
    Quit,
}

/// The fields of Delete File….
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteField {
    /// The box *Delete the source files*.
    SourceFiles,
    /// The count to type.
    Count,
    /// The button *Delete*.
    Delete,
    /// The button *Cancel*.
    Cancel,
}

/// Delete File….
#[derive(Debug)]
pub struct DeleteDialog {
    /// Which samples.
    pub target: Target,
    /// How many samples and bytes, once weighed.
    pub weight: Option<(u64, u64)>,
    /// Which question the weight answers.
    pub ticket: u64,
    /// Also delete the files in the source. Never the default.
    pub source_files: bool,
    /// What deleting them would take away besides, once known; asked for when the box is first ticked.
    pub besides: Option<DeletionFacts>,
    /// It was asked for.
    pub asked: bool,
    /// The count as typed.
    pub typed: Buffer,
    /// Where the keys go.
    pub field: DeleteField,
    /// What is wrong.
    pub error: Option<String>,
}

/// The revisions of a sample, newest first.
#[derive(Debug)]
pub struct HistoryDialog {
    /// Which sample.
    pub sample: SampleId,
    /// Its name, safe for the screen.
    pub name: String,
    /// Newest first; `None` until read.
    pub revisions: Option<Vec<Revision>>,
    /// The chosen one.
    pub cursor: usize,
}

/// Several lines were pasted without brackets.
#[derive(Debug)]
pub struct PasteDialog {
    /// The lines.
    pub lines: Vec<String>,
    /// One text is chosen (else: several labels).
    pub one_text: bool,
}

/// Somebody labeled the sample since it was opened: both texts, before anything is written.
#[derive(Debug)]
pub struct NewerDialog {
    /// What was to be written.
    pub job: LabelJob,
    /// What is there now.
    pub theirs: SampleDetail,
    /// The chosen row: 0 mine, 1 theirs, 2 back to the box.
    pub cursor: usize,
    /// It came up while something else was done: since when nobody went on with that.
    pub(crate) typed_at: Option<Duration>,
}

/// What a line of text is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptPurpose {
    /// The path or address of a dataset to open.
    OpenDataset,
    /// A new name for a dataset, by its workspace.
    RenameDataset(String),
}

/// One line of text is asked for.
#[derive(Debug)]
pub struct PromptDialog {
    /// What for.
    pub purpose: PromptPurpose,
    /// The line.
    pub line: Buffer,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// Something to read.
#[derive(Debug)]
pub struct MessageDialog {
    /// The title.
    pub title: String,
    /// What failed, why, and what to do.
    pub error: Option<UserError>,
    /// Lines of text, safe for the screen.
    pub lines: Vec<String>,
    /// Rows scrolled out at the top.
    pub scroll: usize,
}

/// Ctrl+C was pressed.
#[derive(Debug)]
pub struct QuitDialog {
    /// Yes is chosen.
    pub yes: bool,
}
