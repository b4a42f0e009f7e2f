//! Looking at audio files in the background: how long they are, and what their content hashes to.

use super::OpsError;
use crate::audio;
use crate::objects::Store;
use crate::text::safe_bytes;
use crate::workspace::{Probe, Reader, Unprobed, Writer};
use std::ops::ControlFlow;
use std::thread;

/// Larger files are not read whole just to recognize them when they move.
const HASH_LIMIT: u64 = 64 << 20;
/// Files looked at between two writes: seconds of work at most.
const BATCH: usize = 256;

/// Looks at one file. What is wrong with it becomes part of the answer.
pub fn probe_one(store: &Store, sample: &Unprobed) -> Probe {
    let name = safe_bytes(sample.key.file_name());
    let mut probe = Probe {
        id: sample.id,
        stamp: sample.stamp.clone(),
        seconds: None,
        info: None,
        sha256: None,
        error: None,
    };
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

/// Looks at every file that nobody looked at yet, on all cores, and records what was found. `on_done` is told how
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
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut done = 0;
    loop {
        let samples = reader.unprobed(BATCH)?;
        if samples.is_empty() {
            return Ok(done);
        }
        let probes = probe_on(threads, store, &samples);
        if probes.is_empty() {
            return Ok(done);
        }
        writer.record_probes(&probes)?;
        done += samples.len() as u64;
        if on_done(done).is_break() {
            return Ok(done);
        }
    }
}

fn probe_on(threads: usize, store: &Store, samples: &[Unprobed]) -> Vec<Probe> {
    let share = samples.len().div_ceil(threads);
    thread::scope(|scope| {
        let parts: Vec<_> = samples
            .chunks(share)
            .map(|part| {
                scope.spawn(move || {
                    part.iter().map(|sample| probe_one(store, sample)).collect::<Vec<_>>()
                })
            })
            .collect();
        // A part whose thread died is looked at again by the next run.
        parts.into_iter().filter_map(|part| part.join().ok()).flatten().collect()
    })
}
