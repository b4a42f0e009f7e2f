//! Answers that do not end: no more is held of them than was asked for.

use crate::bucket::{Fault, Manners, Op, Server, When};
use crate::client::{BUCKET, at_once, listed_keys, open, options, read_all, store, with_keys};
use earmark::domain::ListVersion;
use earmark::objects::{Options, PutIf, StoreError};

fn filled() -> Server {
    let server = Server::start(Manners::plain());
    let bucket = server.bucket(BUCKET);
    for n in 0..4 {
        bucket.put(&format!("calls/{n}.wav"), vec![b'x'; 300]);
    }
    server
}

#[test]
fn an_object_is_read_as_far_as_it_may_be_long() {
    with_keys!();
    let server = filled();
    let store = store(&server);
    server.fault(When::op(Op::GetObject).always(), Fault::Endless);
    let error = store.get("0.wav", 1_000).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { limit: 1_000, .. }), "{error:?}");
    let error = read_all(&store, "0.wav", 128).unwrap_err().to_string();
    assert!(error.contains("more than 300 bytes for 300"), "{error}");
    assert_eq!(server.count(Op::GetObject), 2, "it is not asked again");
}

#[test]
fn a_listing_and_other_answers_are_given_up() {
    with_keys!();
    at_once([ListVersion::V1, ListVersion::V2], |version| {
        let server = filled();
        let store = open(&Options { list: Some(version), tries: 1, ..options(&server) });
        server.fault(When::lists().always(), Fault::Endless);
        let error = listed_keys(&store).unwrap_err().to_string();
        assert!(error.contains("limit"), "{version:?}: {error}");
    });
    let server = filled();
    let store = open(&Options { tries: 1, ..options(&server) });
    server.fault(When::any().always(), Fault::Endless);
    let put = store.put("new.txt", b"text", PutIf::Absent);
    assert!(put.unwrap_err().to_string().contains("limit"));
}
