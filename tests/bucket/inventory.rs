//! A bucket by its inventory, which lies in another bucket of the same server.

use crate::client::fill;
use crate::commands::Person;
use crate::servers::Server;
use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};
use std::fmt::Write as _;
use std::io::Write as _;

fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// What a store delivers, as objects: of the files with these keys, as they are in the source just now.
fn inventory(server: &Server, source: &str, date: &str, keys: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut rows = String::new();
    for key in keys {
        let head = server.ask(async |client| {
            client.head_object().bucket(source).key(*key).send().await.expect("it is there")
        });
        let modified = head.last_modified().unwrap();
        let time = jiff::Timestamp::new(modified.secs(), 0).unwrap();
        let key = key.replace('%', "%25").replace('+', "%2B").replace(' ', "+");
        let (size, etag) = (head.content_length().unwrap(), head.e_tag().unwrap().replace('"', ""));
        writeln!(rows, "\"{source}\",\"{key}\",\"{size}\",\"{time}\",\"{etag}\"").unwrap();
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::new(6));
    gzip.write_all(rows.as_bytes()).unwrap();
    let data = gzip.finish().unwrap();
    let manifest = format!(
        r#"{{"sourceBucket":"{source}","destinationBucket":"arn:aws:s3:::x","version":"2016-11-30",
        "creationTimestamp":"{}","fileFormat":"CSV","fileSchema":"Bucket, Key, Size, LastModifiedDate, ETag",
        "files":[{{"key":"kept/{source}/all/data/{date}.csv.gz","size":{},"MD5checksum":"{}"}}]}}"#,
        jiff::Timestamp::now().as_millisecond(),
        data.len(),
        md5(&data)
    );
    let dated = format!("kept/{source}/all/{date}");
    vec![
        (format!("kept/{source}/all/data/{date}.csv.gz"), data),
        (format!("{dated}/manifest.checksum"), md5(manifest.as_bytes()).into_bytes()),
        (format!("{dated}/manifest.json"), manifest.into_bytes()),
    ]
}

#[test]
fn a_bucket_is_known_by_its_inventory_without_being_listed() {
    let server = Server::seaweedfs();
    let (bucket, kept) = (server.bucket(), server.bucket());
    let ann = Person::new(&server, "ann");
    let names = ["calls/a b+c.wav", "calls/100%.wav", "calls/notes.txt", "elsewhere/x.wav"];
    fill(&server, &bucket, names.map(|key| (key.to_owned(), key.as_bytes().to_vec())).into());
    fill(&server, &kept, inventory(&server, &bucket, "2026-11-06T21-32Z", &names));
    let source = format!("s3://{bucket}/calls/");
    let folder = format!("s3://{kept}/kept/{bucket}/all");
    let sync = ["sync", &source, "--no-probe", "--inventory", &folder];
    let first = ann.done(&sync);
    assert_eq!((&first["added"], &first["total"]), (&2.into(), &2.into()), "{first}");
    assert!(first["as_of"].is_string());

    // What the bucket itself tells is the same.
    let live = ann.done(&["sync", &source, "--no-probe"]);
    assert_eq!((&live["unchanged"], &live["total"]), (&2.into(), &2.into()), "{live}");
    assert!(live.get("as_of").is_none());
    let (again, code) = ann.json(&sync);
    assert_eq!((code, &again["unchanged"], &again["total"]), (0, &0.into(), &2.into()), "{again}");

    // As a setting; and one whose data are not there changes nothing.
    fill(&server, &bucket, vec![("calls/new.wav".into(), b"new".to_vec())]);
    let newer = ["calls/new.wav", "calls/100%.wav"];
    let mut objects = inventory(&server, &bucket, "2026-11-07T21-32Z", &newer);
    let data = objects.remove(0);
    fill(&server, &kept, objects);
    let setting = format!("storage.inventory={folder}");
    let by_setting = ["sync", &source, "--no-probe", "--set", &setting];
    let output = ann.command(&by_setting).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not exist"), "{output:?}");
    assert_eq!(ann.done(&["status", &source])["missing"], 0);
    fill(&server, &kept, vec![data]);
    let second = ann.done(&by_setting);
    let counts = ["added", "unchanged", "missing"].map(|name| second[name].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 1], "{second}");
}

#[test]
fn the_screen_synchronizes_by_the_inventory_and_says_of_when_it_is() {
    let server = Server::seaweedfs();
    let (bucket, kept) = (server.bucket(), server.bucket());
    let ann = Person::new(&server, "ann");
    let names = ["calls/one.wav", "calls/two.wav"];
    fill(&server, &bucket, names.map(|key| (key.to_owned(), key.as_bytes().to_vec())).into());
    let source = format!("s3://{bucket}/calls/");
    ann.done(&["sync", &source, "--no-probe"]);
    // What no inventory holds yet is not asked for.
    fill(&server, &bucket, vec![("calls/three.wav".into(), b"three".to_vec())]);
    fill(&server, &kept, inventory(&server, &bucket, "2026-11-06T21-32Z", &names));
    let setting = format!("storage.inventory=s3://{kept}/kept/{bucket}/all");
    let screen = ann.screen(&["--set", &setting, &source]);
    screen.wait_for_text("two.wav");
    screen.type_keys("S");
    screen.wait_for_text("as of ");
    assert!(!screen.look(|view| view.contains("three.wav")));

    fill(&server, &kept, inventory(&server, &bucket, "2026-11-07T21-32Z", &["calls/three.wav"]));
    screen.type_keys("S");
    screen.wait_for_text("three.wav");
    screen.wait_for_no("two.wav");
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
    assert_eq!(ann.done(&["status", &source])["missing"], 2);
}
