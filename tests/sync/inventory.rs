//! A bucket by its inventory: a picture of the past must not undo what is known since. The bucket itself is out of reach
//! here, and never asked.

use earmark::domain::{AudioStamp, Connection, SampleState, Source, SyncReport};
use earmark::objects::{Inventory, InventoryError, Options, Store};
use earmark::sync::{SyncError, SyncSummary, sync_by};
use earmark::workspace::{Dataset, Identity, Listed, Reader, Writer};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use uuid::Uuid;

const SOURCE: &str = "s3://calls/recorded/";

struct Bucket {
    dir: tempfile::TempDir,
    writer: Writer,
}

/// Hours after some day.
fn hour(hours: i64) -> Timestamp {
    "2026-11-06T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

/// A recording: its name, what it holds, and when it was put.
type File<'a> = (&'a str, &'a str, i64);

impl Bucket {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let dataset = Dataset {
            id: Uuid::now_v7(),
            name: "test".into(),
            source: SOURCE.into(),
            output: None,
            connection: Connection::default(),
        };
        let workspace = dir.path().join("test.earmark");
        let writer = Writer::create(&workspace, &dataset, Identity::new("ann")).unwrap();
        Self { dir, writer }
    }

    /// Delivers an inventory that was begun at this hour; every second file in a data file of its own.
    fn deliver(&self, at: i64, files: &[File<'_>]) {
        let mut named = Vec::new();
        for (place, some) in files.chunks(2).enumerate() {
            let mut rows = String::new();
            for (name, holds, put) in some {
                let (size, put) = (holds.len(), hour(*put));
                writeln!(rows, "\"calls\",\"recorded/{name}\",\"{size}\",\"{put}\",\"{holds}\"")
                    .unwrap();
            }
            let mut gzip = GzEncoder::new(Vec::new(), Compression::new(6));
            gzip.write_all(rows.as_bytes()).unwrap();
            let bytes = gzip.finish().unwrap();
            let name = format!("data/{at}-{place}.csv.gz");
            let path = self.dir.path().join("inventory").join(&name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &bytes).unwrap();
            let md5 = Md5::digest(&bytes).iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            });
            named.push(format!(
                r#"{{"key":"kept/calls/all/{name}","size":{},"MD5checksum":"{md5}"}}"#,
                bytes.len()
            ));
        }
        let manifest = format!(
            r#"{{"sourceBucket":"calls","fileFormat":"CSV","creationTimestamp":"{}",
            "fileSchema":"Bucket, Key, Size, LastModifiedDate, ETag","files":[{}]}}"#,
            hour(at).as_millisecond(),
            named.join(",")
        );
        let dated = self.dir.path().join(format!("inventory/2026-11-{:02}T00-00Z", 6 + at));
        fs::create_dir_all(&dated).unwrap();
        fs::write(dated.join("manifest.json"), manifest).unwrap();
    }

    fn sync(&mut self) -> Result<SyncSummary, SyncError> {
        let source = Source::parse(SOURCE).unwrap();
        let connection =
            Connection { endpoint: Some("http://127.0.0.1:1".into()), ..Connection::default() };
        let options = Options { connection, ..Options::default() };
        let store = Store::open(&source, &options).unwrap();
        let address = self.dir.path().join("inventory").display().to_string();
        let inventory = Some(Inventory::at(&address, &source, &options).unwrap());
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        let done = sync_by(&store, inventory, &mut self.writer, &Timestamp::now, go_on)?;
        Ok(done.expect("nobody stopped it"))
    }

    fn report(&mut self) -> SyncReport {
        self.sync().unwrap().report
    }

    fn reader(&self) -> Reader {
        Reader::open(self.writer.path(), self.writer.identity().clone()).unwrap()
    }

    /// What is known of a file, if it is there.
    fn known(&self, name: &str) -> Option<AudioStamp> {
        let reader = self.reader();
        let detail = reader.detail(reader.find(&name.into()).unwrap()?).unwrap()?;
        (detail.state != SampleState::Missing).then_some(detail.stamp)
    }

    /// A file is put by earmark itself.
    fn add(&mut self, (name, holds, put): File<'_>) {
        let (size, etag) = (holds.len() as u64, holds.to_owned());
        let listed = Listed { key: name.into(), size, etag, modified: Some(hour(put)) };
        self.writer.take_in(&listed).unwrap();
    }
}

#[test]
fn inventories_follow_one_another() {
    let mut bucket = Bucket::new();
    bucket.deliver(
        1,
        &[("a.wav", "a", 0), ("b.wav", "b", 0), ("notes.txt", "n", 0), ("c.wav", "c", 0)],
    );
    let first = SyncReport { added: 3, total: 3, as_of: Some(hour(1)), ..SyncReport::default() };
    assert_eq!(bucket.report(), first);
    // The same one again tells nothing, and says as of when all is.
    let again = bucket.sync().unwrap();
    let nothing = SyncReport { total: 3, as_of: Some(hour(1)), ..SyncReport::default() };
    assert_eq!((again.report, again.passed_over), (nothing, Some(hour(1))));
    bucket.deliver(2, &[("a.wav", "a", 0), ("b.wav", "other", 1), ("d.wav", "dd", 1)]);
    let report = bucket.report();
    assert_eq!((report.unchanged, report.changed, report.added, report.missing), (1, 1, 1, 1));
    assert_eq!(report.as_of, Some(hour(2)));
    assert_eq!(bucket.known("c.wav"), None);
}

#[test]
fn what_is_newer_than_the_inventory_stays_as_it_is_known() {
    let mut bucket = Bucket::new();
    bucket.deliver(1, &[("a.wav", "a", 0), ("b.wav", "b", 0)]);
    bucket.report();
    bucket.add(("new.wav", "new", 5));
    bucket.add(("b.wav", "newer", 5));
    // Put before the second inventory was begun, and gone by then.
    bucket.add(("gone.wav", "gone", 2));
    bucket.deliver(4, &[("a.wav", "a", 0), ("b.wav", "b", 0)]);
    let report = bucket.report();
    assert_eq!((report.unchanged, report.missing), (3, 1), "{report:?}");
    assert_eq!(bucket.known("new.wav").unwrap().etag, "new");
    assert_eq!(bucket.known("b.wav").unwrap().etag, "newer");
    assert_eq!(bucket.known("gone.wav"), None);
    // The next one has caught up.
    bucket.deliver(6, &[("a.wav", "a", 0), ("b.wav", "newest", 5)]);
    let report = bucket.report();
    assert_eq!((report.unchanged, report.changed, report.missing), (1, 1, 1), "{report:?}");
}

#[test]
fn an_inventory_older_than_the_last_listing_changes_nothing() {
    let mut bucket = Bucket::new();
    bucket.deliver(1, &[("a.wav", "a", 0)]);
    bucket.report();
    bucket.writer.set_known_as_of(hour(9)).unwrap();
    bucket.deliver(8, &[("b.wav", "b", 7)]);
    let summary = bucket.sync().unwrap();
    assert_eq!(summary.passed_over, Some(hour(8)));
    let report = SyncReport { total: 1, as_of: Some(hour(9)), ..SyncReport::default() };
    assert_eq!(summary.report, report);
    assert!(bucket.known("a.wav").is_some());
    bucket.deliver(10, &[("b.wav", "bb", 7)]);
    assert_eq!(bucket.report().added, 1);
}

#[test]
fn of_an_inventory_that_is_broken_nothing_is_applied() {
    let mut bucket = Bucket::new();
    let files = [("a.wav", "a", 0), ("b.wav", "b", 0), ("c.wav", "c", 0), ("d.wav", "d", 0)];
    bucket.deliver(1, &files);
    let second = bucket.dir.path().join("inventory/data/1-1.csv.gz");
    let good = fs::read(&second).unwrap();
    let mut flipped = good.clone();
    flipped[15] ^= 1;
    for bad in [&flipped[..], &good[..good.len() / 2], &[]] {
        fs::write(&second, bad).unwrap();
        let refused = bucket.sync().unwrap_err();
        assert!(
            matches!(&refused, SyncError::Inventory(InventoryError::Differs { file, .. }) if file.ends_with("1-1.csv.gz")),
            "{refused:?}"
        );
        assert!(refused.hint().unwrap().contains("nothing was changed"));
    }
    fs::remove_file(&second).unwrap();
    assert!(matches!(bucket.sync(), Err(SyncError::Inventory(InventoryError::Store(_)))));
    assert_eq!(bucket.reader().counts().unwrap().total, 0, "not even a new sample");
    fs::write(&second, &good).unwrap();
    assert_eq!(bucket.report().added, 4);
    // Nor does one that knows nothing of the source take everything away.
    bucket.deliver(2, &[]);
    assert!(matches!(bucket.sync(), Err(SyncError::Inventory(InventoryError::Empty { .. }))));
    assert_eq!(bucket.reader().counts().unwrap().missing, 0);
    // Nothing lies about afterwards.
    let left: Vec<_> = fs::read_dir(bucket.dir.path()).unwrap().flatten().collect();
    let left = left.iter().filter(|entry| entry.file_name().to_string_lossy().contains("listing"));
    assert_eq!(left.count(), 0);
}
