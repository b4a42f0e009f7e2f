//! The small file browser: where one is, what was typed, folders and files with their sizes.

use super::sheet::{Place, Sheet, below, menu, row_of};
use crate::action::Action;
use crate::app::{BrowseDialog, BrowseEntry, BrowseFor, BrowseRow, EntryKind, Rect, State};
use crate::config::Role;
use crate::text::{byte_size, cells, thousands, truncate_middle, truncate_start};
use crate::ui::canvas::{Canvas, line_cells};
use crate::ui::keys::footer;
use crate::ui::text_rows::field;
use ratatui::text::{Line, Span};

const WIDTH: usize = 74;
const ROWS: usize = 20;

pub(super) fn draw(state: &State, dialog: &BrowseDialog, top: bool, canvas: &mut Canvas<'_>) {
    let adds = dialog.purpose == BrowseFor::Add;
    let (title, verb) = if adds { ("Add data", "add") } else { ("Import data", "take") };
    let mut keys = vec![(Action::Confirm, "open"), (Action::NextField, verb)];
    if adds {
        keys.push((Action::ToggleField, "select"));
    }
    keys.push((Action::Cancel, "close"));
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, title)),
        foot: footer(state, canvas, &keys),
        size: (WIDTH, ROWS),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let width = usize::from(inner.width);
    where_one_is(dialog, row_of(inner, 0), canvas);
    let line = row_of(inner, 1);
    canvas.put(line.x, line.y, 1, "/", canvas.style(Role::Key));
    let input = Rect { x: line.x + 2, width: line.width.saturating_sub(2), ..line };
    field(&dialog.query, input, top, canvas);
    if dialog.query.text().is_empty() && input.height > 0 {
        let ground = if top { Role::FieldFocus } else { Role::Field };
        let style = canvas.style(ground).patch(canvas.style(Role::Dim));
        let room = usize::from(input.width).saturating_sub(1);
        canvas.put(input.x + 1, input.y, room, "part of a name, or *.wav", style);
    }
    let list = below(inner, 2);
    let said = if let Some(error) = &dialog.error {
        Some((Role::Error, format!("{} {}", canvas.glyphs.failed, canvas.safe(error))))
    } else if dialog.folder.is_none() {
        Some((Role::Dim, format!("{} reading{}", canvas.spinner(), canvas.glyphs.ellipsis)))
    } else {
        None
    };
    let told = usize::from(said.is_some());
    if let Some((role, text)) = said {
        let row = row_of(list, 0);
        let short = canvas.cut(&text, width).into_owned();
        if row.height > 0 {
            canvas.put(row.x, row.y, width, &short, canvas.style(role));
        }
    }
    let list = below(list, told);
    let rows = dialog.rows();
    if rows.is_empty() && dialog.folder.is_some() && list.height > 0 {
        let text = if adds { "no audio here is called that" } else { "nothing is called that" };
        canvas.put(list.x + 2, list.y, width.saturating_sub(2), text, canvas.style(Role::Dim));
    }
    // Only what can be seen is made into lines.
    let height = usize::from(list.height);
    let first = (dialog.cursor + 1).saturating_sub(height);
    let shown: Vec<Line<'_>> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            if index < first || index >= first + height {
                return Line::default();
            }
            draw_row(dialog, *row, width.saturating_sub(2), canvas)
        })
        .collect();
    menu(&shown, dialog.cursor, list, canvas);
}

fn where_one_is(dialog: &BrowseDialog, row: Rect, canvas: &mut Canvas<'_>) {
    if row.height == 0 {
        return;
    }
    let width = usize::from(row.width);
    let (count, bytes) = dialog.weight();
    let chosen = match (count, bytes) {
        (0, _) => String::new(),
        (count, 0) => format!(" {} selected", thousands(count)),
        (count, bytes) => format!(" {} selected, {}", thousands(count), byte_size(bytes)),
    };
    let path = dialog.folder.as_ref().map(|folder| folder.path.to_string_lossy().into_owned());
    let path = canvas.safe(path.as_deref().unwrap_or_default()).into_owned();
    let room = width.saturating_sub(cells(&chosen));
    let short = truncate_start(&path, room, canvas.glyphs.ellipsis).into_owned();
    canvas.put(row.x, row.y, room, &short, canvas.style(Role::Title));
    let chosen = Line::from(canvas.span(Role::Accent, chosen));
    canvas.put_right(row.x, row.y, width, &chosen);
}

fn draw_row<'t>(
    dialog: &BrowseDialog,
    row: BrowseRow<'_>,
    width: usize,
    canvas: &Canvas<'_>,
) -> Line<'t> {
    let entry = match row {
        BrowseRow::Up => return Line::from(canvas.span(Role::Dim, "  ../")),
        BrowseRow::Entry(entry) => entry,
    };
    let selected = dialog.selected.contains_key(&entry.path);
    let mark = if selected { canvas.glyphs.selected } else { " " };
    let (role, size) = match entry.kind {
        EntryKind::Folder => (Role::Accent, String::new()),
        EntryKind::Audio => (Role::Text, byte_size(entry.bytes)),
        EntryKind::Other => (Role::Dim, byte_size(entry.bytes)),
    };
    let name = shown_name(entry, width.saturating_sub(cells(&size) + 4), canvas);
    let mut line =
        Line::from(vec![canvas.span(Role::Accent, format!("{mark} ")), canvas.span(role, name)]);
    let gap = width.saturating_sub(line_cells(&line) + cells(&size) + 1);
    line.spans.push(Span::raw(" ".repeat(gap)));
    line.spans.push(canvas.span(Role::Dim, size));
    line
}

fn shown_name(entry: &BrowseEntry, room: usize, canvas: &Canvas<'_>) -> String {
    let slash = if entry.kind == EntryKind::Folder { "/" } else { "" };
    let name = format!("{}{slash}", canvas.safe(&entry.name));
    truncate_middle(&name, room, canvas.glyphs.ellipsis).into_owned()
}
