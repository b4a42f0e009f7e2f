//! Opening datasets, and the list of those opened before.

use super::Turn;
use crate::action::Action;
use crate::app::datasets::KnownDataset;
use crate::app::dialog::{
    ConfirmDialog, ConfirmedDeed, Dialog, MessageDialog, PromptDialog, PromptPurpose,
};
use crate::app::effect::Effect;
use crate::app::exchange::{ExchangeState, SourceRights};
use crate::app::list::{ListPane, To};
use crate::app::place::Place;
use crate::app::sound::SoundPane;
use crate::app::state::{DatasetInfo, Focus, Screen, SyncState};
use crate::domain::{Anchor, Command, Counts, Filter, Order, SampleId, Scope, UserError};
use crate::text::{Buffer, safe_line};

impl Turn<'_> {
    pub(super) fn dataset_opened(
        &mut self,
        dataset: DatasetInfo,
        counts: Counts,
        place: Option<Place>,
        scope: Option<Scope>,
    ) {
        // Where sound goes is the program's own affair, whatever it is the sound of.
        let fresh = SoundPane::new(&self.state.config.playback);
        let SoundPane { output, listeners, page, .. } =
            std::mem::replace(&mut self.state.sound, fresh.clone());
        self.state.sound = SoundPane { output, listeners, page, ..fresh };
        // It was waited for since the start: the keys that came meanwhile are for its list.
        let first = self.state.list.loading && self.state.dataset.source.is_empty();
        let typed_ahead = std::mem::take(&mut self.state.list.typed_ahead);
        if first {
            self.state.notice = None;
        }
        self.state.screen = Screen::Labeling;
        self.state.focus = Focus::List;
        if !first {
            self.state.dialogs.clear();
        }
        self.state.dataset = dataset;
        self.state.counts = counts;
        self.state.scope = scope;
        self.state.datasets.opening = None;
        self.state.editor.open = None;
        self.state.editor.ahead.forget_all();
        self.state.unsaved.clear();
        self.state.drafts_out.clear();
        self.state.drafts_due = None;
        self.state.sync = SyncState::default();
        self.state.exchange = ExchangeState::default();
        self.state.rights = SourceRights::default();
        let order = Order {
            by: self.state.config.list.order,
            descending: self.state.config.list.descending,
        };
        let generation = self.state.list.generation;
        let typed_ahead = if first { typed_ahead } else { Vec::new() };
        self.state.list = ListPane { order, generation, typed_ahead, ..ListPane::default() };
        self.come_back(place);
        if self.state.config.sync.on_open {
            self.start_sync();
        }
        self.tell_player();
    }

    /// File, cursor, playhead, tab, filter and speed as they were left.
    fn come_back(&mut self, place: Option<Place>) {
        let Some(place) = place else {
            self.reload(Anchor::First, To::Start);
            return;
        };
        self.state.view = place.view;
        self.state.list.filter = Filter::parse(&place.filter).unwrap_or_default();
        self.state.list.order = place.order;
        let pane = &mut self.state.sound;
        pane.rate = place.rate.clamp(0.5, 3.0);
        pane.volume_db = place.volume_db;
        pane.skip_silence = place.skip_silence;
        pane.stop_while_typing = place.stop_while_typing;
        pane.autoplay = place.autoplay;
        let sample = place.sample.map(SampleId);
        self.state.editor.restore = Some(place);
        self.reload(sample.map_or(Anchor::First, Anchor::Around), To::Sample(sample));
    }

    fn tell_player(&mut self) {
        let pane = &self.state.sound;
        let commands = [
            Command::Rate(pane.rate),
            Command::Gain(pane.volume_db),
            Command::SkipSilence(pane.skip_silence),
            Command::Backstep(self.state.config.playback.backstep),
        ];
        for command in commands {
            self.effect(Effect::Player(command));
        }
    }

    pub(super) fn dataset_failed(&mut self, error: UserError) {
        self.state.datasets.opening = None;
        let title = "The dataset could not be opened".to_owned();
        let dialog = MessageDialog { title, error: Some(error), lines: Vec::new(), scroll: 0 };
        self.state.dialogs.push(Dialog::Message(dialog));
        self.effect(Effect::Datasets);
    }

    pub(super) fn show_datasets(&mut self) {
        self.leave_sample();
        self.remember_now();
        self.stop_sound();
        self.state.focus = Focus::List;
        self.state.editor.open = None;
        self.state.screen = Screen::Datasets;
        self.effect(Effect::Datasets);
    }

    pub(super) fn datasets_read(&mut self, known: Vec<KnownDataset>) {
        let none = known.is_empty();
        self.state.datasets.cursor = self.state.datasets.cursor.min(known.len().saturating_sub(1));
        self.state.datasets.known = Some(known);
        if none && self.state.screen == Screen::Datasets && self.state.dialogs.is_empty() {
            self.prompt_for_dataset("");
        }
    }

    /// Keys on the choice of datasets. False: not one of them.
    pub(super) fn datasets_action(&mut self, action: Action) -> bool {
        let known = self.state.datasets.known.as_deref().unwrap_or_default();
        let last = known.len().saturating_sub(1);
        let cursor = self.state.datasets.cursor;
        let chosen = known.get(cursor).cloned();
        match action {
            Action::Up => self.state.datasets.cursor = cursor.saturating_sub(1),
            Action::Down => self.state.datasets.cursor = (cursor + 1).min(last),
            Action::First | Action::PageUp => self.state.datasets.cursor = 0,
            Action::Last | Action::PageDown => self.state.datasets.cursor = last,
            Action::Edit | Action::Confirm => match chosen {
                Some(dataset) => self.open_dataset(dataset.workspace),
                None => self.prompt_for_dataset(""),
            },
            Action::AddData | Action::Search | Action::OrderMenu => self.prompt_for_dataset(""),
            Action::Redo | Action::Redraw | Action::Restore => {
                if let Some(dataset) = chosen {
                    self.prompt(PromptPurpose::RenameDataset(dataset.workspace), &dataset.name);
                }
            }
            Action::Delete | Action::Unlabel => {
                if let Some(dataset) = chosen {
                    self.ask_to_forget(&dataset);
                }
            }
            Action::Help
            | Action::Palette
            | Action::Quit
            | Action::Suspend
            | Action::CopyOrQuit => return false,
            _ => self.info("Enter opens · o takes a path · r renames · d forgets · q quits"),
        }
        true
    }

    fn open_dataset(&mut self, which: String) {
        self.state.datasets.opening = Some(which.clone());
        self.effect(Effect::OpenDataset(which));
    }

    pub(super) fn prompt_for_dataset(&mut self, text: &str) {
        self.prompt(PromptPurpose::OpenDataset, text);
    }

    fn prompt(&mut self, purpose: PromptPurpose, text: &str) {
        let line = Buffer::new(text);
        self.state.dialogs.push(Dialog::Prompt(PromptDialog { purpose, line, error: None }));
    }

    pub(super) fn prompted(&mut self, purpose: PromptPurpose, text: &str) {
        let text = text.trim();
        match purpose {
            PromptPurpose::OpenDataset => self.open_dataset(text.to_owned()),
            PromptPurpose::RenameDataset(workspace) => {
                self.effect(Effect::RenameDataset(workspace, text.to_owned()));
            }
        }
    }

    fn ask_to_forget(&mut self, dataset: &KnownDataset) {
        self.state.dialogs.push(Dialog::Confirm(ConfirmDialog {
            question: format!("Take “{}” off this list?", safe_line(&dataset.name)),
            detail: vec![
                "Nothing is deleted: the workspace file with its labels stays at".to_owned(),
                safe_line(&dataset.workspace).into_owned(),
                "and opening its source again brings it back.".to_owned(),
            ],
            deed: ConfirmedDeed::Forget(dataset.workspace.clone()),
            yes: false,
        }));
    }
}
