//! As of when the workspace knows its bucket, so that a picture of the past does not pass for the present.
//!
//! What was taken in since an inventory was begun is known better than the inventory can tell: such samples keep what is
//! known of them.

use super::Writer;
use crate::workspace::codec::nanos;
use crate::workspace::error::{Doing, Result};
use crate::workspace::meta;
use crate::workspace::reader::Reader;
use crate::workspace::staging::Staging;
use jiff::Timestamp;
use rusqlite::{Connection, params};

const NAME: &str = "known_as_of";

impl Writer {
    /// Remembers as of when the whole bucket is known.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn set_known_as_of(&mut self, as_of: Timestamp) -> Result<()> {
        self.change("end a sync", |transaction, _| {
            meta::set(transaction, NAME, Some(&as_of.to_string()))
        })
    }

    /// Makes a staged inventory, begun at `as_of`, say of newer samples what is known of them: those that were put or
    /// changed since are in it as they are, those that went away since are not.
    ///
    /// # Errors
    /// The staged listing cannot be written, or the workspace not be read.
    pub fn keep_newer(&self, staging: &Staging, as_of: Timestamp) -> Result<()> {
        let doing = "stage an inventory";
        let listing = Connection::open(staging.path()).doing(doing)?;
        listing
            .execute_batch("PRAGMA main.journal_mode = off; PRAGMA main.synchronous = off")
            .doing(doing)?;
        listing.execute("ATTACH ? AS known", [&*self.path().to_string_lossy()]).doing(doing)?;
        let since = nanos(as_of);
        // Each by its index: whoever waits to label does not wait for this.
        listing
            .execute(
                "INSERT OR REPLACE INTO main.listed (key, size, etag, modified) \
                 SELECT key, size, etag, modified FROM known.sample \
                 WHERE state IN (0, 1, 3) AND modified >= ? AND present",
                params![since],
            )
            .doing(doing)?;
        listing
            .execute(
                "DELETE FROM main.listed WHERE key IN \
                 (SELECT key FROM known.sample WHERE state IN (2, 3, 4) AND NOT present AND missed_at >= ?)",
                params![since],
            )
            .doing(doing)?;
        Ok(())
    }
}

impl Reader {
    /// As of when the whole bucket is known; `None` where it never was listed.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn known_as_of(&self) -> Result<Option<Timestamp>> {
        Ok(meta::get(&self.connection, NAME)?.and_then(|time| time.parse().ok()))
    }
}
