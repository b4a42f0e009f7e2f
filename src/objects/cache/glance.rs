//! A few reads of one object, to see what it is: bounded, and kept nowhere.

use super::{Origin, origin};
use crate::domain::{AudioStamp, ByteSource, SampleKey};
use crate::objects::Store;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Bytes of the first request; who goes straight on gets twice as many each time.
const FIRST: u64 = 64 << 10;
/// Bytes of one request at most.
const MOST: u64 = 256 << 10;

/// An object of which at most so many bytes are read.
pub struct Glance {
    origin: Origin,
    len: u64,
    seen: Mutex<Seen>,
    spent: AtomicBool,
}

struct Seen {
    stretches: Vec<(u64, Vec<u8>)>,
    /// Bytes that may still be read.
    left: u64,
}

impl Glance {
    /// Looks at an object as it was listed, reading up to `bytes` of it. Nothing is asked of the store yet.
    pub fn new(store: &Store, key: &SampleKey, listed: &AudioStamp, bytes: u64) -> Self {
        Self::of(origin(store, key, listed), listed.size, bytes)
    }

    pub(super) fn of(origin: Origin, len: u64, bytes: u64) -> Self {
        let seen = Mutex::new(Seen { stretches: Vec::new(), left: bytes });
        Self { origin, len, seen, spent: AtomicBool::new(false) }
    }

    /// Whether more than the allowed bytes were wanted: those reads failed.
    pub fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed)
    }
}

impl ByteSource for Glance {
    fn len(&self) -> Option<u64> {
        Some(self.len)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || offset >= self.len {
            return Ok(0);
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = seen.copy(offset, buffer) {
            return Ok(count);
        }
        let size = seen.next_size(offset).min(seen.left);
        if size == 0 {
            self.spent.store(true, Ordering::Relaxed);
            return Err(io::Error::other("it takes more than a glance"));
        }
        // Towards the end, what lies before is wanted with it.
        let start = if self.len - offset < size {
            self.len.saturating_sub(size).max(seen.end_before(offset))
        } else {
            offset
        };
        let mut bytes = vec![0; size.min(self.len - start) as usize];
        let origin = (self.origin)().map_err(io::Error::other)?;
        let mut read = 0;
        while read < bytes.len() {
            match origin.read_at(start + read as u64, &mut bytes[read..])? {
                0 => break,
                count => read += count,
            }
        }
        bytes.truncate(read);
        seen.left -= (read as u64).max(1).min(seen.left);
        seen.stretches.push((start, bytes));
        Ok(seen.copy(offset, buffer).unwrap_or(0))
    }
}

impl Seen {
    fn copy(&self, offset: u64, buffer: &mut [u8]) -> Option<usize> {
        self.stretches.iter().find_map(|(start, bytes)| {
            let within = usize::try_from(offset.checked_sub(*start)?).ok()?;
            let here = bytes.get(within..).filter(|here| !here.is_empty())?;
            let count = here.len().min(buffer.len());
            buffer[..count].copy_from_slice(&here[..count]);
            Some(count)
        })
    }

    fn next_size(&self, offset: u64) -> u64 {
        let before =
            self.stretches.iter().find(|(start, bytes)| start + bytes.len() as u64 == offset);
        before.map_or(FIRST, |(_, bytes)| (bytes.len() as u64 * 2).clamp(FIRST, MOST))
    }

    /// The end of what was read before this place.
    fn end_before(&self, offset: u64) -> u64 {
        let ends = self.stretches.iter().map(|(start, bytes)| start + bytes.len() as u64);
        ends.filter(|end| *end <= offset).max().unwrap_or(0)
    }
}
