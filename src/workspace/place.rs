//! Whether the file that is written to is still the one in its place. To a file that was deleted, moved away or
//! replaced, a system writes as willingly as to any other: what was labeled would go with it.

use super::error::{Result, WorkspaceError};
use super::file::{beside, shrunk};
use std::cell::Cell;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A SQLite file that is open, and its log, as they lay when it was opened.
#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    log: PathBuf,
    file_is: (u64, u64),
    log_is: (u64, u64),
    /// It never shrinks: nothing here vacuums.
    bytes: Cell<u64>,
}

impl Place {
    /// To be called once something was written: until then there is no log.
    pub(super) fn of(file: &Path) -> Result<Self> {
        let log = beside(file, "-wal");
        let (about, about_log) = (look(file, file)?, look(&log, file)?);
        Ok(Self {
            file: file.to_owned(),
            log,
            file_is: identity(&about),
            log_is: identity(&about_log),
            bytes: Cell::new(about.len()),
        })
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Fails when what is written now would not be found by who opens the file next.
    pub(super) fn check(&self) -> Result<()> {
        let about = look(&self.file, &self.file)?;
        let log = look(&self.log, &self.file)?;
        if identity(&about) != self.file_is || identity(&log) != self.log_is {
            return Err(WorkspaceError::Replaced(self.file.clone()));
        }
        if about.len() < self.bytes.replace(about.len().max(self.bytes.get())) {
            return Err(shrunk(&self.file));
        }
        Ok(())
    }
}

fn look(path: &Path, file: &Path) -> Result<Metadata> {
    fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => WorkspaceError::Gone(file.to_owned()),
        _ => WorkspaceError::io("look at", path, error),
    })
}

fn identity(about: &Metadata) -> (u64, u64) {
    (about.dev(), about.ino())
}
