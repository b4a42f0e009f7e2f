//! The segments of the search index, and merging them in portions.
//!
//! Each transaction that indexes adds a segment, and every search looks into all of them. FTS5 would merge them within
//! whatever transaction comes by, for seconds; it is told not to (migration 5), and asked for some pages of it at a time.
//! A portion ends between two runs of characters, and a run that is in every name is as long as the index has entries:
//! so levels that hold many entries are left as they are, and where much of them is dead, the index begins anew (`anew`).
//! Which level FTS5 takes next is foreseen here from its structure
//! record; a wrong guess costs time and nothing else.

use super::apply::AIM;
use super::error::{Doing, Result};
use rusqlite::{Connection, OptionalExtension};
use std::time::Instant;

/// What is merged at once.
const PAGES: u64 = 16;
/// How many segments of a level are merged into one, at least ("usermerge").
const TOGETHER: u64 = 16;
/// A level with so many percent of dead entries is merged, however few segments it has ("deletemerge").
const DEAD_PERCENT: u64 = 10;
/// More entries than this are not merged, the longest run would take too long:
pub(super) const ENTRIES: u64 = 300_000;
/// unless there are so many segments that searching suffers.
const SEGMENTS: u64 = 400;
/// An index of more entries, so many percent of them dead, takes too long to search.
const MANY_DEAD_PERCENT: u64 = 25;
/// What tells a structure record that counts entries.
const COUNTED: [u8; 4] = [0xff, 0x00, 0x00, 0x01];

/// Segments of about one size, the smallest on the first level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Level {
    /// How many segments an unfinished merge takes; none: no merge is under way.
    merging: u64,
    segments: u64,
    /// Full pages of what would be merged.
    pages: u64,
    entries: u64,
    dead: u64,
}

impl Level {
    /// How many percent of the entries are dead.
    fn share(&self) -> u64 {
        self.dead.saturating_mul(100).checked_div(self.entries).unwrap_or(0)
    }
}

/// What is to be done about an index besides bringing it up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Some of its segments are to be merged.
    Merge,
    /// So much of it is dead that it is to begin anew.
    BeginAnew,
}

/// What the index wants; `large`: one of more entries begins anew where much of it is dead.
pub(super) fn wants(connection: &Connection, large: u64) -> Result<Option<Want>> {
    let Some(levels) = structure(connection)? else { return Ok(None) };
    let all = sum(&levels);
    if all.entries > large && all.share() >= MANY_DEAD_PERCENT {
        return Ok(Some(Want::BeginAnew));
    }
    Ok(pays(&levels).map(|_| Want::Merge))
}

/// Merges for some milliseconds within the caller's transaction; returns whether there was anything to merge.
pub(super) fn merge(connection: &Connection) -> Result<bool> {
    let (began, mut merged) = (Instant::now(), false);
    while began.elapsed() < AIM / 3
        && let Some(level) = due(connection)?
    {
        let long = level.entries > ENTRIES;
        // One long run is enough for a step.
        if (long && merged) || !portion(connection, level, PAGES)? {
            break;
        }
        merged = true;
        if long {
            break;
        }
    }
    Ok(merged)
}

/// Merges up to so many pages of a level, and on to the end of a run; returns whether anything was merged.
fn portion(connection: &Connection, level: Level, most: u64) -> Result<bool> {
    // Less than there is: what FTS5 has left over, it spends on the next level, which may be a large one.
    let pages = most.min(level.pages / 2).max(1);
    let before = connection.total_changes();
    connection
        .prepare_cached("INSERT INTO search (search, rank) VALUES ('merge', ?)")
        .and_then(|mut sql| sql.execute([pages as i64]))
        .doing("merge the search index")?;
    // The statement itself counts as one change.
    Ok(connection.total_changes() - before > 1)
}

/// What may be merged now.
fn due(connection: &Connection) -> Result<Option<Level>> {
    Ok(structure(connection)?.and_then(|levels| pays(&levels)))
}

fn structure(connection: &Connection) -> Result<Option<Vec<Level>>> {
    let record: Option<Vec<u8>> = connection
        .prepare_cached("SELECT block FROM search_data WHERE id = 10")
        .and_then(|mut sql| sql.query_row([], |row| row.get(0)).optional())
        .doing("read the search index")?;
    Ok(record.and_then(|record| levels(&record)))
}

/// The level that FTS5 would merge next, if that is worth it.
fn pays(levels: &[Level]) -> Option<Level> {
    let level = next(levels)?;
    let long = level.entries > ENTRIES && level.merging == 0;
    (!long || sum(levels).segments > SEGMENTS).then_some(*level)
}

fn sum(levels: &[Level]) -> Level {
    levels.iter().fold(Level::default(), |all, level| Level {
        segments: all.segments.saturating_add(level.segments),
        entries: all.entries.saturating_add(level.entries),
        dead: all.dead.saturating_add(level.dead),
        ..all
    })
}

/// The level that FTS5 would merge next.
fn next(levels: &[Level]) -> Option<&Level> {
    let (mut most, mut next) = (0, None);
    for level in levels {
        if level.merging > 0 {
            if level.merging > most {
                (most, next) = (TOGETHER, Some(level));
            }
            break;
        }
        if level.segments > most {
            (most, next) = (level.segments, Some(level));
        }
    }
    if most >= TOGETHER {
        return next;
    }
    let busy = levels.iter().position(|level| level.merging > 0);
    let looked = levels.iter().take(busy.map_or(levels.len(), |busy| busy + 1));
    looked.filter(|level| level.share() >= DEAD_PERCENT).rev().max_by_key(|level| level.share())
}

/// What FTS5's structure record says. `None`: it is of a form that is not known here.
fn levels(record: &[u8]) -> Option<Vec<Level>> {
    let mut rest = record.get(4..)?.strip_prefix(&COUNTED)?.iter();
    let mut number = || {
        let mut value = 0_u64;
        for _ in 0..9 {
            let byte = *rest.next()?;
            value = value << 7 | u64::from(byte & 0x7f);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    };
    let (count, _segments, _written) = (number()?, number()?, number()?);
    (0..count)
        .map(|_| {
            let mut level = Level { merging: number()?, segments: number()?, ..Level::default() };
            for segment in 0..level.segments {
                let [_id, first, last, _oldest, _newest, _pages_of_dead, dead, entries] =
                    [(); 8].map(|()| number());
                level.entries = level.entries.saturating_add(entries?);
                level.dead = level.dead.saturating_add(dead?);
                if level.merging == 0 || segment < level.merging {
                    let pages = last?.saturating_sub(first?);
                    level.pages = level.pages.saturating_add(pages);
                }
            }
            Some(level)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::params;

    fn level(merging: u64, segments: u64, entries: u64, dead: u64) -> Level {
        Level { merging, segments, pages: segments, entries, dead }
    }

    fn one(connection: &Connection) -> bool {
        due(connection).unwrap().is_some_and(|level| portion(connection, level, 1).unwrap())
    }

    fn pages(levels: &[Level]) -> Option<u64> {
        pays(levels).map(|level| level.pages)
    }

    /// What is foreseen, against what FTS5 does.
    #[test]
    fn segments_are_those_of_the_structure_record() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE VIRTUAL TABLE search USING fts5 \
                 (key, content, content = '', contentless_delete = 1, detail = 'column', tokenize = 'trigram')",
            )
            .unwrap();
        connection
            .execute_batch(include_str!("../../assets/migrations/0005_search_merges.sql"))
            .unwrap();
        assert_eq!(due(&connection).unwrap(), None);
        let read = || {
            let record: Vec<u8> = connection
                .query_row("SELECT block FROM search_data WHERE id = 10", [], |row| row.get(0))
                .unwrap();
            levels(&record).unwrap()
        };
        for id in 1..=300 {
            let text = format!("{id} is a text of its own");
            connection
                .execute("REPLACE INTO search (rowid, key) VALUES (?, ?)", params![id, text])
                .unwrap();
            if id <= 3 {
                connection
                    .execute("REPLACE INTO search (rowid, key) VALUES (1, ?)", [text])
                    .unwrap();
            }
        }
        assert_eq!(read(), [Level { pages: 0, ..level(0, 303, 303, 3) }]);
        assert!(one(&connection));
        let begun = read();
        assert_eq!((begun[0].merging, begun[0].segments, begun[1].segments), (303, 303, 1));
        while one(&connection) {}
        assert_eq!(read().iter().map(|level| level.segments).sum::<u64>(), 1);
        assert_eq!(read().iter().map(|level| level.entries).sum::<u64>(), 300);
        assert_eq!(due(&connection).unwrap(), None);
    }

    #[test]
    fn what_is_long_is_merged_only_in_need() {
        let waits = level(0, TOGETHER, 1_000, 0);
        let long = level(0, 30, ENTRIES + 1, 0);
        assert_eq!(pages(&[level(0, 3, 1_000, 0)]), None);
        assert_eq!(pages(&[waits]), Some(TOGETHER));
        assert_eq!(pages(&[waits, long]), None, "the other would be taken");
        assert_eq!(pages(&[level(0, 31, 1_000, 0), long]), Some(31));
        assert_eq!(pages(&[level(0, 3, 100, 9)]), None);
        assert_eq!(pages(&[level(0, 3, 100, 10)]), Some(3), "what is dead goes");
        assert_eq!(pages(&[level(0, 3, ENTRIES * 2, ENTRIES)]), None, "it begins anew");
        let begun = level(4, 5, ENTRIES * 2, 0);
        assert_eq!(
            pages(&[level(0, 3, 9, 0), begun]),
            Some(5),
            "what was begun is brought to its end"
        );
        assert_eq!(pages(&[level(0, 4, 9, 0), begun]), None, "though not before what is smaller");
        assert_eq!(pages(&[level(0, SEGMENTS + 1, ENTRIES + 1, 0)]), Some(SEGMENTS + 1));
    }

    #[test]
    fn a_record_of_another_form_is_left_alone() {
        assert_eq!(levels(&[]), None);
        assert_eq!(levels(&[0, 0, 0, 0, 1, 1, 1]), None);
        assert_eq!(levels(&[0, 0, 0, 0, 0xff, 0, 0, 1, 2]), None);
    }
}
