//! Undo and redo of actions, across restarts: the former values are appended, nothing is taken away.

use super::codec::{nanos, uuid_at};
use super::error::{Doing, Result};
use super::ledger::{Entry, Ledger};
use super::many::Many;
use super::sample::Sample;
use crate::domain::{ActionId, How, Skip, UndoReport, invert};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

/// Which way along the line of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Undo,
    Redo,
}

struct Next {
    seq: i64,
    what: String,
    /// The action to invert: the one that was done, or its undo, or the redo of that, …
    tip: ActionId,
}

/// Takes one step within the caller's transaction, and says as what action; `None` at the end of the line.
pub(super) fn step(
    connection: &Connection,
    author: &str,
    way: Way,
    at: Timestamp,
) -> Result<Option<(ActionId, UndoReport)>> {
    let Some(next) = next(connection, author, way)? else { return Ok(None) };
    let how = match way {
        Way::Undo => How::Undo,
        Way::Redo => How::Redo,
    };
    let touched = touched(connection, next.tip)?;
    let many = Many::together(connection, touched.len())?;
    let mut ledger = Ledger::of_many(&many, author, at);
    let mut last = None;
    for sample in Sample::each_of(&many, &touched) {
        let Some(mut sample) = sample? else { continue };
        let inverses =
            if sample.moved_to.is_some() { None } else { invert(&sample.history, next.tip) };
        let Some(inverses) = inverses else {
            ledger.skip(Skip::ChangedSince);
            continue;
        };
        let entries = inverses.into_iter().map(|inverse| Entry {
            id: None,
            parents: inverse.parents,
            how: how.clone(),
            heard: inverse.heard,
            change: inverse.change,
            by: None,
            moved_from: None,
            extra: None,
        });
        ledger.append(&mut sample, entries.collect())?;
        last = Some(sample.key);
    }
    // Where everything changed since, nothing was written that could be inverted the other way.
    let line = match way {
        _ if ledger.changed() == 0 => "none",
        Way::Undo => "redo",
        Way::Redo => "undo",
    };
    connection
        .prepare_cached("UPDATE action SET line = ?2, tip = ?3 WHERE seq = ?1")
        .and_then(|mut sql| sql.execute(params![next.seq, line, ledger.action().0.as_bytes()]))
        .doing("file an action")?;
    record(connection, author, &ledger, &next.what, how.name(), at)?;
    let report = UndoReport {
        what: next.what,
        changed: ledger.changed(),
        changed_since: ledger.skipped(&Skip::ChangedSince),
        sample: last.filter(|_| touched.len() == 1),
    };
    let action = ledger.action();
    many.finish()?;
    Ok(Some((action, report)))
}

/// Undo takes the newest that stands; redo the one undone last, which is the oldest that is undone.
fn next(connection: &Connection, author: &str, way: Way) -> Result<Option<Next>> {
    let sql = match way {
        Way::Undo => {
            "SELECT seq, what, tip FROM action WHERE author = ? AND line = 'undo' ORDER BY seq DESC LIMIT 1"
        }
        Way::Redo => {
            "SELECT seq, what, tip FROM action WHERE author = ? AND line = 'redo' ORDER BY seq LIMIT 1"
        }
    };
    connection
        .query_row(sql, [author], |row| {
            Ok(Next { seq: row.get(0)?, what: row.get(1)?, tip: ActionId(uuid_at(row, 2)?) })
        })
        .optional()
        .doing("find the last action")
}

fn touched(connection: &Connection, action: ActionId) -> Result<Vec<i64>> {
    connection
        .prepare_cached("SELECT DISTINCT sample FROM revision WHERE action = ? ORDER BY sample")
        .doing("read an action")?
        .query_map([action.0.as_bytes()], |row| row.get(0))
        .doing("read an action")?
        .collect::<rusqlite::Result<_>>()
        .doing("read an action")
}

/// Keeps the undo itself on file, where it is never a step of its own.
fn record(
    connection: &Connection,
    author: &str,
    ledger: &Ledger<'_, '_>,
    what: &str,
    how: &str,
    at: Timestamp,
) -> Result<()> {
    if ledger.changed() == 0 {
        return Ok(());
    }
    let id: Uuid = ledger.action().0;
    connection
        .prepare_cached("INSERT INTO action (id, author, what, at, line, tip) VALUES (?1, ?2, ?3, ?4, 'none', ?1)")
        .and_then(|mut sql| sql.execute(params![id.as_bytes(), author, format!("{how} {what}"), nanos(at)]))
        .doing("file an action")?;
    Ok(())
}
