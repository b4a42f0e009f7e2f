//! Keys that a file moved away from, and what was written on them all the same.
//!
//! Both are told by the revisions alone, in whatever order they came: so machines that heard of a move before, after or
//! between labels end with the same. A key that this machine still lists is never a signpost.

use super::codec::{ids_from_blob, key_at};
use super::error::{Doing, Result};
use super::import::stable_id;
use super::ledger::{Entry, Ledger};
use super::moves::{MOVES, heard_there};
use super::sample::{Sample, text, whereabouts};
use crate::domain::{AudioStamp, Change, ContentHead, Flag, How, Revision, RevisionId, SampleKey};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;

/// Makes signposts of those that are to be such, and gives the names of those that changed, with where their ways end.
pub(super) fn signposts(
    connection: &Connection,
    moved: &BTreeSet<i64>,
) -> Result<Vec<(SampleKey, SampleKey)>> {
    let mut changed = BTreeSet::new();
    // Where one points hangs on where the others do: a file that went and came back leaves a circle at first.
    for _ in 0..=moved.len() {
        let mut any = false;
        for id in moved {
            if signpost(connection, *id)? {
                any = true;
                changed.insert(*id);
            }
        }
        if !any {
            break;
        }
    }
    changed.iter().filter_map(|id| names(connection, *id).transpose()).collect()
}

/// Makes a key that is not in the source a signpost to where the known moves say that its file went, or a plain missing
/// one if the file came back. Returns whether that changed anything.
pub(super) fn signpost(connection: &Connection, id: i64) -> Result<bool> {
    let doing = "follow a moved file";
    let row: Option<(Vec<u8>, Option<i64>)> = connection
        .prepare_cached("SELECT key, moved_to FROM sample WHERE id = ? AND present = 0")
        .doing(doing)?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .doing(doing)?;
    let Some((key, now)) = row else { return Ok(false) };
    let Some(moves) = standing_moves(connection, id, &key)? else { return Ok(false) };
    let mut to = None;
    for sample in moves {
        let end = whereabouts(connection, sample)?;
        // Moves in a circle that no listing settled yet lead nowhere.
        if end != id && (is_present(connection, end)? || !came_back(connection, id, sample)?) {
            to = Some(sample);
            break;
        }
    }
    if to == now {
        return Ok(false);
    }
    connection
        .prepare_cached("UPDATE sample SET moved_to = ?, fresh = 0 WHERE id = ?")
        .and_then(|mut sql| sql.execute(params![to, id]))
        .doing(doing)?;
    Ok(true)
}

/// Where the file of a key went, the latest first, as far as no move back is known that knew of it. `None`: nowhere ever.
fn standing_moves(connection: &Connection, id: i64, key: &[u8]) -> Result<Option<Vec<i64>>> {
    let doing = "follow a moved file";
    let away: Vec<(Vec<u8>, i64)> = connection
        .prepare_cached(
            "SELECT id, sample FROM revision WHERE moved_from = ? AND sample <> ? ORDER BY id DESC",
        )
        .doing(doing)?
        .query_map(params![key, id], |row| Ok((row.get(0)?, row.get(1)?)))
        .doing(doing)?
        .collect::<rusqlite::Result<_>>()
        .doing(doing)?;
    if away.is_empty() {
        return Ok(None);
    }
    let back: BTreeSet<RevisionId> = connection
        .prepare_cached("SELECT parents FROM revision WHERE sample = ? AND moved_from IS NOT NULL")
        .doing(doing)?
        .query_map([id], |row| Ok(ids_from_blob(row.get_ref(0)?.as_blob()?)))
        .doing(doing)?
        .collect::<rusqlite::Result<Vec<_>>>()
        .doing(doing)?
        .into_iter()
        .flatten()
        .collect();
    let stands = |id: &[u8]| !back.iter().any(|known| known.0.as_bytes() == id);
    Ok(Some(away.into_iter().filter(|(id, _)| stands(id)).map(|(_, sample)| sample).collect()))
}

/// Whether a move from there to here stands as well: then neither knew of the other, and the listing has to say.
fn came_back(connection: &Connection, here: i64, there: i64) -> Result<bool> {
    let key: Vec<u8> = connection
        .prepare_cached("SELECT key FROM sample WHERE id = ?")
        .and_then(|mut sql| sql.query_row([there], |row| row.get(0)))
        .doing("follow a moved file")?;
    Ok(standing_moves(connection, there, &key)?.is_some_and(|moves| moves.contains(&here)))
}

fn is_present(connection: &Connection, id: i64) -> Result<bool> {
    connection
        .prepare_cached("SELECT present FROM sample WHERE id = ?")
        .and_then(|mut sql| sql.query_row([id], |row| row.get(0)))
        .doing("follow a moved file")
}

/// The key of a signpost, and the one where its way ends.
pub(super) fn names(connection: &Connection, id: i64) -> Result<Option<(SampleKey, SampleKey)>> {
    let end = whereabouts(connection, id)?;
    if end == id {
        return Ok(None);
    }
    let mut sql = connection
        .prepare_cached("SELECT key FROM sample WHERE id = ?")
        .doing("follow a moved file")?;
    let mut key = |id: i64| sql.query_row([id], |row| key_at(row, 0)).doing("follow a moved file");
    Ok(Some((key(id)?, key(end)?)))
}

/// What stands on a signpost and is not yet where it points goes there, and on along the way.
pub(super) fn along(connection: &Connection, ledger: &mut Ledger<'_, '_>, from: i64) -> Result<()> {
    let (mut at, mut seen) = (from, BTreeSet::new());
    while seen.insert(at) {
        let Some(old) = Sample::load(connection, at)? else { break };
        let Some(to) = old.moved_to else { break };
        let Some(mut new) = Sample::load(connection, to)? else { break };
        let entries = entries(connection, &old, &new)?;
        if !entries.is_empty() {
            ledger.append(&mut new, entries)?;
        }
        at = to;
    }
    Ok(())
}

fn entries(connection: &Connection, old: &Sample, new: &Sample) -> Result<Vec<Entry>> {
    let copies = Copies::of(old, new);
    let mut entries = Vec::new();
    for head in &old.heads.content {
        let Some(beside) = copies.to_supersede(head) else { continue };
        let parents: BTreeSet<RevisionId> = beside.into_iter().chain([head.id]).collect();
        let heard = match &head.heard {
            Some(heard) => Some(match copies.heard(heard) {
                Some(there) => there,
                None => heard_there(connection, old, new, heard)?,
            }),
            None => None,
        };
        let change = Change { content: Some(head.content.clone()), ..Change::default() };
        let by = Some((head.author.clone(), head.at));
        entries.push(Entry { heard, ..entry(old, new, change, parents, by) });
    }
    entries.extend(copies.flags_and_deletion());
    entries.retain(|entry| !new.history.iter().any(|known| Some(known.id) == entry.id));
    Ok(entries)
}

fn entry(
    old: &Sample,
    new: &Sample,
    change: Change,
    parents: BTreeSet<RevisionId>,
    by: Option<(String, Timestamp)>,
) -> Entry {
    let parents: Vec<RevisionId> = parents.into_iter().collect();
    let spelled: Vec<u8> = parents.iter().flat_map(|id| *id.0.as_bytes()).collect();
    let what = match change.content.as_ref().map(text) {
        Some(Some(text)) => format!("carried set {text}"),
        Some(None) => "carried removed".to_owned(),
        None => {
            let names = |flags: &BTreeSet<Flag>| {
                flags.iter().map(|flag| format!("{:?}", flag.name())).collect::<Vec<_>>().join(",")
            };
            let (on, off) = (names(&change.flags_added), names(&change.flags_removed));
            format!("carried {on} {off} {:?}", change.deleted)
        }
    };
    let id = stable_id(MOVES, &[old.key.as_bytes(), new.key.as_bytes(), what.as_bytes(), &spelled]);
    Entry {
        id: Some(id),
        parents: parents.clone(),
        how: How::Move,
        heard: None,
        change,
        by,
        moved_from: Some(old.key.clone()),
        extra: None,
    }
}

/// What of the old key is on the new one already.
struct Copies<'a> {
    old: &'a Sample,
    new: &'a Sample,
    all: Vec<&'a Revision>,
}

impl<'a> Copies<'a> {
    fn of(old: &'a Sample, new: &'a Sample) -> Self {
        let all = new.history.iter().filter(|known| known.moved_from.as_ref() == Some(&old.key));
        Self { old, new, all: all.collect() }
    }

    /// The copies that a copy of this head is to supersede; `None` where none is needed.
    fn to_supersede(&self, head: &ContentHead) -> Option<Vec<RevisionId>> {
        let stands = |copy: &Revision| self.new.heads.content.iter().any(|head| head.id == copy.id);
        let older = self.ancestors(head.id);
        let stale = |copy: &Revision| {
            self.old.history.iter().any(|known| {
                older.contains(&known.id)
                    && copy.parents.contains(&known.id)
                    && known.change.content == copy.change.content
            })
        };
        let own = |copy: &Revision| {
            copy.parents.contains(&head.id) && copy.change.content.as_ref() == Some(&head.content)
        };
        let is_copied = self.all.iter().any(|copy| own(copy));
        let all = || self.all.iter().filter(|copy| stands(copy));
        let beside: Vec<RevisionId> =
            all().filter(|copy| !own(copy) && stale(copy)).map(|copy| copy.id).collect();
        if is_copied && (beside.is_empty() || !all().any(|copy| own(copy))) {
            // What somebody made of the copy stands.
            return None;
        }
        let own = all().filter(|copy| own(copy)).map(|copy| copy.id);
        Some(beside.into_iter().chain(own).collect())
    }

    /// What an earlier copy made of the audio that was heard.
    fn heard(&self, heard: &AudioStamp) -> Option<AudioStamp> {
        let of = |copy: &&&Revision| {
            self.old.history.iter().any(|known| {
                copy.parents.contains(&known.id) && known.heard.as_ref() == Some(heard)
            })
        };
        self.all.iter().filter(of).max_by_key(|copy| copy.id)?.heard.clone()
    }

    fn ancestors(&self, id: RevisionId) -> BTreeSet<RevisionId> {
        let mut found = BTreeSet::new();
        let mut left = vec![id];
        while let Some(id) = left.pop() {
            let known = self.old.history.iter().find(|known| known.id == id);
            for parent in known.into_iter().flat_map(|known| &known.parents) {
                if found.insert(*parent) {
                    left.push(*parent);
                }
            }
        }
        found
    }

    /// Flags and the deletion, as far as they changed on the old key since they were copied.
    ///
    /// A flag that is off, and a file that is not in the trash, is what a key is that nothing was done to: that goes
    /// along only to take back what went along before. Else a restoration from before the move would lift a file out of
    /// the trash that was put there after it.
    fn flags_and_deletion(&self) -> Option<Entry> {
        let mut change = Change::default();
        let mut parents = BTreeSet::new();
        for (flag, heads) in &self.old.heads.flags {
            let there = self.new.heads.flags.get(flag).map_or(&[][..], Vec::as_slice);
            let touches = |known: &Revision| known.change.of_flag(flag).is_some();
            let (replaced, takes_back) = self.older_copies(heads, there, touches);
            let on = heads.iter().any(|(_, on)| *on);
            let is_there = if on { self.all_copied(heads) } else { !takes_back };
            if is_there {
                continue;
            }
            parents.extend(heads.iter().map(|(id, _)| *id).chain(replaced));
            if on { &mut change.flags_added } else { &mut change.flags_removed }
                .insert(flag.clone());
        }
        let (heads, there) = (&self.old.heads.deletion, &self.new.heads.deletion);
        let touches = |known: &Revision| known.change.deleted.is_some();
        let (replaced, takes_back) = self.older_copies(heads, there, touches);
        let deleted = heads.iter().all(|(_, deleted)| *deleted);
        if !self.all_copied(heads) && (deleted || takes_back) {
            parents.extend(heads.iter().map(|(id, _)| *id).chain(replaced));
            change.deleted = Some(deleted);
        }
        if change.is_empty() {
            return None;
        }
        let newest = self.old.history.iter().filter(|known| parents.contains(&known.id));
        let by = newest.max_by_key(|known| known.id).map(|known| (known.author.clone(), known.at));
        Some(entry(self.old, self.new, change, parents, by))
    }

    fn all_copied(&self, heads: &[(RevisionId, bool)]) -> bool {
        heads.iter().all(|(id, _)| self.all.iter().any(|copy| copy.parents.contains(id)))
    }

    /// Of the heads there, the copies of these heads and of what they stand on; and whether one of them is set.
    fn older_copies(
        &self,
        heads: &[(RevisionId, bool)],
        there: &[(RevisionId, bool)],
        touches: impl Fn(&Revision) -> bool,
    ) -> (Vec<RevisionId>, bool) {
        let mut older: BTreeSet<RevisionId> = heads.iter().map(|(id, _)| *id).collect();
        older.extend(heads.iter().flat_map(|(id, _)| self.ancestors(*id)));
        let touching =
            self.old.history.iter().filter(|known| older.contains(&known.id) && touches(known));
        let originals: BTreeSet<RevisionId> = touching.map(|known| known.id).collect();
        let is_older =
            |copy: &&Revision| copy.parents.iter().any(|parent| originals.contains(parent));
        let copies: BTreeSet<RevisionId> =
            self.all.iter().copied().filter(is_older).map(|copy| copy.id).collect();
        let standing = there.iter().filter(|(id, _)| copies.contains(id));
        (standing.clone().map(|(id, _)| *id).collect(), standing.clone().any(|(_, set)| *set))
    }
}
