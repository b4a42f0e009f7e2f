//! What to do to several samples at once, and the one content for all.

use super::menus::{choose, files};
use super::sheet::{Place, Sheet, row_of};
use crate::action::Action;
use crate::app::{BatchDialog, BatchStep, State};
use crate::config::Role;
use crate::text::Buffer;
use crate::ui::canvas::Canvas;
use crate::ui::keys::footer;
use crate::ui::text_rows::field;
use ratatui::text::Line;

/// The rows in the order that `update` counts them.
const ROWS: [(&str, &str); 8] = [
    ("one content for all", "type it next"),
    ("accept suggestions", "where there is one"),
    ("flag", "choose it next"),
    ("remove labels", "back to Unlabeled"),
    ("settle conflicts: as shown", "the text in the box"),
    ("settle conflicts: mine", "my newest text"),
    ("settle conflicts: theirs", "another's newest text"),
    ("delete", "asks first"),
];

pub(super) fn draw(state: &State, dialog: &BatchDialog, top: bool, canvas: &mut Canvas<'_>) {
    match &dialog.step {
        BatchStep::Choose { cursor } => {
            let rows: Vec<Line<'_>> = ROWS
                .iter()
                .enumerate()
                .map(|(index, (name, more))| {
                    Line::from(vec![
                        canvas.span(Role::Key, format!("{} ", index + 1)),
                        canvas.span(Role::Text, *name),
                        canvas.span(Role::Dim, format!("  {more}")),
                    ])
                })
                .collect();
            choose(state, files(dialog.count), &rows, *cursor, "choose", canvas);
        }
        BatchStep::Content(line) => content(state, dialog, line, top, canvas),
    }
}

fn content(state: &State, dialog: &BatchDialog, line: &Buffer, top: bool, canvas: &mut Canvas<'_>) {
    let sheet = Sheet {
        title: Line::from(
            canvas.span(Role::DialogTitle, format!("One content for {}", files(dialog.count))),
        ),
        foot: footer(state, canvas, &[(Action::Confirm, "label"), (Action::Cancel, "close")]),
        size: (70, 3),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let text = row_of(inner, 0);
    let style = canvas.style(Role::Dim);
    canvas.put(text.x, text.y, usize::from(text.width), "Speech Content of each of them:", style);
    field(line, row_of(inner, 1), top, canvas);
}
