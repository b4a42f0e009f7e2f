//! A listing while the bucket changes: it ends, and what was there all the time is in it once.

use crate::bucket::{Fault, Manners, NO_TEXT, Server, When};
use crate::client::{BUCKET, keys_under, listed_keys, open, options, with_keys};
use earmark::domain::{Connection, ListVersion};
use earmark::objects::Options;
use earmark::sync::sync;
use earmark::workspace::{Dataset, Identity, Writer};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::ops::ControlFlow;
use uuid::Uuid;

const STABLE: usize = 20;

fn stable(n: usize) -> String {
    format!("calls/{}/{n:02}.wav", ["a", "b", "c"][n % 3])
}

/// What happens to one of the keys that come and go.
#[derive(Debug, Clone)]
struct Change {
    /// Before this page.
    page: usize,
    name: u8,
    put: bool,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = (0_usize..8, 0_u8..12, any::<bool>());
    proptest::collection::vec(
        change.prop_map(|(page, name, put)| Change { page, name, put }),
        0..20,
    )
}

#[test]
fn stable_keys_are_listed_once_whatever_comes_and_goes() {
    with_keys!();
    let asks = (changes(), 1_usize..7, any::<bool>());
    TestRunner::new(ProptestConfig::with_cases(24))
        .run(&asks, |(changes, page, v1)| listed_once(&changes, page, v1))
        .unwrap_or_else(|error| panic!("{error}"));
}

fn listed_once(changes: &[Change], page: usize, v1: bool) -> Result<(), TestCaseError> {
    let server = Server::start(Manners::plain());
    let bucket = server.bucket(BUCKET);
    for n in 0..STABLE {
        bucket.put(&stable(n), "stays");
    }
    for n in 0..6 {
        bucket.put(&fleeting(n), "may go");
    }
    bucket.set_page(page);
    for change in changes {
        let (bucket, change) = (bucket.clone(), change.clone());
        let when = When::lists().after(change.page);
        let happens = move || {
            if change.put {
                bucket.put(&fleeting(change.name), "came");
            } else {
                bucket.remove(&fleeting(change.name));
            }
        };
        server.fault(when, Fault::meanwhile(happens));
    }
    let list = Some(if v1 { ListVersion::V1 } else { ListVersion::V2 });
    let all = listed_keys(&open(&Options { list, ..options(&server) })).unwrap();
    let mut expected: Vec<String> = (0..STABLE).map(stable).collect();
    expected.sort();
    let stays = all.iter().filter(|key| !key.contains("fleeting"));
    let found: Vec<String> = stays.map(|key| format!("calls/{key}")).collect();
    prop_assert_eq!(found, expected);
    let mut once = all.clone();
    once.dedup();
    prop_assert_eq!(once, all, "no key twice");
    Ok(())
}

/// Keys that come and go, among the others.
fn fleeting(n: u8) -> String {
    format!(
        "calls/{}/{:02}.fleeting",
        ["a", "b", "c", "d"][usize::from(n % 4)],
        u32::from(n) * 5 / 3
    )
}

#[test]
fn the_key_the_next_page_starts_behind_may_go_away() {
    with_keys!();
    for version in [ListVersion::V1, ListVersion::V2] {
        let server = Server::start(Manners::plain());
        let bucket = server.bucket(BUCKET);
        for n in 0..6 {
            bucket.put(&format!("calls/{n}"), "x");
        }
        bucket.set_page(2);
        let gone = bucket.clone();
        server.fault(When::lists().after(1), Fault::meanwhile(move || gone.remove("calls/1")));
        let store = open(&Options { list: Some(version), ..options(&server) });
        let keys = keys_under(&store, "", None).unwrap();
        assert_eq!(keys, ["0", "1", "2", "3", "4", "5"], "{version:?}");
    }
}

#[test]
fn a_store_that_gives_the_same_page_again_and_again_is_an_error() {
    with_keys!();
    for version in [ListVersion::V1, ListVersion::V2] {
        let server = Server::start(Manners::plain());
        let bucket = server.bucket(BUCKET);
        for n in 0..6 {
            bucket.put(&format!("calls/{n}"), "x");
        }
        bucket.set_page(2);
        bucket.set_looping(true);
        let store = open(&Options { list: Some(version), ..options(&server) });
        assert!(listed_keys(&store).is_err(), "{version:?}");
        assert!(keys_under(&store, "", None).is_err(), "{version:?}");
        assert!(server.requests().len() < 20, "{version:?}: {} pages", server.requests().len());
    }
}

#[test]
fn folders_that_are_keys_are_left_out_and_odd_keys_are_not() {
    with_keys!();
    let odd =
        ["a b", "a+b", "a%2Bb", "c\u{1}d", "dir/é中", "q?x=1&y#z", "e\u{301}", "..x", "\u{fffd}"];
    for version in [ListVersion::V1, ListVersion::V2] {
        let server = Server::start(Manners::plain());
        let bucket = server.bucket(BUCKET);
        for key in odd {
            bucket.put(&format!("calls/{key}"), "x");
        }
        bucket.put("calls/", "");
        bucket.put("calls/dir/", "folder");
        bucket.set_page(2);
        let store = open(&Options { list: Some(version), ..options(&server) });
        let mut expected = odd.map(str::to_owned);
        expected.sort();
        assert_eq!(listed_keys(&store).unwrap(), expected, "{version:?}");
    }
}

#[test]
fn a_page_that_ends_early_is_never_a_shorter_listing() {
    with_keys!();
    for version in [ListVersion::V1, ListVersion::V2] {
        let server = Server::start(Manners::plain());
        let bucket = server.bucket(BUCKET);
        for n in 0..10 {
            bucket.put(&format!("calls/{n}"), "x");
        }
        let store = open(&Options { list: Some(version), tries: 1, ..options(&server) });
        for length in (0..1500).step_by(50) {
            server.mend();
            server.fault(When::lists().always(), Fault::Cut(length));
            assert!(listed_keys(&store).is_err(), "{version:?}, cut after {length}");
            // The older listing does not say how many keys a page has.
            if version == ListVersion::V2 {
                server.mend();
                server.fault(When::lists().always(), Fault::Short(length));
                assert!(listed_keys(&store).is_err(), "only {length}");
            }
        }
        server.mend();
        assert_eq!(listed_keys(&store).unwrap().len(), 10);
    }
}

/// Taken for text, it would have the key of the other object, and labels and deletions of one would be the other's.
#[test]
fn an_object_whose_key_is_no_text_is_named_and_left_alone() {
    with_keys!();
    for version in [ListVersion::V1, ListVersion::V2] {
        for page in [2, 3, 1_000] {
            let server = Server::start(Manners::plain());
            let bucket = server.bucket(BUCKET);
            let odd = format!("calls/b{NO_TEXT}.wav");
            for key in ["calls/a.wav", "calls/b\u{fffd}.wav", &odd, "calls/c.wav", "calls/d.wav"] {
                bucket.put(key, "RIFF");
            }
            bucket.put(&format!("calls/e{NO_TEXT}/f.wav"), "RIFF");
            bucket.put("calls/g/h.wav", "RIFF");
            bucket.set_page(page);
            let home = tempfile::tempdir().unwrap();
            let told = Dataset {
                id: Uuid::from_u128(7),
                name: "calls".into(),
                source: format!("s3://{BUCKET}/calls/"),
                output: None,
                connection: Connection::default(),
            };
            let path = home.path().join("calls.earmark");
            let mut writer = Writer::create(&path, &told, Identity::new("ann")).unwrap();
            let store = open(&Options { list: Some(version), ..options(&server) });
            let go_on = &mut |_: &_| ControlFlow::Continue(());
            let done = sync(&store, &mut writer, &Timestamp::now, go_on).unwrap().unwrap();
            let unlisted: Vec<&[u8]> =
                done.unlisted.iter().map(|part| part.prefix.as_bytes()).collect();
            assert_eq!(unlisted, [&b"b\xff.wav"[..], b"e\xff/f.wav"], "{version:?}, {page}");
            assert_eq!(done.report.total, 5, "{version:?}, {page}");
            let asked = server.requests().iter().any(|request| request.key.contains(NO_TEXT));
            assert!(!asked, "nobody asks for what it may not be");
        }
    }
}
