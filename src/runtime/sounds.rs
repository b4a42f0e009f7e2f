//! Which audio a sound id stands for.

use crate::app::Sound;
use crate::audio::Sounds;
use crate::domain::{ByteSource, SampleKey, SoundId, Source};
use crate::objects::Store;
use crate::text::safe_bytes;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The sounds of one dataset. Ids are a hash of source, key, size and what tells a change.
pub(super) struct SoundTable {
    source: String,
    store: Mutex<Option<Store>>,
    location: Source,
    keys: Mutex<HashMap<SoundId, SampleKey>>,
}

impl SoundTable {
    pub(super) fn new(location: Source, store: Option<Store>) -> Self {
        let source = location.to_string();
        Self { source, store: Mutex::new(store), location, keys: Mutex::new(HashMap::new()) }
    }

    /// The id of a sound; it can be opened from now on.
    pub(super) fn id(&self, sound: &Sound) -> SoundId {
        let mut hash = Sha256::new();
        for part in [
            self.source.as_bytes(),
            sound.key.as_bytes(),
            &sound.size.to_le_bytes(),
            sound.version.as_bytes(),
        ] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut hex = String::with_capacity(64);
        for byte in hash.finalize() {
            let _ = write!(hex, "{byte:02x}");
        }
        let id = SoundId(hex);
        self.keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.clone(), sound.key.clone());
        id
    }

    /// The bytes of a sample's audio.
    pub(super) fn bytes(&self, key: &SampleKey) -> io::Result<Arc<dyn ByteSource>> {
        self.store()?.read(key).map_err(io::Error::other)
    }

    /// The source, opened again if it was away at first.
    fn store(&self) -> io::Result<Store> {
        let mut slot = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &*slot {
            return Ok(store.clone());
        }
        let store = Store::open(&self.location).map_err(io::Error::other)?;
        Ok(slot.insert(store).clone())
    }
}

impl Sounds for SoundTable {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        let key = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(sound).cloned();
        let key = key.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "unknown sound"))?;
        let name = safe_bytes(key.file_name()).into_owned();
        Ok((self.bytes(&key)?, name))
    }
}
