//! How the words of the domain are written into columns, and read back.

use crate::domain::{
    ActionId, AudioStamp, Change, ContentChange, Flag, How, InstanceId, Revision, RevisionId,
    SampleKey, Seconds,
};
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Nanoseconds since 1970; what lies outside three centuries around it is moved to their edge.
pub(super) fn nanos(at: Timestamp) -> i64 {
    let nanos = at.as_nanosecond();
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

pub(super) fn time(nanos: i64) -> Timestamp {
    // Every i64 lies within jiff's range.
    Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub(super) fn micros(seconds: Seconds) -> Option<i64> {
    (seconds.is_finite() && (0.0..=1e10).contains(&seconds)).then(|| (seconds * 1e6).round() as i64)
}

pub(super) fn seconds(micros: i64) -> Seconds {
    micros as f64 / 1e6
}

/// The share that a key falls into is this modulo the number of shares: the same on every machine (FNV-1a).
pub(super) fn part_hash(key: &SampleKey) -> u32 {
    key.as_bytes()
        .iter()
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

pub(super) fn ids_to_blob(ids: &[RevisionId]) -> Vec<u8> {
    ids.iter().flat_map(|id| *id.0.as_bytes()).collect()
}

pub(super) fn ids_from_blob(blob: &[u8]) -> Vec<RevisionId> {
    blob.chunks_exact(16).filter_map(|bytes| Uuid::from_slice(bytes).ok()).map(RevisionId).collect()
}

pub(super) fn flags_to_json(flags: &BTreeSet<Flag>) -> Option<String> {
    (!flags.is_empty()).then(|| serde_json::json!(flags).to_string())
}

fn flags_from_json(row: &Row<'_>, column: usize) -> rusqlite::Result<BTreeSet<Flag>> {
    let Some(json) = row.get_ref(column)?.as_str_or_null()? else {
        return Ok(BTreeSet::new());
    };
    serde_json::from_str(json).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

pub(super) fn uuid_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    let bytes = row.get_ref(column)?.as_blob()?;
    Uuid::from_slice(bytes).map_err(|error| FromSqlError::Other(Box::new(error)).into())
}

pub(super) fn instance_at(row: &Row<'_>, column: usize) -> rusqlite::Result<InstanceId> {
    uuid_at(row, column).map(InstanceId)
}

pub(super) fn key_at(row: &Row<'_>, column: usize) -> rusqlite::Result<SampleKey> {
    row.get::<_, Vec<u8>>(column).map(SampleKey::new)
}

pub(super) fn size_at(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|size| size as u64)
}

/// Two columns: size and `ETag`.
pub(super) fn stamp_at(row: &Row<'_>, column: usize) -> rusqlite::Result<AudioStamp> {
    Ok(AudioStamp { size: size_at(row, column)?, etag: row.get(column + 1)? })
}

/// The columns that [`revision_at`] reads, in its order.
pub(super) const REVISION: &str = "id, parents, action, author, at, how, heard_size, heard_etag, content, removed, \
     flags_added, flags_removed, deleted, moved_from, extra";

/// How many columns those are.
pub(super) const REVISION_COLUMNS: usize = 15;

/// Reads a revision from a row that starts with [`REVISION`].
pub(super) fn revision_at(row: &Row<'_>) -> rusqlite::Result<Revision> {
    let removed: bool = row.get(9)?;
    let content = match row.get::<_, Option<String>>(8)? {
        Some(text) => Some(ContentChange::Set(text)),
        None => removed.then_some(ContentChange::Removed),
    };
    let heard = match row.get::<_, Option<i64>>(6)? {
        Some(size) => Some(AudioStamp { size: size as u64, etag: row.get(7)? }),
        None => None,
    };
    Ok(Revision {
        id: RevisionId(uuid_at(row, 0)?),
        parents: ids_from_blob(row.get_ref(1)?.as_blob()?),
        action: ActionId(uuid_at(row, 2)?),
        author: row.get(3)?,
        at: time(row.get(4)?),
        how: How::from(row.get::<_, String>(5)?),
        heard,
        change: Change {
            content,
            flags_added: flags_from_json(row, 10)?,
            flags_removed: flags_from_json(row, 11)?,
            deleted: row.get(12)?,
        },
        moved_from: row.get::<_, Option<Vec<u8>>>(13)?.map(SampleKey::new),
        extra: row.get(14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_to_the_nanosecond() {
        let at: Timestamp = "2026-03-01T12:34:56.123456789Z".parse().unwrap();
        assert_eq!(time(nanos(at)), at);
        assert_eq!(nanos(Timestamp::MAX), i64::MAX);
        assert_eq!(nanos(Timestamp::MIN), i64::MIN);
    }

    #[test]
    fn lengths_that_are_none_are_not_stored() {
        assert_eq!(micros(1.5), Some(1_500_000));
        assert_eq!(micros(f64::NAN), None);
        assert_eq!(micros(-1.0), None);
    }

    #[test]
    fn shares_are_the_same_everywhere() {
        assert_eq!(part_hash(&SampleKey::from("a")), 0xe40c_292c);
    }
}
