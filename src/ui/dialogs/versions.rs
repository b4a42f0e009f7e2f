//! The versions of the output, the newest first: name, when, by whom, how many, what changed.

use super::sheet::{Place, Sheet, menu, scrolled, width_inside};
use crate::action::Action;
use crate::app::{Rect, State, VersionRow, VersionsDialog};
use crate::config::Role;
use crate::text::{counted, pad_end, thousands};
use crate::ui::canvas::{Canvas, fit};
use crate::ui::keys::footer;
use crate::ui::text_rows::wrapped;
use ratatui::text::Line;

const WIDTH: usize = 86;

pub(super) fn draw(state: &State, dialog: &VersionsDialog, canvas: &mut Canvas<'_>) {
    let width = width_inside(WIDTH, canvas);
    let rows: Vec<Line<'_>> = dialog
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let marked = dialog.marked == Some(index);
            fit(&line(row, marked, canvas), width.saturating_sub(2), canvas.glyphs.ellipsis)
        })
        .collect();
    let about = match dialog.rows.get(dialog.cursor) {
        Some(row) => about(row, width, canvas),
        None => Vec::new(),
    };
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, "Versions")),
        foot: footer(
            state,
            canvas,
            &[
                (Action::Confirm, "what changed"),
                (Action::ToggleField, "mark"),
                (Action::Cancel, "close"),
            ],
        ),
        size: (WIDTH, rows.len() + 1 + about.len().max(2)),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let lower_rows = (about.len() as u16 + 1).min(inner.height / 2);
    let upper = Rect { height: inner.height - lower_rows, ..inner };
    let lower =
        Rect { y: inner.y + upper.height + 1, height: lower_rows.saturating_sub(1), ..inner };
    menu(&rows, dialog.cursor, upper, canvas);
    scrolled(&about, 0, lower, canvas);
}

fn line<'t>(row: &VersionRow, marked: bool, canvas: &Canvas<'_>) -> Line<'t> {
    let mark = if marked { canvas.glyphs.selected } else { " " };
    let name = canvas.safe(&row.name).into_owned();
    let author = canvas.safe(&row.author).into_owned();
    let author = canvas.cut(&author, 12).into_owned();
    Line::from(vec![
        canvas.span(Role::Accent, format!("{mark} ")),
        canvas.span(Role::Title, pad_end(&name, 6).into_owned()),
        canvas.span(Role::Dim, format!("  {}", canvas.look.date_time(row.at))),
        canvas.span(Role::Text, format!("  {}", counted(row.total, "file", "files"))),
        canvas.span(Role::Accent, format!("  {author}")),
        canvas.span(Role::Text, format!("  {}", canvas.safe(&row.description))),
    ])
}

/// More about the chosen one.
fn about<'t>(row: &VersionRow, width: usize, canvas: &Canvas<'_>) -> Vec<Line<'t>> {
    let [added, modified, deleted] = row.changes.map(thousands);
    let against = match &row.parent {
        Some(parent) => {
            format!("against {parent}: {added} added, {modified} modified, {deleted} deleted")
        }
        None => "the first version".to_owned(),
    };
    let labeled = format!("{} labeled; {against}", thousands(row.labeled));
    let mut lines = wrapped(&labeled, width, canvas.style(Role::Dim), canvas);
    if !row.description.is_empty() {
        let mut more = wrapped(&row.description, width, canvas.style(Role::Text), canvas);
        more.truncate(3);
        lines.extend(more);
    }
    lines
}
