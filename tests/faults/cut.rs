//! Bodies that end early are never taken for whole ones, and an object that changed is never taken for the listed one.

use crate::bucket::{Fault, Manners, Op, Server, When};
use crate::client::{BUCKET, at_once, noise, open, options, read_all, stamp, store, with_keys};
use earmark::domain::{AudioStamp, SampleKey};
use earmark::objects::{DeleteError, Options, StoreError};
use std::error::Error;
use std::io;
use std::ops::ControlFlow;

const LENGTH: usize = 5000;

fn one() -> (Server, crate::bucket::Bucket) {
    let server = Server::start(Manners::plain());
    let bucket = server.bucket(BUCKET);
    bucket.put("calls/a.wav", noise(LENGTH));
    (server, bucket)
}

/// Whether an error of a read says that the object is another one.
fn says_changed(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<StoreError>());
    let source = error.source().and_then(|inner| inner.downcast_ref::<StoreError>());
    matches!(inner.or(source), Some(StoreError::Changed { .. }))
}

const LENGTHS: [usize; 4] = [0, 1, LENGTH / 2, LENGTH - 1];

#[test]
fn a_body_that_always_ends_early_is_an_error() {
    with_keys!();
    at_once(LENGTHS, |length| {
        let (server, _) = one();
        let store = open(&Options { tries: 2, ..options(&server) });
        server.fault(When::op(Op::GetObject).always(), Fault::Cut(length));
        assert!(store.get("a.wav", 1 << 20).is_err(), "{length}");
        assert!(read_all(&store, "a.wav", LENGTH).is_err(), "{length}");
    });
}

/// Of a range it is known how long it must be; of a whole object only what the store says.
#[test]
fn a_range_that_is_shorter_than_it_must_be_is_an_error() {
    with_keys!();
    at_once(LENGTHS, |length| {
        let (server, _) = one();
        let store = open(&Options { tries: 2, ..options(&server) });
        server.fault(When::op(Op::GetObject).always(), Fault::Short(length));
        assert!(read_all(&store, "a.wav", LENGTH).is_err(), "{length}");
    });
}

#[test]
fn a_read_of_any_size_at_any_place_gives_the_bytes_of_that_place() {
    with_keys!();
    for manners in [Manners::plain(), Manners { path_style: true, ..Manners::obs() }] {
        let server = Server::start(manners);
        server.bucket(BUCKET).put("calls/a.wav", noise(LENGTH));
        let store = open(&Options { checksums: Some(false), ..options(&server) });
        let source = store.read(&SampleKey::from("a.wav")).unwrap();
        for offset in [0, 1, 4000, LENGTH - 1, LENGTH, LENGTH + 1000] {
            let mut buffer = [0; 300];
            let read = source.read_at(offset as u64, &mut buffer).unwrap();
            let whole = noise(LENGTH);
            let right = &whole[offset.min(LENGTH)..(offset + 300).min(LENGTH)];
            assert!(read <= right.len() && (read > 0 || right.is_empty()), "{offset}: {read}");
            assert_eq!(buffer[..read], right[..read], "{offset}");
        }
        assert_eq!(read_all(&store, "a.wav", 777).unwrap(), noise(LENGTH));
    }
}

#[test]
fn an_empty_object_is_empty() {
    with_keys!();
    for manners in [Manners::plain(), Manners { path_style: true, ..Manners::obs() }] {
        let server = Server::start(manners);
        server.bucket(BUCKET).put("calls/a.wav", "");
        let store = open(&Options { checksums: Some(false), ..options(&server) });
        assert_eq!(read_all(&store, "a.wav", 10).unwrap(), b"");
        assert_eq!(store.get("a.wav", 10).unwrap(), b"");
    }
}

#[test]
fn too_large_is_said_before_it_is_read() {
    with_keys!();
    let (server, _) = one();
    let error = store(&server).get("a.wav", 4999).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { limit: 4999, .. }), "{error:?}");
    assert_eq!(store(&server).get("a.wav", 5000).unwrap().len(), LENGTH);
}

#[test]
fn a_read_of_what_was_listed_fails_when_it_is_another_object() {
    with_keys!();
    let (server, bucket) = one();
    let store = store(&server);
    let listed = stamp(&store, "a.wav");
    let key = SampleKey::from("a.wav");
    let source = store.read_listed(&key, &listed).unwrap();
    let mut buffer = [0; 100];
    assert!(source.read_at(0, &mut buffer).unwrap() > 0);
    bucket.put("calls/a.wav", vec![7; LENGTH]);
    // What was read ahead may still come; what is asked for anew may not.
    let again = store.read_listed(&key, &listed).unwrap();
    let error = again.read_at(0, &mut buffer).unwrap_err();
    assert!(says_changed(&error), "{error:?}");
    let error =
        (0..LENGTH as u64).step_by(100).find_map(|at| source.read_at(at, &mut buffer).err());
    assert!(error.as_ref().is_none_or(says_changed), "{error:?}");
    let count = server.count(Op::GetObject);
    assert!(count < 60, "{count} requests: a changed object is not asked for again and again");
}

#[test]
fn one_object_is_never_read_in_pieces_of_two() {
    with_keys!();
    let (server, bucket) = one();
    bucket.put("calls/big.wav", vec![1; 3 << 20]);
    let meanwhile = bucket.clone();
    let change = move || drop(meanwhile.put("calls/big.wav", vec![2; 3 << 20]));
    server.fault(When::op(Op::GetObject).after(1), Fault::meanwhile(change));
    match read_all(&store(&server), "big.wav", 64 << 10) {
        Ok(whole) => assert!(whole.iter().all(|byte| *byte == whole[0])),
        Err(error) => assert!(says_changed(&error), "{error:?}"),
    }
}

#[test]
fn a_wrong_etag_is_another_object() {
    with_keys!();
    let (server, _) = one();
    let store = store(&server);
    let listed = stamp(&store, "a.wav");
    server.fault(When::op(Op::GetObject).always(), Fault::WrongETag("0123"));
    let source = store.read_listed(&SampleKey::from("a.wav"), &listed).unwrap();
    let error = source.read_at(0, &mut [0; 100]).unwrap_err();
    assert!(says_changed(&error), "{error:?}");
}

#[test]
fn what_changed_is_not_deleted() {
    with_keys!();
    let (server, bucket) = one();
    let store = store(&server);
    let keys = ["a.wav", "b.wav", "c.wav", "gone.wav"];
    for key in &keys[1..] {
        bucket.put(&format!("calls/{key}"), *key);
    }
    let listed: Vec<(SampleKey, AudioStamp)> =
        keys.map(|key| (SampleKey::from(key), stamp(&store, key))).into();
    bucket.put("calls/a.wav", vec![9; LENGTH]);
    bucket.put("calls/b.wav", "longer than before");
    bucket.remove("calls/gone.wav");

    let one = store.delete(&listed[0].0, &listed[0].1);
    assert!(matches!(one, Err(DeleteError::Changed)), "{one:?}");
    let mut outcomes: Vec<Option<Result<(), DeleteError>>> = (0..4).map(|_| None).collect();
    store.delete_many(&listed, &mut |place, outcome| {
        assert!(outcomes[place].replace(outcome).is_none());
        ControlFlow::Continue(())
    });
    assert!(matches!(outcomes[0], Some(Err(DeleteError::Changed))), "{outcomes:?}");
    assert!(matches!(outcomes[1], Some(Err(DeleteError::Changed))), "{outcomes:?}");
    assert!(matches!(outcomes[2], Some(Ok(()))), "{outcomes:?}");
    assert!(matches!(outcomes[3], Some(Err(DeleteError::Gone))), "{outcomes:?}");
    assert_eq!(bucket.keys(), ["calls/a.wav", "calls/b.wav"]);
}
