//! Published versions: which are known here and list which samples, and how two of them differ.

use super::codec::{nanos, time};
use super::error::{Doing, Result, WorkspaceError};
use super::reader::Reader;
use super::share;
use super::writer::Writer;
use crate::domain::{SampleId, SampleKey, WriterId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

/// Samples listed in one transaction: some 20 ms.
const CHUNK: usize = 5_000;

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// `V001` or as it was named.
    pub name: String,
    /// When it was published, UTC.
    pub at: Timestamp,
    /// By whom.
    pub author: String,
    /// The version before it.
    pub parent: Option<String>,
    /// Its manifest, relative to the output.
    pub manifest: String,
    /// Samples.
    pub total: u64,
    /// Of those, labeled.
    pub labeled: u64,
    /// Against the parent.
    pub changes: Changes,
}

/// How one version differs from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    /// Samples that the other did not have.
    pub added: u64,
    /// Samples with another content.
    pub modified: u64,
    /// Samples that only the other had.
    pub deleted: u64,
}

/// How one sample differs between two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Only in the later one.
    Added,
    /// Another content.
    Modified,
    /// Only in the earlier one.
    Deleted,
}

impl Difference {
    /// The stable word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
        }
    }
}

impl Writer {
    /// Keeps a version and which samples it lists, in short transactions: known by its name only when all are in.
    /// A version that is known is left as it is.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn record_version(&mut self, version: &Version, samples: &[SampleId]) -> Result<()> {
        let doing = "record a version";
        let draft = format!("\u{1}{}", version.name);
        let id = self.change(doing, |transaction, _| {
            forget(transaction, &draft)?;
            insert(transaction, &draft, version)
        })?;
        for some in samples.chunks(CHUNK) {
            self.change(doing, |transaction, _| {
                let mut sql = transaction
                    .prepare_cached(
                        "INSERT OR IGNORE INTO version_sample (sample, version) VALUES (?, ?)",
                    )
                    .doing(doing)?;
                some.iter()
                    .try_for_each(|sample| sql.execute([sample.0, id]).doing(doing).map(drop))
            })?;
        }
        self.change(doing, |transaction, _| {
            let named = transaction
                .prepare_cached("UPDATE OR IGNORE version SET name = ?2 WHERE name = ?1")
                .and_then(|mut sql| sql.execute([&draft, &version.name]))
                .doing(doing)?;
            if named == 0 { forget(transaction, &draft) } else { Ok(()) }
        })
    }

    /// Writes down what became of files, all in one transaction.
    ///
    /// # Errors
    /// Nothing of it is written.
    pub fn journal_outcomes(
        &mut self,
        kind: &str,
        outcomes: &[(SampleId, String)],
        at: Timestamp,
    ) -> Result<()> {
        let doing = "write the journal";
        self.change(doing, |transaction, me| {
            let mut sql = transaction
                .prepare_cached(
                    "INSERT INTO journal (at, author, kind, sample, millis, detail) VALUES (?, ?, ?, ?, 0, ?)",
                )
                .doing(doing)?;
            outcomes.iter().try_for_each(|(sample, detail)| {
                sql.execute(params![nanos(at), me.author, kind, sample.0, detail])
                    .doing(doing)
                    .map(drop)
            })
        })
    }
}

fn insert(connection: &Connection, name: &str, version: &Version) -> Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO version (name, at, author, parent, manifest, total, labeled, added, modified, deleted) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .and_then(|mut sql| {
            sql.insert(params![
                name,
                nanos(version.at),
                version.author,
                version.parent,
                version.manifest,
                version.total as i64,
                version.labeled as i64,
                version.changes.added as i64,
                version.changes.modified as i64,
                version.changes.deleted as i64,
            ])
        })
        .doing("record a version")
}

fn forget(connection: &Connection, name: &str) -> Result<()> {
    for sql in [
        "DELETE FROM version_sample WHERE version IN (SELECT id FROM version WHERE name = ?)",
        "DELETE FROM version WHERE name = ?",
    ] {
        connection.execute(sql, [name]).doing("record a version")?;
    }
    Ok(())
}

impl Reader {
    /// The versions that are known here, the oldest first.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn versions(&self) -> Result<Vec<Version>> {
        let doing = "read the versions";
        self.connection
            .prepare_cached(
                "SELECT name, at, author, parent, manifest, total, labeled, added, modified, deleted \
                 FROM version WHERE name NOT LIKE char(1) || '%' ORDER BY at, name",
            )
            .doing(doing)?
            .query_map([], version)
            .doing(doing)?
            .collect::<rusqlite::Result<_>>()
            .doing(doing)
    }

    /// How far each writer's shared log was read, this workspace's own included.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn log_positions(&self) -> Result<BTreeMap<WriterId, u64>> {
        share::positions(&self.connection)
    }

    /// The names of the known versions that list any of these samples, in order.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn versions_listing(
        &self,
        samples: impl IntoIterator<Item = SampleId>,
    ) -> Result<Vec<String>> {
        let doing = "read the versions";
        let mut names = BTreeSet::new();
        let mut sql = self
            .connection
            .prepare_cached(
                "SELECT name FROM version_sample JOIN version ON id = version \
                 WHERE sample = ? AND name NOT LIKE char(1) || '%'",
            )
            .doing(doing)?;
        for sample in samples {
            let found = sql.query_map([sample.0], |row| row.get(0)).doing(doing)?;
            for name in found {
                names.insert(name.doing(doing)?);
            }
        }
        Ok(names.into_iter().collect())
    }
}

fn version(row: &Row<'_>) -> rusqlite::Result<Version> {
    let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
    Ok(Version {
        name: row.get(0)?,
        at: time(row.get(1)?),
        author: row.get(2)?,
        parent: row.get(3)?,
        manifest: row.get(4)?,
        total: count(5)?,
        labeled: count(6)?,
        changes: Changes { added: count(7)?, modified: count(8)?, deleted: count(9)? },
    })
}

/// Two lists of samples with a digest each, compared on disk. The file goes when this is dropped.
#[derive(Debug)]
pub struct Comparison {
    connection: Connection,
    _file: tempfile::TempPath,
}

impl Comparison {
    /// An empty one in `folder`, which must be on a disk with room for it.
    ///
    /// # Errors
    /// The folder cannot be written or the disk is full.
    pub fn create(folder: &Path) -> Result<Self> {
        let doing = "compare two versions";
        let file = tempfile::Builder::new()
            .prefix("earmark-versions-")
            .tempfile_in(folder)
            .map_err(|error| WorkspaceError::io("compare two versions in", folder, error))?
            .into_temp_path();
        let connection = Connection::open(&file).doing(doing)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA cache_size = -8192;
                 CREATE TABLE entry (key BLOB PRIMARY KEY, before INTEGER, after INTEGER) STRICT, WITHOUT ROWID;
                 BEGIN;",
            )
            .doing(doing)?;
        Ok(Self { connection, _file: file })
    }

    /// A sample of the earlier list.
    ///
    /// # Errors
    /// The disk is full.
    pub fn before(&mut self, key: &[u8], digest: u64) -> Result<()> {
        self.put(
            "INSERT INTO entry (key, before) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET before = ?2",
            key,
            digest,
        )
    }

    /// A sample of the later list.
    ///
    /// # Errors
    /// The disk is full.
    pub fn after(&mut self, key: &[u8], digest: u64) -> Result<()> {
        self.put(
            "INSERT INTO entry (key, after) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET after = ?2",
            key,
            digest,
        )
    }

    /// What the later list says of a sample, if it lists it.
    ///
    /// # Errors
    /// The disk fails.
    pub fn after_of(&self, key: &[u8]) -> Result<Option<u64>> {
        let doing = "compare two versions";
        self.connection
            .prepare_cached("SELECT after FROM entry WHERE key = ?")
            .doing(doing)?
            .query_row([key], |row| row.get::<_, Option<i64>>(0))
            .optional()
            .doing(doing)
            .map(|digest| digest.flatten().map(|digest| digest as u64))
    }

    fn put(&mut self, sql: &str, key: &[u8], digest: u64) -> Result<()> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut sql| sql.execute(params![key, digest as i64]))
            .doing("compare two versions")
            .map(drop)
    }

    /// How many samples differ, and how.
    ///
    /// # Errors
    /// The disk fails.
    pub fn changes(&self) -> Result<Changes> {
        let mut changes = Changes::default();
        self.each(&mut |_, difference| {
            match difference {
                Difference::Added => changes.added += 1,
                Difference::Modified => changes.modified += 1,
                Difference::Deleted => changes.deleted += 1,
            }
            ControlFlow::Continue(())
        })?;
        Ok(changes)
    }

    /// Every sample that differs, in the order of keys.
    ///
    /// # Errors
    /// The disk fails.
    pub fn each(
        &self,
        on_difference: &mut dyn FnMut(SampleKey, Difference) -> ControlFlow<()>,
    ) -> Result<()> {
        let doing = "compare two versions";
        let mut sql = self
            .connection
            .prepare("SELECT key, before IS NULL, after IS NULL FROM entry WHERE before IS NOT after ORDER BY key")
            .doing(doing)?;
        let mut rows = sql.query([]).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            let key: Vec<u8> = row.get(0).doing(doing)?;
            let difference = match (row.get(1).doing(doing)?, row.get(2).doing(doing)?) {
                (true, _) => Difference::Added,
                (_, true) => Difference::Deleted,
                (false, false) => Difference::Modified,
            };
            if on_difference(SampleKey::new(key), difference).is_break() {
                break;
            }
        }
        Ok(())
    }
}
