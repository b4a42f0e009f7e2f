//! Reading: any bytes at any place, of the object that was listed and no other.

use crate::client::{calls, fill, noise, on_both, stamp};
use crate::servers::Server;
use earmark::domain::SampleKey;
use earmark::objects::StoreError;

on_both! {
    any_range_is_the_bytes_of_that_place,
    another_object_of_that_name_is_not_read,
    small_objects_come_whole_or_not_at_all,
}

const LENGTH: usize = 700_000;

fn any_range_is_the_bytes_of_that_place(server: &Server, bucket: &str) {
    let whole = noise(LENGTH);
    fill(server, bucket, vec![("calls/a b+c.wav".into(), whole.clone())]);
    let store = calls(server, bucket);
    let key = SampleKey::from("a b+c.wav");
    for source in
        [store.read(&key).unwrap(), store.read_listed(&key, &stamp(&store, "a b+c.wav")).unwrap()]
    {
        assert_eq!(source.len(), Some(LENGTH as u64));
        for at in [0, 1, 65_535, 65_536, 300_000, LENGTH - 1, LENGTH, LENGTH + 5] {
            let mut buffer = [0; 100];
            let read = source.read_at(at as u64, &mut buffer).unwrap();
            assert_eq!(buffer[..read], whole[at.min(LENGTH)..(at + read).min(LENGTH)], "{at}");
            assert_eq!(read == 0, at >= LENGTH, "{at}");
        }
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match source.read_at(all.len() as u64, &mut buffer).unwrap() {
                0 => break,
                read => all.extend_from_slice(&buffer[..read]),
            }
        }
        assert!(all == whole);
    }
    assert!(store.head(&SampleKey::from("none.wav")).unwrap().is_none());
}

fn another_object_of_that_name_is_not_read(server: &Server, bucket: &str) {
    fill(server, bucket, vec![("calls/1.wav".into(), noise(LENGTH))]);
    let store = calls(server, bucket);
    let listed = stamp(&store, "1.wav");
    let source = store.read_listed(&SampleKey::from("1.wav"), &listed).unwrap();
    assert!(source.read_at(0, &mut [0; 10]).unwrap() > 0);
    fill(server, bucket, vec![("calls/1.wav".into(), vec![7; LENGTH])]);
    let error = source.read_at(LENGTH as u64 - 10, &mut [0; 10]).unwrap_err();
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<StoreError>());
    assert!(matches!(inner, Some(StoreError::Changed { .. })), "{error:?}");
}

fn small_objects_come_whole_or_not_at_all(server: &Server, bucket: &str) {
    let store = calls(server, bucket);
    fill(server, bucket, vec![("calls/empty".into(), vec![]), ("calls/ten".into(), vec![1; 10])]);
    assert_eq!(store.get("empty", 0).unwrap(), b"");
    assert_eq!(store.get("ten", 10).unwrap(), [1; 10]);
    let error = store.get("ten", 9).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { limit: 9, .. }), "{error:?}");
    let error = store.get("none", 9).unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
    let empty = store.read(&SampleKey::from("empty")).unwrap();
    assert_eq!(empty.read_at(0, &mut [0; 10]).unwrap(), 0);
}
