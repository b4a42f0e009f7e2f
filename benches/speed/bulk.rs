//! Workspaces written row by row with SQL: through the doors a million samples take twenty minutes, so half a minute.
//!
//! What a workspace promises is not taken on trust: each one is looked through as `earmark doctor` does, and some of its
//! samples are handed to the doors again, which must find nothing to do.

use super::data::{self, Dice, Speech};
use earmark::domain::{SampleKey, Source};
use earmark::objects::{Options, Store};
use earmark::sync;
use earmark::workspace::{self, Dataset, ImportItem, Listed, Staging, Step, Writer};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::ops::ControlFlow;
use std::path::Path;
use uuid::Uuid;

/// Samples that the doors are asked about.
const ASKED: usize = 2_000;
/// Who made the labels.
const MANIFEST: &str = "bench.manifest";

/// A connection to a workspace that nobody else has open, its rows without triggers and indexes until it is closed.
struct Bulk {
    connection: Connection,
    /// What was taken away, in SQL.
    later: Vec<String>,
}

impl Bulk {
    fn open(path: &Path) -> Self {
        let connection = Connection::open(path).expect("SQLite opens it");
        // A file that is half written when the machine goes is thrown away.
        connection
            .execute_batch(
                "PRAGMA journal_mode = memory; PRAGMA synchronous = off; PRAGMA foreign_keys = off; \
                 PRAGMA cache_size = -400000; PRAGMA threads = 2; BEGIN",
            )
            .expect("a connection for bulk work");
        let taken: Vec<(String, String, String)> = connection
            .prepare(
                "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') \
                 AND tbl_name IN ('sample', 'revision') AND sql IS NOT NULL ORDER BY rowid",
            )
            .and_then(|mut sql| {
                sql.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
            })
            .expect("a schema");
        for (kind, name, _) in &taken {
            connection.execute_batch(&format!("DROP {kind} {name}")).expect("it can be made again");
        }
        Self { connection, later: taken.into_iter().map(|(.., sql)| sql).collect() }
    }

    /// Brings what was taken away back, and the counts up.
    fn close(self) {
        for sql in &self.later {
            self.connection.execute_batch(sql).expect("it was there before");
        }
        self.connection
            .execute_batch(
                "UPDATE tally SET \
                   samples = (SELECT count(*) FROM sample WHERE state = what), \
                   known = (SELECT count(micros) FROM sample WHERE state = what), \
                   micros = (SELECT ifnull(sum(micros), 0) FROM sample WHERE state = what) WHERE what < 5; \
                 COMMIT; PRAGMA journal_mode = wal",
            )
            .expect("the rows are written");
    }

    /// What was found by name or content, from the beginning.
    fn index(&self) {
        self.connection
            .execute_batch(
                "INSERT INTO search (search) VALUES ('delete-all'); DELETE FROM unindexed; \
                 INSERT INTO search (search, rank) VALUES ('crisismerge', 16); \
                 INSERT INTO search (rowid, key, content) \
                 SELECT id, CAST(key AS TEXT), content FROM sample ORDER BY id; \
                 INSERT INTO search (search, rank) VALUES ('crisismerge', 1000)",
            )
            .expect("the search index is made");
    }
}

/// A workspace as the first formats made it, without samples.
pub(super) fn create_outdated(path: &Path, dataset: &Dataset) {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/migrations");
    let connection = Connection::open(path).expect("a file");
    let id: i32 = 0x6561_726d;
    connection.pragma_update(None, "application_id", id).expect("ours");
    for step in ["0001_workspace.sql", "0002_share.sql", "0003_versions.sql"] {
        let sql = std::fs::read_to_string(migrations.join(step)).expect("a format of old");
        connection.execute_batch(&sql).expect("a format of old");
    }
    connection.pragma_update(None, "user_version", 3).expect("a format of old");
    let about = [
        ("dataset", dataset.id.to_string()),
        ("name", dataset.name.clone()),
        ("source", dataset.source.clone()),
    ];
    for (name, value) in about {
        connection
            .execute("INSERT INTO meta (name, value) VALUES (?, ?)", [name, &value])
            .expect("what it is about");
    }
}

/// Leaves a write-ahead log of so many bytes, as a killed program does.
pub(super) fn leave_log(path: &Path, bytes: u64) {
    let log = path
        .with_file_name(format!("{}-wal", path.file_name().unwrap_or_default().to_string_lossy()));
    let kept = path.with_extension("kept");
    let connection = Connection::open(path).expect("SQLite opens it");
    connection
        .execute_batch(
            "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = off",
        )
        .expect("a connection");
    let length = || std::fs::metadata(&log).map_or(0, |about| about.len());
    while length() < bytes {
        connection
            .execute_batch("UPDATE sample SET modified = modified + 1 WHERE id % 7 = 0")
            .expect("something to log");
    }
    // Closing would empty it.
    std::fs::copy(&log, &kept).expect("a copy of the log");
    let main = path.with_extension("main");
    std::fs::copy(path, &main).expect("a copy of the file");
    drop(connection);
    std::fs::rename(&kept, &log).expect("the log is put back");
    std::fs::rename(&main, path).expect("the file is put back");
}

/// Samples of known length that nobody labeled. `indexed`: they can be found by name already, as after a while; else they
/// wait for that, as after a first sync.
pub(super) fn samples(path: &Path, count: usize, indexed: bool) {
    let bulk = Bulk::open(path);
    let mut dice = Dice::new(11);
    {
        let mut sql = bulk
            .connection
            .prepare(
                "INSERT INTO sample (key, part, size, etag, modified, probed, micros) \
                 VALUES (?, ?, ?, ?, ?, 1, ?)",
            )
            .expect("a statement");
        for number in 0..count {
            let listed = data::listed(number);
            // From half a second to half a minute, as if each file had been looked at.
            let micros = ((0.5 + 30.0 * dice.part().powi(2)) * 1e6) as i64;
            sql.execute(params![
                listed.key.as_bytes(),
                part(&listed.key),
                listed.size as i64,
                listed.etag,
                listed.modified.map(|at| at.as_nanosecond() as i64),
                micros,
            ])
            .expect("a sample");
        }
    }
    if indexed {
        bulk.index();
    } else {
        let waiting = "INSERT INTO unindexed SELECT id FROM sample ORDER BY id";
        bulk.connection.execute_batch(waiting).expect("a queue");
    }
    bulk.close();
}

/// Gives every sample a label, as if all came in one manifest.
pub(super) fn labels(path: &Path) {
    let bulk = Bulk::open(path);
    let at = Timestamp::now().as_nanosecond() as i64;
    let mut dice = Dice::new(13);
    let mut id = || Uuid::from_u128(u128::from(dice.next()) << 64 | u128::from(dice.next()));
    let action = id();
    {
        let connection = &bulk.connection;
        let mut speech = Speech::new(7);
        let mut samples = connection
            .prepare("SELECT id, size, etag, micros FROM sample ORDER BY id")
            .expect("a statement");
        let mut revision = connection
            .prepare(
                "INSERT INTO revision \
                 (id, parents, action, author, at, how, heard_size, heard_etag, content, sample) \
                 VALUES (?, x'', ?, ?, ?, 'import', ?, ?, ?, ?)",
            )
            .expect("a statement");
        let mut sample = connection
            .prepare(
                "UPDATE sample SET state = 1, content = ?, labeled_by = ?, labeled_at = ?, pace = ? \
                 WHERE id = ?",
            )
            .expect("a statement");
        let mut rows = samples.query([]).expect("rows");
        while let Some(row) = rows.next().expect("rows") {
            let number: i64 = row.get(0).expect("an id");
            let (size, etag): (i64, String) =
                (row.get(1).expect("a size"), row.get(2).expect("an etag"));
            let micros: i64 = row.get(3).expect("a length");
            let text = speech.sentence();
            revision
                .execute(params![
                    id().as_bytes(),
                    action.as_bytes(),
                    MANIFEST,
                    at,
                    size,
                    etag,
                    text,
                    number
                ])
                .expect("a revision");
            let pace = text.chars().count() as i64 * 1_000_000_000 / micros;
            sample.execute(params![text, MANIFEST, at, pace, number]).expect("a label");
        }
        connection
            .execute(
                "INSERT INTO action (id, author, what, at, line, tip) \
                 VALUES (?1, 'bench', 'import', ?2, 'undo', ?1)",
                params![action.as_bytes(), at],
            )
            .expect("an action");
    }
    bulk.index();
    bulk.close();
}

/// Writes the labels of a workspace to an output.
pub(super) fn share(path: &Path, output: &Path, labels: usize) {
    let store = Store::open(&Source::Folder(output.to_owned()), &Options::default())
        .expect("the output opens");
    let mut writer = Writer::open(path, data::identity()).expect("the workspace opens");
    sync::announce(&store, &mut writer, Timestamp::now()).expect("it says whose it is");
    let shared =
        sync::share(&store, &mut writer, &Timestamp::now, &mut |_| ControlFlow::Continue(()));
    let shared = shared.expect("labels are shared").expect("nobody stops it");
    assert_eq!(shared.pushed, labels as u64, "{shared:?}");
}

/// The share that a key falls into (FNV-1a).
fn part(key: &SampleKey) -> u32 {
    key.as_bytes()
        .iter()
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Makes sure that it is a workspace like one that came through the doors. `labeled`: its labels too.
pub(super) fn check(path: &Path, count: usize, labeled: bool) {
    assert_eq!(workspace::examine(path).expect("it is looked through"), Vec::<String>::new());
    let mut writer = Writer::open(path, data::identity()).expect("the workspace opens");
    let asked = count.min(ASKED);
    if labeled {
        let mut speech = Speech::new(7);
        let items = (0..asked).map(|number| {
            ImportItem::label(data::listed(number).key, speech.sentence(), MANIFEST, "1")
        });
        let report = writer.import(items, false, Timestamp::now()).expect("labels are compared");
        assert_eq!((report.imported, report.unchanged), (0, asked as u64), "the same labels");
    } else if count <= ASKED {
        let mut staging = Staging::create(&data::folder()).expect("room for a listing");
        let listed: Vec<Listed> = (0..count).map(data::listed).collect();
        staging.add(&listed).expect("room for a listing");
        let mut run = writer.begin_apply(&staging, Timestamp::now()).expect("nobody else syncs");
        loop {
            let step = writer.apply_step(&mut run, &mut |_| None, Timestamp::now());
            if let Step::Done(report) = step.expect("the listing is applied") {
                assert_eq!((report.total, report.unchanged), (count as u64, count as u64));
                break;
            }
        }
        writer.end_sync().expect("the lease is given back");
    }
}
