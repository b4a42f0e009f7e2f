//! Uploads that broke off.

use crate::bucket::{Fault, Manners, Op, Server, When};
use crate::client::{BUCKET, file, noise, on, open, options, store, with_keys};
use earmark::domain::SampleKey;
use earmark::objects::{Options, PutIf, StoreError};
use std::ops::ControlFlow;

const LENGTH: usize = (17 << 20) + 1;

fn key() -> SampleKey {
    SampleKey::from("big.wav")
}

#[test]
fn an_upload_that_broke_off_goes_on_where_it_was() {
    with_keys!();
    let server = Server::start(Manners::plain());
    let bucket = server.bucket(BUCKET);
    let bytes = noise(LENGTH);
    let local = file(&bytes);
    let once = open(&Options { tries: 1, requests: 1, ..options(&server) });
    server.fault(When::op(Op::UploadPart).after(1).always(), Fault::DropBefore);
    assert!(once.upload(&key(), local.path(), PutIf::Absent, &mut on).is_err());
    assert_eq!(bucket.get("calls/big.wav"), None);
    server.mend();
    server.forget_requests();
    let mut told = Vec::new();
    let stamp = store(&server).upload(&key(), local.path(), PutIf::Absent, &mut |bytes| {
        told.push(bytes);
        ControlFlow::Continue(())
    });
    assert_eq!(stamp.unwrap().size, LENGTH as u64);
    assert!(bucket.get("calls/big.wav").unwrap() == bytes);
    assert_eq!(server.count(Op::CreateMultipartUpload), 0, "the one that broke off is taken up");
    assert!(told.is_sorted() && told.last() == Some(&(LENGTH as u64)), "{told:?}");
    assert_eq!(bucket.open_uploads(), 0);
}

#[test]
fn parts_of_another_file_are_not_mixed_in() {
    with_keys!();
    let server = Server::start(Manners::plain());
    let bucket = server.bucket(BUCKET);
    let local = file(&noise(LENGTH));
    let once = open(&Options { tries: 1, ..options(&server) });
    server.fault(When::op(Op::CompleteMultipartUpload).always(), Fault::DropBefore);
    assert!(once.upload(&key(), local.path(), PutIf::Absent, &mut on).is_err());
    server.mend();
    let mut other = noise(LENGTH);
    other[LENGTH / 2] ^= 1;
    let local = file(&other);
    store(&server).upload(&key(), local.path(), PutIf::Absent, &mut on).unwrap();
    assert!(bucket.get("calls/big.wav").unwrap() == other);
}

#[test]
fn a_stop_is_heard_and_nothing_is_there() {
    with_keys!();
    let server = Server::start(Manners::plain());
    let bucket = server.bucket(BUCKET);
    let local = file(&noise(LENGTH));
    let stopped =
        store(&server).upload(&key(), local.path(), PutIf::Absent, &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(StoreError::Stopped)), "{stopped:?}");
    assert_eq!(bucket.keys(), Vec::<String>::new());
}

#[test]
fn what_is_there_is_not_overwritten_small_or_large() {
    with_keys!();
    for manners in [Manners::plain(), Manners::unconditional()] {
        for length in [100, LENGTH] {
            let server = Server::start(manners);
            let bucket = server.bucket(BUCKET);
            bucket.put("calls/big.wav", "theirs");
            let local = file(&noise(length));
            let error =
                store(&server).upload(&key(), local.path(), PutIf::Absent, &mut on).unwrap_err();
            assert!(matches!(error, StoreError::AlreadyThere { .. }), "{error:?}");
            assert_eq!(bucket.get("calls/big.wav").unwrap(), b"theirs");
            assert_eq!(bucket.open_uploads(), 0);
            store(&server).upload(&key(), local.path(), PutIf::Anything, &mut on).unwrap();
            assert_eq!(bucket.get("calls/big.wav").unwrap().len(), length);
        }
    }
}
