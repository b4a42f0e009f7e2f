//! Audio of a bucket, kept for a while: read in ranges before it is here, fetched ahead, found again.
//!
//! A few threads fetch blocks in the order in which they are wanted: what plays, what is drawn, what comes next. Blocks
//! land in a file in a private folder, or in memory where there is no folder or no room; a file that is complete stays
//! under a name made of its source, key, size and `ETag`. Readers of one object share its blocks, whoever asked for them.

mod folder;
mod glance;
mod object;
mod reader;
mod state;
#[cfg(test)]
mod tests;
mod worker;

pub use glance::Glance;
pub use reader::{changed_in_source, store_error};

use super::{Store, StoreError};
use crate::domain::{AudioStamp, ByteSource, SampleKey, hex};
use folder::Folder;
use object::Object;
use reader::Reader;
use sha2::{Digest, Sha256};
use state::State;
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Bytes fetched at least; what is here is known by blocks of this size.
const BLOCK: u64 = 256 << 10;
/// Blocks fetched at once at most.
const WINDOW: u64 = 8;
/// An object of so many bytes is fetched in one go.
const SMALL: u64 = 1 << 20;
/// The least that is kept in memory, in bytes: what all threads fetch at once must fit.
const LEAST_MEMORY: u64 = 4 * worker::THREADS as u64 * WINDOW * BLOCK / 2;
/// Bytes kept in memory where the folder has no room.
const SPARE_MEMORY: u64 = 32 << 20;

/// What an object is called in the cache.
type Name = Arc<str>;

/// The audio of one source, cached. Clones share it; with the last one, fetching ends.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
    _end: Arc<End>,
}

/// Opens the object for one request: what is opened once reads one range after the other, and keeps what it read.
type Origin = Arc<dyn Fn() -> Result<Arc<dyn ByteSource>, StoreError> + Send + Sync>;

fn origin(store: &Store, key: &SampleKey, listed: &AudioStamp) -> Origin {
    let (store, key, listed) = (store.clone(), key.clone(), listed.clone());
    Arc::new(move || store.read_listed(&key, &listed))
}

/// What is wanted ahead. A thread that may wait looks whether it is here already.
struct Ahead {
    name: Name,
    size: u64,
    origin: Origin,
}

struct Shared {
    /// What tells this source from others that are cached in the same folder.
    scope: String,
    path: Option<PathBuf>,
    limit: u64,
    /// Opened when the first object is wanted.
    folder: OnceLock<Option<Arc<Folder>>>,
    state: Mutex<State>,
    /// There is something to fetch.
    wanted: Condvar,
    /// Something was fetched, or will not be.
    arrived: Condvar,
}

struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Who waits for a read, for as long as it is wanted.
#[derive(Clone)]
pub struct Ticket {
    shared: Arc<Shared>,
    given_up: Arc<AtomicBool>,
}

impl Ticket {
    /// Reads that wait, and those that come, fail from now on.
    pub fn give_up(&self) {
        let _state = self.shared.lock();
        self.given_up.store(true, Ordering::Release);
        self.shared.arrived.notify_all();
    }

    /// Whether it was given up.
    pub fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }
}

impl Cache {
    /// Keeps up to `limit` bytes in a folder, which is made (for this account alone) when it is first needed. Where it
    /// cannot be used, a little is kept in memory. `scope` tells this source (endpoint and address) from others.
    pub fn open(folder: &Path, limit: u64, scope: &str) -> Self {
        Self::new(Some(folder.to_owned()), limit, SPARE_MEMORY, scope)
    }

    /// Keeps up to `limit` bytes in memory, and nothing on the disk. (A few megabytes are needed at least.)
    pub fn memory(limit: u64, scope: &str) -> Self {
        Self::new(None, 0, limit, scope)
    }

    fn new(path: Option<PathBuf>, limit: u64, memory: u64, scope: &str) -> Self {
        let shared = Arc::new(Shared {
            scope: scope.to_owned(),
            path,
            limit,
            folder: OnceLock::new(),
            state: Mutex::new(State::new(memory.max(LEAST_MEMORY))),
            wanted: Condvar::new(),
            arrived: Condvar::new(),
        });
        Self { _end: Arc::new(End(shared.clone())), shared }
    }

    /// A file's bytes, to be played: fetched before anything else as they are read. Nothing is asked of the bucket yet.
    /// Files of a folder are read where they lie.
    ///
    /// Reads fail with [`StoreError::Changed`] inside if it is not the one that was listed: see [`changed_in_source`].
    ///
    /// # Errors
    /// As [`Store::read_listed`].
    pub fn read(
        &self,
        store: &Store,
        key: &SampleKey,
        listed: &AudioStamp,
    ) -> Result<Arc<dyn ByteSource>, StoreError> {
        self.read_as(store, key, listed, Haste::Now, None)
    }

    /// As [`Cache::read`], but after what is played, and only until the ticket is given up.
    ///
    /// # Errors
    /// As [`Store::read_listed`].
    pub fn read_unless(
        &self,
        given_up: &Ticket,
        store: &Store,
        key: &SampleKey,
        listed: &AudioStamp,
    ) -> Result<Arc<dyn ByteSource>, StoreError> {
        self.read_as(store, key, listed, Haste::Soon, Some(given_up.clone()))
    }

    fn read_as(
        &self,
        store: &Store,
        key: &SampleKey,
        listed: &AudioStamp,
        haste: Haste,
        ticket: Option<Ticket>,
    ) -> Result<Arc<dyn ByteSource>, StoreError> {
        if matches!(store, Store::Folder(_)) {
            return store.read_listed(key, listed);
        }
        let name = self.shared.name(key, listed);
        let origin = origin(store, key, listed);
        Ok(Arc::new(self.shared.reader(name, listed.size, origin, haste, ticket)))
    }

    /// A ticket for reads that may be given up.
    pub fn ticket(&self) -> Ticket {
        Ticket { shared: self.shared.clone(), given_up: Arc::default() }
    }

    /// Fetches these when nothing else is to be fetched, the first one first: small ones whole, of large ones the
    /// beginning. What was asked for before and is not in the list is not fetched any more. Never blocks.
    pub fn prefetch(&self, store: &Store, wanted: &[(SampleKey, AudioStamp)]) {
        if matches!(store, Store::Folder(_)) {
            return;
        }
        let ahead = wanted.iter().map(|(key, stamp)| Ahead {
            name: self.shared.name(key, stamp),
            size: stamp.size,
            origin: origin(store, key, stamp),
        });
        let ahead: VecDeque<Ahead> = ahead.collect();
        let mut state = self.shared.lock();
        state.expect(ahead);
        let started = self.shared.start_threads(&mut state);
        drop(state);
        if let Err(error) = started {
            tracing::warn!(%error, "nothing is fetched ahead");
        }
        self.shared.wanted.notify_all();
    }

    /// Nothing is fetched any more, and reads that wait for something fail.
    pub fn close(&self) {
        self.shared.close();
    }
}

/// How soon something is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Haste {
    /// When there is nothing else to do.
    Ahead,
    /// Somebody looks at the empty place where it will be drawn.
    Soon,
    /// Somebody waits to hear it.
    Now,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        let mut state = self.lock();
        let gone = state.close();
        drop(state);
        self.wanted.notify_all();
        self.arrived.notify_all();
        drop(gone);
    }

    /// The folder, if there is one that can be used.
    fn folder(&self) -> Option<&Arc<Folder>> {
        let open = || {
            let path = self.path.as_deref()?;
            match Folder::open(path, self.limit) {
                Ok(folder) => Some(Arc::new(folder)),
                Err(error) => {
                    tracing::warn!(%error, path = %path.display(), "audio is cached in memory alone");
                    None
                }
            }
        };
        self.folder.get_or_init(open).as_ref()
    }

    /// A key of any bytes never becomes a file name: its hash does.
    fn name(&self, key: &SampleKey, listed: &AudioStamp) -> Name {
        let mut hash = Sha256::new();
        let size = listed.size.to_le_bytes();
        for part in [self.scope.as_bytes(), key.as_bytes(), &size, listed.etag.as_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut name = hex(&hash.finalize());
        if listed.etag.is_empty() {
            // Nothing would tell that it changed: it is not to be found again.
            name.push('?');
        }
        name.into()
    }

    /// A new reader of an object, which is opened unless it is open.
    fn reader(
        self: &Arc<Self>,
        name: Name,
        size: u64,
        origin: Origin,
        haste: Haste,
        ticket: Option<Ticket>,
    ) -> Reader {
        if !self.lock().adopt(&name) {
            let object = Object::new(origin, size, self.kept(&name, size));
            self.lock().admit(name.clone(), object);
        }
        Reader::new(self.clone(), name, size, haste, ticket)
    }

    /// The complete file, if it was fetched before.
    fn kept(&self, name: &Name, size: u64) -> Option<Arc<File>> {
        self.folder()?.find(name, size).map(Arc::new)
    }
}
