//! One fault each: what can be tried again ends right, is done once, and what cannot is given up at once.

use crate::bucket::{Bucket, Fault, Manners, Op, Server, When};
use crate::client::{
    BUCKET, TRIES, at_once, file, keys_under, listed, listed_keys, noise, on, open, options, pairs,
    read_all, stamp, store, with_keys,
};
use earmark::domain::{BulkDelete, ListVersion, SampleKey};
use earmark::objects::{Options, PutIf, StoreError};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Faults after which the same request may well be answered.
fn passing() -> Vec<(&'static str, Fault)> {
    vec![
        ("slow down", Fault::SlowDown),
        ("internal error", Fault::Internal),
        ("latency", Fault::Latency(Duration::from_millis(30))),
        ("dropped before", Fault::DropBefore),
        ("dropped during", Fault::DropDuring),
        ("dropped after", Fault::DropAfter),
        ("internal error after", Fault::InternalAfter),
    ]
}

/// Those, and answers that end early.
fn passing_reads() -> Vec<(&'static str, Fault)> {
    let mut faults = passing();
    faults.push(("nothing of the body", Fault::Cut(0)));
    faults.push(("one byte of the body", Fault::Cut(1)));
    faults.push(("half the body", Fault::Cut(150)));
    faults
}

fn filled() -> (Server, Bucket) {
    let server = Server::start(Manners::plain());
    let bucket = server.bucket(BUCKET);
    for n in 0..12 {
        bucket.put(&format!("calls/{}/{n:02}.wav", n % 3), noise(300 + n));
    }
    bucket.put("elsewhere/1.wav", "not ours");
    bucket.set_page(3);
    (server, bucket)
}

#[test]
fn a_listing_with_a_fault_on_any_page_has_every_key_once() {
    with_keys!();
    let versions = [ListVersion::V1, ListVersion::V2];
    at_once(pairs(&versions, &passing_reads()), |(version, (name, fault))| {
        for page in [0, 1, 3] {
            let (server, bucket) = filled();
            let store = open(&Options { list: Some(version), ..options(&server) });
            server.fault(When::lists().after(page), fault.clone());
            let ours = bucket.keys();
            let ours: Vec<&str> =
                ours.iter().filter_map(|key| key.strip_prefix("calls/")).collect();
            assert_eq!(listed_keys(&store).unwrap(), ours, "{version:?}, {name}, page {page}");
        }
        let (server, _) = filled();
        let store = open(&Options { list: Some(version), ..options(&server) });
        server.fault(When::lists(), fault);
        let some = keys_under(&store, "1/", Some("1/04.wav")).unwrap();
        assert_eq!(some, ["1/07.wav", "1/10.wav"], "{version:?}, {name}");
    });
}

#[test]
fn reads_end_with_the_right_bytes() {
    with_keys!();
    at_once(passing_reads(), |(name, fault)| {
        let (server, bucket) = filled();
        let store = store(&server);
        let whole = bucket.get("calls/0/00.wav").unwrap();
        server.fault(When::op(Op::GetObject), fault.clone());
        assert_eq!(store.get("0/00.wav", 1000).unwrap(), whole, "{name}");
        server.mend();
        server.fault(When::op(Op::GetObject), fault.clone());
        assert_eq!(read_all(&store, "0/00.wav", 128).unwrap(), whole, "{name}");
        server.mend();
        server.fault(When::op(Op::HeadObject), fault);
        assert_eq!(stamp(&store, "0/00.wav").size, 300, "{name}");
    });
}

#[test]
fn a_put_is_done_and_told_so() {
    with_keys!();
    let manners = [Manners::plain(), Manners::unconditional()];
    at_once(pairs(&manners, &passing()), |(manners, (name, fault))| {
        for when in [PutIf::Anything, PutIf::Absent] {
            let server = Server::start(manners);
            let bucket = server.bucket(BUCKET);
            server.fault(When::op(Op::PutObject).key("calls/new"), fault.clone());
            let put = store(&server).put("new", b"content", when);
            let put = put.unwrap_or_else(|error| panic!("{name}, {when:?}: {error}"));
            assert_eq!(put.size, 7);
            assert_eq!(bucket.get("calls/new").as_deref(), Some(&b"content"[..]), "{name}");
            assert_eq!(put, stamp(&store(&server), "new"), "{name}");
        }
    });
}

#[test]
fn a_put_where_nothing_may_be_is_never_done_twice() {
    with_keys!();
    at_once(passing(), |(name, fault)| {
        let server = Server::start(Manners::plain());
        let bucket = server.bucket(BUCKET);
        server.fault(When::op(Op::PutObject).key("calls/new"), fault);
        store(&server).put("new", b"content", PutIf::Absent).unwrap();
        assert_eq!(bucket.effects("calls/new"), 1, "{name}");
    });
}

#[test]
fn a_put_that_another_came_before_is_not_taken_for_our_own() {
    with_keys!();
    let server = Server::start(Manners::plain());
    let bucket = server.bucket(BUCKET);
    let theirs = bucket.clone();
    server.fault(When::op(Op::PutObject).key("calls/new"), Fault::SlowDown);
    let put_theirs = move || drop(theirs.put("calls/new", "theirs"));
    server.fault(When::op(Op::PutObject).key("calls/new").after(1), Fault::meanwhile(put_theirs));
    let put = store(&server).put("new", b"ours", PutIf::Absent);
    assert!(matches!(put, Err(StoreError::AlreadyThere { .. })), "{put:?}");
    assert_eq!(bucket.get("calls/new").unwrap(), b"theirs");
}

#[test]
fn an_upload_in_parts_is_whole_and_leaves_nothing_open() {
    with_keys!();
    let bytes = noise((17 << 20) + 5);
    let local = file(&bytes);
    let steps = [
        Op::CreateMultipartUpload,
        Op::UploadPart,
        Op::CompleteMultipartUpload,
        Op::ListMultipartUploads,
    ];
    at_once(pairs(&steps, &passing()), |(step, (name, fault))| {
        let server = Server::start(Manners::plain());
        let bucket = server.bucket(BUCKET);
        server.fault(When::op(step), fault);
        let key = SampleKey::from("big.wav");
        let stamp = store(&server).upload(&key, local.path(), PutIf::Absent, &mut on);
        let stamp = stamp.unwrap_or_else(|error| panic!("{step:?}, {name}: {error}"));
        assert_eq!(stamp.size, bytes.len() as u64);
        assert!(bucket.get("calls/big.wav").unwrap() == bytes, "{step:?}, {name}");
        assert_eq!(bucket.effects("calls/big.wav"), 1, "{step:?}, {name}");
        assert_eq!(bucket.keys(), ["calls/big.wav"]);
        // One that was begun without our hearing of it may stay; its parts were never sent.
        let begun_unheard = step == Op::CreateMultipartUpload && name.ends_with("after");
        assert!(bucket.open_uploads() == 0 || begun_unheard, "{step:?}, {name}");
    });
}

#[test]
fn what_is_deleted_is_gone_and_told_so_once() {
    with_keys!();
    let ways = [BulkDelete::Single, BulkDelete::Checksum, BulkDelete::Md5];
    at_once(pairs(&ways, &passing()), |(bulk, (name, fault))| {
        let (server, bucket) = filled();
        let store = open(&Options { bulk_delete: Some(bulk), ..options(&server) });
        server.fault(When::writes(), fault.clone());
        store.remove("0/03.wav").unwrap();

        let one = SampleKey::from("0/00.wav");
        let listed = stamp(&store, "0/00.wav");
        server.fault(When::writes(), fault.clone());
        store.delete(&one, &listed).unwrap();

        let many: Vec<_> = ["1/01.wav", "1/04.wav", "2/02.wav"]
            .map(|key| (SampleKey::from(key), stamp(&store, key)))
            .into();
        server.fault(When::writes(), fault);
        let mut outcomes = vec![0; many.len()];
        store.delete_many(&many, &mut |place, outcome| {
            outcome.unwrap_or_else(|error| panic!("{bulk:?}, {name}, {place}: {error}"));
            outcomes[place] += 1;
            ControlFlow::Continue(())
        });
        assert_eq!(outcomes, [1, 1, 1], "{bulk:?}, {name}");
        assert_eq!(bucket.keys().len(), 13 - 5, "{bulk:?}, {name}");
        assert!(bucket.get("elsewhere/1.wav").is_some());
    });
}

#[test]
fn what_lasts_is_given_up_after_the_tries_that_were_allowed() {
    with_keys!();
    let (server, _) = filled();
    let store = store(&server);
    server.fault(When::any().always(), Fault::Internal);
    let error = store.get("0/00.wav", 1000).unwrap_err();
    assert_eq!(server.requests().len(), TRIES as usize, "{error}");
    assert!(!error.to_string().is_empty());
    for asks in [listed_keys(&store).is_err(), store.put("x", b"x", PutIf::Anything).is_err()] {
        assert!(asks);
    }
}

#[test]
fn what_cannot_pass_is_not_tried_again() {
    with_keys!();
    for (name, fault) in
        [("forbidden", Fault::Forbidden), ("skewed", Fault::Skewed), ("expired", Fault::Expired)]
    {
        let (server, _) = filled();
        let store = store(&server);
        server.fault(When::any().always(), fault);
        let error = store.get("0/00.wav", 1000).unwrap_err();
        // A clock may be set right by what the first answer says.
        let most = if name == "skewed" { 2 } else { 1 };
        assert!(server.requests().len() <= most, "{name}: {error}");
        assert!(error.hint().is_some(), "{name}: {error}");
        server.mend();
        assert!(store.get("0/00.wav", 1000).is_ok());
    }
}

#[test]
fn a_wrong_clock_is_called_a_wrong_clock() {
    with_keys!();
    let (server, _) = filled();
    server.fault(When::any().always(), Fault::Skewed);
    let error = store(&server).get("0/00.wav", 1000).unwrap_err();
    let said = format!("{error} {}", error.hint().unwrap_or_default());
    assert!(said.contains("clock"), "{said}");
}

#[test]
fn an_answer_that_never_comes_ends_with_the_patience() {
    with_keys!();
    let (server, _) = filled();
    let patience = Duration::from_millis(200);
    let store = open(&Options { patience, tries: 2, ..options(&server) });
    server.fault(When::any().always(), Fault::Latency(Duration::from_mins(10)));
    let begun = Instant::now();
    assert!(store.get("0/00.wav", 1000).is_err());
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn a_store_that_asks_to_slow_down_is_asked_again_later() {
    with_keys!();
    let (server, bucket) = filled();
    let store = open(&Options { tries: 4, ..options(&server) });
    server.fault(When::op(Op::GetObject).times(3), Fault::SlowDown);
    let begun = Instant::now();
    assert_eq!(store.get("0/00.wav", 1000).ok(), bucket.get("calls/0/00.wav"));
    assert_eq!(server.count(Op::GetObject), 4);
    // The waits are random between nothing and 1, 2 and 4 s: all three hardly ever are next to nothing.
    assert!(begun.elapsed() > Duration::from_millis(50), "{:?}", begun.elapsed());
}

#[test]
fn no_more_requests_are_under_way_than_are_allowed() {
    with_keys!();
    let (server, _) = filled();
    let limit = 3;
    let single = Some(BulkDelete::Single);
    let store = open(&Options { requests: limit, bulk_delete: single, ..options(&server) });
    server.fault(When::any().always(), Fault::Latency(Duration::from_millis(5)));
    let all = listed(&store).unwrap().into_iter();
    let all: Vec<_> = all.map(|entry| (entry.key, entry.stamp)).collect();
    store.delete_many(&all, &mut |_, outcome| {
        outcome.unwrap();
        ControlFlow::Continue(())
    });
    assert!((2..=limit).contains(&server.most_at_once()), "{}", server.most_at_once());
}

/// Each of many files would be tried for as long as one is, and nobody would be heard who wants to stop it.
#[test]
fn a_store_that_fell_silent_is_not_asked_for_every_file_that_is_to_be_deleted() {
    with_keys!();
    for bulk in [BulkDelete::Single, BulkDelete::Checksum] {
        let server = Server::start(Manners::plain());
        let bucket = server.bucket(BUCKET);
        for n in 0..200 {
            bucket.put(&format!("calls/{n}.wav"), "x");
        }
        let options =
            Options { tries: 1, requests: 4, bulk_delete: Some(bulk), ..options(&server) };
        let store = open(&options);
        let all: Vec<_> =
            listed(&store).unwrap().into_iter().map(|entry| (entry.key, entry.stamp)).collect();
        let run = || {
            let mut done = Vec::new();
            store.delete_many(&all, &mut |_, outcome| {
                done.push(outcome.is_ok());
                ControlFlow::Continue(())
            });
            (done.iter().filter(|done| **done).count(), done.len())
        };
        server.forget_requests();
        server.fault(When::any().always(), Fault::DropBefore);
        assert_eq!(run(), (0, 200), "{bulk:?}: each has its outcome");
        let asked = server.requests().len();
        assert!(asked < 40, "{bulk:?}: {asked} requests");
        server.mend();
        assert_eq!(run(), (200, 200), "{bulk:?}: the next run does it");
        assert_eq!(bucket.keys(), [""; 0]);
    }
}

#[test]
fn a_store_that_knows_no_condition_is_asked_without_it_though_nothing_is_tried_twice() {
    with_keys!();
    let (server, bucket) = filled();
    let store = open(&Options { tries: 1, ..options(&server) });
    server.fault(When::op(Op::PutObject), Fault::Unknown);
    store.put("new.txt", b"text", PutIf::Absent).unwrap();
    assert_eq!(bucket.get("calls/new.txt").as_deref(), Some(&b"text"[..]));
    assert_eq!(server.count(Op::PutObject), 2);
}
