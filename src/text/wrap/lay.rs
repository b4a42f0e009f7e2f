//! The layout of one row: how much of the text fits, and what stands at which cell.

use super::{Glyph, Row};
use crate::text::safe::Marks;
use crate::text::width::grapheme_cells;
use std::borrow::Cow;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

const TAB: usize = 4;
/// Whether a grapheme goes on is decided by the character behind it, which takes up to so many bytes.
const LOOKAHEAD: usize = 4;

/// What a layout depends on besides the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Cells of a row.
    pub(super) width: usize,
    pub(super) marks: Marks,
}

impl Layout {
    /// The row that starts at `start`. Reads nothing before it.
    pub(super) fn row(self, text: &str, start: usize) -> Row {
        let mut col = 0;
        let mut before = "";
        let mut break_at = None;
        // A space behind a full row hangs there without a cell of its own, and ends the row.
        let mut hangs = false;
        for (offset, grapheme) in text[start..].grapheme_indices(true) {
            let byte = start + offset;
            let seen = byte + grapheme.len() + LOOKAHEAD;
            if hangs {
                return Row { range: start..byte, soft: true, seen };
            }
            if is_newline(grapheme) {
                return Row { range: start..byte, soft: false, seen };
            }
            if may_break(before, grapheme) {
                break_at = Some(byte);
            }
            let cells = self.cells(grapheme, col);
            if is_space(grapheme) {
                hangs = col >= self.width;
                col = self.width.min(col + cells);
            } else if col + cells > self.width && byte > start {
                return self.full_row(text, start..byte, break_at);
            } else {
                col += cells;
            }
            before = grapheme;
        }
        Row { range: start..text.len(), soft: hangs, seen: text.len() + LOOKAHEAD }
    }

    /// The row that `full` leaves no more room on. A word that would fit the next row goes there whole.
    fn full_row(self, text: &str, full: Range<usize>, break_at: Option<usize>) -> Row {
        let word = break_at.unwrap_or(full.start);
        let (fits, seen) = self.word_fits(text, word);
        let end = if fits && word > full.start { word } else { full.end };
        Row { range: full.start..end, soft: true, seen }
    }

    /// The graphemes of a row with their places.
    pub(super) fn glyphs(self, text: &str, row: Range<usize>) -> impl Iterator<Item = Glyph<'_>> {
        let start = row.start;
        let mut col = 0;
        text[row].grapheme_indices(true).map(move |(offset, grapheme)| {
            let mut cells = self.cells(grapheme, col);
            let mut shown = self.marks.grapheme(grapheme);
            if is_space(grapheme) {
                cells = cells.min(self.width.saturating_sub(col));
                shown = Cow::Borrowed(&"    "[..cells.min(TAB)]);
            }
            let glyph = Glyph { byte: start + offset, col, cells, shown };
            col += cells;
            glyph
        })
    }

    /// Whether the word at `start` fits into a row of its own, and how far that was looked at.
    fn word_fits(self, text: &str, start: usize) -> (bool, usize) {
        let mut col = 0;
        let mut before = "";
        for (offset, grapheme) in text[start..].grapheme_indices(true) {
            let seen = start + offset + grapheme.len() + LOOKAHEAD;
            if is_newline(grapheme) || is_space(grapheme) || may_break(before, grapheme) {
                return (true, seen);
            }
            col += self.cells(grapheme, col);
            if col > self.width {
                return (false, seen);
            }
            before = grapheme;
        }
        (true, text.len() + LOOKAHEAD)
    }

    fn cells(self, grapheme: &str, col: usize) -> usize {
        match grapheme {
            "\t" => TAB - col % TAB,
            _ => grapheme_cells(&self.marks.grapheme(grapheme)),
        }
    }
}

fn is_newline(grapheme: &str) -> bool {
    grapheme.ends_with('\n')
}

/// Whether a row may end behind it, even where it does not fit any more.
fn is_space(grapheme: &str) -> bool {
    let mut chars = grapheme.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else {
        return false;
    };
    matches!(c, ' ' | '\t' | '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200a}' | '\u{205f}' | '\u{3000}')
}

/// Whether a row may end between two graphemes: behind spaces, and beside wide ones but for the punctuation that
/// belongs to its neighbour.
fn may_break(before: &str, grapheme: &str) -> bool {
    if before.is_empty() || is_space(grapheme) {
        return false;
    }
    if is_space(before) {
        return true;
    }
    (is_wide(before) || is_wide(grapheme))
        && !grapheme.starts_with(closes)
        && !before.starts_with(opens)
}

/// Chinese, Japanese and Korean characters, and emoji.
fn is_wide(grapheme: &str) -> bool {
    let first = grapheme.chars().next();
    first.is_some_and(|c| c.width() == Some(2) || matches!(c, '\u{1f1e6}'..='\u{1f1ff}'))
}

/// What must not start a row.
fn closes(c: char) -> bool {
    ",.!?:;)]}%、。，．！？：；）」』】〉》〕｝”’…・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
        .contains(c)
}

/// What must not end a row.
fn opens(c: char) -> bool {
    "([{（「『【〈《〔｛“‘".contains(c)
}
