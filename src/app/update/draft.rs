//! Drafts: on disk at most one second behind the fingers, and at once on leaving.

use super::Turn;
use crate::app::editor::DraftMark;
use crate::app::effect::{DraftJob, Effect};
use crate::app::state::{DraftOut, Severity};
use crate::domain::{SampleKey, UserError};
use crate::text::safe_line;
use std::time::Duration;

/// A draft that could not be saved is tried again this soon.
const RETRY: Duration = Duration::from_secs(2);

impl Turn<'_> {
    /// The text changed: save it soon, but not with every letter.
    pub(super) fn text_changed(&mut self) {
        let wait = Duration::from_millis(u64::from(self.state.config.editor.draft_ms));
        if let Some(open) = &mut self.state.editor.open {
            open.draft = DraftMark::Unsaved;
        }
        let due = self.context.now + wait;
        self.state.editor.draft_due =
            Some(self.state.editor.draft_due.map_or(due, |at| at.min(due)));
        self.typing_stops_sound();
        self.remember_soon();
    }

    /// Saves what is not on disk yet.
    pub(super) fn save_draft_now(&mut self) {
        self.state.editor.draft_due = None;
        let ticket = self.state.next_ticket();
        let Some(open) = &mut self.state.editor.open else { return };
        if !matches!(open.draft, DraftMark::Unsaved | DraftMark::Failed) || !open.ready() {
            return;
        }
        let key = open.row.key.clone();
        if open.changed() {
            open.draft_ticket = ticket;
            let job = DraftJob {
                key,
                text: open.buffer.text().to_owned(),
                cursor: open.buffer.cursor(),
                heads: open.heads.clone(),
                ticket,
            };
            self.mark_draft(self.open_id(), true);
            self.send_draft(job);
        } else {
            open.draft = DraftMark::Clean;
            self.mark_draft(self.open_id(), false);
            self.drop_draft(key);
        }
    }

    /// Sends a draft to the disk; until it is there, it is kept here.
    pub(super) fn send_draft(&mut self, job: DraftJob) {
        let out = DraftOut { job: job.clone(), failed: false };
        self.state.drafts_out.insert(job.key.clone(), out);
        self.effect(Effect::SaveDraft(job));
    }

    pub(super) fn drop_draft(&mut self, key: SampleKey) {
        self.state.drafts_out.remove(&key);
        self.effect(Effect::DropDraft(key));
    }

    /// Drafts that could not be saved are tried again.
    pub(super) fn retry_drafts(&mut self) {
        self.state.drafts_due = None;
        let failed: Vec<DraftJob> = self
            .state
            .drafts_out
            .values()
            .filter(|out| out.failed)
            .map(|out| out.job.clone())
            .collect();
        self.effects.extend(failed.into_iter().map(Effect::SaveDraft));
    }

    fn mark_draft(&mut self, id: Option<crate::domain::SampleId>, draft: bool) {
        if let Some(row) = self.state.list.rows.iter_mut().find(|row| Some(row.id) == id) {
            row.draft = draft;
        }
    }

    pub(super) fn draft_saved(&mut self, key: &SampleKey, ticket: u64, error: Option<UserError>) {
        let sent = self.state.drafts_out.get_mut(key).filter(|out| out.job.ticket == ticket);
        match (sent, &error) {
            (Some(_), None) => drop(self.state.drafts_out.remove(key)),
            (Some(out), Some(_)) => {
                out.failed = true;
                self.state.drafts_due = Some(self.context.now + RETRY);
            }
            (None, _) => {}
        }
        let typed_since = self.state.editor.draft_due.is_some();
        let open = self.state.editor.open.as_mut();
        if let Some(open) = open.filter(|open| open.row.key == *key && open.draft_ticket == ticket)
        {
            if error.is_some() {
                open.draft = DraftMark::Failed;
            } else if !typed_since {
                open.draft = DraftMark::Saved;
            }
        }
        if let Some(error) = error {
            let text = format!("draft not saved: {}", safe_line(&error.to_string()));
            self.state.tell(self.context, Severity::Error, text);
        }
    }
}
