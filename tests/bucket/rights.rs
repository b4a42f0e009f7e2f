//! Keys that are wrong, missing, or may not; buckets and hosts that are not there: each said in so many words.

use crate::client::{calls, fill, keys, listed, open, options, stamp};
use crate::servers::{ADMIN, Keys, READER, Server, with_keys};
use earmark::domain::{Connection, SampleKey};
use earmark::objects::{DeleteError, Options, PutIf, StoreError};
use std::time::Duration;

const SECRET: &str = "notthesecretnotthesecret";

#[test]
fn a_wrong_secret_is_called_that_and_not_shown() {
    let server = Server::seaweedfs();
    with_keys!(server, Keys { id: ADMIN.id, secret: SECRET });
    for error in refused(&calls(&server, &server.bucket())) {
        assert!(matches!(error, StoreError::WrongKeys { .. }), "{error:?}");
        assert!(error.hint().is_some());
        assert!(!format!("{error:?} {error}").contains(SECRET));
    }
}

#[test]
fn an_unknown_key_is_called_that() {
    let server = Server::seaweedfs();
    with_keys!(server, Keys { id: "AKIDNOBODY", secret: SECRET });
    for error in refused(&calls(&server, &server.bucket())) {
        assert!(matches!(error, StoreError::WrongKeys { .. }), "{error:?}");
    }
}

#[test]
fn no_keys_at_all_are_called_that() {
    let server = Server::seaweedfs();
    with_keys!(server, Keys { id: "", secret: "" });
    let store = calls(&server, &server.bucket());
    for error in refused(&store) {
        assert!(matches!(error, StoreError::NoCredentials { .. }), "{error:?}");
        assert!(error.hint().is_some());
    }
    let connection = Connection { profile: Some("nobody".into()), ..Connection::default() };
    let options =
        Options { connection: connection.or(options(&server).connection), ..options(&server) };
    let error = listed(&open(&options, "box", "")).unwrap_err();
    assert!(matches!(error, StoreError::NoCredentials { .. }), "{error:?}");
    assert!(error.to_string().contains("nobody"), "{error}");
}

/// What a store says to everything that can be asked of it first.
fn refused(store: &earmark::objects::Store) -> Vec<StoreError> {
    vec![
        listed(store).unwrap_err(),
        store.get("a", 10).unwrap_err(),
        store.put("a", b"x", PutIf::Anything).unwrap_err(),
        store.abilities(None).unwrap_err(),
    ]
}

#[test]
fn what_is_not_there_is_named() {
    let server = Server::seaweedfs();
    with_keys!(server, ADMIN);
    let none = open(&options(&server), "no-such-bucket", "calls/");
    // Not by a PUT: that makes the bucket here.
    for error in [listed(&none).unwrap_err(), none.abilities(None).unwrap_err()] {
        assert!(matches!(error, StoreError::NoSuchBucket { .. }), "{error:?}");
        assert!(error.to_string().contains("no-such-bucket"), "{error}");
    }
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for endpoint in [format!("http://127.0.0.1:{port}"), "http://no-such-host.invalid".into()] {
        let connection = Connection { endpoint: Some(endpoint.clone()), ..Connection::default() };
        let patience = Duration::from_secs(2);
        let options = Options { connection, patience, tries: 2, ..Options::default() };
        let error = listed(&open(&options, "box", "")).unwrap_err();
        assert!(error.is_offline(), "{error:?}");
        assert!(error.to_string().contains(&endpoint), "{error}");
    }
}

#[test]
fn a_source_that_may_only_be_read_is_read() {
    let server = Server::seaweedfs();
    with_keys!(server, READER);
    let bucket = server.bucket();
    fill(&server, &bucket, vec![("calls/1.wav".into(), b"recording".into())]);
    let store = calls(&server, &bucket);
    assert_eq!(keys(&listed(&store).unwrap()), ["1.wav"]);
    assert_eq!(store.get("1.wav", 100).unwrap(), b"recording");
    let able = store.abilities(Some("scratch/")).unwrap();
    assert_eq!((able.list, able.read, able.write), (Some(true), Some(true), Some(false)));
    assert_eq!(able.conditional_put, None);
    let error = store.put("new", b"x", PutIf::Absent).unwrap_err();
    assert!(error.is_denied(), "{error:?}");
    assert!(error.to_string().contains("PutObject"), "{error}");
    let one = SampleKey::from("1.wav");
    let refused = store.delete(&one, &stamp(&store, "1.wav"));
    assert!(matches!(&refused, Err(DeleteError::Store(error)) if error.is_denied()), "{refused:?}");
    assert_eq!(store.get("1.wav", 100).unwrap(), b"recording");
}

#[test]
fn a_profile_that_is_named_stands_over_the_environment() {
    let server = Server::seaweedfs();
    with_keys!(server, Keys { id: "AKIDNOBODY", secret: SECRET });
    let bucket = server.bucket();
    let aws = std::path::PathBuf::from(std::env::var_os("HOME").unwrap()).join(".aws");
    std::fs::create_dir(&aws).unwrap();
    let (id, secret) = (ADMIN.id, ADMIN.secret);
    let text = format!("[acme]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    std::fs::write(aws.join("credentials"), text).unwrap();
    let named = Connection { profile: Some("acme".into()), ..Connection::default() };
    let connection = named.or(options(&server).connection);
    let store = open(&Options { connection, ..options(&server) }, &bucket, "calls/");
    store.put("a", b"x", PutIf::Anything).unwrap();
    let seen = store.examine(None).unwrap();
    let (from, tail) = seen.keys.unwrap().unwrap();
    assert_eq!((from.as_str(), tail.as_str()), ("ProfileFile", "IN"));
    assert!(seen.ahead.is_some_and(|seconds| seconds.abs() < 60), "{:?}", seen.ahead);
}

#[test]
fn nothing_of_a_probe_stays() {
    let server = Server::seaweedfs();
    with_keys!(server, ADMIN);
    let store = calls(&server, &server.bucket());
    let able = store.abilities(Some("scratch/")).unwrap();
    assert_eq!((able.list, able.read, able.write), (Some(true), None, Some(true)));
    assert_eq!((able.delete, able.conditional_put), (Some(true), Some(true)));
    assert!(listed(&store).unwrap().is_empty());
}
