//! One reader of an object: waits for its blocks, takes more at once as it goes on, and tells why there are none.

use super::object::Place;
use super::{BLOCK, Haste, Name, SMALL, Shared, Ticket, WINDOW};
use crate::domain::ByteSource;
use crate::objects::StoreError;
use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// One reader of an object.
pub(super) struct Reader {
    shared: Arc<Shared>,
    pub(super) name: Name,
    pub(super) size: u64,
    haste: Haste,
    ticket: Option<Ticket>,
    ahead: Mutex<Stride>,
    /// The complete file, once it is known to be complete.
    whole: OnceLock<Arc<File>>,
}

/// How a reader goes through an object: who goes straight on gets more at once.
struct Stride {
    /// The block after those that were asked for.
    next: u64,
    /// How many were asked for.
    blocks: u64,
}

impl Reader {
    /// A reader of an object that counts it among its readers already.
    pub(super) fn new(
        shared: Arc<Shared>,
        name: Name,
        size: u64,
        haste: Haste,
        ticket: Option<Ticket>,
    ) -> Self {
        let ahead = Mutex::new(Stride { next: 0, blocks: 0 });
        Self { shared, name, size, haste, ticket, ahead, whole: OnceLock::new() }
    }

    fn stride(&self, block: u64) -> u64 {
        if self.size <= SMALL {
            return SMALL / BLOCK;
        }
        let mut stride = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let straight = stride.blocks > 0 && block == stride.next;
        stride.blocks = if straight { (stride.blocks * 2).min(WINDOW) } else { 1 };
        stride.next = block + stride.blocks;
        stride.blocks
    }

    /// Waits until a block is here.
    fn wait_for(&self, block: u64) -> io::Result<Place> {
        let shared = &self.shared;
        let mut state = shared.lock();
        // The number of our own demand, and how often the object had failed when it was made.
        let mut asked: Option<(u64, u64)> = None;
        let outcome = loop {
            if let Some(place) = state.place(&self.name, block) {
                break Ok(place);
            }
            if state.is_closed() || self.ticket.as_ref().is_some_and(Ticket::is_given_up) {
                break Err(io::Error::other("it is not wanted any more"));
            }
            if !state.is_coming(&self.name, block, asked.map(|(number, _)| number)) {
                let failures = state.failures(&self.name);
                let failed = asked.is_some_and(|(_, before)| failures > before);
                if let Some(error) = state.failure(&self.name, failed) {
                    break Err(Failure::shared(error));
                }
                if let Err(error) = shared.start_threads(&mut state) {
                    break Err(error);
                }
                let blocks = self.stride(block);
                let name = self.name.clone();
                asked = Some((state.demand(name, block, blocks, self.haste), failures));
                shared.wanted.notify_all();
            }
            state = shared.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        if let (Err(_), Some((number, _))) = (&outcome, asked) {
            state.withdraw(number);
        }
        outcome
    }
}

impl ByteSource for Reader {
    fn len(&self) -> Option<u64> {
        Some(self.size)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        if wanted == 0 {
            return Ok(0);
        }
        let buffer = &mut buffer[..wanted];
        if let Some(whole) = self.whole.get() {
            return read_file(whole, offset, buffer);
        }
        let block = offset / BLOCK;
        let within = (offset % BLOCK) as usize;
        match self.wait_for(block)? {
            Place::Whole(file) => {
                let file = self.whole.get_or_init(|| file);
                read_file(file, offset, buffer)
            }
            Place::File(file) => {
                let count = wanted.min(BLOCK as usize - within);
                read_file(&file, offset, &mut buffer[..count])
            }
            Place::Memory(bytes) => {
                let bytes = bytes.get(within..).unwrap_or_default();
                let count = wanted.min(bytes.len());
                buffer[..count].copy_from_slice(&bytes[..count]);
                Ok(count)
            }
        }
    }
}

fn read_file(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read_at(buffer, offset) {
            Ok(0) => return Err(io::Error::other("a file of the cache was cut off")),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let gone = self.shared.lock().leave(&self.name);
        // Files are removed without the lock.
        drop(gone);
    }
}

/// A failure that several readers are told.
#[derive(Debug)]
struct Failure(Arc<io::Error>);

impl Failure {
    fn shared(error: Arc<io::Error>) -> io::Error {
        io::Error::new(error.kind(), Self(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.get_ref().map(|inner| inner as &(dyn Error + 'static))
    }
}

/// What a store said, where that is behind a failed read.
pub fn store_error(error: &io::Error) -> Option<&StoreError> {
    let inner = error.get_ref()?;
    if let Some(error) = inner.downcast_ref() {
        return Some(error);
    }
    let behind = inner.downcast_ref::<Failure>().map(|failure| failure.0.as_ref());
    behind.or_else(|| inner.downcast_ref::<io::Error>()).and_then(store_error)
}

/// Whether a read failed because the file is not the one that was listed.
pub fn changed_in_source(error: &io::Error) -> bool {
    matches!(store_error(error), Some(StoreError::Changed { .. }))
}
