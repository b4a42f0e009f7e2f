//! The file list: rows with their marks, what is selected, where the cursor stands, and what to do when it is empty.

use super::canvas::{Canvas, Titles};
use super::empty;
use crate::app::{DraftMark, Focus, Layout, ListPane, Rect, Screen, State};
use crate::config::Role;
use crate::domain::{OrderBy, Row, View};
use crate::text::{cells, clock, thousands};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// From this inner width on, labels stand beside the names.
const TWO_COLUMNS: usize = 50;
/// Cells for the cursor, the selection and a gap.
const LEAD: usize = 3;

pub(super) fn draw(state: &State, layout: &Layout, canvas: &mut Canvas<'_>) {
    let rect = layout.list;
    let focused =
        state.focus == Focus::List && state.screen == Screen::Labeling && state.dialogs.is_empty();
    canvas.border(rect, focused, &titles(state, canvas));
    let inner = rect.inner();
    if state.list.rows.is_empty() {
        empty::draw(state, inner, canvas);
        return;
    }
    let columns = Columns::measure(state, inner);
    let first = state.list.scroll.min(state.list.rows.len().saturating_sub(1));
    let shown = state.list.rows.iter().enumerate().skip(first).take(usize::from(inner.height));
    for (y, (index, row)) in (inner.y..).zip(shown) {
        let line = Rect { y, height: 1, ..inner };
        draw_row(state, row, line, &columns, canvas);
        if index == state.list.cursor {
            let role = if focused { Role::CursorRow } else { Role::CursorRowIdle };
            canvas.tint(line, canvas.style(role));
        } else if state.list.is_selected(row.id) {
            canvas.tint(line, canvas.style(Role::Selection));
        }
        if index == state.list.cursor {
            canvas.cell(inner.x, y, canvas.glyphs.cursor, canvas.style(Role::Accent));
        }
    }
    thumb(&state.list, rect, focused, canvas);
}

fn titles<'s>(state: &State, canvas: &Canvas<'_>) -> Titles<'s> {
    let list = &state.list;
    let mut name = vec![canvas.span(Role::Title, "Files")];
    if !list.filter.is_empty() {
        let filter = canvas.safe(&list.filter.to_string()).into_owned();
        name.push(canvas.span(Role::Dim, format!(" {} ", canvas.glyphs.dot)));
        name.push(canvas.span(Role::Match, filter));
    }
    let mut foot = Vec::new();
    if list.has_selection() {
        let text = list.selected().map_or_else(|| "all".to_owned(), thousands);
        foot.push(canvas.span(Role::Accent, format!("{text} selected")));
    }
    Titles {
        name: Line::from(name),
        aside: Line::from(canvas.span(Role::Dim, order(state, canvas))),
        foot: Line::from(foot),
        foot_aside: Line::from(canvas.span(Role::Dim, position(list))),
    }
}

/// The word for an order.
pub(super) fn order_name(by: OrderBy) -> &'static str {
    match by {
        OrderBy::Name => "name",
        OrderBy::Time => "time",
        OrderBy::Duration => "duration",
        OrderBy::Labeled => "labeled",
        OrderBy::CharsPerSecond => "chars/s",
    }
}

fn order(state: &State, canvas: &Canvas<'_>) -> String {
    let order = state.list.order;
    let arrow = if order.descending { canvas.glyphs.down } else { canvas.glyphs.up };
    format!("{} {arrow}", order_name(order.by))
}

fn position(list: &ListPane) -> String {
    match (list.position(), list.total) {
        (Some(position), Some(total)) => format!("{}/{}", thousands(position), thousands(total)),
        (None, Some(total)) if total > 0 => thousands(total),
        _ => String::new(),
    }
}

/// How a row is divided.
struct Columns {
    width: usize,
    /// Cells of the name, where the label has a column behind it.
    name: Option<usize>,
    duration: usize,
}

impl Columns {
    fn measure(state: &State, inner: Rect) -> Self {
        let width = usize::from(inner.width);
        let visible = state.list.rows.iter().skip(state.list.scroll).take(inner.height.into());
        let longest = visible.filter_map(|row| row.seconds).fold(0.0, f64::max);
        let duration = cells(&clock(longest)).max(4);
        let beside = width >= TWO_COLUMNS && state.view != View::Unlabeled;
        let name = beside.then(|| (width - LEAD - duration) * 9 / 20);
        Self { width, name, duration }
    }
}

fn draw_row(state: &State, row: &Row, line: Rect, columns: &Columns, canvas: &mut Canvas<'_>) {
    let list = &state.list;
    if list.is_selected(row.id) {
        let style = canvas.style(Role::Accent);
        canvas.put(line.x + 1, line.y, 1, canvas.glyphs.selected, style);
    }
    let marks = marks(state, row, canvas);
    let marks_width: usize = marks.iter().map(|span| cells(&span.content)).sum();
    let tail = marks_width + 1 + columns.duration + 1;
    let room = columns.width.saturating_sub(LEAD + tail);
    let name_room = columns.name.unwrap_or(room).min(room);
    let name = canvas.name(row.key.as_bytes(), name_room);
    let x = line.x + LEAD as u16;
    canvas.put(x, line.y, name_room, &name, Style::default());
    if columns.name.is_some() {
        draw_content(row, (x + name_room as u16, line.y), room - name_room, canvas);
    }
    let mut end = marks;
    end.push(Span::raw(" "));
    let duration = row.seconds.map_or_else(|| unknown_duration(canvas), clock);
    end.push(canvas.span(Role::Dim, format!("{duration:>0$} ", columns.duration)));
    canvas.put_right(line.x, line.y, columns.width, &Line::from(end));
}

fn unknown_duration(canvas: &Canvas<'_>) -> String {
    if canvas.glyphs.ascii { "-".to_owned() } else { "–".to_owned() }
}

fn draw_content(row: &Row, at: (u16, u16), width: usize, canvas: &mut Canvas<'_>) {
    let Some(content) = &row.content else { return };
    let room = width.saturating_sub(2);
    // More of a long label is not looked at than could be seen.
    let start: String = content.chars().take(room * 4 + 8).collect();
    let safe = canvas.safe(&start.replace('\n', " ")).into_owned();
    let short = canvas.cut(&safe, room).into_owned();
    canvas.put(at.0 + 1, at.1, room, &short, canvas.style(Role::Dim));
}

/// What a row says besides its name, each mark with a gap before it.
fn marks<'s>(state: &State, row: &Row, canvas: &Canvas<'_>) -> Vec<Span<'s>> {
    let glyphs = canvas.glyphs;
    let mut marks = Vec::new();
    let mut add = |role, text: String| {
        marks.push(Span::raw(" "));
        marks.push(canvas.span(role, text));
    };
    if state.is_unsaved(row.id) {
        add(Role::Error, "not saved".to_owned());
    } else if state.list.is_pending(row.id) {
        add(Role::Dim, glyphs.pending.to_owned());
    }
    if let Some(name) = &row.leased_by {
        add(Role::Warn, canvas.cut(&canvas.safe(name), 8).into_owned());
    }
    if row.confirm.conflict {
        add(Role::Error, glyphs.conflict.to_owned());
    }
    if row.confirm.audio_changed {
        add(Role::Warn, glyphs.audio_changed.to_owned());
    }
    if row.confirm.suggestion {
        add(Role::Suggestion, glyphs.suggestion.to_owned());
    }
    if row.flags != 0 {
        let letters: String = row.known_flags().filter_map(|flag| flag.letter()).collect();
        add(Role::Flag, format!("{}{letters}", glyphs.flag));
    }
    if row.draft || is_being_typed(state, row) {
        add(Role::Draft, glyphs.draft.to_owned());
    }
    marks
}

fn is_being_typed(state: &State, row: &Row) -> bool {
    let open = state.editor.open.as_ref().filter(|open| open.id() == row.id);
    open.is_some_and(|open| open.draft != DraftMark::Clean)
}

/// Where the window lies in a list longer than the pane, on its right border.
fn thumb(list: &ListPane, rect: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    let height = u64::from(rect.inner().height);
    let (Some(offset), Some(total)) = (list.offset, list.total) else { return };
    if total <= height || height < 3 {
        return;
    }
    let size = (height * height / total).max(1);
    let top = offset + list.scroll as u64;
    let at = (top * (height - size)).div_ceil((total - height).max(1)).min(height - size);
    let role = if focused { Role::BorderFocus } else { Role::Border };
    let x = rect.x + rect.width - 1;
    for y in at..at + size {
        let y = rect.y + 1 + u16::try_from(y).unwrap_or(0);
        canvas.cell(x, y, canvas.glyphs.thumb, canvas.style(role));
    }
}
