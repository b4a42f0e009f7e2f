//! Keys while a dialog is open.

use super::Turn;
use crate::action::Action;
use crate::app::dialog::{
    BatchStep, ConfirmedDeed, DeleteDialog, DeleteField, Dialog, HelpDialog, NewerDialog,
    PaletteDialog, PromptDialog, QuitDialog,
};
use crate::app::effect::Effect;
use crate::app::exchange::ExchangeJob;
use crate::domain::{Deed, Flag};
use crate::keymap::{Context as KeyContext, Key};
use crate::text::{Buffer, Motion};

/// Rows of the batch menu.
pub(crate) const BATCH_ROWS: usize = 8;

impl Turn<'_> {
    pub(super) fn open_help(&mut self) {
        let context = self.state.key_context();
        if !matches!(self.state.dialogs.last(), Some(Dialog::Help(_))) {
            self.state.dialogs.push(Dialog::Help(HelpDialog { context, scroll: 0 }));
        }
    }

    pub(super) fn open_palette(&mut self) {
        let found = Action::ALL.iter().copied().filter(|action| action.in_palette()).collect();
        let query = Buffer::new("");
        self.state.dialogs.push(Dialog::Palette(PaletteDialog { query, found, cursor: 0 }));
    }

    pub(super) fn offer_to_quit(&mut self) {
        if !matches!(self.state.dialogs.last(), Some(Dialog::Quit(_))) {
            self.state.dialogs.push(Dialog::Quit(QuitDialog { yes: true }));
        }
    }

    /// Offers a key to the dialog that has the keys. Every key stays there; true: it is done with.
    pub(super) fn dialog_takes(&mut self, key: Key) -> bool {
        let action = self.state.keymap.resolve(KeyContext::Dialog, key);
        if self.sheet_takes(key, action) {
            return true;
        }
        match action {
            Some(Action::Cancel | Action::CopyOrQuit) => self.cancel(),
            Some(Action::Confirm) => self.confirm(),
            Some(Action::Up) => self.dialog_move(-1),
            Some(Action::Down) => self.dialog_move(1),
            Some(Action::PageUp) => self.dialog_move(-10),
            Some(Action::PageDown) => self.dialog_move(10),
            Some(Action::NextField) => self.dialog_field(1),
            Some(Action::PreviousField) => self.dialog_field(-1),
            Some(Action::ToggleField) if self.dialog_line().is_none() => self.dialog_toggle(),
            Some(
                Action::Quit
                | Action::PlayPause
                | Action::AgainSlower
                | Action::Suspend
                | Action::Redraw,
            ) => {
                return false;
            }
            _ => self.dialog_key(key, action),
        }
        true
    }

    fn dialog_key(&mut self, key: Key, action: Option<Action>) {
        if self.dialog_line().is_some() {
            self.line_key(key, action);
        } else if let Some(c) = key.typed() {
            self.dialog_letter(c);
        }
    }

    /// The line of text that the dialog's keys go to, if there is one.
    fn dialog_line(&mut self) -> Option<&mut Buffer> {
        match self.state.dialogs.last_mut()? {
            Dialog::Palette(dialog) => Some(&mut dialog.query),
            Dialog::Filter(dialog) => Some(&mut dialog.line),
            Dialog::Prompt(dialog) => Some(&mut dialog.line),
            Dialog::Form(dialog) => dialog.form.line(),
            Dialog::Browse(dialog) => Some(&mut dialog.query),
            Dialog::Delete(dialog) if dialog.field == DeleteField::Count => Some(&mut dialog.typed),
            Dialog::Batch(dialog) => match &mut dialog.step {
                BatchStep::Content(line) => Some(line),
                BatchStep::Choose { .. } => None,
            },
            _ => None,
        }
    }

    fn line_key(&mut self, key: Key, action: Option<Action>) {
        let action = action.or_else(|| self.state.keymap.resolve(KeyContext::Editor, key));
        let typed = key.typed();
        let Some(line) = self.dialog_line() else { return };
        match (typed, action) {
            (Some(c), _) => line.insert(&c.to_string()),
            (None, Some(Action::CursorLeft)) => line.move_cursor(Motion::Left, false),
            (None, Some(Action::CursorRight)) => line.move_cursor(Motion::Right, false),
            (None, Some(Action::WordLeft)) => line.move_cursor(Motion::WordLeft, false),
            (None, Some(Action::WordRight)) => line.move_cursor(Motion::WordRight, false),
            (None, Some(Action::LineStart)) => line.move_cursor(Motion::LineStart, false),
            (None, Some(Action::LineEnd)) => line.move_cursor(Motion::LineEnd, false),
            (None, Some(Action::DeleteBack)) => line.delete(Motion::Left),
            (None, Some(Action::DeleteForward)) => line.delete(Motion::Right),
            (None, Some(Action::DeleteWordBack)) => line.delete(Motion::WordLeft),
            (None, Some(Action::DeleteToLineStart)) => line.delete(Motion::LineStart),
            (None, Some(Action::DeleteToLineEnd)) => line.delete(Motion::LineEnd),
            (None, Some(Action::TextUndo)) => {
                line.undo();
            }
            _ => return,
        }
        self.line_changed();
    }

    pub(super) fn dialog_paste(&mut self, text: &str) {
        let one_line: String = text.lines().collect::<Vec<_>>().join(" ");
        if let Some(line) = self.dialog_line() {
            line.paste(one_line.trim());
            self.line_changed();
        }
    }

    fn line_changed(&mut self) {
        match self.state.dialogs.last_mut() {
            Some(Dialog::Palette(dialog)) => {
                dialog.found = matching(dialog.query.text());
                dialog.cursor = 0;
            }
            Some(Dialog::Filter(_)) => self.filter_typed(),
            Some(Dialog::Delete(dialog)) => dialog.error = None,
            Some(Dialog::Prompt(dialog)) => dialog.error = None,
            Some(Dialog::Form(dialog)) => {
                dialog.form.error = None;
                self.form_changed(true);
            }
            Some(Dialog::Browse(dialog)) => {
                dialog.error = None;
                dialog.cursor = 0;
            }
            _ => {}
        }
    }

    /// A letter in a menu: its one-key choice.
    fn dialog_letter(&mut self, c: char) {
        match self.state.dialogs.last() {
            Some(Dialog::Flags(_)) => {
                if let Some(flag) = Flag::KNOWN.into_iter().find(|flag| flag.letter() == Some(c))
                    && let Some(Dialog::Flags(dialog)) = self.state.dialogs.pop()
                {
                    self.flag(&dialog, flag);
                }
            }
            Some(Dialog::Confirm(_) | Dialog::Quit(_)) if matches!(c, 'y' | 'Y') => {
                self.dialog_yes(true);
                self.confirm();
            }
            Some(Dialog::Confirm(_) | Dialog::Quit(_)) if matches!(c, 'n' | 'N') => self.cancel(),
            Some(Dialog::Help(_) | Dialog::Message(_) | Dialog::History(_)) => match c {
                'q' => self.cancel(),
                'j' => self.dialog_move(1),
                'k' => self.dialog_move(-1),
                'r' => self.restore_chosen(),
                _ => {}
            },
            Some(Dialog::Order(_) | Dialog::Batch(_)) => match c {
                'j' => self.dialog_move(1),
                'k' => self.dialog_move(-1),
                c => self.menu_digit(c),
            },
            Some(Dialog::Newer(_) | Dialog::Paste(_)) => match c {
                'j' => self.dialog_move(1),
                'k' => self.dialog_move(-1),
                _ => {}
            },
            _ => {}
        }
    }

    fn menu_digit(&mut self, c: char) {
        let Some(index) = c.to_digit(10).and_then(|digit| (digit as usize).checked_sub(1)) else {
            return;
        };
        match self.state.dialogs.last_mut() {
            Some(Dialog::Order(dialog)) if index < dialog.choices.len() => dialog.cursor = index,
            Some(Dialog::Batch(dialog)) if index < BATCH_ROWS => {
                dialog.step = BatchStep::Choose { cursor: index }
            }
            _ => return,
        }
        self.confirm();
    }

    fn restore_chosen(&mut self) {
        if let Some(Dialog::History(dialog)) = self.state.dialogs.last()
            && dialog.revisions.is_some()
        {
            self.confirm();
        }
    }

    fn dialog_yes(&mut self, on: bool) {
        match self.state.dialogs.last_mut() {
            Some(Dialog::Confirm(dialog)) => dialog.yes = on,
            Some(Dialog::Quit(dialog)) => dialog.yes = on,
            _ => {}
        }
    }

    fn dialog_move(&mut self, by: i64) {
        let moved = |at: usize, rows: usize| -> usize {
            (at as i64 + by).clamp(0, rows.saturating_sub(1) as i64) as usize
        };
        match self.state.dialogs.last_mut() {
            Some(Dialog::Help(dialog)) => dialog.scroll = moved(dialog.scroll, 500),
            Some(Dialog::Message(dialog)) => {
                dialog.scroll = moved(dialog.scroll, dialog.lines.len().max(1));
            }
            Some(Dialog::Palette(dialog)) => {
                dialog.cursor = moved(dialog.cursor, dialog.found.len());
            }
            Some(Dialog::Flags(dialog)) => dialog.cursor = moved(dialog.cursor, Flag::KNOWN.len()),
            Some(Dialog::Order(dialog)) => {
                dialog.cursor = moved(dialog.cursor, dialog.choices.len());
            }
            Some(Dialog::History(dialog)) => {
                let rows = dialog.revisions.as_ref().map_or(0, Vec::len);
                dialog.cursor = moved(dialog.cursor, rows);
            }
            Some(Dialog::Batch(dialog)) => {
                if let BatchStep::Choose { cursor } = &mut dialog.step {
                    *cursor = moved(*cursor, BATCH_ROWS);
                }
            }
            Some(Dialog::Newer(dialog)) => dialog.cursor = moved(dialog.cursor, 3),
            Some(Dialog::Paste(dialog)) => dialog.one_text = by < 0,
            Some(Dialog::Confirm(_) | Dialog::Quit(_) | Dialog::Delete(_)) => self.dialog_field(by),
            _ => {}
        }
    }

    fn dialog_field(&mut self, by: i64) {
        match self.state.dialogs.last_mut() {
            Some(Dialog::Confirm(dialog)) => dialog.yes = !dialog.yes,
            Some(Dialog::Quit(dialog)) => dialog.yes = !dialog.yes,
            Some(Dialog::Paste(dialog)) => dialog.one_text = !dialog.one_text,
            Some(Dialog::Delete(dialog)) => {
                let fields = dialog.fields();
                let at = fields.iter().position(|field| *field == dialog.field).unwrap_or(0) as i64;
                let count = fields.len() as i64;
                dialog.field = fields[(at + by.signum()).rem_euclid(count) as usize];
            }
            Some(Dialog::Newer(_)) => self.dialog_move(by),
            _ => {}
        }
    }

    fn dialog_toggle(&mut self) {
        match self.state.dialogs.last_mut() {
            Some(Dialog::Delete(dialog)) if dialog.field == DeleteField::SourceFiles => {
                self.turn_source_files();
            }
            Some(Dialog::Flags(_) | Dialog::Confirm(_) | Dialog::Delete(_) | Dialog::Quit(_)) => {
                self.confirm();
            }
            _ => {}
        }
    }

    /// Esc: nothing happens that was not confirmed.
    fn cancel(&mut self) {
        match self.state.dialogs.pop() {
            Some(Dialog::Filter(dialog)) => self.apply_filter(&dialog.before),
            Some(Dialog::Newer(dialog)) => self.back_to_box(&dialog),
            _ => {}
        }
    }

    fn confirm(&mut self) {
        let Some(dialog) = self.state.dialogs.pop() else { return };
        match dialog {
            Dialog::Palette(dialog) => {
                if let Some(action) = dialog.found.get(dialog.cursor) {
                    self.action(*action);
                }
            }
            Dialog::Flags(dialog) => {
                let flag = Flag::KNOWN[dialog.cursor.min(Flag::KNOWN.len() - 1)].clone();
                self.flag(&dialog, flag);
            }
            Dialog::Order(dialog) => {
                if let Some(by) = dialog.choices.get(dialog.cursor) {
                    self.order_chosen(*by);
                }
            }
            Dialog::Filter(dialog) if dialog.error.is_some() => {
                self.state.dialogs.push(Dialog::Filter(dialog));
            }
            Dialog::Batch(dialog) => match &dialog.step {
                BatchStep::Choose { cursor } => {
                    let choice = *cursor;
                    self.batch_chosen(dialog, choice);
                }
                BatchStep::Content(line) if line.text().trim().is_empty() => {
                    self.state.dialogs.push(Dialog::Batch(dialog));
                    self.info("type the content for all, or Esc");
                }
                BatchStep::Content(line) => {
                    let deed = Deed::Label(line.text().to_owned());
                    self.ask_or_act(deed, dialog.target, dialog.count);
                }
            },
            Dialog::Confirm(dialog) if dialog.yes => match dialog.deed {
                ConfirmedDeed::Act(deed, target) => self.effect(Effect::Act(deed, target)),
                ConfirmedDeed::Forget(workspace) => self.effect(Effect::ForgetDataset(workspace)),
                ConfirmedDeed::Quit => self.quit(),
                ConfirmedDeed::StopSync => self.stop_sync(),
            },
            Dialog::Delete(dialog) => self.confirm_delete(dialog),
            Dialog::History(dialog) => self.restore_revision(&dialog),
            Dialog::Paste(dialog) => self.paste_lines(&dialog.lines, dialog.one_text),
            Dialog::Newer(dialog) => self.newer_chosen(*dialog),
            Dialog::Prompt(dialog) => self.confirm_prompt(dialog),
            Dialog::Quit(dialog) if dialog.yes => self.ask_to_quit(),
            // What was only to be read, or was answered with no.
            Dialog::Help(_)
            | Dialog::Message(_)
            | Dialog::Filter(_)
            | Dialog::Confirm(_)
            | Dialog::Quit(_)
            | Dialog::Form(_)
            | Dialog::Choice(_)
            | Dialog::Browse(_)
            | Dialog::Progress
            | Dialog::Conflict(_)
            | Dialog::Versions(_) => {}
        }
    }

    fn confirm_prompt(&mut self, mut dialog: PromptDialog) {
        if dialog.line.text().trim().is_empty() {
            dialog.error = Some("type something, or Esc".to_owned());
            self.state.dialogs.push(Dialog::Prompt(dialog));
        } else {
            let text = dialog.line.text().to_owned();
            self.prompted(dialog.purpose, &text);
        }
    }

    fn confirm_delete(&mut self, mut dialog: DeleteDialog) {
        if dialog.field == DeleteField::Cancel {
            return;
        }
        if dialog.field == DeleteField::SourceFiles {
            self.state.dialogs.push(Dialog::Delete(dialog));
            self.turn_source_files();
            return;
        }
        if !dialog.source_files {
            self.effect(Effect::Act(Deed::Delete, dialog.target));
            return;
        }
        match dialog.weight {
            None => dialog.error = Some("still counting".to_owned()),
            Some((count, _)) if dialog.typed.text().trim() != count.to_string() => {
                dialog.error = Some(format!("type {count} to delete the source files"));
                dialog.field = DeleteField::Count;
            }
            Some((count, _)) => {
                self.start_job(ExchangeJob::DeleteSources(dialog.target, count));
                return;
            }
        }
        self.state.dialogs.push(Dialog::Delete(dialog));
    }

    fn newer_chosen(&mut self, dialog: NewerDialog) {
        match dialog.cursor {
            0 => {
                let mut job = dialog.job;
                job.based_on = Some(dialog.theirs.heads);
                self.send_label(job);
            }
            1 => {
                self.drop_draft(dialog.job.key);
                self.info("theirs stays; yours was let go");
                self.reread();
            }
            _ => self.back_to_box(&dialog),
        }
    }

    /// Back to the sample, both texts in sight: mine in the box as a draft on top of theirs.
    fn back_to_box(&mut self, dialog: &NewerDialog) {
        let ticket = self.state.next_ticket();
        self.send_draft(crate::app::effect::DraftJob {
            key: dialog.job.key.clone(),
            text: dialog.job.content.clone(),
            cursor: dialog.job.content.len(),
            heads: dialog.theirs.heads.clone(),
            ticket,
        });
        self.state.editor.ahead.forget(dialog.job.sample);
        self.info("your text is kept as that file's draft");
        self.reread();
    }
}

impl DeleteDialog {
    /// The fields that can be reached now, in order.
    pub fn fields(&self) -> Vec<DeleteField> {
        let mut fields = vec![DeleteField::SourceFiles];
        if self.source_files {
            fields.push(DeleteField::Count);
        }
        fields.extend([DeleteField::Delete, DeleteField::Cancel]);
        fields
    }
}

/// Palette actions whose name or line has the letters of the query, in order; names first.
fn matching(query: &str) -> Vec<Action> {
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut found: Vec<(usize, Action)> = Action::ALL
        .iter()
        .copied()
        .filter(|action| action.in_palette())
        .filter_map(|action| {
            let name = action.name().replace('-', " ");
            let line = action.doc().to_lowercase();
            let rank = if name.starts_with(&query) {
                0
            } else if words.iter().all(|word| name.contains(word)) {
                1
            } else if words.iter().all(|word| name.contains(word) || line.contains(word)) {
                2
            } else {
                return None;
            };
            Some((rank, action))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, action)| action).collect()
}
