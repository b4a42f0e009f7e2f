//! A conflict: the texts side by side, and settling it with one of them or with one made by hand.

use super::Turn;
use crate::action::Action;
use crate::app::conflict::{ConflictDialog, Rival, Rivals};
use crate::app::dialog::Dialog;
use crate::app::effect::{Effect, LabelJob};
use crate::domain::{Deed, How, Revision, SampleId, Target, View};
use crate::keymap::Key;
use std::time::Duration;

/// Keys that follow each other faster than this were held down, or meant for the conflict before.
const QUIET: Duration = Duration::from_millis(300);

impl Turn<'_> {
    /// Whether the open sample is in conflict.
    pub(super) fn open_in_conflict(&self) -> bool {
        self.state.editor.open.as_ref().is_some_and(|open| match &open.detail {
            Some(detail) => detail.confirm.conflict,
            None => open.row.confirm.conflict,
        })
    }

    /// The texts of the open sample side by side. `by_itself`: nobody asked for it just now.
    pub(super) fn open_conflict(&mut self, by_itself: bool) {
        let Some(open) = &self.state.editor.open else { return };
        let (sample, key) = (open.id(), open.row.key.clone());
        self.effect(Effect::History(sample));
        let quiet_from = by_itself.then_some(self.context.now);
        self.state.dialogs.push(Dialog::Conflict(Box::new(ConflictDialog {
            sample,
            key,
            rivals: None,
            cursor: 0,
            quiet_from,
        })));
    }

    /// The history of a sample has come; if its conflict is on the screen, this is what it is about.
    pub(super) fn conflict_read(&mut self, id: SampleId, history: &[Revision]) {
        let me = self.state.dataset.author.clone();
        let Some(dialog) = self.state.dialogs.iter_mut().find_map(|dialog| match dialog {
            Dialog::Conflict(dialog) if dialog.sample == id => Some(dialog),
            _ => None,
        }) else {
            return;
        };
        let rivals = Rivals::of(history, &me);
        if rivals.texts.len() > 1 {
            dialog.cursor = dialog.cursor.min(rivals.texts.len() - 1);
            dialog.rivals = Some(rivals);
        } else {
            self.state.dialogs.retain(|dialog| !matches!(dialog, Dialog::Conflict(_)));
            self.info("settled meanwhile");
        }
    }

    /// Somebody did something: what the dialog shows is read anew.
    pub(super) fn reread_conflict(&mut self) {
        let shown = self.state.dialogs.iter().find_map(|dialog| match dialog {
            Dialog::Conflict(dialog) => Some(dialog.sample),
            _ => None,
        });
        if let Some(sample) = shown {
            self.effect(Effect::History(sample));
        }
    }

    pub(super) fn conflict_takes(&mut self, key: Key, action: Option<Action>) -> bool {
        let now = self.context.now;
        let Some(Dialog::Conflict(dialog)) = self.state.dialogs.last_mut() else { return false };
        let count = dialog.rivals.as_ref().map_or(0, |rivals| rivals.texts.len());
        let by = match action {
            Some(Action::Up | Action::CursorLeft) => -1,
            Some(Action::Down | Action::CursorRight) => 1,
            // Hearing it is how it is decided.
            Some(Action::NextField) => {
                self.play_pause();
                return true;
            }
            Some(Action::PreviousField) => {
                self.again_slower();
                return true;
            }
            Some(action) if action.steers_sound() => {
                self.action(action);
                return true;
            }
            Some(Action::Confirm) => 0,
            Some(_) => return false,
            None => match key.typed() {
                Some('j') => 1,
                Some('k') => -1,
                Some(_) => 0,
                None => return false,
            },
        };
        if by != 0 {
            let last = count.saturating_sub(1) as i64;
            dialog.cursor = (dialog.cursor as i64 + by).clamp(0, last) as usize;
            return true;
        }
        if dialog.quiet_from.is_some_and(|from| now.saturating_sub(from) < QUIET) {
            dialog.quiet_from = Some(now);
            return true;
        }
        let Some(rivals) = &dialog.rivals else { return true };
        let chosen = match key.typed() {
            None => Some(dialog.cursor),
            Some('m') => rivals.texts.iter().position(|rival| rival.mine),
            Some('t') => rivals.texts.iter().position(|rival| !rival.mine),
            Some('e') => {
                self.merge_by_hand();
                return true;
            }
            Some(c) => c.to_digit(10).and_then(|digit| (digit as usize).checked_sub(1)),
        };
        match chosen.and_then(|index| rivals.texts.get(index)).cloned() {
            Some(rival) => self.settle_with(&rival),
            None if key.typed() == Some('m') => self.info("none of them is yours"),
            None => {}
        }
        true
    }

    /// One of the texts stands from now on; on to the next conflict.
    fn settle_with(&mut self, rival: &Rival) {
        let Some(Dialog::Conflict(dialog)) = self.state.dialogs.pop() else { return };
        let ConflictDialog { sample, key, rivals, .. } = *dialog;
        let heads = rivals.map(|rivals: Rivals| rivals.heads).unwrap_or_default();
        if let Some(open) = &mut self.state.editor.open {
            // What was typed gives way to the chosen text, and can be pasted.
            if open.changed() {
                open.buffer.text().clone_into(&mut self.state.editor.clipboard);
            }
            let text = rival.content.clone().unwrap_or_default();
            open.buffer.replace_all(&text);
            open.original = text;
            open.draft = crate::app::editor::DraftMark::Clean;
            open.heads_due = true;
            open.settling = false;
        }
        self.state.editor.draft_due = None;
        match rival.content.as_deref() {
            Some(content) if !content.is_empty() => {
                let content = content.to_owned();
                let based_on = Some(heads);
                self.send_label(LabelJob { sample, key, content, how: How::Settle, based_on });
            }
            // No label, or one that says nothing: as that revision said.
            _ => {
                let deed = Deed::RestoreRevision(rival.id);
                self.drop_draft(key);
                self.state.list.pending.insert(sample);
                self.effect(Effect::Act(deed, Target::Samples(vec![sample])));
            }
        }
        self.go_next();
        let next_too = matches!(self.state.view, View::ToConfirm | View::Conflicts)
            && self.state.focus == crate::app::state::Focus::Editor
            && self.open_in_conflict();
        if next_too {
            self.open_conflict(true);
        }
    }

    /// What both sides say goes into the box as one text; Enter there settles it.
    fn merge_by_hand(&mut self) {
        let Some(Dialog::Conflict(dialog)) = self.state.dialogs.pop() else { return };
        let Some(rivals) = dialog.rivals else { return };
        if self.open_id() != Some(dialog.sample) {
            return;
        }
        if let Some(open) = &mut self.state.editor.open {
            open.buffer.replace_all(&rivals.merged());
            open.heads = rivals.heads;
            open.settling = true;
        }
        self.text_changed();
        self.info("both texts in one: make it right, Enter settles it");
    }
}
