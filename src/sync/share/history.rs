//! Snapshots of the whole history, at which a new machine starts: `history/<name>.jsonl.zst`.
//!
//! The first line says how far each writer's log is in it; the others are revisions as in the logs.

use super::error::ShareError;
use super::job::Found;
use super::line::{self, LONGEST};
use crate::domain::{ByteSource, Revision, SampleKey, WriterId};
use crate::objects::{Entry, PutIf, Store, StoreError};
use crate::workspace::{Portion, Reader, Shared};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// Below the output, before all snapshots.
const HISTORY: &str = "history/";
/// The version of the first line that this program writes, and the newest that it reads.
const LAYOUT: u32 = 1;
/// As zstd counts.
const LEVEL: i32 = 3;
/// How many times larger than packed it may be, in whole: each line has an id, which cannot be packed much.
const RATIO: u64 = 1000;
/// As zstd counts: the memory that unpacking takes, 16 MiB, and far more than packing at this level asks for.
const WINDOW: u32 = 24;
/// Revisions handed over at once, and their bytes.
const CHUNK: usize = 2_000;
const CHUNK_BYTES: usize = 4 << 20;
/// Bytes of a line, packed, about: its id alone takes 16.
const LINE: u64 = 100;

#[derive(Serialize, Deserialize)]
struct Head {
    earmark_history: u32,
    positions: BTreeMap<WriterId, u64>,
}

/// Writes all that this workspace knows as `history/<name>.jsonl.zst`. One that is there already stays. `scratch` is a
/// folder for a temporary file.
///
/// # Errors
/// The workspace cannot be read, the disk is full, or what the store says.
pub fn write_snapshot(
    store: &Store,
    reader: &Reader,
    scratch: &Path,
    name: &str,
) -> Result<(), ShareError> {
    let draft = tempfile::NamedTempFile::new_in(scratch).map_err(ShareError::Snapshot)?;
    // Read before the revisions: what comes in meanwhile is in them, and is read once more from its log.
    let head = Head { earmark_history: LAYOUT, positions: reader.log_positions()? };
    pack(draft.as_file(), &head, reader)?;
    let key = format!("{HISTORY}{name}.jsonl.zst");
    let done =
        store.upload(&SampleKey::from(key.as_str()), draft.path(), PutIf::Absent, &mut |_| {
            ControlFlow::Continue(())
        });
    match done {
        Ok(_) | Err(StoreError::AlreadyThere { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn pack(file: &std::fs::File, head: &Head, reader: &Reader) -> Result<(), ShareError> {
    let failed = ShareError::Snapshot;
    let mut packed = zstd::Encoder::new(BufWriter::new(file), LEVEL).map_err(failed)?;
    serde_json::to_writer(&mut packed, head).map_err(|error| failed(error.into()))?;
    packed.write_all(b"\n").map_err(failed)?;
    let mut broken = None;
    reader.revisions(&mut |key, revision| {
        let mut text = line::encode(key, revision);
        text.push('\n');
        match packed.write_all(text.as_bytes()) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                broken = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    if let Some(error) = broken {
        return Err(failed(error));
    }
    packed.finish().and_then(|mut rest| rest.flush()).map_err(failed)
}

/// Hands the newest snapshot over, if there is one that can be read; returns how far each log is in it.
pub(super) fn read_newest(
    store: &Store,
    found: &SyncSender<Found>,
) -> Result<BTreeMap<WriterId, u64>, ShareError> {
    let mut all: Vec<Entry> = Vec::new();
    store.list_under(HISTORY, None, &mut |entries| {
        all.extend(entries);
        ControlFlow::Continue(())
    })?;
    all.retain(|entry| entry.key.as_bytes().ends_with(b".jsonl.zst"));
    all.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| b.key.cmp(&a.key)));
    for entry in all {
        match unpack(store, &entry, found) {
            Ok(positions) => return Ok(positions),
            // An older one, or the logs themselves, say the same.
            Err(error) => tracing::warn!(%error, "a snapshot of the history cannot be read"),
        }
    }
    Ok(BTreeMap::new())
}

fn unpack(
    store: &Store,
    entry: &Entry,
    found: &SyncSender<Found>,
) -> io::Result<BTreeMap<WriterId, u64>> {
    let bytes = store.read_listed(&entry.key, &entry.stamp).map_err(io::Error::other)?;
    let expected = Found::Expected(entry.stamp.size / LINE);
    found.send(expected).map_err(|_| io::Error::other("nobody waits any more"))?;
    let packed = InOrder { bytes, at: 0 };
    let positions = read_snapshot(packed, entry.stamp.size, &mut |chunk| hand_over(found, chunk))?;
    // Only now: what broke off in the middle is read again as a whole.
    for (writer, sequence) in &positions {
        let position = Some((*writer, *sequence));
        found
            .send(Found::Lines(Portion { revisions: Vec::new(), from: Shared::Snapshot, position }))
            .map_err(|_| io::Error::other("nobody waits any more"))?;
    }
    Ok(positions)
}

/// Reads a snapshot of so many bytes, packed, and hands over what is in it, some at a time; returns how far each
/// writer's log is in it. Memory is bounded whatever it claims to be.
///
/// # Errors
/// It cannot be read or unpacked, is none, or is far larger than it may be; what `take` says.
pub fn read_snapshot(
    packed: impl Read,
    size: u64,
    take: &mut dyn FnMut(Vec<(SampleKey, Revision)>) -> io::Result<()>,
) -> io::Result<BTreeMap<WriterId, u64>> {
    let mut unpacked = zstd::Decoder::new(packed)?;
    unpacked.window_log_max(WINDOW)?;
    let most = size.saturating_mul(RATIO).saturating_add(LONGEST as u64);
    let mut lines = BufReader::new(unpacked.take(most));
    let mut text = Vec::new();
    next(&mut lines, &mut text)?;
    let head: Head = serde_json::from_slice(&text)?;
    if head.earmark_history > LAYOUT {
        return Err(io::Error::other("a newer earmark wrote it"));
    }
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    while next(&mut lines, &mut text)? {
        chunk.push(line::decode(&text).map_err(io::Error::other)?);
        bytes += text.len();
        if chunk.len() == CHUNK || bytes > CHUNK_BYTES {
            take(std::mem::take(&mut chunk))?;
            bytes = 0;
        }
    }
    if lines.get_ref().limit() == 0 {
        return Err(io::Error::other("it unpacks to more than it may"));
    }
    take(chunk)?;
    Ok(head.positions)
}

fn hand_over(found: &SyncSender<Found>, revisions: Vec<(SampleKey, Revision)>) -> io::Result<()> {
    found
        .send(Found::Lines(Portion { revisions, from: Shared::Snapshot, position: None }))
        .map_err(|_| io::Error::other("nobody waits any more"))
}

fn next(lines: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<bool> {
    text.clear();
    let read = lines.take(LONGEST as u64 + 1).read_until(b'\n', text)?;
    if read > LONGEST {
        return Err(io::Error::other("a line of it is too long"));
    }
    Ok(read > 0)
}

struct InOrder {
    bytes: Arc<dyn ByteSource>,
    at: u64,
}

impl Read for InOrder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read_at(self.at, buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}
