//! Keys in forms, choices, the progress of a job and the list of versions.

use super::Turn;
use crate::action::Action;
use crate::app::dialog::Dialog;
use crate::app::exchange::{ExchangeJob, InConflict};
use crate::app::form::{FieldKind, Form};
use crate::app::sheets::{ChoiceDialog, ChoicePurpose, Way};
use crate::keymap::Key;

/// A choice with more options than this opens as a list.
const FEW: usize = 3;

impl Turn<'_> {
    /// A key for one of these dialogs. False: it is for the line that is typed, or means here what it does elsewhere.
    pub(super) fn sheet_takes(&mut self, key: Key, action: Option<Action>) -> bool {
        match self.state.dialogs.last() {
            Some(Dialog::Form(_)) => self.form_takes(key, action),
            Some(Dialog::Choice(_)) => self.choice_takes(key, action),
            Some(Dialog::Versions(_)) => self.versions_take(key, action),
            Some(Dialog::Progress) => match action {
                Some(Action::Cancel | Action::CopyOrQuit) => {
                    self.stop_job();
                    true
                }
                Some(Action::Confirm) => {
                    self.leave_job();
                    true
                }
                _ => false,
            },
            Some(Dialog::Browse(_)) => self.browse_takes(key, action),
            Some(Dialog::Conflict(_)) => self.conflict_takes(key, action),
            _ => false,
        }
    }

    fn form_takes(&mut self, key: Key, action: Option<Action>) -> bool {
        let Some(Dialog::Form(dialog)) = self.state.dialogs.last_mut() else { return false };
        let form = &mut dialog.form;
        let in_line = form.line().is_some();
        match action {
            Some(Action::Confirm) => self.form_goes_on(),
            Some(Action::NextField | Action::Down) => form.go(1),
            Some(Action::PreviousField | Action::Up) => form.go(-1),
            Some(Action::ToggleField) if !in_line => self.turn_or_list(),
            Some(Action::CursorLeft) if !in_line => self.turn_field(-1),
            Some(Action::CursorRight) if !in_line => self.turn_field(1),
            _ if in_line => return false,
            _ => {
                let Some(typed) = key.typed() else { return false };
                form.letter(typed);
                self.form_changed(false);
            }
        }
        true
    }

    fn turn_field(&mut self, by: i64) {
        if let Some(Dialog::Form(dialog)) = self.state.dialogs.last_mut() {
            dialog.form.turn(by);
        }
        self.form_changed(false);
    }

    /// Space: ticks, takes the next of a few, opens the list of many, presses a button.
    fn turn_or_list(&mut self) {
        let Some(Dialog::Form(dialog)) = self.state.dialogs.last() else { return };
        let Some(field) = dialog.form.current() else { return };
        match &field.kind {
            FieldKind::Choice { options, chosen } if options.len() > FEW => {
                let rows = options.iter().cloned().enumerate();
                let rows = rows.map(|(index, option)| (Way::Option(index), option)).collect();
                let (title, cursor) = (field.label.to_owned(), *chosen);
                let purpose = ChoicePurpose::Pick(field.id);
                let facts = Vec::new();
                let dialog = ChoiceDialog { title, facts, scroll: 0, rows, cursor, purpose };
                self.state.dialogs.push(Dialog::Choice(Box::new(dialog)));
            }
            FieldKind::Button => self.form_goes_on(),
            _ => self.turn_field(1),
        }
    }

    fn choice_takes(&mut self, key: Key, action: Option<Action>) -> bool {
        let Some(Dialog::Choice(dialog)) = self.state.dialogs.last_mut() else { return false };
        let last = dialog.rows.len().saturating_sub(1);
        match (action, key.typed()) {
            (Some(Action::Confirm | Action::ToggleField), _) => self.choice_made(),
            (Some(Action::Up | Action::PreviousField), _) | (_, Some('k')) => {
                dialog.cursor = dialog.cursor.saturating_sub(1);
            }
            (Some(Action::Down | Action::NextField), _) | (_, Some('j')) => {
                dialog.cursor = (dialog.cursor + 1).min(last);
            }
            (Some(Action::PageUp), _) => dialog.page(-1),
            (Some(Action::PageDown), _) => dialog.page(1),
            (_, Some(c)) => {
                let digit = c.to_digit(10).and_then(|digit| (digit as usize).checked_sub(1));
                if let Some(index) = digit.filter(|index| *index <= last) {
                    dialog.cursor = index;
                    self.choice_made();
                }
            }
            _ => return false,
        }
        true
    }

    fn choice_made(&mut self) {
        let Some(Dialog::Choice(dialog)) = self.state.dialogs.pop() else { return };
        let Some((way, _)) = dialog.rows.get(dialog.cursor) else { return };
        match (dialog.purpose, *way) {
            (_, Way::Back) => {}
            (ChoicePurpose::Pick(field), Way::Option(index)) => {
                if let Some(Dialog::Form(below)) = self.state.dialogs.last_mut() {
                    choose(&mut below.form, field, index);
                }
                self.form_changed(false);
            }
            (ChoicePurpose::Existing(mut job), way) => {
                job.overwrite = way == Way::Over;
                self.start_job(ExchangeJob::Add(job));
            }
            (ChoicePurpose::Import(mut job), way) => {
                job.dry_run = false;
                job.skip_bad_lines = way == Way::LeaveOut;
                self.start_job(ExchangeJob::Import(job));
            }
            (ChoicePurpose::Publish(mut job), way) => {
                match way {
                    Way::Over => job.conflicts = InConflict::Shown,
                    Way::LeaveOut => job.conflicts = InConflict::Skip,
                    _ => {}
                }
                self.start_job(ExchangeJob::Publish(job));
            }
            (ChoicePurpose::Hearing(listeners), way) => self.hear_by(&listeners, way),
            (ChoicePurpose::Pick(_), _) => {}
        }
    }

    fn versions_take(&mut self, key: Key, action: Option<Action>) -> bool {
        let Some(Dialog::Versions(dialog)) = self.state.dialogs.last_mut() else { return false };
        let last = dialog.rows.len().saturating_sub(1);
        match (action, key.typed()) {
            (Some(Action::Confirm), _) => self.compare_versions(),
            (Some(Action::ToggleField), _) => {
                let again = dialog.marked == Some(dialog.cursor);
                dialog.marked = (!again).then_some(dialog.cursor);
            }
            (Some(Action::Up), _) | (_, Some('k')) => {
                dialog.cursor = dialog.cursor.saturating_sub(1);
            }
            (Some(Action::Down), _) | (_, Some('j')) => {
                dialog.cursor = (dialog.cursor + 1).min(last);
            }
            (Some(Action::PageUp), _) => dialog.cursor = 0,
            (Some(Action::PageDown), _) => dialog.cursor = last,
            _ => return false,
        }
        true
    }

    /// Enter: how the chosen version differs from the marked one, else from its parent.
    fn compare_versions(&mut self) {
        let Some(Dialog::Versions(dialog)) = self.state.dialogs.last() else { return };
        let Some(row) = dialog.rows.get(dialog.cursor) else { return };
        let marked = dialog.marked.filter(|marked| *marked != dialog.cursor);
        let pair = match marked.and_then(|marked| Some((marked, dialog.rows.get(marked)?))) {
            // The newest stands first.
            Some((place, other)) if place < dialog.cursor => Some((&row.name, &other.name)),
            Some((_, other)) => Some((&other.name, &row.name)),
            None => row.parent.as_ref().map(|parent| (parent, &row.name)),
        };
        match pair.map(|(earlier, later)| (earlier.clone(), later.clone())) {
            Some((earlier, later)) => self.start_job(ExchangeJob::Compare { earlier, later }),
            None => self.info("the first version: mark another one to compare with"),
        }
    }
}

impl ChoiceDialog {
    fn page(&mut self, by: i64) {
        const PAGE: i64 = 5;
        let last = self.facts.len().saturating_sub(1) as i64;
        self.scroll = (self.scroll as i64 + by * PAGE).clamp(0, last) as usize;
    }
}

fn choose(form: &mut Form, field: crate::app::form::FieldId, index: usize) {
    let field = form.fields.iter_mut().find(|candidate| candidate.id == field);
    if let Some(FieldKind::Choice { chosen, .. }) = field.map(|field| &mut field.kind) {
        *chosen = index;
    }
}
