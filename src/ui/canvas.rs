//! Where everything is drawn: the frame's cells, clipped, with the look and the marks at hand.
//!
//! Whatever is given a place outside the screen is cut off, never a panic. Texts given to it are safe already (see
//! [`Canvas::safe`]).

use super::glyphs::Glyphs;
use super::look::Look;
use crate::app::Rect;
use crate::config::Role;
use crate::text::{cells, truncate_end, truncate_middle};
use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::borrow::Cow;
use std::time::Duration;

pub(super) struct Canvas<'f> {
    buffer: &'f mut Buffer,
    pub look: &'f Look,
    pub glyphs: &'static Glyphs,
    now: Duration,
    cursor: Option<(u16, u16)>,
}

/// What stands in the four places of a border.
#[derive(Default)]
pub(super) struct Titles<'a> {
    /// Top left: cut where it is too long.
    pub name: Line<'a>,
    /// Top right: left out where there is no room beside a piece of the name.
    pub aside: Line<'a>,
    /// Bottom left.
    pub foot: Line<'a>,
    /// Bottom right.
    pub foot_aside: Line<'a>,
}

impl<'f> Canvas<'f> {
    pub(super) fn new(buffer: &'f mut Buffer, look: &'f Look, ascii: bool, now: Duration) -> Self {
        Self { buffer, look, glyphs: Glyphs::of(ascii), now, cursor: None }
    }

    /// Where the terminal's own cursor goes, if anywhere.
    pub(super) fn cursor(&self) -> Option<(u16, u16)> {
        self.cursor
    }

    pub(super) fn place_cursor(&mut self, x: u16, y: u16) {
        self.cursor = self.contains(x, y).then_some((x, y));
    }

    pub(super) fn area(&self) -> Rect {
        let area = self.buffer.area;
        Rect { x: area.x, y: area.y, width: area.width, height: area.height }
    }

    fn contains(&self, x: u16, y: u16) -> bool {
        self.area().contains(x, y)
    }

    /// How a part of the screen looks.
    pub(super) fn style(&self, role: Role) -> Style {
        self.look.of(role)
    }

    /// A piece of text in the look of a part.
    pub(super) fn span<'t>(&self, role: Role, text: impl Into<Cow<'t, str>>) -> Span<'t> {
        Span::styled(text, self.style(role))
    }

    /// Text from outside, fit for one row.
    pub(super) fn safe<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.glyphs.safe.line(text)
    }

    /// A key or another name in bytes, fit for one row.
    pub(super) fn safe_bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, str> {
        self.glyphs.safe.bytes(bytes)
    }

    /// A sample's name in `width` cells: the folders give way first, from the front, then the middle of the file's name.
    pub(super) fn name(&self, key: &[u8], width: usize) -> String {
        let name = self.safe_bytes(key);
        let ellipsis = self.glyphs.ellipsis;
        if cells(&name) <= width {
            return name.into_owned();
        }
        let room = width.saturating_sub(cells(ellipsis));
        let mut ends = name.match_indices('/').map(|(at, _)| &name[at..]);
        if let Some(end) = ends.find(|end| cells(end) <= room) {
            return format!("{ellipsis}{end}");
        }
        let file = name.rsplit('/').next().unwrap_or_default();
        truncate_middle(file, width, ellipsis).into_owned()
    }

    pub(super) fn cut<'t>(&self, text: &'t str, width: usize) -> Cow<'t, str> {
        truncate_end(text, width, self.glyphs.ellipsis)
    }

    pub(super) fn spinner(&self) -> &'static str {
        let frames = self.glyphs.spinner;
        let index = (self.now.as_millis() / 100) as usize % frames.len().max(1);
        frames.get(index).copied().unwrap_or(" ")
    }

    /// Writes into a row from `x` on, at most `width` cells; returns the first column behind it.
    pub(super) fn put(&mut self, x: u16, y: u16, width: usize, text: &str, style: Style) -> u16 {
        if !self.contains(x, y) {
            return x;
        }
        self.free_left_half(x, y);
        let (end, _) = self.buffer.set_stringn(x, y, text, width, style);
        end
    }

    /// Writes a line of pieces, at most `width` cells; returns the first column behind it.
    pub(super) fn put_line(&mut self, x: u16, y: u16, width: usize, line: &Line<'_>) -> u16 {
        let mut at = x;
        for span in &line.spans {
            let left = width.saturating_sub(usize::from(at - x));
            if left == 0 {
                break;
            }
            at = self.put(at, y, left, &span.content, line.style.patch(span.style));
        }
        at
    }

    /// Writes a line that ends at the right edge of a row of `width` cells.
    pub(super) fn put_right(&mut self, x: u16, y: u16, width: usize, line: &Line<'_>) {
        let needed = line_cells(line);
        let skip = u16::try_from(width.saturating_sub(needed)).unwrap_or(0);
        self.put_line(x.saturating_add(skip), y, needed.min(width), line);
    }

    /// One cell, if it is on the screen.
    pub(super) fn cell(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    }

    /// One cell as if nothing had stood there but the ground.
    pub(super) fn cell_anew(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        self.blank(x, y, 1);
        self.cell(x, y, symbol, style);
    }

    /// Takes what stands in some cells of a row away, but not the ground that it stands on.
    fn blank(&mut self, x: u16, y: u16, width: usize) {
        let style = self.style(Role::Text);
        for x in (x..).take(width) {
            if let Some(cell) = self.buffer.cell_mut((x, y)) {
                let ground = cell.bg;
                cell.reset();
                cell.set_style(style).set_bg(ground);
            }
        }
    }

    /// A line on cells where something else stands already.
    pub(super) fn put_over(&mut self, x: u16, y: u16, width: usize, line: &Line<'_>) -> u16 {
        self.blank(x, y, line_cells(line).min(width));
        self.put_line(x, y, width, line)
    }

    /// One cell: its symbol only where nothing stands yet, its style in any case.
    pub(super) fn cell_if_blank(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            if cell.symbol() == " " {
                cell.set_symbol(symbol);
            }
            cell.set_style(style);
        }
    }

    /// Lays a style over cells that are drawn already.
    pub(super) fn tint(&mut self, rect: Rect, style: Style) {
        self.buffer.set_style(to_ratatui(rect), style);
    }

    /// Empties a rectangle.
    pub(super) fn clear(&mut self, rect: Rect, style: Style) {
        let rect = to_ratatui(rect).intersection(self.buffer.area);
        for y in rect.top()..rect.bottom() {
            self.free_left_half(rect.x, y);
            for x in rect.left()..rect.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// A wide character to the left that would reach into a cell gives way.
    fn free_left_half(&mut self, x: u16, y: u16) {
        let Some(before) = x.checked_sub(1) else { return };
        if let Some(cell) = self.buffer.cell_mut((before, y))
            && cells(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }

    /// A border with its titles.
    pub(super) fn border(&mut self, rect: Rect, focused: bool, titles: &Titles<'_>) {
        let lines = self.glyphs.lines(focused);
        let style = self.style(if focused { Role::BorderFocus } else { Role::Border });
        if rect.width < 2 || rect.height < 2 {
            return;
        }
        let (right, bottom) = (rect.x + rect.width - 1, rect.y + rect.height - 1);
        for x in rect.x..=right {
            self.cell(x, rect.y, lines.across, style);
            self.cell(x, bottom, lines.across, style);
        }
        for y in rect.y..=bottom {
            self.cell(rect.x, y, lines.down, style);
            self.cell(right, y, lines.down, style);
        }
        let [top_left, top_right, bottom_left, bottom_right] = lines.corners;
        self.cell(rect.x, rect.y, top_left, style);
        self.cell(right, rect.y, top_right, style);
        self.cell(rect.x, bottom, bottom_left, style);
        self.cell(right, bottom, bottom_right, style);
        self.title_row(rect, rect.y, &titles.name, &titles.aside);
        self.title_row(rect, bottom, &titles.foot, &titles.foot_aside);
    }

    fn title_row(&mut self, rect: Rect, y: u16, left: &Line<'_>, right: &Line<'_>) {
        /// Of a name, this much shall be seen before the other side gets room.
        const PIECE: usize = 10;
        let room = usize::from(rect.width).saturating_sub(2);
        let (left_cells, right_cells) = (line_cells(left), line_cells(right));
        let beside = left_cells.min(PIECE) + usize::from(left_cells > 0) * 3;
        let mut room_left = room;
        if right_cells > 0 && right_cells + 2 + beside <= room {
            let x = rect.x + rect.width - 1 - u16::try_from(right_cells + 2).unwrap_or(0);
            self.put_over(x, y, right_cells + 2, &padded(right));
            room_left = room.saturating_sub(right_cells + 3);
        }
        if left_cells > 0 && room_left > 2 {
            let fitted = fit(left, room_left - 2, self.glyphs.ellipsis);
            self.put_over(rect.x + 1, y, room_left, &padded(&fitted));
        }
    }
}

/// A line with a blank on either side.
fn padded<'t>(line: &Line<'t>) -> Line<'t> {
    let mut padded = line.clone();
    padded.spans.insert(0, Span::raw(" "));
    padded.spans.push(Span::raw(" "));
    padded
}

/// Cells of a line.
pub(super) fn line_cells(line: &Line<'_>) -> usize {
    line.spans.iter().map(|span| cells(&span.content)).sum()
}

/// A line cut to `width` cells, with an ellipsis where something is missing.
pub(super) fn fit<'t>(line: &Line<'t>, width: usize, ellipsis: &str) -> Line<'t> {
    if line_cells(line) <= width {
        return line.clone();
    }
    let mut left = width;
    let mut spans = Vec::new();
    for (index, span) in line.spans.iter().enumerate() {
        let more = line.spans[index + 1..].iter().any(|span| !span.content.is_empty());
        let needed = cells(&span.content);
        if needed < left || (needed == left && !more) {
            left -= needed;
            spans.push(span.clone());
            continue;
        }
        // One more cell than fits makes the cut, and with it the ellipsis, certain.
        let longer = format!("{}{}", span.content, " ".repeat(left + 1));
        spans.push(Span::styled(truncate_end(&longer, left, ellipsis).into_owned(), span.style));
        break;
    }
    Line::from(spans).style(line.style)
}

/// The app's rectangle as ratatui's.
pub(super) fn to_ratatui(rect: Rect) -> ratatui::layout::Rect {
    ratatui::layout::Rect { x: rect.x, y: rect.y, width: rect.width, height: rect.height }
}
