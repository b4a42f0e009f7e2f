//! Listings: added, changed, moved, missing, restored, unchanged; in one go, and killed in the middle.

use super::*;
use proptest::prelude::*;

#[test]
fn twice_changes_nothing() {
    let mut desk = Desk::new(&[]);
    let listed = files(&["a", "b/c", "b/d"]);
    assert_eq!(desk.sync(&listed), SyncReport { added: 3, total: 3, ..SyncReport::default() });
    assert_eq!(desk.sync(&listed), SyncReport { unchanged: 3, total: 3, ..SyncReport::default() });
}

#[test]
fn a_missing_sample_keeps_its_label_and_comes_back_with_it() {
    let mut desk = Desk::new(&["a", "b"]);
    desk.label("a", "hello");
    let report = desk.sync(&files(&["a", "b"])[1..]);
    assert_eq!((report.missing, report.unchanged, report.total), (1, 1, 2));
    assert_eq!(desk.detail("a").state, SampleState::Missing);
    assert_eq!(desk.content("a").as_deref(), Some("hello"));
    assert_eq!(desk.sync(&files(&["a", "b"])[1..]).missing, 0);
    let report = desk.sync(&files(&["a", "b"]));
    assert_eq!((report.restored, report.unchanged), (1, 1));
    assert_eq!(
        (desk.detail("a").state, desk.content("a").as_deref()),
        (SampleState::Labeled, Some("hello"))
    );
}

/// Somebody added it while the listing was on its way: it does not hold it.
#[test]
fn what_came_in_behind_the_listings_back_is_not_missing() {
    let mut desk = Desk::new(&["old"]);
    let begun = Timestamp::from_second(1_000).unwrap();
    let at = |seconds| Some(Timestamp::from_second(seconds).unwrap());
    for (key, modified) in [("new", at(1_000)), ("newer", at(2_000)), ("before", at(999))] {
        let listed = Listed { modified, ..file(key, 5_000, key) };
        desk.writer.take_in(&listed).unwrap();
    }
    let staging = desk.staged(&files(&["old"]));
    let mut run = desk.writer.begin_apply(&staging, desk.now()).unwrap();
    run.spare_since(begun);
    let report = loop {
        if let Step::Done(report) = desk.step(&mut run) {
            break report;
        }
    };
    assert_eq!((report.missing, report.unchanged), (1, 1));
    assert_eq!(desk.detail("before").state, SampleState::Missing);
    for key in ["new", "newer"] {
        assert_eq!(desk.detail(key).state, SampleState::Unlabeled, "{key}");
    }
    // The next listing tells.
    assert_eq!(desk.sync(&files(&["old"])).missing, 2);
}

#[test]
fn changed_audio_asks_to_be_affirmed() {
    let mut desk = Desk::new(&["a", "b"]);
    desk.label("a", "hello");
    let listed = [file("a", 5000, "new"), file("b", 6000, "new")];
    let report = desk.sync(&listed);
    assert_eq!((report.changed, report.unchanged), (2, 0));
    assert!(desk.detail("a").confirm.audio_changed);
    assert_eq!(desk.reader.counts().unwrap().to_confirm, 1);
    desk.act(&Deed::Affirm, &["a", "b"]);
    assert_eq!(desk.reader.counts().unwrap().to_confirm, 0);
    assert_eq!(desk.content("a").as_deref(), Some("hello"));
    desk.undo().unwrap();
    assert!(desk.detail("a").confirm.audio_changed);
    assert!(matches!(desk.label("a", "hello"), LabelOutcome::Labeled(_)), "the same text affirms");
    assert!(!desk.detail("a").confirm.any());
}

fn probe(desk: &mut Desk, key: &str, hash: u8) {
    let detail = desk.detail(key);
    let probe = Probe {
        id: detail.id,
        stamp: detail.stamp,
        seconds: Some(1.0),
        info: None,
        sha256: Some([hash; 32]),
        error: None,
    };
    desk.writer.record_probes(&[probe]).unwrap();
}

#[test]
fn a_touched_file_did_not_change_however_often() {
    let mut desk = Desk::new(&["a"]);
    probe(&mut desk, "a", 1);
    desk.hashes.insert("a".into(), [1; 32]);
    desk.label("a", "one");
    for time in ["mtime:1", "mtime:2", "mtime:3"] {
        assert_eq!(desk.sync(&[file("a", 1000, time)]).unchanged, 1);
        assert!(!desk.detail("a").confirm.any());
        assert_eq!(desk.detail("a").seconds, Some(1.0));
        desk.label("a", time);
    }
    desk.hashes.insert("a".into(), [2; 32]);
    assert_eq!(desk.sync(&[file("a", 1000, "mtime:4")]).changed, 1);
    assert!(desk.detail("a").confirm.audio_changed);
}

#[test]
fn a_moved_file_keeps_label_flags_and_history() {
    let mut desk = Desk::new(&["a", "b"]);
    desk.label("a", "hello");
    desk.act(&Deed::Flag(Flag::Unsure, true), &["a"]);
    let (old_id, heads) = (desk.id("a"), desk.detail("a").heads);
    let report = desk.sync(&[file("x/a", 1000, "mtime:a"), file("b", 1001, "mtime:b")]);
    assert_eq!(
        (report.moved, report.added, report.missing, report.unchanged, report.total),
        (1, 0, 0, 1, 2)
    );
    let detail = desk.detail("x/a");
    assert_eq!((detail.content.as_deref(), detail.flags), (Some("hello"), vec![Flag::Unsure]));
    assert_eq!(detail.labeled.unwrap().0, "ann");
    assert!(!detail.confirm.any());
    assert_eq!(desk.reader.find(&"a".into()).unwrap(), None);
    assert_eq!(desk.reader.detail(old_id).unwrap().unwrap().key, "x/a".into());
    let history = desk.reader.history(desk.id("x/a")).unwrap();
    assert_eq!(history.len(), 3);
    assert_eq!(history[2].moved_from, Some("a".into()));
    // What was typed into the old row lands in the new one.
    let request = LabelRequest {
        sample: old_id,
        content: "better".into(),
        how: How::Typed,
        based_on: Some(heads),
    };
    assert!(matches!(desk.writer.label(&request, desk.now()).unwrap(), LabelOutcome::Labeled(_)));
    assert_eq!(desk.content("x/a").as_deref(), Some("better"));
    // And back again.
    let report = desk.sync(&files(&["a", "b"]));
    assert_eq!((report.moved, report.restored, report.total), (1, 0, 2));
    assert_eq!(desk.content("a").as_deref(), Some("better"));
    assert!(!desk.detail("a").confirm.any());
}

#[test]
fn a_move_is_told_by_hash_and_only_one_to_one() {
    let mut desk = Desk::new(&[]);
    desk.sync(&[file("a", 9, "1"), file("b", 9, "2"), file("c", 9, "3")]);
    for (key, hash) in [("a", 1), ("b", 2), ("c", 2)] {
        probe(&mut desk, key, hash);
        desk.label(key, key);
    }
    for (key, hash) in [("A", 1), ("B", 2), ("D", 4)] {
        desk.hashes.insert(key.into(), [hash; 32]);
    }
    let report = desk.sync(&[file("A", 9, "11"), file("B", 9, "12"), file("D", 9, "14")]);
    assert_eq!((report.moved, report.added, report.missing), (1, 2, 2));
    assert_eq!((report.possible_moves, report.total), (1, 5));
    assert_eq!(desk.content("A").as_deref(), Some("a"));
    assert_eq!(desk.content("B"), None);
    assert_eq!(desk.content("b").as_deref(), Some("b"), "the missing one keeps its label");
}

#[test]
fn what_appears_early_may_still_have_moved() {
    let mut desk = Desk::new(&["a"]);
    desk.label("a", "hello");
    let now = desk.now();
    let listed = [file("z", 1000, "mtime:a"), file("n", 5, "e")];
    assert_eq!(desk.writer.apply_early(&listed, now).unwrap(), 2);
    assert_eq!(desk.writer.apply_early(&listed, now).unwrap(), 0);
    assert_eq!(desk.reader.counts().unwrap().total, 3);
    let report = desk.sync(&listed);
    assert_eq!((report.moved, report.added, report.total), (1, 1, 2));
    assert_eq!(desk.content("z").as_deref(), Some("hello"));
}

#[test]
fn a_label_given_early_and_one_that_moved_there_conflict() {
    let mut desk = Desk::new(&["a"]);
    desk.label("a", "old");
    let now = desk.now();
    let listed = [file("z", 1000, "mtime:a")];
    desk.writer.apply_early(&listed, now).unwrap();
    desk.label("z", "new");
    desk.sync(&listed);
    assert!(desk.detail("z").confirm.conflict);
}

#[test]
fn one_process_at_a_time() {
    let mut desk = Desk::new(&["a"]);
    let mut bob = desk.neighbour("bob");
    let now = desk.now();
    desk.writer.begin_sync(now).unwrap();
    let error = bob.begin_sync(now).unwrap_err();
    assert!(matches!(&error, WorkspaceError::SyncRunning { by } if by == "ann"), "{error:?}");
    bob.begin_sync(now + SignedDuration::from_mins(2)).unwrap();
    bob.end_sync().unwrap();
    desk.writer.begin_sync(now).unwrap();
}

#[test]
fn a_dead_process_holds_no_sync() {
    let mut desk = Desk::new(&["a"]);
    let mut bob = desk.neighbour("bob");
    let now = desk.now();
    bob.begin_sync(now).unwrap();
    drop(bob);
    desk.writer.begin_sync(now).unwrap();
}

#[test]
fn keys_are_bytes() {
    let mut desk = Desk::new(&[]);
    let key = SampleKey::new(vec![b'a', 0xff, 0, b'\n', 0xe2]);
    let listed = Listed { key: key.clone(), ..file("", 3, "e") };
    desk.sync(std::slice::from_ref(&listed));
    assert_eq!(desk.sync(&[listed]).unchanged, 1);
    let id = desk.reader.find(&key).unwrap().unwrap();
    assert_eq!(desk.reader.detail(id).unwrap().unwrap().key, key);
    while desk.writer.index_step().unwrap() > 0 {}
}

/// A source at some moment: for each file that is there, its audio.
type Moment = Vec<(u8, u8)>;

fn listing(moment: &Moment) -> Vec<Listed> {
    let mut seen = std::collections::BTreeMap::new();
    for (key, audio) in moment {
        seen.insert(*key, *audio);
    }
    let listed = |(key, audio): (u8, u8)| {
        file(&format!("{key:02}"), 10 + u64::from(audio % 3), &format!("e{audio}"))
    };
    seen.into_iter().map(listed).collect()
}

fn moment() -> impl Strategy<Value = Moment> {
    prop::collection::vec((0..8_u8, 0..12_u8), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn killed_anywhere_the_next_run_ends_where_an_undisturbed_one_does(
        moments in prop::collection::vec(moment(), 1..5), kills in prop::collection::vec(0..12_usize, 1..5),
    ) {
        let mut calm = Desk::new(&[]);
        let mut shaken = Desk::new(&[]);
        for (n, moment) in moments.iter().enumerate() {
            let listed = listing(moment);
            let staging = shaken.staged(&listed);
            let now = shaken.now();
            shaken.writer.apply_early(&listed[..listed.len() / 2], now).unwrap();
            let mut run = shaken.writer.begin_apply(&staging, now).unwrap();
            for _ in 0..kills[n % kills.len()] {
                if let Step::Done(_) = shaken.step(&mut run) {
                    break;
                }
            }
            drop(run);
            shaken.writer = Writer::open(&shaken.path(), Identity::new("ann")).unwrap();
            shaken.sync(&listed);
            let report = calm.sync(&listed);
            for desk in [&mut calm, &mut shaken] {
                let again = desk.sync(&listed);
                prop_assert_eq!(again.unchanged, listed.len() as u64);
                prop_assert_eq!((again.missing, again.total), (0, report.total));
                for listed in &listed {
                    let key = listed.key.lossy().into_owned();
                    if desk.content(&key).is_none() {
                        desk.label(&key, &format!("{n}"));
                    }
                }
            }
            let shown = |desk: &Desk| -> Vec<(String, Option<String>, SampleState)> {
                let rows = desk.reader.page(&lists::all()).unwrap().rows;
                rows.into_iter().map(|row| (row.key.lossy().into_owned(), row.content, row.state)).collect()
            };
            prop_assert_eq!(shown(&calm), shown(&shaken));
        }
    }
}
