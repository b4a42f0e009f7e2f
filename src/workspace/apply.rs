//! A complete listing brought into the workspace, step by step; each step may be the last one before a crash.
//!
//! First what is gone is marked missing, then each listed key is looked at, then new keys are compared with missing
//! ones (`moves`). Every step leaves the workspace right, and running them all again changes nothing.

use super::carry;
use super::codec::{key_at, nanos, part_hash, size_at};
use super::drafts;
use super::error::{Doing, Result, WorkspaceError};
use super::file;
use super::identity::Identity;
use super::kinds::{Listed, Step};
use super::leases;
use super::ledger::Ledger;
use super::many::{Counted, Many};
use super::moves;
use super::presence::Presence;
use super::sample::{Sample, time_at};
use super::staging::Staging;
use crate::crash;
use crate::domain::{SampleKey, SampleState, Standing, SyncReport};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a step aims at; the promise is 50 ms.
pub(super) const AIM: Duration = Duration::from_millis(25);
/// A sync that writes nothing renews its lease, which lasts a minute, so often.
const RENEW: SignedDuration = SignedDuration::from_secs(15);
const SMALLEST: usize = 32;
const LARGEST: usize = 8_192;

/// Gives the SHA-256 of a listed file, where that can be had.
pub(super) type Hash<'h> = &'h mut dyn FnMut(&SampleKey) -> Option<[u8; 32]>;

/// A sync that is being applied.
#[derive(Debug)]
pub struct SyncRun {
    pub(super) at: Timestamp,
    /// When the sync lease was last renewed.
    renewed: Timestamp,
    /// What was put into the source since is not missing because the listing does not hold it.
    spared_since: Option<Timestamp>,
    phase: Phase,
    report: SyncReport,
    done: u64,
    of: u64,
    chunk: usize,
}

impl SyncRun {
    /// Finds no sample missing whose audio was put into the source at this time or later, by the source's own clock: it
    /// may have come in behind the listing's back.
    pub fn spare_since(&mut self, time: Timestamp) {
        self.spared_since = Some(time);
    }

    /// Whether the lease wants renewing though there is nothing to write.
    fn lease_ages(&self, on: &On<'_>) -> bool {
        on.now.duration_since(self.renewed) > RENEW
    }
}

#[derive(Debug)]
enum Phase {
    /// Samples that the listing does not hold, behind this key.
    Missing(Vec<u8>),
    /// Listed keys, behind this one.
    Listed(Vec<u8>),
    Moves(moves::Search),
}

/// A listed key beside the sample that stands under it.
struct Pair {
    listed: Listed,
    sample: Option<Known>,
    /// The file's hash, where only that can tell whether it changed.
    hash: Option<[u8; 32]>,
}

impl Pair {
    /// Nothing is to be written.
    fn is_as_listed(&self) -> bool {
        let Self { listed, sample: Some(known), .. } = self else { return false };
        known.size == listed.size
            && known.etag == listed.etag
            && known.modified == listed.modified
            && known.present
            && !known.fresh
    }
}

struct Known {
    id: i64,
    size: u64,
    etag: String,
    modified: Option<Timestamp>,
    present: bool,
    fresh: bool,
    moved: bool,
    sha256: Option<[u8; 32]>,
    /// Known by its labels alone: no listing had it yet.
    unseen: bool,
}

/// Makes the listing visible to the writing connection.
pub(super) fn begin(connection: &Connection, staging: &Staging, at: Timestamp) -> Result<SyncRun> {
    detach(connection)?;
    let path = staging.path().to_string_lossy();
    connection.execute("ATTACH ? AS listing", [&*path]).doing("open the listing")?;
    let of = connection
        .query_row(
            "SELECT (SELECT count(*) FROM listing.listed) + (SELECT ifnull(sum(samples), 0) FROM tally WHERE what < 5)",
            [],
            |row| row.get::<_, i64>(0),
        )
        .doing("read the listing")? as u64;
    Ok(SyncRun {
        at,
        renewed: at,
        spared_since: None,
        phase: Phase::Missing(Vec::new()),
        report: SyncReport::default(),
        done: 0,
        of,
        chunk: 256,
    })
}

/// Lets go of the listing, if there is one.
pub(super) fn detach(connection: &Connection) -> Result<()> {
    let attached = connection
        .prepare("SELECT 1 FROM pragma_database_list WHERE name = 'listing'")
        .and_then(|mut sql| sql.exists([]))
        .doing("close the listing")?;
    if attached {
        connection.flush_prepared_statement_cache();
        connection.execute("DETACH listing", []).doing("close the listing")?;
    }
    Ok(())
}

/// What every step of a sync works on.
pub(super) struct On<'a> {
    pub(super) workspace: &'a Path,
    pub(super) me: &'a Identity,
    pub(super) presence: &'a Presence,
    /// When this sync began to be applied: what it found missing is known by it.
    pub(super) at: Timestamp,
    pub(super) now: Timestamp,
}

/// What those need to know who write down where files went.
pub(super) struct Here<'a> {
    pub(super) workspace: &'a Path,
    pub(super) author: &'a str,
    pub(super) at: Timestamp,
}

impl On<'_> {
    fn here(&self) -> Here<'_> {
        Here { workspace: self.workspace, author: &self.me.author, at: self.at }
    }

    /// A transaction that renews the sync lease.
    pub(super) fn begin<'c>(&self, connection: &'c mut Connection) -> Result<Transaction<'c>> {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("apply the listing")?;
        file::still_known(&transaction, self.workspace)?;
        leases::take_sync(&transaction, self.me, self.presence, self.now)?;
        Ok(transaction)
    }
}

/// One step.
pub(super) fn step(
    connection: &mut Connection,
    on: &On<'_>,
    run: &mut SyncRun,
    hash: Hash<'_>,
) -> Result<Step> {
    let began = Instant::now();
    let finished = match &mut run.phase {
        Phase::Missing(behind) => {
            let behind = behind.clone();
            step_missing(connection, on, run, &behind)?;
            false
        }
        Phase::Listed(behind) => {
            let behind = behind.clone();
            step_listed(connection, on, run, &behind, hash)?;
            false
        }
        Phase::Moves(search) => {
            let found = search.step(connection, on, run.chunk, hash)?;
            run.report.possible_moves += found.possible;
            run.report.moved += found.moved_new + found.moved_back;
            run.report.added = run.report.added.saturating_sub(found.moved_new);
            run.report.restored = run.report.restored.saturating_sub(found.moved_back);
            run.report.missing = run.report.missing.saturating_sub(found.missed_now);
            found.finished
        }
    };
    adapt(&mut run.chunk, began.elapsed());
    if !finished {
        return Ok(Step::More { done: run.done, of: run.of.max(run.done) });
    }
    detach(connection)?;
    let tally = |what: &str| {
        connection
            .query_row(&format!("SELECT sum(samples) FROM tally WHERE what {what}"), [], |row| {
                row.get::<_, i64>(0)
            })
            .doing("count the samples")
            .map(|count| count as u64)
    };
    run.report.total = tally("< 4")?;
    run.report.conflicts = tally("= 6")?;
    Ok(Step::Done(run.report))
}

/// How many the next step takes, by how long this one took.
pub(super) fn adapt(chunk: &mut usize, took: Duration) {
    let factor = AIM.as_secs_f64() / took.as_secs_f64().max(1e-6);
    *chunk = ((*chunk as f64 * factor.clamp(0.25, 2.0)) as usize).clamp(SMALLEST, LARGEST);
}

fn step_missing(
    connection: &mut Connection,
    on: &On<'_>,
    run: &mut SyncRun,
    behind: &[u8],
) -> Result<()> {
    let looked: Vec<(i64, Vec<u8>, bool)> = connection
        .prepare_cached(
            "SELECT id, key, present AND NOT EXISTS (SELECT 1 FROM listing.listed WHERE listed.key = sample.key) \
             AND ifnull(modified < ?3, 1) \
             FROM sample WHERE key > ?1 ORDER BY key LIMIT ?2",
        )
        .doing("find missing files")?
        .query_map(params![behind, run.chunk as i64, run.spared_since.map(nanos)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .doing("find missing files")?
        .collect::<rusqlite::Result<_>>()
        .doing("find missing files")?;
    let gone: Vec<i64> = looked.iter().filter(|(_, _, gone)| *gone).map(|(id, ..)| *id).collect();
    if !gone.is_empty() || run.lease_ages(on) {
        mark_missing(connection, on, run, &gone)?;
    }
    run.done += looked.len() as u64;
    // The empty key is no file's: everything lies behind it.
    run.phase = match looked.into_iter().next_back() {
        Some((_, last, _)) => Phase::Missing(last),
        None => Phase::Listed(Vec::new()),
    };
    Ok(())
}

fn mark_missing(
    connection: &mut Connection,
    on: &On<'_>,
    run: &mut SyncRun,
    gone: &[i64],
) -> Result<()> {
    let transaction = on.begin(connection)?;
    run.renewed = on.now;
    let many = Many::begin(&transaction, gone.len())?;
    let mut keys = Vec::new();
    for id in gone {
        // Somebody may have changed it since it was looked at; then the next sync sees what it is now.
        let marked = many
            .prepare_cached(
                "UPDATE sample SET present = 0, fresh = 0, missed_at = ? WHERE id = ? AND present",
            )
            .and_then(|mut sql| sql.execute(params![nanos(run.at), id]))
            .doing("mark a missing file")?;
        if marked == 0 {
            continue;
        }
        // Another machine may have told already where it went.
        keys.extend(leave(&many, on, *id)?);
        let (sample, standing) = rederive(&many, *id)?;
        run.report.missing += u64::from(sample.state(&standing) == Some(SampleState::Missing));
    }
    many.finish()?;
    drafts::follow(on.workspace, &keys)?;
    crash::point("workspace.apply.written");
    transaction.commit().doing("apply the listing")?;
    crash::point("workspace.apply.committed");
    Ok(())
}

/// A key that is gone becomes a signpost where moves of it are known; then its name and the new one come back.
fn leave(many: &Many<'_>, on: &On<'_>, id: i64) -> Result<Option<(SampleKey, SampleKey)>> {
    if !carry::signpost(many, id)? {
        return Ok(None);
    }
    let mut ledger = Ledger::of_many(many, &on.me.author, on.at);
    carry::along(many, &mut ledger, id)?;
    carry::names(many, id)
}

fn step_listed(
    connection: &mut Connection,
    on: &On<'_>,
    run: &mut SyncRun,
    behind: &[u8],
    hash: Hash<'_>,
) -> Result<()> {
    let mut pairs = pairs(connection, behind, run.chunk)?;
    hash_touched(&mut pairs, hash);
    let changed = pairs.iter().filter(|pair| !pair.is_as_listed()).count();
    run.report.unchanged += (pairs.len() - changed) as u64;
    if changed > 0 || run.lease_ages(on) {
        let transaction = on.begin(connection)?;
        run.renewed = on.now;
        let many = Many::begin(&transaction, changed)?;
        for pair in pairs.iter().filter(|pair| !pair.is_as_listed()) {
            settle(&many, &on.here(), pair, &mut run.report)?;
        }
        many.finish()?;
        crash::point("workspace.apply.written");
        transaction.commit().doing("apply the listing")?;
        crash::point("workspace.apply.committed");
    }
    run.done += pairs.len() as u64;
    run.phase = match pairs.into_iter().next_back() {
        Some(last) => Phase::Listed(last.listed.key.as_bytes().to_vec()),
        None => Phase::Moves(moves::Search::default()),
    };
    Ok(())
}

fn pairs(connection: &Connection, behind: &[u8], limit: usize) -> Result<Vec<Pair>> {
    connection
        .prepare_cached(
            "SELECT listed.key, listed.size, listed.etag, listed.modified, \
             id, sample.size, sample.etag, sample.modified, present, fresh > 0, moved_to IS NOT NULL, sha256, \
             NOT present AND missed_at IS NULL \
             FROM listing.listed LEFT JOIN sample ON sample.key = listed.key \
             WHERE listed.key > ? ORDER BY listed.key LIMIT ?",
        )
        .doing("read the listing")?
        .query_map(params![behind, limit as i64], pair)
        .doing("read the listing")?
        .collect::<rusqlite::Result<_>>()
        .doing("read the listing")
}

fn pair(row: &Row<'_>) -> rusqlite::Result<Pair> {
    let sample = match row.get::<_, Option<i64>>(4)? {
        Some(_) => Some(known(row, 4)?),
        None => None,
    };
    let listed = Listed {
        key: key_at(row, 0)?,
        size: size_at(row, 1)?,
        etag: row.get(2)?,
        modified: time_at(row, 3)?,
    };
    Ok(Pair { listed, sample, hash: None })
}

/// Nine columns, from `id` on.
fn known(row: &Row<'_>, first: usize) -> rusqlite::Result<Known> {
    Ok(Known {
        id: row.get(first)?,
        size: size_at(row, first + 1)?,
        etag: row.get(first + 2)?,
        modified: time_at(row, first + 3)?,
        present: row.get(first + 4)?,
        fresh: row.get(first + 5)?,
        moved: row.get(first + 6)?,
        sha256: row.get(first + 7)?,
        unseen: row.get(first + 8)?,
    })
}

/// Asks for hashes before the transaction, so that nobody waits for a disk. What takes long ends the step early.
fn hash_touched(pairs: &mut Vec<Pair>, hash: Hash<'_>) {
    let began = Instant::now();
    let mut looked = 0;
    for pair in pairs.iter_mut() {
        looked += 1;
        let Some(known) = &pair.sample else { continue };
        if known.sha256.is_some()
            && known.size == pair.listed.size
            && known.etag != pair.listed.etag
        {
            pair.hash = hash(&pair.listed.key);
            if began.elapsed() > AIM {
                break;
            }
        }
    }
    pairs.truncate(looked);
}

/// Brings one listed key in line.
fn settle(many: &Many<'_>, here: &Here<'_>, pair: &Pair, report: &mut SyncReport) -> Result<()> {
    let connection: &Connection = many;
    let listed = &pair.listed;
    let Some(known) = &pair.sample else {
        insert(many, listed, lost_one_like(connection, listed, None)?)?;
        report.added += 1;
        return Ok(());
    };
    let same_stamp = known.size == listed.size && known.etag == listed.etag;
    let touched = !same_stamp && pair.hash.is_some() && pair.hash == known.sha256;
    if same_stamp && known.present && !known.fresh {
        report.unchanged += 1;
        if known.modified != listed.modified {
            restamp(connection, known.id, listed)?;
        }
        return Ok(());
    }
    if touched {
        keep_alias(connection, known)?;
    } else if !same_stamp {
        forget_audio(many, known, pair.hash)?;
    }
    if !same_stamp || known.modified != listed.modified {
        restamp(connection, known.id, listed)?;
    }
    let new_here = known.fresh || known.moved || known.unseen;
    let fresh = match new_here && lost_one_like(connection, listed, Some(known.id))? {
        false => 0,
        true if known.moved => 2,
        true => 1,
    };
    // What a foreign key hangs on is left alone where it can be: that costs more than the rest.
    let sql = if known.present && !known.moved {
        "UPDATE sample SET fresh = ? WHERE id = ?"
    } else {
        "UPDATE sample SET present = 1, moved_to = NULL, fresh = ? WHERE id = ?"
    };
    connection
        .prepare_cached(sql)
        .and_then(|mut sql| sql.execute([fresh, known.id]))
        .doing("apply the listing")?;
    if known.fresh && same_stamp && known.present {
        // Nothing that is derived hangs on it.
        report.added += 1;
        return Ok(());
    }
    let (mut sample, mut standing) = rederive(many, known.id)?;
    if !known.present && sample.history.iter().any(|one| one.moved_from.is_some()) {
        came_back(many, here, known.id)?;
        (sample, standing) = rederive(many, known.id)?;
    }
    let deleted = sample.state(&standing) == Some(SampleState::Deleted);
    match known {
        Known { fresh: true, .. } | Known { unseen: true, moved: false, .. } => report.added += 1,
        // In the trash, nobody saw it go.
        Known { present: false, .. } if !deleted => report.restored += 1,
        _ if same_stamp || touched => report.unchanged += 1,
        _ => report.changed += 1,
    }
    Ok(())
}

/// A file is here whose labels were, or that is back: the keys that it left on the way may be signposts to it now.
fn came_back(many: &Many<'_>, here: &Here<'_>, id: i64) -> Result<()> {
    let doing = "follow a moved file";
    let left: BTreeSet<i64> = many
        .prepare_cached(
            "SELECT sample.id FROM revision JOIN sample ON sample.key = moved_from \
             WHERE revision.sample = ? AND moved_from IS NOT NULL",
        )
        .doing(doing)?
        .query_map([id], |row| row.get(0))
        .doing(doing)?
        .collect::<rusqlite::Result<_>>()
        .doing(doing)?;
    let names = carry::signposts(many, &left)?;
    let mut ledger = Ledger::of_many(many, here.author, here.at);
    for id in left {
        rederive(many, id)?;
        carry::along(many, &mut ledger, id)?;
    }
    drafts::follow(here.workspace, &names)
}

/// Brings one file in line that was listed by itself.
pub(super) fn take_in(connection: &Connection, here: &Here<'_>, listed: &Listed) -> Result<()> {
    let sample = connection
        .prepare_cached(
            "SELECT id, size, etag, modified, present, fresh > 0, moved_to IS NOT NULL, sha256, \
             NOT present AND missed_at IS NULL \
             FROM sample WHERE key = ?",
        )
        .doing("add a sample")?
        .query_row([listed.key.as_bytes()], |row| known(row, 0))
        .optional()
        .doing("add a sample")?;
    let pair = Pair { listed: listed.clone(), sample, hash: None };
    let many = Many::begin(connection, 1)?;
    settle(&many, here, &pair, &mut SyncReport::default())?;
    many.finish()
}

/// A new sample. `fresh`: it is still to be compared with the missing ones.
pub(super) fn insert(many: &Many<'_>, listed: &Listed, fresh: bool) -> Result<bool> {
    let rows = many
        .prepare_cached(
            "INSERT OR IGNORE INTO sample (key, part, size, etag, modified, fresh) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .and_then(|mut sql| {
            sql.execute(params![
                listed.key.as_bytes(),
                part_hash(&listed.key),
                listed.size as i64,
                listed.etag,
                listed.modified.map(nanos),
                fresh,
            ])
        })
        .doing("add a sample")?;
    if rows > 0 {
        many.added(many.last_insert_rowid(), Counted { state: 0, micros: None })?;
    }
    Ok(rows > 0)
}

/// Whether a file of this size is missing under another name. Empty files are all alike and say nothing.
fn lost_one_like(connection: &Connection, listed: &Listed, own: Option<i64>) -> Result<bool> {
    if listed.size == 0 {
        return Ok(false);
    }
    connection
        .prepare_cached("SELECT 1 FROM sample WHERE state = 2 AND size = ? AND id IS NOT ?")
        .and_then(|mut sql| sql.exists(params![listed.size as i64, own]))
        .doing("find missing files")
}

fn restamp(connection: &Connection, id: i64, listed: &Listed) -> Result<()> {
    connection
        .prepare_cached("UPDATE sample SET size = ?, etag = ?, modified = ? WHERE id = ?")
        .and_then(|mut sql| {
            sql.execute(params![listed.size as i64, listed.etag, listed.modified.map(nanos), id])
        })
        .doing("apply the listing")?;
    Ok(())
}

/// The same audio under a new stamp: labels made under the old one still hold, and so does what was found out.
fn keep_alias(connection: &Connection, known: &Known) -> Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO same_audio (sample, size, etag) VALUES (?, ?, ?)")
        .and_then(|mut sql| sql.execute(params![known.id, known.size as i64, known.etag]))
        .doing("apply the listing")?;
    Ok(())
}

/// Other audio: what was found out about the old one no longer holds.
fn forget_audio(many: &Many<'_>, known: &Known, sha256: Option<[u8; 32]>) -> Result<()> {
    let id = known.id;
    // Looked at once more: somebody may have labeled it since.
    let counted = many
        .prepare_cached("SELECT state, micros FROM sample WHERE id = ?")
        .and_then(|mut sql| {
            sql.query_row([id], |row| Ok(Counted { state: row.get(0)?, micros: row.get(1)? }))
        })
        .doing("apply the listing")?;
    many.became(counted, Counted { micros: None, ..counted });
    many
        .prepare_cached(
            "UPDATE sample SET probed = 0, micros = NULL, info = NULL, sha256 = ?, audio_error = NULL WHERE id = ?",
        )
        .and_then(|mut sql| sql.execute(params![sha256, id]))
        .doing("apply the listing")?;
    for sql in ["DELETE FROM same_audio WHERE sample = ?", "DELETE FROM peaks WHERE sample = ?"] {
        many.prepare_cached(sql)
            .and_then(|mut sql| sql.execute([id]))
            .doing("apply the listing")?;
    }
    Ok(())
}

/// Derives a sample's columns anew.
pub(super) fn rederive(many: &Many<'_>, id: i64) -> Result<(Sample, Standing)> {
    let mut sample = Sample::load_of(many, id)?
        .ok_or(WorkspaceError::NoSuchSample(crate::domain::SampleId(id)))?;
    let standing = sample.store_in(many)?;
    Ok((sample, standing))
}
