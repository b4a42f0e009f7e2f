//! What is left of a run: the workspace, the source, the logs, the versions, without what differs by nature (times,
//! random names).

use super::world::{World, reader};
use crate::bucket::md5_hex;
use earmark::domain::{Anchor, Filter, Order, PageRequest, SampleId, View};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use uuid::Uuid;

/// Before what is said of a revision.
const REVISION: &str = "revision by ";

/// Whether a line of a sample is one of its revisions.
pub(super) fn is_revision(line: &str) -> bool {
    line.starts_with(REVISION)
}

/// What one sample is like: a line each for state, content, flags and every revision.
pub(super) type Samples = BTreeMap<String, Vec<String>>;

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct State {
    pub(super) samples: Samples,
    counts: String,
    waiting: u64,
    /// Samples whose length is known.
    lengths: u64,
    versions: Vec<String>,
    /// MD5 by key.
    pub(super) source: BTreeMap<String, String>,
    /// Keys, but those of logs.
    pub(super) output: BTreeSet<String>,
    /// The revisions in the logs.
    log: Vec<String>,
}

impl State {
    /// As it is now. What must hold at any time is asserted.
    pub(super) fn of(world: &World) -> Self {
        let mut state = Self {
            source: source(world),
            output: output(world),
            log: log(world),
            ..Self::default()
        };
        let path = world.workspace();
        if path.exists() {
            sound(&path);
            let reader = reader(&path);
            let mut counts = reader.counts().unwrap();
            state.lengths = counts.seconds_known;
            counts.seconds_known = 0;
            counts.seconds_total = earmark::domain::Counts::default().seconds_total;
            counts.seconds_labeled = counts.seconds_total;
            state.counts = format!("{counts:?}");
            state.samples = samples(&path);
            state.waiting = reader.unshared().unwrap();
            state.versions =
                reader.versions().unwrap().into_iter().map(|version| version.name).collect();
        }
        state
    }

    /// Ends the test if this is not `other`, and says in what they differ.
    pub(super) fn must_be(&self, other: &Self, about: &str) {
        let (here, there) = (format!("{self:#?}"), format!("{other:#?}"));
        let only = |one: &str, other: &str, sign: char| {
            let lines = one.lines().filter(|line| !other.lines().any(|there| there == *line));
            lines.fold(String::new(), |said, line| format!("{said}{sign} {line}\n"))
        };
        let differences = only(&here, &there, '+') + &only(&there, &here, '-');
        assert!(self == other, "{about}\nwithout failures (-), and now (+):\n{differences}");
    }

    /// Without what comes in the background and may come later.
    pub(super) fn without_lengths(mut self) -> Self {
        self.lengths = 0;
        self
    }
}

/// Every sample of a workspace.
pub(super) fn samples(workspace: &Path) -> Samples {
    let reader = reader(workspace);
    let request = PageRequest {
        view: View::All,
        filter: Filter::default(),
        order: Order::default(),
        scope: None,
        anchor: Anchor::First,
        limit: 1000,
    };
    let rows = reader.page(&request).unwrap().rows;
    let of = |id: SampleId| {
        let detail = reader.detail(id).unwrap().unwrap();
        let mut lines = vec![
            format!("{:?} conflict: {}", detail.state, detail.confirm.conflict),
            format!("{:?} {:?} {:?}", detail.content, detail.flags, detail.rivals),
            format!("{} {}", detail.stamp.size, detail.stamp.etag),
        ];
        let mut history: Vec<String> = (reader.history(id).unwrap().into_iter())
            .map(|revision| {
                // What is deleted in two runs is deleted one by one.
                let how = revision.change.deleted.is_none().then_some(&revision.how);
                let author = &revision.author;
                let (change, moved) = (&revision.change, &revision.moved_from);
                format!(
                    "{REVISION}{author} {how:?} {change:?} {moved:?} {}",
                    revision.parents.len()
                )
            })
            .collect();
        history.sort();
        lines.extend(history);
        lines
    };
    rows.into_iter().map(|row| (row.key.lossy().into_owned(), of(row.id))).collect()
}

/// What is recorded of each source file that was to be deleted.
pub(super) fn outcomes(workspace: &Path) -> Vec<(String, String)> {
    let connection = open(workspace);
    let mut sql = connection
        .prepare(
            "SELECT CAST(sample.key AS TEXT), journal.detail FROM journal JOIN sample ON sample.id = journal.sample \
             WHERE journal.kind = 'delete-source' ORDER BY journal.seq",
        )
        .unwrap();
    let rows = sql.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn open(workspace: &Path) -> Connection {
    Connection::open_with_flags(workspace, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap()
}

/// Whether the file itself is whole.
fn sound(workspace: &Path) {
    let connection = open(workspace);
    let check = |pragma: &str| -> Vec<String> {
        let mut sql = connection.prepare(pragma).unwrap();
        let rows = sql.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(check("PRAGMA integrity_check"), ["ok"]);
    assert_eq!(check("PRAGMA foreign_key_check"), [""; 0]);
}

fn source(world: &World) -> BTreeMap<String, String> {
    let contents = world.bucket.lock();
    let below = contents.objects.iter().filter_map(|(key, object)| {
        Some((key.strip_prefix("calls/")?.to_owned(), md5_hex(&object.bytes)))
    });
    below.collect()
}

fn output(world: &World) -> BTreeSet<String> {
    let keys = world.bucket.keys().into_iter();
    let below = keys.filter_map(|key| key.strip_prefix("labels/").map(str::to_owned));
    below.filter(|key| !key.starts_with("labels/")).map(|key| named(world, &key)).collect()
}

/// With names instead of what is random. A copied workspace writes under a new one.
fn named(world: &World, text: &str) -> String {
    let known = [
        (world.dataset.to_string(), "<dataset>"),
        (world.dataset.simple().to_string(), "<dataset>"),
        (world.bob.clone(), "bob"),
    ];
    let text = known.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name));
    let parts = text.split('/').map(|part| {
        let id = part.strip_prefix("claim-").unwrap_or(part);
        if Uuid::parse_str(id).is_ok() { part.replace(id, "ann") } else { part.to_owned() }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The revisions in all logs, each of which is there once, in numbers without a gap.
fn log(world: &World) -> Vec<String> {
    let contents = world.bucket.lock();
    let mut ids = BTreeSet::new();
    let mut lines = Vec::new();
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for (key, object) in &contents.objects {
        let Some(rest) = key.strip_prefix("labels/labels/") else { continue };
        let (writer, name) = rest.split_once('/').unwrap();
        let number: u64 = name.strip_suffix(".jsonl").unwrap().parse().unwrap();
        assert_eq!(last.insert(writer, number).unwrap_or(0) + 1, number, "a gap before {key}");
        for line in object.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let mut line: Value = serde_json::from_slice(line).unwrap();
            let fields = line.as_object_mut().unwrap();
            let id = fields.remove("id").unwrap().to_string();
            assert!(ids.insert(id.clone()), "the revision {id} is there twice");
            for random in ["action", "at", "parents"] {
                fields.remove(random);
            }
            lines.push(format!("{} {line}", named(world, writer)));
        }
    }
    lines.sort();
    lines
}
