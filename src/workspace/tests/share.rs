//! What goes out and what comes in: any order, any part, any number of times, while files move about in the source.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// The names that each of two files may have.
const KEYS: [&str; 6] = ["a", "b", "c", "x", "y", "z"];
const FILES: usize = 2;
const NAMES: usize = KEYS.len() / FILES;

fn all(desk: &Desk) -> Vec<(SampleKey, Revision)> {
    let mut all = Vec::new();
    let add = &mut |key: &SampleKey, revision: &Revision| {
        all.push((key.clone(), revision.clone()));
        ControlFlow::Continue(())
    };
    desk.reader.revisions(add).unwrap();
    all
}

fn ids(desk: &Desk) -> BTreeSet<RevisionId> {
    all(desk).into_iter().map(|(_, revision)| revision.id).collect()
}

/// Everything that one knows, as if read in logs.
fn give(from: &Desk, to: &mut Desk) -> u64 {
    to.writer.take_shared(&all(from), Shared::Log, None).unwrap().new
}

fn write(writer: &mut Writer, most: usize) -> Vec<Batch> {
    let line = |key: &SampleKey, revision: &Revision| format!("{} {}", key.lossy(), revision.id);
    let mut batches = Vec::new();
    while let Some(batch) = writer.next_batch(most, &line).unwrap() {
        assert_eq!(writer.next_batch(most, &line).unwrap().as_ref(), Some(&batch), "it is fixed");
        writer.batch_shared(&batch).unwrap();
        batches.push(batch);
    }
    batches
}

#[test]
fn batches_follow_one_another_without_a_gap_and_hold_each_revision_once() {
    let mut desk = Desk::new(&["a", "b", "c"]);
    for text in ["one", "two", "three"] {
        for key in ["a", "b", "c"] {
            desk.label(key, text);
        }
    }
    assert_eq!(desk.reader.unshared().unwrap(), 9);
    let batches = write(&mut desk.writer, 4);
    let told: Vec<(u64, u64)> = batches.iter().map(|one| (one.sequence, one.revisions)).collect();
    assert_eq!(told, [(1, 4), (2, 4), (3, 1)]);
    let lines: BTreeSet<&[u8]> =
        batches.iter().flat_map(|one| one.body.trim_ascii_end().split(|b| *b == b'\n')).collect();
    assert_eq!(lines.len(), 9);
    assert_eq!(desk.writer.unshared().unwrap(), 0);
    assert_eq!(write(&mut desk.writer, 4), []);
    desk.label("a", "four");
    assert_eq!(write(&mut desk.writer, 4)[0].sequence, 4);
}

#[test]
fn what_was_read_is_not_shared_again_but_goes_to_another_output() {
    let (mut ann, mut bob) = (Desk::new(&["a", "b"]), Desk::new(&["a", "b"]));
    ann.label("a", "one");
    ann.import(&[("b", "both")], false);
    bob.import(&[("b", "both")], false);
    give(&ann, &mut bob);
    assert_eq!(bob.writer.unshared().unwrap(), 0, "an import that both made is in a log already");
    assert_eq!(write(&mut bob.writer, 10), []);
    assert!(!bob.writer.ever_shared().unwrap());
    bob.label("b", "two");
    assert_eq!(write(&mut bob.writer, 10).len(), 1);
    bob.writer.set_output(Some("/elsewhere")).unwrap();
    assert_eq!(bob.writer.unshared().unwrap(), 3, "whoever made them");
    bob.writer.set_output(Some("/elsewhere")).unwrap();
    give(&ann, &mut bob);
    assert_eq!(bob.writer.unshared().unwrap(), 1, "those are there");
    let batches = write(&mut bob.writer, 10);
    assert_eq!((batches[0].sequence, batches[0].revisions), (1, 1));
}

#[test]
fn a_snapshot_is_no_log() {
    let (mut ann, mut bob) = (Desk::new(&["a"]), Desk::new(&["a"]));
    bob.import(&[("a", "both")], false);
    ann.import(&[("a", "both")], false);
    bob.writer.take_shared(&all(&ann), Shared::Snapshot, None).unwrap();
    assert_eq!(bob.writer.unshared().unwrap(), 1, "whoever reads logs alone has nothing of it yet");
}

#[test]
fn nothing_is_noted_about_an_output_that_another_process_left() {
    let mut desk = Desk::new(&["a"]);
    desk.label("a", "one");
    let mut other = desk.neighbour("ann");
    other.set_output(Some("/elsewhere")).unwrap();
    let refused = desk.writer.next_batch(10, &|_, _| String::new());
    assert!(matches!(refused, Err(WorkspaceError::OutputChanged)));
    let refused = desk.writer.take_shared(&[], Shared::Log, None);
    assert!(matches!(refused, Err(WorkspaceError::OutputChanged)));
    assert_eq!(other.unshared().unwrap(), 1);
}

#[test]
fn all_at_once_it_ends_as_some_at_a_time() {
    let keys = ["a", "b", "c", "d", "e"];
    let mut ann = Desk::new(&keys);
    for key in ["a", "b", "c"] {
        ann.label(key, "one");
    }
    ann.label("b", "two");
    ann.act(&Deed::Delete, &["c"]);
    let mut bob = Desk::new(&["a", "unlisted"]);
    bob.label("a", "other");
    bob.label("unlisted", "three");
    let both: Vec<_> = all(&ann).into_iter().chain(all(&bob)).collect();
    let position = |n: usize| Some((WriterId(Uuid::from_u128(n as u128 % 2 + 1)), n as u64));
    let portions = both.chunks(2).enumerate().map(|(n, some)| Portion {
        revisions: some.to_vec(),
        from: Shared::Log,
        position: position(n),
    });
    let portions: Vec<Portion> = portions.collect();
    let (mut new, mut slow) = (Desk::new(&keys), Desk::new(&keys));
    let neighbour = new.neighbour("cal");
    assert!(!new.writer.is_new().unwrap(), "somebody works here");
    drop(neighbour);
    assert!(new.writer.is_new().unwrap());
    for expected in [1_000, 0] {
        let taken = new.writer.take_all_shared(expected, portions.clone()).unwrap();
        assert_eq!(taken.new, if expected > 0 { both.len() as u64 } else { 0 });
        new.check();
    }
    assert!(!new.writer.is_new().unwrap());
    for Portion { revisions, from, position } in &portions {
        slow.writer.take_shared(revisions, *from, *position).unwrap();
    }
    assert_eq!(known(&new), known(&slow));
    assert_eq!(new.writer.log_positions().unwrap(), slow.writer.log_positions().unwrap());
    assert_eq!(new.reader.counts().unwrap(), slow.reader.counts().unwrap());
}

#[test]
fn only_what_was_done_here_is_undone_here() {
    let (mut ann, mut bob) = (Desk::new(&["a", "b"]), Desk::new(&["a", "b"]));
    ann.label("a", "one");
    give(&ann, &mut bob);
    assert_eq!(bob.undo(), None, "the same person at another machine");
    bob.label("b", "two");
    give(&ann, &mut bob);
    bob.undo().unwrap();
    assert_eq!((bob.content("a").as_deref(), bob.content("b")), (Some("one"), None));
    assert_eq!(bob.undo(), None);
}

#[test]
fn labels_that_come_before_their_files_are_kept_for_them() {
    let mut ann = Desk::new(&["a", "b"]);
    ann.label("a", "one");
    ann.act(&Deed::Delete, &["b"]);
    let mut bob = Desk::new(&[]);
    give(&ann, &mut bob);
    assert_eq!(bob.detail("a").state, SampleState::Missing);
    bob.label("a", "better");
    let report = bob.sync(&files(&["a", "b"]));
    assert_eq!((report.added, report.restored), (2, 0), "{report:?}");
    let detail = bob.detail("a");
    assert_eq!((detail.state, detail.content.as_deref()), (SampleState::Labeled, Some("better")));
    assert!(!detail.confirm.any(), "nobody heard other audio");
    assert_eq!(bob.detail("b").state, SampleState::Deleted);
    assert_eq!(bob.sync(&files(&["a", "b"])).unchanged, 2);
}

/// Files whose labels came first are in their place: none of them is compared with missing ones.
#[test]
fn files_that_come_after_their_labels_have_not_moved() {
    let keys = ["a", "b", "c"];
    let mut desk = Desk::new(&keys);
    for key in &keys {
        desk.label(key, "text");
    }
    let mut other = Desk::new(&[]);
    give(&desk, &mut other);
    let staging = other.staged(&files(&keys));
    let now = other.now();
    let mut run = other.writer.begin_apply(&staging, now).unwrap();
    loop {
        let step = other.step(&mut run);
        let fresh = "SELECT count(*) FROM sample WHERE fresh > 0";
        let fresh: i64 = other.reader.connection.query_row(fresh, [], |row| row.get(0)).unwrap();
        assert_eq!(fresh, 0);
        if let Step::Done(report) = step {
            assert_eq!((report.added, report.possible_moves), (3, 0));
            break;
        }
    }
    other.check();
}

#[test]
fn a_label_made_elsewhere_while_its_file_moved_goes_along_without_a_conflict() {
    let before = [file("a", 1000, "e")];
    let after = [file("x/a", 1000, "e")];
    for bob_lists_first in [false, true] {
        let (mut ann, mut bob) = (Desk::new(&[]), Desk::new(&[]));
        ann.sync(&before);
        bob.sync(&before);
        ann.label("a", "one");
        give(&ann, &mut bob);
        assert_eq!(ann.sync(&after).moved, 1);
        bob.label("a", "two");
        bob.act(&Deed::Flag(Flag::Unsure, true), &["a"]);
        if bob_lists_first {
            bob.sync(&after);
        }
        give(&ann, &mut bob);
        bob.sync(&after);
        give(&bob, &mut ann);
        give(&ann, &mut bob);
        for desk in [&ann, &bob] {
            let detail = desk.detail("x/a");
            assert_eq!(detail.content.as_deref(), Some("two"), "{bob_lists_first}");
            assert_eq!(detail.flags, [Flag::Unsure]);
            assert!(!detail.confirm.any());
            assert_eq!(desk.reader.counts().unwrap().total, 1);
            desk.check();
        }
        assert_eq!(ids(&ann), ids(&bob));
    }
}

/// Revision by revision, by somebody who has the files as they are now.
fn read_by_somebody_new(
    log: Vec<(SampleKey, Revision)>,
    listing: &[Listed],
    listed_first: bool,
) -> Desk {
    let mut new = Desk::new(&[]);
    if listed_first {
        new.sync(listing);
    }
    for one in log {
        new.writer.take_shared(&[one], Shared::Log, None).unwrap();
    }
    new.sync(listing);
    new.check();
    new
}

#[test]
fn what_was_put_into_the_trash_after_a_move_stays_there_though_it_was_restored_before() {
    let after = [file("x/a", 1000, "e")];
    let mut ann = Desk::new(&[]);
    ann.sync(&[file("a", 1000, "e")]);
    ann.label("a", "one");
    ann.act(&Deed::Delete, &["a"]);
    ann.act(&Deed::Restore, &["a"]);
    ann.act(&Deed::Flag(Flag::Unsure, true), &["a"]);
    ann.act(&Deed::Flag(Flag::Unsure, false), &["a"]);
    assert_eq!(ann.sync(&after).moved, 1);
    ann.act(&Deed::Flag(Flag::BadAudio, true), &["x/a"]);
    ann.act(&Deed::Delete, &["x/a"]);
    for listed_first in [false, true] {
        let new = read_by_somebody_new(all(&ann), &after, listed_first);
        let detail = new.detail("x/a");
        assert_eq!(detail.state, SampleState::Deleted, "{listed_first}");
        assert_eq!(detail.flags, [Flag::BadAudio]);
        give(&new, &mut ann);
        assert_eq!(ann.detail("x/a").state, SampleState::Deleted);
    }
}

#[test]
fn a_file_that_went_and_came_back_leaves_nothing_behind() {
    let (here, there) = ([file("a", 1000, "e")], [file("b", 1000, "e")]);
    let (mut ann, mut bob) = (Desk::new(&[]), Desk::new(&[]));
    ann.sync(&here);
    bob.sync(&here);
    bob.label("a", "one");
    give(&bob, &mut ann);
    ann.sync(&there);
    ann.sync(&here);
    let mut log = all(&ann);
    // The journey is heard of before what was written at its beginning.
    log.sort_by_key(|(_, one)| one.moved_from.is_none());
    for listed_first in [false, true] {
        let new = read_by_somebody_new(log.clone(), &here, listed_first);
        assert_eq!(new.detail("a").content.as_deref(), Some("one"));
        assert!(!new.detail("a").confirm.any());
        assert_eq!(new.reader.counts().unwrap().total, 1, "{listed_first}");
        let id = new.reader.find(&"b".into()).unwrap();
        assert_eq!(id, None, "a signpost");
    }
}

#[derive(Debug, Clone)]
enum Happening {
    Edit(usize, usize, Deed),
    Undo(usize),
    /// A file of the source gets another name.
    Rename(usize, usize),
    List(usize),
    /// Some revisions of one, in an order of their own, reach another.
    Give(usize, usize, u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => prop_oneof![Just("x"), Just("y"), Just("z")].prop_map(|text| Deed::Label(text.into())),
        1 => Just(Deed::Unlabel),
        1 => any::<bool>().prop_map(|on| Deed::Flag(Flag::NoSpeech, on)),
        1 => any::<bool>().prop_map(|on| Deed::Flag(Flag::Unsure, on)),
        1 => Just(Deed::Delete),
        1 => Just(Deed::Restore),
        1 => prop_oneof![Just(Choice::Mine), Just(Choice::Theirs)].prop_map(Deed::Settle),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (0..3_usize, 0..KEYS.len(), deed()).prop_map(|(who, key, deed)| Happening::Edit(who, key, deed)),
        1 => (0..3_usize).prop_map(Happening::Undo),
        2 => (0..FILES, 0..NAMES).prop_map(|(file, name)| Happening::Rename(file, file * NAMES + name)),
        3 => (0..3_usize).prop_map(Happening::List),
        4 => (0..3_usize, 0..3_usize, any::<u64>()).prop_map(|(from, to, seed)| Happening::Give(from, to, seed)),
    ]
}

/// Some of them, in another order.
fn some(mut all: Vec<(SampleKey, Revision)>, seed: u64) -> Vec<(SampleKey, Revision)> {
    let mut state = seed | 1;
    let mut random = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for i in (1..all.len()).rev() {
        all.swap(i, random(i + 1));
    }
    all.truncate(random(all.len() + 1) + random(2));
    all
}

type Known =
    BTreeMap<&'static str, (SampleState, Option<String>, BTreeSet<String>, Vec<Flag>, bool)>;

fn known(desk: &Desk) -> Known {
    let shown = KEYS.iter().filter_map(|key| {
        let id = desk.reader.find(&(*key).into()).unwrap()?;
        let detail = desk.reader.detail(id).unwrap().unwrap();
        // What is gone, and nothing stands on it, is known to those alone who saw it.
        let nothing_lost = detail.content.is_none() && detail.flags.is_empty();
        if detail.state == SampleState::Missing && nothing_lost {
            return None;
        }
        let rivals = detail.rivals.into_iter().map(|(text, _)| text).collect();
        let changed = detail.confirm.audio_changed;
        Some((*key, (detail.state, detail.content, rivals, detail.flags, changed)))
    });
    shown.collect()
}

/// Whether nothing is in another tab, under another name or flagged otherwise, and no text is another. Who copied what in
/// a conflict, and so which of its texts is shown, hangs on when each machine heard of what.
fn agree(one: &Known, other: &Known) -> bool {
    let texts = |known: &Known, key| {
        let (_, content, rivals, ..) = &known[key];
        let shown = content.clone().unwrap_or_default();
        rivals.iter().cloned().chain([shown]).collect::<BTreeSet<_>>()
    };
    let places = |known: &Known| -> Vec<_> {
        let put_away = |state| matches!(state, SampleState::Deleted | SampleState::Missing);
        let row = known.iter().map(|(key, (state, _, _, flags, _))| {
            (*key, put_away(*state).then_some(*state), flags.clone())
        });
        row.collect()
    };
    places(one) == places(other)
        && one.keys().all(|key| !texts(one, *key).is_disjoint(&texts(other, *key)))
}

/// What each of them wrote into its log: what it made itself, in order, whoever else made the same.
#[derive(Default)]
struct Logs {
    known: [BTreeSet<RevisionId>; 3],
    own: [Vec<(SampleKey, Revision)>; 3],
}

impl Logs {
    fn note(&mut self, desks: &[Desk; 3], to: usize, given: &[(SampleKey, Revision)]) {
        self.known[to].extend(given.iter().map(|(_, revision)| revision.id));
        for (n, desk) in desks.iter().enumerate() {
            let new = all(desk).into_iter().filter(|(_, one)| self.known[n].insert(one.id));
            self.own[n].extend(new);
        }
    }
}

fn everybody_ends_with_the_same(
    happenings: Vec<Happening>,
    moving: bool,
) -> Result<(), TestCaseError> {
    let mut names = [0, NAMES];
    let listing = |names: &[usize; FILES]| -> Vec<Listed> {
        let file = |(n, key): (usize, &usize)| file(KEYS[*key], 1000 + n as u64, &format!("e{n}"));
        names.iter().enumerate().map(file).collect()
    };
    let mut desks = [Desk::new(&[]), Desk::new(&[]), Desk::new(&[])];
    desks[0].sync(&listing(&names));
    desks[1].sync(&listing(&names));
    let mut made = BTreeSet::new();
    let mut logs = Logs::default();
    for happening in happenings {
        match happening {
            Happening::Edit(who, key, deed) => {
                if desks[who].reader.find(&KEYS[key].into()).unwrap().is_some() {
                    desks[who].act(&deed, &[KEYS[key]]);
                }
            }
            Happening::Undo(who) => drop(desks[who].undo()),
            Happening::Rename(file, key) => {
                if moving {
                    names[file] = key;
                }
            }
            Happening::List(who) => drop(desks[who].sync(&listing(&names))),
            Happening::Give(from, to, seed) => {
                let some = some(all(&desks[from]), seed);
                for part in some.chunks(3) {
                    desks[to].writer.take_shared(part, Shared::Log, None).unwrap();
                }
                desks[to].check();
                logs.note(&desks, to, &some);
            }
        }
        logs.note(&desks, 0, &[]);
        made.extend(desks.iter().flat_map(ids));
    }
    let mut rounds = 0;
    loop {
        let before: Vec<_> = desks.iter().map(|desk| (ids(desk), known(desk))).collect();
        for n in 0..desks.len() {
            desks[n].sync(&listing(&names));
            let everything: Vec<_> = desks.iter().flat_map(all).collect();
            logs.note(&desks, n, &[]);
            desks[n].writer.take_shared(&everything, Shared::Log, None).unwrap();
            logs.note(&desks, n, &everything);
            desks[n].check();
        }
        let after: Vec<_> = desks.iter().map(|desk| (ids(desk), known(desk))).collect();
        if before == after {
            break;
        }
        rounds += 1;
        prop_assert!(rounds < 12, "it never comes to rest");
    }
    prop_assert!(made.is_subset(&ids(&desks[0])), "a revision was lost");
    for other in &desks[1..] {
        prop_assert_eq!(ids(other), ids(&desks[0]));
        prop_assert_eq!(known(other), known(&desks[0]));
    }
    let mut new = Desk::new(&[]);
    give(&desks[0], &mut new);
    new.sync(&listing(&names));
    give(&desks[0], &mut new);
    prop_assert_eq!(known(&new), known(&desks[0]), "a new machine");
    for (first, most) in [(0, 1), (1, 1), (2, 3)] {
        // Log by log, object by object: it hears of moves before and after what they take along.
        let mut new = Desk::new(&[]);
        if first == 1 {
            new.sync(&listing(&names));
        }
        for log in logs.own.iter().cycle().skip(first).take(desks.len()) {
            for object in log.chunks(most) {
                new.writer.take_shared(object, Shared::Log, None).unwrap();
            }
        }
        new.sync(&listing(&names));
        new.check();
        let (seen, there) = (known(&new), known(&desks[0]));
        prop_assert!(agree(&seen, &there), "object by object: {:?}, not {:?}", seen, there);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn in_any_order_everybody_ends_with_the_same(happenings in prop::collection::vec(happening(), 1..30)) {
        everybody_ends_with_the_same(happenings, false)?;
    }

    #[test]
    fn while_files_move_about_too(happenings in prop::collection::vec(happening(), 1..30)) {
        everybody_ends_with_the_same(happenings, true)?;
    }
}
