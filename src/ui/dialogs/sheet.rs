//! The sheet that a dialog is drawn on, and what most of them hold: lines, a menu, buttons.

use crate::app::Rect;
use crate::config::Role;
use crate::ui::canvas::{Canvas, Titles, line_cells};
use ratatui::text::{Line, Span};

/// Cells of border and margin on both sides together.
pub(super) const FRAME: usize = 4;

/// Where a sheet lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Middle,
    /// Above the last row, so that the list stays in sight.
    Bottom,
}

/// What a sheet needs to be laid out.
pub(super) struct Sheet<'a> {
    pub title: Line<'a>,
    pub foot: Line<'a>,
    /// Cells and rows wanted inside; it gets fewer where the screen is small.
    pub size: (usize, usize),
    pub place: Place,
}

/// The width inside of a sheet that wants `wanted` cells.
pub(super) fn width_inside(wanted: usize, canvas: &Canvas<'_>) -> usize {
    let columns = usize::from(canvas.area().width);
    let margin = if columns > 64 { 4 } else { 0 };
    wanted.min(columns.saturating_sub(margin + FRAME))
}

/// The rows inside of a sheet that wants `wanted` rows.
pub(super) fn height_inside(wanted: usize, canvas: &Canvas<'_>) -> usize {
    let rows = usize::from(canvas.area().height);
    let margin = if rows > 20 { 4 } else { 1 };
    wanted.min(rows.saturating_sub(margin + 2))
}

impl Sheet<'_> {
    /// Lays it over the screen; returns what is inside.
    pub(super) fn open(&self, canvas: &mut Canvas<'_>) -> Rect {
        let area = canvas.area();
        let footer = line_cells(&self.foot).max(line_cells(&self.title)) + 2;
        let width = width_inside(self.size.0.max(footer), canvas) + FRAME;
        let height = height_inside(self.size.1, canvas) + 2;
        let (width, height) = (width.min(area.width.into()), height.min(area.height.into()));
        let (width, height) = (width as u16, height as u16);
        let free = area.height - height;
        let y = match self.place {
            Place::Middle => free * 2 / 5,
            Place::Bottom => free.saturating_sub(1),
        };
        let outer = Rect { x: (area.width - width) / 2, y, width, height };
        canvas.clear(outer, canvas.style(Role::Dialog));
        let titles =
            Titles { name: self.title.clone(), foot: self.foot.clone(), ..Titles::default() };
        canvas.border(outer, true, &titles);
        let inner = outer.inner();
        Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
    }
}

/// Draws lines from `scroll` on; arrows on the right border tell that there is more. The scroll never leaves the text.
pub(super) fn scrolled(lines: &[Line<'_>], scroll: usize, rect: Rect, canvas: &mut Canvas<'_>) {
    let height = usize::from(rect.height);
    let first = scroll.min(lines.len().saturating_sub(height));
    for (y, line) in (rect.y..rect.y + rect.height).zip(lines.iter().skip(first)) {
        canvas.put_line(rect.x, y, usize::from(rect.width), line);
    }
    let style = canvas.style(Role::Accent);
    let border = rect.x + rect.width + 1;
    if first > 0 {
        canvas.cell(border, rect.y, canvas.glyphs.up, style);
    }
    if first + height < lines.len() && height > 0 {
        canvas.cell(border, rect.y + rect.height - 1, canvas.glyphs.down, style);
    }
}

/// Draws the rows of a menu, the chosen one marked and in sight.
pub(super) fn menu(rows: &[Line<'_>], chosen: usize, rect: Rect, canvas: &mut Canvas<'_>) {
    let height = usize::from(rect.height);
    let first = (chosen + 1).saturating_sub(height);
    for (y, (index, line)) in
        (rect.y..rect.y + rect.height).zip(rows.iter().enumerate().skip(first))
    {
        let x = rect.x + 2;
        canvas.put_line(x, y, usize::from(rect.width).saturating_sub(2), line);
        if index == chosen {
            let row = Rect { y, height: 1, ..rect };
            canvas.tint(row, canvas.style(Role::CursorRow));
            canvas.cell(rect.x, y, canvas.glyphs.cursor, canvas.style(Role::Accent));
        }
    }
    let style = canvas.style(Role::Accent);
    let border = rect.x + rect.width + 1;
    if first > 0 {
        canvas.cell(border, rect.y, canvas.glyphs.up, style);
    }
    if first + height < rows.len() && height > 0 {
        canvas.cell(border, rect.y + rect.height - 1, canvas.glyphs.down, style);
    }
}

/// A row of buttons; the chosen one stands between marks.
pub(super) fn buttons<'t>(labels: &[(&'static str, bool)], canvas: &Canvas<'_>) -> Line<'t> {
    let mut spans = Vec::new();
    for (label, chosen) in labels {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        if *chosen {
            let text = format!("{} {label} ", canvas.glyphs.cursor);
            spans.push(canvas.span(Role::CursorRow, text));
        } else {
            spans.push(canvas.span(Role::Dim, format!("  {label} ")));
        }
    }
    Line::from(spans)
}

/// One row of a rectangle, counted from its top; empty where there is none.
pub(super) fn row_of(rect: Rect, index: usize) -> Rect {
    if index >= usize::from(rect.height) {
        return Rect { height: 0, ..rect };
    }
    Rect { y: rect.y + index as u16, height: 1, ..rect }
}

/// What is left of a rectangle below its first rows.
pub(super) fn below(rect: Rect, rows: usize) -> Rect {
    let skip = u16::try_from(rows).unwrap_or(u16::MAX).min(rect.height);
    Rect { y: rect.y + skip, height: rect.height - skip, ..rect }
}
