//! What the keys may do, one object's own refusal, and what a store says it can.

use crate::bucket::{Manners, Op, Server};
use crate::client::{BUCKET, listed_keys, open, options, stamp, store, with_keys};
use earmark::domain::{AudioStamp, BulkDelete, SampleKey};
use earmark::objects::{DeleteError, Options, PutIf, StoreError, Versioning};
use std::ops::ControlFlow;

fn ten(manners: Manners) -> (Server, crate::bucket::Bucket) {
    let server = Server::start(manners);
    let bucket = server.bucket(BUCKET);
    for n in 0..10 {
        bucket.put(&format!("calls/{n}.wav"), format!("recording {n}"));
    }
    (server, bucket)
}

fn all(store: &earmark::objects::Store) -> Vec<(SampleKey, AudioStamp)> {
    let entries = crate::client::listed(store).unwrap();
    entries.into_iter().map(|entry| (entry.key, entry.stamp)).collect()
}

/// Whether it is for want of rights, as far as the store says so.
fn is_refusal(error: &DeleteError) -> bool {
    match error {
        DeleteError::Store(error) => error.is_denied(),
        DeleteError::Said { code, .. } => code == "AccessDenied",
        _ => false,
    }
}

#[test]
fn a_refusal_on_one_key_is_that_keys_own_outcome() {
    with_keys!();
    for bulk in [BulkDelete::Single, BulkDelete::Checksum, BulkDelete::Md5] {
        let (server, bucket) = ten(Manners::plain());
        let store = open(&Options { bulk_delete: Some(bulk), ..options(&server) });
        bucket.forbid("calls/3.wav");
        assert!(store.get("3.wav", 100).is_err());
        assert_eq!(store.get("4.wav", 100).unwrap(), b"recording 4");
        let listed = all(&store);
        let mut outcomes: Vec<Option<Result<(), DeleteError>>> = (0..10).map(|_| None).collect();
        store.delete_many(&listed, &mut |place, outcome| {
            assert!(outcomes[place].replace(outcome).is_none(), "{place} twice");
            ControlFlow::Continue(())
        });
        for (place, outcome) in outcomes.into_iter().enumerate() {
            match outcome.unwrap() {
                Ok(()) => assert_ne!(place, 3, "{bulk:?}"),
                Err(error) => {
                    assert_eq!(place, 3, "{bulk:?}: {error}");
                    assert!(is_refusal(&error), "{bulk:?}: {error:?}");
                }
            }
        }
        assert_eq!(bucket.keys(), ["calls/3.wav"], "{bulk:?}");
    }
}

#[test]
fn stopped_in_the_middle_every_delete_that_was_made_has_its_outcome() {
    with_keys!();
    for bulk in [BulkDelete::Single, BulkDelete::Checksum] {
        let (server, bucket) = ten(Manners::plain());
        let store = open(&Options { bulk_delete: Some(bulk), requests: 2, ..options(&server) });
        let mut deleted = Vec::new();
        store.delete_many(&all(&store), &mut |place, outcome| {
            outcome.unwrap();
            deleted.push(place);
            ControlFlow::Break(())
        });
        assert_eq!(bucket.keys().len(), 10 - deleted.len(), "{bulk:?}");
        for place in deleted {
            assert_eq!(bucket.get(&format!("calls/{place}.wav")), None);
        }
    }
}

#[test]
fn a_source_that_may_only_be_read_is_read() {
    with_keys!();
    let (server, bucket) = ten(Manners::read_only());
    let store = store(&server);
    assert_eq!(listed_keys(&store).unwrap().len(), 10);
    assert_eq!(store.get("1.wav", 100).unwrap(), b"recording 1");
    let able = store.abilities(Some(".earmark/")).unwrap();
    assert_eq!((able.list, able.read, able.write), (Some(true), Some(true), Some(false)));
    server.forget_requests();
    let error = store.put("new", b"x", PutIf::Anything).unwrap_err();
    assert!(error.hint().is_some(), "{error}");
    assert_eq!(server.count(Op::PutObject), 1);
    let listed = stamp(&store, "1.wav");
    let error = store.delete(&"1.wav".into(), &listed).unwrap_err();
    assert!(is_refusal(&error), "{error:?}");
    assert_eq!(bucket.keys().len(), 10);
}

#[test]
fn a_conditional_put_is_believed_only_where_it_was_seen_to_fail() {
    with_keys!();
    for (manners, works) in [(Manners::plain(), true), (Manners::unconditional(), false)] {
        let (server, bucket) = ten(manners);
        let able = store(&server).abilities(Some(".earmark/")).unwrap();
        assert_eq!(able.conditional_put, Some(works));
        assert_eq!((able.write, able.delete), (Some(true), Some(true)));
        assert_eq!(bucket.keys().len(), 10, "nothing of the probe stays: {:?}", bucket.keys());
    }
}

#[test]
fn nothing_is_written_to_find_out_what_may_be_read() {
    with_keys!();
    let (server, _) = ten(Manners::plain());
    let able = store(&server).abilities(None).unwrap();
    assert_eq!((able.list, able.read, able.conditional_put), (Some(true), Some(true), None));
    assert!(server.requests().iter().all(|request| !request.op.writes()));
}

#[test]
fn whether_deleted_objects_are_kept_is_asked() {
    with_keys!();
    let (server, bucket) = ten(Manners::plain());
    assert_eq!(store(&server).abilities(None).unwrap().versioning, Versioning::Final);
    bucket.set_versioned(true);
    assert_eq!(store(&server).abilities(None).unwrap().versioning, Versioning::Kept);
}

#[test]
fn a_put_where_nothing_may_be_does_not_overwrite_even_where_the_store_would() {
    with_keys!();
    for manners in [Manners::plain(), Manners::unconditional()] {
        let (server, bucket) = ten(manners);
        let error = store(&server).put("1.wav", b"mine", PutIf::Absent).unwrap_err();
        assert!(matches!(error, StoreError::AlreadyThere { .. }), "{error:?}");
        assert_eq!(bucket.get("calls/1.wav").unwrap(), b"recording 1");
    }
}

#[test]
fn a_bucket_or_an_object_that_is_not_there_is_told_apart() {
    with_keys!();
    let server = Server::start(Manners::plain());
    let error = listed_keys(&store(&server)).unwrap_err();
    assert!(!matches!(error, StoreError::NotFound { .. }), "{error:?}");
    assert!(error.to_string().contains(BUCKET), "{error}");
    server.bucket(BUCKET);
    assert_eq!(listed_keys(&store(&server)).unwrap(), Vec::<String>::new());
    assert!(store(&server).head(&"nothing".into()).unwrap().is_none());
    let error = store(&server).get("nothing", 10).unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
    store(&server).remove("nothing").unwrap();
}
