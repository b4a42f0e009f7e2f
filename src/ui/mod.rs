//! Drawing, and nothing else: the state goes in, cells come out. No I/O, no clock.
//!
//! Every rectangle comes from [`State::layout`], every key from the keymap, every colour from the theme. What comes from
//! outside (keys, labels, names, errors) is made safe before it reaches a cell. Whatever the size, nothing panics.

mod bars;
mod canvas;
mod datasets;
mod dialogs;
mod editor;
mod empty;
mod glyphs;
mod header;
mod hints;
mod keys;
mod list;
mod look;
mod nearest;
mod text_rows;
mod wave;

#[cfg(test)]
mod tests;

pub use look::{ColorMode, Look, style};

use crate::app::{Screen, State};
use crate::config::Role;
use canvas::Canvas;
use ratatui::Frame;
use std::time::Duration;

/// Draws the whole screen. `now` is the program's own time: it only turns the spinner.
pub fn draw(state: &State, look: &Look, now: Duration, frame: &mut Frame<'_>) {
    let layout = state.layout();
    let mut canvas = Canvas::new(frame.buffer_mut(), look, state.ascii, now);
    canvas.clear(canvas.area(), look.of(Role::Text));
    header::draw(state, &layout, &mut canvas);
    match state.screen {
        Screen::Datasets => datasets::draw(state, &layout, &mut canvas),
        Screen::Labeling => {
            list::draw(state, &layout, &mut canvas);
            wave::draw(state, &layout, &mut canvas);
            editor::draw(state, &layout, &mut canvas);
        }
    }
    hints::draw(state, &layout, &mut canvas);
    for (index, dialog) in state.dialogs.iter().enumerate() {
        let top = index + 1 == state.dialogs.len();
        dialogs::draw(state, dialog, top, &mut canvas);
    }
    if let Some(cursor) = canvas.cursor() {
        frame.set_cursor_position(cursor);
    }
}
