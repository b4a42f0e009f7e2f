//! The history of a sample: word diffs, and *restore this one*.

use super::Turn;
use crate::app::dialog::{Dialog, HistoryDialog};
use crate::app::effect::Effect;
use crate::domain::{Deed, Revision, SampleId, Target, UserError};
use crate::text::safe_bytes;

impl Turn<'_> {
    pub(super) fn open_history(&mut self) {
        let row = match &self.state.editor.open {
            Some(open) => Some(open.row.clone()),
            None => self.state.list.cursor_row().cloned(),
        };
        let Some(row) = row else {
            self.info("no file, no history");
            return;
        };
        self.effect(Effect::History(row.id));
        let name = safe_bytes(row.key.as_bytes()).into_owned();
        self.state.dialogs.push(Dialog::History(HistoryDialog {
            sample: row.id,
            name,
            revisions: None,
            cursor: 0,
        }));
    }

    pub(super) fn history_read(&mut self, id: SampleId, result: Result<Vec<Revision>, UserError>) {
        match result {
            Ok(mut history) => {
                self.conflict_read(id, &history);
                history.reverse();
                for dialog in &mut self.state.dialogs {
                    if let Dialog::History(open) = dialog
                        && open.sample == id
                    {
                        open.revisions = Some(std::mem::take(&mut history));
                    }
                }
            }
            Err(error) => {
                self.state
                    .dialogs
                    .retain(|dialog| !matches!(dialog, Dialog::History(_) | Dialog::Conflict(_)));
                self.failed(error);
            }
        }
    }

    /// Brings back the content of the chosen revision.
    pub(super) fn restore_revision(&mut self, dialog: &HistoryDialog) {
        let chosen = dialog.revisions.as_ref().and_then(|revisions| revisions.get(dialog.cursor));
        match chosen {
            Some(revision) if revision.change.content.is_some() => {
                let target = Target::Samples(vec![dialog.sample]);
                self.effect(Effect::Act(Deed::RestoreRevision(revision.id), target));
            }
            Some(_) => self.info("this revision changed no text"),
            None => {}
        }
    }
}
