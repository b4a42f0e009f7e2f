//! Lists against sorting everything by hand, leases, probes, filters.

use super::*;
use proptest::prelude::*;

pub(super) fn all() -> PageRequest {
    PageRequest {
        view: View::All,
        filter: Filter::default(),
        order: Order::default(),
        scope: None,
        anchor: Anchor::First,
        limit: 100,
    }
}

const ORDERS: [OrderBy; 5] =
    [OrderBy::Name, OrderBy::Time, OrderBy::Duration, OrderBy::Labeled, OrderBy::CharsPerSecond];

/// Samples of all kinds, with ties and gaps in every order.
fn mixed(samples: &[(u8, Option<u8>, Option<u8>, u8)]) -> Desk {
    let mut desk = Desk::new(&[]);
    let listed: Vec<Listed> = samples
        .iter()
        .enumerate()
        .map(|(n, (name, _, _, modified))| Listed {
            modified: (*modified > 0)
                .then(|| Timestamp::from_second(i64::from(*modified)).unwrap()),
            ..file(&format!("{name:03}-{n}"), 10 + n as u64, "e")
        })
        .collect();
    // The order of arrival is not that of the names.
    desk.sync(&listed[listed.len() / 2..]);
    desk.sync(&listed);
    for (listed, (_, label, seconds, _)) in listed.iter().zip(samples) {
        let key = listed.key.lossy().into_owned();
        let probe = Probe {
            id: desk.id(&key),
            stamp: AudioStamp { size: listed.size, etag: listed.etag.clone() },
            seconds: seconds.map(f64::from),
            info: None,
            sha256: None,
            error: None,
        };
        desk.writer.record_probes(&[probe]).unwrap();
        if let Some(label) = label {
            desk.label(&key, &"word ".repeat(usize::from(*label)));
        }
    }
    desk.check();
    desk
}

fn value(row: &Row, by: OrderBy) -> Option<i64> {
    match by {
        OrderBy::Name => Some(0),
        OrderBy::Time => row.modified.map(Timestamp::as_second),
        OrderBy::Duration => row.seconds.map(|seconds| (seconds * 1e6) as i64),
        OrderBy::Labeled => row.labeled_at.map(Timestamp::as_second),
        OrderBy::CharsPerSecond => {
            let seconds = row.seconds.filter(|seconds| *seconds > 0.0)?;
            let characters = row.content.as_ref()?.chars().count();
            Some(characters as i64 * 1_000_000_000 / (seconds * 1e6) as i64)
        }
    }
}

fn sorted(mut rows: Vec<Row>, view: View, order: Order) -> Vec<SampleId> {
    // A label without a pace is of audio that has no length, or none that is known.
    let by_length = view == View::Labeled && order.by == OrderBy::CharsPerSecond;
    let segment = |row: &Row| match value(row, order.by) {
        Some(_) => 0,
        None => 1 + u8::from(by_length && row.seconds.is_none()),
    };
    rows.sort_by(|a, b| {
        let (x, y) = (value(a, order.by), value(b, order.by));
        let compared = match order.by {
            OrderBy::Name => a.key.cmp(&b.key),
            OrderBy::Labeled | OrderBy::CharsPerSecond if x.is_none() && !by_length => {
                a.key.cmp(&b.key)
            }
            _ => x.cmp(&y).then(a.id.0.cmp(&b.id.0)),
        };
        let compared = if order.descending { compared.reverse() } else { compared };
        segment(a).cmp(&segment(b)).then(compared)
    });
    rows.into_iter().map(|row| row.id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn pages_ranks_and_neighbours_are_those_of_the_sorted_list(
        samples in prop::collection::vec((0..4_u8, prop::option::of(1..4_u8), prop::option::of(0..4_u8), 0..4_u8), 1..20),
        limit in 1..6_usize,
    ) {
        let desk = mixed(&samples);
        for view in [View::Unlabeled, View::Labeled, View::All] {
            for (by, descending) in ORDERS.into_iter().flat_map(|by| [(by, false), (by, true)]) {
                let order = Order { by, descending };
                let request = PageRequest { view, order, limit, ..all() };
                let everything = PageRequest { limit: 1000, order: Order::default(), ..request.clone() };
                let expected = sorted(desk.reader.page(&everything).unwrap().rows, view, order);
                prop_assert_eq!(walk(&desk, &request, false), expected.clone());
                prop_assert_eq!(walk(&desk, &request, true), expected.clone());
                prop_assert_eq!(desk.reader.total(&request).unwrap(), expected.len() as u64);
                for (n, id) in expected.iter().enumerate() {
                    prop_assert_eq!(desk.reader.rank(&request, *id).unwrap(), n as u64);
                    let next = desk.reader.next(&request, *id).unwrap().map(|row| row.id);
                    prop_assert_eq!(next, expected.get(n + 1).copied());
                    let previous = desk.reader.previous(&request, *id).unwrap().map(|row| row.id);
                    prop_assert_eq!(previous, n.checked_sub(1).map(|n| expected[n]));
                    let around = PageRequest { anchor: Anchor::Around(*id), ..request.clone() };
                    let page = desk.reader.page(&around).unwrap();
                    let ids: Vec<SampleId> = page.rows.iter().map(|row| row.id).collect();
                    prop_assert!(ids.contains(id));
                    prop_assert_eq!(ids.len(), limit.min(expected.len()));
                    let first = expected.iter().position(|id| *id == ids[0]).unwrap();
                    prop_assert_eq!(&ids[..], &expected[first..first + ids.len()]);
                    prop_assert_eq!(page.more_before, first > 0);
                    prop_assert_eq!(page.more_after, first + ids.len() < expected.len());
                }
            }
        }
    }
}

/// Recordings that were copied together have one time: a page in the middle of them reads a page.
#[test]
fn among_many_that_are_equal_a_page_costs_no_more() {
    let at = Timestamp::from_second(1_700_000_000).unwrap();
    let equal = |n: usize| Listed { modified: Some(at), ..file(&format!("{n:05}"), 1, "e") };
    let mut desk = Desk::new(&[]);
    desk.sync(&(0..3_000).map(equal).collect::<Vec<_>>());
    let steps = Steps::of(&mut desk.reader);
    let cost = |of: &str, by, descending| {
        let order = Order { by, descending };
        let anchor = Anchor::After(desk.id(of));
        let request = PageRequest { view: View::Unlabeled, order, anchor, limit: 10, ..all() };
        steps.taken(|| assert_eq!(desk.reader.page(&request).unwrap().rows.len(), 10))
    };
    for (by, descending) in ORDERS.into_iter().flat_map(|by| [(by, false), (by, true)]) {
        let (early, late) = if descending { ("02990", "00020") } else { ("00010", "02980") };
        let (near, far) = (cost(early, by, descending), cost(late, by, descending));
        assert!(far < near * 2, "{by:?}, descending: {descending}: {near} steps, then {far}");
    }
}

fn walk(desk: &Desk, request: &PageRequest, backward: bool) -> Vec<SampleId> {
    let mut request = PageRequest {
        anchor: if backward { Anchor::Last } else { Anchor::First },
        ..request.clone()
    };
    let mut ids: Vec<SampleId> = Vec::new();
    loop {
        let page = desk.reader.page(&request).unwrap();
        let rows: Vec<SampleId> = page.rows.iter().map(|row| row.id).collect();
        if backward {
            ids.splice(0..0, rows);
        } else {
            ids.extend(rows);
        }
        let (more, edge) =
            if backward { (page.more_before, ids.first()) } else { (page.more_after, ids.last()) };
        let Some(edge) = edge.filter(|_| more) else { return ids };
        request.anchor = if backward { Anchor::Before(*edge) } else { Anchor::After(*edge) };
    }
}

#[test]
fn a_place_outlives_its_sample_leaving_the_list() {
    let mut desk = Desk::new(&["a", "b", "c"]);
    let request = PageRequest { view: View::Unlabeled, ..all() };
    let b = desk.id("b");
    desk.label("b", "done");
    assert_eq!(desk.reader.next(&request, b).unwrap().unwrap().key, "c".into());
    assert_eq!(desk.reader.previous(&request, b).unwrap().unwrap().key, "a".into());
    assert_eq!(desk.reader.rank(&request, b).unwrap(), 1);
    let around = PageRequest { anchor: Anchor::AroundKey("bb".into()), limit: 2, ..request };
    assert_eq!(desk.keys(&around), ["a", "c"]);
}

#[test]
fn filters_find_by_index_and_by_looking() {
    let mut desk = Desk::new(&["north/one.wav", "south/two.wav", "south/three.wav"]);
    desk.label("north/one.wav", "Thank you for calling");
    desk.label("south/two.wav", "谢谢你 for \"calling\" 100%");
    desk.act(&Deed::Flag(Flag::Unsure, true), &["south/three.wav"]);
    let everything_waits = "INSERT OR IGNORE INTO unindexed SELECT id FROM sample";
    rusqlite::Connection::open(desk.path()).unwrap().execute(everything_waits, []).unwrap();
    for indexed in [false, true] {
        let found = |filter: &str| {
            let request = PageRequest { filter: Filter::parse(filter).unwrap(), ..all() };
            let keys = desk.keys(&request);
            assert_eq!(desk.reader.total(&request).unwrap(), keys.len() as u64);
            keys.join(" ")
        };
        assert_eq!(found("CALLING"), "north/one.wav south/two.wav");
        assert_eq!(found("text:\"you for\""), "north/one.wav");
        assert_eq!(found("谢谢"), "south/two.wav");
        assert_eq!(found("谢谢你"), "south/two.wav");
        assert_eq!(found("100%"), "south/two.wav");
        assert_eq!(found("south"), "south/three.wav south/two.wav");
        assert_eq!(found("name:south text:for"), "south/two.wav");
        assert_eq!(found("by:ann"), "north/one.wav south/two.wav");
        assert_eq!(found("flag:unsure"), "south/three.wav");
        assert_eq!(found("flag:none"), "north/one.wav south/two.wav");
        assert_eq!(found("nowhere"), "");
        assert_eq!(found("text:south"), "");
        if !indexed {
            assert_eq!(desk.reader.unindexed().unwrap(), 3);
            while desk.writer.index_step().unwrap() > 0 {}
            assert_eq!(desk.reader.unindexed().unwrap(), 0);
        }
    }
    let quoted = Filter { content: vec!["\"call".into()], ..Filter::default() };
    let request = PageRequest { filter: quoted, ..all() };
    assert_eq!(desk.keys(&request), ["south/two.wav"]);
    let by_other = Filter { flags: vec![Flag::Other("music".into())], ..Filter::default() };
    assert!(desk.keys(&PageRequest { filter: by_other.clone(), ..all() }).is_empty());
    desk.act(&Deed::Flag(Flag::Other("music".into()), true), &["north/one.wav"]);
    assert_eq!(desk.keys(&PageRequest { filter: by_other, ..all() }), ["north/one.wav"]);
}

#[test]
fn shares_are_whole_and_apart() {
    let keys: Vec<String> = (0..50).map(|n| format!("{n}.wav")).collect();
    let desk = Desk::new(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let mut seen = Vec::new();
    for part in 1..=3 {
        let request = PageRequest { scope: Some(Scope { part, of: 3 }), ..all() };
        let some = desk.keys(&request);
        assert_eq!(desk.reader.total(&request).unwrap(), some.len() as u64);
        assert!(!some.is_empty());
        seen.extend(some);
    }
    seen.sort();
    assert_eq!(seen.len(), 50);
    seen.dedup();
    assert_eq!(seen.len(), 50);
}

#[test]
fn nobody_does_a_file_twice() {
    let mut desk = Desk::new(&["a", "b", "c"]);
    let ids = ["a", "b", "c"].map(|key| desk.id(key));
    let mut bob = desk.neighbour("bob");
    let now = Timestamp::now();
    assert_eq!(bob.lease(ids[1], now, 5).unwrap(), Lease::Mine);
    assert_eq!(desk.writer.lease(ids[1], now, 5).unwrap(), Lease::Other("bob".into()));
    let next = |desk: &Desk| desk.reader.next(&all(), ids[0]).unwrap().unwrap().id;
    assert_eq!(next(&desk), ids[2]);
    let page = desk.reader.page(&all()).unwrap();
    assert_eq!(page.rows[1].leased_by.as_deref(), Some("bob"));
    desk.writer.release(ids[1]).unwrap();
    assert_eq!(next(&desk), ids[2], "only its holder gives a lease back");
    let later = now + SignedDuration::from_mins(6);
    assert_eq!(desk.writer.lease(ids[1], later, 5).unwrap(), Lease::Mine, "it ends by itself");
    assert_eq!(next(&desk), ids[1]);
}

#[test]
fn a_crash_does_not_lock_ones_own_sample() {
    let mut desk = Desk::new(&["a"]);
    let id = desk.id("a");
    let mut before = desk.neighbour("ann");
    let now = Timestamp::now();
    before.lease(id, now, 5).unwrap();
    assert_eq!(desk.writer.lease(id, now, 5).unwrap(), Lease::Other("ann".into()));
    drop(before);
    assert_eq!(desk.writer.lease(id, now, 5).unwrap(), Lease::Mine);
}

#[test]
fn probes_of_audio_that_changed_are_dropped() {
    let mut desk = Desk::new(&["a"]);
    desk.label("a", "12345");
    let unprobed = desk.reader.unprobed(10).unwrap();
    let probe = Probe {
        id: unprobed[0].id,
        stamp: AudioStamp { size: 1, etag: "old".into() },
        seconds: Some(2.5),
        info: Some(MediaInfo {
            container: "wav".into(),
            codec: "pcm".into(),
            rate: 8000,
            channels: 1,
            frames: None,
        }),
        sha256: Some([1; 32]),
        error: None,
    };
    desk.writer.record_probes(std::slice::from_ref(&probe)).unwrap();
    assert_eq!(desk.detail("a").seconds, None);
    desk.writer.record_probes(&[Probe { stamp: unprobed[0].stamp.clone(), ..probe }]).unwrap();
    assert_eq!(desk.detail("a").seconds, Some(2.5));
    assert!(desk.reader.unprobed(10).unwrap().is_empty());
    let counts = desk.reader.counts().unwrap();
    assert_eq!((counts.seconds_known, counts.seconds_labeled), (1, 2.5));
    let peaks = Peaks {
        bins_per_second: 100,
        bins: [(-127, 127), (0, 3)].into_iter().collect(),
        speech: vec![Span { start: 0.5, end: 1.0 }],
        seconds: 2.5,
        damaged: None,
        complete: true,
    };
    let (id, stamp) = (desk.id("a"), unprobed[0].stamp.clone());
    desk.writer.save_peaks(id, &stamp, &peaks).unwrap();
    assert_eq!(desk.reader.peaks(id).unwrap(), Some(peaks));
    desk.sync(&[file("a", 77, "new")]);
    assert_eq!(desk.reader.peaks(id).unwrap(), None);
    assert_eq!(desk.detail("a").seconds, None);
    assert_eq!(desk.reader.unprobed(10).unwrap().len(), 1);
    desk.check();
}

#[test]
fn a_query_that_nobody_waits_for_any_more_ends_while_it_runs() {
    let mut desk = Desk::new(&["a"]);
    let endless = "DROP TABLE tally; CREATE VIEW tally (what, samples, known, micros) AS \
                   WITH RECURSIVE endless (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM endless) \
                   SELECT n, 0, 0, 0 FROM endless";
    rusqlite::Connection::open(desk.path()).unwrap().execute_batch(endless).unwrap();
    let filter = Filter::parse("by:nobody").unwrap();
    let request = PageRequest { filter, ..all() };
    let mut looks = 0;
    let stale = move || {
        looks += 1;
        looks == 3
    };
    desk.reader.give_up_when(stale).unwrap();
    assert!(matches!(desk.reader.total(&request), Err(WorkspaceError::Interrupted)));
    assert_eq!(desk.detail("a").content, None, "the next one is answered");
}
