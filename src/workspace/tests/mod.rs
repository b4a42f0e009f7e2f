//! The workspace as others use it: real files, several connections, and the merge rule held against what is stored.

mod copies;
mod drafts;
mod files;
mod index;
mod labels;
mod lists;
mod many;
mod model;
mod plans;
mod salvage;
mod scale;
mod share;
mod sync;

use super::*;
use crate::domain::*;
use jiff::{SignedDuration, Timestamp};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use uuid::Uuid;

/// A workspace in a folder of its own, and a clock that only goes forward.
struct Desk {
    folder: TempDir,
    writer: Writer,
    reader: Reader,
    clock: Cell<i64>,
    hashes: HashMap<SampleKey, [u8; 32]>,
}

fn dataset() -> Dataset {
    Dataset {
        id: Uuid::from_u128(7),
        name: "calls".into(),
        source: "/data/calls".into(),
        output: None,
        connection: crate::domain::Connection::default(),
    }
}

fn file(key: &str, size: u64, etag: &str) -> Listed {
    Listed { key: key.into(), size, etag: etag.into(), modified: Some(Timestamp::UNIX_EPOCH) }
}

/// Files that differ in everything.
fn files(keys: &[&str]) -> Vec<Listed> {
    keys.iter()
        .enumerate()
        .map(|(n, key)| file(key, 1000 + n as u64, &format!("mtime:{key}")))
        .collect()
}

impl Desk {
    fn new(keys: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.earmark");
        let writer = Writer::create(&path, &dataset(), Identity::new("ann")).unwrap();
        let reader = Reader::open(&path, writer.identity().clone()).unwrap();
        let mut desk = Self { folder, writer, reader, clock: Cell::new(0), hashes: HashMap::new() };
        if !keys.is_empty() {
            desk.sync(&files(keys));
        }
        desk
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("calls.earmark")
    }

    fn now(&self) -> Timestamp {
        self.clock.set(self.clock.get() + 1);
        "2026-03-01T00:00:00Z".parse::<Timestamp>().unwrap()
            + SignedDuration::from_secs(self.clock.get())
    }

    fn staged(&self, listed: &[Listed]) -> Staging {
        let mut staging = Staging::create(self.folder.path()).unwrap();
        staging.add(listed).unwrap();
        staging
    }

    fn sync(&mut self, listed: &[Listed]) -> SyncReport {
        let staging = self.staged(listed);
        let mut run = self.writer.begin_apply(&staging, self.now()).unwrap();
        loop {
            if let Step::Done(report) = self.step(&mut run) {
                let sum = report.added
                    + report.changed
                    + report.moved
                    + report.restored
                    + report.unchanged;
                assert_eq!(sum, staging.count().unwrap(), "{report:?}");
                self.check();
                return report;
            }
        }
    }

    fn step(&mut self, run: &mut SyncRun) -> Step {
        let now = self.now();
        let hashes = &self.hashes;
        self.writer.apply_step(run, &mut |key| hashes.get(key).copied(), now).unwrap()
    }

    fn id(&self, key: &str) -> SampleId {
        self.reader.find(&key.into()).unwrap().unwrap_or_else(|| panic!("no sample {key}"))
    }

    fn detail(&self, key: &str) -> SampleDetail {
        self.reader.detail(self.id(key)).unwrap().unwrap()
    }

    fn content(&self, key: &str) -> Option<String> {
        self.detail(key).content
    }

    fn label(&mut self, key: &str, content: &str) -> LabelOutcome {
        let request = LabelRequest {
            sample: self.id(key),
            content: content.into(),
            how: How::Typed,
            based_on: None,
        };
        let now = self.now();
        self.writer.label(&request, now).unwrap()
    }

    fn act(&mut self, deed: &Deed, keys: &[&str]) -> ActionReport {
        let target = Target::Samples(keys.iter().map(|key| self.id(key)).collect());
        let now = self.now();
        self.writer.act(deed, &target, now).unwrap()
    }

    fn import(&mut self, labels: &[(&str, &str)], replace: bool) -> ImportReport {
        let items = labels.iter().map(|(key, content)| {
            ImportItem::label((*key).into(), (*content).into(), "labels.manifest", "e1")
        });
        let mut incoming: Vec<Incoming> = items.map(Incoming::Item).collect();
        // Where all of it moves to another list, the rest is written without the indexes of the lists.
        incoming.insert(incoming.len().min(1), Incoming::Expected(incoming.len() as u64));
        let now = self.now();
        self.writer.import_if(incoming, replace, now, |_| true).unwrap()
    }

    fn undo(&mut self) -> Option<UndoReport> {
        let now = self.now();
        self.writer.undo(now).unwrap()
    }

    fn redo(&mut self) -> Option<UndoReport> {
        let now = self.now();
        self.writer.redo(now).unwrap()
    }

    fn keys(&self, request: &PageRequest) -> Vec<String> {
        self.reader
            .page(request)
            .unwrap()
            .rows
            .iter()
            .map(|row| row.key.lossy().into_owned())
            .collect()
    }

    /// A second connection of another person, as from another process.
    fn neighbour(&self, author: &str) -> Writer {
        Writer::open(&self.path(), Identity::new(author)).unwrap()
    }

    /// Everything that is derived or maintained, against what it comes from.
    fn check(&self) {
        check(&self.path(), &self.reader);
    }
}

/// Counts what SQLite does for a reader, in steps of its machine.
struct Steps(Arc<AtomicUsize>);

impl Steps {
    fn of(reader: &mut Reader) -> Self {
        let steps = Arc::new(AtomicUsize::new(0));
        let counted = steps.clone();
        let count = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            false
        };
        reader.connection.progress_handler(1, Some(count)).unwrap();
        Self(steps)
    }

    /// How many a look takes.
    fn taken(&self, look: impl FnOnce()) -> usize {
        self.0.store(0, Ordering::Relaxed);
        look();
        self.0.load(Ordering::Relaxed)
    }
}

fn check(path: &std::path::Path, reader: &Reader) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let count =
        |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() as u64;
    let counts = reader.counts().unwrap();
    assert_eq!(counts.unlabeled, count("SELECT count(*) FROM sample WHERE state = 0"));
    assert_eq!(counts.labeled, count("SELECT count(*) FROM sample WHERE state = 1"));
    assert_eq!(counts.missing, count("SELECT count(*) FROM sample WHERE state = 2"));
    assert_eq!(counts.deleted, count("SELECT count(*) FROM sample WHERE state = 3"));
    assert_eq!(counts.to_confirm, count("SELECT count(*) FROM sample WHERE confirm > 0"));
    assert_eq!(counts.conflicts, count("SELECT count(*) FROM sample WHERE confirm & 2"));
    assert_eq!(counts.total, count("SELECT count(*) FROM sample WHERE state < 4"));
    let known = "FROM sample WHERE state < 2 AND micros IS NOT NULL";
    assert_eq!(counts.seconds_known, count(&format!("SELECT count(*) {known}")));
    let seconds = count(&format!("SELECT ifnull(sum(micros), 0) {known}")) as f64 / 1e6;
    assert!((counts.seconds_total - seconds).abs() < 1e-9);
    // Lists rely on it: a label without a pace is one of audio without a length.
    let lost = "FROM sample WHERE state = 1 AND pace IS NULL AND micros <> 0";
    assert_eq!(count(&format!("SELECT count(*) {lost}")), 0);
    let mut ids =
        connection.prepare("SELECT id, state, content, flags, labeled_by FROM sample").unwrap();
    let rows = ids.query_map([], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, u32>(1)?,
            row.get(2)?,
            row.get::<_, u32>(3)?,
            row.get(4)?,
        ))
    });
    for row in rows.unwrap() {
        let (id, state, content, flags, by): (i64, u32, Option<String>, u32, Option<String>) =
            row.unwrap();
        let history = sample::history(&connection, id).unwrap();
        let standing = Heads::fold(&history).standing();
        let label = standing.label.as_ref();
        assert_eq!(content.as_deref(), label.and_then(|label| sample::text(&label.content)));
        assert_eq!(by.as_ref(), label.map(|label| &label.author));
        assert_eq!(flags, sample::flag_bits(&standing.flags));
        assert_eq!(state == 3, standing.deleted && state != 4);
        assert!(state > 1 || (state == 1) == label.is_some());
    }
}
