//! Keys in the small file browser, and the folders that come.

use super::Turn;
use crate::action::Action;
use crate::app::browse::{BrowseDialog, BrowseFor, BrowseRow, EntryKind, Folder, is_pattern};
use crate::app::dialog::Dialog;
use crate::app::effect::Effect;
use crate::app::form::FieldId;
use crate::domain::UserError;
use crate::keymap::{Context as KeyContext, Key};
use crate::text::safe_line;
use std::path::PathBuf;

impl Turn<'_> {
    pub(super) fn browse(&mut self, purpose: BrowseFor) {
        let ticket = self.state.next_ticket();
        self.effect(Effect::Browse(ticket, None));
        let dialog = BrowseDialog::new(purpose, ticket);
        self.state.dialogs.push(Dialog::Browse(Box::new(dialog)));
    }

    fn browser(&mut self) -> Option<&mut BrowseDialog> {
        match self.state.dialogs.last_mut() {
            Some(Dialog::Browse(dialog)) => Some(dialog),
            _ => None,
        }
    }

    pub(super) fn browsed(&mut self, ticket: u64, result: Result<Folder, UserError>) {
        let browser = self.state.dialogs.iter_mut().find_map(|dialog| match dialog {
            Dialog::Browse(browser) if browser.ticket == ticket => Some(browser),
            _ => None,
        });
        let Some(browser) = browser else { return };
        match result {
            Ok(folder) => browser.show(folder),
            Err(error) => browser.error = Some(error.to_string()),
        }
    }

    pub(super) fn browse_takes(&mut self, key: Key, action: Option<Action>) -> bool {
        let typed = key.typed();
        let all = self.state.keymap.resolve(KeyContext::Editor, key) == Some(Action::SelectAllText);
        let Some(browser) = self.browser() else { return false };
        let empty = browser.query.text().is_empty();
        let last = browser.rows().len().saturating_sub(1);
        match action {
            Some(Action::Confirm) => self.browse_enter(),
            Some(Action::NextField) => self.browse_goes_on(),
            Some(Action::ToggleField) if browser.purpose == BrowseFor::Add => {
                browser.toggle();
                browser.cursor = (browser.cursor + 1).min(last);
            }
            Some(Action::Up | Action::PreviousField) => {
                browser.cursor = browser.cursor.saturating_sub(1);
            }
            Some(Action::Down) => browser.cursor = (browser.cursor + 1).min(last),
            Some(Action::PageUp) => browser.cursor = browser.cursor.saturating_sub(10),
            Some(Action::PageDown) => browser.cursor = (browser.cursor + 10).min(last),
            Some(Action::CursorLeft | Action::DeleteBack) if empty => self.browse_up(),
            Some(Action::CursorRight) if empty => {
                if let Some(path) = self.chosen_folder() {
                    self.browse_into(path, None);
                }
            }
            _ if all && browser.purpose == BrowseFor::Add && typed.is_none() => {
                browser.toggle_all();
            }
            _ => return false,
        }
        true
    }

    fn chosen_folder(&mut self) -> Option<PathBuf> {
        match self.browser()?.chosen()? {
            BrowseRow::Entry(entry) if entry.kind == EntryKind::Folder => Some(entry.path.clone()),
            _ => None,
        }
    }

    /// Enter: into a folder, or on with what is selected.
    fn browse_enter(&mut self) {
        let Some(browser) = self.browser() else { return };
        let pattern = is_pattern(browser.query.text());
        match browser.chosen() {
            Some(BrowseRow::Up) => self.browse_up(),
            Some(BrowseRow::Entry(entry)) if entry.kind == EntryKind::Folder && !pattern => {
                let path = entry.path.clone();
                self.browse_into(path, None);
            }
            _ => self.browse_goes_on(),
        }
    }

    fn browse_up(&mut self) {
        let Some(browser) = self.browser() else { return };
        let here = browser.folder.as_ref().map(|folder| folder.path.clone());
        if let Some(above) = browser.above() {
            self.browse_into(above, here);
        }
    }

    fn browse_into(&mut self, path: PathBuf, came_from: Option<PathBuf>) {
        let ticket = self.state.next_ticket();
        let Some(browser) = self.browser() else { return };
        browser.ticket = ticket;
        browser.came_from = came_from;
        self.effect(Effect::Browse(ticket, Some(path)));
    }

    /// On with what is selected, or with what the cursor is on.
    fn browse_goes_on(&mut self) {
        let Some(browser) = self.browser() else { return };
        let (purpose, taken) = (browser.purpose, browser.taken());
        let bytes = browser.weight().1;
        if taken.is_empty() {
            browser.error = Some("nothing is selected".to_owned());
            return;
        }
        match purpose {
            // The browser stays below: Esc comes back to it with everything that is selected.
            BrowseFor::Add => self.add_form(taken, bytes),
            BrowseFor::Import => {
                let Some(path) = taken.first().and_then(|path| path.to_str()) else {
                    let name = taken[0].to_string_lossy();
                    let why = format!("not a name that can be typed: {}", safe_line(&name));
                    browser.error = Some(why);
                    return;
                };
                let path = path.to_owned();
                self.state.dialogs.pop();
                if let Some(Dialog::Form(dialog)) = self.state.dialogs.last_mut() {
                    dialog.form.set_text(FieldId::From, &path);
                    dialog.form.go_to(FieldId::From);
                }
            }
        }
    }
}
