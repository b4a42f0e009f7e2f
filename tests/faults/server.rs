//! What the other tests stand on: that the server is a store, asked by the SDK itself.

use crate::bucket::{ACCESS_KEY, Fault, Manners, Op, REGION, SECRET_KEY, Server, When, md5_hex};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, EncodingType};

/// Odd, but right as keys.
const ODD: [&str; 6] = ["a b", "a+b", "a%20b", "dir/é中", "q?x=1&y#z", "e\u{301}"];

fn asked<T>(server: &Server, asks: impl AsyncFnOnce(Client) -> T) -> T {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test"))
        .region(Region::new(REGION))
        .endpoint_url(server.endpoint())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .force_path_style(true)
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(asks(Client::from_conf(config)))
}

#[test]
fn objects_are_kept_with_the_md5_of_their_bytes_whatever_their_keys() {
    let server = Server::start(Manners::plain());
    let bucket = server.bucket("box");
    asked(&server, async |client| {
        for key in ODD {
            let body = ByteStream::from(key.as_bytes().to_vec());
            let put = client.put_object().bucket("box").key(key).body(body).send().await.unwrap();
            assert_eq!(put.e_tag(), Some(format!("\"{}\"", md5_hex(key.as_bytes())).as_str()));
            assert_eq!(bucket.get(key).as_deref(), Some(key.as_bytes()));
            let got = client.get_object().bucket("box").key(key).send().await.unwrap();
            assert_eq!(got.body.collect().await.unwrap().to_vec(), key.as_bytes());
        }
        let got = client.get_object().bucket("box").key("a b").range("bytes=1-1").send().await;
        let got = got.unwrap();
        assert_eq!(got.content_range(), Some("bytes 1-1/3"));
        assert_eq!(got.body.collect().await.unwrap().to_vec(), b" ");
        let put = client.put_object().bucket("box").key("a b").if_none_match("*").send().await;
        assert_eq!(put.unwrap_err().code(), Some("PreconditionFailed"));
    });
    assert_eq!(bucket.effects("a b"), 1);
    assert_eq!(server.count(Op::PutObject), ODD.len() + 1);
    assert!(server.requests().iter().any(|request| request.key == "q?x=1&y#z"));
}

#[test]
fn both_listings_give_every_key_once_page_by_page() {
    let server = Server::start(Manners::plain());
    let bucket = server.bucket("box");
    for n in 0..25 {
        bucket.put(&format!("{}/{n:02}", n % 5), "x");
    }
    bucket.set_page(4);
    asked(&server, async |client| {
        let (mut keys, mut token) = (Vec::new(), None);
        loop {
            let list = client.list_objects_v2().bucket("box").set_continuation_token(token);
            let page = list.encoding_type(EncodingType::Url).send().await.unwrap();
            keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
            token = page.next_continuation_token().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        assert_eq!(keys, bucket.keys());

        let (mut keys, mut marker) = (Vec::new(), None);
        loop {
            let list = client.list_objects().bucket("box").set_marker(marker);
            let page = list.send().await.unwrap();
            keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
            marker = keys.last().cloned().filter(|_| page.is_truncated() == Some(true));
            assert_eq!(page.next_marker(), None);
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(keys, bucket.keys());

        let list = client.list_objects_v2().bucket("box").delimiter("/").send().await.unwrap();
        let prefixes = list.common_prefixes().iter().map(|common| common.prefix().unwrap());
        assert_eq!(prefixes.collect::<Vec<_>>(), ["0/", "1/", "2/", "3/"]);
        let token = list.next_continuation_token().unwrap();
        let list = client.list_objects_v2().bucket("box").delimiter("/").continuation_token(token);
        let list = list.send().await.unwrap();
        assert_eq!(list.common_prefixes()[0].prefix(), Some("4/"));
        assert_eq!(list.common_prefixes().len(), 1);
    });
}

#[test]
fn parts_are_put_together_and_listed_until_then() {
    let server = Server::start(Manners::plain());
    let bucket = server.bucket("box");
    asked(&server, async |client| {
        let begun = client.create_multipart_upload().bucket("box").key("big").send().await.unwrap();
        let id = begun.upload_id().unwrap();
        let mut done = CompletedMultipartUpload::builder();
        for (number, size) in [(1, 5 << 20), (2, 7)] {
            let body = ByteStream::from(vec![number as u8; size]);
            let part = client.upload_part().bucket("box").key("big").upload_id(id);
            let part = part.part_number(number).body(body).send().await.unwrap();
            let part = CompletedPart::builder()
                .part_number(number)
                .set_e_tag(part.e_tag().map(str::to_owned));
            done = done.parts(part.build());
        }
        let parts = client.list_parts().bucket("box").key("big").upload_id(id).send().await;
        assert_eq!(parts.unwrap().parts()[1].size(), Some(7));
        let open = client.list_multipart_uploads().bucket("box").prefix("bi").send().await.unwrap();
        assert_eq!(open.uploads()[0].upload_id(), Some(id));
        let whole = client.complete_multipart_upload().bucket("box").key("big").upload_id(id);
        whole.multipart_upload(done.build()).send().await.unwrap();
    });
    assert_eq!(bucket.open_uploads(), 0);
    assert_eq!(bucket.get("big").unwrap().len(), (5 << 20) + 7);
    assert!(bucket.etag("big").unwrap().ends_with("-2"));
}

#[test]
fn wrong_keys_are_turned_away_and_faults_happen_where_they_are_asked_for() {
    let server = Server::start(Manners::plain());
    let bucket = server.bucket("box");
    bucket.put("a", "0123456789");
    bucket.put("b", "0123456789");
    server.fault(When::op(Op::GetObject).after(1), Fault::SlowDown);
    server.fault(When::op(Op::GetObject).key("b"), Fault::Cut(4));
    server.fault(When::op(Op::PutObject), Fault::DropAfter);
    server.fault(When::op(Op::DeleteObject), Fault::DropBefore);
    asked(&server, async |client| {
        let get = async |key| client.get_object().bucket("box").key(key).send().await;
        assert!(get("a").await.is_ok());
        assert_eq!(get("a").await.unwrap_err().code(), Some("SlowDown"));
        let cut = get("b").await.unwrap();
        assert_eq!(cut.content_length(), Some(10));
        assert!(cut.body.collect().await.is_err());
        assert!(get("b").await.unwrap().body.collect().await.is_ok());
        assert!(client.put_object().bucket("box").key("c").send().await.is_err());
        assert!(client.delete_object().bucket("box").key("a").send().await.is_err());
        let wrong = Credentials::new(ACCESS_KEY, "wrong", None, None, "test");
        let wrong = client.config().to_builder().credentials_provider(wrong).build();
        let refused = Client::from_conf(wrong).get_object().bucket("box").key("a").send().await;
        assert_eq!(refused.unwrap_err().code(), Some("SignatureDoesNotMatch"));
    });
    assert_eq!(bucket.keys(), ["a", "b", "c"]);
}
