//! A manifest of many lines, imported and exported, against loops that do nothing but parse, write and store: the same
//! rows of the same tables, and for orientation a table of keys and texts alone.

use super::clips;
use super::data::{self, Dice, Scratch, Speech};
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, timed};
use earmark::domain::{Filter, Source};
use earmark::formats::{Format, WriteOptions};
use earmark::ops::{
    ExportPlan, ExportTo, LabelFiles, LabelImport, OnConflict, export, import_labels,
};
use earmark::text::thousands;
use earmark::workspace::{Reader, Writer};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const CONTENT: &str = "@modelarts:content";

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let count = scale.lines;
    let source = clips::source();
    let bare = Bare { source: source.to_string_lossy().into_owned(), count };
    let manifest = made(&bare);
    let fresh = data::unlabeled(count);
    let source = Source::Folder(source);
    let mut times = Times::default();
    // What takes half a minute is measured three times.
    for run in 0..scale.runs.min(3) {
        let scratch = Scratch::of(&fresh);
        let workspace = scratch.path();
        let ours = Ours { source: &source, workspace: &workspace, count };
        let (imported, indexed) = ours.import(&manifest);
        times.imported.push(imported);
        times.indexed.push(imported + indexed);
        let database = workspace.with_file_name(format!("{run}.sqlite"));
        times.inserted.push(timed(|| bare.import(&manifest, &database)).1);
        let same = Scratch::of(&fresh);
        times.same_inserted.push(timed(|| bare.label(&manifest, &same.path())).1);
        let to = |who: &str| workspace.with_file_name(format!("{who}-{run}.manifest"));
        times.exported.push(ours.export(&to("ours")));
        times.written.push(timed(|| bare.export(&database, &to("theirs"))).1);
        times.same_written.push(timed(|| bare.tell(&workspace, &to("bare"))).1);
    }
    times.tell(count, report);
}

#[derive(Default)]
struct Times {
    imported: Series,
    indexed: Series,
    inserted: Series,
    same_inserted: Series,
    exported: Series,
    written: Series,
    same_written: Series,
}

impl Times {
    fn tell(&self, count: usize, report: &mut Report) {
        let lines = thousands(count as u64);
        let same = "bare loop, the same rows";
        let alone = "bare loop, key and text";
        let rows = [
            ("imported", &self.imported, same, &self.same_inserted, Bar::Times(2.0)),
            ("imported", &self.imported, alone, &self.inserted, Bar::None),
            ("imported and indexed for search", &self.indexed, alone, &self.inserted, Bar::None),
            ("exported and read back", &self.exported, same, &self.same_written, Bar::Times(1.5)),
            ("exported and read back", &self.exported, alone, &self.written, Bar::None),
        ];
        for (what, ours, peer, theirs, bar) in rows {
            let row = Row::new(
                format!("manifest of {lines} lines {what}"),
                Figure::seconds(ours.median().wall),
            );
            report.add(row.against(peer, Figure::seconds(theirs.median().wall)).bar(bar));
        }
    }
}

/// The whole of earmark.
struct Ours<'a> {
    source: &'a Source,
    workspace: &'a Path,
    count: usize,
}

impl Ours<'_> {
    /// How long the import takes, and then the index of what was imported.
    fn import(&self, manifest: &Path) -> (super::timing::Taken, super::timing::Taken) {
        let mut writer = Writer::open(self.workspace, data::identity()).expect("the copy opens");
        let how = LabelImport { format: Some(Format::Manifest), ..LabelImport::default() };
        let (imported, taken) = timed(|| {
            let reader = Reader::open(self.workspace, data::identity()).expect("the copy opens");
            let files = LabelFiles::on_disk(manifest).expect("the manifest opens");
            let goes_on = &mut |_| ControlFlow::Continue(());
            import_labels(reader, &mut writer, self.source, &files, &how, Timestamp::now(), goes_on)
        });
        let imported = imported.expect("it is imported").expect("nobody stops it");
        assert_eq!(imported.report.imported, self.count as u64, "{imported:?}");
        let indexed = timed(|| while writer.index_step().expect("the index is brought up") > 0 {});
        (taken, indexed.1)
    }

    fn export(&self, to: &Path) -> super::timing::Taken {
        let reader = Reader::open(self.workspace, data::identity()).expect("the copy opens");
        let plan = ExportPlan {
            format: Format::Manifest,
            view: None,
            filter: Filter::default(),
            scope: None,
            labeled_only: true,
            conflicts: OnConflict::Stop,
            split: None,
            keep_usage: true,
            options: WriteOptions {
                guard_formulas: false,
                full_addresses: false,
                scheme: None,
                dataset: "bench".to_owned(),
            },
        };
        let to = ExportTo::Path { path: to, overwrite: false };
        let goes_on = &mut |_| ControlFlow::Continue(());
        let (exported, taken) = timed(|| export(&reader, self.source, &plan, to, goes_on));
        let exported = exported.expect("it is exported").expect("nobody stops it");
        assert_eq!(exported.verified, Some(self.count as u64), "{exported:?}");
        taken
    }
}

/// What nobody can do without.
struct Bare {
    source: String,
    count: usize,
}

/// What is in a line besides the recording and its text.
struct Said<'a> {
    usage: Value,
    id: Value,
    author: &'a str,
    at: Timestamp,
}

impl Said<'_> {
    fn numbered(number: usize) -> Self {
        let at = Timestamp::from_second(1_740_000_000).expect("a time");
        Self {
            usage: json!("train"),
            id: json!(format!("{:032x}", 0x0f1e_2d3c_4b5a_6978_u128 * (number as u128 + 1))),
            author: "ann",
            at: at + SignedDuration::from_secs(11 * number as i64),
        }
    }
}

impl Bare {
    fn line(&self, key: &str, content: &str, said: &Said<'_>) -> Value {
        json!({
            "source": format!("{}/{key}", self.source),
            "usage": said.usage,
            "id": said.id,
            "annotation": [{
                "type": "modelarts/audio_content",
                "property": { CONTENT: content },
                "annotated-by": format!("human/{}", said.author),
                "creation-time": said.at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            }],
        })
    }

    /// The name, the text and what else is in a line, as whoever writes it down needs it.
    fn read<'l>(&self, line: &'l Value) -> (&'l str, &'l str) {
        let key = line["source"].as_str().and_then(|url| url.strip_prefix(&self.source));
        let key = key.and_then(|key| key.strip_prefix('/')).expect("a key");
        (key, line["annotation"][0]["property"][CONTENT].as_str().expect("a text"))
    }

    fn import(&self, manifest: &Path, to: &Path) {
        let mut connection = Connection::open(to).expect("a database");
        connection
            .execute_batch(
                "PRAGMA journal_mode = wal; PRAGMA synchronous = full; \
                 CREATE TABLE label (id INTEGER PRIMARY KEY, key TEXT NOT NULL, content TEXT NOT NULL) STRICT; \
                 CREATE UNIQUE INDEX label_key ON label (key);",
            )
            .expect("a table");
        let transaction = connection.transaction().expect("a transaction");
        let mut sql = transaction
            .prepare("INSERT INTO label (key, content) VALUES (?, ?)")
            .expect("a statement");
        self.each(manifest, |_, key, content| sql.execute(params![key, content]).expect("a row"));
        drop(sql);
        transaction.commit().expect("it is on disk");
    }

    fn export(&self, database: &Path, to: &Path) {
        let connection = Connection::open(database).expect("the database opens");
        self.write(
            &connection,
            "SELECT key, content FROM label ORDER BY key",
            to,
            |row, number| self.line(text(row, 0), text(row, 1), &Said::numbered(number)),
        );
    }

    /// Hands over each line with its name and its text; `put` says how many rows it wrote, which is to be one.
    fn each(&self, manifest: &Path, mut put: impl FnMut(&Value, &str, &str) -> usize) {
        let mut written = 0;
        for line in BufReader::new(File::open(manifest).expect("the manifest opens")).lines() {
            let line: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
            let (key, content) = self.read(&line);
            written += put(&line, key, content);
        }
        assert_eq!(written, self.count);
    }

    /// Writes a line for each row of a query.
    fn write(
        &self,
        connection: &Connection,
        sql: &str,
        to: &Path,
        line: impl Fn(&rusqlite::Row<'_>, usize) -> Value,
    ) {
        let mut out = BufWriter::with_capacity(1 << 18, File::create(to).expect("a file"));
        let mut sql = connection.prepare(sql).expect("a statement");
        let mut rows = sql.query([]).expect("rows");
        let mut number = 0;
        while let Some(row) = rows.next().expect("a row") {
            serde_json::to_writer(&mut out, &line(row, number)).expect("a line");
            out.write_all(b"\n").expect("a line");
            number += 1;
        }
        out.into_inner().expect("the file is written").sync_all().expect("it is on disk");
        assert_eq!(number, self.count);
    }
}

fn text<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> &'r str {
    let text = row.get_ref(column).ok().and_then(|value| value.as_bytes().ok());
    text.and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
}

/// The rows that earmark writes and reads.
impl Bare {
    /// A revision and the sample's columns for each line, by statements as anybody would write them; indexes and counts
    /// follow as the workspace has them.
    fn label(&self, manifest: &Path, workspace: &Path) {
        let mut connection = Connection::open(workspace).expect("the workspace opens");
        connection
            .execute_batch("PRAGMA synchronous = full; PRAGMA cache_size = -65536")
            .expect("a connection like earmark's");
        let transaction = connection.transaction().expect("a transaction");
        let mut find = transaction
            .prepare("SELECT id, size, etag, micros FROM sample WHERE key = ?")
            .expect("a statement");
        let mut revise = transaction
            .prepare(
                "INSERT INTO revision (id, sample, action, parents, author, at, how, heard_size, heard_etag, content, extra) \
                 VALUES (?, ?, ?, x'', ?, ?, 'import', ?, ?, ?, ?)",
            )
            .expect("a statement");
        let mut store = transaction
            .prepare(
                "UPDATE sample SET state = 1, content = ?, labeled_by = ?, labeled_at = ?, pace = ? WHERE id = ?",
            )
            .expect("a statement");
        let action = [7_u8; 16];
        let mut dice = Dice::new(17);
        self.each(manifest, |line, key, content| {
            let made = &line["annotation"][0];
            let author = made["annotated-by"].as_str().and_then(|by| by.strip_prefix("human/"));
            let at = made["creation-time"].as_str().expect("a time");
            let at = DateTime::strptime("%Y-%m-%d %H:%M:%S", at).expect("a time");
            let at = at.to_zoned(TimeZone::UTC).expect("a time").timestamp().as_nanosecond() as i64;
            let extra = json!({
                "carried": { "manifest": { "id": line["id"] } },
                "told": { "usage": line["usage"] },
            });
            let (sample, size, etag, micros): (i64, i64, String, Option<i64>) = find
                .query_row([key.as_bytes()], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .expect("a sample");
            let id = u128::from(dice.next()) << 64 | u128::from(dice.next());
            let (id, extra) = (id.to_be_bytes(), extra.to_string());
            revise
                .execute(params![id, sample, action, author, at, size, etag, content, extra])
                .expect("a revision");
            let spoken = content.chars().count() as i64 * 1_000_000_000;
            let pace = micros.map(|micros| spoken / micros.max(1));
            store.execute(params![content, author, at, pace, sample]).expect("a label")
        });
        drop((find, revise, store));
        transaction.commit().expect("it is on disk");
    }

    /// A line for each label.
    fn tell(&self, workspace: &Path, to: &Path) {
        let connection = Connection::open(workspace).expect("the workspace opens");
        let sql = "SELECT key, content, labeled_by, labeled_at, (SELECT extra FROM revision \
                     WHERE revision.sample = sample.id AND extra IS NOT NULL ORDER BY seq DESC) \
                   FROM sample WHERE state = 1 ORDER BY key";
        self.write(&connection, sql, to, |row, _| {
            let at = row.get::<_, i64>(3).expect("a time");
            let mut extra: Value = serde_json::from_str(text(row, 4)).expect("JSON");
            let said = Said {
                usage: extra["told"]["usage"].take(),
                id: extra["carried"]["manifest"]["id"].take(),
                author: text(row, 2),
                at: Timestamp::from_nanosecond(at.into()).expect("a time"),
            };
            self.line(text(row, 0), text(row, 1), &said)
        });
    }
}

/// The manifest, kept for the next run.
fn made(bare: &Bare) -> PathBuf {
    let path = data::folder().join(format!("lines-{}.manifest", bare.count));
    if !path.exists() {
        eprintln!("  making a manifest of {} lines, once …", bare.count);
        let part = path.with_extension("part");
        let mut speech = Speech::new(13);
        let mut out = BufWriter::new(File::create(&part).expect("a file"));
        for number in 0..bare.count {
            let line = bare.line(&data::key(number), &speech.sentence(), &Said::numbered(number));
            writeln!(out, "{line}").expect("a line");
        }
        out.flush().expect("the manifest is written");
        fs::rename(&part, &path).expect("the manifest is put in its place");
    }
    path
}
