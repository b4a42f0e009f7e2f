//! Questions about the list: those of an older generation are not worth an answer, and end while they run.

use crate::workspace::{self, WorkspaceError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What runs while no question about the list does: no generation makes it old.
const AGELESS: u64 = u64::MAX;

/// The newest generation that was asked about, as every thread sees it.
#[derive(Clone, Default)]
pub(super) struct Newest(Arc<Seen>);

#[derive(Default)]
struct Seen {
    newest: AtomicU64,
    /// The question that was looked at last while it ran.
    #[cfg(test)]
    running: AtomicU64,
}

impl Newest {
    /// Something of this generation is asked: what older ones ask ends.
    pub(super) fn is(&self, generation: u64) {
        self.0.newest.fetch_max(generation, Ordering::AcqRel);
    }

    /// Nobody asks any more: all questions about the list end.
    pub(super) fn is_over(&self) {
        self.is(u64::MAX);
    }

    fn outdates(&self, generation: u64) -> bool {
        self.0.newest.load(Ordering::Acquire) > generation
    }

    /// Whether what runs is too old by now.
    fn ends(&self, running: &AtomicU64) -> bool {
        let generation = running.load(Ordering::Acquire);
        #[cfg(test)]
        self.0.running.store(generation, Ordering::Release);
        self.outdates(generation)
    }

    /// Waits until a question of this generation is in the middle of its work, now and not earlier.
    #[cfg(test)]
    pub(super) fn wait_until_it_runs(&self, generation: u64) {
        self.0.running.store(AGELESS, Ordering::Release);
        while self.0.running.load(Ordering::Acquire) != generation {
            std::thread::yield_now();
        }
    }
}

/// A connection of one thread, whose questions about the list end when they are too old.
pub(super) struct Lists {
    reader: workspace::Reader,
    newest: Newest,
    running: Arc<AtomicU64>,
}

impl Lists {
    pub(super) fn new(
        mut reader: workspace::Reader,
        newest: Newest,
    ) -> Result<Self, WorkspaceError> {
        let running = Arc::new(AtomicU64::new(AGELESS));
        let (by, what) = (newest.clone(), Arc::clone(&running));
        reader.give_up_when(move || by.ends(&what))?;
        Ok(Self { reader, newest, running })
    }

    /// For what is no question about the list: it is always answered.
    pub(super) fn reader(&self) -> &workspace::Reader {
        &self.reader
    }

    /// The answer; `None` where nobody waits for it any more.
    pub(super) fn ask<T>(
        &self,
        generation: u64,
        question: impl FnOnce(&workspace::Reader) -> Result<T, WorkspaceError>,
    ) -> Option<Result<T, WorkspaceError>> {
        if self.newest.outdates(generation) {
            return None;
        }
        self.running.store(generation, Ordering::Release);
        let answer = question(&self.reader);
        self.running.store(AGELESS, Ordering::Release);
        (answer.is_ok() || !self.newest.outdates(generation)).then_some(answer)
    }
}
