//! A manifest of many lines, imported and exported, against loops that do nothing but parse, write and store.

use super::clips;
use super::data::{self, Scratch, Speech};
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
    for run in 0..scale.runs {
        let scratch = Scratch::of(&fresh);
        let workspace = scratch.path();
        let ours = Ours { source: &source, workspace: &workspace, count };
        let (imported, indexed) = ours.import(&manifest);
        times.imported.push(imported);
        times.indexed.push(imported + indexed);
        let database = workspace.with_file_name(format!("{run}.sqlite"));
        times.inserted.push(timed(|| bare.import(&manifest, &database)).1);
        let to = |who: &str| workspace.with_file_name(format!("{who}-{run}.manifest"));
        times.exported.push(ours.export(&to("ours")));
        times.written.push(timed(|| bare.export(&database, &to("theirs"))).1);
    }
    times.tell(count, report);
}

#[derive(Default)]
struct Times {
    imported: Series,
    indexed: Series,
    inserted: Series,
    exported: Series,
    written: Series,
}

impl Times {
    fn tell(&self, count: usize, report: &mut Report) {
        let lines = thousands(count as u64);
        let rows = [
            ("imported", &self.imported, &self.inserted, Bar::Times(2.0)),
            ("imported and indexed for search", &self.indexed, &self.inserted, Bar::None),
            ("exported and read back", &self.exported, &self.written, Bar::Times(1.5)),
        ];
        for (what, ours, theirs, bar) in rows {
            let row = Row::new(
                format!("manifest of {lines} lines {what}"),
                Figure::seconds(ours.median().wall),
            );
            let theirs = Figure::seconds(theirs.median().wall);
            report.add(row.against("bare loop", theirs).bar(bar));
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

impl Bare {
    fn line(&self, key: &str, content: &str, number: usize) -> Value {
        let at = Timestamp::from_second(1_740_000_000).expect("a time");
        let at = at + SignedDuration::from_secs(11 * number as i64);
        json!({
            "source": format!("{}/{key}", self.source),
            "usage": "train",
            "id": format!("{:032x}", 0x0f1e_2d3c_4b5a_6978_u128 * (number as u128 + 1)),
            "annotation": [{
                "type": "modelarts/audio_content",
                "property": { CONTENT: content },
                "annotated-by": "human/ann",
                "creation-time": at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            }],
        })
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
        let mut inserted = 0;
        for line in BufReader::new(File::open(manifest).expect("the manifest opens")).lines() {
            let line: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
            let key = line["source"].as_str().and_then(|url| url.strip_prefix(&self.source));
            let content = line["annotation"][0]["property"][CONTENT].as_str();
            let key = key.and_then(|key| key.strip_prefix('/')).expect("a key");
            inserted += sql.execute(params![key, content]).expect("a row");
        }
        drop(sql);
        transaction.commit().expect("it is on disk");
        assert_eq!(inserted, self.count);
    }

    fn export(&self, database: &Path, to: &Path) {
        let connection = Connection::open(database).expect("the database opens");
        let mut out = BufWriter::with_capacity(1 << 18, File::create(to).expect("a file"));
        let mut sql =
            connection.prepare("SELECT key, content FROM label ORDER BY key").expect("a statement");
        let mut rows = sql.query([]).expect("rows");
        let mut number = 0;
        while let Some(row) = rows.next().expect("a row") {
            let text = |column| row.get_ref(column).ok()?.as_str().ok();
            let (key, content) = (text(0).unwrap_or_default(), text(1).unwrap_or_default());
            serde_json::to_writer(&mut out, &self.line(key, content, number)).expect("a line");
            out.write_all(b"\n").expect("a line");
            number += 1;
        }
        out.into_inner().expect("the file is written").sync_all().expect("it is on disk");
        assert_eq!(number, self.count);
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
            let line = bare.line(&data::key(number), &speech.sentence(), number);
            writeln!(out, "{line}").expect("a line");
        }
        out.flush().expect("the manifest is written");
        fs::rename(&part, &path).expect("the manifest is put in its place");
    }
    path
}
