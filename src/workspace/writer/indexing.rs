//! Bringing the search index up to date, between labels.

use super::Writer;
use crate::workspace::error::{Doing, Result};
use crate::workspace::merging::{self, Want};
use crate::workspace::{anew, apply, search};
use std::time::Instant;

/// How many samples the first index step takes; the next ones as many as some 25 ms allow.
const STEP: usize = 400;
/// How many waiting samples are counted after a step.
const MANY_WAIT: u64 = 1_000;

/// How far a writer is with it.
#[derive(Debug)]
pub(super) struct Indexing {
    /// How many samples one step takes, as long as the last one took.
    step: usize,
    /// An index of more entries than this is large: it begins anew where much of it is dead.
    pub(super) large: u64,
    /// The last sample that was let wait for that.
    queued: i64,
}

impl Default for Indexing {
    fn default() -> Self {
        Self { step: STEP, large: merging::ENTRIES, queued: 0 }
    }
}

impl Writer {
    /// Brings the search index on by one short transaction; returns how many samples it still lacks, where they are many
    /// only that they are.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn index_step(&mut self) -> Result<u64> {
        let doing = "bring the search index up to date";
        let Indexing { mut step, large, mut queued } = self.indexing;
        let left = anew::is_left(&self.connection)?;
        let wants = merging::wants(&self.connection, large)?;
        if !left && wants.is_none() && !search::any_waiting(&self.connection)? {
            return Ok(0);
        }
        let began = Instant::now();
        // What a power failure takes away waits again.
        self.connection.pragma_update(None, "synchronous", "normal").doing(doing)?;
        let done = self.change(doing, |transaction, _| {
            if left && anew::clear(transaction)? {
                return Ok(None);
            }
            match wants {
                // Somebody else may have done it meanwhile.
                Some(Want::BeginAnew) if merging::wants(transaction, large)? == wants => {
                    anew::begin(transaction, &mut queued)?;
                    return Ok(None);
                }
                Some(Want::Merge) if merging::merge(transaction)? => return Ok(None),
                _ => {}
            }
            search::catch_up(transaction, step).map(Some)
        });
        self.connection.pragma_update(None, "synchronous", "full").doing(doing)?;
        if done? == Some(step) {
            apply::adapt(&mut step, began.elapsed());
        }
        self.indexing = Indexing {
            step,
            large,
            queued: if wants == Some(Want::BeginAnew) { queued } else { 0 },
        };
        search::waiting(&self.connection, MANY_WAIT)
    }
}

#[cfg(test)]
impl Writer {
    /// Takes an index of more entries than this for a large one.
    pub(in crate::workspace) fn large_from(&mut self, entries: u64) {
        self.indexing.large = entries;
    }
}
