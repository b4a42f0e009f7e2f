//! The edit buffer: one text, a cursor, a selection and undo, all by grapheme.

use super::motion::{Motion, ceil, floor};
use super::undo::{Edit, History, Manner, Place, Step};
use std::borrow::Cow;
use std::ops::Range;

#[cfg(test)]
mod tests;

/// A text being edited. Positions are byte offsets at grapheme boundaries.
#[derive(Debug, Clone, Default)]
pub struct Buffer {
    text: String,
    place: Place,
    history: History,
    start: String,
}

impl Buffer {
    /// A buffer that starts with `text`, the cursor behind it.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            place: Place { cursor: text.len(), anchor: None },
            history: History::default(),
            start: text.to_owned(),
        }
    }

    /// The text as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text differs from the one the buffer started with.
    pub fn is_modified_since_start(&self) -> bool {
        self.text != self.start
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> usize {
        self.place.cursor
    }

    /// Moves the cursor to the grapheme boundary at or before `byte` and drops the selection.
    pub fn set_cursor(&mut self, byte: usize) {
        self.go(floor(&self.text, byte), false);
    }

    /// Moves the cursor like [`Buffer::set_cursor`] and selects along.
    pub fn select_to(&mut self, byte: usize) {
        self.go(floor(&self.text, byte), true);
    }

    /// Moves the cursor. With `select` the selection grows or shrinks along; without, it is dropped, and Left and Right
    /// go to its ends.
    pub fn move_cursor(&mut self, motion: Motion, select: bool) {
        let target = match (motion, self.selection()) {
            (Motion::Left, Some(selected)) if !select => selected.start,
            (Motion::Right, Some(selected)) if !select => selected.end,
            _ => motion.target(&self.text, self.place.cursor),
        };
        self.go(target, select);
    }

    /// What is selected, never empty.
    pub fn selection(&self) -> Option<Range<usize>> {
        let Place { cursor, anchor } = self.place;
        let anchor = anchor.filter(|anchor| *anchor != cursor)?;
        Some(anchor.min(cursor)..anchor.max(cursor))
    }

    /// The selected text.
    pub fn selected_text(&self) -> Option<&str> {
        self.selection().map(|selected| &self.text[selected])
    }

    /// Selects everything, the cursor at the end.
    pub fn select_all(&mut self) {
        self.history.close();
        self.place = Place { cursor: self.text.len(), anchor: Some(0) };
    }

    /// Types: replaces the selection, and joins the undo step of what was typed just before, word by word. Characters
    /// that [`Buffer::paste`] would not take are left out.
    pub fn insert(&mut self, typed: &str) {
        self.put(typed, Manner::Typed);
    }

    /// Pastes: replaces the selection, an undo step of its own. Line ends become `\n` (terminals send `\r`), other
    /// control characters but `\t` are left out.
    pub fn paste(&mut self, pasted: &str) {
        self.put(pasted, Manner::Whole);
    }

    /// Replaces the whole text by another, exactly as it is; an undo step of its own. The cursor goes behind it.
    pub fn replace_all(&mut self, text: &str) {
        if self.text == text {
            return self.move_cursor(Motion::TextEnd, false);
        }
        self.replace(0..self.text.len(), text, Manner::Whole);
    }

    /// Deletes the selection, or without one what lies between the cursor and where `motion` leads. Graphemes deleted
    /// one after the other join one undo step, word by word.
    pub fn delete(&mut self, motion: Motion) {
        if let Some(selected) = self.selection() {
            return self.replace(selected, "", Manner::Whole);
        }
        let cursor = self.place.cursor;
        let target = motion.target(&self.text, cursor);
        let manner = match motion {
            Motion::Left => Manner::ErasedBack,
            Motion::Right => Manner::ErasedForward,
            _ => Manner::Whole,
        };
        self.replace(cursor.min(target)..cursor.max(target), "", manner);
    }

    /// Deletes the selection and returns it.
    pub fn cut(&mut self) -> Option<String> {
        let selected = self.selection()?;
        let text = self.text[selected.clone()].to_owned();
        self.replace(selected, "", Manner::Whole);
        Some(text)
    }

    /// Takes the last undo step back; false if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(step) = self.history.undo() else {
            return false;
        };
        step.edit.revert(&mut self.text);
        self.place = step.before;
        true
    }

    /// Does again what was undone last; false if there is nothing.
    pub fn redo(&mut self) -> bool {
        let Some(step) = self.history.redo() else {
            return false;
        };
        step.edit.apply(&mut self.text);
        self.place = step.after;
        true
    }

    fn go(&mut self, target: usize, select: bool) {
        self.history.close();
        let anchor = select.then(|| self.place.anchor.unwrap_or(self.place.cursor));
        self.place = Place { cursor: target, anchor };
    }

    fn put(&mut self, text: &str, manner: Manner) {
        let text = editable(text);
        if !text.is_empty() {
            let selected = self.selection().unwrap_or(self.place.cursor..self.place.cursor);
            self.replace(selected, &text, manner);
        }
    }

    /// The one way in which the text changes, but for undo and redo.
    fn replace(&mut self, range: Range<usize>, with: &str, manner: Manner) {
        if range.is_empty() && with.is_empty() {
            return;
        }
        let edit = Edit {
            at: range.start,
            removed: self.text[range.clone()].to_owned(),
            inserted: with.to_owned(),
        };
        edit.apply(&mut self.text);
        let before = self.place;
        // What now meets may have become one grapheme.
        let cursor = ceil(&self.text, range.start + with.len());
        self.place = Place { cursor, anchor: None };
        self.history.push(Step { edit, manner, before, after: self.place });
    }
}

/// What a buffer takes of a text from outside.
fn editable(text: &str) -> Cow<'_, str> {
    let taken = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    if text.chars().all(taken) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|c| taken(*c)).collect(),
    )
}
