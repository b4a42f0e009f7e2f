//! Dialogs: sheets over the screen, centred, never larger than it, scrolled where they are long.

mod ask;
mod batch;
mod compare;
mod delete;
mod filter;
mod help;
mod history;
mod menus;
mod message;
mod palette;
mod sheet;

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
    }
}
