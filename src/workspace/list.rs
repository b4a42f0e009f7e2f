//! Lists by keyset: a page starts at a position, never at a number of rows, so that it costs the same everywhere.
//!
//! A list is walked in segments: first the rows that have a value to be ordered by, then those without. What is equal
//! stands in the order of arrival, which is that of the names as far as files were found together: so the indexes of
//! these orders need not hold the names, and cost a third when a batch moves 100,000 samples to another tab.

use super::codec::{key_at, nanos, seconds, size_at};
use super::conditions::{self, Clause, FEW, NEAR};
use super::error::{Doing, Result};
use super::sample::{OTHER_FLAGS, state_of, time_at};
use crate::domain::{
    Anchor, Confirm, Filter, InstanceId, OrderBy, Page, PageRequest, Row, SampleId, SampleKey,
    Target, View,
};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

/// Who looks at the list, and when: leases of others show, and can be skipped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looker {
    pub(super) instance: InstanceId,
    pub(super) at: Timestamp,
    /// Leave out what others are editing.
    pub(super) skip_leased: bool,
}

/// A place in a list, whether or not a row stands there.
#[derive(Debug, Clone, PartialEq)]
struct Position {
    segment: usize,
    value: Option<i64>,
    key: Vec<u8>,
    id: i64,
}

#[derive(Debug, Clone, Copy)]
enum Segment {
    ByKey,
    WithValue(&'static str),
    WithoutValue(&'static str),
    /// Where the index of the column holds known values only: the rest is found by name.
    WithoutValueByKey(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Travel {
    Forward,
    Backward,
}

/// Where a walk starts.
struct Start<'p> {
    position: &'p Position,
    including: bool,
}

fn segments(request: &PageRequest) -> Vec<Segment> {
    let column = match request.order.by {
        OrderBy::Name => return vec![Segment::ByKey],
        OrderBy::Time => "modified",
        OrderBy::Duration => "micros",
        OrderBy::Labeled => "labeled_at",
        OrderBy::CharsPerSecond => "pace",
    };
    let without = match (request.order.by, request.view) {
        // Nothing is labeled at no time: what is not there need not be looked for.
        (OrderBy::Labeled, View::Labeled) => return vec![Segment::WithValue(column)],
        // Its indexes hold the unknown too.
        (_, View::ToConfirm) => Segment::WithoutValue(column),
        (OrderBy::Labeled | OrderBy::CharsPerSecond, _) => Segment::WithoutValueByKey(column),
        _ => Segment::WithoutValue(column),
    };
    vec![Segment::WithValue(column), without]
}

/// One page.
pub(super) fn page(
    connection: &Connection,
    request: &PageRequest,
    looker: &Looker,
) -> Result<Page> {
    let list = List::new(connection, request, looker)?;
    let limit = request.limit;
    let (anchor, including) = match &request.anchor {
        Anchor::First => return list.forward(None, limit),
        Anchor::Last => return list.backward(None, limit),
        Anchor::After(id) => (position(connection, request, *id)?, false),
        Anchor::Before(id) => {
            let place = position(connection, request, *id)?;
            return match &place {
                Some(position) => list.backward(Some(&Start { position, including: false }), limit),
                None => Ok(Page::default()),
            };
        }
        Anchor::Around(id) => (position(connection, request, *id)?, true),
        Anchor::AroundKey(key) => (position_of_key(connection, request, key)?, true),
    };
    let Some(position) = anchor else { return list.forward(None, limit) };
    if including {
        list.around(&position, limit)
    } else {
        list.forward(Some(&Start { position: &position, including: false }), limit)
    }
}

/// The row next to a sample, in the direction asked for.
pub(super) fn neighbour(
    connection: &Connection,
    request: &PageRequest,
    of: SampleId,
    backward: bool,
    looker: &Looker,
) -> Result<Option<Row>> {
    let Some(position) = position(connection, request, of)? else { return Ok(None) };
    let list = List::new(connection, request, looker)?;
    let travel = if backward { Travel::Backward } else { Travel::Forward };
    let start = Start { position: &position, including: false };
    Ok(list.walk(travel, Some(&start), 1)?.pop())
}

/// How many rows precede a sample, or the place where it would stand.
pub(super) fn rank(connection: &Connection, request: &PageRequest, id: SampleId) -> Result<u64> {
    let Some(position) = position(connection, request, id)? else { return Ok(0) };
    let from = conditions::all_of(connection, request.view, &request.filter)?;
    let mut rank = 0;
    for (index, segment) in segments(request).into_iter().enumerate().take(position.segment + 1) {
        let bound = (index == position.segment).then_some((&position, false));
        let mut clause = conditions::of(request.view, &request.filter, request.scope);
        restrict(&mut clause, segment, bound, request.order.descending);
        rank += count(connection, &from, &clause)?;
    }
    Ok(rank)
}

/// How many rows a list has.
pub(super) fn total(connection: &Connection, request: &PageRequest) -> Result<u64> {
    let from = conditions::all_of(connection, request.view, &request.filter)?;
    count(connection, &from, &conditions::of(request.view, &request.filter, request.scope))
}

/// The samples of a target, ascending, each once.
pub(super) fn of_target(connection: &Connection, target: &Target) -> Result<Vec<i64>> {
    match target {
        Target::Samples(samples) => {
            let mut ids: Vec<i64> = samples.iter().map(|id| id.0).collect();
            ids.sort_unstable();
            ids.dedup();
            Ok(ids)
        }
        Target::Matching { view, filter, scope } => {
            let from = conditions::all_of(connection, *view, filter)?;
            ids(connection, &from, &conditions::of(*view, filter, *scope))
        }
    }
}

/// The ids of all rows of a list, ascending.
fn ids(connection: &Connection, from: &Clause, clause: &Clause) -> Result<Vec<i64>> {
    let sql = format!("SELECT sample.id FROM {} WHERE {}", from.sql, clause.sql);
    let mut ids: Vec<i64> = connection
        .prepare_cached(&sql)
        .doing("read a list")?
        .query_map(params_from_iter(from.values.iter().chain(&clause.values)), |row| row.get(0))
        .doing("read a list")?
        .collect::<rusqlite::Result<_>>()
        .doing("read a list")?;
    ids.sort_unstable();
    Ok(ids)
}

fn count(connection: &Connection, from: &Clause, clause: &Clause) -> Result<u64> {
    let sql = format!("SELECT count(*) FROM {} WHERE {}", from.sql, clause.sql);
    connection
        .prepare_cached(&sql)
        .doing("count a list")?
        .query_row(params_from_iter(from.values.iter().chain(&clause.values)), |row| {
            row.get::<_, i64>(0)
        })
        .doing("count a list")
        .map(|count| count as u64)
}

/// Adds a segment's condition and the bound that a position sets: rows before it in a list that is ordered so.
fn restrict(
    clause: &mut Clause,
    segment: Segment,
    before: Option<(&Position, bool)>,
    descending: bool,
) {
    match segment {
        Segment::ByKey => {}
        Segment::WithValue(column) => clause.and(&format!("{column} IS NOT NULL"), []),
        Segment::WithoutValue(column) | Segment::WithoutValueByKey(column) => {
            clause.and(&format!("{column} IS NULL"), []);
        }
    }
    if let Some((position, including)) = before {
        let sign = match (descending, including) {
            (false, false) => "<",
            (false, true) => "<=",
            (true, false) => ">",
            (true, true) => ">=",
        };
        bound(clause, segment, sign, position);
    }
}

fn bound(clause: &mut Clause, segment: Segment, sign: &str, position: &Position) {
    match (segment, position.value) {
        (Segment::ByKey | Segment::WithoutValueByKey(_), _) => {
            clause.and(&format!("key {sign} ?"), [position.key.clone().into()]);
        }
        (Segment::WithValue(column), Some(value)) => {
            let place = [value.into(), position.id.into()];
            // Named, since an id has no collation of its own: else SQLite compares `column` by the index alone, and reads
            // all that is equal.
            clause.and(&format!("({column}, sample.id) {sign} (?, ? COLLATE BINARY)"), place);
        }
        _ => clause.and(&format!("sample.id {sign} ?"), [position.id.into()]),
    }
}

/// Where a sample stands in this order, whether or not the list holds it.
fn position(
    connection: &Connection,
    request: &PageRequest,
    id: SampleId,
) -> Result<Option<Position>> {
    let column = match segments(request).first() {
        Some(Segment::WithValue(column)) => column,
        _ => "NULL",
    };
    connection
        .prepare_cached(&format!("SELECT {column}, key FROM sample WHERE id = ?"))
        .doing("find a place in a list")?
        .query_row([id.0], |row| {
            let value: Option<i64> = row.get(0)?;
            let segment = usize::from(request.order.by != OrderBy::Name && value.is_none());
            Ok(Position { segment, value, key: row.get(1)?, id: id.0 })
        })
        .optional()
        .doing("find a place in a list")
}

fn position_of_key(
    connection: &Connection,
    request: &PageRequest,
    key: &SampleKey,
) -> Result<Option<Position>> {
    let id: Option<i64> = connection
        .prepare_cached("SELECT id FROM sample WHERE key = ?")
        .doing("find a place in a list")?
        .query_row([key.as_bytes()], |row| row.get(0))
        .optional()
        .doing("find a place in a list")?;
    match id {
        Some(id) => position(connection, request, SampleId(id)),
        // A key that nobody has still has a place by name; in the other orders it stands behind the unknown ones.
        None => Ok(Some(Position {
            segment: usize::from(request.order.by != OrderBy::Name),
            value: None,
            key: key.as_bytes().to_vec(),
            id: i64::MAX,
        })),
    }
}

struct List<'a> {
    connection: &'a Connection,
    request: &'a PageRequest,
    looker: &'a Looker,
    /// What the search index knows, where that is worth using.
    hits: Option<Clause>,
    /// Where a filter leaves nothing of what is near, the whole table is read.
    scan: bool,
    /// What SQLite was asked.
    #[cfg(test)]
    asked: std::cell::RefCell<Vec<String>>,
}

impl<'a> List<'a> {
    fn new(
        connection: &'a Connection,
        request: &'a PageRequest,
        looker: &'a Looker,
    ) -> Result<Self> {
        let hits = conditions::hits(connection, &request.filter, FEW)?;
        let scan = hits.is_none()
            && !request.filter.is_empty()
            && conditions::scan_pays(connection, request.view)?;
        Ok(Self {
            connection,
            request,
            looker,
            hits,
            scan,
            #[cfg(test)]
            asked: std::cell::RefCell::default(),
        })
    }

    fn forward(&self, start: Option<&Start<'_>>, limit: usize) -> Result<Page> {
        let mut rows = self.walk(Travel::Forward, start, limit + 1)?;
        let more_after = rows.len() > limit;
        rows.truncate(limit);
        let more_before = match start {
            Some(start) => self.any_before(start)?,
            None => false,
        };
        Ok(Page { rows, more_before, more_after, ..Page::default() })
    }

    fn backward(&self, start: Option<&Start<'_>>, limit: usize) -> Result<Page> {
        let mut rows = self.walk(Travel::Backward, start, limit + 1)?;
        let more_before = rows.len() > limit;
        rows.truncate(limit);
        rows.reverse();
        let more_after = match start {
            Some(start) => {
                let here = Start { position: start.position, including: true };
                !self.walk(Travel::Forward, Some(&here), 1)?.is_empty()
            }
            None => false,
        };
        Ok(Page { rows, more_before, more_after, ..Page::default() })
    }

    /// Half of the page before the position; what one side lacks, the other gets.
    fn around(&self, position: &Position, limit: usize) -> Result<Page> {
        let mut before =
            self.walk(Travel::Backward, Some(&Start { position, including: false }), limit + 1)?;
        let mut after =
            self.walk(Travel::Forward, Some(&Start { position, including: true }), limit + 1)?;
        let wanted = (limit / 2).max(limit.saturating_sub(after.len()));
        let more_before = before.len() > wanted;
        before.truncate(wanted);
        let more_after = after.len() > limit - before.len();
        after.truncate(limit - before.len());
        before.reverse();
        before.append(&mut after);
        Ok(Page { rows: before, more_before, more_after, ..Page::default() })
    }

    fn any_before(&self, start: &Start<'_>) -> Result<bool> {
        let here = Start { position: start.position, including: !start.including };
        Ok(!self.walk(Travel::Backward, Some(&here), 1)?.is_empty())
    }

    /// Up to `limit` rows from a start on, in the order of travel.
    fn walk(&self, travel: Travel, start: Option<&Start<'_>>, limit: usize) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut segments: Vec<(usize, Segment)> =
            segments(self.request).into_iter().enumerate().collect();
        if travel == Travel::Backward {
            segments.reverse();
        }
        for (index, segment) in segments {
            let passed = start.is_some_and(|start| match travel {
                Travel::Forward => index < start.position.segment,
                Travel::Backward => index > start.position.segment,
            });
            if !passed && rows.len() < limit {
                let start = start.filter(|start| start.position.segment == index);
                rows.append(&mut self.run(travel, segment, start, limit - rows.len())?);
            }
        }
        Ok(rows)
    }

    /// Up to `limit` rows of one segment.
    fn run(
        &self,
        travel: Travel,
        segment: Segment,
        start: Option<&Start<'_>>,
        limit: usize,
    ) -> Result<Vec<Row>> {
        let request = self.request;
        let path = Path {
            segment,
            ascending: request.order.descending == (travel == Travel::Backward),
            start,
        };
        let all = conditions::of(request.view, &request.filter, request.scope);
        if let Some(hits) = &self.hits {
            return self.select(hits, all, &path, limit);
        }
        let end = if self.scan { self.near_end(&path)? } else { None };
        let Some(end) = end else {
            return self.select(&conditions::walked(), all, &path, limit);
        };
        let mut near = all.clone();
        restrict(&mut near, segment, Some((&end, false)), !path.ascending);
        let rows = self.select(&conditions::walked(), near, &path, limit)?;
        if rows.len() == limit {
            return Ok(rows);
        }
        self.select(&conditions::scanned(), all, &path, limit)
    }

    /// Where the part of a list ends that is looked at before the whole table is read; `None` where the list ends before.
    fn near_end(&self, path: &Path<'_>) -> Result<Option<Position>> {
        let request = self.request;
        let mut clause = conditions::of(request.view, &Filter::default(), request.scope);
        path.restrict(&mut clause);
        let column = path.column().unwrap_or("NULL");
        let segment = usize::from(matches!(
            path.segment,
            Segment::WithoutValue(_) | Segment::WithoutValueByKey(_)
        ));
        self.connection
            .prepare_cached(&format!(
                "SELECT {column}, key, sample.id FROM sample WHERE {} ORDER BY {} LIMIT 1 OFFSET {NEAR}",
                clause.sql,
                path.order()
            ))
            .doing("read a list")?
            .query_row(params_from_iter(clause.values), |row| {
                Ok(Position {
                    segment,
                    value: row.get(0)?,
                    key: row.get(1)?,
                    id: row.get(2)?,
                })
            })
            .optional()
            .doing("read a list")
    }

    fn select(
        &self,
        from: &Clause,
        mut clause: Clause,
        path: &Path<'_>,
        limit: usize,
    ) -> Result<Vec<Row>> {
        path.restrict(&mut clause);
        let me = Value::from(self.looker.instance.0.as_bytes().to_vec());
        let now = Value::from(nanos(self.looker.at));
        let lease = "FROM lease WHERE lease.sample = sample.id AND until > ? AND instance <> ?";
        if self.looker.skip_leased {
            clause.and(&format!("NOT EXISTS (SELECT 1 {lease})"), [now.clone(), me.clone()]);
        }
        let sql = format!(
            "SELECT sample.id, key, state, confirm, micros, size, content, flags, labeled_by, labeled_at, modified, \
             (SELECT author {lease}), sample.etag FROM {} WHERE {} ORDER BY {} LIMIT ?",
            from.sql,
            clause.sql,
            path.order()
        );
        #[cfg(test)]
        self.asked.borrow_mut().push(sql.clone());
        let values = [now, me]
            .into_iter()
            .chain(from.values.iter().cloned())
            .chain(clause.values)
            .chain([Value::from(limit as i64)]);
        self.connection
            .prepare_cached(&sql)
            .doing("read a list")?
            .query_map(params_from_iter(values), row)
            .doing("read a list")?
            .collect::<rusqlite::Result<_>>()
            .doing("read a list")
    }
}

/// One way through one segment.
struct Path<'p> {
    segment: Segment,
    ascending: bool,
    start: Option<&'p Start<'p>>,
}

impl Path<'_> {
    fn column(&self) -> Option<&'static str> {
        match self.segment {
            Segment::WithValue(column) => Some(column),
            _ => None,
        }
    }

    fn order(&self) -> String {
        let direction = if self.ascending { "ASC" } else { "DESC" };
        match self.segment {
            Segment::ByKey | Segment::WithoutValueByKey(_) => format!("key {direction}"),
            Segment::WithValue(column) => format!("{column} {direction}, sample.id {direction}"),
            Segment::WithoutValue(_) => format!("sample.id {direction}"),
        }
    }

    fn restrict(&self, clause: &mut Clause) {
        // Onward in an ascending run is what a descending list calls before.
        let bound = self.start.map(|start| (start.position, start.including));
        restrict(clause, self.segment, bound, self.ascending);
    }
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: SampleId(row.get(0)?),
        key: key_at(row, 1)?,
        state: state_of(row.get(2)?),
        confirm: Confirm::from_bits(row.get(3)?),
        seconds: row.get::<_, Option<i64>>(4)?.map(seconds),
        size: size_at(row, 5)?,
        content: row.get(6)?,
        flags: row.get::<_, u32>(7)? & !OTHER_FLAGS,
        labeled_by: row.get(8)?,
        labeled_at: time_at(row, 9)?,
        modified: time_at(row, 10)?,
        leased_by: row.get(11)?,
        etag: row.get(12)?,
        draft: false,
    })
}

/// What SQLite is asked for the first and last page of a list, and for those around a sample.
#[cfg(test)]
pub(super) fn asked(
    connection: &Connection,
    request: &PageRequest,
    looker: &Looker,
    around: SampleId,
) -> Result<Vec<String>> {
    let list = List::new(connection, request, looker)?;
    list.forward(None, 10)?;
    list.backward(None, 10)?;
    if let Some(position) = position(connection, request, around)? {
        list.around(&position, 10)?;
        list.forward(Some(&Start { position: &position, including: false }), 10)?;
        list.backward(Some(&Start { position: &position, including: false }), 10)?;
    }
    Ok(list.asked.take())
}
