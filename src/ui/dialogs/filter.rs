//! Search and filter: one line at the bottom, the list in sight, the little language explained.

use super::sheet::{Place, Sheet, below, height_inside, row_of};
use crate::action::Action;
use crate::app::{FilterDialog, Rect, State};
use crate::config::Role;
use crate::text::{cells, thousands};
use crate::ui::canvas::Canvas;
use crate::ui::keys::footer;
use crate::ui::text_rows::field;
use ratatui::text::{Line, Span};

/// The language of the filter by example.
const SYNTAX: [(&str, &str); 8] = [
    ("hello", "in name or content"),
    ("\"thank you\"", "the words together"),
    ("name:call_", "in the name"),
    ("text:refund", "in the content"),
    ("flag:unsure", "flagged, or flag:none"),
    ("by:ann", "labeled by ann"),
    ("dur>2.5", "longer than 2.5 s"),
    ("dur<1:30", "shorter than 1:30"),
];

pub(super) fn draw(state: &State, dialog: &FilterDialog, top: bool, canvas: &mut Canvas<'_>) {
    let columns = if canvas.area().width >= 80 { 2 } else { 1 };
    let syntax = SYNTAX.len().div_ceil(columns);
    // On a small screen the list is worth more than the explanation.
    let wanted = 2 + syntax;
    let rows = if height_inside(99, canvas) >= wanted + 8 { wanted } else { 2 };
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, "Filter")),
        foot: footer(state, canvas, &[(Action::Confirm, "keep"), (Action::Cancel, "as before")]),
        size: (78, rows),
        place: Place::Bottom,
    };
    let inner = sheet.open(canvas);
    let line = row_of(inner, 0);
    canvas.put(line.x, line.y, 1, "/", canvas.style(Role::Key));
    let input = Rect { x: line.x + 2, width: line.width.saturating_sub(2), ..line };
    field(&dialog.line, input, top, canvas);
    outcome(state, dialog, row_of(inner, 1), canvas);
    if rows > 2 {
        explain(columns, below(inner, 2), canvas);
    }
}

/// What is wrong, else how many match.
fn outcome(state: &State, dialog: &FilterDialog, row: Rect, canvas: &mut Canvas<'_>) {
    if row.height == 0 {
        return;
    }
    let (role, text) = match (&dialog.error, state.list.total) {
        (Some(error), _) => {
            (Role::Error, format!("{} {}", canvas.glyphs.failed, canvas.safe(error)))
        }
        (None, _) if state.list.loading => {
            (Role::Dim, format!("searching{}", canvas.glyphs.ellipsis))
        }
        (None, Some(total)) => (Role::Dim, format!("{} found", thousands(total))),
        (None, None) => return,
    };
    let width = usize::from(row.width);
    let short = canvas.cut(&text, width).into_owned();
    canvas.put(row.x, row.y, width, &short, canvas.style(role));
}

fn explain(columns: usize, rect: Rect, canvas: &mut Canvas<'_>) {
    let width = usize::from(rect.width) / columns;
    let rows = SYNTAX.len().div_ceil(columns);
    for (index, (example, meaning)) in SYNTAX.iter().enumerate() {
        let (column, row) = (index / rows, index % rows);
        if row >= usize::from(rect.height) {
            continue;
        }
        let line = Line::from(vec![
            canvas.span(Role::Key, *example),
            Span::raw(" ".repeat(13_usize.saturating_sub(cells(example)))),
            canvas.span(Role::Hint, *meaning),
        ]);
        let x = rect.x + (column * width) as u16;
        canvas.put_line(x, rect.y + row as u16, width.saturating_sub(1), &line);
    }
}
