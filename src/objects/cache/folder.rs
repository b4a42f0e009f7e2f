//! The folder of the cache: complete files under their names, and files that are still being fetched.
//!
//! Several processes may use it at once. Whoever reads or writes a file holds a lock on it, which ends with the process:
//! so nobody removes what is in use, and what a dead process left unfinished is told from what a living one fetches.

use crate::crash;
use std::fs::{self, DirBuilder, DirEntry, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// What the name of an unfinished file ends in.
const PART: &str = ".part";
/// Where locks do not work, an unfinished file that was not written for so long is nobody's.
const ABANDONED: Duration = Duration::from_hours(24);

/// The folder, with what is in it.
pub(super) struct Folder {
    path: PathBuf,
    limit: u64,
    ledger: Mutex<Ledger>,
    complained: AtomicBool,
}

/// Bytes in the folder.
#[derive(Default)]
struct Ledger {
    /// As counted, and written since.
    used: u64,
    /// About to be written.
    reserved: u64,
    /// Written since they were counted: others write too.
    since: u64,
}

impl Folder {
    /// Makes the folder if it is not there, and removes what dead processes left in it.
    ///
    /// # Errors
    /// It cannot be made, or belongs to somebody else.
    pub(super) fn open(path: &Path, limit: u64) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let metadata = fs::symlink_metadata(path)?;
        if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::Error::other("it is not a folder of this account"));
        }
        if metadata.mode() & 0o077 != 0 {
            fs::set_permissions(path, Permissions::from_mode(0o700))?;
        }
        let (path, ledger) = (path.to_owned(), Mutex::default());
        let folder = Self { path, limit, ledger, complained: AtomicBool::new(false) };
        for entry in fs::read_dir(&folder.path)?.filter_map(Result::ok) {
            if is_part(&entry) {
                remove_abandoned(&entry.path());
            }
        }
        folder.reserve(0);
        Ok(folder)
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// Says once that files cannot be written.
    pub(super) fn complain(&self, error: &io::Error) {
        if !self.complained.swap(true, Ordering::Relaxed) {
            let folder = self.path.display();
            tracing::warn!(%error, %folder, "audio cannot be cached on the disk; it is kept in memory");
        }
    }

    /// A complete file, used just now.
    pub(super) fn find(&self, name: &str, size: u64) -> Option<File> {
        let path = self.file(name)?;
        let file = File::open(&path).ok()?;
        if file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == size) {
            // Without a lock it may be removed while it is read, which does not hurt.
            let _ = file.try_lock_shared();
            let _ = file.set_modified(SystemTime::now());
            return Some(file);
        }
        let _ = fs::remove_file(&path);
        None
    }

    /// Where a file of this name lies; some are not kept.
    fn file(&self, name: &str) -> Option<PathBuf> {
        is_name(name).then(|| self.path.join(name))
    }

    /// Whether so many bytes may be written, instead of files that were not used for the longest time if need be.
    pub(super) fn reserve(&self, bytes: u64) -> bool {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |ledger: &Ledger, limit: u64| ledger.used + ledger.reserved + bytes <= limit;
        let stale = bytes == 0 || ledger.since > self.limit / 16;
        if stale || !fits(&ledger, self.limit) {
            let mut kept = self.count(&mut ledger);
            if !fits(&ledger, self.limit) {
                kept.sort_unstable();
                // Some more, so that it is not counted again soon.
                let enough = self.limit - self.limit / 10;
                for (_, path, size) in kept {
                    if fits(&ledger, enough) {
                        break;
                    }
                    if remove_unused(&path) {
                        ledger.used = ledger.used.saturating_sub(size);
                    }
                }
            }
        }
        let fits = fits(&ledger, self.limit);
        if fits {
            ledger.reserved += bytes;
        }
        fits
    }

    /// Counts what is there, and gives the complete files: when they were used, where they are, how large.
    fn count(&self, ledger: &mut Ledger) -> Vec<(SystemTime, PathBuf, u64)> {
        let mut kept = Vec::new();
        let mut used = 0;
        let entries = fs::read_dir(&self.path).into_iter().flatten().filter_map(Result::ok);
        for entry in entries {
            let Ok(metadata) = entry.metadata() else { continue };
            if is_part(&entry) {
                used += metadata.blocks() * 512;
            } else if entry.file_name().to_str().is_some_and(is_name) {
                used += metadata.len();
                let at = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                kept.push((at, entry.path(), metadata.len()));
            }
        }
        (ledger.used, ledger.since) = (used, 0);
        kept
    }

    /// Reserved bytes were written, or not.
    fn settle(&self, reserved: u64, written: u64) {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.reserved -= reserved;
        ledger.used += written;
        ledger.since += written;
    }

    fn release(&self, bytes: u64) {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.used = ledger.used.saturating_sub(bytes);
    }
}

/// A hash in hexadecimal, and nothing else.
fn is_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_part(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_str().and_then(|name| name.strip_suffix(PART));
    name.and_then(|name| name.split_once('.')).is_some_and(|(name, _)| is_name(name))
}

fn remove_abandoned(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    let old = || {
        let modified = file.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > ABANDONED))
    };
    let dead = match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => old(),
    };
    if dead && let Err(error) = fs::remove_file(path) {
        tracing::debug!(%error, "an unfinished file of the cache stays");
    }
}

/// Removes a file unless somebody has it open.
fn remove_unused(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return true };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => false,
        Ok(()) | Err(TryLockError::Error(_)) => fs::remove_file(path).is_ok(),
    }
}

/// A file that is being fetched. It is removed with the object unless it was kept.
pub(super) struct Part {
    folder: Arc<Folder>,
    file: Arc<File>,
    path: PathBuf,
    written: AtomicU64,
    kept: AtomicBool,
    broken: AtomicBool,
}

impl Part {
    /// A new, empty file.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn create(folder: &Arc<Folder>, name: &str) -> io::Result<Self> {
        let hash = name.get(..64).unwrap_or(name);
        let path = folder.path.join(format!("{hash}.{}{PART}", Uuid::now_v7().simple()));
        let file =
            OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        // Where locks do not work, its age tells that it is in use.
        let _ = file.try_lock();
        Ok(Self {
            folder: folder.clone(),
            file: Arc::new(file),
            path,
            written: AtomicU64::new(0),
            kept: AtomicBool::new(false),
            broken: AtomicBool::new(false),
        })
    }

    pub(super) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Whether nothing more is to be written to it.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    pub(super) fn give_up(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// Writes reserved bytes.
    ///
    /// # Errors
    /// What the disk says; nothing more is written then.
    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let outcome = self.file.write_all_at(bytes, offset);
        let length = bytes.len() as u64;
        // A write that failed may have left something.
        self.written.fetch_add(length, Ordering::Relaxed);
        self.folder.settle(length, length);
        if outcome.is_err() {
            self.give_up();
        }
        outcome
    }

    /// Gives the complete file the name under which it is found again.
    ///
    /// # Errors
    /// What the disk says, or it is none that is found again.
    pub(super) fn keep(&self, name: &str) -> io::Result<()> {
        let kept = self.folder.file(name).ok_or(io::ErrorKind::Unsupported)?;
        // Else a power cut might leave a file of the right length without its bytes.
        self.file.sync_data()?;
        crash::point("objects.cache.written");
        fs::rename(&self.path, kept)?;
        self.kept.store(true, Ordering::Relaxed);
        // From "being written" to "in use".
        let _ = self.file.try_lock_shared();
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.kept.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "an unfinished file of the cache stays");
        }
        self.folder.release(self.written.load(Ordering::Relaxed));
    }
}

#[cfg(test)]
impl Part {
    /// A file on a disk without room.
    pub(super) fn full(folder: &Arc<Folder>) -> Self {
        let mut part = Self::create(folder, "full").unwrap();
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        part.file = Arc::new(full);
        part
    }
}
