//! Object storage: list, read, write, delete. A source or an output is a [`Store`]: a bucket below a prefix, or a folder.
//!
//! A store knows nothing of audio or labels: it hands out keys and bytes. Keys come from outside and are never trusted
//! to stay inside the source. Every call blocks; whoever calls is on a thread that may wait.

mod cache;
mod error;
mod examination;
mod file;
mod folder;
mod inventory;
mod options;
mod s3;

pub use cache::{Cache, Glance, Ticket, changed_in_source, store_error};
pub use error::{DeleteError, StoreError};
pub use examination::{Encryption, Examination};
pub use folder::FolderStore;
pub use inventory::{Inventory, InventoryError, Picture};
pub use options::Options;
pub use s3::{S3Store, check_endpoint};

use crate::domain::{AudioStamp, ByteSource, SampleKey, Source};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;
use std::path::Path;
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

/// Whether a write may replace what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutIf {
    /// It may.
    Anything,
    /// Nothing may be there: else [`StoreError::AlreadyThere`], and what is there stays. As sure as the store makes it:
    /// see [`Abilities::conditional_put`].
    Absent,
}

/// Whether a bucket keeps what is overwritten or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versioning {
    /// Old versions are kept.
    Kept,
    /// What is deleted is gone.
    Final,
    /// The store does not say, or the keys may not ask.
    #[default]
    Unknown,
}

/// What can be done with a store by whoever opened it. `None`: it was not tried, or the answer says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// Whether it can be listed.
    pub list: Option<bool>,
    /// Whether objects can be read.
    pub read: Option<bool>,
    /// Whether objects can be written.
    pub write: Option<bool>,
    /// Whether objects can be deleted.
    pub delete: Option<bool>,
    /// Whether a PUT can be made to fail where something is there. Never believed before it was tried.
    pub conditional_put: Option<bool>,
    /// What becomes of deleted objects.
    pub versioning: Versioning,
}

/// Takes entries as they are found, in any order, and says whether to go on.
pub type OnEntries<'a> = dyn FnMut(Vec<Entry>) -> ControlFlow<()> + 'a;

/// A source or an output, opened.
#[derive(Debug, Clone)]
pub enum Store {
    /// A folder on this machine.
    Folder(FolderStore),
    /// A bucket, below a prefix.
    S3(S3Store),
}

impl Store {
    /// Opens a source or an output that is there. Of a bucket nothing is asked yet: it may be out of reach, and the
    /// first call says so.
    ///
    /// # Errors
    /// A folder that does not exist or cannot be read; options that make no sense.
    pub fn open(source: &Source, options: &Options) -> Result<Self, StoreError> {
        match source {
            Source::Folder(path) => FolderStore::open(path).map(Self::Folder),
            Source::Bucket { scheme, bucket, prefix } => {
                Ok(Self::S3(S3Store::open(scheme, bucket, prefix, options)))
            }
        }
    }

    /// As [`Store::open`], but makes a folder that is not there yet: for outputs.
    ///
    /// # Errors
    /// As [`Store::open`], or the folder cannot be made.
    pub fn create(source: &Source, options: &Options) -> Result<Self, StoreError> {
        match source {
            Source::Folder(path) => FolderStore::create(path).map(Self::Folder),
            Source::Bucket { .. } => Self::open(source, options),
        }
    }

    /// Lists every visible file, in chunks, as they are found, in any order. Of a bucket, keys that end in `/` are left
    /// out.
    ///
    /// # Errors
    /// The source itself cannot be read. Parts of it that cannot are named in [`Listing::unlisted`].
    pub fn list(&self, on_entries: &mut OnEntries<'_>) -> Result<Listing, StoreError> {
        match self {
            Self::Folder(folder) => folder.list(on_entries),
            Self::S3(bucket) => bucket.list(on_entries),
        }
    }

    /// Lists the keys that start with `prefix` and stand behind `after`, ordered by their bytes, in chunks.
    /// A prefix that nothing lies under is an empty list.
    ///
    /// # Errors
    /// It cannot be listed.
    pub fn list_under(
        &self,
        prefix: &str,
        after: Option<&str>,
        on_entries: &mut OnEntries<'_>,
    ) -> Result<(), StoreError> {
        match self {
            Self::Folder(folder) => folder.list_under(prefix, after, on_entries),
            Self::S3(bucket) => bucket.list_under(prefix, after, on_entries),
        }
    }

    /// The full address of a key: `s3://bucket/prefix/key`, or an absolute path.
    pub fn address(&self, key: &SampleKey) -> String {
        match self {
            Self::Folder(folder) => format!("{}/{}", folder.root().display(), key.lossy()),
            Self::S3(bucket) => bucket.address(key),
        }
    }

    /// What is known of one key; `None` if nothing is there.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub fn head(&self, key: &SampleKey) -> Result<Option<Entry>, StoreError> {
        match self {
            Self::Folder(folder) => folder.head(key),
            Self::S3(bucket) => bucket.head(key),
        }
    }

    /// Opens one file for ranged reads. Of a bucket nothing is fetched yet.
    ///
    /// # Errors
    /// A key that leads out of the source, and what the system says.
    pub fn read(&self, key: &SampleKey) -> Result<Arc<dyn ByteSource>, StoreError> {
        match self {
            Self::Folder(folder) => folder.read(key),
            Self::S3(bucket) => bucket.read(key, None),
        }
    }

    /// Opens one file for ranged reads, as long as it is the one that was listed: reads of another one fail with
    /// [`StoreError::Changed`] inside the [`std::io::Error`].
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_listed(
        &self,
        key: &SampleKey,
        listed: &AudioStamp,
    ) -> Result<Arc<dyn ByteSource>, StoreError> {
        match self {
            Self::Folder(folder) => folder.read(key),
            Self::S3(bucket) => bucket.read(key, Some(listed)),
        }
    }

    /// The whole of a small object.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::TooLarge`] where it has more than `limit` bytes, or what the store says.
    pub fn get(&self, key: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Folder(folder) => folder.get(key, limit),
            Self::S3(bucket) => bucket.get(key, limit),
        }
    }

    /// Writes a small object, whole or not at all, and returns what it is listed with from then on.
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`] with [`PutIf::Absent`], or what the store says; whether it was written is unknown
    /// then unless the error says so.
    pub fn put(&self, key: &str, bytes: &[u8], when: PutIf) -> Result<AudioStamp, StoreError> {
        match self {
            Self::Folder(folder) => folder.put(key, bytes, when),
            Self::S3(bucket) => bucket.put(key, bytes, when),
        }
    }

    /// Removes an object of our own, whatever it holds; one that is not there is no error.
    ///
    /// # Errors
    /// What the store says.
    pub fn remove(&self, key: &str) -> Result<(), StoreError> {
        match self {
            Self::Folder(folder) => folder.remove(key),
            Self::S3(bucket) => bucket.remove(key),
        }
    }

    /// Copies a local file into the store; a large one in parts, going on where an earlier try broke off. `on_bytes` is
    /// told how many bytes are there and may stop it.
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`], [`StoreError::Stopped`], the file cannot be read, or what the store says.
    pub fn upload(
        &self,
        key: &SampleKey,
        file: &Path,
        when: PutIf,
        on_bytes: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<AudioStamp, StoreError> {
        match self {
            Self::Folder(folder) => folder.upload(key, file, when, on_bytes),
            Self::S3(bucket) => bucket.upload(key, file, when, on_bytes),
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
            Self::S3(bucket) => bucket.delete(key, listed),
        }
    }

    /// Deletes many as [`Store::delete`] does one, in bulk where the store can: each one's own outcome, by its place in
    /// `listed`, as soon as it is known. `on_outcome` may stop it; what was under way then still gets its outcome.
    pub fn delete_many(
        &self,
        listed: &[(SampleKey, AudioStamp)],
        on_outcome: &mut dyn FnMut(usize, Result<(), DeleteError>) -> ControlFlow<()>,
    ) {
        match self {
            Self::Folder(folder) => {
                for (place, (key, stamp)) in listed.iter().enumerate() {
                    if on_outcome(place, folder.delete(key, stamp)).is_break() {
                        return;
                    }
                }
            }
            Self::S3(bucket) => bucket.delete_many(listed, on_outcome),
        }
    }

    /// What can be done here, found out without changing anything that lasts: writing is tried with a scratch key only
    /// if `scratch` is given (a folder of our own, ending in `/`).
    ///
    /// # Errors
    /// The store cannot be reached, or turns these keys away altogether.
    pub fn abilities(&self, scratch: Option<&str>) -> Result<Abilities, StoreError> {
        match self {
            Self::Folder(folder) => folder.abilities(),
            Self::S3(bucket) => bucket.abilities(scratch),
        }
    }

    /// Tries everything there is to try with a bucket, as [`Store::abilities`] does, and says what came of each;
    /// `None` for a folder.
    pub fn examine(&self, scratch: Option<&str>) -> Option<Examination> {
        match self {
            Self::Folder(_) => None,
            Self::S3(bucket) => Some(bucket.examine(scratch)),
        }
    }
}
