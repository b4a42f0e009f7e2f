//! Object storage: list, read, delete. A source is a [`Store`]; today every store is a folder.
//!
//! A store knows nothing of audio or labels: it hands out keys and bytes. Keys come from outside and are never trusted
//! to stay inside the source.

mod error;
mod file;
mod folder;

pub use error::{DeleteError, StoreError};
pub use folder::FolderStore;

use crate::domain::{AudioStamp, ByteSource, SampleKey, Source};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Bytes read at once to hash a file.
const HASH_BUFFER: usize = 1 << 18;

/// One file or object as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its key, relative to the source.
    pub key: SampleKey,
    /// What tells whether it changes.
    pub stamp: AudioStamp,
    /// When it was last modified, UTC.
    pub modified: Option<Timestamp>,
}

/// A part of the source that could not be listed. What was known below it is not missing: nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// The keys below it start with this; it ends in `/` unless it is one file.
    pub prefix: SampleKey,
    /// What the system says.
    pub why: String,
}

/// How a listing ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Parts that could not be read.
    pub unlisted: Vec<Unlisted>,
    /// Links that lead outside the source or nowhere, and were not followed.
    pub links_left_out: u64,
    /// Whether the receiver had enough before the end.
    pub stopped: bool,
}

/// Takes entries as they are found, in any order, and says whether to go on.
pub type OnEntries<'a> = dyn FnMut(Vec<Entry>) -> ControlFlow<()> + 'a;

/// Where audio lives, opened.
#[derive(Debug, Clone)]
pub enum Store {
    /// A folder on this machine.
    Folder(FolderStore),
}

impl Store {
    /// Opens a source.
    ///
    /// # Errors
    /// A folder that does not exist or cannot be read; a bucket, which this build cannot open.
    pub fn open(source: &Source) -> Result<Self, StoreError> {
        match source {
            Source::Folder(path) => FolderStore::open(path).map(Self::Folder),
            Source::Bucket { .. } => Err(StoreError::NoBuckets(source.to_string())),
        }
    }

    /// Lists every visible file, in chunks, as they are found.
    ///
    /// # Errors
    /// The source itself cannot be read. Parts of it that cannot are named in [`Listing::unlisted`].
    pub fn list(&self, on_entries: &mut OnEntries<'_>) -> Result<Listing, StoreError> {
        match self {
            Self::Folder(folder) => folder.list(on_entries),
        }
    }

    /// Opens one file for ranged reads.
    ///
    /// # Errors
    /// A key that leads out of the source, and what the system says.
    pub fn read(&self, key: &SampleKey) -> Result<Arc<dyn ByteSource>, StoreError> {
        match self {
            Self::Folder(folder) => folder.read(key),
        }
    }

    /// The hash of a whole file.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn sha256(&self, key: &SampleKey) -> Result<[u8; 32], StoreError> {
        let bytes = self.read(key)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; HASH_BUFFER];
        let mut offset = 0;
        loop {
            let read = bytes
                .read_at(offset, &mut buffer)
                .map_err(|source| StoreError::File { key: key.lossy().into_owned(), source })?;
            if read == 0 {
                return Ok(hash.finalize().into());
            }
            hash.update(&buffer[..read]);
            offset += read as u64;
        }
    }

    /// Deletes one file for good, if it still is the one that was listed.
    ///
    /// # Errors
    /// It changed since, its key leads out of the source, or the system refuses.
    pub fn delete(&self, key: &SampleKey, listed: &AudioStamp) -> Result<(), DeleteError> {
        match self {
            Self::Folder(folder) => folder.delete(key, listed),
        }
    }
}
