//! What the screen is: state by pane, messages in, effects out, and the pure function between them.
//!
//! [`update`] never waits, reads no clock and does no I/O: those come in the [`Message`] or the [`Context`], and what
//! is to be done goes out as [`Effect`]s. So the whole screen can be driven by typed keys in a test.

mod ahead;
mod browse;
mod conflict;
mod datasets;
mod dialog;
mod editor;
mod effect;
mod exchange;
mod form;
mod formats;
mod hints;
mod layout;
mod list;
mod message;
mod place;
mod select;
mod sheets;
mod sound;
mod state;
mod update;

pub use browse::{BrowseDialog, BrowseEntry, BrowseFor, BrowseRow, EntryKind, Folder};
pub use conflict::{ConflictDialog, Rival, Rivals};
pub use datasets::{DatasetsPane, KnownDataset};
pub use dialog::{
    BatchDialog, BatchStep, ConfirmDialog, ConfirmedDeed, DeleteDialog, DeleteField, Dialog,
    FilterDialog, FlagDialog, HelpDialog, HistoryDialog, MessageDialog, NewerDialog, OrderDialog,
    PaletteDialog, PasteDialog, PromptDialog, PromptPurpose, QuitDialog,
};
pub use editor::{DraftMark, EditorPane, Loading, OpenSample};
pub use effect::{DraftJob, Effect, LabelJob, PagePurpose, Sound};
pub use exchange::{
    AddCheck, AddJob, AddOutcome, DeletionFacts, ExchangeJob, ExchangeNews, ExchangeState,
    ExportJob, ExportOutcome, ImportJob, ImportKind, ImportOutcome, InConflict, JobProgress,
    KeepTogether, Named, PublishCheck, PublishJob, PublishOutcome, Running, SourceRights, Unit,
    VersionDiff, VersionRow, VersionsFor,
};
pub use form::{Field, FieldId, FieldKind, Form};
pub use formats::{FORMATS, FormatChoice};
pub use hints::{Hint, hints};
pub use layout::{Layout, PaneKind, Rect, layout};
pub use list::{ListPane, RowMark, Selection};
pub use message::{
    Input, LabelOutcome, Message, Mouse, MouseKind, Sharing, SyncPhase, SyncProgress,
};
pub use place::Place;
pub use sheets::{
    ChoiceDialog, ChoicePurpose, Fact, FormDialog, FormPurpose, Tone, VersionsDialog, Way,
};
pub use sound::{PlayerPage, SoundPane, Transport};
pub use state::{Context, DatasetInfo, Focus, Notice, Screen, Severity, State, SyncState};
pub use update::update;
