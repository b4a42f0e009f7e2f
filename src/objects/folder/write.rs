//! A folder as a place to write: files appear whole or not at all, and nothing leads out of it.

use super::FolderStore;
use crate::crash;
use crate::domain::{AudioStamp, SampleKey};
use crate::objects::{Abilities, Entry, OnEntries, PutIf, StoreError, Versioning};
use jiff::Timestamp;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes copied at once.
const BLOCK: usize = 1 << 20;
/// Entries handed over at once.
const CHUNK: usize = 512;

impl FolderStore {
    /// Opens a folder, and makes it if it is not there.
    ///
    /// # Errors
    /// It cannot be made or read.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let shown = || path.display().to_string();
        fs::create_dir_all(path)
            .map_err(|source| StoreError::Unreadable { path: shown(), source })?;
        Self::open(path)
    }

    /// See [`crate::objects::Store::list_under`].
    ///
    /// # Errors
    /// A folder below it cannot be read.
    pub fn list_under(
        &self,
        prefix: &str,
        after: Option<&str>,
        on_entries: &mut OnEntries<'_>,
    ) -> Result<(), StoreError> {
        let mut entries = Vec::new();
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let start =
            if folder.is_empty() { self.root().to_owned() } else { self.inside(&folder.into())? };
        let base = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        gather(&start, base.as_bytes(), &mut entries)
            .map_err(|source| StoreError::File { key: prefix.to_owned(), source })?;
        entries.retain(|entry: &Entry| {
            entry.key.as_bytes().starts_with(prefix.as_bytes())
                && after.is_none_or(|after| entry.key.as_bytes() > after.as_bytes())
        });
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        for some in entries.chunks(CHUNK) {
            if on_entries(some.to_vec()).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// See [`crate::objects::Store::head`].
    ///
    /// # Errors
    /// A key that leads out of the folder, and what the system says.
    pub fn head(&self, key: &SampleKey) -> Result<Option<Entry>, StoreError> {
        let path = self.inside(key)?;
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(Some(entry(key.clone(), &metadata))),
            Ok(_) => Ok(None),
            Err(error) if is_absence(&error) => Ok(None),
            Err(source) => Err(failed(key, source)),
        }
    }

    /// See [`crate::objects::Store::get`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::TooLarge`], and what the system says.
    pub fn get(&self, key: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
        let key = SampleKey::from(key);
        let path = self.inside(&key)?;
        // Opening a pipe would wait for its other end.
        if fs::metadata(&path).is_ok_and(|about| !about.is_file()) {
            return Err(failed(&key, io::Error::other("it is not a regular file")));
        }
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) if bytes.len() as u64 > limit => {
                Err(StoreError::TooLarge { key: shown(&key), limit })
            }
            Ok(_) => Ok(bytes),
            Err(error) if is_absence(&error) => Err(StoreError::NotFound { key: shown(&key) }),
            Err(source) => Err(failed(&key, source)),
        }
    }

    /// See [`crate::objects::Store::put`].
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`], and what the system says; nothing is written then.
    pub fn put(&self, key: &str, bytes: &[u8], when: PutIf) -> Result<AudioStamp, StoreError> {
        self.write(&key.into(), when, |file| file.write_all(bytes))
    }

    /// See [`crate::objects::Store::upload`].
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`], [`StoreError::Stopped`], and what the system says; nothing is written then.
    pub fn upload(
        &self,
        key: &SampleKey,
        file: &Path,
        when: PutIf,
        on_bytes: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<AudioStamp, StoreError> {
        let mut from = File::open(file).map_err(|source| failed(key, source))?;
        let mut stopped = false;
        let written = self.write(key, when, |to| {
            let mut block = vec![0; BLOCK];
            let mut copied = 0;
            loop {
                let read = from.read(&mut block)?;
                if read == 0 {
                    return Ok(());
                }
                to.write_all(&block[..read])?;
                copied += read as u64;
                if on_bytes(copied).is_break() {
                    stopped = true;
                    return Err(io::ErrorKind::Interrupted.into());
                }
            }
        });
        if stopped { Err(StoreError::Stopped) } else { written }
    }

    /// See [`crate::objects::Store::remove`].
    ///
    /// # Errors
    /// A key that leads out of the folder, and what the system says.
    pub fn remove(&self, key: &str) -> Result<(), StoreError> {
        let key = SampleKey::from(key);
        match fs::remove_file(self.inside(&key)?) {
            Ok(()) => Ok(()),
            Err(error) if is_absence(&error) => Ok(()),
            Err(source) => Err(failed(&key, source)),
        }
    }

    /// See [`crate::objects::Store::abilities`].
    ///
    /// # Errors
    /// It went away.
    pub fn abilities(&self) -> Result<Abilities, StoreError> {
        let metadata = fs::metadata(self.root()).map_err(|source| StoreError::Unreadable {
            path: self.root().display().to_string(),
            source,
        })?;
        let writable = metadata.is_dir()
            && rustix::fs::access(self.root(), rustix::fs::Access::WRITE_OK).is_ok();
        Ok(Abilities {
            list: Some(true),
            read: Some(true),
            write: Some(writable),
            delete: Some(writable),
            conditional_put: Some(true),
            versioning: Versioning::Final,
        })
    }

    /// Writes a file beside its place and puts it there in one step, on disk when it returns.
    fn write(
        &self,
        key: &SampleKey,
        when: PutIf,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<AudioStamp, StoreError> {
        let path = self.inside(key)?;
        let parent = path.parent().unwrap_or(self.root());
        let in_system = |source| failed(key, source);
        let new: Vec<&Path> = parent.ancestors().take_while(|part| !part.exists()).collect();
        fs::create_dir_all(parent).map_err(in_system)?;
        // A new folder outlives a power cut once the one that it lies in is on disk.
        for above in new.iter().filter_map(|new| new.parent()) {
            File::open(above).and_then(|above| above.sync_all()).map_err(in_system)?;
        }
        if !parent.canonicalize().map_err(in_system)?.starts_with(self.root()) {
            return Err(StoreError::Outside { key: shown(key) });
        }
        let mut draft = tempfile::Builder::new()
            .prefix(".earmark-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(parent)
            .map_err(in_system)?;
        fill(draft.as_file_mut()).and_then(|()| draft.as_file().sync_all()).map_err(in_system)?;
        crash::point("objects.folder.written");
        let file = match when {
            PutIf::Anything => draft.persist(&path),
            PutIf::Absent => draft.persist_noclobber(&path),
        };
        let file = file.map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::AlreadyThere { key: shown(key) },
            _ => failed(key, error.error),
        })?;
        crash::point("objects.folder.named");
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(in_system)?;
        let metadata = file.metadata().map_err(in_system)?;
        Ok(super::stamp_of(&metadata))
    }

    /// The path of a key that exists or could: below the folder by plain names, and not through a link to elsewhere.
    fn inside(&self, key: &SampleKey) -> Result<PathBuf, StoreError> {
        let outside = || StoreError::Outside { key: shown(key) };
        let path = self.path_of(key).ok_or_else(outside)?;
        let known = path.ancestors().find_map(|part| part.canonicalize().ok());
        if known.is_some_and(|known| known.starts_with(self.root())) {
            Ok(path)
        } else {
            Err(outside())
        }
    }
}

fn gather(folder: &Path, base: &[u8], entries: &mut Vec<Entry>) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let items = match fs::read_dir(folder) {
        Ok(items) => items,
        Err(error) if is_absence(&error) => return Ok(()),
        Err(error) => return Err(error),
    };
    for item in items {
        let item = item?;
        let name = item.file_name();
        if name.as_bytes().starts_with(b".") {
            continue;
        }
        let key = [base, name.as_bytes()].concat();
        let kind = item.file_type()?;
        if kind.is_dir() {
            gather(&item.path(), &[&key, b"/".as_slice()].concat(), entries)?;
        } else if kind.is_file() {
            match item.metadata() {
                Ok(metadata) => entries.push(entry(SampleKey::new(key), &metadata)),
                Err(error) if is_absence(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn entry(key: SampleKey, metadata: &fs::Metadata) -> Entry {
    let modified = Timestamp::new(metadata.mtime(), metadata.mtime_nsec() as i32).ok();
    Entry { key, stamp: super::stamp_of(metadata), modified }
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn failed(key: &SampleKey, source: io::Error) -> StoreError {
    StoreError::File { key: shown(key), source }
}

fn shown(key: &SampleKey) -> String {
    key.lossy().into_owned()
}
