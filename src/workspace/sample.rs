//! One sample with its history, as changes need it, and the columns that are derived from it.

use super::codec::{self, REVISION, REVISION_COLUMNS, key_at, nanos, revision_at, stamp_at, time};
use super::error::{Doing, Result};
use super::many::{Counted, Many};
use crate::domain::{
    AudioStamp, Confirm, ContentChange, Flag, Heads, Revision, RevisionId, SampleDetail, SampleId,
    SampleKey, SampleState, Standing, Suggestion,
};
use rusqlite::{Connection, OptionalExtension, Row, Statement, ToSql, params};
use std::collections::BTreeSet;

/// The bit in `sample.flags` for all flags that this program does not know.
pub(super) const OTHER_FLAGS: u32 = 1 << 30;

/// Samples that are read together, where many are.
const TOGETHER: usize = 256;
/// Of so many neighbours, fewer than one that is wanted: they are read one by one.
const SPARSE: u64 = 4;
/// What [`Sample::facts`] reads of samples.
const FACTS: &str = "SELECT sample.id, key, size, etag, present, moved_to, micros, audio_error, \
     suggestion.content, model, confidence, confirm, state, sample.content \
     FROM sample LEFT JOIN suggestion ON suggestion.sample = sample.id";
/// Writes the derived columns of a sample that comes into another state. `OR FAIL` saves the journal that a statement
/// with triggers keeps for undoing just itself: whoever fails here gives the whole transaction up.
pub(super) const MOVING: &str = "UPDATE OR FAIL sample SET state = ?7, content = ?2, labeled_by = ?3, labeled_at = ?4, \
     flags = ?5, pace = ?6 WHERE id = ?1";
/// The same where the state stays, and with it the place in most lists: their indexes are left alone.
pub(super) const STAYING: &str = "UPDATE OR FAIL sample SET content = ?2, labeled_by = ?3, labeled_at = ?4, \
     flags = ?5, pace = ?6 WHERE id = ?1 AND state = ?7";

/// Columns that both write, `id` and `state` included.
pub(super) const DERIVED: usize = 7;

/// As [`MOVING`], of the rows that are given.
pub(super) fn moving_rows_sql(given: &str) -> String {
    // The columns of VALUES, as they are numbered above.
    format!(
        "WITH new AS ({given}) UPDATE OR FAIL sample SET state = column7, content = column2, labeled_by = column3, \
         labeled_at = column4, flags = column5, pace = column6 FROM new WHERE sample.id = column1"
    )
}

/// As [`STAYING`], of the rows that are given.
pub(super) fn staying_rows_sql(given: &str) -> String {
    format!(
        "WITH new AS ({given}) UPDATE OR FAIL sample SET content = column2, labeled_by = column3, \
         labeled_at = column4, flags = column5, pace = column6 FROM new \
         WHERE sample.id = column1 AND sample.state = column7"
    )
}

/// A sample as it stands in the workspace.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) id: i64,
    pub(super) key: SampleKey,
    pub(super) stamp: AudioStamp,
    pub(super) present: bool,
    pub(super) moved_to: Option<i64>,
    pub(super) micros: Option<i64>,
    pub(super) audio_error: Option<String>,
    pub(super) suggestion: Option<Suggestion>,
    /// What `sample.confirm` holds.
    pub(super) stored_confirm: u32,
    /// What `sample.state` holds.
    pub(super) stored_state: u32,
    /// What `sample.content` holds.
    pub(super) stored_content: Option<String>,
    pub(super) history: Vec<Revision>,
    pub(super) heads: Heads,
}

impl Sample {
    /// Reads it whole.
    pub(super) fn load(connection: &Connection, id: i64) -> Result<Option<Self>> {
        let doing = "read a sample";
        let mut facts = connection.prepare_cached(&facts_sql()).doing(doing)?;
        let mut history = connection.prepare_cached(&history_sql()).doing(doing)?;
        Self::read(&mut facts, &mut history, id)
    }

    /// As [`Sample::load`], among many.
    pub(super) fn load_of(many: &Many<'_>, id: i64) -> Result<Option<Self>> {
        many.settle(id)?;
        Self::read(&mut many.facts(), &mut many.history(), id)
    }

    /// Reads each as its turn comes, a little ahead: nobody is to write those that are still to come.
    pub(super) fn each_of<'m>(
        many: &'m Many<'_>,
        ids: &'m [i64],
    ) -> impl Iterator<Item = Result<Option<Self>>> + 'm {
        ids.chunks(TOGETHER).flat_map(|some| match Self::load_some(many, some) {
            Ok(samples) => samples.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        })
    }

    /// Reads several whole, by ascending ids, each in the place of its id. Neighbours are read together.
    fn load_some(many: &Many<'_>, ids: &[i64]) -> Result<Vec<Option<Self>>> {
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(Vec::new()) };
        if last.abs_diff(*first) >= SPARSE * ids.len() as u64 {
            return ids.iter().map(|id| Self::load_of(many, *id)).collect();
        }
        let doing = "read the samples";
        ids.iter().try_for_each(|id| many.settle(*id))?;
        let mut samples: Vec<Option<Self>> = ids.iter().map(|_| None).collect();
        let mut facts = many
            .prepare_cached(&format!("{FACTS} WHERE sample.id BETWEEN ? AND ?"))
            .doing(doing)?;
        for sample in facts.query_map([first, last], Self::facts).doing(doing)? {
            let sample = sample.doing(doing)?;
            if let Ok(place) = ids.binary_search(&sample.id) {
                samples[place] = Some(sample);
            }
        }
        let mut history = many
            .prepare_cached(&format!(
                "SELECT {REVISION}, sample FROM revision WHERE sample BETWEEN ? AND ? ORDER BY sample, seq"
            ))
            .doing(doing)?;
        let mut rows = history.query([first, last]).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            let id = row.get::<_, i64>(REVISION_COLUMNS).doing(doing)?;
            let sample = ids.binary_search(&id).ok().and_then(|place| samples[place].as_mut());
            if let Some(sample) = sample {
                sample.history.push(revision_at(row).doing(doing)?);
            }
        }
        for sample in samples.iter_mut().flatten().filter(|sample| !sample.history.is_empty()) {
            sample.heads = Heads::fold(&sample.history);
        }
        Ok(samples)
    }

    fn read(
        facts: &mut Statement<'_>,
        history: &mut Statement<'_>,
        id: i64,
    ) -> Result<Option<Self>> {
        let found = facts.query_row([id], Self::facts).optional().doing("read a sample")?;
        let Some(mut sample) = found else { return Ok(None) };
        sample.history = history_of(history, id)?;
        if !sample.history.is_empty() {
            sample.heads = Heads::fold(&sample.history);
        }
        Ok(Some(sample))
    }

    fn facts(row: &Row<'_>) -> rusqlite::Result<Self> {
        let suggestion = match row.get::<_, Option<String>>(8)? {
            Some(content) => {
                Some(Suggestion { content, model: row.get(9)?, confidence: row.get(10)? })
            }
            None => None,
        };
        Ok(Self {
            id: row.get(0)?,
            key: key_at(row, 1)?,
            stamp: stamp_at(row, 2)?,
            present: row.get(4)?,
            moved_to: row.get(5)?,
            micros: row.get(6)?,
            audio_error: row.get(7)?,
            suggestion,
            stored_confirm: row.get(11)?,
            stored_state: row.get(12)?,
            stored_content: row.get(13)?,
            history: Vec::new(),
            heads: Heads::default(),
        })
    }

    /// The ids of all content heads: what a draft starts from.
    pub(super) fn content_heads(&self) -> Vec<RevisionId> {
        self.heads.content.iter().map(|head| head.id).collect()
    }

    /// Whether the label was made on other audio than there is now. A file that was only touched did not change.
    pub(super) fn audio_changed(
        &self,
        connection: &Connection,
        standing: &Standing,
    ) -> Result<bool> {
        if !standing.audio_changed(&self.stamp) {
            return Ok(false);
        }
        let Some(heard) = standing.label.as_ref().and_then(|label| label.heard.as_ref()) else {
            return Ok(false);
        };
        let touched = connection
            .prepare_cached("SELECT 1 FROM same_audio WHERE sample = ? AND size = ? AND etag = ?")
            .doing("read a sample")?
            .exists(params![self.id, heard.size as i64, heard.etag])
            .doing("read a sample")?;
        Ok(!touched)
    }

    /// Which of the four states; `None` when it moved away.
    pub(super) fn state(&self, standing: &Standing) -> Option<SampleState> {
        match self {
            Self { moved_to: Some(_), .. } => None,
            _ if standing.deleted => Some(SampleState::Deleted),
            Self { present: false, .. } => Some(SampleState::Missing),
            _ if standing.label.is_some() => Some(SampleState::Labeled),
            _ => Some(SampleState::Unlabeled),
        }
    }

    fn confirm(&self, connection: &Connection, standing: &Standing) -> Result<Confirm> {
        if !matches!(self.state(standing), Some(SampleState::Unlabeled | SampleState::Labeled)) {
            return Ok(Confirm::default());
        }
        Ok(Confirm {
            suggestion: self.suggestion.is_some() && standing.label.is_none(),
            conflict: standing.conflict(),
            audio_changed: self.audio_changed(connection, standing)?,
        })
    }

    /// Writes the derived columns. `confirm` has indexes of its own and changes seldom.
    pub(super) fn store(&mut self, connection: &Connection) -> Result<Standing> {
        let standing = self.heads.standing();
        let state = state_code(self.state(&standing));
        let sql = if state == self.stored_state { STAYING } else { MOVING };
        let mut sql = connection.prepare_cached(sql).doing("change a sample")?;
        self.write(&standing, state, |values| {
            sql.execute(values).doing("change a sample").map(drop)
        })?;
        self.store_confirm(connection, &standing)?;
        Ok(standing)
    }

    /// As [`Sample::store`], among many. The length is as it is stored.
    pub(super) fn store_in(&mut self, many: &Many<'_>) -> Result<Standing> {
        let standing = self.heads.standing();
        let state = state_code(self.state(&standing));
        let counted = |state| Counted { state, micros: self.micros };
        many.became(counted(self.stored_state), counted(state));
        let (id, moves) = (self.id, state != self.stored_state);
        if self.write(&standing, state, |values| many.store(id, moves, values))? {
            many.outdated(self.id)?;
        }
        let was = self.stored_confirm;
        self.store_confirm(many, &standing)?;
        many.confirms(was, self.stored_confirm);
        Ok(standing)
    }

    /// Has the derived columns written. Whether the content is another one now.
    fn write(
        &mut self,
        standing: &Standing,
        state: u32,
        put: impl FnOnce(&[&dyn ToSql]) -> Result<()>,
    ) -> Result<bool> {
        let label = standing.label.as_ref();
        let content = label.and_then(|label| text(&label.content));
        let pace = content.zip(self.micros).and_then(|(text, micros)| pace(text, micros));
        put(params![
            self.id,
            content,
            label.map(|label| &label.author),
            label.map(|label| nanos(label.at)),
            flag_bits(&standing.flags),
            pace,
            state,
        ])?;
        self.stored_state = state;
        let other = self.stored_content.as_deref() != content;
        if other {
            self.stored_content = content.map(str::to_owned);
        }
        Ok(other)
    }

    fn store_confirm(&mut self, connection: &Connection, standing: &Standing) -> Result<()> {
        let confirm = self.confirm(connection, standing)?.bits();
        if confirm != self.stored_confirm {
            connection
                .prepare_cached("UPDATE OR FAIL sample SET confirm = ? WHERE id = ?")
                .and_then(|mut sql| sql.execute([i64::from(confirm), self.id]))
                .doing("change a sample")?;
            self.stored_confirm = confirm;
        }
        Ok(())
    }

    /// What the screen shows of it.
    pub(super) fn detail(self, connection: &Connection) -> Result<SampleDetail> {
        let standing = self.heads.standing();
        let confirm = self.confirm(connection, &standing)?;
        let heads = self.content_heads();
        let label = standing.label.as_ref();
        Ok(SampleDetail {
            id: SampleId(self.id),
            state: self.state(&standing).unwrap_or(SampleState::Missing),
            confirm,
            seconds: self.micros.map(codec::seconds),
            content: label.and_then(|label| text(&label.content)).map(str::to_owned),
            heads,
            rivals: standing
                .rivals
                .iter()
                .map(|rival| {
                    (text(&rival.content).unwrap_or_default().to_owned(), rival.author.clone())
                })
                .collect(),
            flags: standing.flags.iter().cloned().collect(),
            labeled: label.map(|label| (label.author.clone(), label.at)),
            key: self.key,
            stamp: self.stamp,
            suggestion: self.suggestion,
            audio_error: self.audio_error,
        })
    }
}

/// Reads what [`Sample::facts`] takes of one sample.
pub(super) fn facts_sql() -> String {
    format!("{FACTS} WHERE sample.id = ?")
}

/// Reads every revision of one sample, in the order of arrival.
pub(super) fn history_sql() -> String {
    format!("SELECT {REVISION} FROM revision WHERE sample = ? ORDER BY seq")
}

/// Every revision of one sample, in the order of arrival.
pub(super) fn history(connection: &Connection, id: i64) -> Result<Vec<Revision>> {
    history_of(&mut *connection.prepare_cached(&history_sql()).doing("read a history")?, id)
}

fn history_of(sql: &mut Statement<'_>, id: i64) -> Result<Vec<Revision>> {
    sql.query_and_then([id], revision_at)
        .doing("read a history")?
        .collect::<rusqlite::Result<_>>()
        .doing("read a history")
}

/// The text of a content, if it is one.
pub(super) fn text(content: &ContentChange) -> Option<&str> {
    match content {
        ContentChange::Set(text) => Some(text),
        ContentChange::Removed => None,
    }
}

/// Characters of a label in 1000 seconds of audio.
pub(super) fn pace(text: &str, micros: i64) -> Option<i64> {
    let characters = i64::try_from(text.chars().count()).ok()?;
    characters.checked_mul(1_000_000_000)?.checked_div(micros)
}

pub(super) fn flag_bits(flags: &BTreeSet<Flag>) -> u32 {
    flags.iter().fold(0, |bits, flag| bits | if flag.bit() == 0 { OTHER_FLAGS } else { flag.bit() })
}

/// A state as `sample.state` holds it; `None` is *moved away*.
pub(super) fn state_code(state: Option<SampleState>) -> u32 {
    match state {
        Some(SampleState::Unlabeled) => 0,
        Some(SampleState::Labeled) => 1,
        Some(SampleState::Missing) => 2,
        Some(SampleState::Deleted) => 3,
        None => 4,
    }
}

/// The state of a `sample.state`.
pub(super) fn state_of(code: u32) -> SampleState {
    match code {
        0 => SampleState::Unlabeled,
        1 => SampleState::Labeled,
        3 => SampleState::Deleted,
        _ => SampleState::Missing,
    }
}

/// Where a sample is now, if it moved: the end of the chain of moves.
pub(super) fn whereabouts(connection: &Connection, id: i64) -> Result<i64> {
    connection
        .prepare_cached(
            "WITH RECURSIVE trail (id) AS (VALUES (?1) UNION \
             SELECT moved_to FROM sample JOIN trail USING (id) WHERE moved_to IS NOT NULL) \
             SELECT trail.id FROM trail JOIN sample USING (id) WHERE moved_to IS NULL",
        )
        .doing("follow a moved sample")?
        .query_row([id], |row| row.get(0))
        .optional()
        .doing("follow a moved sample")
        .map(|found| found.unwrap_or(id))
}

/// The id of the sample that stands under a key.
pub(super) fn find(connection: &Connection, key: &SampleKey) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM sample WHERE key = ? AND state < 4")
        .doing("find a sample")?
        .query_row([key.as_bytes()], |row| row.get(0))
        .optional()
        .doing("find a sample")
}

/// A stored time.
pub(super) fn time_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<jiff::Timestamp>> {
    row.get::<_, Option<i64>>(column).map(|nanos| nanos.map(time))
}
