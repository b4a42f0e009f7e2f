//! Which samples a list holds, as SQL: view, filter and share, and by which way they are found.

use super::error::{Doing, Result};
use super::sample::OTHER_FLAGS;
use super::search;
use crate::domain::{Filter, Flag, Scope, View};
use rusqlite::Connection;
use rusqlite::types::Value;

/// Up to this many search hits are fetched and sorted; of more, a page is found sooner by walking the list.
pub(super) const FEW: usize = 20_000;
/// The same for counting, where there is no page to stop at.
pub(super) const MANY: usize = 300_000;
/// So many samples of a list are looked at one after the other before the whole table is read instead.
pub(super) const NEAR: usize = 10_000;

/// A piece of SQL with its values, in the order of its question marks.
#[derive(Debug, Clone, Default)]
pub(super) struct Clause {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Clause {
    /// Adds a condition.
    pub(super) fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }
}

/// What `FROM` names to walk a list in its order. Conflicts are few: they are gathered and sorted, where SQLite would
/// rather look for them among all samples.
pub(super) fn walked(view: View) -> Clause {
    let sql = if view == View::Conflicts { "sample INDEXED BY conflict_name" } else { "sample" };
    Clause { sql: sql.to_owned(), values: Vec::new() }
}

/// What `FROM` names to read the whole table as it lies: many times as fast, sample for sample, as walking a list.
pub(super) fn scanned() -> Clause {
    Clause { sql: "sample NOT INDEXED".to_owned(), values: Vec::new() }
}

/// Whether reading the whole table finds what a filter leaves of a long list sooner than walking that list.
///
/// # Errors
/// When the counts cannot be read.
pub(super) fn scan_pays(connection: &Connection, view: View) -> Result<bool> {
    let counted = match view {
        View::Unlabeled => "= 0",
        View::Labeled => "= 1",
        View::Missing => "= 2",
        View::Deleted => "= 3",
        View::ToConfirm => "= 5",
        View::Conflicts => "= 6",
        View::All => "< 4",
    };
    let (list, all): (i64, i64) = connection
        .prepare_cached(&format!(
            "SELECT sum(samples) FILTER (WHERE what {counted}), sum(samples) FILTER (WHERE what < 5) FROM tally"
        ))
        .doing("read the counts")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .doing("read the counts")?;
    Ok(list > NEAR as i64 && list > all / 4)
}

/// What `FROM` names where the search index knows of few enough hits; `None` where the samples themselves are looked at.
///
/// # Errors
/// When the search index cannot be read.
pub(super) fn hits(
    connection: &Connection,
    filter: &Filter,
    limit: usize,
) -> Result<Option<Clause>> {
    let Some(words) = search::expression(filter) else { return Ok(None) };
    let hits: usize = connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ?1 LIMIT ?2)) \
             + (SELECT count(*) FROM (SELECT 1 FROM unindexed LIMIT ?2))",
        )
        .doing("search")?
        .query_row(rusqlite::params![words, limit as i64], |row| row.get::<_, i64>(0))
        .doing("search")? as usize;
    if hits >= limit {
        return Ok(None);
    }
    Ok(Some(Clause {
        sql: "(SELECT rowid AS hit FROM search WHERE search MATCH ? UNION SELECT sample FROM unindexed) \
              CROSS JOIN sample ON sample.id = hit"
            .to_owned(),
        values: vec![words.into()],
    }))
}

/// What `FROM` names to count or gather all of a list.
///
/// # Errors
/// When counts or search index cannot be read.
pub(super) fn all_of(connection: &Connection, view: View, filter: &Filter) -> Result<Clause> {
    if filter.is_empty() {
        return Ok(walked(view));
    }
    match hits(connection, filter, MANY)? {
        Some(hits) => Ok(hits),
        None if scan_pays(connection, view)? => Ok(scanned()),
        None => Ok(walked(view)),
    }
}

/// What `WHERE` demands. A `+` keeps a condition from choosing the index: the order of the list does that.
pub(super) fn of(view: View, filter: &Filter, scope: Option<Scope>) -> Clause {
    let view = match view {
        View::Unlabeled => "state = 0",
        View::Labeled => "state = 1",
        View::Missing => "state = 2",
        View::Deleted => "state = 3",
        View::ToConfirm => "confirm > 0",
        View::Conflicts => "confirm IN (2, 3, 6, 7)",
        View::All => "+state < 4",
    };
    let mut clause = Clause { sql: view.to_owned(), values: Vec::new() };
    if let Some(Scope { part, of }) = scope.filter(|scope| scope.of > 1) {
        let index = i64::from(part.max(1)) - 1;
        clause.and("part % ? = ?", [i64::from(of).into(), index.into()]);
    }
    narrow(&mut clause, filter);
    clause
}

fn narrow(clause: &mut Clause, filter: &Filter) {
    let value = |word: &String| Value::from(word.clone());
    for word in &filter.any {
        clause.and("(holds(key, ?) OR holds(content, ?))", [value(word), value(word)]);
    }
    for word in &filter.name {
        clause.and("holds(key, ?)", [value(word)]);
    }
    for word in &filter.content {
        clause.and("holds(content, ?)", [value(word)]);
    }
    if let Some(by) = &filter.by {
        clause.and("labeled_by = ?", [by.clone().into()]);
    }
    if !filter.flags.is_empty() {
        let known = filter.flags.iter().fold(0, |bits, flag| bits | flag.bit());
        clause.and("flags & ?1 = ?1".replace("?1", &known.to_string()).as_str(), []);
    }
    for other in filter.flags.iter().filter(|flag| flag.bit() == 0) {
        has_other_flag(clause, other);
    }
    if filter.unflagged {
        clause.and("flags = 0", []);
    }
    for (sql, seconds) in
        [("+micros > ?", filter.longer_than), ("+micros < ?", filter.shorter_than)]
    {
        if let Some(seconds) = seconds {
            clause.and(sql, [Value::from((seconds * 1e6).round() as i64)]);
        }
    }
}

/// Flags of newer earmarks have no bit: of the few samples that have any, the newest word on this one counts.
fn has_other_flag(clause: &mut Clause, flag: &Flag) {
    let name = serde_json::json!(flag).to_string();
    clause.and(
        &format!(
            "flags & {OTHER_FLAGS} AND (SELECT instr(ifnull(flags_added, ''), ?) FROM revision \
             WHERE revision.sample = sample.id \
             AND (instr(ifnull(flags_added, ''), ?) OR instr(ifnull(flags_removed, ''), ?)) \
             ORDER BY seq DESC LIMIT 1)"
        ),
        [name.clone().into(), name.clone().into(), name.into()],
    );
}
