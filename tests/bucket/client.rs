//! What the tests of this binary share: a bucket of their own, opened, and filled by the SDK itself.

use crate::servers::{REGION, Server};
use aws_sdk_s3::primitives::ByteStream;
use earmark::domain::{AudioStamp, Connection, SampleKey, Source};
use earmark::objects::{Entry, Listing, Options, Store, StoreError};
use std::ops::ControlFlow;
use std::time::Duration;

/// Runs each of these functions on both servers, each on a bucket of its own.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod seaweedfs {
            $(#[test]
            fn $name() {
                let server = $crate::servers::Server::seaweedfs();
                $crate::servers::with_keys!(server, $crate::servers::ADMIN);
                super::$name(&server, &server.bucket());
            })+
        }
        mod moto {
            $(#[test]
            fn $name() {
                let server = $crate::servers::Server::moto();
                $crate::servers::with_keys!(server, $crate::servers::ADMIN);
                super::$name(&server, &server.bucket());
            })+
        }
    };
}
pub(crate) use on_both;

/// How the server is spoken to, unless a test says otherwise.
pub(crate) fn options(server: &Server) -> Options {
    Options {
        connection: Connection {
            endpoint: Some(server.endpoint().to_owned()),
            region: Some(REGION.to_owned()),
            profile: None,
        },
        patience: Duration::from_secs(20),
        tries: 3,
        ..Options::default()
    }
}

/// A bucket below a prefix.
pub(crate) fn open(options: &Options, bucket: &str, prefix: &str) -> Store {
    Store::open(&Source::parse(&format!("s3://{bucket}/{prefix}")).unwrap(), options).unwrap()
}

/// Below `calls/`, as ever.
pub(crate) fn calls(server: &Server, bucket: &str) -> Store {
    open(&options(server), bucket, "calls/")
}

/// Puts these objects there, many at once; the whole keys that the server takes come back, ordered.
pub(crate) fn fill(server: &Server, bucket: &str, objects: Vec<(String, Vec<u8>)>) -> Vec<String> {
    server.ask(async |client| {
        let mut puts = tokio::task::JoinSet::new();
        let mut taken = Vec::new();
        for (key, bytes) in objects {
            if puts.len() == 16 {
                taken.extend(puts.join_next().await.unwrap().unwrap());
            }
            let (client, bucket) = (client.clone(), bucket.to_owned());
            puts.spawn(async move {
                let body = ByteStream::from(bytes);
                let put = client.put_object().bucket(bucket).key(&key).body(body).send().await;
                put.ok().map(|_| key)
            });
        }
        taken.extend(puts.join_all().await.into_iter().flatten());
        taken.sort();
        taken
    })
}

/// Everything below the prefix, ordered.
pub(crate) fn listed(store: &Store) -> Result<Vec<Entry>, StoreError> {
    let mut all = Vec::new();
    let listing = store.list(&mut |entries| {
        all.extend(entries);
        ControlFlow::Continue(())
    })?;
    assert_eq!(listing, Listing::default());
    all.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(all)
}

/// Their keys.
pub(crate) fn keys(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.key.lossy().into_owned()).collect()
}

/// What one is listed with.
pub(crate) fn stamp(store: &Store, key: &str) -> AudioStamp {
    store.head(&SampleKey::from(key)).unwrap().expect("it is there").stamp
}

/// Bytes that differ at every place within some kilobytes.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8 ^ (at / 251 % 253) as u8).collect()
}
