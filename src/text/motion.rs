//! Where a cursor goes: by grapheme, word, line and text.
//!
//! Each step looks only at the text around the cursor, so that a key costs the same in a line of 100,000 characters.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// How far a word motion looks, in bytes; a longer run counts as one word.
const WORD_WINDOW: usize = 4096;

/// Where the cursor may go by itself. Up and down follow the rows on screen: see [`Wrap`](super::Wrap).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    /// One grapheme back.
    Left,
    /// One grapheme on.
    Right,
    /// To the start of this or the previous word. Scripts without spaces go by what Unicode calls a word: Chinese and
    /// Thai by character.
    WordLeft,
    /// To the end of this or the next word.
    WordRight,
    /// To the start of the line (behind the last `\n`).
    LineStart,
    /// To the end of the line (before the next `\n`).
    LineEnd,
    /// To the start of the text.
    TextStart,
    /// To the end of the text.
    TextEnd,
}

impl Motion {
    /// Where it leads from a grapheme boundary: another one, or the same at the text's end.
    pub(super) fn target(self, text: &str, from: usize) -> usize {
        match self {
            Motion::Left => previous(text, from),
            Motion::Right => next(text, from),
            Motion::WordLeft => word_left(text, from),
            Motion::WordRight => word_right(text, from),
            Motion::LineStart => text[..from].rfind('\n').map_or(0, |newline| newline + 1),
            Motion::LineEnd => {
                let newline = text[from..].find('\n').map_or(text.len(), |offset| from + offset);
                floor(text, newline)
            }
            Motion::TextStart => 0,
            Motion::TextEnd => text.len(),
        }
    }
}

/// The grapheme boundary at or before `byte`.
pub(super) fn floor(text: &str, byte: usize) -> usize {
    let byte = floor_char(text, byte);
    if is_boundary(text, byte) { byte } else { previous(text, byte) }
}

/// The grapheme boundary at or behind a character boundary.
pub(super) fn ceil(text: &str, byte: usize) -> usize {
    if is_boundary(text, byte) { byte } else { next(text, byte) }
}

fn floor_char(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

// A grapheme cursor that is given the whole text never asks for more of it, so its errors cannot come up.

fn is_boundary(text: &str, byte: usize) -> bool {
    GraphemeCursor::new(byte, text.len(), true).is_boundary(text, 0).unwrap_or(true)
}

fn previous(text: &str, byte: usize) -> usize {
    GraphemeCursor::new(byte, text.len(), true).prev_boundary(text, 0).ok().flatten().unwrap_or(0)
}

fn next(text: &str, byte: usize) -> usize {
    let found = GraphemeCursor::new(byte, text.len(), true).next_boundary(text, 0);
    found.ok().flatten().unwrap_or(text.len())
}

fn word_left(text: &str, from: usize) -> usize {
    let start = floor(text, from.saturating_sub(WORD_WINDOW));
    let mut segments = text[start..from].split_word_bound_indices().rev();
    let word = segments.find(|(_, segment)| is_word(segment));
    floor(text, word.map_or(start, |(offset, _)| start + offset))
}

fn word_right(text: &str, from: usize) -> usize {
    let end = floor_char(text, from + WORD_WINDOW);
    let mut segments = text[from..end].split_word_bound_indices();
    let word = segments.find(|(_, segment)| is_word(segment));
    ceil(text, word.map_or(end, |(offset, segment)| from + offset + segment.len()))
}

/// Words have a letter or a digit; an emoji counts as one.
fn is_word(segment: &str) -> bool {
    segment.chars().any(|c| c.is_alphanumeric() || c >= '\u{1f000}')
}
