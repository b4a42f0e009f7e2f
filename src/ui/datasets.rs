//! The choice of datasets: those opened before, how far each is, and how to open another.

use super::canvas::{Canvas, Titles};
use super::hints::list_key;
use super::text_rows::wrapped;
use crate::action::Action;
use crate::app::{KnownDataset, Layout, Rect, State};
use crate::config::Role;
use crate::domain::Counts;
use crate::text::{cells, thousands, truncate_middle};
use ratatui::text::{Line, Span};

/// Rows that a dataset takes: its name with the counts, its source, a gap.
const ROWS: u16 = 3;
/// Cells that its name gets before the counts.
const NAME: usize = 16;

pub(super) fn draw(state: &State, layout: &Layout, canvas: &mut Canvas<'_>) {
    let rect = layout.list;
    let pane = &state.datasets;
    let known = pane.known.as_deref().unwrap_or_default();
    let count = if known.is_empty() { String::new() } else { thousands(known.len() as u64) };
    let titles = Titles {
        name: Line::from(canvas.span(Role::Title, "Datasets")),
        foot: actions(state, canvas),
        foot_aside: Line::from(canvas.span(Role::Dim, count)),
        ..Titles::default()
    };
    canvas.border(rect, state.dialogs.is_empty(), &titles);
    let inner = rect.inner();
    if known.is_empty() {
        return none(state, inner, canvas);
    }
    let fits = usize::from((inner.height / ROWS).max(1));
    let first = (pane.cursor + 1).saturating_sub(fits).min(known.len().saturating_sub(1));
    for (index, dataset) in known.iter().enumerate().skip(first).take(fits) {
        let y = inner.y + (index - first) as u16 * ROWS;
        let height = (ROWS - 1).min((inner.y + inner.height).saturating_sub(y));
        let card = Rect { y, height, ..inner };
        draw_card(state, dataset, card, canvas);
        if index == pane.cursor {
            canvas.tint(card, canvas.style(Role::CursorRow));
            canvas.cell(card.x, card.y, canvas.glyphs.cursor, canvas.style(Role::Accent));
        }
    }
}

fn actions<'s>(state: &State, canvas: &Canvas<'_>) -> Line<'s> {
    let mut spans = Vec::new();
    for (action, text) in [
        (Action::Edit, "open"),
        (Action::OrderMenu, "a new path"),
        (Action::Restore, "rename"),
        (Action::Delete, "forget"),
    ] {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        spans.push(canvas.span(Role::Key, list_key(state, action)));
        spans.push(canvas.span(Role::Hint, format!(" {text}")));
    }
    Line::from(spans)
}

fn draw_card(state: &State, dataset: &KnownDataset, card: Rect, canvas: &mut Canvas<'_>) {
    let width = usize::from(card.width);
    let opening = state.datasets.opening.as_deref() == Some(dataset.workspace.as_str());
    let right = if opening {
        Line::from(canvas.span(Role::Accent, format!("{} opening ", canvas.spinner())))
    } else {
        let room = width.saturating_sub(NAME + 4);
        dataset.counts.map_or_else(Line::default, |counts| progress(&counts, room, canvas))
    };
    let room = width.saturating_sub(super::canvas::line_cells(&right) + 4);
    let name = canvas.safe(&dataset.name).into_owned();
    let name = truncate_middle(&name, room, canvas.glyphs.ellipsis).into_owned();
    canvas.put(card.x + 2, card.y, room, &name, canvas.style(Role::Title));
    canvas.put_right(card.x, card.y, width, &right);
    if card.height > 1 {
        second_row(dataset, Rect { y: card.y + 1, height: 1, ..card }, canvas);
    }
}

fn second_row(dataset: &KnownDataset, row: Rect, canvas: &mut Canvas<'_>) {
    let width = usize::from(row.width);
    if let Some(problem) = &dataset.problem {
        let text = format!("{} {}", canvas.glyphs.warning, canvas.safe(problem));
        let short = canvas.cut(&text, width.saturating_sub(3)).into_owned();
        canvas.put(row.x + 2, row.y, width.saturating_sub(3), &short, canvas.style(Role::Error));
        return;
    }
    let last = dataset.last_opened.map(|at| format!("{} ", canvas.look.date_time(at)));
    let last = last.filter(|last| cells(last) + 16 <= width).unwrap_or_default();
    let room = width.saturating_sub(cells(&last) + 4);
    let source = canvas.safe(&dataset.source).into_owned();
    let source = truncate_middle(&source, room, canvas.glyphs.ellipsis).into_owned();
    canvas.put(row.x + 2, row.y, room, &source, canvas.style(Role::Dim));
    let last = Line::from(canvas.span(Role::Dim, last));
    canvas.put_right(row.x, row.y, width, &last);
}

/// `12,408 to label, 2.1 h left  310 to confirm  7,282 labeled`, as much of it as there is room for.
fn progress<'s>(counts: &Counts, room: usize, canvas: &Canvas<'_>) -> Line<'s> {
    let mut pieces = Vec::new();
    if counts.unlabeled == 0 && counts.labeled > 0 {
        pieces.push((Role::Good, format!("{} all done", canvas.glyphs.done)));
    } else {
        pieces.push((Role::Text, format!("{} to label", thousands(counts.unlabeled))));
    }
    let left = hours_left(counts);
    if !left.is_empty() {
        pieces.push((Role::Dim, format!(", {left} left")));
    }
    if counts.to_confirm > 0 {
        let text = format!("  {} to confirm", thousands(counts.to_confirm));
        pieces.push((Role::Accent, text));
    }
    pieces.push((Role::Dim, format!("  {} labeled", thousands(counts.labeled))));
    let mut spans = Vec::new();
    let mut room = room;
    for (role, text) in pieces.into_iter().chain([(Role::Text, " ".to_owned())]) {
        let Some(left) = room.checked_sub(cells(&text)) else { continue };
        room = left;
        spans.push(canvas.span(role, text));
    }
    Line::from(spans)
}

/// Hours of audio without a label, as far as lengths are known.
fn hours_left(counts: &Counts) -> String {
    let seconds = counts.seconds_total - counts.seconds_labeled;
    if counts.unlabeled == 0 || seconds < 1.0 {
        return String::new();
    }
    super::header::hours(seconds)
}

fn none(state: &State, inner: Rect, canvas: &mut Canvas<'_>) {
    let said = if state.datasets.known.is_none() {
        format!("{} reading{}", canvas.spinner(), canvas.glyphs.ellipsis)
    } else {
        let key = list_key(state, Action::OrderMenu);
        format!("no dataset was opened before: {key} takes the path of a folder of recordings")
    };
    let width = usize::from(inner.width).saturating_sub(4);
    let lines = wrapped(&said, width, canvas.style(Role::Dim), canvas);
    let top = inner.y + inner.height / 3;
    for (y, line) in (top..inner.y + inner.height).zip(&lines) {
        canvas.put_line(inner.x + 2, y, width, line);
    }
}
