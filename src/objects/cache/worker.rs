//! The threads that fetch: from the bucket into the folder, or into memory where that has no room.

use super::folder::{Folder, Part};
use super::object::Object;
use super::state::{Fetch, Fetched, State, Stored, Task};
use super::{Ahead, BLOCK, Haste, Origin, Shared};
use std::io;
use std::sync::{Arc, PoisonError};
use std::thread;

/// How many there are.
pub(super) const THREADS: usize = 4;

/// How many threads may be busy when something of this haste is begun.
pub(super) fn at_once(haste: Haste) -> usize {
    match haste {
        Haste::Now => THREADS,
        Haste::Soon => THREADS - 1,
        Haste::Ahead => THREADS - 2,
    }
}

impl Shared {
    /// Starts the threads, with the first thing to do.
    pub(super) fn start_threads(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        while state.threads < THREADS && !state.is_closed() {
            let shared = self.clone();
            thread::Builder::new().name("fetch".into()).spawn(move || shared.serve())?;
            state.threads += 1;
        }
        Ok(())
    }

    fn serve(&self) {
        let mut state = self.lock();
        while !state.is_closed() {
            let Some(task) = state.next() else {
                state = self.wanted.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            match task {
                Task::Open(ahead, wish) => self.open_ahead(ahead, wish),
                Task::Fetch(fetch) => self.fetch(&fetch),
            }
            // What this thread kept others from doing.
            self.wanted.notify_all();
            self.arrived.notify_all();
            state = self.lock();
        }
    }

    fn open_ahead(&self, Ahead { name, size, origin }: Ahead, wish: u64) {
        let object = Object::new(origin, size, self.kept(&name, size));
        let gone = self.lock().opened_ahead(name, object, wish);
        drop(gone);
    }

    fn fetch(&self, fetch: &Fetch) {
        let from = fetch.first * BLOCK;
        let until = ((fetch.first + fetch.blocks) * BLOCK).min(fetch.size);
        let mut bytes = vec![0; (until - from) as usize];
        let (read, error) = fill(&fetch.origin, from, &mut bytes);
        if read < bytes.len() {
            bytes.truncate(read - read % BLOCK as usize);
        }
        if let Some(error) = &error {
            tracing::debug!(%error, "a part of a file was not fetched");
        }
        let stored = self.store(fetch, &bytes);
        let complete = self.lock().fetched(fetch, Fetched { stored, error });
        self.arrived.notify_all();
        if let Some(part) = complete {
            let kept = part.keep(&fetch.name).map(|()| part.file().clone());
            if let Err(error) = &kept {
                tracing::debug!(%error, "a fetched file is not kept");
            }
            let gone = self.lock().completed(&fetch.name, kept.ok());
            drop(gone);
        }
    }

    fn store(&self, fetch: &Fetch, bytes: &[u8]) -> Stored {
        if bytes.is_empty() {
            return Stored::File(0);
        }
        if self.write(fetch, bytes) {
            return Stored::File((bytes.len() as u64).div_ceil(BLOCK));
        }
        Stored::Memory(bytes.chunks(BLOCK as usize).map(Arc::from).collect())
    }

    /// Whether the bytes are in the file now.
    fn write(&self, fetch: &Fetch, bytes: &[u8]) -> bool {
        let Some(folder) = self.folder().filter(|folder| fetch.size <= folder.limit()) else {
            return false;
        };
        let part = fetch.part.get_or_init(|| match Part::create(folder, &fetch.name) {
            Ok(part) => Some(Arc::new(part)),
            Err(error) => {
                folder.complain(&error);
                None
            }
        });
        let Some(part) = part.as_ref().filter(|part| !part.is_broken()) else { return false };
        if !self.make_room(folder, bytes.len() as u64) {
            part.give_up();
            return false;
        }
        match part.write(fetch.first * BLOCK, bytes) {
            Ok(()) => true,
            Err(error) => {
                folder.complain(&error);
                false
            }
        }
    }

    /// Room for so many bytes, if need be instead of objects in part that nobody reads.
    fn make_room(&self, folder: &Folder, bytes: u64) -> bool {
        loop {
            if folder.reserve(bytes) {
                return true;
            }
            let Some(shed) = self.lock().shed() else { return false };
            drop(shed);
        }
    }
}

/// Reads as much as can be had, and why it is not all.
fn fill(origin: &Origin, from: u64, bytes: &mut [u8]) -> (usize, Option<io::Error>) {
    let origin = match origin() {
        Ok(origin) => origin,
        Err(error) => return (0, Some(io::Error::other(error))),
    };
    let mut read = 0;
    while read < bytes.len() {
        match origin.read_at(from + read as u64, &mut bytes[read..]) {
            Ok(0) => return (read, Some(io::Error::other("the source sent less than it listed"))),
            Ok(count) => read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (read, Some(error)),
        }
    }
    (read, None)
}
