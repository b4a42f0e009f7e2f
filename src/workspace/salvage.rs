//! A damaged workspace into a new file: every revision, sample and draft that is readable, whatever else is not.
//!
//! Rows are known by their shape, so that it does not matter which way to them is broken. Revisions are taken from every
//! version of a page, since they never change; of everything else the newest readable version counts. What is derived
//! (states, counts, search, waveforms) is made anew, and what was read from the output is read again by the next sync.

use super::codec::part_hash;
use super::error::{Doing, Result, WorkspaceError};
use super::identity::Dataset;
use super::pages::{Field, Found, Pages};
use super::sample::Sample;
use super::{carry, drafts, file, meta};
use crate::crash;
use crate::domain::SampleKey;
use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const DOING: &str = "write what was salvaged";
/// Bytes of the longest entry that the search index has.
const LONGEST_RUN: usize = 13;
/// What a sample is called whose name cannot be read any more, with its number behind it.
const NAMELESS: &str = "salvaged/sample-";

/// What was found in a damaged workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// Revisions in the new file.
    pub revisions: u64,
    /// Revisions that the old file once held, as far as it still says so, and that cannot be read.
    pub lost: u64,
    /// Samples in the new file.
    pub samples: u64,
    /// Of these: with revisions, but without a readable name.
    pub nameless: u64,
    /// Drafts in the new drafts file.
    pub drafts: u64,
    /// Whether the old file still said what the dataset is.
    pub described: bool,
}

/// Reads a damaged workspace and its drafts, and writes what is readable to a new workspace with drafts beside it. The
/// damaged files are only read. `known` says what the dataset is, should the file not say it any more.
///
/// Nobody may be writing to the damaged file meanwhile.
///
/// # Errors
/// [`WorkspaceError::Exists`], [`WorkspaceError::NotFound`], nothing readable in it
/// ([`WorkspaceError::NothingToSalvage`]), or the new file cannot be written; a part of it is not left behind.
pub fn salvage(damaged: &Path, to: &Path, known: Option<&Dataset>) -> Result<Salvaged> {
    let drafts_to = drafts::file_of(to);
    for taken in [to, &drafts_to] {
        if taken.exists() {
            return Err(WorkspaceError::Exists(taken.to_owned()));
        }
    }
    if !damaged.exists() {
        return Err(WorkspaceError::NotFound(damaged.to_owned()));
    }
    let partial = file::beside(to, &format!(".{}", uuid::Uuid::now_v7()));
    let salvaged = write(damaged, &partial, known).and_then(|mut salvaged| {
        salvaged.drafts = save_drafts(damaged, &partial)?;
        crash::point("workspace.salvage.written");
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|error| WorkspaceError::io("write", to, error))
        };
        if salvaged.drafts > 0 {
            rename(&drafts::file_of(&partial), &drafts_to)?;
        }
        crash::point("workspace.salvage.half-named");
        rename(&partial, to)?;
        file::settle_folder(to)?;
        Ok(salvaged)
    });
    if salvaged.is_err() {
        // The first error is the one that matters.
        for leftover in [partial.clone(), drafts::file_of(&partial)] {
            for ending in ["", "-wal", "-shm"] {
                let _ = fs::remove_file(file::beside(&leftover, ending));
            }
        }
    }
    salvaged
}

fn write(damaged: &Path, to: &Path, known: Option<&Dataset>) -> Result<Salvaged> {
    let pages = Pages::open(damaged)?;
    let mut connection = file::create(to)?;
    connection.pragma_update(None, "foreign_keys", 0).doing(DOING)?;
    let transaction = connection.transaction().doing(DOING)?;
    let mut salvaged = Gathering::new(&transaction, &pages)?.gather(known)?;
    let anything = salvaged.samples > 0 || salvaged.revisions > 0;
    if !anything {
        return Err(WorkspaceError::NothingToSalvage(damaged.to_owned()));
    }
    settle(&transaction, &mut salvaged)?;
    transaction.commit().doing(DOING)?;
    connection.close().map_err(|(_, error)| error).doing(DOING)?;
    Ok(salvaged)
}

/// One walk over all pages.
struct Gathering<'c> {
    to: &'c Connection,
    pages: &'c Pages,
    owners: BTreeMap<u32, String>,
    about: BTreeMap<String, String>,
}

impl<'c> Gathering<'c> {
    fn new(to: &'c Connection, pages: &'c Pages) -> Result<Self> {
        // What indexes still say: the names of samples, and which revisions there were.
        to.execute_batch(
            "CREATE TEMP TABLE named (id INTEGER PRIMARY KEY, key BLOB NOT NULL);
             CREATE TEMP TABLE filed (id BLOB PRIMARY KEY) WITHOUT ROWID;",
        )
        .doing(DOING)?;
        Ok(Self { to, pages, owners: pages.owners(), about: BTreeMap::new() })
    }

    fn gather(mut self, known: Option<&Dataset>) -> Result<Salvaged> {
        let free = self.pages.free();
        // What was set aside is older than all that was not.
        let (aside, rest): (Vec<u32>, Vec<u32>) =
            self.pages.numbers().partition(|number| free.contains(number));
        for number in aside.into_iter().chain(rest) {
            let versions = self.pages.versions(number);
            let newest = versions.len();
            for (n, page) in versions.iter().enumerate() {
                let current = n + 1 == newest && !free.contains(&number);
                for found in self.pages.found(number, page) {
                    match found {
                        Found::Row(id, row) => self.take_row(id, &row, current)?,
                        Found::Entry(entry) => self.take_entry(number, &entry, current)?,
                    }
                }
            }
        }
        let described = self.describe(known)?;
        let revisions = count(self.to, "SELECT count(*) FROM revision")?;
        let samples = count(self.to, "SELECT count(*) FROM sample")?;
        Ok(Salvaged { revisions, samples, described, ..Salvaged::default() })
    }

    fn take_row(&self, id: i64, row: &[Field], current: bool) -> Result<()> {
        if id < 1 {
            return Ok(());
        }
        if is_revision(row) {
            return self.take_revision(id, row);
        }
        if is_sample(row) {
            return self.put(SAMPLE, id, &row[1..15]).map(drop);
        }
        if is_action(row) {
            return self.put(ACTION, id, &row[1..7]).map(drop);
        }
        if is_journal(row) {
            return self.put(JOURNAL, id, &row[1..7]).map(drop);
        }
        // These come and go: what older versions of a page say holds no more.
        if current && is_suggestion(row) {
            return self.put(SUGGESTION, id, &row[1..4]).map(drop);
        }
        Ok(())
    }

    /// Under its number, so that the order of arrival stays; under a new one if another revision has it.
    fn take_revision(&self, seq: i64, row: &[Field]) -> Result<()> {
        if self.put(REVISION, seq, &row[1..18])? == 0 {
            let known = self
                .to
                .prepare_cached("SELECT 1 FROM revision WHERE id = ?")
                .and_then(|mut sql| sql.exists([&row[1]]))
                .doing(DOING)?;
            if !known {
                self.put(REVISION, Field::Null, &row[1..18])?;
            }
        }
        Ok(())
    }

    fn take_entry(&mut self, page: u32, entry: &[Field], current: bool) -> Result<()> {
        let owner = self.owners.get(&page).map_or("", String::as_str);
        match entry {
            [Field::Blob(key), Field::Integer(id)] if owner == "sqlite_autoindex_sample_1" => {
                self.name(*id, key)?;
            }
            [Field::Blob(id), Field::Integer(_)]
                if current && owner == "sqlite_autoindex_revision_1" && id.len() == 16 =>
            {
                self.to
                    .prepare_cached("INSERT OR IGNORE INTO filed (id) VALUES (?)")
                    .and_then(|mut sql| sql.execute([id]))
                    .doing(DOING)?;
            }
            // By name within a state. Where the way to the page is lost, short ones may be the search's.
            [Field::Integer(0..=4), Field::Blob(key), Field::Integer(id)]
                if owner == "sample_name" || (owner.is_empty() && key.len() > LONGEST_RUN) =>
            {
                self.name(*id, key)?;
            }
            // By time, length, pace or day of the label within a state, before format 4.
            [
                Field::Integer(0..=4),
                Field::Integer(_) | Field::Null,
                Field::Blob(key),
                Field::Integer(id),
            ] => {
                self.name(*id, key)?;
            }
            [Field::Integer(_), Field::Integer(_), Field::Text(_)] => {
                let sql = "INSERT OR IGNORE INTO same_audio (sample, size, etag) VALUES (?, ?, ?)";
                self.run(sql, entry)?;
            }
            [Field::Text(name), Field::Text(value)] => {
                self.about.insert(name.clone(), value.clone());
            }
            [Field::Text(_), Field::Text(_), Field::Text(_)] if current => {
                let sql = "INSERT OR REPLACE INTO place (author, name, value) VALUES (?, ?, ?)";
                self.run(sql, entry)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn name(&self, id: i64, key: &[u8]) -> Result<()> {
        if id < 1 || key.is_empty() {
            return Ok(());
        }
        self.to
            .prepare_cached("INSERT OR REPLACE INTO named (id, key) VALUES (?, ?)")
            .and_then(|mut sql| sql.execute(params![id, key]))
            .doing(DOING)
            .map(drop)
    }

    fn put(&self, sql: &str, id: impl Into<Field>, row: &[Field]) -> Result<usize> {
        let id = id.into();
        let values: Vec<&Field> = std::iter::once(&id).chain(row).collect();
        self.run(sql, values)
    }

    /// A row that does not keep the rules of its table is no row of it.
    fn run<P: ToSql>(&self, sql: &str, values: impl IntoIterator<Item = P>) -> Result<usize> {
        let done =
            self.to.prepare_cached(sql).and_then(|mut sql| sql.execute(params_from_iter(values)));
        match done {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) =>
            {
                Ok(0)
            }
            done => done.doing(DOING),
        }
    }

    /// Says in the new file what the old one said of itself, all but under which name it shared.
    fn describe(&self, known: Option<&Dataset>) -> Result<bool> {
        let about = &self.about;
        let described = about.contains_key("source") && about.contains_key("dataset");
        match known.filter(|_| !described) {
            Some(known) => meta::set_dataset(self.to, known)?,
            None => {
                for name in ["dataset", "name", "source", "output", "connection"] {
                    meta::set(self.to, name, about.get(name).map(String::as_str))?;
                }
            }
        }
        meta::set(self.to, "outputs", about.get("outputs").map(String::as_str))?;
        Ok(described)
    }
}

impl From<i64> for Field {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl ToSql for Field {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Integer(value) => ToSqlOutput::Owned(Value::Integer(*value)),
            Self::Real(value) => ToSqlOutput::Owned(Value::Real(*value)),
            Self::Text(text) => text.to_sql()?,
            Self::Blob(bytes) => bytes.to_sql()?,
        })
    }
}

const REVISION: &str = "INSERT OR IGNORE INTO revision (seq, id, sample, action, parents, author, at, how, heard_size, \
    heard_etag, content, removed, flags_added, flags_removed, deleted, moved_from, extra, pulled) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const SAMPLE: &str = "INSERT INTO sample (id, key, part, size, etag, modified, present, fresh, missed_at, moved_to, \
    probed, micros, info, sha256, audio_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
    ON CONFLICT (id) DO UPDATE SET key = excluded.key, part = excluded.part, size = excluded.size, \
    etag = excluded.etag, modified = excluded.modified, present = excluded.present, fresh = excluded.fresh, \
    missed_at = excluded.missed_at, moved_to = excluded.moved_to, probed = excluded.probed, \
    micros = excluded.micros, info = excluded.info, sha256 = excluded.sha256, audio_error = excluded.audio_error";
const ACTION: &str = "INSERT INTO action (seq, id, author, what, at, line, tip) VALUES (?, ?, ?, ?, ?, ?, ?) \
    ON CONFLICT (seq) DO UPDATE SET line = excluded.line, tip = excluded.tip WHERE id = excluded.id";
const JOURNAL: &str = "INSERT OR IGNORE INTO journal (seq, at, author, kind, sample, millis, detail) \
    VALUES (?, ?, ?, ?, ?, ?, ?)";
const SUGGESTION: &str =
    "INSERT OR IGNORE INTO suggestion (sample, content, model, confidence) VALUES (?, ?, ?, ?)";

fn is_revision(row: &[Field]) -> bool {
    let [Field::Null, id, sample, action, parents, author, at, how, heard, etag, rest @ ..] = row
    else {
        return false;
    };
    let [content, removed, added, taken, deleted, moved, extra, pulled, ..] = rest else {
        return false;
    };
    is_id(id)
        && sample.integer().is_some_and(|sample| sample > 0)
        && is_id(action)
        && parents.blob().is_some_and(|parents| parents.len() % 16 == 0)
        && [author, how].iter().all(|field| field.text().is_some())
        && [at, removed, pulled].iter().all(|field| field.integer().is_some())
        && [heard, deleted].iter().all(|field| or_none(field, field.integer().is_some()))
        && (*heard == Field::Null || etag.text().is_some())
        && [etag, content, extra].iter().all(|field| or_none(field, field.text().is_some()))
        && [added, taken].iter().all(|field| or_none(field, field.text().is_some_and(is_list)))
        && or_none(moved, moved.blob().is_some())
}

fn is_sample(row: &[Field]) -> bool {
    let [Field::Null, key, part, size, etag, modified, present, fresh, missed, moved, rest @ ..] =
        row
    else {
        return false;
    };
    let [probed, micros, info, sha, error, state, confirm, ..] = rest else { return false };
    key.blob().is_some_and(|key| !key.is_empty())
        && [part, size, present, fresh, probed, state, confirm]
            .iter()
            .all(|field| field.integer().is_some())
        && etag.text().is_some()
        && [modified, missed, moved, micros]
            .iter()
            .all(|field| or_none(field, field.integer().is_some()))
        && [info, error].iter().all(|field| or_none(field, field.text().is_some()))
        && or_none(sha, sha.blob().is_some())
}

fn is_action(row: &[Field]) -> bool {
    let [Field::Null, id, author, what, at, line, tip] = row else { return false };
    is_id(id)
        && is_id(tip)
        && [author, what, line].iter().all(|field| field.text().is_some())
        && at.integer().is_some()
}

fn is_journal(row: &[Field]) -> bool {
    let [Field::Null, at, author, kind, sample, millis, detail] = row else { return false };
    [author, kind, detail].iter().all(|field| field.text().is_some())
        && [at, millis].iter().all(|field| field.integer().is_some())
        && or_none(sample, sample.integer().is_some())
}

fn is_suggestion(row: &[Field]) -> bool {
    let [Field::Null, content, model, confidence] = row else { return false };
    [content, model].iter().all(|field| field.text().is_some())
        && matches!(confidence, Field::Null | Field::Real(_) | Field::Integer(_))
}

fn is_id(field: &Field) -> bool {
    field.blob().is_some_and(|id| id.len() == 16)
}

fn or_none(field: &Field, is_right: bool) -> bool {
    *field == Field::Null || is_right
}

fn is_list(json: &str) -> bool {
    serde_json::from_str::<Vec<String>>(json).is_ok()
}

/// Gives every revision its sample, and every sample what is derived from its history.
fn settle(connection: &Connection, salvaged: &mut Salvaged) -> Result<()> {
    for id in ids(
        connection,
        "SELECT sample FROM revision UNION SELECT moved_to FROM sample WHERE moved_to IS NOT NULL \
         EXCEPT SELECT id FROM sample",
    )? {
        salvaged.nameless += u64::from(!name_again(connection, id)?);
        salvaged.samples += 1;
    }
    connection
        .execute_batch(
            "UPDATE journal SET sample = NULL WHERE sample NOT IN (SELECT id FROM sample);
             DELETE FROM suggestion WHERE sample NOT IN (SELECT id FROM sample);
             DELETE FROM same_audio WHERE sample NOT IN (SELECT id FROM sample);",
        )
        .doing(DOING)?;
    for id in ids(connection, "SELECT id FROM sample WHERE present = 0 AND moved_to IS NULL")? {
        carry::signpost(connection, id)?;
    }
    for id in ids(
        connection,
        "SELECT id FROM sample WHERE present = 0 OR moved_to IS NOT NULL UNION SELECT sample FROM revision \
         UNION SELECT sample FROM suggestion",
    )? {
        if let Some(mut sample) = Sample::load(connection, id)? {
            sample.store(connection)?;
        }
    }
    salvaged.lost =
        count(connection, "SELECT count(*) FROM filed WHERE id NOT IN (SELECT id FROM revision)")?;
    connection.execute_batch("DROP TABLE named; DROP TABLE filed;").doing(DOING)
}

/// A sample whose row is lost, under the name that an index still has for it. Whether there was one.
fn name_again(connection: &Connection, id: i64) -> Result<bool> {
    let known: Option<Vec<u8>> = connection
        .prepare_cached(
            "SELECT key FROM named WHERE id = ? AND key NOT IN (SELECT key FROM sample)",
        )
        .doing(DOING)?
        .query_row([id], |row| row.get(0))
        .optional()
        .doing(DOING)?;
    let named = known.is_some();
    let key = SampleKey::new(known.unwrap_or_else(|| format!("{NAMELESS}{id}").into_bytes()));
    // The next sync finds it in the source, if it is there.
    connection
        .prepare_cached(
            "INSERT INTO sample (id, key, part, size, etag, present, state) VALUES (?, ?, ?, 0, '', 0, 2)",
        )
        .and_then(|mut sql| sql.execute(params![id, key.as_bytes(), part_hash(&key)]))
        .doing(DOING)?;
    Ok(named)
}

fn ids(connection: &Connection, sql: &str) -> Result<Vec<i64>> {
    connection
        .prepare(sql)
        .doing(DOING)?
        .query_map([], |row| row.get(0))
        .doing(DOING)?
        .collect::<rusqlite::Result<_>>()
        .doing(DOING)
}

fn count(connection: &Connection, sql: &str) -> Result<u64> {
    let counted = connection.query_row(sql, [], |row| row.get::<_, i64>(0)).doing(DOING);
    counted.map(i64::unsigned_abs)
}

/// The readable drafts of a workspace, beside another one. How many; nothing is made for none.
fn save_drafts(damaged: &Path, to: &Path) -> Result<u64> {
    let path = drafts::file_of(damaged);
    if !path.exists() {
        return Ok(0);
    }
    let pages = Pages::open(&path)?;
    let free = pages.free();
    let mut found: Vec<Vec<Field>> = Vec::new();
    for number in pages.numbers().filter(|number| !free.contains(number)) {
        let Some(page) = pages.versions(number).pop() else { continue };
        found.extend(pages.found(number, &page).into_iter().filter_map(|found| match found {
            Found::Row(_, row) if is_draft(&row) => Some(row),
            _ => None,
        }));
    }
    if found.is_empty() {
        return Ok(0);
    }
    // Of two with one key, the one that was typed last.
    found.sort_by_key(|row| row[6].integer());
    drop(file::private_file(&drafts::file_of(to))?);
    drafts::fill(to, &found)
}

fn is_draft(row: &[Field]) -> bool {
    let [key, author, instance, text, cursor, heads, at] = row else { return false };
    key.blob().is_some()
        && is_id(instance)
        && [author, text].iter().all(|field| field.text().is_some())
        && [cursor, at].iter().all(|field| field.integer().is_some())
        && heads.blob().is_some_and(|heads| heads.len() % 16 == 0)
}
