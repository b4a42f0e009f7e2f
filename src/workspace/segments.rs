//! The segments that a list is walked in, by its order: first the rows that have a value to be ordered by, then those
//! without.
//!
//! What is equal stands in the order of arrival, which is that of the names as far as files were found together: so the
//! indexes of these orders need not hold the names, and cost a third when a batch moves 100,000 samples to another tab.

use super::conditions::Clause;
use super::error::{Doing, Result};
use crate::domain::{OrderBy, PageRequest, SampleId, SampleKey, View};
use rusqlite::{Connection, OptionalExtension};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Segment {
    ByKey,
    /// Those that have a value in this column, by it.
    WithValue(&'static str),
    /// Those of which this is true, as they arrived: an index holds them together.
    Arrived(&'static str),
    /// Those of which this is true, by name: no index tells them from the others of the list.
    Named(&'static str),
}

impl Segment {
    /// The column that it is ordered by, where that is not the name.
    pub(super) fn column(self) -> Option<&'static str> {
        if let Self::WithValue(column) = self { Some(column) } else { None }
    }

    /// Whether what belongs to it may be few among many that are walked past.
    pub(super) fn is_sparse(self, view: View) -> bool {
        matches!(self, Self::Named(_)) && matches!(view, View::Missing | View::Deleted)
    }

    fn condition(self) -> Option<String> {
        match self {
            Self::ByKey => None,
            Self::WithValue(column) => Some(format!("{column} IS NOT NULL")),
            Self::Arrived(condition) | Self::Named(condition) => Some(condition.to_owned()),
        }
    }
}

/// A place in a list, whether or not a row stands there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Position {
    pub(super) segment: usize,
    pub(super) value: Option<i64>,
    pub(super) key: Vec<u8>,
    pub(super) id: i64,
}

/// The segments of a list, in their order.
pub(super) fn segments(request: &PageRequest) -> Vec<Segment> {
    use Segment::{Arrived, Named, WithValue};
    match (request.order.by, request.view) {
        (OrderBy::Name, _) => vec![Segment::ByKey],
        (OrderBy::Time, _) => vec![WithValue("modified"), Arrived("modified IS NULL")],
        (OrderBy::Duration, _) => vec![WithValue("micros"), Arrived("micros IS NULL")],
        // Nothing is labeled at no time: what is not there need not be looked for.
        (OrderBy::Labeled, View::Labeled) => vec![WithValue("labeled_at")],
        // Its indexes hold the unknown too.
        (OrderBy::Labeled, View::ToConfirm) => {
            vec![WithValue("labeled_at"), Arrived("labeled_at IS NULL")]
        }
        (OrderBy::Labeled, _) => vec![WithValue("labeled_at"), Named("labeled_at IS NULL")],
        // A label without a pace is one of audio without a length, and of lengths there is an index.
        (OrderBy::CharsPerSecond, View::Labeled) => vec![
            WithValue("pace"),
            Arrived("pace IS NULL AND micros = 0"),
            Arrived("pace IS NULL AND micros IS NULL"),
        ],
        (OrderBy::CharsPerSecond, View::ToConfirm) => {
            vec![WithValue("pace"), Arrived("pace IS NULL")]
        }
        (OrderBy::CharsPerSecond, _) => vec![WithValue("pace"), Named("pace IS NULL")],
    }
}

/// Demands a segment's rows, of which it may be all that lie before a position in a list that is ordered so.
pub(super) fn restrict(
    clause: &mut Clause,
    segment: Segment,
    before: Option<(&Position, bool)>,
    descending: bool,
) {
    if let Some(condition) = segment.condition() {
        clause.and(&condition, []);
    }
    bound(clause, segment, before, descending);
}

/// Demands what lies before a position in a list that is ordered so, whether or not the segment holds it.
pub(super) fn bound(
    clause: &mut Clause,
    segment: Segment,
    before: Option<(&Position, bool)>,
    descending: bool,
) {
    let Some((position, including)) = before else { return };
    let sign = match (descending, including) {
        (false, false) => "<",
        (false, true) => "<=",
        (true, false) => ">",
        (true, true) => ">=",
    };
    match (segment, position.value) {
        (Segment::ByKey | Segment::Named(_), _) => {
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
pub(super) fn position(
    connection: &Connection,
    request: &PageRequest,
    id: SampleId,
) -> Result<Option<Position>> {
    let segments = segments(request);
    let column = segments.first().and_then(|segment| segment.column()).unwrap_or("NULL");
    let each: Vec<String> = (0..)
        .zip(&segments)
        .map(|(n, segment)| {
            let condition = segment.condition().unwrap_or_else(|| "true".to_owned());
            format!("WHEN {condition} THEN {n}")
        })
        .collect();
    // What is in none of them left the list, and stood at its end.
    let end = segments.len();
    let sql = format!(
        "SELECT CASE {} ELSE {end} END, {column}, key FROM sample WHERE id = ?",
        each.join(" ")
    );
    connection
        .prepare_cached(&sql)
        .doing("find a place in a list")?
        .query_row([id.0], |row| {
            let segment: i64 = row.get(0)?;
            let (value, key) = (row.get(1)?, row.get(2)?);
            Ok(Position { segment: segment as usize, value, key, id: id.0 })
        })
        .optional()
        .doing("find a place in a list")
}

/// Where the sample of a key stands, or would stand.
pub(super) fn position_of_key(
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
    if let Some(id) = id {
        return position(connection, request, SampleId(id));
    }
    // A key that nobody has still has a place by name; in the other orders it stands behind the unknown ones.
    let segments = segments(request);
    let known_only = segments.last().is_some_and(|last| last.column().is_some());
    let segment = if known_only { segments.len() } else { segments.len() - 1 };
    Ok(Some(Position { segment, value: None, key: key.as_bytes().to_vec(), id: i64::MAX }))
}
