//! OBS's manners: every call with the profile for it.

use crate::bucket::{Manners, Server};
use crate::client::{
    BUCKET, PREFIX, elsewhere, file, inside, listed, listed_keys, noise, on, read_all, stamp,
    store, with_keys,
};
use earmark::domain::{BulkDelete, Connection, SampleKey, Source};
use earmark::objects::{Options, PutIf, Store, StoreError};
use std::ops::ControlFlow;

/// A store that refuses the bucket's name in the path wants a host name for it, which only a proxy finds here; and a
/// proxy is named by the environment.
#[test]
fn every_call_works_with_the_bucket_in_the_host() {
    fn here() {}
    if inside() {
        return every_call();
    }
    let server = Server::start(Manners::obs());
    let bucket = server.bucket(BUCKET);
    elsewhere(std::any::type_name_of_val(&here), &[("HTTP_PROXY", &server.endpoint())]);
    assert!(server.requests().len() > 10);
    assert!(server.requests().iter().all(|request| request.host_style));
    assert_eq!(bucket.keys(), ["calls/2.wav", "calls/big.wav"]);
    assert!(bucket.get("calls/big.wav").unwrap() == noise(20 << 20));
}

#[test]
fn a_store_that_wants_the_bucket_in_the_host_says_so() {
    with_keys!();
    let server = Server::start(Manners::obs());
    server.bucket(BUCKET);
    let error = listed_keys(&store(&server)).unwrap_err();
    assert!(matches!(error, StoreError::PathRefused { .. }), "{error:?}");
    assert!(error.hint().is_some_and(|hint| hint.contains("virtual")), "{error:?}");
}

fn every_call() {
    for bulk in [None, Some(BulkDelete::Md5), Some(BulkDelete::Single)] {
        let options = Options {
            connection: Connection {
                endpoint: Some("http://obs.eu-test-1.myhuaweicloud.com".into()),
                region: Some("eu-test-1".into()),
                profile: None,
            },
            bulk_delete: bulk,
            ..Options::default()
        };
        let source = Source::parse(&format!("obs://{BUCKET}/{PREFIX}")).unwrap();
        let store = Store::open(&source, &options).unwrap();
        for key in ["1.wav", "2.wav", "dir/a+b c.wav"] {
            store.put(key, key.as_bytes(), PutIf::Anything).unwrap();
        }
        let again = store.put("1.wav", b"no", PutIf::Absent).unwrap_err();
        assert!(matches!(again, StoreError::AlreadyThere { .. }), "{again:?}");
        let big = file(&noise(20 << 20));
        let key = SampleKey::from("big.wav");
        store.upload(&key, big.path(), PutIf::Anything, &mut on).unwrap();
        let all = ["1.wav", "2.wav", "big.wav", "dir/a+b c.wav"];
        assert_eq!(listed_keys(&store).unwrap(), all);
        assert_eq!(store.get("dir/a+b c.wav", 100).unwrap(), b"dir/a+b c.wav");
        assert_eq!(read_all(&store, "big.wav", 1 << 20).unwrap().len(), 20 << 20);
        let able = store.abilities(Some(".earmark/")).unwrap();
        assert_eq!((able.write, able.conditional_put), (Some(true), Some(false)));
        store.delete(&"1.wav".into(), &stamp(&store, "1.wav")).unwrap();
        let rest: Vec<_> = listed(&store)
            .unwrap()
            .into_iter()
            .filter(|entry| entry.key.lossy().starts_with("dir/"))
            .map(|entry| (entry.key, entry.stamp))
            .collect();
        store.delete_many(&rest, &mut |_, outcome| {
            outcome.unwrap();
            ControlFlow::Continue(())
        });
        assert_eq!(listed_keys(&store).unwrap(), ["2.wav", "big.wav"]);
    }
}
