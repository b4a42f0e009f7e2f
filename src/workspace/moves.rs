//! Moved files: a new key whose audio is that of a missing one, one to one, takes over its history.
//!
//! The new key gets revisions with the old heads as parents; the old row stays as a signpost that no list and no total
//! holds, so that an id that somebody still has leads to where the sample is now. New keys are compared by size groups;
//! what is not certain stays what it is, a missing and a new file, and is counted as a possible move.

use super::apply::{AIM, Hash, On};
use super::codec::{flags_to_json, ids_to_blob, nanos};
use super::drafts;
use super::error::{Doing, Result};
use super::import::stable_id;
use super::ledger::{Entry, Ledger};
use super::sample::{Sample, text};
use crate::crash;
use crate::domain::{AudioStamp, Change, How, RevisionId, SampleKey};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeSet, HashMap};
use std::time::Instant;
use uuid::Uuid;

/// The namespace of the ids of moves. Never to change: every machine that sees a move makes the same revisions.
pub(super) const MOVES: Uuid = Uuid::from_u128(0x8f0b_3c52_94d7_5b0e_a4a6_0c6f_1d5e_2a93);

/// How far the comparison of new and missing files got.
#[derive(Debug, Default)]
pub(super) struct Search {
    group: Option<Group>,
}

/// New and missing files of one size.
#[derive(Debug)]
struct Group {
    size: i64,
    new: Vec<File>,
    lost: Vec<File>,
    /// How many of the new ones need no hash any more.
    hashed: usize,
    /// Once compared: certain moves, from missing to new, that are still to be written.
    certain: Option<Vec<(i64, i64)>>,
}

/// What a step found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) moved_new: u64,
    pub(super) moved_back: u64,
    /// Of the moved, how many this sync had counted as missing.
    pub(super) missed_now: u64,
    pub(super) possible: u64,
    pub(super) finished: bool,
}

/// A file of the group, new or missing.
#[derive(Debug)]
struct File {
    id: i64,
    key: SampleKey,
    etag: String,
    sha256: Option<[u8; 32]>,
}

impl Search {
    /// Hashes some files, or compares a group, or writes some of its moves.
    pub(super) fn step(
        &mut self,
        connection: &mut Connection,
        on: &On<'_>,
        chunk: usize,
        hash: Hash<'_>,
    ) -> Result<Found> {
        let Some(mut group) =
            self.group.take().map_or_else(|| next_group(connection), |group| Ok(Some(group)))?
        else {
            return Ok(Found { finished: true, ..Found::default() });
        };
        let found = match &mut group.certain {
            None if group.lost.iter().any(|file| file.sha256.is_some())
                && group.hashed < group.new.len() =>
            {
                group.hash_some(connection, on, hash)?;
                Found::default()
            }
            None => {
                let (certain, possible) = compare(&group.new, &group.lost);
                group.certain = Some(certain);
                Found { possible, ..Found::default() }
            }
            Some(certain) if certain.is_empty() => {
                settle_rest(connection, on, group.size)?;
                return Ok(Found::default());
            }
            Some(certain) => {
                let rest = certain.len().saturating_sub(chunk.div_ceil(4));
                write(connection, on, certain.split_off(rest))?
            }
        };
        self.group = Some(group);
        Ok(found)
    }
}

impl Group {
    /// Hashes new files for as long as a step may take, and writes that down.
    fn hash_some(
        &mut self,
        connection: &mut Connection,
        on: &On<'_>,
        hash: Hash<'_>,
    ) -> Result<()> {
        let began = Instant::now();
        let first = self.hashed;
        while self.hashed < self.new.len() && began.elapsed() < AIM {
            let file = &mut self.new[self.hashed];
            file.sha256 = file.sha256.or_else(|| hash(&file.key));
            self.hashed += 1;
        }
        let transaction = on.begin(connection)?;
        for file in &self.new[first..self.hashed] {
            transaction
                .prepare_cached("UPDATE sample SET sha256 = ? WHERE id = ?")
                .and_then(|mut sql| sql.execute(params![file.sha256, file.id]))
                .doing("compare new files")?;
        }
        crash::point("workspace.moves.written");
        transaction.commit().doing("compare new files")
    }
}

fn write(connection: &mut Connection, on: &On<'_>, some: Vec<(i64, i64)>) -> Result<Found> {
    let transaction = on.begin(connection)?;
    let mut found = Found::default();
    let mut keys = Vec::new();
    let mut ledger = Ledger::new(&transaction, &on.me.author, on.at);
    for (from, to) in some {
        let (back, missed): (bool, Option<i64>) = transaction
            .prepare_cached(
                "SELECT new.fresh = 2, old.missed_at FROM sample AS new, sample AS old WHERE old.id = ? AND new.id = ?",
            )
            .and_then(|mut sql| sql.query_row([from, to], |row| Ok((row.get(0)?, row.get(1)?))))
            .doing("follow a moved file")?;
        if let Some(names) = relocate(&transaction, &mut ledger, from, to)? {
            keys.push(names);
            found.moved_back += u64::from(back);
            found.moved_new += u64::from(!back);
            found.missed_now += u64::from(missed == Some(nanos(on.at)));
        }
    }
    // Before the commit: after a crash in between, the next run makes the same move again.
    drafts::follow(on.workspace, &keys)?;
    crash::point("workspace.moves.written");
    transaction.commit().doing("follow a moved file")?;
    Ok(found)
}

/// The smallest size of which there are new files to be compared.
fn next_group(connection: &Connection) -> Result<Option<Group>> {
    let size: Option<i64> = connection
        .prepare_cached("SELECT size FROM sample WHERE fresh > 0 ORDER BY size LIMIT 1")
        .doing("compare new files")?
        .query_row([], |row| row.get(0))
        .optional()
        .doing("compare new files")?;
    let Some(size) = size else { return Ok(None) };
    let new = files(
        connection,
        "SELECT id, key, etag, sha256 FROM sample WHERE fresh > 0 AND size = ?",
        size,
    )?;
    let lost = files(
        connection,
        "SELECT id, key, etag, sha256 FROM sample WHERE state = 2 AND size = ?",
        size,
    )?;
    Ok(Some(Group { size, new, lost, hashed: 0, certain: None }))
}

fn files(connection: &Connection, sql: &str, size: i64) -> Result<Vec<File>> {
    connection
        .prepare_cached(sql)
        .doing("compare new files")?
        .query_map([size], |row| {
            Ok(File {
                id: row.get(0)?,
                key: SampleKey::new(row.get::<_, Vec<u8>>(1)?),
                etag: row.get(2)?,
                sha256: row.get(3)?,
            })
        })
        .doing("compare new files")?
        .collect::<rusqlite::Result<_>>()
        .doing("compare new files")
}

/// Pairs that match one to one, and how many new files match otherwise.
fn compare(new: &[File], lost: &[File]) -> (Vec<(i64, i64)>, u64) {
    let mut by_hash: HashMap<[u8; 32], Vec<usize>> = HashMap::new();
    let mut by_etag: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, file) in lost.iter().enumerate() {
        if let Some(sha256) = file.sha256 {
            by_hash.entry(sha256).or_default().push(index);
        }
        by_etag.entry(&file.etag).or_default().push(index);
    }
    let mut claims = vec![0_u32; lost.len()];
    let mut matches = Vec::new();
    for file in new {
        let same_hash = file.sha256.and_then(|sha256| by_hash.get(&sha256)).into_iter().flatten();
        // A hash on both sides has spoken already.
        let same_etag = by_etag
            .get(file.etag.as_str())
            .into_iter()
            .flatten()
            .filter(|index| file.sha256.is_none() || lost[**index].sha256.is_none());
        // Two say as well as all that it is not one to one.
        let found: Vec<usize> = same_hash.chain(same_etag).copied().take(2).collect();
        for index in &found {
            claims[*index] += 1;
        }
        matches.push((file.id, found));
    }
    let mut certain = Vec::new();
    let mut possible = 0;
    for (new, found) in matches {
        match found.as_slice() {
            [] => {}
            [only] if claims[*only] == 1 => certain.push((lost[*only].id, new)),
            _ => possible += 1,
        }
    }
    (certain, possible)
}

/// What has not moved for certain is simply new, from now on.
fn settle_rest(connection: &mut Connection, on: &On<'_>, size: i64) -> Result<()> {
    let transaction = on.begin(connection)?;
    transaction
        .prepare_cached("UPDATE sample SET fresh = 0 WHERE fresh > 0 AND size = ?")
        .and_then(|mut sql| sql.execute([size]))
        .doing("compare new files")?;
    crash::point("workspace.moves.written");
    transaction.commit().doing("compare new files")
}

/// Lets one sample's history go on under another key; `None` if one of them is not there any more.
fn relocate(
    connection: &Connection,
    ledger: &mut Ledger<'_, '_>,
    from: i64,
    to: i64,
) -> Result<Option<(SampleKey, SampleKey)>> {
    let (Some(old), Some(mut new)) =
        (Sample::load(connection, from)?, Sample::load(connection, to)?)
    else {
        return Ok(None);
    };
    for sql in [
        "UPDATE sample AS new SET fresh = 0, probed = old.probed, micros = old.micros, info = old.info, \
         audio_error = old.audio_error, sha256 = coalesce(new.sha256, old.sha256) \
         FROM sample AS old WHERE old.id = ?1 AND new.id = ?2",
        "UPDATE OR REPLACE suggestion SET sample = ?2 WHERE sample = ?1",
        "UPDATE OR REPLACE peaks SET sample = ?2 WHERE sample = ?1",
        "UPDATE peaks SET size = sample.size, etag = sample.etag FROM sample WHERE sample.id = peaks.sample \
         AND peaks.sample = ?2 AND ?1 = ?1",
        "UPDATE sample SET moved_to = ?2 WHERE id = ?1",
    ] {
        connection
            .prepare_cached(sql)
            .and_then(|mut sql| sql.execute([from, to]))
            .doing("follow a moved file")?;
    }
    new.suggestion = old.suggestion.clone().or(new.suggestion);
    new.micros = old.micros;
    let entries = entries(connection, &old, &new)?;
    if entries.is_empty() {
        new.store(connection)?;
    } else {
        ledger.append(&mut new, entries)?;
    }
    if let Some(mut left) = Sample::load(connection, from)? {
        left.store(connection)?;
    }
    Ok(Some((old.key, new.key)))
}

/// A change that comes along, the audio that it was made on, and who made it when.
type Carried = (Change, Option<AudioStamp>, Option<(String, Timestamp)>);

/// Every text in force and every flag that is set, as revisions of the new key. Their authors stay who they were.
fn entries(connection: &Connection, old: &Sample, new: &Sample) -> Result<Vec<Entry>> {
    let standing = old.heads.standing();
    let mut parents: BTreeSet<RevisionId> = old.heads.content.iter().map(|head| head.id).collect();
    parents.extend(old.heads.flags.values().flatten().map(|(id, _)| *id));
    parents.extend(old.heads.deletion.iter().map(|(id, _)| *id));
    // A file that moved back: what it had here before its journey is history, and its leaving is over.
    let left = old.history.iter().filter(|known| known.moved_from.as_ref() == Some(&new.key));
    parents.extend(left.map(|revision| revision.id));
    let known: BTreeSet<RevisionId> =
        old.history.iter().flat_map(|revision| &revision.parents).copied().collect();
    parents.extend(new.history.iter().map(|revision| revision.id).filter(|id| known.contains(id)));
    let parents: Vec<RevisionId> = parents.into_iter().collect();

    let mut changes: Vec<Carried> = Vec::new();
    for head in &old.heads.content {
        let heard = match &head.heard {
            Some(heard) => Some(heard_there(connection, old, new, heard)?),
            None => None,
        };
        let change = Change { content: Some(head.content.clone()), ..Change::default() };
        changes.push((change, heard, Some((head.author.clone(), head.at))));
    }
    // It was in the trash, and is not: what somebody knew who moves it, and what a deletion that comes late does not end.
    let restored = (!old.heads.deletion.is_empty()).then_some(standing.deleted);
    if !standing.flags.is_empty() || restored.is_some() {
        if changes.is_empty() {
            let flagged = old.history.iter().filter(|known| parents.contains(&known.id));
            let by = flagged.max_by_key(|known| known.id);
            let by = by.map(|known| (known.author.clone(), known.at));
            changes.push((Change::default(), None, by));
        }
        if let Some((first, ..)) = changes.first_mut() {
            first.flags_added.clone_from(&standing.flags);
            first.deleted = restored;
        }
    }
    let entry =
        |(change, heard, by): (Change, Option<AudioStamp>, Option<(String, Timestamp)>)| Entry {
            id: Some(id_of(old, new, &change, &parents)),
            parents: parents.clone(),
            how: How::Move,
            heard,
            change,
            by,
            moved_from: Some(old.key.clone()),
            extra: None,
        };
    let mut entries: Vec<Entry> = changes.into_iter().map(entry).collect();
    entries.dedup_by(|a, b| a.id == b.id);
    entries.retain(|entry| !new.history.iter().any(|known| Some(known.id) == entry.id));
    Ok(entries)
}

/// The audio that was heard, as it is listed where the file went; as it was where that is not known yet.
pub(super) fn heard_there(
    connection: &Connection,
    old: &Sample,
    new: &Sample,
    heard: &AudioStamp,
) -> Result<AudioStamp> {
    let known = old.stamp.is_known() && new.stamp.is_known();
    Ok(if known && holds(connection, old, heard)? { new.stamp.clone() } else { heard.clone() })
}

/// Whether a stamp is that of the audio as it last was.
fn holds(connection: &Connection, sample: &Sample, heard: &AudioStamp) -> Result<bool> {
    if *heard == sample.stamp {
        return Ok(true);
    }
    connection
        .prepare_cached("SELECT 1 FROM same_audio WHERE sample = ? AND size = ? AND etag = ?")
        .and_then(|mut sql| sql.exists(params![sample.id, heard.size as i64, heard.etag]))
        .doing("follow a moved file")
}

fn id_of(old: &Sample, new: &Sample, change: &Change, parents: &[RevisionId]) -> RevisionId {
    let content = change.content.as_ref();
    let kind = match content.map(text) {
        None => "flags",
        Some(None) => "removed",
        Some(Some(_)) => "set",
    };
    stable_id(
        MOVES,
        &[
            old.key.as_bytes(),
            new.key.as_bytes(),
            kind.as_bytes(),
            content.and_then(text).unwrap_or_default().as_bytes(),
            flags_to_json(&change.flags_added).unwrap_or_default().as_bytes(),
            &ids_to_blob(parents),
        ],
    )
}
