//! The read-only connection: lists, details, searches, while others write.

use super::codec::seconds;
use super::drafts::Marks;
use super::error::{Doing, Result};
use super::identity::{Dataset, Identity};
use super::kinds::Unprobed;
use super::list::{self, Looker};
use super::sample::{Sample, find, history, whereabouts};
use super::{file, meta, probes, search};
use crate::domain::{
    AudioStamp, Counts, Page, PageRequest, Peaks, Revision, Row, SampleDetail, SampleId, SampleKey,
    View,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// While a query runs, it is asked this often whether anybody still waits: steps of SQLite's machine, some 20 µs of them.
const STEPS: i32 = 1_000;
/// What [`Reader::keep_little`] leaves, in KiB: the upper levels of the trees that are walked over.
const LITTLE: i32 = 4_096;

/// A read-only connection. One thread owns it; every method blocks.
///
/// Each method sees the workspace as it is at one moment. All of them fail with
/// [`super::WorkspaceError::Interrupted`] when given up: see [`Reader::give_up_when`].
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    path: PathBuf,
    dataset: Dataset,
    identity: Identity,
    version: i64,
    drafts: OnceCell<Marks>,
    /// Whether the names were gathered: see `names`.
    pub(super) names: OnceCell<()>,
}

impl Reader {
    /// Opens a workspace for reading.
    ///
    /// # Errors
    /// As [`super::Writer::open`].
    pub fn open(path: &Path, identity: Identity) -> Result<Self> {
        let connection = file::open_to_read(path)?;
        let dataset = meta::dataset(&connection).map_err(|error| file::as_damage(error, path))?;
        let version = data_version(&connection)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            dataset,
            identity,
            version,
            drafts: OnceCell::new(),
            names: OnceCell::new(),
        })
    }

    /// Another one of the same workspace, for another thread.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn another(&self) -> Result<Self> {
        Self::open(&self.path, self.identity.clone())
    }

    /// What the workspace was about when it was opened.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The maintained counts.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn counts(&self) -> Result<Counts> {
        let rows: Vec<(usize, u64, u64, i64)> = self
            .connection
            .prepare_cached("SELECT what, samples, known, micros FROM tally ORDER BY what")
            .doing("read the counts")?
            .query_map([], |row| {
                Ok((
                    row.get::<_, i64>(0)? as usize,
                    row.get::<_, i64>(1)? as u64,
                    row.get::<_, i64>(2)? as u64,
                    row.get(3)?,
                ))
            })
            .doing("read the counts")?
            .collect::<rusqlite::Result<_>>()
            .doing("read the counts")?;
        let of =
            |what: usize| rows.iter().find(|row| row.0 == what).copied().unwrap_or((what, 0, 0, 0));
        let (unlabeled, labeled, missing, deleted) = (of(0), of(1), of(2), of(3));
        Ok(Counts {
            unlabeled: unlabeled.1,
            labeled: labeled.1,
            missing: missing.1,
            deleted: deleted.1,
            to_confirm: of(5).1,
            conflicts: of(6).1,
            total: unlabeled.1 + labeled.1 + missing.1 + deleted.1,
            seconds_known: unlabeled.2 + labeled.2,
            seconds_total: seconds(unlabeled.3 + labeled.3),
            seconds_labeled: seconds(labeled.3),
        })
    }

    /// One page of a list. Its total is given where it needs no counting.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn page(&self, request: &PageRequest) -> Result<Page> {
        let mut page = list::page(&self.connection, request, &self.looker(false))?;
        page.total = self.known_total(request)?;
        self.mark_drafts(&mut page.rows)?;
        Ok(page)
    }

    /// How many rows of the list precede this sample, or the place where it would stand.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn rank(&self, request: &PageRequest, id: SampleId) -> Result<u64> {
        list::rank(&self.connection, request, id)
    }

    /// How many rows the list has.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn total(&self, request: &PageRequest) -> Result<u64> {
        match self.known_total(request)? {
            Some(total) => Ok(total),
            None => list::total(&self.connection, request),
        }
    }

    /// The next row of the list after this sample, or after where it would stand, that nobody else is editing.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn next(&self, request: &PageRequest, after: SampleId) -> Result<Option<Row>> {
        self.neighbour(request, after, false, true)
    }

    /// The row before this sample, or before where it would stand, whoever is editing it.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn previous(&self, request: &PageRequest, before: SampleId) -> Result<Option<Row>> {
        self.neighbour(request, before, true, false)
    }

    fn neighbour(
        &self,
        request: &PageRequest,
        of: SampleId,
        back: bool,
        skip_leased: bool,
    ) -> Result<Option<Row>> {
        let mut rows: Vec<Row> =
            list::neighbour(&self.connection, request, of, back, &self.looker(skip_leased))?
                .into_iter()
                .collect();
        self.mark_drafts(&mut rows)?;
        Ok(rows.pop())
    }

    /// Everything about one sample; of one that moved, about where it is now.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn detail(&self, id: SampleId) -> Result<Option<SampleDetail>> {
        let id = whereabouts(&self.connection, id.0)?;
        Sample::load(&self.connection, id)?
            .map(|sample| sample.detail(&self.connection))
            .transpose()
    }

    /// The sample that stands under a key.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn find(&self, key: &SampleKey) -> Result<Option<SampleId>> {
        Ok(find(&self.connection, key)?.map(SampleId))
    }

    /// Size and `ETag` of a sample's audio as last listed.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn stamp(&self, id: SampleId) -> Result<Option<AudioStamp>> {
        self.connection
            .prepare_cached("SELECT size, etag FROM sample WHERE id = ?")
            .doing("read a sample")?
            .query_row([id.0], |row| super::codec::stamp_at(row, 0))
            .optional()
            .doing("read a sample")
    }

    /// Every revision of a sample, oldest first; where the file moved, those from before the move too.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn history(&self, id: SampleId) -> Result<Vec<Revision>> {
        let line: Vec<i64> = self
            .connection
            .prepare_cached(
                "WITH RECURSIVE line (id, age) AS (VALUES (?1, 0) UNION \
                 SELECT sample.id, age + 1 FROM sample JOIN line ON moved_to = line.id WHERE age < 1000) \
                 SELECT id FROM line GROUP BY id ORDER BY max(age) DESC",
            )
            .doing("read a history")?
            .query_map([whereabouts(&self.connection, id.0)?], |row| row.get(0))
            .doing("read a history")?
            .collect::<rusqlite::Result<_>>()
            .doing("read a history")?;
        let mut revisions = Vec::new();
        for id in line {
            revisions.append(&mut history(&self.connection, id)?);
        }
        Ok(revisions)
    }

    /// The waveform of a sample's audio as it is now, if it was drawn before.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn peaks(&self, id: SampleId) -> Result<Option<Peaks>> {
        probes::peaks(&self.connection, id)
    }

    /// Samples in the source whose audio nobody looked at yet, in the order in which they came.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn unprobed(&self, limit: usize) -> Result<Vec<Unprobed>> {
        probes::unprobed(&self.connection, limit)
    }

    /// What this person had remembered under a name.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn recall(&self, name: &str) -> Result<Option<String>> {
        self.connection
            .prepare_cached("SELECT value FROM place WHERE author = ? AND name = ?")
            .doing("recall the place")?
            .query_row([self.identity.author.as_str(), name], |row| row.get(0))
            .optional()
            .doing("recall the place")
    }

    /// Whether anybody, this process included, committed since the last call.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn changed(&mut self) -> Result<bool> {
        let version = data_version(&self.connection)?;
        Ok(std::mem::replace(&mut self.version, version) != version)
    }

    /// Has queries end with [`super::WorkspaceError::Interrupted`] once `stale` says that nobody waits for them any more.
    /// It is asked all the time while a query runs, on the thread that runs it, and never in between: so no word of it
    /// can miss the query that it is meant for, nor hit another.
    ///
    /// # Errors
    /// SQLite refuses it.
    pub fn give_up_when(&mut self, stale: impl FnMut() -> bool + Send + 'static) -> Result<()> {
        self.connection.progress_handler(STEPS, Some(stale)).doing("open the workspace")
    }

    /// Keeps little of what it reads from now on: for one that walks over more than is worth keeping.
    ///
    /// # Errors
    /// SQLite refuses it.
    pub fn keep_little(&self) -> Result<()> {
        self.connection.pragma_update(None, "cache_size", -LITTLE).doing("open the workspace")
    }

    /// How many samples the search index still lacks; those are searched by looking at each.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn unindexed(&self) -> Result<u64> {
        search::waiting(&self.connection, i64::MAX as u64)
    }

    fn looker(&self, skip_leased: bool) -> Looker {
        Looker { instance: self.identity.instance, at: Timestamp::now(), skip_leased }
    }

    fn known_total(&self, request: &PageRequest) -> Result<Option<u64>> {
        if !request.filter.is_empty() || request.scope.is_some_and(|scope| scope.of > 1) {
            return Ok(None);
        }
        let counts = self.counts()?;
        Ok(Some(match request.view {
            View::Unlabeled => counts.unlabeled,
            View::ToConfirm => counts.to_confirm,
            View::Labeled => counts.labeled,
            View::Missing => counts.missing,
            View::Deleted => counts.deleted,
            View::Conflicts => counts.conflicts,
            View::All => counts.total,
        }))
    }

    fn mark_drafts(&self, rows: &mut [Row]) -> Result<()> {
        if self.drafts.get().is_none()
            && let Some(marks) = Marks::open(&self.path)?
        {
            // Set just now by nobody else: a cell has one thread.
            let _ = self.drafts.set(marks);
        }
        if let Some(marks) = self.drafts.get() {
            for row in rows {
                row.draft = marks.has(&self.identity.author, &row.key)?;
            }
        }
        Ok(())
    }
}

fn data_version(connection: &Connection) -> Result<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0)).doing("look for changes")
}
