//! Samples asked for and samples read ahead. An answer to a question that was put before the sample changed is stale,
//! and is told by its number: showing it would put a former text into the box.

use crate::domain::{Draft, SampleDetail, SampleId};
use std::collections::BTreeMap;

/// More samples read ahead than this are forgotten.
const LIMIT: usize = 64;

/// What was read of the samples around the open one, and what is being read.
#[derive(Debug, Default)]
pub(super) struct ReadAhead {
    kept: BTreeMap<SampleId, (SampleDetail, Option<Draft>)>,
    asked: BTreeMap<SampleId, u64>,
    last: u64,
}

impl ReadAhead {
    /// The number of a new question about this sample; answers to the ones before it are stale from now on.
    pub(super) fn ask(&mut self, id: SampleId) -> u64 {
        self.last += 1;
        self.kept.remove(&id);
        self.asked.insert(id, self.last);
        self.last
    }

    /// Whether it is here, or on its way.
    pub(super) fn knows(&self, id: SampleId) -> bool {
        self.kept.contains_key(&id) || self.asked.contains_key(&id)
    }

    /// Whether this is the answer that is waited for. It is then no longer waited for.
    pub(super) fn answered(&mut self, id: SampleId, asked: u64) -> bool {
        let awaited = self.asked.get(&id) == Some(&asked);
        if awaited {
            self.asked.remove(&id);
        }
        awaited
    }

    pub(super) fn keep(&mut self, detail: SampleDetail, draft: Option<Draft>) {
        if self.kept.len() >= LIMIT {
            self.kept.clear();
        }
        self.kept.insert(detail.id, (detail, draft));
    }

    pub(super) fn get(&self, id: SampleId) -> Option<(SampleDetail, Option<Draft>)> {
        self.kept.get(&id).cloned()
    }

    /// This sample changed: what was read of it, and what is still on its way, counts no more.
    pub(super) fn forget(&mut self, id: SampleId) {
        self.kept.remove(&id);
        self.asked.remove(&id);
    }

    /// Any sample may have changed.
    pub(super) fn forget_all(&mut self) {
        self.kept.clear();
        self.asked.clear();
    }
}
