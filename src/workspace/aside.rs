//! The indexes of the lists and of the search, laid aside while most samples come into another list, and then built anew.
//!
//! A sample that comes into another state leaves every list's index and enters it elsewhere, which costs more than all
//! else that is written of it. Where most of them do, an index is sooner sorted than kept up. All of it lies within the
//! caller's transaction: nobody else ever sees a list without its index.
//!
//! The search index begins from nothing, and what waits for it is searched without it meanwhile, as ever. FTS5 keeps
//! dead entries in a hash of their numbers: those of neighbours that all died lie in one run, which it walks along for
//! each entry that it merges. Taking most entries' places one by one took six times as long as writing all anew.

use super::error::{Doing, Result};
use rusqlite::Connection;

/// The indexes that begin with a sample's state.
const BY_STATE: &str = "SELECT name, sql FROM sqlite_schema \
     WHERE type = 'index' AND tbl_name = 'sample' AND sql LIKE '%ON sample (state, %'";

/// What was laid aside: without [`Aside::put_back`], the transaction must not be committed.
#[must_use]
#[derive(Debug, Default)]
pub(super) struct Aside {
    sql: Vec<String>,
}

impl Aside {
    /// Lays them aside if some `moving` samples are so many of all that it is worth it.
    pub(super) fn for_most(connection: &Connection, moving: u64) -> Result<Self> {
        let doing = "lay the indexes of the lists aside";
        let all: u64 = connection
            .query_row("SELECT sum(samples) FROM tally WHERE what < 5", [], |row| {
                row.get::<_, i64>(0)
            })
            .map(i64::unsigned_abs)
            .doing(doing)?;
        // Building an index anew costs somewhat less than half of moving all samples within it.
        if moving.saturating_mul(3) < all.saturating_mul(2) {
            return Ok(Self::default());
        }
        let indexes: Vec<(String, String)> = connection
            .prepare(BY_STATE)
            .doing(doing)?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .doing(doing)?
            .collect::<rusqlite::Result<_>>()
            .doing(doing)?;
        for (name, _) in &indexes {
            connection.execute(&format!("DROP INDEX {name}"), []).doing(doing)?;
        }
        let anew = "INSERT INTO search (search) VALUES ('delete-all'); \
                    INSERT INTO unindexed SELECT id FROM sample WHERE true ON CONFLICT DO NOTHING;";
        connection.execute_batch(anew).doing(doing)?;
        Ok(Self { sql: indexes.into_iter().map(|(_, sql)| sql).collect() })
    }

    /// Builds them anew.
    pub(super) fn put_back(self, connection: &Connection) -> Result<()> {
        let doing = "build the indexes of the lists";
        if self.sql.is_empty() {
            return Ok(());
        }
        // What is sorted may be as long as the workspace: beyond the cache it goes to a file. Not from the beginning: what
        // each statement before this one would take back, should it fail, lay in a file too, for a fifth of the time.
        connection.pragma_update(None, "temp_store", "file").doing(doing)?;
        let built =
            self.sql.iter().try_for_each(|sql| connection.execute(sql, []).doing(doing).map(drop));
        connection.pragma_update(None, "temp_store", "memory").doing(doing)?;
        built
    }
}
