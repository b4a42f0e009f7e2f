//! A listing on its way into the workspace: a temporary SQLite file, so that nobody waits for the listing.

use super::codec::nanos;
use super::error::{Doing, Result, WorkspaceError};
use super::kinds::Listed;
use crate::crash;
use rusqlite::{Connection, params};
use std::path::Path;

/// A listing as it comes in. The file goes when this is dropped.
#[derive(Debug)]
pub struct Staging {
    connection: Connection,
    file: tempfile::TempPath,
}

impl Staging {
    /// A new, empty one in `folder`, which must be on a disk with room for the listing.
    ///
    /// # Errors
    /// The folder cannot be written or the disk is full.
    pub fn create(folder: &Path) -> Result<Self> {
        let file = tempfile::Builder::new()
            .prefix("earmark-listing-")
            .tempfile_in(folder)
            .map_err(|error| WorkspaceError::io("stage a listing in", folder, error))?
            .into_temp_path();
        let connection = Connection::open(&file).doing("stage a listing")?;
        // Lost with a crash, and made again by the next sync.
        connection
            .execute_batch(
                "PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA cache_size = -8192;
                 CREATE TABLE listed (key BLOB PRIMARY KEY, size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER)
                 STRICT, WITHOUT ROWID;",
            )
            .doing("stage a listing")?;
        Ok(Self { connection, file })
    }

    /// Adds entries; a key that comes twice counts once, as it came last.
    ///
    /// # Errors
    /// The disk is full.
    pub fn add(&mut self, listed: &[Listed]) -> Result<()> {
        let transaction = self.connection.transaction().doing("stage a listing")?;
        {
            let mut sql = transaction
                .prepare_cached("INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?)")
                .doing("stage a listing")?;
            for Listed { key, size, etag, modified } in listed {
                sql.execute(params![key.as_bytes(), *size as i64, etag, modified.map(nanos)])
                    .doing("stage a listing")?;
            }
        }
        crash::point("workspace.staging.written");
        transaction.commit().doing("stage a listing")
    }

    /// How many keys it holds.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn count(&self) -> Result<u64> {
        self.connection
            .query_row("SELECT count(*) FROM listed", [], |row| row.get::<_, i64>(0))
            .doing("read a staged listing")
            .map(|count| count as u64)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.file
    }
}
