//! Listing: whatever the keys are, each once, with what it holds.

use crate::client::{calls, fill, keys, listed, on_both, open, options};
use crate::servers::Server;
use earmark::domain::ListVersion;
use earmark::objects::Options;
use std::ops::ControlFlow;

on_both! {
    every_key_is_listed_once_whatever_it_is,
    keys_under_a_prefix_come_in_order_behind_a_place,
    what_is_no_file_is_left_out,
    a_listing_that_has_enough_stops,
}

/// Right as keys, and trouble in URLs, XML, folders or sorting.
const ODD: &[&str] = &[
    "a b.wav",
    "a+b.wav",
    "a%2Bb.wav",
    "100%.wav",
    "q?x=1&y#z;.wav",
    "<&'\">.wav",
    "dir.with.dots/é中文🎧.wav",
    "e\u{301}.wav",
    "\u{e9}.wav",
    " leading and trailing ",
    "~!*'()@$,:=[]{}|^`.wav",
    "control\u{1}\u{7f}.wav",
    "line\nbreak.wav",
    "return\r.wav",
    "tab\t.wav",
    "..x/...wav",
    "x-y/1.wav",
    "x/1.wav",
    "x.y/1.wav",
    "\u{202e}wav.exe",
    "\u{fffd}.wav",
];

fn every_key_is_listed_once_whatever_it_is(server: &Server, bucket: &str) {
    // moto is slow.
    let many = if server.is_moto() { 1050 } else { 2480 };
    let plain = (0..many).map(|n| format!("calls/batch-{:02}/{}/utt-{n:05}.wav", n % 7, n % 3));
    let odd = ODD.iter().map(|key| format!("calls/{key}"));
    let objects = plain.chain(odd).map(|key| (key.clone(), key.into_bytes())).collect();
    let taken = fill(server, bucket, objects);
    assert!(taken.len() >= many + ODD.len() - 3, "{} keys", taken.len());
    fill(server, bucket, vec![("elsewhere/1.wav".into(), b"not ours".into())]);
    for list in [ListVersion::V2, ListVersion::V1] {
        let options = Options { list: Some(list), ..options(server) };
        let entries = listed(&open(&options, bucket, "calls/")).unwrap();
        let found: Vec<_> = keys(&entries).iter().map(|key| format!("calls/{key}")).collect();
        assert_eq!(found, taken, "{list:?}");
        for (entry, key) in entries.iter().zip(&taken) {
            assert_eq!(entry.stamp.size, key.len() as u64);
            assert_eq!(entry.stamp.etag.len(), 32, "{key:?}: {:?}", entry.stamp.etag);
            assert!(entry.modified.is_some());
        }
    }
    let whole = listed(&open(&options(server), bucket, "")).unwrap();
    assert_eq!(whole.len(), taken.len() + 1);
    // What is listed can be read by that name.
    let store = calls(server, bucket);
    for key in taken.iter().filter(|key| !key.contains("utt-")) {
        let bytes = store.get(key.strip_prefix("calls/").unwrap(), 1000);
        assert_eq!(bytes.unwrap(), key.as_bytes(), "{key:?}");
    }
}

fn keys_under_a_prefix_come_in_order_behind_a_place(server: &Server, bucket: &str) {
    let names: Vec<String> = (0..1205).map(|n| format!("log/w1/{n:06}.jsonl.zst")).collect();
    let objects = names.iter().map(|name| (format!("calls/{name}"), b"{}".to_vec()));
    let others = ["calls/log/w0/1", "calls/log/w10/1", "calls/log/w2/1"];
    let others = others.map(|key| (key.to_owned(), b"{}".to_vec()));
    fill(server, bucket, objects.chain(others).collect());
    for list in [ListVersion::V2, ListVersion::V1] {
        let store = open(&Options { list: Some(list), ..options(server) }, bucket, "calls/");
        let under = |prefix: &str, after: Option<&str>| {
            let mut all = Vec::new();
            store
                .list_under(prefix, after, &mut |entries| {
                    all.extend(keys(&entries));
                    ControlFlow::Continue(())
                })
                .unwrap();
            all
        };
        assert_eq!(under("log/w1/", None), names, "{list:?}");
        assert_eq!(under("log/w1/", Some(&names[17])), names[18..], "{list:?}");
        assert_eq!(under("log/w1/", Some("log/w1/000017x")), names[18..], "{list:?}");
        assert_eq!(under("log/w1/", Some(&names[1204])), Vec::<String>::new());
        assert_eq!(under("nothing/", None), Vec::<String>::new());
    }
}

fn what_is_no_file_is_left_out(server: &Server, bucket: &str) {
    let objects = ["calls/", "calls/a/", "calls/a/1.wav", "calls/b/"];
    fill(server, bucket, objects.map(|key| (key.to_owned(), Vec::new())).into());
    assert_eq!(keys(&listed(&calls(server, bucket)).unwrap()), ["a/1.wav"]);
    assert_eq!(keys(&listed(&open(&options(server), bucket, "none/")).unwrap()), [""; 0]);
}

fn a_listing_that_has_enough_stops(server: &Server, bucket: &str) {
    let objects = (0..1100).map(|n| (format!("calls/{}/{n}.wav", n % 2), b"x".to_vec()));
    fill(server, bucket, objects.collect());
    let mut calls_made = 0;
    let listing = calls(server, bucket).list(&mut |_| {
        calls_made += 1;
        ControlFlow::Break(())
    });
    assert!(listing.unwrap().stopped);
    assert_eq!(calls_made, 1);
}
