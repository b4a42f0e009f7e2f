//! A folder as a store: a recursive walk that never leaves it, and reads and deletes that never reach out of it.
//!
//! Hidden files and folders (a leading dot) are not part of the source. Every real folder is read once, so links
//! cannot make loops; a link to a file counts as a file of its own as long as its target is inside the source.

use super::file::FileBytes;
use super::{DeleteError, Entry, Listing, OnEntries, StoreError, Unlisted};
use crate::crash;
use crate::domain::{AudioStamp, ByteSource, SampleKey};
use jiff::Timestamp;
use std::collections::{HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Entries handed over at once: large enough to be cheap, small enough that the first ones show at once.
const CHUNK: usize = 512;

/// A folder, opened.
#[derive(Debug, Clone)]
pub struct FolderStore {
    /// Canonical, so that "inside" is a matter of prefixes.
    root: PathBuf,
}

impl FolderStore {
    /// Opens a folder.
    ///
    /// # Errors
    /// It does not exist, is not a folder, or cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let shown = || path.display().to_string();
        let root = path.canonicalize().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StoreError::NoSuchFolder { path: shown() },
            io::ErrorKind::NotADirectory => StoreError::NotAFolder { path: shown() },
            _ => StoreError::Unreadable { path: shown(), source },
        })?;
        if !root.is_dir() {
            return Err(StoreError::NotAFolder { path: shown() });
        }
        fs::read_dir(&root).map_err(|source| StoreError::Unreadable { path: shown(), source })?;
        Ok(Self { root })
    }

    /// Its canonical path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// See [`super::Store::list`].
    ///
    /// # Errors
    /// The folder itself cannot be read.
    pub fn list(&self, on_entries: &mut OnEntries<'_>) -> Result<Listing, StoreError> {
        let mut walk = Walk::new(&self.root, on_entries);
        let unreadable =
            |source| StoreError::Unreadable { path: self.root.display().to_string(), source };
        walk.folder(&self.root, b"").map_err(unreadable)?;
        Ok(walk.run())
    }

    /// See [`super::Store::read`].
    ///
    /// # Errors
    /// A key that leads out of the folder, and what the system says.
    pub fn read(&self, key: &SampleKey) -> Result<Arc<dyn ByteSource>, StoreError> {
        let shown = || key.lossy().into_owned();
        let path = self.path_of(key).ok_or_else(|| StoreError::Outside { key: shown() })?;
        let failed = |source| StoreError::File { key: shown(), source };
        let target = path.canonicalize().map_err(failed)?;
        if !target.starts_with(&self.root) {
            return Err(StoreError::Outside { key: shown() });
        }
        // Opening a pipe would wait for its other end.
        if !fs::metadata(&target).map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("it is not a regular file")));
        }
        let bytes = File::open(&target).and_then(FileBytes::new).map_err(failed)?;
        Ok(Arc::new(bytes))
    }

    /// See [`super::Store::delete`]. Of a link, the link goes and its target stays.
    ///
    /// # Errors
    /// It changed since, its key leads out of the folder, or the system refuses.
    pub fn delete(&self, key: &SampleKey, listed: &AudioStamp) -> Result<(), DeleteError> {
        let path = self.path_of(key).ok_or(DeleteError::Outside)?;
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(DeleteError::Outside);
        };
        let gone_or_refused = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => DeleteError::Gone,
            _ => DeleteError::Refused(error),
        };
        let parent = parent.canonicalize().map_err(gone_or_refused)?;
        if !parent.starts_with(&self.root) {
            return Err(DeleteError::Outside);
        }
        let path = parent.join(name);
        if !path.canonicalize().map_err(gone_or_refused)?.starts_with(&self.root) {
            return Err(DeleteError::Outside);
        }
        let metadata = fs::metadata(&path).map_err(gone_or_refused)?;
        if !metadata.is_file() || stamp_of(&metadata) != *listed {
            return Err(DeleteError::Changed);
        }
        crash::point("objects.folder.deleting");
        fs::remove_file(&path).map_err(gone_or_refused)?;
        crash::point("objects.folder.deleted");
        Ok(())
    }

    /// The path of a key, if the key names something below the folder by plain names alone.
    fn path_of(&self, key: &SampleKey) -> Option<PathBuf> {
        let relative = Path::new(OsStr::from_bytes(key.as_bytes()));
        let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
        (plain && !key.as_bytes().is_empty() && !key.as_bytes().contains(&0))
            .then(|| self.root.join(relative))
    }
}

/// Size and modified time, as they stand for an `ETag`.
fn stamp_of(metadata: &Metadata) -> AudioStamp {
    let nanoseconds =
        i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    AudioStamp { size: metadata.len(), etag: format!("mtime:{nanoseconds}") }
}

/// A folder that is still to be read, with its key (empty, or ending in `/`).
type Pending = (PathBuf, Vec<u8>);

struct Walk<'a, 'b> {
    root: &'a Path,
    on_entries: &'a mut OnEntries<'b>,
    chunk: Vec<Entry>,
    folders: VecDeque<Pending>,
    /// Links to folders wait until all real ones were read: what is listed under its own name comes first.
    links: VecDeque<Pending>,
    seen: HashSet<(u64, u64)>,
    listing: Listing,
}

impl<'a, 'b> Walk<'a, 'b> {
    fn new(root: &'a Path, on_entries: &'a mut OnEntries<'b>) -> Self {
        Self {
            root,
            on_entries,
            chunk: Vec::with_capacity(CHUNK),
            folders: VecDeque::new(),
            links: VecDeque::new(),
            seen: HashSet::new(),
            listing: Listing::default(),
        }
    }

    /// Walks on from what [`Walk::folder`] found, to the end.
    fn run(mut self) -> Listing {
        while !self.listing.stopped {
            let Some((path, key)) = self.folders.pop_front().or_else(|| self.links.pop_front())
            else {
                break;
            };
            if let Err(error) = self.folder(&path, &key) {
                self.unlisted(&key, &error);
            }
        }
        self.hand_over();
        self.listing
    }

    /// Reads one folder; what is below it waits.
    fn folder(&mut self, path: &Path, key: &[u8]) -> io::Result<()> {
        let metadata = fs::metadata(path)?;
        if !self.seen.insert((metadata.dev(), metadata.ino())) {
            return Ok(());
        }
        for item in fs::read_dir(path)? {
            let item = item?;
            let name = item.file_name();
            if name.as_bytes().starts_with(b".") {
                continue;
            }
            let path = item.path();
            let key = [key, name.as_bytes()].concat();
            if let Err(error) = self.item(&path, &key, item.file_type()) {
                // A file that went away while it was listed is simply not there.
                if error.kind() != io::ErrorKind::NotFound {
                    self.unlisted(&key, &error);
                }
            }
            if self.listing.stopped {
                break;
            }
        }
        Ok(())
    }

    fn item(&mut self, path: &Path, key: &[u8], kind: io::Result<fs::FileType>) -> io::Result<()> {
        let kind = kind?;
        if kind.is_dir() {
            self.folders.push_back((path.to_owned(), [key, b"/"].concat()));
        } else if kind.is_file() {
            self.file(key, &fs::symlink_metadata(path)?);
        } else if kind.is_symlink() {
            self.link(path, key);
        }
        Ok(())
    }

    fn link(&mut self, path: &Path, key: &[u8]) {
        let inside = path.canonicalize().ok().filter(|target| target.starts_with(self.root));
        match inside.as_deref().map(fs::metadata) {
            Some(Ok(metadata)) if metadata.is_file() => self.file(key, &metadata),
            Some(Ok(metadata)) if metadata.is_dir() => {
                self.links.push_back((path.to_owned(), [key, b"/"].concat()));
            }
            _ => self.listing.links_left_out += 1,
        }
    }

    fn file(&mut self, key: &[u8], metadata: &Metadata) {
        let modified = Timestamp::new(metadata.mtime(), metadata.mtime_nsec() as i32).ok();
        let entry = Entry { key: SampleKey::new(key), stamp: stamp_of(metadata), modified };
        self.chunk.push(entry);
        if self.chunk.len() == CHUNK {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let chunk = std::mem::take(&mut self.chunk);
        if !chunk.is_empty() && !self.listing.stopped {
            self.listing.stopped = matches!((self.on_entries)(chunk), ControlFlow::Break(()));
        }
    }

    fn unlisted(&mut self, key: &[u8], error: &io::Error) {
        let unlisted = Unlisted { prefix: SampleKey::new(key), why: error.to_string() };
        self.listing.unlisted.push(unlisted);
    }
}

mod write;

#[cfg(test)]
mod tests;
