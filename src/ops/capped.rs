//! A list that keeps its first entries and counts the rest, so that a report stays small whatever happened.

/// Entries kept.
const KEPT: usize = 1_000;

/// The first of many, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capped<T> {
    /// The first thousand.
    pub first: Vec<T>,
    /// All.
    pub count: u64,
}

impl<T> Default for Capped<T> {
    fn default() -> Self {
        Self { first: Vec::new(), count: 0 }
    }
}

impl<T> Capped<T> {
    /// One more.
    pub fn push(&mut self, one: T) {
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push(one);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
