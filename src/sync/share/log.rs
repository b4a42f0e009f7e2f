//! The names of log objects, and which of them to read.

use crate::domain::WriterId;
use std::collections::BTreeMap;

/// Below the output, before all logs.
pub(super) const LABELS: &str = "labels/";

/// A log object: revisions of one writer, from one number to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogObject {
    pub(super) writer: WriterId,
    pub(super) first: u64,
    pub(super) last: u64,
    /// Bytes.
    pub(super) size: u64,
}

impl LogObject {
    /// Reads `labels/<writer>/<sequence>.jsonl` or `…/<first>-<last>.jsonl`; anything else is not a log object.
    pub(super) fn parse(key: &str, size: u64) -> Option<Self> {
        let (writer, name) = key.strip_prefix(LABELS)?.split_once('/')?;
        let range = name.strip_suffix(".jsonl")?;
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| {
            let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<u64>().ok()).flatten()
        };
        let (first, last) = (number(first)?, number(last)?);
        (1..=last).contains(&first).then_some(Self {
            writer: WriterId(writer.parse().ok()?),
            first,
            last,
            size,
        })
    }

    /// Its key in the output.
    pub(super) fn key(&self) -> String {
        let Self { writer, first, last, .. } = self;
        if first == last {
            format!("{LABELS}{writer}/{first:012}.jsonl")
        } else {
            format!("{LABELS}{writer}/{first:012}-{last:012}.jsonl")
        }
    }
}

/// What to read of one writer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// In this order.
    pub(super) read: Vec<LogObject>,
    /// The number that is nowhere, though higher ones are there.
    pub(super) gap: Option<u64>,
}

/// What is to be read of each writer that has something behind the position. Overlaps are read once, the widest first.
pub(super) fn plan(
    objects: &[LogObject],
    positions: &BTreeMap<WriterId, u64>,
) -> BTreeMap<WriterId, Plan> {
    let mut writers: BTreeMap<WriterId, Vec<&LogObject>> = BTreeMap::new();
    for object in objects {
        writers.entry(object.writer).or_default().push(object);
    }
    let mut plans = BTreeMap::new();
    for (writer, mut objects) in writers {
        objects.sort_by_key(|object| object.first);
        let mut at = positions.get(&writer).copied().unwrap_or(0);
        let mut plan = Plan::default();
        let mut rest = objects.into_iter().peekable();
        loop {
            let mut widest: Option<&LogObject> = None;
            while let Some(object) = rest.next_if(|object| object.first <= at + 1) {
                if object.last > at && widest.is_none_or(|widest| object.last > widest.last) {
                    widest = Some(object);
                }
            }
            let Some(object) = widest else {
                plan.gap = rest.peek().map(|_| at + 1);
                break;
            };
            at = object.last;
            plan.read.push(object.clone());
        }
        if plan != Plan::default() {
            plans.insert(writer, plan);
        }
    }
    plans
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn object(first: u64, last: u64) -> LogObject {
        LogObject { writer: WriterId(Uuid::from_u128(7)), first, last, size: 1 }
    }

    fn read(objects: &[(u64, u64)], at: u64) -> (Vec<(u64, u64)>, Option<u64>) {
        let objects: Vec<_> = objects.iter().map(|(first, last)| object(*first, *last)).collect();
        let positions = BTreeMap::from([(objects[0].writer, at)]);
        let plan = plan(&objects, &positions).into_values().next().unwrap_or_default();
        (plan.read.iter().map(|object| (object.first, object.last)).collect(), plan.gap)
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for one in [object(1, 1), object(3, 66)] {
            assert_eq!(LogObject::parse(&one.key(), 1), Some(one));
        }
        for odd in [
            "labels/x/000000000001.jsonl",
            "labels/00000000-0000-0000-0000-000000000007/1.jsonl",
            "labels/00000000-0000-0000-0000-000000000007/000000000002-000000000001.jsonl",
            "labels/00000000-0000-0000-0000-000000000007/000000000000.jsonl",
            "labels/00000000-0000-0000-0000-000000000007/../000000000001.jsonl",
            "other/00000000-0000-0000-0000-000000000007/000000000001.jsonl",
        ] {
            assert_eq!(LogObject::parse(odd, 1), None, "{odd}");
        }
    }

    #[test]
    fn each_number_is_read_once_and_a_gap_is_named() {
        assert_eq!(read(&[(1, 1), (2, 2)], 0), (vec![(1, 1), (2, 2)], None));
        assert_eq!(read(&[(1, 1), (2, 2)], 2), (vec![], None));
        assert_eq!(
            read(&[(1, 1), (1, 64), (64, 64), (65, 65)], 0),
            (vec![(1, 64), (65, 65)], None)
        );
        assert_eq!(read(&[(1, 64), (40, 40)], 30), (vec![(1, 64)], None));
        assert_eq!(read(&[(1, 1), (3, 3)], 0), (vec![(1, 1)], Some(2)));
        assert_eq!(read(&[(5, 5)], 0), (vec![], Some(1)));
    }
}
