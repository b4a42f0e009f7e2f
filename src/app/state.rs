//! The whole state of the screen, pane by pane.

use super::datasets::DatasetsPane;
use super::dialog::Dialog;
use super::editor::EditorPane;
use super::effect::LabelJob;
use super::exchange::{ExchangeState, SourceRights};
use super::layout::{Layout, layout};
use super::list::ListPane;
use super::message::{Sharing, SyncProgress};
use super::sound::SoundPane;
use crate::config::Config;
use crate::domain::{Counts, SampleId, SampleKey, Scope, SyncReport, Target, UserError, View};
use crate::keymap::{Context as KeyContext, Keymap};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// What `update` is told of the world outside.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Time since the program started; never goes back.
    pub now: Duration,
    /// Wall clock, UTC: only for what is stored or shown.
    pub wall: Timestamp,
}

/// Which screen is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// The datasets opened before, to choose from.
    Datasets,
    /// The labeling screen of one dataset.
    Labeling,
}

/// Which pane has the keys when no dialog is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The file list.
    List,
    /// The Speech Content box.
    Editor,
}

/// The dataset that is open, in words for the screen.
#[derive(Debug, Clone, Default)]
pub struct DatasetInfo {
    /// Its name.
    pub name: String,
    /// Its source as the user would type it.
    pub source: String,
    /// Where labels are shared, if anywhere.
    pub output: Option<String>,
    /// Who labels here.
    pub author: String,
}

/// How grave a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Done as asked.
    Info,
    /// Worth a look.
    Warning,
    /// Failed.
    Error,
}

/// One line that tells what just happened.
#[derive(Debug, Clone)]
pub struct Notice {
    /// How grave.
    pub severity: Severity,
    /// The line, already safe for the screen.
    pub text: String,
    /// When it goes away; errors stay until the next key.
    pub until: Option<Duration>,
}

/// Where *Synchronize New Data* stands.
#[derive(Debug, Clone, Default)]
pub struct SyncState {
    /// Running now, with what it has done so far.
    pub running: Option<SyncProgress>,
    /// What the last one did, and when.
    pub last: Option<(SyncReport, Timestamp)>,
    /// Why the last one failed, if it did.
    pub failed: Option<UserError>,
    /// When the next one starts by itself.
    pub next_at: Option<Duration>,
    /// How sharing labels stands; `None` until something is known.
    pub sharing: Option<Sharing>,
}

/// A label that could not be written; it is tried again until it is.
#[derive(Debug, Clone)]
pub(super) struct Unsaved {
    pub job: super::effect::LabelJob,
    /// `None` while it is being tried.
    pub retry_at: Option<Duration>,
}

/// A draft on its way to the disk: until it is there, this is where its text is safe.
#[derive(Debug, Clone)]
pub(super) struct DraftOut {
    pub job: super::effect::DraftJob,
    pub failed: bool,
}

/// Everything that is on the screen, or would be after a key.
#[derive(Debug)]
pub struct State {
    /// Which screen.
    pub screen: Screen,
    /// Which pane has the keys.
    pub focus: Focus,
    /// Open dialogs; the last one has the keys.
    pub dialogs: Vec<Dialog>,
    /// The open dataset.
    pub dataset: DatasetInfo,
    /// Counts by tab, of the whole workspace.
    pub counts: Counts,
    /// The tab.
    pub view: View,
    /// The share of the samples that is worked on.
    pub scope: Option<Scope>,
    /// The file list.
    pub list: ListPane,
    /// Waveform and Speech Content of the sample under the cursor.
    pub editor: EditorPane,
    /// The player.
    pub sound: SoundPane,
    /// Synchronize New Data.
    pub sync: SyncState,
    /// What goes in and out.
    pub exchange: ExchangeState,
    /// What may be done in the source.
    pub rights: SourceRights,
    /// The datasets opened before.
    pub datasets: DatasetsPane,
    /// What just happened.
    pub notice: Option<Notice>,
    /// Settings as they stand now.
    pub config: Config,
    /// Which key does what.
    pub keymap: Keymap,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Draw with ASCII only.
    pub ascii: bool,
    /// The program ends as soon as everything is saved.
    pub quitting: bool,
    pub(super) unsaved: BTreeMap<SampleId, Unsaved>,
    /// Labels on their way to the disk, and when a draft is made of one that is long on it; `None` once that is done.
    pub(super) labels_out: BTreeMap<SampleId, (LabelJob, Option<Duration>)>,
    pub(super) drafts_out: BTreeMap<SampleKey, DraftOut>,
    pub(super) drafts_due: Option<Duration>,
    pub(super) place_due: Option<Duration>,
    pub(super) last_escape: Option<Duration>,
    pub(super) ticket: u64,
}

impl State {
    /// The state before the first message: an empty labeling screen (or the choice of datasets).
    pub fn new(screen: Screen, config: Config, keymap: Keymap, size: (u16, u16)) -> Self {
        Self {
            screen,
            focus: Focus::List,
            dialogs: Vec::new(),
            dataset: DatasetInfo::default(),
            counts: Counts::default(),
            view: View::Unlabeled,
            scope: None,
            list: ListPane::default(),
            editor: EditorPane::default(),
            sound: SoundPane::new(&config.playback),
            sync: SyncState::default(),
            exchange: ExchangeState::default(),
            rights: SourceRights::default(),
            datasets: DatasetsPane::default(),
            notice: None,
            config,
            keymap,
            size,
            ascii: false,
            quitting: false,
            unsaved: BTreeMap::new(),
            labels_out: BTreeMap::new(),
            drafts_out: BTreeMap::new(),
            drafts_due: None,
            place_due: None,
            last_escape: None,
            ticket: 0,
        }
    }

    /// Before a dataset is there: what is waited for, in words, safe for the screen. Keys for its list wait as well.
    pub fn wait_for_dataset(&mut self, what: &str) {
        self.list.loading = true;
        let text = what.to_owned();
        self.notice = Some(Notice { severity: Severity::Info, text, until: None });
    }

    /// Where everything is drawn, which is also where the mouse finds it.
    pub fn layout(&self) -> Layout {
        layout(self.size, self)
    }

    /// Which keys hold now.
    pub fn key_context(&self) -> KeyContext {
        match (self.dialogs.last(), self.screen, self.focus) {
            (Some(_), _, _) => KeyContext::Dialog,
            (None, Screen::Labeling, Focus::Editor) => KeyContext::Editor,
            _ => KeyContext::List,
        }
    }

    /// The tabs that are shown: To confirm and the trash only while they hold something.
    pub fn tabs(&self) -> Vec<(View, u64)> {
        let counts = &self.counts;
        let mut tabs = vec![(View::Unlabeled, counts.unlabeled)];
        if counts.to_confirm > 0 || self.view == View::ToConfirm {
            tabs.push((View::ToConfirm, counts.to_confirm));
        }
        tabs.push((View::Labeled, counts.labeled));
        if counts.deleted > 0 || self.view == View::Deleted {
            tabs.push((View::Deleted, counts.deleted));
        }
        tabs
    }

    /// The labels that could not be written yet.
    pub fn unsaved(&self) -> usize {
        self.unsaved.len()
    }

    /// The drafts that could not be written yet, besides those of labels that could not.
    pub fn unsaved_drafts(&self) -> usize {
        let of_label = |key: &SampleKey| self.unsaved.values().any(|label| label.job.key == *key);
        self.drafts_out.iter().filter(|(key, out)| out.failed && !of_label(key)).count()
    }

    /// Whether this sample's label could not be written yet.
    pub fn is_unsaved(&self, id: SampleId) -> bool {
        self.unsaved.contains_key(&id)
    }

    /// When `update` wants to be woken with [`Message::Deadline`](super::Message::Deadline) at the latest.
    pub fn next_deadline(&self) -> Option<Duration> {
        [
            self.editor.draft_due,
            self.editor.lease_due,
            self.editor.resume_due,
            self.editor.former.as_ref().map(|former| former.until),
            self.notice.as_ref().and_then(|notice| notice.until),
            self.sync.next_at,
            self.drafts_due,
            self.place_due,
        ]
        .into_iter()
        .chain(self.unsaved.values().map(|unsaved| unsaved.retry_at))
        .chain(self.labels_out.values().map(|(_, draft_at)| *draft_at))
        .flatten()
        .min()
    }

    /// A number for a question whose answer must be told from older ones.
    pub(super) fn next_ticket(&mut self) -> u64 {
        self.ticket += 1;
        self.ticket
    }

    pub(super) fn tell(&mut self, context: &Context, severity: Severity, text: impl Into<String>) {
        let stays = match severity {
            Severity::Info => Some(4),
            Severity::Warning => Some(8),
            Severity::Error => None,
        };
        let until = stays.map(|seconds| context.now + Duration::from_secs(seconds));
        self.notice = Some(Notice { severity, text: text.into(), until });
    }

    pub(super) fn info(&mut self, context: &Context, text: impl Into<String>) {
        self.tell(context, Severity::Info, text);
    }

    pub(super) fn warn(&mut self, context: &Context, text: impl Into<String>) {
        self.tell(context, Severity::Warning, text);
    }

    /// The selected samples, else the one under the cursor.
    pub(super) fn acted_on(&self) -> Option<(Target, Option<u64>)> {
        let selection = &self.list.selection;
        if selection.all_matching {
            let (view, filter) = (self.view, self.list.filter.clone());
            return Some((Target::Matching { view, filter, scope: self.scope }, self.list.total));
        }
        if !selection.ids.is_empty() {
            let ids: Vec<SampleId> = selection.ids.iter().copied().collect();
            let count = ids.len() as u64;
            return Some((Target::Samples(ids), Some(count)));
        }
        self.list.cursor_row().map(|row| (Target::Samples(vec![row.id]), Some(1)))
    }
}
