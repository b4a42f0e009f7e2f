//! Salvage: pages damaged at random, and every revision and draft that lay on readable ones is in the new file.

use super::*;
use crate::workspace::drafts::file_of;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PAGE: usize = 4096;

/// The same numbers for the same seed, on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

/// A workspace with some history in it: labels long and short, flags, a batch, an undo, moves, conflicts, drafts.
fn worked_at(samples: usize) -> Desk {
    let names: Vec<String> = (0..samples).map(|n| format!("calls/2026/März/{n:05}.wav")).collect();
    let keys: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut desk = Desk::new(&keys);
    let texts: Vec<String> = (0..samples)
        .map(|n| match n % 40 {
            // Longer than a page: it lies on pages of its own.
            8 => format!("{n} {}", "long ".repeat(3000)),
            n if n % 3 == 0 => "你好 — ok".to_owned(),
            n => format!("what number {n} says"),
        })
        .collect();
    let labels = keys.iter().zip(&texts).step_by(2);
    let labels: Vec<_> = labels.map(|(key, text)| ((*key).into(), text.clone())).collect();
    let now = desk.now();
    desk.writer.label_many(labels, &How::Typed, now).unwrap();
    for n in 0..samples / 10 {
        desk.label(keys[n * 7 % samples], &texts[n]);
    }
    desk.act(&Deed::Label("the same for some".into()), &keys[..samples / 8]);
    desk.undo().unwrap();
    desk.import(&[(keys[3], "an import"), (keys[5], "another")], false);
    // Two files moved, one is missing.
    let mut listed = files(&keys);
    desk.hashes = [keys[0], keys[1]]
        .into_iter()
        .zip([[1; 32], [2; 32]])
        .map(|(k, h)| (k.into(), h))
        .collect();
    listed.remove(samples - 1);
    listed[0].key = "moved/0.wav".into();
    desk.sync(&listed);
    let ann = Identity::new("ann");
    let mut drafts = Drafts::open(&desk.path(), ann.clone()).unwrap();
    for (n, key) in keys.iter().enumerate().take(samples / 4) {
        let draft = Draft {
            key: (*key).into(),
            author: ann.author.clone(),
            instance: ann.instance,
            text: format!("half of {n}"),
            cursor: 3,
            heads: Vec::new(),
            at: Timestamp::from_second(n as i64).unwrap(),
        };
        drafts.save(&draft).unwrap();
    }
    desk
}

fn revisions(path: &Path) -> BTreeMap<RevisionId, (SampleKey, Revision)> {
    let reader = Reader::open(path, Identity::new("ann")).unwrap();
    let mut all = BTreeMap::new();
    reader
        .revisions(&mut |key, revision| {
            all.insert(revision.id, (key.clone(), revision.clone()));
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    all
}

/// Which pages hold the rows of a table: its leaves, and all that its long rows go on in.
fn pages_of(path: &Path, table: &str) -> (Vec<usize>, Vec<usize>) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let of = |kind: &str| -> Vec<usize> {
        let mut sql = connection
            .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ?")
            .unwrap();
        let rows = sql.query_map([table, kind], |row| row.get::<_, i64>(0)).unwrap();
        rows.map(|page| page.unwrap() as usize).collect()
    };
    (of("leaf"), of("overflow"))
}

fn page(bytes: &[u8], number: usize) -> &[u8] {
    &bytes[(number - 1) * PAGE..number * PAGE]
}

fn holds(page: &[u8], needle: &[u8]) -> bool {
    page.windows(needle.len()).any(|window| window == needle)
}

/// Whether the row of a revision is on a page, and not only its name among another's parents: its action follows its
/// id, with the number of the sample between.
fn holds_row(page: &[u8], revision: &Revision) -> bool {
    let (id, action) = (revision.id.0.as_bytes(), revision.action.0.as_bytes());
    let mut found = page.windows(16).enumerate().filter(|(_, window)| window == id);
    found.any(|(at, _)| (16..20).any(|gap| page.get(at + gap..at + gap + 16) == Some(action)))
}

/// All that is in the file itself, so that its pages can be counted.
fn closed(desk: Desk) -> tempfile::TempDir {
    let Desk { folder, writer, reader, .. } = desk;
    drop(reader);
    drop(writer);
    let path = folder.path().join("calls.earmark");
    for file in [path.clone(), file_of(&path)] {
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(connection);
        assert!(!file::beside(&file, "-wal").exists());
    }
    folder
}

fn damage(bytes: &mut [u8], numbers: &BTreeSet<usize>, dice: &mut Dice) {
    for number in numbers {
        let page = &mut bytes[(number - 1) * PAGE..number * PAGE];
        match dice.below(3) {
            0 => page.fill(0),
            1 => page.fill(0xA5),
            _ => page.fill_with(|| dice.below(256) as u8),
        }
    }
}

#[test]
fn every_revision_and_draft_on_a_readable_page_is_in_the_new_file() {
    let folder = closed(worked_at(400));
    let path = folder.path().join("calls.earmark");
    let (whole, whole_drafts) = (fs::read(&path).unwrap(), fs::read(file_of(&path)).unwrap());
    let before = revisions(&path);
    let (leaves, overflow) = pages_of(&path, "revision");
    assert!(leaves.len() > 10 && overflow.len() > 10, "{leaves:?} {overflow:?}");
    let draft_leaves = pages_of(&file_of(&path), "draft").0;
    let from: u64 = std::env::var("SALVAGE_SEED").map_or(1, |seed| seed.parse().unwrap());
    let rounds = if std::env::var_os("EARMARK_SOAK").is_some() { 500 } else { 8 };
    let (mut kept, mut checked) = (0, 0);
    for seed in from..from + rounds {
        let mut dice = Dice(seed);
        let count = whole.len() / PAGE;
        // From one page to nearly all of them; the header now and then.
        let few = [1, 3, count / 10, count / 2, count * 9 / 10][dice.below(5)];
        let hit: BTreeSet<usize> = (0..few).map(|_| 1 + dice.below(count)).collect();
        let mut bytes = whole.clone();
        damage(&mut bytes, &hit, &mut dice);
        let mut draft_bytes = whole_drafts.clone();
        let drafts_hit = BTreeSet::from([1 + dice.below(draft_bytes.len() / PAGE)]);
        damage(&mut draft_bytes, &drafts_hit, &mut dice);
        let damaged = folder.path().join(format!("damaged-{seed}"));
        fs::write(&damaged, &bytes).unwrap();
        fs::write(file_of(&damaged), &draft_bytes).unwrap();

        let to = folder.path().join(format!("new-{seed}"));
        let readable: Vec<&[u8]> =
            leaves.iter().filter(|n| !hit.contains(n)).map(|n| page(&whole, *n)).collect();
        let chains = overflow.iter().any(|n| hit.contains(n));
        let salvaged = match salvage(&damaged, &to, Some(&dataset())) {
            Err(WorkspaceError::NothingToSalvage(_)) if readable.is_empty() => continue,
            salvaged => salvaged.unwrap_or_else(|error| panic!("seed {seed}: {error:?}")),
        };
        assert_eq!(fs::read(&damaged).unwrap(), bytes, "seed {seed}: the damaged file was touched");
        let after = revisions(&to);
        for (id, (key, revision)) in &before {
            let there = readable.iter().any(|page| holds_row(page, revision));
            let long = matches!(&revision.change.content, Some(ContentChange::Set(text)) if text.len() > 3000);
            if !there || (long && chains) {
                continue;
            }
            let (new_key, new) = after.get(id).unwrap_or_else(|| {
                panic!("seed {seed}: {id:?} of {key:?} was readable and is gone")
            });
            assert_eq!(new, revision, "seed {seed}");
            assert!(
                new_key == key || new_key.as_bytes().starts_with(b"salvaged/"),
                "seed {seed}: {new_key:?}"
            );
            checked += 1;
        }
        // Nothing that never was.
        for (id, (_, revision)) in &after {
            assert_eq!(before.get(id).map(|(_, known)| known), Some(revision), "seed {seed}");
        }
        kept += after.len();
        let reader = Reader::open(&to, Identity::new("ann")).unwrap();
        check(&to, &reader);
        assert_eq!(examine(&to).unwrap(), Vec::<String>::new(), "seed {seed}");
        assert_eq!(salvaged.revisions, after.len() as u64);

        let new_drafts = Drafts::open(&to, Identity::new("ann")).unwrap();
        let found: BTreeSet<SampleKey> = new_drafts.keys().unwrap().into_iter().collect();
        let pages = draft_leaves.iter().filter(|n| !drafts_hit.contains(n));
        let pages: Vec<&[u8]> = pages.map(|n| page(&whole_drafts, *n)).collect();
        for n in 0..100 {
            let key = format!("calls/2026/März/{n:05}.wav");
            if pages.iter().any(|page| holds(page, format!("half of {n}").as_bytes())) && n >= 10 {
                assert!(found.contains(&key.as_str().into()), "seed {seed}: the draft of {key}");
            }
        }
    }
    assert!(checked > 300, "{checked}");
    println!("{checked} revisions on readable pages, all of them kept; {kept} in all");
}

#[test]
fn salvage_of_a_whole_file_keeps_everything_that_is_not_made_anew() {
    let desk = worked_at(120);
    let path = desk.path();
    desk.check();
    // With all that lies in the write-ahead log alone, as after a crash.
    let copy = desk.folder.path().join("crashed");
    for ending in ["", "-wal"] {
        fs::copy(file::beside(&path, ending), file::beside(&copy, ending)).unwrap();
    }
    let counts = desk.reader.counts().unwrap();
    let to = desk.folder.path().join("new.earmark");
    let salvaged = salvage(&copy, &to, None).unwrap();
    assert_eq!((salvaged.lost, salvaged.nameless, salvaged.described), (0, 0, true));
    assert_eq!(revisions(&to), revisions(&path));
    let reader = Reader::open(&to, Identity::new("ann")).unwrap();
    assert_eq!(reader.counts().unwrap(), counts);
    assert_eq!(reader.dataset(), &dataset());
    check(&to, &reader);
    // Undo goes on where it was.
    let mut writer = Writer::open(&to, Identity::new("ann")).unwrap();
    assert!(writer.undo(desk.now()).unwrap().is_some_and(|report| report.changed > 0));
    assert_ne!(writer.writer_id(), desk.writer.writer_id());
    assert!(matches!(salvage(&copy, &to, None), Err(WorkspaceError::Exists(_))));
}

#[test]
fn a_sample_whose_row_is_lost_keeps_its_name_where_an_index_has_it() {
    let folder = closed(worked_at(120));
    let path = folder.path().join("calls.earmark");
    let before = revisions(&path);
    let whole = fs::read(&path).unwrap();
    let rows: BTreeSet<usize> = pages_of(&path, "sample").0.into_iter().collect();
    let inner: BTreeSet<usize> =
        [pages_of(&path, "sample").0, pages_of(&path, "sqlite_autoindex_sample_1").0]
            .concat()
            .into_iter()
            .collect();
    for hit in [rows, inner] {
        let mut bytes = whole.clone();
        damage(&mut bytes, &hit, &mut Dice(3));
        let damaged = folder.path().join("damaged");
        fs::write(&damaged, &bytes).unwrap();
        let to = folder.path().join("new");
        let salvaged = salvage(&damaged, &to, None).unwrap();
        assert_eq!(salvaged.nameless, 0);
        let after = revisions(&to);
        assert_eq!(after, before);
        check(&to, &Reader::open(&to, Identity::new("ann")).unwrap());
        fs::remove_file(&to).unwrap();
    }
    // Not one index left: the labels are there under names that are made up.
    let all: BTreeSet<usize> =
        ["sample", "sqlite_autoindex_sample_1", "sample_name", "confirm_name", "search_idx"]
            .iter()
            .flat_map(|table| pages_of(&path, table).0)
            .collect();
    let mut bytes = whole.clone();
    damage(&mut bytes, &all, &mut Dice(3));
    let damaged = folder.path().join("damaged");
    fs::write(&damaged, &bytes).unwrap();
    let to = folder.path().join("new");
    let salvaged = salvage(&damaged, &to, None).unwrap();
    assert!(salvaged.nameless > 0);
    let after = revisions(&to);
    assert_eq!(after.len(), before.len());
    for (id, (key, _)) in &after {
        assert!(*key == before[id].0 || key.as_bytes().starts_with(b"salvaged/sample-"), "{key:?}");
    }
}

#[test]
fn a_cut_file_and_a_torn_log_give_what_is_left() {
    let mut desk = worked_at(120);
    desk.label("calls/2026/März/00050.wav", "the newest");
    let path = desk.path();
    let copy = desk.folder.path().join("cut");
    let bytes = fs::read(&path).unwrap();
    fs::write(&copy, &bytes[..bytes.len() / 2 - 100]).unwrap();
    let mut log = fs::read(file::beside(&path, "-wal")).unwrap();
    let frames = (log.len() - 32) / (24 + PAGE);
    assert!(frames > 4, "the log holds something");
    // One frame in the middle is torn; what came after it still counts.
    let torn = 32 + (frames / 2) * (24 + PAGE) + 24;
    log[torn + 512..torn + 1024].fill(0xEE);
    fs::write(file::beside(&copy, "-wal"), &log).unwrap();
    let to = desk.folder.path().join("new.earmark");
    let salvaged = salvage(&copy, &to, Some(&dataset())).unwrap();
    assert!(salvaged.revisions > 0);
    let found = revisions(&to);
    let newest = found.values().filter(|(_, revision)| {
        revision.change.content == Some(ContentChange::Set("the newest".into()))
    });
    assert_eq!(newest.count(), 1);
    let before = revisions(&path);
    assert!(found.iter().all(|(id, (_, revision))| before[id].1 == *revision));
    check(&to, &Reader::open(&to, Identity::new("ann")).unwrap());
}

#[test]
fn what_is_no_workspace_at_all_gives_nothing_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("w"), folder.path().join("new"));
    assert!(matches!(salvage(&path, &to, None), Err(WorkspaceError::NotFound(_))));
    let mut dice = Dice(1);
    for size in [0, 1, 50, 100, 512, 4096, 100_000] {
        fs::write(&path, (0..size).map(|_| dice.below(256) as u8).collect::<Vec<_>>()).unwrap();
        let error = salvage(&path, &to, Some(&dataset())).unwrap_err();
        assert!(matches!(error, WorkspaceError::NothingToSalvage(_)), "{size}: {error:?}");
    }
    let left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["w"]);
}
