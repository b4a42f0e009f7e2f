//! Whatever changes samples, by trigger or many at once: counts and search index stay right.

use super::*;
use proptest::prelude::*;
use std::ops::ControlFlow;

#[derive(Debug, Clone)]
enum Act {
    Do(Deed, Vec<usize>),
    Label(usize, &'static str),
    LabelMany(&'static str, Vec<usize>),
    Import(Vec<(usize, &'static str)>, bool),
    Suggest(Vec<usize>),
    Probe(Vec<(usize, Option<u8>)>),
    /// Which files are listed, and in which state of theirs.
    Sync(Vec<(usize, u8)>),
    Receive,
    Undo,
    Redo,
    Index,
}

const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];
const TEXTS: [&str; 3] = ["xxx", "yyy", "zzz"];

fn text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&TEXTS[..])
}

fn some() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..KEYS.len(), 1..5)
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => text().prop_map(|text| Deed::Label(text.into())),
        1 => Just(Deed::Unlabel),
        1 => Just(Deed::Affirm),
        1 => Just(Deed::AcceptSuggestion),
        1 => any::<bool>().prop_map(|on| Deed::Flag(Flag::NoSpeech, on)),
        1 => any::<bool>().prop_map(|on| Deed::Flag(Flag::Unsure, on)),
        1 => Just(Deed::Delete),
        1 => Just(Deed::Restore),
        1 => Just(Deed::Settle(Choice::Shown)),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let listed = prop::collection::vec((0..KEYS.len(), 0..3_u8), 0..6);
    let probed = prop::collection::vec((0..KEYS.len(), prop::option::of(1..9_u8)), 1..4);
    prop_oneof![
        6 => (deed(), some()).prop_map(|(deed, on)| Act::Do(deed, on)),
        2 => (0..KEYS.len(), text()).prop_map(|(on, text)| Act::Label(on, text)),
        1 => (text(), some()).prop_map(|(text, on)| Act::LabelMany(text, on)),
        2 => (prop::collection::vec((0..KEYS.len(), text()), 1..4), any::<bool>())
            .prop_map(|(items, replace)| Act::Import(items, replace)),
        1 => some().prop_map(Act::Suggest),
        2 => probed.prop_map(Act::Probe),
        3 => listed.prop_map(Act::Sync),
        1 => Just(Act::Receive),
        2 => Just(Act::Undo),
        1 => Just(Act::Redo),
        1 => Just(Act::Index),
    ]
}

/// Labels that were made elsewhere.
fn elsewhere() -> Vec<(SampleKey, Revision)> {
    let mut other = Desk::new(&["a", "c", "elsewhere"]);
    other.label("a", "yyy");
    other.act(&Deed::Delete, &["c"]);
    other.label("elsewhere", "zzz");
    let mut all = Vec::new();
    let add = &mut |key: &SampleKey, revision: &Revision| {
        all.push((key.clone(), revision.clone()));
        ControlFlow::Continue(())
    };
    other.reader.revisions(add).unwrap();
    all
}

fn run(desk: &mut Desk, act: Act, received: &[(SampleKey, Revision)]) {
    let now = desk.now();
    let keys = |on: &[usize]| on.iter().map(|n| KEYS[*n]).collect::<Vec<_>>();
    match act {
        Act::Do(deed, on) => drop(desk.act(&deed, &keys(&on))),
        Act::Label(on, text) => drop(desk.label(KEYS[on], text)),
        Act::LabelMany(text, on) => {
            let labels = on.iter().map(|n| (KEYS[*n].into(), text.to_owned()));
            desk.writer.label_many(labels, &How::Batch, now).unwrap();
        }
        Act::Import(items, replace) => {
            let items: Vec<(&str, &str)> =
                items.iter().map(|(n, text)| (KEYS[*n], *text)).collect();
            desk.import(&items, replace);
        }
        Act::Suggest(on) => {
            let suggestion =
                Suggestion { content: "xxx".into(), model: "m".into(), confidence: None };
            let suggested = on
                .iter()
                .map(|n| Suggested { key: KEYS[*n].into(), suggestion: suggestion.clone() });
            desk.writer.set_suggestions(suggested).unwrap();
        }
        Act::Probe(probes) => {
            let probes: Vec<Probe> = probes
                .iter()
                .map(|(n, seconds)| Probe {
                    id: desk.id(KEYS[*n]),
                    stamp: desk.detail(KEYS[*n]).stamp,
                    seconds: seconds.map(f64::from),
                    info: None,
                    sha256: None,
                    error: None,
                })
                .collect();
            desk.writer.record_probes(&probes).unwrap();
        }
        Act::Sync(listed) => {
            let listed: BTreeMap<usize, u8> = listed.into_iter().collect();
            let listed: Vec<Listed> = listed
                .into_iter()
                .map(|(n, state)| {
                    // A move needs a file that is alike.
                    let (size, key) =
                        (1000 + u64::from(state), if state == 2 { "new" } else { KEYS[n] });
                    file(key, size, &format!("{state}"))
                })
                .collect();
            desk.sync(&listed);
        }
        Act::Receive => {
            desk.writer.take_shared(received, Shared::Log, None).unwrap();
        }
        Act::Undo => drop(desk.undo()),
        Act::Redo => drop(desk.redo()),
        Act::Index => while desk.writer.index_step().unwrap() > 0 {},
    }
}

/// What the search finds is what is there.
fn found_is_what_is_there(desk: &Desk) {
    let all = desk.reader.page(&lists::all()).unwrap().rows;
    for text in TEXTS {
        let request =
            PageRequest { filter: Filter::parse(&format!("text:{text}")).unwrap(), ..lists::all() };
        let there: Vec<String> = all
            .iter()
            .filter(|row| row.content.as_deref().is_some_and(|content| content.contains(text)))
            .map(|row| row.key.lossy().into_owned())
            .collect();
        assert_eq!(desk.keys(&request), there, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn counts_and_search_stay_right_whatever_changes_samples(acts in prop::collection::vec(act(), 1..24)) {
        let mut desk = Desk::new(&KEYS);
        let received = elsewhere();
        for act in acts {
            // Samples that moved away cannot be named.
            if KEYS.iter().any(|key| desk.reader.find(&(*key).into()).unwrap().is_none()) {
                break;
            }
            run(&mut desk, act, &received);
            desk.check();
            found_is_what_is_there(&desk);
        }
    }
}

#[test]
fn a_batch_that_fails_leaves_counts_as_they_were_and_kept() {
    let mut desk = Desk::new(&KEYS);
    let target = Target::Samples(KEYS.iter().map(|key| desk.id(key)).collect());
    desk.writer.limit_pages(0);
    let long = Deed::Label("x".repeat(1 << 20));
    let failed = desk.writer.act(&long, &target, Timestamp::now());
    assert!(matches!(failed, Err(WorkspaceError::DiskFull { .. })), "{failed:?}");
    desk.check();
    desk.writer.limit_pages(1 << 30);
    desk.label("a", "by trigger");
    desk.check();
    assert_eq!(desk.reader.counts().unwrap().labeled, 1);
}

#[test]
fn of_more_than_fit_together_those_are_changed_that_were_asked_and_each_once() {
    let listed: Vec<Listed> = (0..900).map(|n| file(&format!("{n:03}"), n, "e")).collect();
    let mut desk = Desk::new(&[]);
    desk.sync(&listed);
    let all: Vec<SampleId> = (0..900).map(|n| desk.id(&format!("{n:03}"))).collect();
    // All of them; neighbours with gaps; far apart.
    for gap in [1, 2, 37] {
        let asked: Vec<SampleId> = all.iter().copied().step_by(gap).collect();
        let count = asked.len() as u64;
        let lengths = |desk: &Desk| -> Vec<usize> {
            all.iter().map(|id| desk.reader.history(*id).unwrap().len()).collect()
        };
        let before = lengths(&desk);
        let now = desk.now();
        let deed = Deed::Label(format!("{gap}"));
        let report = desk.writer.act(&deed, &Target::Samples(asked.clone()), now).unwrap();
        assert_eq!((report.changed, report.skipped.len()), (count, 0));
        desk.check();
        assert_eq!(desk.reader.counts().unwrap().labeled, count);
        for (n, (before, after)) in before.into_iter().zip(lengths(&desk)).enumerate() {
            assert_eq!(after - before, usize::from(n % gap == 0), "sample {n}");
        }
        // The text is another one, and the tab stays.
        let report = desk.writer.act(&Deed::Label("next".into()), &Target::Samples(asked), now);
        assert_eq!(report.unwrap().changed, count);
        desk.check();
        assert_eq!(desk.undo().unwrap().changed, count);
        assert_eq!(desk.undo().unwrap().changed, count);
        desk.check();
        assert_eq!(desk.reader.counts().unwrap().labeled, 0);
    }
}

#[test]
fn what_a_file_says_twice_of_one_sample_is_known_the_second_time() {
    let mut desk = Desk::new(&KEYS);
    let report = desk.import(&[("a", "xxx"), ("b", "xxx"), ("a", "xxx"), ("a", "yyy")], false);
    assert_eq!((report.imported, report.unchanged, report.conflicts), (3, 1, 1), "{report:?}");
    desk.check();
}
