//! Workspace files: made privately, told apart from other files, opened in the way that keeps labels safe.

use super::error::{Doing, Result, WorkspaceError};
use super::{copies, migrate, search};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// "earm": what `file` and we know a workspace by.
const APPLICATION_ID: i32 = 0x6561_726d;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// How often a writer asks for the lock before it gives up: for some ten seconds.
const TRIES: i32 = 2_000;
/// The longest pause between two tries, in milliseconds.
const PAUSE: u64 = 10;

/// Makes the folders that are missing, for their owner alone, on disk when it returns.
///
/// # Errors
/// They cannot be made.
pub fn private_folder(folder: &Path) -> Result<()> {
    let failed = |error| WorkspaceError::io("make the folder", folder, error);
    let new: Vec<&Path> = folder.ancestors().take_while(|part| !part.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    // A new folder outlives a power cut once the one that it lies in is on disk.
    for above in new.iter().filter_map(|new| new.parent()) {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        File::open(above).and_then(|above| above.sync_all()).map_err(failed)?;
    }
    Ok(())
}

/// Makes an empty file for its owner alone. Refuses to touch one that exists.
pub(super) fn private_file(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
        match error.kind() {
            ErrorKind::AlreadyExists => WorkspaceError::Exists(path.to_owned()),
            _ => WorkspaceError::io("make", path, error),
        }
    })
}

/// `path` with something behind its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Puts on disk that a file is in its folder under its name now.
pub(super) fn settle_folder(path: &Path) -> Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| WorkspaceError::io("write", path, error))
}

/// Makes a workspace file without content. Removes it again if that fails.
pub(super) fn create(path: &Path) -> Result<Connection> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private_folder(folder)?;
    }
    private_file(path)?;
    let made = (|| {
        let mut connection = connect(path)?;
        // Before the switch to WAL, so that the file itself says what it is from the first moment on.
        connection
            .pragma_update(None, "application_id", APPLICATION_ID)
            .doing("make the workspace")?;
        tune(&connection)?;
        migrate::run(&mut connection, path, migrate::ALL)?;
        Ok(connection)
    })();
    if made.is_err() {
        // The first error is the one that matters.
        for ending in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(beside(path, ending));
        }
    }
    made
}

/// Opens an existing workspace for writing, brought up to date.
pub(super) fn open(path: &Path) -> Result<Connection> {
    recognize(path)?;
    let mut connection = connect(path)?;
    check(&connection, path)?;
    tune(&connection).map_err(|error| as_damage(error, path))?;
    migrate::run(&mut connection, path, migrate::ALL)?;
    Ok(connection)
}

/// Opens an existing workspace for reading. One of an older format is brought up to date first.
pub(super) fn open_to_read(path: &Path) -> Result<Connection> {
    recognize(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).doing("open the workspace")?;
    patient(&mut connection).doing("open the workspace")?;
    if check(&connection, path)? < migrate::newest() {
        drop(connection);
        open(path)?;
        return open_to_read(path);
    }
    connection.pragma_update(None, "cache_size", -16_384).doing("open the workspace")?;
    search::teach(&connection)?;
    prepare_once(&connection)?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).doing("open the workspace")?;
    patient(&mut connection).doing("open the workspace")?;
    Ok(connection)
}

/// Has a connection wait for the lock that another process has.
///
/// SQLite's own way sleeps a tenth of a second at a time: where many write, each of those finds the lock taken, and one
/// of them goes without for longer than it waits. Short pauses of uneven length give everyone a turn.
pub(super) fn patient(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|tries: i32| {
        let uneven = UNIX_EPOCH.elapsed().map_or(0, |now| u64::from(now.subsec_nanos()) / 64);
        let longest = PAUSE.min(tries.unsigned_abs().into());
        std::thread::sleep(Duration::from_millis(1 + uneven % (longest + 1)));
        tries < TRIES
    }))
}

/// What every writing connection needs.
fn tune(connection: &Connection) -> Result<()> {
    wal(connection)?;
    search::teach(connection)?;
    for (name, value) in [("foreign_keys", 1), ("cache_size", -65_536), ("temp_store", 2)] {
        connection.pragma_update(None, name, value).doing("open the workspace")?;
    }
    prepare_once(connection)
}

/// Statements are kept, and planned without a look at their values: else each new value plans them anew.
fn prepare_once(connection: &Connection) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(128);
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .doing("open the workspace")
        .map(drop)
}

/// Write-ahead log, on disk before a commit returns.
pub(super) fn wal(connection: &Connection) -> Result<()> {
    connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0))
        .doing("open the workspace")?;
    connection.pragma_update(None, "synchronous", "full").doing("open the workspace")
}

/// That there is a file. What it holds is for SQLite to read: a descriptor of our own on a file that is open in this
/// process would, when closed, take SQLite's locks with it, and a neighbour that closes would then delete the log that
/// we write to.
fn recognize(path: &Path) -> Result<()> {
    let about = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => WorkspaceError::NotFound(path.to_owned()),
        _ => WorkspaceError::io("open", path, error),
    })?;
    if about.is_file() { Ok(()) } else { Err(WorkspaceError::NotAWorkspace(path.to_owned())) }
}

/// What a file is that is no SQLite file of ours: a workspace that was overwritten, or never one. `header_is_bad`:
/// SQLite cannot make sense of it.
fn stranger(path: &Path, header_is_bad: bool) -> WorkspaceError {
    let mut head = Vec::with_capacity(100);
    // No locks are lost with this descriptor: nobody can have opened such a file as a workspace.
    let read = File::open(path).and_then(|file| file.take(100).read_to_end(&mut head));
    if let Err(error) = read {
        return WorkspaceError::io("read", path, error);
    }
    let marked = head.get(68..72) == Some(&APPLICATION_ID.to_be_bytes());
    let lost =
        if head.starts_with(MAGIC) { header_is_bad } else { marked || last_copy(path).is_some() };
    if lost { shrunk(path) } else { WorkspaceError::NotAWorkspace(path.to_owned()) }
}

/// A file of ours that is less than it was.
pub(super) fn shrunk(path: &Path) -> WorkspaceError {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB);
    damaged(path, rusqlite::Error::SqliteFailure(code, None))
}

/// The format of a workspace, after making sure that it is one that we know.
fn check(connection: &Connection, path: &Path) -> Result<u32> {
    let pragma = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i32>(0))
            .doing("read the workspace")
            .map_err(|error| as_damage(error, path))
    };
    match pragma("application_id") {
        Ok(APPLICATION_ID) => {}
        Ok(_) => return Err(stranger(path, false)),
        Err(WorkspaceError::Corrupt { source, .. })
            if source.sqlite_error_code() == Some(ErrorCode::NotADatabase) =>
        {
            return Err(stranger(path, true));
        }
        Err(error) => return Err(error),
    }
    let version = pragma("user_version")? as u32;
    let known = migrate::newest();
    if version > known {
        return Err(WorkspaceError::Newer { path: path.to_owned(), version, known });
    }
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .doing("read the workspace")
        .map_err(|error| as_damage(error, path))?;
    Ok(version)
}

/// Turns what SQLite says about a broken file into what to do about it.
pub(super) fn as_damage(error: WorkspaceError, path: &Path) -> WorkspaceError {
    match error {
        WorkspaceError::Damaged { source, .. } => damaged(path, source),
        other => other,
    }
}

pub(super) fn damaged(path: &Path, source: rusqlite::Error) -> WorkspaceError {
    WorkspaceError::Corrupt { path: path.to_owned(), copy: last_copy(path), source }
}

fn last_copy(path: &Path) -> Option<PathBuf> {
    copies::of(path).into_iter().next().map(|copy| copy.path)
}

/// Refuses to go on in a file that a newer earmark brought up to date while this one had it open.
pub(super) fn still_known(connection: &Connection, path: &Path) -> Result<()> {
    let version: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .doing("read the workspace's format")?;
    let known = migrate::newest();
    if version > known {
        return Err(WorkspaceError::Newer { path: path.to_owned(), version, known });
    }
    Ok(())
}

/// Makes sure that a file is a workspace that this program can read, and leaves it as it is.
pub(super) fn examine(path: &Path) -> Result<Connection> {
    recognize(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).doing("open the workspace")?;
    patient(&mut connection).doing("open the workspace")?;
    check(&connection, path)?;
    Ok(connection)
}

/// What tells a file from its copies: inode and time of birth, where the file system keeps one.
pub(super) fn fingerprint(path: &Path) -> Result<String> {
    let meta = fs::metadata(path).map_err(|error| WorkspaceError::io("look at", path, error))?;
    let born = meta.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
    Ok(format!("{}:{}", meta.ino(), born.map_or(0, |born| born.as_nanos())))
}
