//! Undo steps of an edit buffer: each is one replacement, and what is typed or deleted key by key joins up to a word.

use std::collections::VecDeque;

/// Typed or deleted text joins one step up to this many bytes: a long word, or some twenty Chinese characters.
const MAX_JOINED: usize = 64;
/// The oldest steps are let go beyond this many bytes of text.
const MAX_BYTES: usize = 16 << 20;

/// Cursor and other end of the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) cursor: usize,
    pub(super) anchor: Option<usize>,
}

/// How an edit came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Typed,
    ErasedBack,
    ErasedForward,
    /// Never joined with its neighbours.
    Whole,
}

/// `removed` gave way to `inserted` at byte `at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) at: usize,
    pub(super) removed: String,
    pub(super) inserted: String,
}

impl Edit {
    pub(super) fn apply(&self, text: &mut String) {
        text.replace_range(self.at..self.at + self.removed.len(), &self.inserted);
    }

    pub(super) fn revert(&self, text: &mut String) {
        text.replace_range(self.at..self.at + self.inserted.len(), &self.removed);
    }

    fn bytes(&self) -> usize {
        self.removed.len() + self.inserted.len()
    }
}

/// One step of undo.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) edit: Edit,
    pub(super) manner: Manner,
    pub(super) before: Place,
    pub(super) after: Place,
}

impl Step {
    /// Whether the next edit goes on with the same word.
    fn goes_on_in(&self, next: &Step) -> bool {
        let (edit, more) = (&self.edit, &next.edit);
        if self.manner != next.manner || edit.bytes() + more.bytes() > MAX_JOINED {
            return false;
        }
        match self.manner {
            Manner::Typed => {
                more.removed.is_empty()
                    && more.at == edit.at + edit.inserted.len()
                    && same_word(edit.inserted.chars().next_back(), more.inserted.chars().next())
            }
            Manner::ErasedBack => {
                more.at + more.removed.len() == edit.at
                    && same_word(edit.removed.chars().next(), more.removed.chars().next_back())
            }
            Manner::ErasedForward => {
                more.at == edit.at
                    && same_word(edit.removed.chars().next_back(), more.removed.chars().next())
            }
            Manner::Whole => false,
        }
    }

    fn join(&mut self, next: Step) {
        let (edit, more) = (&mut self.edit, next.edit);
        edit.inserted.push_str(&more.inserted);
        if self.manner == Manner::ErasedBack {
            edit.at = more.at;
            edit.removed.insert_str(0, &more.removed);
        } else {
            edit.removed.push_str(&more.removed);
        }
        self.after = next.after;
    }
}

/// Whether the second character, touched after the first, still belongs to its word or to the space behind it.
fn same_word(first: Option<char>, second: Option<char>) -> bool {
    let (Some(first), Some(second)) = (first, second) else {
        return true;
    };
    let ends_word = first.is_whitespace() || "，。、！？；：".contains(first);
    first != '\n' && second != '\n' && (!ends_word || second.is_whitespace())
}

/// What can be undone and redone.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    /// Text held in `done`.
    bytes: usize,
    /// Whether the next step may join the last.
    open: bool,
}

impl History {
    pub(super) fn push(&mut self, step: Step) {
        self.undone.clear();
        self.bytes += step.edit.bytes();
        match self.done.back_mut() {
            Some(last) if self.open && last.goes_on_in(&step) => last.join(step),
            _ => self.done.push_back(step),
        }
        self.open = true;
        while self.bytes > MAX_BYTES && self.done.len() > 1 {
            self.bytes -= self.done.pop_front().map_or(0, |step| step.edit.bytes());
        }
    }

    /// Ends the step at hand: what follows is a new one.
    pub(super) fn close(&mut self) {
        self.open = false;
    }

    /// The step to take back, which can then be redone.
    pub(super) fn undo(&mut self) -> Option<&Step> {
        let step = self.done.pop_back()?;
        self.bytes -= step.edit.bytes();
        self.open = false;
        self.undone.push(step);
        self.undone.last()
    }

    /// The step to do again, which can then be undone.
    pub(super) fn redo(&mut self) -> Option<&Step> {
        let step = self.undone.pop()?;
        self.bytes += step.edit.bytes();
        self.open = false;
        self.done.push_back(step);
        self.done.back()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_steps_are_let_go_when_they_weigh_too_much() {
        let mut history = History::default();
        let half = "x".repeat(MAX_BYTES / 2);
        for at in 0..5 {
            history.push(Step {
                edit: Edit { at, removed: String::new(), inserted: half.clone() },
                manner: Manner::Whole,
                before: Place::default(),
                after: Place::default(),
            });
        }
        assert_eq!(history.done.iter().map(|step| step.edit.at).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(history.bytes, MAX_BYTES);
    }
}
