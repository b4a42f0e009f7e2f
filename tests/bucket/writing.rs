//! Writing: never over what must not be replaced, and large files in parts that need not be sent twice.

use crate::client::{calls, fill, noise, on_both, stamp};
use crate::servers::Server;
use earmark::domain::SampleKey;
use earmark::objects::{PutIf, StoreError};
use std::fs;
use std::ops::ControlFlow;
use std::thread;

on_both! {
    what_is_there_is_not_overwritten,
    of_many_who_write_at_once_one_does,
    a_large_file_goes_in_parts_and_on_where_it_stopped,
    parts_of_another_file_are_not_mixed_in,
}

fn what_is_there_is_not_overwritten(server: &Server, bucket: &str) {
    let store = calls(server, bucket);
    let first = store.put("one", b"first", PutIf::Absent).unwrap();
    assert_eq!(first, stamp(&store, "one"));
    let error = store.put("one", b"second", PutIf::Absent).unwrap_err();
    assert!(matches!(error, StoreError::AlreadyThere { .. }), "{error:?}");
    assert_eq!(store.get("one", 10).unwrap(), b"first");
    let second = store.put("one", b"second", PutIf::Anything).unwrap();
    assert_eq!((second.size, second == first), (6, false));
    assert_eq!(store.get("one", 10).unwrap(), b"second");
    store.remove("one").unwrap();
    store.remove("one").unwrap();
    store.put("one", b"third", PutIf::Absent).unwrap();
}

fn of_many_who_write_at_once_one_does(server: &Server, bucket: &str) {
    let store = calls(server, bucket);
    assert_eq!(store.abilities(Some("scratch/")).unwrap().conditional_put, Some(true));
    let done: Vec<bool> = thread::scope(|scope| {
        let writers: Vec<_> = (0..8_u8)
            .map(|n| (n, store.clone()))
            .map(|(n, store)| scope.spawn(move || store.put("claim", &[n], PutIf::Absent).is_ok()))
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let winner = done.iter().position(|done| *done).expect("somebody wrote it");
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    assert_eq!(store.get("claim", 1).unwrap(), [winner as u8]);
}

const LARGE: usize = (26 << 20) + 5;

fn open_uploads(server: &Server, bucket: &str) -> usize {
    server.ask(async |client| {
        let open = client.list_multipart_uploads().bucket(bucket).send().await.unwrap();
        open.uploads().len()
    })
}

fn a_large_file_goes_in_parts_and_on_where_it_stopped(server: &Server, bucket: &str) {
    let store = calls(server, bucket);
    let bytes = noise(LARGE);
    let local = tempfile::NamedTempFile::new().unwrap();
    fs::write(local.path(), &bytes).unwrap();
    let key = SampleKey::from("long recording.wav");
    let stopped = store.upload(&key, local.path(), PutIf::Absent, &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(StoreError::Stopped)), "{stopped:?}");
    assert!(store.head(&key).unwrap().is_none());
    assert_eq!(open_uploads(server, bucket), 1);
    let mut told = Vec::new();
    let on_bytes = &mut |bytes| {
        told.push(bytes);
        ControlFlow::Continue(())
    };
    let uploaded = store.upload(&key, local.path(), PutIf::Absent, on_bytes).unwrap();
    assert!(told.is_sorted() && told.last() == Some(&(LARGE as u64)), "{told:?}");
    assert_eq!(uploaded, stamp(&store, "long recording.wav"));
    assert!(store.get("long recording.wav", LARGE as u64).unwrap() == bytes);
    // The one that stopped was taken up again; where its parts cannot be read, another one was begun.
    assert_eq!(open_uploads(server, bucket), usize::from(server.is_moto()));
    let again = store.upload(&key, local.path(), PutIf::Absent, &mut |_| ControlFlow::Continue(()));
    assert!(matches!(again, Err(StoreError::AlreadyThere { .. })), "{again:?}");
}

fn parts_of_another_file_are_not_mixed_in(server: &Server, bucket: &str) {
    let store = calls(server, bucket);
    let local = tempfile::NamedTempFile::new().unwrap();
    fs::write(local.path(), vec![1; LARGE]).unwrap();
    let key = SampleKey::from("a.wav");
    let stop = &mut |_| ControlFlow::Break(());
    assert!(store.upload(&key, local.path(), PutIf::Absent, stop).is_err());
    let other = noise(LARGE - 1000);
    fs::write(local.path(), &other).unwrap();
    let go_on = &mut |_| ControlFlow::Continue(());
    store.upload(&key, local.path(), PutIf::Absent, go_on).unwrap();
    assert!(store.get("a.wav", LARGE as u64).unwrap() == other);
    fill(server, bucket, vec![("calls/a.wav".into(), b"theirs".into())]);
    fs::write(local.path(), b"small").unwrap();
    let small = store.upload(&key, local.path(), PutIf::Absent, go_on);
    assert!(matches!(small, Err(StoreError::AlreadyThere { .. })), "{small:?}");
    store.upload(&key, local.path(), PutIf::Anything, go_on).unwrap();
    assert_eq!(store.get("a.wav", 10).unwrap(), b"small");
}
