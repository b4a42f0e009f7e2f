//! What is done to one or many samples: remove, flag, batch, delete, restore.

use super::Turn;
use crate::app::dialog::{
    BatchDialog, BatchStep, ConfirmDialog, ConfirmedDeed, DeleteDialog, DeleteField, Dialog,
    FlagDialog,
};
use crate::app::effect::Effect;
use crate::app::exchange::DeletionFacts;
use crate::app::state::Focus;
use crate::domain::{Choice, Deed, Flag, Target, UserError, View};
use crate::text::{Buffer, counted, safe_line, truncate_end};

impl Turn<'_> {
    fn acted_on(&mut self) -> Option<(Target, Option<u64>)> {
        let target = self.state.acted_on();
        if target.is_none() {
            self.info("nothing is selected");
        }
        target
    }

    /// Does it at once to a single sample; asks with the count before it does it to several.
    pub(super) fn ask_or_act(&mut self, deed: Deed, target: Target, count: Option<u64>) {
        if count == Some(1) {
            self.effect(Effect::Act(deed, target));
            return;
        }
        let files = files(count);
        let question = match &deed {
            Deed::Label(text) => {
                format!("Label {files} with “{}”?", truncate_end(&safe_line(text), 40, "…"))
            }
            Deed::Unlabel => format!("Remove the label of {files}?"),
            Deed::Flag(flag, true) => format!("Flag {files}: {flag}?"),
            Deed::Flag(flag, false) => format!("Take the flag off {files}: {flag}?"),
            Deed::AcceptSuggestion => format!("Label {files} with their suggestions?"),
            Deed::Affirm => format!("Affirm the labels of {files} on the changed audio?"),
            Deed::Delete => format!("Put {files} into the trash?"),
            Deed::Restore => format!("Restore {files} from the trash?"),
            Deed::RestoreRevision(_) => "Restore this revision?".to_owned(),
            Deed::Settle(Choice::Shown) => format!("Settle {files}: keep the text that is shown?"),
            Deed::Settle(Choice::Mine) => format!("Settle {files}: keep mine?"),
            Deed::Settle(Choice::Theirs) => format!("Settle {files}: keep theirs?"),
        };
        let mut detail = vec!["One step: u takes it back.".to_owned()];
        if deed == Deed::Unlabel {
            detail.push("The texts stay in each file's history.".to_owned());
        }
        let deed = ConfirmedDeed::Act(deed, target);
        self.state.dialogs.push(Dialog::Confirm(ConfirmDialog {
            question,
            detail,
            deed,
            yes: true,
        }));
    }

    pub(super) fn unlabel(&mut self) {
        if let Some((target, count)) = self.acted_on() {
            self.ask_or_act(Deed::Unlabel, target, count);
        }
    }

    pub(super) fn restore(&mut self) {
        if self.state.view != View::Deleted {
            self.info("restore brings files back from the trash (tab 4)");
        } else if let Some((target, count)) = self.acted_on() {
            self.ask_or_act(Deed::Restore, target, count);
        }
    }

    pub(super) fn open_flags(&mut self) {
        let from_editor = self.state.focus == Focus::Editor;
        let target = if from_editor {
            self.open_id().map(|id| (Target::Samples(vec![id]), Some(1)))
        } else {
            self.acted_on()
        };
        let Some((target, count)) = target else { return };
        let set = match &target {
            Target::Samples(ids) if ids.len() == 1 => {
                self.state.list.rows.iter().find(|row| row.id == ids[0]).map_or(0, |row| row.flags)
            }
            _ => 0,
        };
        self.state.dialogs.push(Dialog::Flags(FlagDialog {
            target,
            count,
            set,
            cursor: 0,
            from_editor,
        }));
    }

    pub(super) fn flag(&mut self, dialog: &FlagDialog, flag: Flag) {
        let on = dialog.set & flag.bit() == 0;
        let goes_on = dialog.from_editor && on && flag == Flag::NoSpeech;
        if goes_on {
            self.save_draft_now();
        }
        self.ask_or_act(Deed::Flag(flag, on), dialog.target.clone(), dialog.count);
        if goes_on {
            if let Some(id) = self.open_id() {
                self.state.list.pending.insert(id);
            }
            self.go_next();
        }
    }

    pub(super) fn open_batch(&mut self) {
        if let Some((target, count)) = self.acted_on() {
            let step = BatchStep::Choose { cursor: 0 };
            self.state.dialogs.push(Dialog::Batch(BatchDialog { target, count, step }));
        }
    }

    /// What the chosen row of the batch menu stands for.
    pub(super) fn batch_chosen(&mut self, mut dialog: BatchDialog, choice: usize) {
        let deed = match choice {
            0 => {
                dialog.step = BatchStep::Content(Buffer::new(""));
                self.state.dialogs.push(Dialog::Batch(dialog));
                return;
            }
            1 => Deed::AcceptSuggestion,
            2 => {
                let BatchDialog { target, count, .. } = dialog;
                let flags = FlagDialog { target, count, set: 0, cursor: 0, from_editor: false };
                self.state.dialogs.push(Dialog::Flags(flags));
                return;
            }
            3 => Deed::Unlabel,
            4 => Deed::Settle(Choice::Shown),
            5 => Deed::Settle(Choice::Mine),
            6 => Deed::Settle(Choice::Theirs),
            _ => {
                self.open_delete_of(dialog.target);
                return;
            }
        };
        self.ask_or_act(deed, dialog.target, dialog.count);
    }

    pub(super) fn open_delete(&mut self) {
        if let Some((target, _)) = self.acted_on() {
            self.open_delete_of(target);
        }
    }

    fn open_delete_of(&mut self, target: Target) {
        let ticket = self.state.next_ticket();
        self.effect(Effect::Weigh(ticket, target.clone()));
        self.state.dialogs.push(Dialog::Delete(DeleteDialog {
            target,
            weight: None,
            ticket,
            source_files: false,
            besides: None,
            asked: false,
            typed: Buffer::new(""),
            field: DeleteField::Delete,
            error: None,
        }));
    }

    /// Ticks or unticks *Delete the source files*, if that may be; what else it would take away is asked for once.
    pub(super) fn turn_source_files(&mut self) {
        let refused = self.state.rights.delete == Some(false);
        let source = safe_line(&self.state.dataset.source).into_owned();
        let Some(Dialog::Delete(dialog)) = self.state.dialogs.last_mut() else { return };
        dialog.error = None;
        if refused && !dialog.source_files {
            dialog.error = Some(format!("these keys may not delete in {source}"));
            return;
        }
        dialog.source_files = !dialog.source_files;
        if dialog.source_files && !dialog.asked {
            dialog.asked = true;
            let (ticket, target) = (dialog.ticket, dialog.target.clone());
            self.effect(Effect::PlanDeletion(ticket, target));
        }
    }

    pub(super) fn deletion_planned(
        &mut self,
        ticket: u64,
        besides: &Result<DeletionFacts, UserError>,
    ) {
        for dialog in &mut self.state.dialogs {
            if let Dialog::Delete(delete) = dialog
                && delete.ticket == ticket
            {
                match besides {
                    Ok(besides) => delete.besides = Some(besides.clone()),
                    Err(error) => delete.error = Some(error.to_string()),
                }
            }
        }
    }

    pub(super) fn weighed(&mut self, ticket: u64, count: u64, bytes: u64) {
        for dialog in &mut self.state.dialogs {
            if let Dialog::Delete(delete) = dialog
                && delete.ticket == ticket
            {
                delete.weight = Some((count, bytes));
            }
        }
    }
}

/// `3 files`, or `all matching files` where they were not counted.
pub(super) fn files(count: Option<u64>) -> String {
    count.map_or_else(|| "all matching files".to_owned(), |n| counted(n, "file", "files"))
}
