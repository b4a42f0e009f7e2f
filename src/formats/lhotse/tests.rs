//! Manifests of Lhotse, read and written.

use crate::formats::memory::{Memory, item, plain, read, write};
use crate::formats::{AudioRef, Format, FormatError, ReadOptions, Record, WriteOptions};
use proptest::prelude::*;
use serde_json::json;

const RECORDINGS: &[u8] =
    br#"{"id":"c3","sources":[{"type":"file","channels":[0],"source":"wavs/c3.wav"}],"sampling_rate":16000,"num_samples":72000,"duration":4.5}
{"id":"c1","sources":[{"type":"url","channels":[0],"source":"https://x.org/c1.wav"}],"sampling_rate":16000,"num_samples":16000,"duration":1.0,"transforms":[{"name":"Speed"}]}
"#;

fn load(files: &[(&str, &[u8])]) -> Result<(Vec<Record>, Vec<String>), FormatError> {
    let (records, problems) = read(Format::Lhotse, &Memory::of(files), &ReadOptions::default())?;
    Ok((records, problems.iter().map(ToString::to_string).collect()))
}

#[test]
fn supervisions_are_put_to_their_recordings() {
    let supervisions = br#"{"id":"c3-02","recording_id":"c3","start":4.0,"duration":0.5,"channel":0,"text":"bye","speaker":"agent"}
{"id":"c3-01","recording_id":"c3","start":1.25,"duration":2.65,"channel":0,"text":"good morning","speaker":"agent"}
{"id":"x","recording_id":"c1","start":0,"duration":1.0,"text":"hi","language":"en","gender":"f","custom":{"author":"Ann","snr":3}}
"#;
    let names = ["demo_recordings_train.jsonl", "demo_supervisions_train.jsonl"];
    let (records, problems) = load(&[(names[0], RECORDINGS), (names[1], supervisions)]).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    let [whole, cut] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(whole.audio, AudioRef::Url("https://x.org/c1.wav".into()));
    assert_eq!(whole.content.as_deref(), Some("hi"));
    assert_eq!((whole.author.as_deref(), whole.language.as_deref()), (Some("Ann"), Some("en")));
    assert!(whole.segments.is_empty());
    assert_eq!(
        serde_json::Value::Object(whole.extra.clone()),
        json!({
            "recording": { "transforms": [{ "name": "Speed" }] },
            "supervision": { "gender": "f", "language": "en", "custom": { "snr": 3 } },
        })
    );
    assert_eq!(cut.content.as_deref(), Some("good morning bye"));
    assert_eq!(cut.speaker.as_deref(), Some("agent"));
    assert_eq!((cut.segments[0].start, cut.segments[0].end), (1.25, 3.9));
    assert_eq!(cut.seconds, Some(4.5));

    let (records, _) = load(&[(names[1], supervisions)]).unwrap();
    assert_eq!(records[0].audio, AudioRef::Stem("c1".into()));
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_run() {
    let recordings = br#"{"id":"a","sources":[{"type":"command","source":"rm -r /"}]}
{"id":"b","sources":[{"type":"file","source":"l.wav"},{"type":"file","source":"r.wav"}]}
{"id":"c","sources":[{"type":"memory","source":"UklGRg=="}]}
{"id":"d","sources":[{"type":"file","source":"d.wav"}]}
{"id":"d","sources":[{"type":"file","source":"d.wav"}]}
not json
"#;
    let supervisions = br#"{"recording_id":"z","start":0,"duration":1,"text":"lost"}
{"recording_id":"d","start":-1,"duration":1,"text":"before"}
[]
"#;
    let (records, problems) =
        load(&[("recordings.jsonl", recordings), ("supervisions.jsonl", supervisions)]).unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(problems.len(), 8, "{problems:#?}");
    assert!(problems[2].contains("commands are never run"), "{problems:#?}");

    let packed = load(&[("a_recordings.jsonl.gz", b"\x1f\x8b")]).unwrap_err();
    assert_eq!(packed.to_string(), "a_recordings.jsonl.gz: it is packed with gzip");
    assert!(packed.hint().unwrap().contains("gunzip"));
    assert!(matches!(load(&[]), Err(FormatError::Missing { .. })));
}

#[test]
fn a_line_is_exact() {
    let mut spoken = item("a/b.wav", Some("hi"));
    spoken.author = Some("Ann".into());
    spoken.channels = Some(2);
    spoken.extra.insert("supervision".into(), json!({ "gender": "f", "text": "stale" }));
    let mut unknown = item("c.wav", Some("x"));
    unknown.rate = None;
    let items = [spoken, unknown, item("d.wav", None)];
    let (files, refused) = write(Format::Lhotse, &items, &plain());
    assert_eq!(refused, ["c.wav: its length or sampling rate is not known"]);
    let line = |name: &str| -> serde_json::Value {
        serde_json::from_str(files.text(name).lines().next().unwrap()).unwrap()
    };
    assert_eq!(
        line("recordings.jsonl"),
        json!({
            "id": "a/b.wav",
            "sources": [{ "type": "file", "channels": [0, 1], "source": "a/b.wav" }],
            "sampling_rate": 16000, "num_samples": 48000, "duration": 3.0, "channel_ids": [0, 1],
        })
    );
    assert_eq!(
        line("supervisions.jsonl"),
        json!({
            "id": "a/b.wav", "recording_id": "a/b.wav", "start": 0.0, "duration": 3.0,
            "channel": [0, 1], "text": "hi", "gender": "f", "custom": { "author": "Ann" },
        })
    );
    assert_eq!(files.text("recordings.jsonl").lines().count(), 2);
    assert_eq!(files.text("supervisions.jsonl").lines().count(), 1);

    let full = WriteOptions { full_addresses: true, ..plain() };
    let (files, _) = write(Format::Lhotse, &items[..1], &full);
    assert!(
        files.text("recordings.jsonl").contains(r#""source":"s3://demo/a/b.wav","type":"url""#)
    );
}

proptest! {
    #[test]
    fn labels_survive(
        labels in prop::collection::btree_map(
            "\\PC{1,6}", (prop::option::of("[a\"\t\n\\\\ é]{0,6}"), "[ab]{0,1}", 0.01..4000.0_f64), 0..12
        )
    ) {
        let items: Vec<_> = labels.iter().map(|(key, (text, speaker, seconds))| {
            let mut item = item(key, text.as_deref());
            item.speaker = text.as_ref().and((!speaker.is_empty()).then(|| speaker.clone()));
            item.author = text.clone();
            item.at = text.as_ref().map(|_| "2025-03-04T10:00:00.5Z".parse().unwrap());
            item.seconds = Some(*seconds);
            item
        }).collect();
        let (files, refused) = write(Format::Lhotse, &items, &plain());
        prop_assert!(refused.is_empty());
        let (records, problems) = read(Format::Lhotse, &files, &ReadOptions::default()).unwrap();
        prop_assert!(problems.is_empty(), "{problems:?}");
        prop_assert_eq!(records.len(), items.len());
        for (record, item) in records.iter().zip(&items) {
            prop_assert_eq!(record.audio.as_str(), &item.key);
            prop_assert_eq!(&record.content, &item.content);
            prop_assert_eq!(&record.speaker, &item.speaker);
            prop_assert_eq!(&record.author, &item.author);
            prop_assert_eq!(record.at, item.at);
            prop_assert!(record.segments.is_empty() && record.extra.is_empty());
            prop_assert!((record.seconds.unwrap() - item.seconds.unwrap()).abs() < 1e-4);
        }
    }
}
