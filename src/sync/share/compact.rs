//! Compaction: a writer merges its own small objects, and removes the merged ones once no reader can be in the middle
//! of them.

use super::log::LogObject;
use crate::domain::WriterId;
use crate::objects::{PutIf, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

/// Small objects past which they are merged.
const MANY: usize = 64;
/// Bytes of what is merged into one, at most.
const MOST: u64 = 32 << 20;
/// Bytes of one object when it is read, at most.
pub(super) const LIMIT: u64 = 64 << 20;
/// How long merged objects stay.
const STAY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Merges this writer's small objects if there are many, and removes those that were merged a week ago. `objects` are
/// its own, each with when it was written.
pub(super) fn compact(
    store: &Store,
    writer: WriterId,
    objects: &[(LogObject, Option<Timestamp>)],
    at: Timestamp,
) -> Result<(), StoreError> {
    let own = || objects.iter().filter(|(object, _)| object.writer == writer);
    for (object, _) in own() {
        let covered = own().any(|(wide, written)| {
            wide.first <= object.first
                && object.last <= wide.last
                && (wide.last - wide.first) > (object.last - object.first)
                && written.is_some_and(|written| at.duration_since(written) > STAY)
        });
        if covered {
            store.remove(&object.key())?;
        }
    }
    let Some(run) = run_to_merge(own().map(|(object, _)| object)) else { return Ok(()) };
    let mut merged = Vec::new();
    for object in &run {
        let bytes = store.get(&object.key(), LIMIT)?;
        if bytes.len() as u64 != object.size {
            tracing::warn!(key = object.key(), "a log object came in part, and is not merged");
            return Ok(());
        }
        merged.extend_from_slice(&bytes);
    }
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(()) };
    let size = merged.len() as u64;
    let wide = LogObject { writer, first: first.first, last: last.last, size };
    match store.put(&wide.key(), &merged, PutIf::Absent) {
        Ok(_) | Err(StoreError::AlreadyThere { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Neighbours that no wider object covers, if there are many.
fn run_to_merge<'a>(own: impl Iterator<Item = &'a LogObject>) -> Option<Vec<LogObject>> {
    let mut all: Vec<&LogObject> = own.collect();
    all.sort_by_key(|object| (object.first, u64::MAX - object.last));
    let mut run: Vec<LogObject> = Vec::new();
    let (mut reached, mut bytes) = (0, 0);
    for object in all {
        if object.last <= reached {
            continue;
        }
        let small = object.first == object.last;
        let joins = run.last().is_none_or(|last| last.last + 1 == object.first);
        if !small || !joins || bytes + object.size > MOST {
            if run.len() > MANY {
                break;
            }
            run.clear();
            bytes = 0;
        }
        if small {
            run.push(object.clone());
            bytes += object.size;
        }
        reached = object.last;
    }
    (run.len() > MANY).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Source;
    use crate::objects::Options;
    use uuid::Uuid;

    #[test]
    fn many_small_ones_become_one_and_go_after_a_week() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&Source::Folder(dir.path().into()), &Options::default()).unwrap();
        let writer = WriterId(Uuid::from_u128(7));
        let listed = || {
            let mut all = Vec::new();
            let on = &mut |entries: Vec<crate::objects::Entry>| {
                all.extend(entries.into_iter().map(|entry| {
                    let key = entry.key.lossy().into_owned();
                    (LogObject::parse(&key, entry.stamp.size).unwrap(), entry.modified)
                }));
                std::ops::ControlFlow::Continue(())
            };
            store.list_under("labels/", None, on).unwrap();
            all
        };
        for number in 1..=70_u64 {
            let one = LogObject { writer, first: number, last: number, size: 0 };
            store.put(&one.key(), format!("{number}\n").as_bytes(), PutIf::Absent).unwrap();
        }
        let now = Timestamp::now();
        compact(&store, writer, &listed(), now).unwrap();
        assert_eq!(listed().len(), 71);
        let wide = LogObject { writer, first: 1, last: 70, size: 0 };
        let lines: Vec<u8> = (1..=70_u64).flat_map(|n| format!("{n}\n").into_bytes()).collect();
        assert_eq!(store.get(&wide.key(), LIMIT).unwrap(), lines);
        compact(&store, writer, &listed(), now + SignedDuration::from_hours(24)).unwrap();
        assert_eq!(listed().len(), 71, "somebody may still read them");
        compact(&store, writer, &listed(), now + SignedDuration::from_hours(24 * 8)).unwrap();
        assert_eq!(listed().len(), 1);
        assert_eq!(listed()[0].0.key(), wide.key());
    }
}
