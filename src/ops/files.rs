//! Where files of labels are read from and written to: a file, a folder, a bucket; and a folder that nothing leaves.

use super::OpsError;
use crate::crash;
use crate::domain::{ByteSource, SampleKey, Source};
use crate::formats::{Files, Sink};
use crate::objects::{Options, Store, StoreError};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Bytes asked of a store at once.
const BLOCK: usize = 1 << 20;

/// Files to read labels from, in a store of either kind.
#[derive(Debug, Clone)]
pub struct LabelFiles {
    store: Store,
    main: Option<String>,
    /// The source or folder that `store` opened.
    place: Source,
}

impl LabelFiles {
    /// Opens what was typed: a file, a folder, or a bucket's object or prefix.
    ///
    /// # Errors
    /// Nothing is there, or it cannot be read.
    pub fn open(typed: &str, options: &Options) -> Result<Self, OpsError> {
        match Source::parse(typed)? {
            Source::Folder(path) => Self::on_disk(&path),
            Source::Bucket { scheme, bucket, prefix } => {
                let object = prefix.trim_end_matches('/');
                let (folder, name) = object.rsplit_once('/').unwrap_or(("", object));
                let slash = if folder.is_empty() { "" } else { "/" };
                let prefix_of = |prefix: String| Source::Bucket {
                    scheme: scheme.clone(),
                    bucket: bucket.clone(),
                    prefix,
                };
                if !typed.ends_with('/') && !name.is_empty() {
                    let place = prefix_of(format!("{folder}{slash}"));
                    let store = Store::open(&place, options)?;
                    if store.head(&name.into())?.is_some() {
                        return Ok(Self { store, main: Some(name.to_owned()), place });
                    }
                }
                let place = prefix_of(prefix.clone());
                Ok(Self { store: Store::open(&place, options)?, main: None, place })
            }
        }
    }

    /// A file or a folder of this machine.
    ///
    /// # Errors
    /// Nothing is there, or it cannot be read.
    pub fn on_disk(path: &Path) -> Result<Self, OpsError> {
        let named = |path: &Path| path.file_name()?.to_str().map(str::to_owned);
        let (folder, main) = match named(path).filter(|_| path.is_file()) {
            Some(name) => {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                (parent.unwrap_or(Path::new(".")), Some(name))
            }
            None => (path, None),
        };
        let folder = folder.canonicalize().map_err(OpsError::io("open", path))?;
        let place = Source::Folder(folder);
        Ok(Self { store: Store::open(&place, &Options::default())?, main, place })
    }

    /// One object of a store.
    pub fn of_store(store: &Store, place: &Source, key: &str) -> Self {
        Self { store: store.clone(), main: Some(key.to_owned()), place: place.clone() }
    }

    /// The store that they lie in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where they lie within a source: empty, or ending in `/`. `None`: elsewhere.
    pub fn base_in(&self, source: &Source) -> Option<String> {
        match (&self.place, source) {
            (Source::Folder(here), Source::Folder(source)) => {
                let below = here.strip_prefix(source).ok()?.to_str()?;
                Some(if below.is_empty() { String::new() } else { format!("{below}/") })
            }
            (
                Source::Bucket { bucket, prefix, .. },
                Source::Bucket { bucket: theirs, prefix: outer, .. },
            ) if bucket == theirs => prefix.strip_prefix(outer.as_str()).map(str::to_owned),
            _ => None,
        }
    }

    /// What labels from here are signed with: relative to the source where possible, the same on every machine.
    pub fn origin_in(&self, source: &Source) -> String {
        let name = self.main.clone();
        match (self.base_in(source), name) {
            (Some(base), Some(name)) => format!("{base}{name}"),
            (Some(base), None) if base.is_empty() => "source".to_owned(),
            (Some(base), None) => base,
            (None, Some(name)) => name,
            (None, None) => self.place.short_name(),
        }
    }
}

impl Files for LabelFiles {
    fn main(&self) -> Option<&str> {
        self.main.as_deref()
    }

    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + Send>>> {
        match self.store.read(&SampleKey::from(name)) {
            Ok(bytes) => {
                let mut stream = Stream { bytes, offset: 0, block: Vec::new(), at: 0 };
                match stream.fill() {
                    Ok(()) => Ok(Some(Box::new(stream))),
                    Err(error) if is_absence(&error) => Ok(None),
                    Err(error) => Err(error),
                }
            }
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(StoreError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(StoreError::File { source, .. }) => Err(source),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        if self.main.is_some() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        let listed = self.store.list(&mut |entries| {
            names.extend(entries.iter().filter_map(|entry| entry.key.as_str()).map(str::to_owned));
            ControlFlow::Continue(())
        });
        listed.map_err(io::Error::other)?;
        names.sort();
        Ok(names)
    }
}

/// Whether nothing is there: what a folder says at once, and a bucket at the first read.
pub(super) fn is_absence(error: &io::Error) -> bool {
    let said = error.get_ref().and_then(|inner| inner.downcast_ref::<StoreError>());
    error.kind() == io::ErrorKind::NotFound || matches!(said, Some(StoreError::NotFound { .. }))
}

/// Ranged reads as a stream.
struct Stream {
    bytes: Arc<dyn ByteSource>,
    offset: u64,
    block: Vec<u8>,
    at: usize,
}

impl Stream {
    fn fill(&mut self) -> io::Result<()> {
        self.block.resize(BLOCK, 0);
        let read = self.bytes.read_at(self.offset, &mut self.block)?;
        self.block.truncate(read);
        self.offset += read as u64;
        self.at = 0;
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            self.fill()?;
        }
        let left = &self.block[self.at..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.at += count;
        Ok(count)
    }
}

/// A new folder beside where an export goes. It never leaves that folder; what is not put in place is removed.
#[derive(Debug)]
pub(super) struct Draft {
    folder: tempfile::TempDir,
    files: BTreeSet<String>,
}

impl Draft {
    /// Beside `target`, on the same disk.
    pub(super) fn beside(target: &Path) -> Result<Self, OpsError> {
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let folder = tempfile::Builder::new()
            .prefix(".earmark-export-")
            .tempdir_in(parent)
            .map_err(OpsError::io("write into", parent))?;
        Ok(Self { folder, files: BTreeSet::new() })
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// One of its files.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts its one file in its place.
    pub(super) fn place_file(
        self,
        name: &str,
        target: &Path,
        overwrite: bool,
    ) -> Result<(), OpsError> {
        let from = self.file(name);
        sync(&from)?;
        place(&from, target, overwrite)
    }

    /// Puts every file in its place below the folder `target`; other files there stay.
    pub(super) fn place_folder(self, target: &Path, overwrite: bool) -> Result<(), OpsError> {
        for name in &self.files {
            sync(&self.file(name))?;
        }
        fs::create_dir_all(target).map_err(OpsError::io("make the folder", target))?;
        let inside = target.canonicalize().map_err(OpsError::io("open", target))?;
        for name in &self.files {
            let to = target.join(name);
            if let Some(parent) = to.parent() {
                // What is there already may be a link to elsewhere; then nothing is made behind it either.
                let known = parent.ancestors().find_map(|part| part.canonicalize().ok());
                if known.is_none_or(|known| !known.starts_with(&inside)) {
                    return Err(OpsError::LeadsOut(to));
                }
                fs::create_dir_all(parent).map_err(OpsError::io("make the folder", parent))?;
            }
            place(&self.file(name), &to, overwrite)?;
        }
        Ok(())
    }
}

fn sync(file: &Path) -> Result<(), OpsError> {
    File::open(file).and_then(|file| file.sync_all()).map_err(OpsError::io("write", file))
}

/// Moves a file to where nothing is, or over what is there if that may be.
fn place(from: &Path, target: &Path, overwrite: bool) -> Result<(), OpsError> {
    crash::point("ops.export.written");
    let moved = if overwrite {
        fs::rename(from, target)
    } else {
        // Unlike a rename, a link is refused where something is.
        fs::hard_link(from, target).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Err(error),
            // Some disks know no links.
            _ if !target.exists() => fs::rename(from, target),
            _ => Err(io::ErrorKind::AlreadyExists.into()),
        })
    };
    moved.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => OpsError::Exists(target.to_owned()),
        _ => OpsError::io("write", target)(error),
    })
}

impl Sink for Draft {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write>> {
        let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why.to_owned());
        let relative = Path::new(name);
        let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || name.is_empty() || name.ends_with('/') || name.contains('\0') {
            return Err(refused("the name leads out of the export"));
        }
        let path = self.folder.path().join(relative);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        self.files.insert(name.to_owned());
        Ok(Box::new(BufWriter::with_capacity(1 << 18, file)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_the_draft_and_nothing_is_overwritten_unasked() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out.csv");
        let mut draft = Draft::beside(&target).unwrap();
        for name in ["../x", "/x", "a/../../x", "", "a/", ".."] {
            assert!(draft.create(name).is_err(), "{name}");
        }
        draft.create("out.csv").unwrap().write_all(b"one").unwrap();
        assert!(draft.create("out.csv").is_err());
        draft.place_file("out.csv", &target, false).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"one");
        let again = || {
            let mut draft = Draft::beside(&target).unwrap();
            draft.create("out.csv").unwrap().write_all(b"two").unwrap();
            draft
        };
        let refused = again().place_file("out.csv", &target, false);
        assert!(matches!(refused, Err(OpsError::Exists(_))));
        assert_eq!(fs::read(&target).unwrap(), b"one");
        again().place_file("out.csv", &target, true).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_written_through_a_link_to_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let (elsewhere, target) = (dir.path().join("elsewhere"), dir.path().join("out"));
        fs::create_dir_all(elsewhere.join("deep")).unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(elsewhere.join("kept"), "theirs").unwrap();
        std::os::unix::fs::symlink(&elsewhere, target.join("folder")).unwrap();
        std::os::unix::fs::symlink(elsewhere.join("kept"), target.join("file")).unwrap();
        for name in ["folder/new", "folder/deep/new", "folder/made/new"] {
            let mut draft = Draft::beside(&target).unwrap();
            draft.create(name).unwrap().write_all(b"ours").unwrap();
            let refused = draft.place_folder(&target, true);
            assert!(matches!(refused, Err(OpsError::LeadsOut(_))), "{name}: {refused:?}");
        }
        // A link in the place of a file gives way; what it leads to stays.
        let mut draft = Draft::beside(&target).unwrap();
        draft.create("file").unwrap().write_all(b"ours").unwrap();
        draft.place_folder(&target, true).unwrap();
        assert_eq!(fs::read(target.join("file")).unwrap(), b"ours");
        assert_eq!(fs::read(elsewhere.join("kept")).unwrap(), b"theirs");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 2);
        assert_eq!(fs::read_dir(elsewhere.join("deep")).unwrap().count(), 0);
    }

    #[test]
    fn files_are_read_from_a_file_or_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("x")).unwrap();
        fs::write(dir.path().join("x/a.csv"), "text").unwrap();
        let read = |files: &LabelFiles, name: &str| {
            let mut text = String::new();
            files.open(name).unwrap()?.read_to_string(&mut text).unwrap();
            Some(text)
        };
        let folder = LabelFiles::on_disk(dir.path()).unwrap();
        assert_eq!((folder.main(), folder.names().unwrap()), (None, vec!["x/a.csv".to_owned()]));
        assert_eq!(read(&folder, "x/a.csv").as_deref(), Some("text"));
        assert_eq!(read(&folder, "none.csv"), None);
        let file = LabelFiles::on_disk(&dir.path().join("x/a.csv")).unwrap();
        assert_eq!(file.main(), Some("a.csv"));
        let source = Source::Folder(dir.path().canonicalize().unwrap());
        assert_eq!(file.origin_in(&source), "x/a.csv");
        assert_eq!(file.base_in(&source).as_deref(), Some("x/"));
        assert!(LabelFiles::on_disk(&dir.path().join("none")).is_err());
    }
}
