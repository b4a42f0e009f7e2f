//! Looking at audio files in the background: how long they are, and what their content hashes to.

use super::OpsError;
use crate::audio::{self, AudioError};
use crate::domain::{SampleId, UserError};
use crate::objects::{Glance, Store, StoreError, store_error};
use crate::text::safe_bytes;
use crate::workspace::{Probe, Reader, Unprobed, Writer};
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Larger files are not read whole just to recognize them when they move.
const HASH_LIMIT: u64 = 64 << 20;
/// Files looked at between two writes: seconds of work at most.
const BATCH: usize = 256;
/// Bytes read of a file in a bucket. What does not tell its length in these has none until it is heard.
const GLANCE: u64 = 512 << 10;
/// Files of a bucket that are looked at at once.
const FAR_AT_ONCE: usize = 8;
/// Files that could not be reached, after which the rest is left for the next time.
const UNREACHED: usize = 32;

/// Looks at one file. What is wrong with it becomes part of the answer; `None`: it cannot be looked at now (the network
/// is away, or it changed since it was listed).
///
/// Of a file in a bucket only the header is read: its hash stays unknown, its `ETag` tells when it moved.
pub fn probe_one(store: &Store, sample: &Unprobed) -> Option<Probe> {
    match store {
        Store::Folder(_) => Some(probe_near(store, sample)),
        Store::S3(_) => probe_far(store, sample),
    }
}

fn unknown(sample: &Unprobed) -> Probe {
    Probe {
        id: sample.id,
        stamp: sample.stamp.clone(),
        seconds: None,
        info: None,
        sha256: None,
        error: None,
    }
}

fn probe_near(store: &Store, sample: &Unprobed) -> Probe {
    let name = safe_bytes(sample.key.file_name());
    let mut probe = unknown(sample);
    match store.read(&sample.key) {
        Err(error) => probe.error = Some(error.to_string()),
        Ok(bytes) => match audio::probe(bytes, &name) {
            Ok(info) => {
                probe.seconds = info.seconds();
                probe.info = Some(info);
            }
            Err(error) => probe.error = Some(error.to_string()),
        },
    }
    if sample.stamp.size <= HASH_LIMIT {
        // Without a hash the file is merely not recognized when it moves.
        probe.sha256 = store.sha256(&sample.key).ok();
    }
    probe
}

fn probe_far(store: &Store, sample: &Unprobed) -> Option<Probe> {
    let name = safe_bytes(sample.key.file_name());
    let mut probe = unknown(sample);
    let glance = Arc::new(Glance::new(store, &sample.key, &sample.stamp, GLANCE));
    match audio::probe(glance.clone(), &name) {
        Ok(info) => {
            probe.seconds = info.seconds();
            probe.info = Some(info);
        }
        Err(_) if glance.is_spent() => {}
        Err(AudioError::Read { cause, .. })
            if !matches!(store_error(&cause), Some(StoreError::Denied { .. })) =>
        {
            tracing::debug!(error = %cause, "a file is not looked at");
            return None;
        }
        Err(error) => probe.error = Some(UserError::of(&error, None).to_string()),
    }
    Some(probe)
}

/// Files that nobody looked at yet, without those that could not be reached in this run.
#[derive(Debug, Default)]
pub struct ProbeRun {
    unreached: HashSet<SampleId>,
}

impl ProbeRun {
    /// The next files, and up to so many; none when all were tried, or so many in vain that the rest must wait.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn next(&self, reader: &Reader, count: usize) -> Result<Vec<Unprobed>, OpsError> {
        if self.unreached.len() > UNREACHED {
            return Ok(Vec::new());
        }
        let mut samples = reader.unprobed(count + self.unreached.len())?;
        samples.retain(|sample| !self.unreached.contains(&sample.id));
        Ok(samples)
    }

    /// Looks at these, several at once, until it is to stop; what it gives is to be recorded.
    pub fn look(
        &mut self,
        store: &Store,
        samples: &[Unprobed],
        at_once: usize,
        stop: &AtomicBool,
    ) -> Vec<Probe> {
        let next = AtomicUsize::new(0);
        let look = || {
            let mut probes = Vec::new();
            while !stop.load(Ordering::Acquire)
                && let Some(sample) = samples.get(next.fetch_add(1, Ordering::Relaxed))
            {
                probes.extend(probe_one(store, sample));
            }
            probes
        };
        let probes: Vec<Probe> = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..at_once.min(samples.len())).map(|_| scope.spawn(look)).collect();
            // What a thread that died had looked at is looked at again by the next run.
            threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
        });
        let seen: HashSet<SampleId> = probes.iter().map(|probe| probe.id).collect();
        self.unreached.extend(samples.iter().map(|it| it.id).filter(|id| !seen.contains(id)));
        probes
    }
}

/// Looks at every file that nobody looked at yet, several at once, and records what was found. `on_done` is told how
/// many are done and may stop it; gives that number.
///
/// # Errors
/// The workspace cannot be read or written.
pub fn probe_all(
    reader: &Reader,
    writer: &mut Writer,
    store: &Store,
    on_done: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<u64, OpsError> {
    let at_once = match store {
        Store::Folder(_) => thread::available_parallelism().map_or(1, std::num::NonZero::get),
        Store::S3(_) => FAR_AT_ONCE,
    };
    let mut run = ProbeRun::default();
    let mut done = 0;
    loop {
        let samples = run.next(reader, BATCH)?;
        if samples.is_empty() {
            return Ok(done);
        }
        let probes = run.look(store, &samples, at_once, &AtomicBool::new(false));
        writer.record_probes(&probes)?;
        done += probes.len() as u64;
        if on_done(done).is_break() {
            return Ok(done);
        }
    }
}
