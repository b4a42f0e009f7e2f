//! What of a workspace is still to be shared, and what others shared coming in.
//!
//! Revisions that lie behind the last shared one in `revision.seq` and were not themselves read in the output are still
//! to be shared. They go out in batches whose bytes are fixed before they are first sent.

use super::aside::Aside;
use super::carry;
use super::codec::{REVISION, key_at, part_hash, revision_at};
use super::drafts;
use super::error::{Doing, Result, WorkspaceError};
use super::ledger::{Ledger, insert_by};
use super::many::{Counted, Many};
use super::meta;
use super::reader::Reader;
use super::sample::Sample;
use super::writer::Writer;
use crate::domain::{Revision, SampleKey, WriterId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use uuid::Uuid;

/// Bytes of a batch, at most but for its last line.
const LONGEST: usize = 4 << 20;
/// Looked at no further than this when revisions that wait are counted.
const COUNTED: i64 = 100_000;

/// One log object: its bytes do not change any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Whose log.
    pub writer: WriterId,
    /// Its number there, from 1, without gaps.
    pub sequence: u64,
    /// Revisions in it.
    pub revisions: u64,
    /// As they are sent.
    pub body: Vec<u8>,
    seq: i64,
}

/// What came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TakenIn {
    /// Revisions that were not here yet.
    pub new: u64,
    /// Samples that they concern.
    pub samples: u64,
}

/// Where revisions were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// In a log: whoever reads the logs has them.
    Log,
    /// In a snapshot, which is only read by new machines.
    Snapshot,
}

/// Some of what others shared, as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Portion {
    /// Each with the key of its sample.
    pub revisions: Vec<(SampleKey, Revision)>,
    /// Where.
    pub from: Shared,
    /// How far a writer's log was read with them.
    pub position: Option<(WriterId, u64)>,
}

impl Reader {
    /// How many revisions of this workspace nobody else has yet; counted up to a hundred thousand.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn unshared(&self) -> Result<u64> {
        unshared(&self.connection)
    }

    /// Every revision with the key of its sample, in the order of arrival; `on_revision` may stop it.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn revisions(
        &self,
        on_revision: &mut dyn FnMut(&SampleKey, &Revision) -> ControlFlow<()>,
    ) -> Result<()> {
        let doing = "read the revisions";
        let mut sql = self
            .connection
            .prepare(&format!(
                "SELECT {}, sample.key FROM revision JOIN sample ON sample.id = revision.sample ORDER BY seq",
                of_revision()
            ))
            .doing(doing)?;
        let mut rows = sql.query([]).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            let (revision, key) = (revision_at(row).doing(doing)?, key_at(row, 15).doing(doing)?);
            if on_revision(&key, &revision).is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Writer {
    /// As [`Reader::unshared`].
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn unshared(&self) -> Result<u64> {
        unshared(self.connection())
    }

    /// How far each writer's log was read, this workspace's own included.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn log_positions(&self) -> Result<BTreeMap<WriterId, u64>> {
        positions(self.connection())
    }

    /// Whether anything of this workspace was ever shared, or read from others.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn ever_shared(&self) -> Result<bool> {
        Ok(!positions(self.connection())?.is_empty())
    }

    /// Joins a dataset that others made of the same source.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn join(&mut self, id: Uuid) -> Result<()> {
        let dataset = super::Dataset { id, ..self.dataset().clone() };
        self.describe(dataset)
    }

    /// The next log object: the one that was fixed and not confirmed yet, else one of at most `most` revisions that
    /// `line` turns into lines. `None` when everything is shared.
    ///
    /// # Errors
    /// The workspace cannot be read or written.
    pub fn next_batch(
        &mut self,
        most: usize,
        line: &dyn Fn(&SampleKey, &Revision) -> String,
    ) -> Result<Option<Batch>> {
        let (writer, output) = (self.writer_id(), self.dataset().output.clone());
        self.change("prepare labels for sharing", |transaction, _| {
            same_output(transaction, output.as_deref())?;
            if let Some(batch) = pending(transaction, writer)? {
                return Ok(Some(batch));
            }
            fix(transaction, writer, most, line)
        })
    }

    /// A batch is in the output.
    ///
    /// # Errors
    /// The workspace cannot be written: it will be sent once more.
    pub fn batch_shared(&mut self, batch: &Batch) -> Result<()> {
        let writer = batch.writer.0.as_bytes().to_vec();
        let output = self.dataset().output.clone();
        self.change("note what was shared", |transaction, _| {
            same_output(transaction, output.as_deref())?;
            let doing = "note what was shared";
            transaction
                .execute(
                    "DELETE FROM batch WHERE writer = ? AND sequence = ?",
                    params![writer, batch.sequence as i64],
                )
                .doing(doing)?;
            transaction
                .execute(
                    "INSERT INTO share (writer, next, seq) VALUES (?1, ?2, ?3) ON CONFLICT (writer) \
                     DO UPDATE SET next = max(next, excluded.next), seq = max(seq, excluded.seq)",
                    params![writer, batch.sequence as i64 + 1, batch.seq],
                )
                .doing(doing)?;
            Ok(())
        })
    }

    /// Somebody else writes under this workspace's name (it was restored from a copy): from now on it has another one.
    /// What was not confirmed under the old one is shared again under the new.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn renew_id(&mut self) -> Result<WriterId> {
        let id = self.change("take a new name for sharing", |transaction, _| {
            transaction.execute("DELETE FROM batch", []).doing("take a new name for sharing")?;
            meta::renew_writer(transaction)
        })?;
        self.set_id(id);
        Ok(id)
    }

    /// Takes in what another writer shared, those known already left out, and moves the position in its log on. One
    /// transaction; order does not matter, and twice changes nothing.
    ///
    /// # Errors
    /// Nothing of it is taken in.
    pub fn take_shared(
        &mut self,
        revisions: &[(SampleKey, Revision)],
        from: Shared,
        position: Option<(WriterId, u64)>,
    ) -> Result<TakenIn> {
        let (path, output) = (self.path().to_owned(), self.dataset().output.clone());
        // What a power failure takes away is read again.
        self.connection().pragma_update(None, "synchronous", "normal").doing("take labels in")?;
        let taken = self.change("take labels in", |transaction, me| {
            same_output(transaction, output.as_deref())?;
            let (taken, left) = take_in(transaction, &me.author, revisions, from)?;
            move_on(transaction, position)?;
            drafts::follow(&path, &left)?;
            Ok(taken)
        });
        self.connection().pragma_update(None, "synchronous", "full").doing("take labels in")?;
        taken
    }

    /// As [`Writer::take_shared`], for all that there is, about `expected` revisions: one transaction, as long as it lasts.
    /// For a workspace that is new, on which nobody waits.
    ///
    /// # Errors
    /// Nothing of it is taken in.
    pub fn take_all_shared(
        &mut self,
        expected: u64,
        portions: impl IntoIterator<Item = Portion>,
    ) -> Result<TakenIn> {
        let (path, output) = (self.path().to_owned(), self.dataset().output.clone());
        self.change("take labels in", |transaction, me| {
            same_output(transaction, output.as_deref())?;
            let aside = Aside::for_most(transaction, expected)?;
            let (mut all, mut moved) = (TakenIn::default(), Vec::new());
            for Portion { revisions, from, position } in portions {
                let (taken, left) = take_in(transaction, &me.author, &revisions, from)?;
                move_on(transaction, position)?;
                all = TakenIn { new: all.new + taken.new, samples: all.samples + taken.samples };
                moved.extend(left);
            }
            aside.put_back(transaction)?;
            drafts::follow(&path, &moved)?;
            Ok(all)
        })
    }

    /// Whether it is new: as far as is known nobody ever labeled, flagged, deleted or moved anything, and no other earmark
    /// of this machine has it open.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn is_new(&self) -> Result<bool> {
        let nothing: bool = self
            .connection()
            .query_row("SELECT NOT EXISTS (SELECT 1 FROM revision)", [], |row| row.get(0))
            .doing("take labels in")?;
        Ok(nothing && self.presence().alone())
    }
}

/// A writer's log was read so far.
fn move_on(connection: &Connection, position: Option<(WriterId, u64)>) -> Result<()> {
    let Some((writer, sequence)) = position else { return Ok(()) };
    connection
        .prepare_cached(
            "INSERT INTO writer_log (writer, sequence) VALUES (?, ?) ON CONFLICT (writer) \
             DO UPDATE SET sequence = max(sequence, excluded.sequence)",
        )
        .and_then(|mut sql| sql.execute(params![writer.0.as_bytes(), sequence as i64]))
        .doing("take labels in")
        .map(drop)
}

fn of_revision() -> String {
    let columns = REVISION.split(", ").map(|column| format!("revision.{column}"));
    columns.collect::<Vec<_>>().join(", ")
}

fn unshared(connection: &Connection) -> Result<u64> {
    let here = round(connection)?;
    connection
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM revision \
             WHERE seq > (SELECT ifnull(max(seq), 0) FROM share) AND pulled <> ? LIMIT ?)",
        )
        .and_then(|mut sql| sql.query_row([here, COUNTED], |row| row.get::<_, i64>(0)))
        .map(i64::unsigned_abs)
        .doing("count what is to be shared")
}

pub(super) fn positions(connection: &Connection) -> Result<BTreeMap<WriterId, u64>> {
    let doing = "read how far logs were read";
    let rows: Vec<(Vec<u8>, i64)> = connection
        .prepare_cached(
            "SELECT writer, max(sequence) FROM (SELECT writer, sequence FROM writer_log \
             UNION ALL SELECT writer, next - 1 FROM share WHERE next > 1) GROUP BY writer",
        )
        .doing(doing)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .doing(doing)?
        .collect::<rusqlite::Result<_>>()
        .doing(doing)?;
    let known = rows.into_iter().filter_map(|(writer, sequence)| {
        Some((WriterId(Uuid::from_slice(&writer).ok()?), sequence.unsigned_abs()))
    });
    Ok(known.collect())
}

fn pending(connection: &Connection, writer: WriterId) -> Result<Option<Batch>> {
    connection
        .prepare_cached(
            "SELECT sequence, seq, revisions, body FROM batch WHERE writer = ? ORDER BY sequence LIMIT 1",
        )
        .doing("prepare labels for sharing")?
        .query_row([writer.0.as_bytes()], |row| {
            Ok(Batch {
                writer,
                sequence: row.get::<_, i64>(0)?.unsigned_abs(),
                seq: row.get(1)?,
                revisions: row.get::<_, i64>(2)?.unsigned_abs(),
                body: row.get(3)?,
            })
        })
        .optional()
        .doing("prepare labels for sharing")
}

fn fix(
    connection: &Connection,
    writer: WriterId,
    most: usize,
    line: &dyn Fn(&SampleKey, &Revision) -> String,
) -> Result<Option<Batch>> {
    let doing = "prepare labels for sharing";
    let from: i64 = connection
        .query_row("SELECT ifnull(max(seq), 0) FROM share", [], |row| row.get(0))
        .doing(doing)?;
    let next: i64 = connection
        .query_row(
            "SELECT ifnull(max(next), 1) FROM share WHERE writer = ?",
            [writer.0.as_bytes()],
            |row| row.get(0),
        )
        .doing(doing)?;
    let mut sql = connection
        .prepare_cached(&format!(
            "SELECT {}, sample.key, seq FROM revision JOIN sample ON sample.id = revision.sample \
             WHERE seq > ? AND pulled <> ? ORDER BY seq LIMIT ?",
            of_revision()
        ))
        .doing(doing)?;
    let mut rows = sql.query(params![from, round(connection)?, most as i64]).doing(doing)?;
    let (mut body, mut revisions, mut seq) = (Vec::new(), 0, from);
    while let Some(row) = rows.next().doing(doing)? {
        let (revision, key) = (revision_at(row).doing(doing)?, key_at(row, 15).doing(doing)?);
        body.extend_from_slice(line(&key, &revision).as_bytes());
        body.push(b'\n');
        revisions += 1;
        seq = row.get(16).doing(doing)?;
        if body.len() >= LONGEST {
            break;
        }
    }
    if revisions == 0 {
        // What came from others need not be looked through again.
        connection
            .execute(
                "INSERT INTO share (writer, next, seq) SELECT ?, 1, ifnull(max(seq), 0) FROM revision WHERE true \
                 ON CONFLICT (writer) DO UPDATE SET seq = max(seq, excluded.seq)",
                [writer.0.as_bytes()],
            )
            .doing(doing)?;
        return Ok(None);
    }
    let batch = Batch { writer, sequence: next.unsigned_abs(), revisions, body, seq };
    connection
        .execute(
            "INSERT INTO batch (writer, sequence, seq, revisions, body) VALUES (?, ?, ?, ?, ?)",
            params![writer.0.as_bytes(), next, seq, revisions as i64, batch.body],
        )
        .doing(doing)?;
    Ok(Some(batch))
}

fn take_in(
    connection: &Connection,
    author: &str,
    revisions: &[(SampleKey, Revision)],
    from: Shared,
) -> Result<(TakenIn, Vec<(SampleKey, SampleKey)>)> {
    let here = round(connection)?;
    let many = Many::together(connection, revisions.len())?;
    let mut taken = TakenIn::default();
    let mut touched = BTreeSet::new();
    let mut moved = BTreeSet::new();
    for (key, revision) in revisions {
        let id = sample_of(&many, key)?;
        if !insert_by(&mut many.revision(), id, revision, here)? {
            if from == Shared::Log {
                is_there(connection, revision, here)?;
            }
            continue;
        }
        taken.new += 1;
        touched.insert(id);
        if let Some(from) = &revision.moved_from {
            moved.extend([sample_of(&many, from)?, id]);
        }
    }
    let left = carry::signposts(connection, &moved)?;
    touched.extend(moved);
    let mut signposts = Vec::new();
    for id in &touched {
        let Some(mut sample) = Sample::load_of(&many, *id)? else { continue };
        sample.store_in(&many)?;
        if sample.moved_to.is_some() {
            signposts.push(*id);
        }
    }
    taken.samples = touched.len() as u64;
    many.finish()?;
    if !signposts.is_empty() {
        let many = Many::begin(connection, usize::MAX)?;
        let at = revisions.iter().map(|(_, revision)| revision.at).max().unwrap_or_default();
        let mut ledger = Ledger::of_many(&many, author, at);
        signposts.into_iter().try_for_each(|id| carry::along(&many, &mut ledger, id))?;
        many.finish()?;
    }
    Ok((taken, left))
}

/// What was known here already and was just read in the output need not be sent there.
fn is_there(connection: &Connection, revision: &Revision, here: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE revision SET pulled = ?1 WHERE id = ?2 AND pulled <> ?1")
        .and_then(|mut sql| sql.execute(params![here, revision.id.0.as_bytes()]))
        .doing("take labels in")
        .map(drop)
}

/// Which output it is, counted from 1: what `revision.pulled` holds of those that were read in it.
fn round(connection: &Connection) -> Result<i64> {
    let said = meta::get(connection, "outputs")?;
    Ok(said.and_then(|said| said.parse().ok()).unwrap_or(1))
}

/// What is noted about one output must not be about another.
fn same_output(connection: &Connection, output: Option<&str>) -> Result<()> {
    let now = meta::get(connection, "output")?;
    (now.as_deref() == output).then_some(()).ok_or(WorkspaceError::OutputChanged)
}

/// Another output: everything that is known here is to be shared there, whoever made it, and nothing was read yet.
pub(super) fn begin_anew(connection: &Connection) -> Result<()> {
    let next = round(connection)? + 1;
    meta::set(connection, "outputs", Some(&next.to_string()))?;
    connection
        .execute_batch("DELETE FROM share; DELETE FROM batch; DELETE FROM writer_log;")
        .doing("change the output")
}

/// The row of a key; one that is not in the source, as far as is known, if there was none.
fn sample_of(many: &Many<'_>, key: &SampleKey) -> Result<i64> {
    let doing = "take labels in";
    let known = many
        .prepare_cached("SELECT id FROM sample WHERE key = ?")
        .doing(doing)?
        .query_row([key.as_bytes()], |row| row.get(0))
        .optional()
        .doing(doing)?;
    if let Some(id) = known {
        return Ok(id);
    }
    many.prepare_cached(
        "INSERT INTO sample (key, part, size, etag, present, state) VALUES (?, ?, 0, '', 0, 2)",
    )
    .and_then(|mut sql| sql.execute(params![key.as_bytes(), part_hash(key)]))
    .doing(doing)?;
    let id = many.last_insert_rowid();
    many.added(id, Counted { state: 2, micros: None })?;
    Ok(id)
}
