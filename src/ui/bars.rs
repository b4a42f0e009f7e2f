//! The waveform itself: bars in eighths of a cell, the playhead, the loop, a ruler that shows speech, an overview.

use super::canvas::Canvas;
use super::wave::ruler_time;
use crate::app::{Rect, SoundPane, Transport};
use crate::config::Role;
use crate::domain::{Peaks, Seconds, Span};
use crate::text::cells;
use ratatui::text::Line;

/// A stretch of a waveform on a rectangle: one column, one slice of time.
pub(super) struct Grid<'a> {
    peaks: &'a Peaks,
    span: Span,
    pub rect: Rect,
    sound: &'a SoundPane,
    /// Where a column stands for many words, its mean tells more than its peak.
    averaged: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Column {
    /// Loudness from 0 to 1, and whether somebody speaks.
    Sound { level: f64, speech: bool },
    /// Not decoded yet.
    Unknown,
}

impl<'a> Grid<'a> {
    pub(super) fn new(peaks: &'a Peaks, span: Span, rect: Rect, sound: &'a SoundPane) -> Self {
        Self { peaks, span, rect, sound, averaged: false }
    }

    pub(super) fn averaged(self) -> Self {
        Self { averaged: true, ..self }
    }

    fn slice(&self, column: u16) -> Span {
        let step = (self.span.end - self.span.start) / f64::from(self.rect.width.max(1));
        let start = self.span.start + f64::from(column) * step;
        Span { start, end: start + step }
    }

    /// The column of a time, if it is shown.
    fn column_of(&self, at: Seconds) -> Option<u16> {
        let length = self.span.end - self.span.start;
        if length <= 0.0 || at < self.span.start || at > self.span.end || self.rect.width == 0 {
            return None;
        }
        let column = (at - self.span.start) / length * f64::from(self.rect.width);
        Some((column as u16).min(self.rect.width - 1))
    }

    fn column(&self, column: u16) -> Column {
        let slice = self.slice(column);
        let rate = f64::from(self.peaks.bins_per_second);
        let bins = &self.peaks.bins;
        let first = (slice.start * rate) as usize;
        let last = ((slice.end * rate).ceil() as usize).max(first + 1);
        if first >= bins.len() {
            let silent = Column::Sound { level: 0.0, speech: false };
            return if self.peaks.complete { silent } else { Column::Unknown };
        }
        let loudness = if self.averaged {
            bins.mean(first..last)
        } else {
            f64::from(bins.loudest(first..last))
        };
        // The power lifts quiet speech into sight.
        let level = (loudness / 127.0).clamp(0.0, 1.0).powf(0.6);
        Column::Sound { level, speech: self.speaks(slice) }
    }

    fn speaks(&self, slice: Span) -> bool {
        let after = self.peaks.speech.partition_point(|span| span.end <= slice.start);
        self.peaks.speech.get(after).is_some_and(|span| span.start < slice.end)
    }

    /// Nowhere at first: a file that was never played is not stopped at its start.
    fn playhead(&self) -> Option<u16> {
        let untouched = self.sound.transport == Transport::Empty && self.sound.at <= 0.0;
        self.column_of(self.sound.at).filter(|_| !untouched)
    }

    fn role(&self, column: u16, speech: bool) -> Role {
        let played = self.slice(column).end <= self.sound.at;
        match (speech, played) {
            (false, _) => Role::WaveSilence,
            (true, true) => Role::WavePlayed,
            (true, false) => Role::WaveAhead,
        }
    }
}

/// Bars from the bottom, over the whole height.
pub(super) fn draw(grid: &Grid<'_>, canvas: &mut Canvas<'_>) {
    let Rect { x, y, width, height } = grid.rect;
    if height == 0 {
        return;
    }
    let playhead = grid.playhead();
    for column in 0..width {
        let at_playhead = playhead == Some(column);
        match grid.column(column) {
            Column::Unknown => {
                let style = canvas.style(Role::WaveSilence);
                canvas.cell(x + column, y + height - 1, canvas.glyphs.unknown, style);
            }
            Column::Sound { level, speech } => {
                let eighths = (level * f64::from(height) * 8.0).round() as u16;
                let ahead = match playhead {
                    Some(playhead) => column > playhead,
                    None => grid.slice(column).start >= grid.sound.at,
                };
                let role = grid.role(column, speech);
                draw_bar(
                    (x + column, y, height),
                    eighths.max(u16::from(speech)),
                    role,
                    ahead,
                    canvas,
                );
            }
        }
        if at_playhead {
            line_down(x + column, y, height, Role::Playhead, canvas.glyphs.playhead, canvas);
        }
    }
    for edge in loop_edges(grid).into_iter().flatten().filter(|edge| playhead != Some(*edge)) {
        line_down(x + edge, y, height, Role::Loop, canvas.glyphs.loop_line, canvas);
    }
}

fn draw_bar(
    place: (u16, u16, u16),
    eighths: u16,
    role: Role,
    ahead: bool,
    canvas: &mut Canvas<'_>,
) {
    let (x, y, height) = place;
    let style = canvas.style(role);
    let glyphs = if ahead { canvas.glyphs.bars_ahead } else { canvas.glyphs.bars };
    for row in 0..height {
        let below = (height - 1 - row) * 8;
        let fill = usize::from(eighths.saturating_sub(below).min(8));
        if fill > 0 {
            canvas.cell(x, y + row, glyphs[fill], style);
        }
    }
}

/// A line through a column: over the bar's cells only the look changes.
fn line_down(x: u16, y: u16, height: u16, role: Role, glyph: &str, canvas: &mut Canvas<'_>) {
    let style = canvas.style(role);
    for row in y..y + height {
        canvas.cell_if_blank(x, row, glyph, style);
    }
}

fn loop_edges(grid: &Grid<'_>) -> [Option<u16>; 2] {
    let span = grid.sound.looped;
    let start = span.map(|span| span.start).or(grid.sound.mark);
    let end = span.map(|span| span.end);
    [start.and_then(|at| grid.column_of(at)), end.and_then(|at| grid.column_of(at))]
}

/// The bottom row: heavy under speech, broken under silence, with times, the playhead and the loop's ends.
pub(super) fn ruler(grid: &Grid<'_>, row: Rect, canvas: &mut Canvas<'_>) {
    for column in 0..row.width {
        let (glyph, role) = match grid.column(column) {
            Column::Unknown => (canvas.glyphs.beyond, Role::Dim),
            Column::Sound { speech: true, .. } => (canvas.glyphs.speech, grid.role(column, true)),
            Column::Sound { .. } => (canvas.glyphs.silence, Role::WaveSilence),
        };
        canvas.cell_anew(row.x + column, row.y, glyph, canvas.style(role));
    }
    let playhead = grid.playhead();
    let edges = loop_edges(grid);
    times(grid, row, playhead, edges, canvas);
    for (edge, bracket) in edges.into_iter().zip(["[", "]"]) {
        if let Some(column) = edge {
            canvas.cell_anew(row.x + column, row.y, bracket, canvas.style(Role::Loop));
        }
    }
    if let Some(column) = playhead {
        let style = canvas.style(Role::Playhead);
        canvas.cell_anew(row.x + column, row.y, canvas.glyphs.playhead_foot, style);
    }
}

/// Times on the ruler, but none where a mark stands.
fn times(
    grid: &Grid<'_>,
    row: Rect,
    playhead: Option<u16>,
    edges: [Option<u16>; 2],
    canvas: &mut Canvas<'_>,
) {
    /// Steps that people count in.
    const STEPS: [Seconds; 17] = [
        0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0,
        3600.0, 7200.0,
    ];
    /// Cells from one time to the next, at least.
    const APART: f64 = 14.0;
    let length = grid.span.end - grid.span.start;
    if length <= 0.0 || row.width < 12 {
        return;
    }
    let wanted = length * APART / f64::from(row.width);
    let step = STEPS.into_iter().find(|step| *step >= wanted).unwrap_or(length);
    let mut index = (grid.span.start / step).ceil();
    while index * step <= grid.span.end {
        let text = ruler_time(index * step, step);
        let width = cells(&text) as u16;
        if let Some(column) = grid.column_of(index * step) {
            let marks = [playhead, edges[0], edges[1]];
            let mut marks = marks.into_iter().flatten();
            let taken = marks.any(|at| (column..column + width).contains(&at));
            if column + width <= row.width && !taken {
                let line = Line::from(canvas.span(Role::Dim, text));
                canvas.put_over(row.x + column, row.y, usize::from(width), &line);
            }
        }
        index += 1.0;
    }
}

/// The whole file in one row, what is shown below set between brackets.
pub(super) fn overview(grid: &Grid<'_>, shown: Span, canvas: &mut Canvas<'_>) {
    let Rect { x, y, width, .. } = grid.rect;
    for column in 0..width {
        let slice = grid.slice(column);
        let inside = slice.end > shown.start && slice.start < shown.end;
        let (glyph, speech) = match grid.column(column) {
            Column::Unknown => (canvas.glyphs.unknown, false),
            Column::Sound { level, speech } => {
                (canvas.glyphs.bars[((level * 7.0).round() as usize + 1).min(8)], speech)
            }
        };
        let role = if inside { grid.role(column, speech) } else { Role::WaveSilence };
        canvas.cell_anew(x + column, y, glyph, canvas.style(role));
    }
    if let Some(column) = grid.playhead() {
        canvas.cell_anew(x + column, y, canvas.glyphs.playhead, canvas.style(Role::Playhead));
    }
    let style = canvas.style(Role::Accent);
    for (at, bracket) in [(shown.start, "["), (shown.end, "]")] {
        if let Some(column) = grid.column_of(at) {
            canvas.cell_anew(x + column, y, bracket, style);
        }
    }
}
