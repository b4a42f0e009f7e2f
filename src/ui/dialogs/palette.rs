//! The palette: every action by name, with what it does and its keys.

use super::sheet::{Place, Sheet, below, menu, row_of};
use crate::action::Action;
use crate::app::{Focus, PaletteDialog, State};
use crate::config::Role;
use crate::keymap::Context;
use crate::text::{cells, pad_end};
use crate::ui::canvas::{Canvas, fit};
use crate::ui::keys::{footer, key};
use crate::ui::text_rows::field;
use ratatui::text::{Line, Span};

/// Cells of a name before what it does.
const NAME: usize = 22;

pub(super) fn draw(state: &State, dialog: &PaletteDialog, top: bool, canvas: &mut Canvas<'_>) {
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, "What to do")),
        foot: footer(state, canvas, &[(Action::Confirm, "do it"), (Action::Cancel, "close")]),
        // As high as all of them, so that the sheet stands still while they are narrowed.
        size: (96, 26),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let line = row_of(inner, 0);
    canvas.put(line.x, line.y, 1, ":", canvas.style(Role::Key));
    let input = crate::app::Rect { x: line.x + 2, width: line.width.saturating_sub(2), ..line };
    field(&dialog.query, input, top, canvas);
    let list = below(inner, 2);
    if dialog.found.is_empty() && list.height > 0 {
        let style = canvas.style(Role::Dim);
        canvas.put(list.x + 2, list.y, usize::from(list.width), "nothing is called that", style);
        return;
    }
    let width = usize::from(inner.width).saturating_sub(2);
    let rows: Vec<Line<'_>> =
        dialog.found.iter().map(|action| row(state, *action, width, canvas)).collect();
    menu(&rows, dialog.cursor, list, canvas);
}

fn row<'t>(state: &State, action: Action, width: usize, canvas: &Canvas<'_>) -> Line<'t> {
    let key = shown_key(state, action);
    let name = action.name().replace('-', " ");
    let room = width.saturating_sub(cells(&key) + 1);
    let left = Line::from(vec![
        canvas.span(Role::Text, pad_end(&name, NAME).into_owned()),
        canvas.span(Role::Dim, format!(" {}", action.doc())),
    ]);
    let mut left = fit(&left, room, canvas.glyphs.ellipsis);
    let gap = room.saturating_sub(crate::ui::canvas::line_cells(&left));
    left.spans.push(Span::raw(" ".repeat(gap + 1)));
    left.spans.push(canvas.span(Role::Key, key));
    left
}

/// The key where the focus was, else where it has one.
fn shown_key(state: &State, action: Action) -> String {
    let contexts = match state.focus {
        Focus::Editor => [Context::Editor, Context::List],
        Focus::List => [Context::List, Context::Editor],
    };
    contexts.into_iter().find_map(|context| key(state, context, action)).unwrap_or_default()
}
