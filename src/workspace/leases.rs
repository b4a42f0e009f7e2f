//! Leases: nobody does a file twice, and one process at a time synchronizes.

use super::codec::{instance_at, nanos};
use super::error::{Doing, Result, WorkspaceError};
use super::identity::Identity;
use super::kinds::Lease;
use super::presence::Presence;
use crate::domain::InstanceId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A sync renews its lease with every step; so long after the last one, another may begin.
const SYNC: SignedDuration = SignedDuration::from_mins(1);

/// Takes or renews the lease of one sample within the caller's transaction.
pub(super) fn take(
    connection: &Connection,
    me: &Identity,
    presence: &Presence,
    sample: i64,
    at: Timestamp,
    minutes: u32,
) -> Result<Lease> {
    let held = connection
        .prepare_cached("SELECT author, instance, until FROM lease WHERE sample = ?")
        .doing("lease a sample")?
        .query_row([sample], held)
        .optional()
        .doing("lease a sample")?;
    if let Some((author, ..)) = held.filter(|held| stands(held, me, presence, at)) {
        return Ok(Lease::Other(author));
    }
    let until = end(at, SignedDuration::from_mins(i64::from(minutes)));
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO lease (sample, author, instance, until) VALUES (?, ?, ?, ?)",
        )
        .and_then(|mut sql| {
            sql.execute(params![sample, me.author, me.instance.0.as_bytes(), until])
        })
        .doing("lease a sample")?;
    Ok(Lease::Mine)
}

/// Gives back what this instance holds of one sample.
pub(super) fn release(connection: &Connection, me: &Identity, sample: i64) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM lease WHERE sample = ? AND instance = ?")
        .and_then(|mut sql| sql.execute(params![sample, me.instance.0.as_bytes()]))
        .doing("give a lease back")?;
    Ok(())
}

/// Frees what this person's dead instances still hold: after a crash, one's own sample is not somebody else's.
pub(super) fn bury(connection: &Connection, me: &Identity, presence: &Presence) -> Result<()> {
    let doing = "clear old leases";
    let instances: Vec<InstanceId> = connection
        .prepare_cached("SELECT DISTINCT instance FROM lease WHERE author = ?")
        .doing(doing)?
        .query_map([&me.author], |row| instance_at(row, 0))
        .doing(doing)?
        .collect::<rusqlite::Result<_>>()
        .doing(doing)?;
    for dead in instances.into_iter().filter(|instance| !presence.alive(*instance)) {
        connection
            .execute("DELETE FROM lease WHERE instance = ?", [dead.0.as_bytes()])
            .doing(doing)?;
    }
    Ok(())
}

/// Takes or renews the sync lease within the caller's transaction.
pub(super) fn take_sync(
    connection: &Connection,
    me: &Identity,
    presence: &Presence,
    at: Timestamp,
) -> Result<()> {
    let held = connection
        .prepare_cached("SELECT author, instance, until FROM sync_lease")
        .doing("begin a sync")?
        .query_row([], held)
        .optional()
        .doing("begin a sync")?;
    if let Some((by, ..)) = held.filter(|held| stands(held, me, presence, at)) {
        return Err(WorkspaceError::SyncRunning { by });
    }
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO sync_lease (one, author, instance, until) VALUES (1, ?, ?, ?)",
        )
        .and_then(|mut sql| {
            sql.execute(params![me.author, me.instance.0.as_bytes(), end(at, SYNC)])
        })
        .doing("begin a sync")?;
    Ok(())
}

/// Gives the sync lease back.
pub(super) fn release_sync(connection: &Connection, me: &Identity) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM sync_lease WHERE instance = ?")
        .and_then(|mut sql| sql.execute([me.instance.0.as_bytes()]))
        .doing("end a sync")?;
    Ok(())
}

type Held = (String, InstanceId, i64);

fn held(row: &Row<'_>) -> rusqlite::Result<Held> {
    Ok((row.get(0)?, instance_at(row, 1)?, row.get(2)?))
}

/// Whether it is somebody else's, not over, and its holder lives.
fn stands((_, instance, until): &Held, me: &Identity, presence: &Presence, at: Timestamp) -> bool {
    *instance != me.instance && *until > nanos(at) && presence.alive(*instance)
}

fn end(at: Timestamp, after: SignedDuration) -> i64 {
    nanos(at.saturating_add(after).unwrap_or(at))
}
