//! The one place where revisions are written: all those of one action, in one transaction.

use super::codec::{REVISION, REVISION_COLUMNS, flags_to_json, ids_to_blob, nanos};
use super::error::{Doing, Result};
use super::many::Many;
use super::sample::Sample;
use crate::domain::{
    ActionId, ActionReport, AudioStamp, Change, ContentChange, How, Revision, RevisionId,
    SampleKey, Skip, Standing,
};
use jiff::Timestamp;
use rusqlite::{Connection, Statement, ToSql, params};
use uuid::Uuid;

/// In `revision.pulled`: it was made here.
const OWN: i64 = 0;
/// Columns of a revision that is written: its own, and those that place it in this workspace.
pub(super) const COLUMNS: usize = REVISION_COLUMNS + 2;

/// A revision to be made. What it leaves open is the ledger's to fill in.
#[derive(Debug)]
pub(super) struct Entry {
    /// Deterministic ids only; else a new one is taken.
    pub(super) id: Option<RevisionId>,
    pub(super) parents: Vec<RevisionId>,
    pub(super) how: How,
    pub(super) heard: Option<AudioStamp>,
    pub(super) change: Change,
    /// Author and time, where they are not the actor's and now.
    pub(super) by: Option<(String, Timestamp)>,
    pub(super) moved_from: Option<SampleKey>,
    /// What is kept and passed on besides: a JSON object.
    pub(super) extra: Option<String>,
}

impl Entry {
    /// A change that supersedes every head of the fields that it touches, made on the audio as it is now.
    pub(super) fn on(sample: &Sample, how: How, change: Change) -> Self {
        Self {
            id: None,
            parents: sample.heads.parents_of(&change),
            how,
            heard: Some(sample.stamp.clone()),
            change,
            by: None,
            moved_from: None,
            extra: None,
        }
    }
}

/// Ids of new revisions, ascending: the first is drawn, each further one is the next number. A draw for each would ask
/// the system for chance a hundred thousand times.
#[derive(Debug, Default)]
struct Ids(Option<u128>);

impl Ids {
    /// The bits of a version 7 id below its variant, all but random.
    const LOW: u128 = (1 << 62) - 1;

    fn next(&mut self) -> RevisionId {
        let following = self.0.filter(|last| last & Self::LOW < Self::LOW).map(|last| last + 1);
        let id = following.unwrap_or_else(|| Uuid::now_v7().as_u128());
        self.0 = Some(id);
        RevisionId(Uuid::from_u128(id))
    }
}

/// An action that is being written. Nothing of it counts before the transaction around it commits.
pub(super) struct Ledger<'l, 'c> {
    connection: &'l Connection,
    /// Where the transaction changes many samples.
    many: Option<&'l Many<'c>>,
    author: &'l str,
    at: Timestamp,
    action: ActionId,
    ids: Ids,
    changed: u64,
    skipped: Vec<(Skip, u64)>,
}

impl<'l, 'c> Ledger<'l, 'c> {
    pub(super) fn new(connection: &'l Connection, author: &'l str, at: Timestamp) -> Self {
        Self {
            connection,
            many: None,
            author,
            at,
            action: ActionId(Uuid::now_v7()),
            ids: Ids::default(),
            changed: 0,
            skipped: Vec::new(),
        }
    }

    /// As [`Ledger::new`], for one that changes many samples.
    pub(super) fn of_many(many: &'l Many<'c>, author: &'l str, at: Timestamp) -> Self {
        Self { many: Some(many), ..Self::new(many, author, at) }
    }

    /// Appends revisions to one sample, which counts as changed, and derives its columns anew.
    pub(super) fn append(&mut self, sample: &mut Sample, entries: Vec<Entry>) -> Result<Standing> {
        for entry in entries {
            let (author, at) = entry.by.unwrap_or_else(|| (self.author.to_owned(), self.at));
            let id = entry.id.unwrap_or_else(|| self.ids.next());
            // That a file moved is nobody's action: whoever sees it writes the same.
            let moved = entry.how == How::Move;
            let revision = Revision {
                id,
                parents: entry.parents,
                action: if moved { ActionId(id.0) } else { self.action },
                author,
                at,
                how: entry.how,
                // Only a label is about how it sounded, and nobody heard what was never listed.
                heard: entry.heard.filter(|heard| {
                    heard.is_known() && matches!(entry.change.content, Some(ContentChange::Set(_)))
                }),
                change: entry.change,
                moved_from: entry.moved_from,
                extra: entry.extra,
            };
            match self.many {
                Some(many) => {
                    with_values(sample.id, &revision, OWN, |values| {
                        many.append(sample.id, values)
                    })?;
                }
                None => drop(insert(self.connection, sample.id, &revision, OWN)?),
            }
            sample.history.push(revision);
            sample.heads.apply_newest(&sample.history);
        }
        self.changed += 1;
        match self.many {
            Some(many) => sample.store_in(many),
            None => sample.store(self.connection),
        }
    }

    /// Counts a sample that is left as it is.
    pub(super) fn skip(&mut self, why: Skip) {
        match self.skipped.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count += 1,
            None => self.skipped.push((why, 1)),
        }
    }

    /// How many samples were left alone for this reason.
    pub(super) fn skipped(&self, why: &Skip) -> u64 {
        self.skipped.iter().find(|(known, _)| known == why).map_or(0, |(_, count)| *count)
    }

    /// Samples changed so far.
    pub(super) fn changed(&self) -> u64 {
        self.changed
    }

    /// The action's id.
    pub(super) fn action(&self) -> ActionId {
        self.action
    }

    /// Files the action as the author's newest, which ends the line of redo. Nothing is filed if nothing changed.
    pub(super) fn file(self, what: &str) -> Result<ActionReport> {
        let action = if self.changed > 0 {
            self.connection
                .prepare_cached(
                    "UPDATE action SET line = 'none' WHERE author = ? AND line = 'redo'",
                )
                .and_then(|mut sql| sql.execute([self.author]))
                .doing("file an action")?;
            let id = self.action.0.as_bytes();
            self.connection
                .prepare_cached("INSERT INTO action (id, author, what, at, line, tip) VALUES (?1, ?2, ?3, ?4, 'undo', ?1)")
                .and_then(|mut sql| sql.execute(params![id, self.author, what, nanos(self.at)]))
                .doing("file an action")?;
            Some(self.action)
        } else {
            None
        };
        Ok(ActionReport { action, changed: self.changed, skipped: self.skipped })
    }
}

/// Writes one revision; one whose id is known is left as it is. Returns whether it was new. `pulled`: in which output it
/// was read, counted from 1, if it was not made here.
pub(super) fn insert(
    connection: &Connection,
    sample: i64,
    revision: &Revision,
    pulled: i64,
) -> Result<bool> {
    let mut sql = connection.prepare_cached(&insert_sql()).doing("write a revision")?;
    insert_by(&mut sql, sample, revision, pulled)
}

/// Writes a revision, unless its id is known.
pub(super) fn insert_sql() -> String {
    format!(
        "INSERT INTO revision ({REVISION}, sample, pulled) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) \
         ON CONFLICT (id) DO NOTHING"
    )
}

/// As [`insert_sql`], of the rows that are given.
pub(super) fn insert_rows_sql(given: &str) -> String {
    // The first column of VALUES: the id.
    format!(
        "INSERT OR FAIL INTO revision ({REVISION}, sample, pulled) SELECT * FROM ({given}) \
         WHERE column1 IS NOT NULL ON CONFLICT (id) DO NOTHING"
    )
}

/// As [`insert`], by [`insert_sql`].
pub(super) fn insert_by(
    sql: &mut Statement<'_>,
    sample: i64,
    revision: &Revision,
    pulled: i64,
) -> Result<bool> {
    with_values(sample, revision, pulled, |values| sql.execute(values))
        .map(|rows| rows > 0)
        .doing("write a revision")
}

/// Hands a revision's columns on, in the order of [`insert_sql`].
fn with_values<T>(
    sample: i64,
    revision: &Revision,
    pulled: i64,
    take: impl FnOnce(&[&dyn ToSql]) -> T,
) -> T {
    let Change { content, flags_added, flags_removed, deleted } = &revision.change;
    let (text, removed) = match content {
        Some(ContentChange::Set(text)) => (Some(text), false),
        Some(ContentChange::Removed) => (None, true),
        None => (None, false),
    };
    take(params![
        revision.id.0.as_bytes(),
        ids_to_blob(&revision.parents),
        revision.action.0.as_bytes(),
        revision.author,
        nanos(revision.at),
        revision.how.name(),
        revision.heard.as_ref().map(|heard| heard.size as i64),
        revision.heard.as_ref().map(|heard| &heard.etag),
        text,
        removed,
        flags_to_json(flags_added),
        flags_to_json(flags_removed),
        deleted,
        revision.moved_from.as_ref().map(SampleKey::as_bytes),
        revision.extra,
        sample,
        pulled,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_and_stay_what_they_are() {
        let mut ids = Ids(Some((Uuid::now_v7().as_u128() | Ids::LOW) - 2));
        let drawn: Vec<RevisionId> = (0..5).map(|_| ids.next()).collect();
        assert!(drawn.iter().all(|id| id.0.get_version_num() == 7));
        assert!(drawn.iter().all(|id| id.0.get_variant() == uuid::Variant::RFC4122));
        assert_eq!(drawn.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
        assert!(drawn[0] < drawn[1] && drawn[3] < drawn[4]);
    }
}
