//! The search index: which samples hold a run of three characters, in name or content.
//!
//! It may lag behind (`unindexed` says where) and may say too much; whoever uses it looks at the text itself. So it is
//! brought up in small steps after bulk changes, and is right at every moment.

use super::error::{Doing, Result};
use super::merging::{self, Want};
use crate::domain::Filter;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};

/// A hit needs every run of a word, and more runs than this narrow nothing further.
const RUNS: usize = 24;

/// Gives SQL on this connection `holds(text, word)`: whether a word is in a text or a key, without regard to ASCII case.
pub(super) fn teach(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection
        .create_scalar_function("holds", 2, flags, |arguments| {
            let bytes = |index| match arguments.get_raw(index) {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
                _ => None,
            };
            Ok(bytes(0).zip(bytes(1)).is_some_and(|(text, word)| holds(text, word)))
        })
        .doing("open the workspace")
}

fn holds(text: &[u8], word: &[u8]) -> bool {
    let Some((first, rest)) = word.split_first() else { return true };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let starts = text.len().saturating_sub(rest.len());
    text[..starts].iter().enumerate().any(|(start, byte)| {
        (*byte == lower || *byte == upper)
            && text[start + 1..start + word.len()].eq_ignore_ascii_case(rest)
    })
}

/// What to ask the index for a filter; `None` where no word has three characters.
pub(super) fn expression(filter: &Filter) -> Option<String> {
    let anywhere = filter.any.iter().filter_map(|word| runs(word));
    let names =
        filter.name.iter().filter_map(|word| runs(word)).map(|runs| format!("{{key}} : ({runs})"));
    let contents = filter
        .content
        .iter()
        .filter_map(|word| runs(word))
        .map(|runs| format!("{{content}} : ({runs})"));
    let all: Vec<String> =
        anywhere.map(|runs| format!("({runs})")).chain(names).chain(contents).collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}

/// The runs of three characters of a word, each quoted; words with a NUL are left to scanning.
fn runs(word: &str) -> Option<String> {
    let characters: Vec<char> = word.chars().collect();
    if characters.len() < 3 || characters.contains(&'\0') {
        return None;
    }
    let runs = characters.windows(3).take(RUNS);
    let quoted =
        runs.map(|run| format!("\"{}\"", run.iter().collect::<String>().replace('"', "\"\"")));
    Some(quoted.collect::<Vec<_>>().join(" AND "))
}

/// Indexes up to `limit` samples within the caller's transaction; returns how many it found to do.
pub(super) fn catch_up(connection: &Connection, limit: usize) -> Result<usize> {
    let doing = "bring the search index up to date";
    let waiting: Vec<i64> = connection
        .prepare_cached("SELECT sample FROM unindexed ORDER BY sample LIMIT ?")
        .doing(doing)?
        .query_map([limit as i64], |row| row.get(0))
        .doing(doing)?
        .collect::<rusqlite::Result<_>>()
        .doing(doing)?;
    let Some(last) = waiting.last() else { return Ok(0) };
    for id in &waiting {
        enter(connection, *id)?;
    }
    connection
        .prepare_cached("DELETE FROM unindexed WHERE sample <= ?")
        .and_then(|mut sql| sql.execute([last]))
        .doing(doing)?;
    Ok(waiting.len())
}

/// Indexes one sample within the caller's transaction, if it waits: not into an index that is to begin anew, of more than
/// `large` entries.
pub(super) fn index(connection: &Connection, id: i64, large: u64) -> Result<()> {
    if merging::wants(connection, large)? == Some(Want::BeginAnew) {
        return Ok(());
    }
    let waited = connection
        .prepare_cached("DELETE FROM unindexed WHERE sample = ?")
        .and_then(|mut sql| sql.execute([id]))
        .doing("bring the search index up to date")?;
    if waited == 0 { Ok(()) } else { enter(connection, id) }
}

/// Writes a sample's entry, in place of the one that it may have.
fn enter(connection: &Connection, id: i64) -> Result<()> {
    let doing = "bring the search index up to date";
    let text = connection
        .prepare_cached("SELECT key, content FROM sample WHERE id = ?")
        .doing(doing)?
        .query_row([id], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Option<String>>(1)?)))
        .optional()
        .doing(doing)?;
    let Some((key, content)) = text else {
        return connection
            .prepare_cached("DELETE FROM search WHERE rowid = ?")
            .and_then(|mut sql| sql.execute([id]))
            .doing(doing)
            .map(drop);
    };
    // The tokenizer ends at a NUL, and no word that is asked here holds one.
    let key = String::from_utf8_lossy(&key).replace('\0', " ");
    let content = content.map(|content| content.replace('\0', " "));
    connection
        .prepare_cached("REPLACE INTO search (rowid, key, content) VALUES (?, ?, ?)")
        .and_then(|mut sql| sql.execute(params![id, key, content]))
        .doing(doing)
        .map(drop)
}

/// Whether samples wait.
pub(super) fn any_waiting(connection: &Connection) -> Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM unindexed")
        .and_then(|mut sql| sql.exists([]))
        .doing("read the search index")
}

/// How many samples wait, counted up to `most`.
pub(super) fn waiting(connection: &Connection, most: u64) -> Result<u64> {
    connection
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM unindexed LIMIT ?)")
        .and_then(|mut sql| sql.query_row([most as i64], |row| row.get::<_, i64>(0)))
        .doing("read the search index")
        .map(|count| count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_holds_what_is_in_it(text in "[aAbBéÉ ]{0,12}", word in "[aAbBéÉ ]{0,3}") {
            let found = text.to_ascii_lowercase().contains(&word.to_ascii_lowercase());
            prop_assert_eq!(holds(text.as_bytes(), word.as_bytes()), found);
        }
    }

    #[test]
    fn short_words_are_left_to_scanning() {
        assert_eq!(expression(&Filter::parse("ab 你好").unwrap()), None);
        assert_eq!(expression(&Filter::parse("abcd").unwrap()).unwrap(), r#"("abc" AND "bcd")"#);
        assert_eq!(
            expression(&Filter::parse("name:x.wav").unwrap()).unwrap().matches("{key}").count(),
            1
        );
    }
}
