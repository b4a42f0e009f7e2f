//! Deadlines, and where this person is.

use super::Turn;
use crate::app::dialog::{ConfirmDialog, ConfirmedDeed, Dialog};
use crate::app::effect::Effect;
use crate::app::place::Place;
use crate::app::state::{Focus, Screen};
use crate::text::counted;
use std::time::Duration;

/// Where a person is goes to disk this long after it changed.
const REMEMBER: Duration = Duration::from_secs(2);

impl Turn<'_> {
    pub(super) fn deadline(&mut self) {
        let now = self.context.now;
        let due = |at: Option<Duration>| at.is_some_and(|at| at <= now);
        if due(self.state.editor.draft_due) {
            self.save_draft_now();
        }
        if due(self.state.editor.lease_due) {
            self.renew_lease();
        }
        if due(self.state.editor.former.as_ref().map(|former| former.until)) {
            self.state.editor.former = None;
        }
        if due(self.state.editor.resume_due) {
            self.typing_is_over();
        }
        if due(self.state.notice.as_ref().and_then(|notice| notice.until)) {
            self.state.notice = None;
        }
        if due(self.state.sync.next_at) {
            self.start_sync();
        }
        if due(self.state.place_due) {
            self.remember_now();
        }
        if due(self.state.drafts_due) {
            self.retry_drafts();
        }
        self.save_waiting_labels(self.context.now);
        self.retry_unsaved();
    }

    pub(super) fn remember_soon(&mut self) {
        if self.state.place_due.is_none() {
            self.state.place_due = Some(self.context.now + REMEMBER);
        }
    }

    pub(super) fn remember_now(&mut self) {
        self.state.place_due = None;
        if self.state.screen != Screen::Labeling {
            return;
        }
        let state = &*self.state;
        let open = state.editor.open.as_ref();
        let place = Place {
            view: state.view,
            sample: open.map(|open| open.row.id.0),
            editing: state.focus == Focus::Editor,
            cursor: open.map_or(0, |open| open.buffer.cursor()),
            at: state.sound.at,
            filter: state.list.filter.to_string(),
            order: state.list.order,
            rate: state.sound.rate,
            volume_db: state.sound.volume_db,
            skip_silence: state.sound.skip_silence,
            stop_while_typing: state.sound.stop_while_typing,
            autoplay: state.sound.autoplay,
        };
        self.effect(Effect::Remember(place));
    }

    /// Quits at once when everything is on disk; asks when a label is not.
    pub(super) fn ask_to_quit(&mut self) {
        let labels = self.state.unsaved() as u64;
        let drafts = self.state.unsaved_drafts() as u64;
        let job = self.state.exchange.running.as_ref().filter(|running| !running.job.only_looks());
        let left = match (labels, drafts) {
            (0, 0) if job.is_some() => return self.ask_to_quit_job(),
            (0, 0) => return self.quit(),
            (0, drafts) => counted(drafts, "draft is", "drafts are"),
            (labels, 0) => counted(labels, "label is", "labels are"),
            (labels, drafts) => {
                let labels = counted(labels, "label", "labels");
                format!("{labels} and {} are", counted(drafts, "draft", "drafts"))
            }
        };
        self.state.dialogs.push(Dialog::Confirm(ConfirmDialog {
            question: format!("{left} not on disk. Quit anyway?"),
            detail: vec!["They are tried again every few seconds; make room first.".to_owned()],
            deed: ConfirmedDeed::Quit,
            yes: false,
        }));
    }

    /// A job still runs: it is stopped by leaving.
    fn ask_to_quit_job(&mut self) {
        let Some(running) = &self.state.exchange.running else { return };
        self.state.dialogs.push(Dialog::Confirm(ConfirmDialog {
            question: format!("{} is not done yet. Quit anyway?", running.job.title()),
            detail: vec![running.job.if_stopped().to_owned()],
            deed: ConfirmedDeed::Quit,
            yes: false,
        }));
    }

    /// Ends because somebody or something asks for it: labels that are on their way may not get there.
    pub(super) fn terminate(&mut self) {
        self.save_waiting_labels(Duration::MAX);
        self.quit();
    }

    /// Ends: the draft and the place go to disk first.
    pub(super) fn quit(&mut self) {
        self.save_draft_now();
        self.remember_now();
        if self.state.focus == Focus::Editor {
            self.stop_editing();
        }
        self.state.quitting = true;
        self.effect(Effect::Quit);
    }
}
