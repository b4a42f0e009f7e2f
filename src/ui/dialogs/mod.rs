//! Dialogs: sheets over the screen, centred, never larger than it, scrolled where they are long.

mod ask;
mod batch;
mod browse;
mod choice;
mod compare;
mod conflict;
mod delete;
mod filter;
mod form;
mod help;
mod history;
mod menus;
mod message;
mod palette;
mod progress;
mod sheet;
mod versions;

pub(super) use progress::percent;

use super::canvas::Canvas;
use crate::app::{Dialog, State};

/// Draws one dialog; only the top one takes the terminal's cursor.
pub(super) fn draw(state: &State, dialog: &Dialog, top: bool, canvas: &mut Canvas<'_>) {
    match dialog {
        Dialog::Help(dialog) => help::draw(state, dialog, canvas),
        Dialog::Palette(dialog) => palette::draw(state, dialog, top, canvas),
        Dialog::Flags(dialog) => menus::flags(state, dialog, canvas),
        Dialog::Order(dialog) => menus::order(state, dialog, canvas),
        Dialog::Filter(dialog) => filter::draw(state, dialog, top, canvas),
        Dialog::Batch(dialog) => batch::draw(state, dialog, top, canvas),
        Dialog::Confirm(dialog) => ask::confirm(state, dialog, canvas),
        Dialog::Delete(dialog) => delete::draw(state, dialog, top, canvas),
        Dialog::History(dialog) => history::draw(state, dialog, canvas),
        Dialog::Paste(dialog) => compare::paste(state, dialog, canvas),
        Dialog::Newer(dialog) => compare::newer(state, dialog, canvas),
        Dialog::Prompt(dialog) => ask::prompt(state, dialog, top, canvas),
        Dialog::Message(dialog) => message::draw(state, dialog, canvas),
        Dialog::Quit(dialog) => ask::quit(state, dialog, canvas),
        Dialog::Form(dialog) => form::draw(state, dialog, top, canvas),
        Dialog::Choice(dialog) => choice::draw(state, dialog, canvas),
        Dialog::Browse(dialog) => browse::draw(state, dialog, top, canvas),
        Dialog::Progress => progress::draw(state, canvas),
        Dialog::Conflict(dialog) => conflict::draw(state, dialog, canvas),
        Dialog::Versions(dialog) => versions::draw(state, dialog, canvas),
    }
}
