//! Which audio a sound id stands for, and where its bytes come from.

use super::runner::Answers;
use crate::app::{Message, Sound};
use crate::audio::Sounds;
use crate::config::{CacheMode, Storage};
use crate::domain::{AudioStamp, ByteSource, SampleId, SampleKey, SoundId, hex};
use crate::objects::{Cache, Store, StoreError, Ticket, changed_in_source};
use crate::ops::Opened;
use crate::text::safe_bytes;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The most that is kept in memory where nothing is to be kept on the disk, in bytes.
const MEMORY: u64 = 64 << 20;

/// The sounds of one dataset. Ids are a hash of source, key, size and what tells a change.
pub(super) struct SoundTable {
    source: String,
    store: Mutex<Option<Store>>,
    opened: Opened,
    cache: Cache,
    known: Mutex<HashMap<SoundId, Sound>>,
    answers: Answers,
}

impl SoundTable {
    /// `folder` is where audio of buckets is kept for a while, unless the settings name another one.
    pub(super) fn new(
        opened: &Opened,
        settings: &Storage,
        folder: &Path,
        answers: Answers,
    ) -> Self {
        Self {
            source: opened.source.to_string(),
            store: Mutex::new(opened.store().ok()),
            opened: opened.clone(),
            cache: cache(opened, settings, folder),
            known: Mutex::new(HashMap::new()),
            answers,
        }
    }

    /// The id of a sound; it can be opened from now on.
    pub(super) fn id(&self, sound: &Sound) -> SoundId {
        let mut hash = Sha256::new();
        for part in [
            self.source.as_bytes(),
            sound.key.as_bytes(),
            &sound.stamp.size.to_le_bytes(),
            sound.stamp.etag.as_bytes(),
        ] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let id = SoundId(hex(&hash.finalize()));
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), sound.clone());
        id
    }

    /// A ticket for [`SoundTable::bytes`].
    pub(super) fn ticket(&self) -> Ticket {
        self.cache.ticket()
    }

    /// The bytes of a sample's audio, until the ticket is given up: what is played comes first.
    pub(super) fn bytes(
        &self,
        sample: SampleId,
        key: &SampleKey,
        stamp: &AudioStamp,
        ticket: &Ticket,
    ) -> io::Result<Arc<dyn ByteSource>> {
        let store = self.store()?;
        self.watched(sample, &store, self.cache.read_unless(ticket, &store, key, stamp))
    }

    /// Fetches what comes next, and nothing else ahead of time. Never blocks.
    pub(super) fn fetch_ahead(&self, sounds: &[Sound]) {
        // Where the store is just being opened, the files are fetched when they are wanted.
        let store = self.store.try_lock().ok().and_then(|store| store.clone());
        if let Some(store) = store {
            let wanted: Vec<_> =
                sounds.iter().map(|sound| (sound.key.clone(), sound.stamp.clone())).collect();
            self.cache.prefetch(&store, &wanted);
        }
    }

    /// Whether files are far away: then large ones are not read for the picture of what comes next.
    pub(super) fn is_far(&self) -> bool {
        self.opened.source.folder().is_none()
    }

    /// Ends all waiting for bytes.
    pub(super) fn close(&self) {
        self.cache.close();
    }

    /// The source, opened again if it was away at first.
    fn store(&self) -> io::Result<Store> {
        let mut slot = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &*slot {
            return Ok(store.clone());
        }
        let store = self.opened.store().map_err(io::Error::other)?;
        Ok(slot.insert(store).clone())
    }

    /// Says so if it turns out that the file changed in the source.
    fn watched(
        &self,
        sample: SampleId,
        store: &Store,
        bytes: Result<Arc<dyn ByteSource>, StoreError>,
    ) -> io::Result<Arc<dyn ByteSource>> {
        let bytes = bytes.map_err(io::Error::other)?;
        if matches!(store, Store::Folder(_)) {
            return Ok(bytes);
        }
        let (answers, told) = (self.answers.clone(), AtomicBool::new(false));
        Ok(Arc::new(Watched { bytes, sample, answers, told }))
    }
}

impl Sounds for SoundTable {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(sound).cloned();
        let Sound { sample, key, stamp } =
            known.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "unknown sound"))?;
        let name = safe_bytes(key.file_name()).into_owned();
        let store = self.store()?;
        let bytes = self.watched(sample, &store, self.cache.read(&store, &key, &stamp))?;
        Ok((bytes, name))
    }
}

fn cache(opened: &Opened, settings: &Storage, folder: &Path) -> Cache {
    // One bucket's name means another bucket at another endpoint.
    let endpoint = opened.options().connection.endpoint.as_deref().unwrap_or_default();
    let scope = format!("{endpoint} {}", opened.source);
    let limit = (settings.cache_gb * 1e9) as u64;
    match settings.cache {
        CacheMode::Memory => Cache::memory(limit.min(MEMORY), &scope),
        CacheMode::Disk if settings.cache_folder.is_empty() => {
            Cache::open(&folder.join("audio"), limit, &scope)
        }
        CacheMode::Disk => {
            Cache::open(&Path::new(&settings.cache_folder).join("audio"), limit, &scope)
        }
    }
}

/// A file of a bucket that tells, once, that it changed.
struct Watched {
    bytes: Arc<dyn ByteSource>,
    sample: SampleId,
    answers: Answers,
    told: AtomicBool,
}

impl ByteSource for Watched {
    fn len(&self) -> Option<u64> {
        self.bytes.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read_at(offset, buffer);
        if let Err(error) = &read
            && changed_in_source(error)
            && !self.told.swap(true, Ordering::Relaxed)
        {
            self.answers.send(Message::AudioChanged(self.sample));
        }
        read
    }

    fn expect_all(&self) {
        self.bytes.expect_all();
    }
}
