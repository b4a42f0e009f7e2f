//! The search index begun from nothing, in short steps, where much of a large one is dead.
//!
//! Merging it would be as much work, and one run of characters that is in every name would hold the write lock for
//! longer than anybody may. So first every sample waits to be indexed, and is searched without the index; then an empty
//! index takes the place of the old one; then the old one goes, some pages at a time.

use super::apply::AIM;
use super::error::{Doing, Result};
use rusqlite::{Connection, OptionalExtension, params};
use std::time::{Duration, Instant};

/// How many samples are put into the queue between two looks at the clock.
const SAMPLES: i64 = 4_096;
/// How many rows of the old index go between two looks at the clock.
const ROWS: i64 = 128;
const BEGIN: &str = "begin the search index anew";
const CLEAR: &str = "clear the old search index away";
/// What the old index is made of, the largest part first, and the first row that may go.
const PARTS: [(&str, i64); 2] = [("search_past_data", 11), ("search_past_docsize", 0)];

/// Lets samples wait for some milliseconds, those up to `behind` left out, and has the empty index where all do.
pub(super) fn begin(connection: &Connection, behind: &mut i64) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < AIM / 2 {
        if queue(connection, behind, SAMPLES)? {
            continue;
        }
        if all_wait(connection)? {
            replace(connection)?;
        }
        // Where somebody indexed some meanwhile, it begins again.
        *behind = 0;
        break;
    }
    Ok(())
}

/// Lets the next samples wait; returns whether there were any.
fn queue(connection: &Connection, behind: &mut i64, most: i64) -> Result<bool> {
    let last: Option<i64> = connection
        .prepare_cached(
            "SELECT max(id) FROM (SELECT id FROM sample WHERE id > ? ORDER BY id LIMIT ?)",
        )
        .and_then(|mut sql| sql.query_row(params![*behind, most], |row| row.get(0)))
        .doing(BEGIN)?;
    let Some(last) = last else { return Ok(false) };
    connection
        .prepare_cached(
            "INSERT INTO unindexed SELECT id FROM sample WHERE id > ? AND id <= ? ON CONFLICT DO NOTHING",
        )
        .and_then(|mut sql| sql.execute(params![*behind, last]))
        .doing(BEGIN)?;
    *behind = last;
    Ok(true)
}

fn all_wait(connection: &Connection) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM unindexed) >= (SELECT sum(samples) FROM tally WHERE what < 5)",
        )
        .and_then(|mut sql| sql.query_row([], |row| row.get(0)))
        .doing(BEGIN)
}

/// Puts an empty index of the same kind in the place of the one that there is.
fn replace(connection: &Connection) -> Result<()> {
    let sql: String = connection
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'search'", [], |row| row.get(0))
        .doing(BEGIN)?;
    connection.execute("ALTER TABLE search RENAME TO search_past", []).doing(BEGIN)?;
    connection.execute(&sql, []).doing(BEGIN)?;
    let settings: Vec<(String, i64)> = connection
        .prepare("SELECT k, v FROM search_past_config WHERE k <> 'version'")
        .doing(BEGIN)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .doing(BEGIN)?
        .collect::<rusqlite::Result<_>>()
        .doing(BEGIN)?;
    for (name, value) in settings {
        connection
            .execute("INSERT INTO search (search, rank) VALUES (?, ?)", params![name, value])
            .doing(BEGIN)?;
    }
    // The old one says that it holds nothing, so that whoever looks through the file misses nothing of it.
    connection
        .execute("INSERT OR REPLACE INTO search_past_data SELECT id, block FROM search_data", [])
        .doing(BEGIN)
        .map(drop)
}

/// Whether an old index is left.
pub(super) fn is_left(connection: &Connection) -> Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM sqlite_schema WHERE name = 'search_past'")
        .and_then(|mut sql| sql.exists([]))
        .doing(CLEAR)
}

/// Clears an old index away for some milliseconds; returns whether one was left.
pub(super) fn clear(connection: &Connection) -> Result<bool> {
    clear_for(connection, AIM / 2, ROWS)
}

fn clear_for(connection: &Connection, time: Duration, rows: i64) -> Result<bool> {
    if !is_left(connection)? {
        return Ok(false);
    }
    let began = Instant::now();
    for (part, first) in PARTS {
        while thin(connection, part, first, rows)? {
            if began.elapsed() >= time {
                return Ok(true);
            }
        }
    }
    connection.execute("DROP TABLE search_past", []).doing(CLEAR)?;
    Ok(true)
}

/// Takes the last rows of a part away; returns whether there were any.
fn thin(connection: &Connection, part: &str, first: i64, rows: i64) -> Result<bool> {
    let from: Option<i64> = connection
        .prepare_cached(&format!(
            "SELECT min(id) FROM (SELECT id FROM {part} WHERE id >= ? ORDER BY id DESC LIMIT ?)"
        ))
        .and_then(|mut sql| sql.query_row([first, rows], |row| row.get(0)).optional())
        .doing(CLEAR)?
        .flatten();
    let Some(from) = from else { return Ok(false) };
    connection
        .prepare_cached(&format!("DELETE FROM {part} WHERE id >= ?"))
        .and_then(|mut sql| sql.execute([from]))
        .doing(CLEAR)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Filter;
    use crate::workspace::{conditions, migrate, search};
    use proptest::prelude::*;

    const SAMPLES: i64 = 40;

    #[derive(Debug, Clone)]
    enum Act {
        Queue,
        Replace,
        Clear,
        CatchUp,
        Label(i64, &'static str),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            5 => Just(Act::Queue),
            1 => Just(Act::Replace),
            3 => Just(Act::Clear),
            1 => Just(Act::CatchUp),
            2 => (1..=SAMPLES, prop::sample::select(vec!["north", "south", "southern"]))
                .prop_map(|(id, text)| Act::Label(id, text)),
        ]
    }

    fn workspace() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        search::teach(&connection).unwrap();
        for step in migrate::ALL {
            connection.execute_batch(step).unwrap();
        }
        for id in 1..=SAMPLES {
            let sql =
                "INSERT INTO sample (key, part, size, etag, content) VALUES (?, 0, 0, '', 'north')";
            connection.execute(sql, [format!("{id}.wav").into_bytes()]).unwrap();
        }
        while search::catch_up(&connection, 3).unwrap() > 0 {}
        connection
    }

    /// How many samples that hold a word are not found.
    fn missed(connection: &Connection, word: &str) -> i64 {
        let filter = Filter::parse(word).unwrap();
        let hits = conditions::hits(connection, &filter, usize::MAX).unwrap().unwrap();
        let sql = format!(
            "SELECT count(*) FROM sample WHERE (holds(key, ?) OR holds(content, ?)) \
             AND id NOT IN (SELECT sample.id FROM {})",
            hits.sql
        );
        let words = [word, word].map(|word| rusqlite::types::Value::from(word.to_owned()));
        let values = rusqlite::params_from_iter(words.into_iter().chain(hits.values));
        connection.query_row(&sql, values, |row| row.get(0)).unwrap()
    }

    fn settings(connection: &Connection) -> Vec<(String, i64)> {
        let mut sql = connection.prepare("SELECT k, v FROM search_config ORDER BY k").unwrap();
        sql.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    fn is_sound(connection: &Connection) -> bool {
        let said = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0));
        said == Ok("ok".to_owned())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_sample_is_found_at_every_moment(acts in prop::collection::vec(act(), 1..60)) {
            let connection = workspace();
            let before = settings(&connection);
            let mut behind = 0;
            for act in acts {
                match act {
                    Act::Queue => drop(queue(&connection, &mut behind, 9).unwrap()),
                    Act::Replace => {
                        if all_wait(&connection).unwrap() && !is_left(&connection).unwrap() {
                            replace(&connection).unwrap();
                        }
                        behind = 0;
                    }
                    Act::Clear => drop(clear_for(&connection, Duration::ZERO, 2).unwrap()),
                    Act::CatchUp => drop(search::catch_up(&connection, 7).unwrap()),
                    Act::Label(id, text) => {
                        let sql = "UPDATE sample SET content = ? WHERE id = ?";
                        connection.execute(sql, params![text, id]).unwrap();
                    }
                }
                for word in ["north", "south", "southern", ".wav"] {
                    prop_assert_eq!(missed(&connection, word), 0, "{}", word);
                }
                prop_assert!(is_sound(&connection));
            }
            while clear_for(&connection, Duration::ZERO, 5).unwrap() {}
            behind = 0;
            while !all_wait(&connection).unwrap() {
                queue(&connection, &mut behind, 9).unwrap();
            }
            replace(&connection).unwrap();
            while clear_for(&connection, Duration::ZERO, 5).unwrap() {}
            while search::catch_up(&connection, 7).unwrap() > 0 {}
            prop_assert_eq!(missed(&connection, "north"), 0);
            prop_assert!(is_sound(&connection));
            prop_assert_eq!(settings(&connection), before);
            let entries = "SELECT count(*) FROM search WHERE search MATCH '\".wa\"'";
            prop_assert_eq!(connection.query_row(entries, [], |row| row.get::<_, i64>(0)), Ok(SAMPLES));
        }
    }
}
