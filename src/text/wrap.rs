//! Soft wrap: which part of a text stands on which row of the screen, and back.
//!
//! A row's layout depends only on the text from its start to a little behind its end. So between two frames the rows
//! before an edit stay, and behind it as soon as a row starts where one started before.

mod lay;
#[cfg(test)]
mod tests;

use super::motion;
use super::safe::Marks;
use lay::Layout;
use std::borrow::Cow;
use std::ops::Range;

/// One row on screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its part of the text in bytes, without the line end.
    pub range: Range<usize>,
    /// Whether the line goes on in the next row.
    pub soft: bool,
    /// The layout looked at no byte from here on.
    seen: usize,
}

/// One grapheme on screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyph<'t> {
    /// Where it stands in the text, in bytes.
    pub byte: usize,
    /// The cell of its row that it starts at.
    pub col: usize,
    /// Cells it takes. None for a space that hangs behind a full row.
    pub cells: usize,
    /// As it is drawn: made safe, a tab as spaces up to the next multiple of four.
    pub shown: Cow<'t, str>,
}

/// A text wrapped by words to a width, kept between frames so that only what changed is wrapped anew.
///
/// The cursor may stand in column `width`, behind a full row: give one cell less than the pane has. Only a grapheme
/// that is wider than `width` by itself sticks out.
#[derive(Debug, Clone)]
pub struct Wrap {
    text: String,
    layout: Layout,
    rows: Vec<Row>,
}

impl Default for Wrap {
    /// An empty text.
    fn default() -> Self {
        Self::new("", 1)
    }
}

impl Wrap {
    /// Wraps a text to `width` cells (at least one).
    pub fn new(text: &str, width: usize) -> Self {
        Self::with_marks(text, width, Marks::default())
    }

    /// Like [`Wrap::new`] with a choice of marks for what is not safe to draw.
    pub fn with_marks(text: &str, width: usize, marks: Marks) -> Self {
        let layout = Layout { width: width.max(1), marks };
        let mut wrap = Self { text: text.to_owned(), layout, rows: Vec::new() };
        wrap.lay_from(0, |_| None);
        wrap
    }

    /// Takes over what the text and the width have become. Quick when little of the text changed.
    pub fn update(&mut self, text: &str, width: usize) {
        if self.layout.width != width.max(1) {
            *self = Self::with_marks(text, width, self.layout.marks);
        } else if self.text != text {
            self.update_text(text);
        }
    }

    /// All rows, at least one.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row and the column (in cells) at which a cursor at `byte` stands. The end of a row whose line goes on is the
    /// start of the next.
    pub fn row_col_of(&self, byte: usize) -> (usize, usize) {
        let byte = motion::floor(&self.text, byte);
        let row = self.rows.partition_point(|row| row.range.start <= byte).saturating_sub(1);
        let before = self.glyphs(row).take_while(|glyph| glyph.byte < byte);
        (row, before.last().map_or(0, |glyph| glyph.col + glyph.cells))
    }

    /// The byte offset of the grapheme at a place on screen. Behind the end of a row it is the last place on that row,
    /// below the last row it is on the last.
    pub fn byte_at(&self, row: usize, col: usize) -> usize {
        let row = row.min(self.rows.len() - 1);
        let mut last = None;
        for glyph in self.glyphs(row) {
            if col < glyph.col + glyph.cells {
                return glyph.byte;
            }
            last = Some(glyph.byte);
        }
        let Row { range, soft, .. } = &self.rows[row];
        last.filter(|_| *soft).unwrap_or(range.end)
    }

    /// What to draw on a row, from left to right; nothing if there is no such row.
    pub fn glyphs(&self, row: usize) -> impl Iterator<Item = Glyph<'_>> {
        let range = self.rows.get(row).map_or(0..0, |row| row.range.clone());
        self.layout.glyphs(&self.text, range)
    }

    fn update_text(&mut self, text: &str) {
        let (old, new) = (self.text.as_bytes(), text.as_bytes());
        let prefix = common_prefix(old, new);
        let suffix = common_suffix(&old[prefix..], &new[prefix..]);
        let (old_len, new_len) = (old.len(), new.len());
        let kept =
            self.rows.iter().position(|row| row.seen > prefix).unwrap_or(self.rows.len() - 1);
        let start = self.rows[kept].range.start;
        let old_rows = self.rows.split_off(kept);
        self.text.clear();
        self.text.push_str(text);
        self.lay_from(start, |start| {
            let left = new_len - start;
            let old_start = (left <= suffix).then(|| old_len - left)?;
            let row = old_rows.binary_search_by_key(&old_start, |row| row.range.start).ok()?;
            Some(&old_rows[row..])
        });
    }

    /// Lays rows from `start` to the end, or until `known` has all that follow, somewhere in a former text.
    fn lay_from<'r>(&mut self, mut start: usize, known: impl Fn(usize) -> Option<&'r [Row]>) {
        loop {
            if let Some(rows) = known(start) {
                let former = rows.first().map_or(start, |row| row.range.start);
                let moved = |byte: usize| byte - former + start;
                self.rows.extend(rows.iter().map(|row| Row {
                    range: moved(row.range.start)..moved(row.range.end),
                    soft: row.soft,
                    seen: moved(row.seen),
                }));
                return;
            }
            let row = self.layout.row(&self.text, start);
            let (end, soft) = (row.range.end, row.soft);
            self.rows.push(row);
            start = match &self.text[end..] {
                _ if soft => end,
                "" => return,
                rest if rest.starts_with('\r') => end + "\r\n".len(),
                _ => end + "\n".len(),
            };
        }
    }
}

/// Bytes that both start with. Compared in chunks, which is as quick as memory.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const CHUNK: usize = 128;
    let chunks = a.chunks_exact(CHUNK).zip(b.chunks_exact(CHUNK)).take_while(|(a, b)| a == b);
    let equal = chunks.count() * CHUNK;
    equal + a[equal..].iter().zip(&b[equal..]).take_while(|(a, b)| a == b).count()
}

/// Bytes that both end with.
fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    const CHUNK: usize = 128;
    let chunks = a.rchunks_exact(CHUNK).zip(b.rchunks_exact(CHUNK)).take_while(|(a, b)| a == b);
    let equal = chunks.count() * CHUNK;
    let (a, b) = (&a[..a.len() - equal], &b[..b.len() - equal]);
    equal + a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}
