//! Short menus: flags, and the order of the list.

use super::sheet::{Place, Sheet, menu};
use crate::action::Action;
use crate::app::{FlagDialog, OrderDialog, State};
use crate::config::Role;
use crate::domain::{Flag, OrderBy};
use crate::text::counted;
use crate::ui::canvas::{Canvas, line_cells};
use crate::ui::keys::footer;
use ratatui::text::Line;

pub(super) fn flags(state: &State, dialog: &FlagDialog, canvas: &mut Canvas<'_>) {
    let rows: Vec<Line<'_>> = Flag::KNOWN
        .iter()
        .map(|flag| {
            let on = dialog.set & flag.bit() != 0;
            let check = canvas.glyphs.check[usize::from(on)];
            let letter = flag.letter().map(String::from).unwrap_or_default();
            let mut spans = vec![
                canvas.span(if on { Role::Flag } else { Role::Dim }, format!("{check} ")),
                canvas.span(Role::Key, letter),
                canvas.span(Role::Text, format!(" {}", flag.title())),
            ];
            if *flag == Flag::NoSpeech {
                spans.push(canvas.span(Role::Dim, " (labels it as empty)"));
            }
            Line::from(spans)
        })
        .collect();
    let title = match dialog.count {
        Some(1) => "Flag".to_owned(),
        count => format!("Flag {}", files(count)),
    };
    choose(state, title, &rows, dialog.cursor, "set or clear", canvas);
}

pub(super) fn order(state: &State, dialog: &OrderDialog, canvas: &mut Canvas<'_>) {
    let current = state.list.order;
    let rows: Vec<Line<'_>> = dialog
        .choices
        .iter()
        .enumerate()
        .map(|(index, by)| {
            let on = *by == current.by;
            let mut spans = vec![
                canvas.span(Role::Accent, format!("{} ", canvas.glyphs.radio[usize::from(on)])),
                canvas.span(Role::Key, format!("{} ", index + 1)),
                canvas.span(Role::Text, words(*by)),
            ];
            if on {
                let (arrow, turn) = if current.descending {
                    (canvas.glyphs.down, "again: from low to high")
                } else {
                    (canvas.glyphs.up, "again: from high to low")
                };
                spans.push(canvas.span(Role::Accent, format!(" {arrow}")));
                spans.push(canvas.span(Role::Dim, format!("  {turn}")));
            }
            Line::from(spans)
        })
        .collect();
    choose(state, "Order by".to_owned(), &rows, dialog.cursor, "order", canvas);
}

fn words(by: OrderBy) -> &'static str {
    match by {
        OrderBy::Name => "name",
        OrderBy::Time => "time of the recording",
        OrderBy::Duration => "duration",
        OrderBy::Labeled => "time of labeling",
        OrderBy::CharsPerSecond => "characters per second",
    }
}

/// `3 files`, or all of them where they were not counted.
pub(super) fn files(count: Option<u64>) -> String {
    count.map_or_else(|| "all matching files".to_owned(), |n| counted(n, "file", "files"))
}

/// A sheet with nothing but a menu.
pub(super) fn choose(
    state: &State,
    title: String,
    rows: &[Line<'_>],
    chosen: usize,
    verb: &'static str,
    canvas: &mut Canvas<'_>,
) {
    let widest = rows.iter().map(line_cells).max().unwrap_or(0);
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, title)),
        foot: footer(state, canvas, &[(Action::Confirm, verb), (Action::Cancel, "close")]),
        size: (widest + 4, rows.len()),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    menu(rows, chosen, inner, canvas);
}
