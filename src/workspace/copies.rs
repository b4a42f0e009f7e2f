//! Copies of a workspace: one a day beside it, made while others work, and one put back in its place.

use super::error::{Doing, Result, WorkspaceError};
use super::file::{beside, damaged, private_file, private_folder, settle_folder};
use super::identity::Dataset;
use super::presence::Presence;
use super::writer::Writer;
use super::{drafts, file, meta, migrate};
use crate::crash;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Pages that are copied before the copy is put on disk and its maker rests.
const STEP: i32 = 1_000;
/// Bytes that a copy leaves free besides its own size.
const SPARE: u64 = 16 << 20;
const DOING: &str = "copy the workspace";

/// A copy of a workspace that lies beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The file.
    pub path: PathBuf,
    /// The day it was made, as in 2026-03-01, or `before-0003`: before it was brought to that format.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

impl Writer {
    /// Makes a consistent copy while others work, with the drafts beside it.
    ///
    /// # Errors
    /// [`WorkspaceError::Exists`], or the copy cannot be written; a part of it is not left behind.
    pub fn backup(&self, to: &Path) -> Result<()> {
        migrate::copy_to(self.connection(), to)?;
        copy_drafts(self.path(), to)
    }
}

/// The copies beside a workspace: those of days, the newest first, then those before migrations.
///
/// # Errors
/// [`WorkspaceError::Io`]: the folder is there, but cannot be read.
pub fn copies(workspace: &Path) -> Result<Vec<Copy>> {
    let folder = folder_of(workspace);
    match fs::read_dir(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(WorkspaceError::io("read", &folder, error))
        }
        _ => Ok(of(workspace)),
    }
}

/// As [`copies`]; a folder that cannot be read has none to offer.
pub(super) fn of(workspace: &Path) -> Vec<Copy> {
    let mut days = listed(&folder_of(workspace), |name| day_of(name).map(str::to_owned));
    days.sort_by(|a, b| b.name.cmp(&a.name));
    let folder = match workspace.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let own = workspace.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut before = listed(folder, |name| {
        let step = name.strip_prefix(&own)?.strip_prefix(".before-")?;
        step.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("before-{step}"))
    });
    before.sort_by(|a, b| b.name.cmp(&a.name));
    days.extend(before);
    days
}

fn listed(folder: &Path, name_of: impl Fn(&str) -> Option<String>) -> Vec<Copy> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = name_of(entry.file_name().to_str()?)?;
            let bytes = entry.metadata().ok().filter(fs::Metadata::is_file)?.len();
            Some(Copy { path: entry.path(), name, bytes })
        })
        .collect()
}

fn folder_of(workspace: &Path) -> PathBuf {
    beside(workspace, "-copies")
}

/// The day that a copy's file name says.
fn day_of(file: &str) -> Option<&str> {
    let day = file.strip_suffix(".earmark")?;
    let shape = day.len() == 10
        && day.bytes().enumerate().all(|(n, byte)| match n {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shape.then_some(day)
}

/// Makes the copy of a day (as in 2026-03-01), with the drafts beside it, if it is not there yet, and lets go of all but
/// the `keep` newest. Reads one moment of the workspace while others work, in short steps: after each it tells `rest`
/// how long that step took, and `rest` may wait, or end it. The copy is looked through before it counts.
///
/// `None`: it is there, another earmark makes it just now, `rest` ended it, or nobody did anything yet: what a listing
/// brings again needs no copy, and the day's one is left to the first labels.
///
/// # Errors
/// [`WorkspaceError::Corrupt`] when the workspace is damaged: then no older copy is let go of;
/// [`WorkspaceError::DiskFull`] when less than its size would be left. Or the copy cannot be written; a part of it is
/// not left behind.
pub fn daily_copy(
    workspace: &Path,
    day: &str,
    keep: usize,
    rest: &mut dyn FnMut(Duration) -> ControlFlow<()>,
) -> Result<Option<PathBuf>> {
    let folder = folder_of(workspace);
    let name = format!("{day}.earmark");
    let target = folder.join(&name);
    if keep == 0 || day_of(&name).is_none() || target.exists() {
        return Ok(None);
    }
    if !holds_work(workspace)? {
        return Ok(None);
    }
    private_folder(&folder)?;
    leaves_room(workspace, &folder)?;
    let Some(_lock) = alone(&folder)? else { return Ok(None) };
    sweep(&folder);
    let partial = folder.join(format!("{name}.part"));
    let copied = copy_in_steps(workspace, &partial, rest).and_then(|whole| {
        if !whole {
            return Ok(None);
        }
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|error| WorkspaceError::io(DOING, to, error))
        };
        copy_drafts(workspace, &partial)?;
        crash::point("workspace.copy.written");
        if drafts::file_of(&partial).exists() {
            rename(&drafts::file_of(&partial), &drafts::file_of(&target))?;
        }
        crash::point("workspace.copy.half-named");
        rename(&partial, &target)?;
        settle_folder(&target)?;
        crash::point("workspace.copy.named");
        Ok(Some(target.clone()))
    });
    if !matches!(copied, Ok(Some(_))) {
        sweep(&folder);
        return copied;
    }
    for old in of(workspace).iter().filter(|copy| day_of_copy(copy)).skip(keep) {
        for file in [old.path.clone(), drafts::file_of(&old.path)] {
            // One that stays is tried again tomorrow.
            let _ = fs::remove_file(file);
        }
    }
    copied
}

/// Whether there is anything in it that no listing brings again.
fn holds_work(workspace: &Path) -> Result<bool> {
    let connection = file::examine(workspace)?;
    let any = "SELECT EXISTS (SELECT 1 FROM revision) OR EXISTS (SELECT 1 FROM suggestion)";
    let any = connection.query_row(any, [], |row| row.get::<_, bool>(0)).doing(DOING);
    if any.map_err(|error| file::as_damage(error, workspace))? {
        return Ok(true);
    }
    let drafts = drafts::file_of(workspace);
    if !drafts.exists() {
        return Ok(false);
    }
    let half = to_read(&drafts).and_then(|connection| {
        connection.query_row("SELECT EXISTS (SELECT 1 FROM draft)", [], |row| row.get(0))
    });
    // Those that cannot be read are somebody's work all the same.
    Ok(half.unwrap_or(true))
}

/// The room that labels need is not taken for a copy of them.
fn leaves_room(workspace: &Path, folder: &Path) -> Result<()> {
    let looked_at = |error| WorkspaceError::io("look at", workspace, error);
    let size = fs::metadata(workspace).map_err(looked_at)?.len();
    let disk = rustix::fs::statvfs(folder).map_err(|error| looked_at(error.into()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < size.saturating_mul(2).saturating_add(SPARE) {
        return Err(WorkspaceError::DiskFull { doing: DOING });
    }
    Ok(())
}

fn day_of_copy(copy: &Copy) -> bool {
    !copy.name.starts_with("before-")
}

/// The lock of whoever makes a copy; `None` while another does.
fn alone(folder: &Path) -> Result<Option<File>> {
    let path = folder.join("lock");
    let file = match private_file(&path) {
        Err(WorkspaceError::Exists(_)) => {
            File::open(&path).map_err(|error| WorkspaceError::io("lock", &path, error))?
        }
        made => made?,
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(WorkspaceError::io("lock", &path, error)),
    }
}

/// Parts that were left behind: whoever made them is gone, or they are ours.
fn sweep(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().contains(".part")) {
        // Leftovers harm nobody: what cannot be removed is tried again next time.
        let _ = fs::remove_file(entry.path());
    }
}

/// Whether it was copied to its end. It is looked through, too.
fn copy_in_steps(
    workspace: &Path,
    to: &Path,
    rest: &mut dyn FnMut(Duration) -> ControlFlow<()>,
) -> Result<bool> {
    let from = file::examine(workspace)?;
    // One moment, whatever is written meanwhile.
    let moment = from.unchecked_transaction().doing(DOING)?;
    moment.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).doing(DOING)?;
    drop(private_file(to)?);
    let on_disk = File::open(to).map_err(|error| WorkspaceError::io(DOING, to, error))?;
    let mut copy = Connection::open(to).doing(DOING)?;
    copy.pragma_update(None, "synchronous", "full").doing(DOING)?;
    {
        let backup = Backup::new(&from, &mut copy).doing(DOING)?;
        loop {
            let began = Instant::now();
            match backup
                .step(STEP)
                .doing(DOING)
                .map_err(|error| file::as_damage(error, workspace))?
            {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(WorkspaceError::Busy { doing: DOING }),
            }
            // So that no label waits behind all of it when it is put on disk.
            on_disk.sync_data().map_err(|error| WorkspaceError::io(DOING, to, error))?;
            if rest(began.elapsed()).is_break() {
                return Ok(false);
            }
        }
    }
    drop(moment);
    if let Some(problem) = quick_check(&copy).map_err(|error| file::as_damage(error, workspace))? {
        tracing::warn!(%problem, "the workspace is damaged");
        let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(damaged(workspace, rusqlite::Error::SqliteFailure(corrupt, Some(problem))));
    }
    copy.close().map_err(|(_, error)| error).doing(DOING)?;
    Ok(true)
}

/// The first thing that SQLite finds wrong with a file.
pub(super) fn quick_check(connection: &Connection) -> Result<Option<String>> {
    let said: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .doing("look through the workspace")?;
    Ok((said != "ok").then(|| plain(&said)))
}

/// What SQLite says is wrong, without the line that names the database.
pub(super) fn plain(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("***")).collect();
    lines.join("; ")
}

/// Copies the drafts of a workspace beside a copy of it, if there are any.
pub(super) fn copy_drafts(workspace: &Path, copy: &Path) -> Result<()> {
    let from = drafts::file_of(workspace);
    if !from.exists() {
        return Ok(());
    }
    let connection = to_read(&from).doing("copy the drafts")?;
    migrate::copy_to(&connection, &drafts::file_of(copy))
        .map_err(|error| file::as_damage(error, &from))
}

/// Opens a file of drafts that others may be writing.
fn to_read(drafts: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(drafts, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// Puts a copy in the place of a workspace. What is there now is kept under a name with `aside` in it, which is
/// returned, if there was anything. Drafts stay; those beside the copy are taken where there are none, or unreadable
/// ones. What it is opened with next becomes a writer of its own.
///
/// # Errors
/// [`WorkspaceError::InUse`] while an earmark works in it; the copy is none, is damaged, or is of another dataset than
/// `dataset`, if that is said ([`WorkspaceError::OtherDataset`]); files cannot be written.
pub fn put_back(
    workspace: &Path,
    copy: &Path,
    dataset: Option<&str>,
    aside: &str,
) -> Result<Option<PathBuf>> {
    let from = file::examine(copy)?;
    let about: Dataset = meta::dataset(&from).map_err(|error| file::as_damage(error, copy))?;
    if dataset.is_some_and(|source| source != about.source) {
        return Err(WorkspaceError::OtherDataset {
            path: copy.to_owned(),
            source_name: about.source,
        });
    }
    if let Some(problem) = quick_check(&from).map_err(|error| file::as_damage(error, copy))? {
        let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(damaged(copy, rusqlite::Error::SqliteFailure(corrupt, Some(problem))));
    }
    if Presence::anyone(workspace) {
        return Err(WorkspaceError::InUse(workspace.to_owned()));
    }
    let old = free_name(workspace, aside);
    let drafts_now = drafts::file_of(workspace);
    let takes_drafts = drafts::file_of(copy).exists() && !is_sound(&drafts_now);
    if let Some(folder) = workspace.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private_folder(folder)?;
    }
    let partial = beside(workspace, &format!(".{}", uuid::Uuid::now_v7()));
    migrate::copy_to(&from, &partial)?;
    let placed = exchange(&partial, workspace, &old).and_then(|there_was| {
        if takes_drafts {
            copy_drafts(copy, &partial)?;
            exchange(&drafts::file_of(&partial), &drafts_now, &drafts::file_of(&old))?;
        }
        Ok(there_was)
    });
    if placed.is_err() {
        // The first error is the one that matters.
        let _ = fs::remove_file(&partial);
        let _ = fs::remove_file(drafts::file_of(&partial));
    }
    placed.map(|there_was| there_was.then_some(old))
}

/// A name beside a workspace that neither a file nor its drafts have.
fn free_name(workspace: &Path, aside: &str) -> PathBuf {
    let mut name = beside(workspace, &format!(".aside-{aside}"));
    while [&name, &beside(&name, "-wal"), &drafts::file_of(&name)].iter().any(|path| path.exists())
    {
        name = beside(&name, "+");
    }
    name
}

/// Puts a new file in the place of one, which is kept under another name with its write-ahead log. Both are whole
/// whenever it is cut short. Whether there was one.
fn exchange(new: &Path, place: &Path, aside: &Path) -> Result<bool> {
    let there_was = place.exists();
    for ending in ["", "-wal"] {
        let (from, to) = (beside(place, ending), beside(aside, ending));
        if from.exists() {
            fs::hard_link(&from, &to)
                .or_else(|_| fs::copy(&from, &to).map(drop))
                .map_err(|error| WorkspaceError::io("keep", &from, error))?;
        }
    }
    settle_folder(place)?;
    crash::point("workspace.put-back.kept");
    for ending in ["-wal", "-shm"] {
        match fs::remove_file(beside(place, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(WorkspaceError::io("put aside", &beside(place, ending), error));
            }
            _ => {}
        }
    }
    crash::point("workspace.put-back.cleared");
    fs::rename(new, place).map_err(|error| WorkspaceError::io("write", place, error))?;
    settle_folder(place)?;
    crash::point("workspace.put-back.placed");
    Ok(there_was)
}

/// Whether a drafts file can be read to its end.
pub(super) fn is_sound(path: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .doing("read the drafts")
        .and_then(|connection| quick_check(&connection))
        .is_ok_and(|problem| problem.is_none())
}
