//! Lists by keyset: a page starts at a position, never at a number of rows, so that it costs the same everywhere.

use super::codec::{key_at, nanos, seconds, size_at};
use super::conditions::{self, Clause, FEW, NEAR};
use super::error::{Doing, Result};
use super::sample::{OTHER_FLAGS, state_of, time_at};
use super::segments::{Position, Segment, bound, position, position_of_key, restrict, segments};
use crate::domain::{
    Anchor, Confirm, Filter, InstanceId, Page, PageRequest, Row, SampleId, Target, View,
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
    preceding(connection, request, &position)?
        .iter()
        .map(|(from, clause)| count(connection, from, clause))
        .sum()
}

/// The parts of a list that precede a position: what `FROM` names, and what `WHERE` demands.
fn preceding(
    connection: &Connection,
    request: &PageRequest,
    position: &Position,
) -> Result<Vec<(Clause, Clause)>> {
    let from = conditions::all_of(connection, request.view, &request.filter)?;
    let plain = request.filter.is_empty();
    let mut parts = Vec::new();
    for (index, segment) in segments(request).into_iter().enumerate().take(position.segment + 1) {
        let bound = (index == position.segment).then_some((position, false));
        let sparse = plain && segment.is_sparse(request.view);
        let scans = sparse && conditions::scan_pays(connection, request.view)?;
        let from = if scans { conditions::scanned() } else { from.clone() };
        let views = if plain { parts_of(request.view, segment) } else { None };
        for view in views.unwrap_or(std::slice::from_ref(&request.view)) {
            let mut clause = conditions::of(*view, &request.filter, request.scope);
            restrict(&mut clause, segment, bound, request.order.descending);
            parts.push((from.clone(), clause));
        }
    }
    Ok(parts)
}

/// The lists whose indexes together hold a list in the order of a segment, where it has no index of its own.
fn parts_of(view: View, segment: Segment) -> Option<&'static [View]> {
    const ALL: [View; 4] = [View::Unlabeled, View::Labeled, View::Missing, View::Deleted];
    let together = matches!(segment, Segment::WithValue(_) | Segment::Arrived(_));
    (view == View::All && together).then_some(&ALL)
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

fn counting(from: &Clause, clause: &Clause) -> String {
    format!("SELECT count(*) FROM {} WHERE {}", from.sql, clause.sql)
}

fn count(connection: &Connection, from: &Clause, clause: &Clause) -> Result<u64> {
    connection
        .prepare_cached(&counting(from, clause))
        .doing("count a list")?
        .query_row(params_from_iter(from.values.iter().chain(&clause.values)), |row| {
            row.get::<_, i64>(0)
        })
        .doing("count a list")
        .map(|count| count as u64)
}

struct List<'a> {
    connection: &'a Connection,
    request: &'a PageRequest,
    looker: &'a Looker,
    /// What the search index knows, where that is worth using.
    hits: Option<Clause>,
    /// Where nothing of what is near is left, the whole table is read.
    long: bool,
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
        let looks = !request.filter.is_empty()
            || segments(request).iter().any(|segment| segment.is_sparse(request.view));
        let long = looks && hits.is_none() && conditions::scan_pays(connection, request.view)?;
        Ok(Self {
            connection,
            request,
            looker,
            hits,
            long,
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
        let all = || self.of(request.view, &path);
        if let Some(hits) = &self.hits {
            return self.rows(hits, all(), &path, limit);
        }
        let filtered = !request.filter.is_empty();
        if let Some(views) = parts_of(request.view, segment) {
            return if self.long && filtered {
                self.rows(&conditions::scanned(), all(), &path, limit)
            } else {
                self.together(views, &path, limit)
            };
        }
        let far = self.long && (filtered || segment.is_sparse(request.view));
        let end = if far { self.near_end(&path)? } else { None };
        let Some(end) = end else {
            return self.rows(&conditions::walked(request.view), all(), &path, limit);
        };
        let mut near = all();
        bound(&mut near, segment, Some((&end, false)), !path.ascending);
        let rows = self.rows(&conditions::walked(request.view), near, &path, limit)?;
        if rows.len() == limit {
            return Ok(rows);
        }
        self.rows(&conditions::scanned(), all(), &path, limit)
    }

    /// What the rows of a view are on the way through a segment.
    fn of(&self, view: View, path: &Path<'_>) -> Clause {
        let mut clause = conditions::of(view, &self.request.filter, self.request.scope);
        path.restrict(&mut clause);
        clause
    }

    /// Up to `limit` rows of several lists, each read in the order in which they are then put together.
    fn together(&self, views: &[View], path: &Path<'_>, limit: usize) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for view in views {
            let clause = self.of(*view, path);
            rows.append(&mut self.select(&conditions::walked(*view), clause, path, limit)?);
        }
        rows.sort_unstable_by_key(|(value, row)| (*value, row.id));
        if !path.ascending {
            rows.reverse();
        }
        Ok(rows.into_iter().take(limit).map(|(_, row)| row).collect())
    }

    /// Where the part of a list ends that is looked at before the whole table is read; `None` where the list ends before.
    fn near_end(&self, path: &Path<'_>) -> Result<Option<Position>> {
        let request = self.request;
        let mut clause = conditions::of(request.view, &Filter::default(), request.scope);
        if path.segment.is_sparse(request.view) {
            path.bound(&mut clause);
        } else {
            path.restrict(&mut clause);
        }
        let sql = format!(
            "SELECT {}, key, sample.id FROM {} WHERE {} ORDER BY {} LIMIT 1 OFFSET {NEAR}",
            path.segment.column().unwrap_or("NULL"),
            conditions::walked(request.view).sql,
            clause.sql,
            path.order()
        );
        #[cfg(test)]
        self.asked.borrow_mut().push(sql.clone());
        self.connection
            .prepare_cached(&sql)
            .doing("read a list")?
            .query_row(params_from_iter(clause.values), |row| {
                let (value, key, id) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(Position { segment: 0, value, key, id })
            })
            .optional()
            .doing("read a list")
    }

    fn rows(
        &self,
        from: &Clause,
        clause: Clause,
        path: &Path<'_>,
        limit: usize,
    ) -> Result<Vec<Row>> {
        let rows = self.select(from, clause, path, limit)?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Rows with what they are ordered by.
    fn select(
        &self,
        from: &Clause,
        mut clause: Clause,
        path: &Path<'_>,
        limit: usize,
    ) -> Result<Vec<(Option<i64>, Row)>> {
        let me = Value::from(self.looker.instance.0.as_bytes().to_vec());
        let now = Value::from(nanos(self.looker.at));
        let lease = "FROM lease WHERE lease.sample = sample.id AND until > ? AND instance <> ?";
        if self.looker.skip_leased {
            clause.and(&format!("NOT EXISTS (SELECT 1 {lease})"), [now.clone(), me.clone()]);
        }
        let sql = format!(
            "SELECT sample.id, key, state, confirm, micros, size, content, flags, labeled_by, labeled_at, modified, \
             (SELECT author {lease}), sample.etag, {} FROM {} WHERE {} ORDER BY {} LIMIT ?",
            path.segment.column().unwrap_or("NULL"),
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
            .query_map(params_from_iter(values), |found| Ok((found.get(13)?, row(found)?)))
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
    fn order(&self) -> String {
        let direction = if self.ascending { "ASC" } else { "DESC" };
        match self.segment {
            Segment::ByKey | Segment::Named(_) => format!("key {direction}"),
            Segment::WithValue(column) => format!("{column} {direction}, sample.id {direction}"),
            Segment::Arrived(_) => format!("sample.id {direction}"),
        }
    }

    fn restrict(&self, clause: &mut Clause) {
        // Onward in an ascending run is what a descending list calls before.
        restrict(clause, self.segment, self.before(), self.ascending);
    }

    fn bound(&self, clause: &mut Clause) {
        bound(clause, self.segment, self.before(), self.ascending);
    }

    fn before(&self) -> Option<(&Position, bool)> {
        self.start.map(|start| (start.position, start.including))
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

/// What SQLite is asked for the first and last page of a list, those around a sample and the number of rows before it.
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
        let parts = preceding(connection, request, &position)?;
        list.asked.borrow_mut().extend(parts.iter().map(|(from, clause)| counting(from, clause)));
    }
    Ok(list.asked.take())
}
