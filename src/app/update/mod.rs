//! What a message does to the state: one file a topic.

mod act;
mod action;
mod batch;
mod browse;
mod conflict;
mod dataset;
mod dialog;
mod draft;
mod edit;
mod exchange;
mod filter;
mod hearing;
mod history;
mod input;
mod label;
mod list;
mod mouse;
mod open;
mod out;
mod outcomes;
mod playback;
mod sheets;
mod sync;
mod time;

use super::effect::Effect;
use super::message::Message;
use super::state::{Context, State};

/// Takes one message; says what is to be done outside. Never waits, reads no clock, does no I/O.
pub fn update(state: &mut State, message: Message, context: &Context) -> Vec<Effect> {
    let mut turn = Turn { state, context, effects: Vec::new() };
    turn.take(message);
    turn.settle();
    turn.effects
}

/// One message on its way through the state.
struct Turn<'a> {
    state: &'a mut State,
    context: &'a Context,
    effects: Vec<Effect>,
}

impl Turn<'_> {
    fn take(&mut self, message: Message) {
        match message {
            Message::Input(input) => self.input(input),
            Message::Player(event) => self.player(event),
            Message::Listeners(listeners) => self.state.sound.listeners = listeners,
            Message::PlayerPage(result) => self.player_page(result),
            Message::Opened { dataset, counts, place, scope, config } => {
                self.state.config = *config;
                self.dataset_opened(dataset, counts, place, scope);
            }
            Message::OpenFailed(error) => self.dataset_failed(error),
            Message::Page { generation, purpose, page } => self.page(generation, purpose, page),
            Message::Counted { generation, offset, total } => {
                self.counted(generation, offset, total);
            }
            Message::Counts(counts) => self.state.counts = counts,
            Message::Sample { asked, detail, draft } => self.sample(asked, *detail, draft),
            Message::SampleFailed { id, asked, error } => self.sample_failed(id, asked, &error),
            Message::Labeled { job, outcome } => self.labeled(job, outcome),
            Message::Acted { deed, target, result } => self.acted(&deed, &target, result),
            Message::Undone(back, result) => self.undone(back, result),
            Message::Weighed { ticket, count, bytes } => self.weighed(ticket, count, bytes),
            Message::DeletionPlanned(ticket, besides) => self.deletion_planned(ticket, &besides),
            Message::Exchange(ticket, news) => self.exchange_news(ticket, news),
            Message::Browsed(ticket, result) => self.browsed(ticket, result),
            Message::Rights(rights) => self.rights(rights),
            Message::Sharing(sharing) => self.sharing(sharing),
            Message::History(id, result) => self.history_read(id, result),
            Message::DraftSaved { key, ticket, error } => self.draft_saved(&key, ticket, error),
            Message::Leased(id, holder) => self.leased(id, holder),
            Message::Peaks(id, peaks) => self.peaks(id, &peaks),
            Message::AudioFailed(id, why) => self.audio_failed(id, why),
            Message::AudioChanged(id) => self.audio_changed(id),
            Message::Sync(progress) => self.sync_progress(progress),
            Message::Synced(result) => self.synced(result),
            Message::SyncElsewhere(who) => self.sync_elsewhere(&who),
            Message::Probed { last } => self.probed(last),
            Message::Changed => self.changed_elsewhere(),
            Message::Datasets(known) => self.datasets_read(known),
            Message::Failed(error) => self.failed(error),
            Message::Done(text) => self.info(text),
            Message::Deadline => self.deadline(),
            Message::Terminate => self.terminate(),
            Message::OpenPath(path) => {
                self.effect(Effect::OpenDataset(path.to_string_lossy().into_owned()));
            }
        }
    }

    /// What holds after every message: pages near the cursor, and the cursor on the screen.
    fn settle(&mut self) {
        self.show_waiting();
        self.ask_for_pages();
        let height = self.state.layout().list_height();
        self.state.list.scroll_to_cursor(height);
        self.settle_text();
    }

    fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn info(&mut self, text: impl Into<String>) {
        self.state.info(self.context, text);
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.state.warn(self.context, text);
    }
}
