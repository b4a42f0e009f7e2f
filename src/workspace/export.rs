//! Every sample of a list in the order of keys, with all that an export says of it, as of one moment.

use super::codec::{key_at, seconds, size_at, time};
use super::conditions;
use super::error::{Doing, Result, WorkspaceError};
use super::reader::Reader;
use super::sample::{OTHER_FLAGS, Sample, state_of};
use crate::domain::{
    Confirm, Filter, Flag, MediaInfo, SampleId, SampleKey, SampleState, Scope, Seconds, Suggestion,
    View,
};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, Statement, params_from_iter};
use std::ops::ControlFlow;

/// One sample of an export.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRow {
    /// Its row in this workspace.
    pub id: SampleId,
    /// Its key.
    pub key: SampleKey,
    /// Which of the four states.
    pub state: SampleState,
    /// Bytes of audio.
    pub size: u64,
    /// As last listed.
    pub etag: String,
    /// The label in force; of a conflict, the one that is shown.
    pub content: Option<String>,
    /// Whether labels disagree.
    pub conflict: bool,
    /// Flags that are set.
    pub flags: Vec<Flag>,
    /// Who labeled it.
    pub labeled_by: Option<String>,
    /// When, UTC.
    pub labeled_at: Option<Timestamp>,
    /// Length, when known.
    pub seconds: Option<Seconds>,
    /// Container, codec, rate, channels, when known.
    pub info: Option<MediaInfo>,
    /// What a machine proposes.
    pub suggestion: Option<Suggestion>,
    /// What imports said besides, the newest first: each a JSON object, as in [`super::ImportItem::extra`].
    pub extras: Vec<String>,
}

impl Reader {
    /// Hands over the samples of a list one by one, ordered by key, as they are at one moment; without a `view`, those
    /// that are in the source and not in the trash. Memory does not grow with their number.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn export(
        &self,
        view: Option<View>,
        filter: &Filter,
        scope: Option<Scope>,
        on_row: &mut dyn FnMut(ExportRow) -> ControlFlow<()>,
    ) -> Result<()> {
        let doing = "read the samples";
        let moment = self.connection.unchecked_transaction().doing(doing)?;
        let mut beside = Beside::of(&moment)?;
        let mut clause = conditions::of(view.unwrap_or(View::All), filter, scope);
        if view.is_none() {
            clause.and("+state < 2", []);
        }
        let sql = format!(
            "SELECT id, key, state, size, etag, content, confirm, flags, labeled_by, labeled_at, micros, info \
             FROM sample WHERE {} ORDER BY key",
            clause.sql
        );
        let mut sql = moment.prepare(&sql).doing(doing)?;
        let values: Vec<Value> = clause.values;
        let mut rows = sql.query(params_from_iter(values)).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            let mut row = export_row(row).doing(doing)?;
            beside.complete(&moment, &mut row)?;
            if on_row(row).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn any(connection: &Connection, from: &str) -> Result<bool> {
    connection
        .prepare(&format!("SELECT 1 FROM {from} LIMIT 1"))
        .and_then(|mut sql| sql.exists([]))
        .doing("read the samples")
}

fn export_row(row: &Row<'_>) -> rusqlite::Result<ExportRow> {
    let bits: u32 = row.get(7)?;
    let mut flags: Vec<Flag> =
        Flag::KNOWN.into_iter().filter(|flag| bits & flag.bit() != 0).collect();
    if bits & OTHER_FLAGS != 0 {
        flags.push(Flag::Other(String::new()));
    }
    let info: Option<String> = row.get(11)?;
    Ok(ExportRow {
        id: SampleId(row.get(0)?),
        key: key_at(row, 1)?,
        state: state_of(row.get(2)?),
        size: size_at(row, 3)?,
        etag: row.get(4)?,
        content: row.get(5)?,
        conflict: Confirm::from_bits(row.get(6)?).conflict,
        flags,
        labeled_by: row.get(8)?,
        labeled_at: row.get::<_, Option<i64>>(9)?.map(time),
        seconds: row.get::<_, Option<i64>>(10)?.map(seconds),
        // What was found out by an earmark that says it otherwise is found out again.
        info: info.and_then(|info| serde_json::from_str(&info).ok()),
        suggestion: None,
        extras: Vec::new(),
    })
}

/// What only some samples have, and is looked up only where any has it.
struct Beside<'c> {
    suggestions: Option<Statement<'c>>,
    extras: Option<Statement<'c>>,
}

impl<'c> Beside<'c> {
    fn of(connection: &'c Connection) -> Result<Self> {
        let look_up = |any_in: &str, sql: &str| {
            any(connection, any_in)?
                .then(|| connection.prepare(sql).doing("read the samples"))
                .transpose()
        };
        Ok(Self {
            suggestions: look_up(
                "suggestion",
                "SELECT content, model, confidence FROM suggestion WHERE sample = ?",
            )?,
            extras: look_up(
                "revision WHERE extra IS NOT NULL",
                "SELECT extra FROM revision WHERE sample = ? AND extra IS NOT NULL ORDER BY seq DESC",
            )?,
        })
    }

    fn complete(&mut self, connection: &Connection, row: &mut ExportRow) -> Result<()> {
        let doing = "read the samples";
        if let Some(sql) = &mut self.suggestions {
            row.suggestion = sql
                .query_row([row.id.0], |row| {
                    Ok(Suggestion {
                        content: row.get(0)?,
                        model: row.get(1)?,
                        confidence: row.get(2)?,
                    })
                })
                .optional()
                .doing(doing)?;
        }
        if let Some(sql) = &mut self.extras {
            row.extras = sql
                .query_map([row.id.0], |row| row.get(0))
                .doing(doing)?
                .collect::<rusqlite::Result<_>>()
                .doing(doing)?;
        }
        if row.flags.iter().any(|flag| flag.bit() == 0) {
            let sample =
                Sample::load(connection, row.id.0)?.ok_or(WorkspaceError::NoSuchSample(row.id))?;
            row.flags = sample.heads.standing().flags.into_iter().collect();
        }
        Ok(())
    }
}
