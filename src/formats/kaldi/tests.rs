//! Data directories, read and written.

use crate::formats::memory::{Memory, item, plain, read, write};
use crate::formats::{AudioRef, Format, FormatError, ReadOptions, Segment, WriteOptions};
use proptest::prelude::*;

fn load(files: &[(&str, &[u8])]) -> (Vec<crate::formats::Record>, Vec<String>) {
    let (records, problems) =
        read(Format::Kaldi, &Memory::of(files), &ReadOptions::default()).unwrap();
    (records, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn segments_are_put_together_in_order_of_time() {
    let (records, problems) = load(&[
        ("wav.scp", b"call3 wavs/c 3.wav\ncall1 s3://demo/c1.wav\n"),
        ("segments", b"b-2 call3 4 5.5\na-1 call3 1.25 3.90\nc-3 call1 0 1\n"),
        ("text", b"a-1 good  day\nb-2 you too\n"),
        ("utt2spk", b"a-1 a\nb-2 b\nc-3 c-3\n"),
    ]);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(records[0].audio, AudioRef::Url("s3://demo/c1.wav".into()));
    assert_eq!((records[0].content.as_ref(), records[0].speaker.as_ref()), (None, None));
    let call = &records[1];
    assert_eq!(call.audio, AudioRef::Path("wavs/c 3.wav".into()));
    assert_eq!((call.file.as_str(), call.line), ("wav.scp", 1));
    assert_eq!(call.content.as_deref(), Some("good  day you too"));
    assert_eq!(call.speaker, None);
    let said = |start, end, content: &str, speaker: &str| Segment {
        start,
        end,
        content: Some(content.into()),
        speaker: Some(speaker.into()),
    };
    assert_eq!(call.segments, [said(1.25, 3.9, "good  day", "a"), said(4.0, 5.5, "you too", "b")]);
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_run() {
    let (records, problems) = load(&[
        ("wav.scp", b"a a.wav\nb touch /tmp/x; sox b.wav -t wav - |\nc\nd -\ne e.wav\ne f.wav\n"),
        ("text", b"a one\na two\nz lost\nb of a command\ncaf\xe9 x\n"),
    ]);
    let got: Vec<_> = records.iter().map(|r| (r.audio.as_str(), r.content.as_deref())).collect();
    assert_eq!(got, [("a.wav", Some("one")), ("e.wav", None)]);
    assert_eq!(
        problems,
        [
            "text, line 5, column 4: it is not UTF-8 text",
            "text, line 2: \"a\" is there twice",
            "wav.scp, line 2: it is a command, and commands are never run",
            "wav.scp, line 3: it names no file",
            "wav.scp, line 4: it names standard input, no file",
            "wav.scp, line 6: \"e\" is there twice",
            "text, line 3: \"z\" is not in wav.scp",
        ]
    );
    let (_, problems) = load(&[
        ("wav.scp", b"a a.wav\n"),
        ("segments", b"u1 a 2 1\nu2 a NaN 1\nu3 a\nu4 z 0 1\n"),
        ("text", b"u1 x\nu9 y\n"),
    ]);
    assert_eq!(problems.len(), 5, "{problems:?}");
    let missing = read(Format::Kaldi, &Memory::of(&[("text", b"a b")]), &ReadOptions::default());
    assert!(matches!(missing, Err(FormatError::Missing { .. })));
}

#[test]
fn directories_are_found_in_a_folder_and_by_any_of_their_files() {
    let files = [
        ("data/test/wav.scp", &b"b b.wav\n"[..]),
        ("data/train/wav.scp", b"a a.wav\n"),
        ("data/train/text", b"a one\n"),
        ("data/train/split/1/wav.scp", b"a a.wav\n"),
    ];
    let (records, _) = load(&files);
    let got: Vec<_> = records.iter().map(|r| (r.file.as_str(), r.audio.as_str())).collect();
    assert_eq!(got, [("data/test/wav.scp", "b.wav"), ("data/train/wav.scp", "a.wav")]);

    let named = Memory::of(&files).main("data/train/text");
    let (records, _) = read(Format::Kaldi, &named, &ReadOptions::default()).unwrap();
    assert_eq!((records.len(), records[0].content.as_deref()), (1, Some("one")));
}

#[test]
fn files_are_written_in_order_of_ids() {
    let mut agent = item("calls/c-3.wav", Some(" good  day "));
    agent.speaker = Some("agent-1".into());
    let items = [
        item("a b.wav", Some("hi")),
        agent,
        item("d.wav", None),
        item("silent.wav", Some(" ")),
        item("x |", Some("command")),
        { item("y.wav", Some("one\ntwo")) },
    ];
    let (files, refused) = write(Format::Kaldi, &items, &plain());
    assert_eq!(refused.len(), 3);
    assert_eq!(files.text("wav.scp"), "a=20b.wav a b.wav\nagent~1-calls:c~3.wav calls/c-3.wav\n");
    assert_eq!(files.text("text"), "a=20b.wav hi\nagent~1-calls:c~3.wav good  day\n");
    assert_eq!(files.text("utt2spk"), "a=20b.wav a=20b.wav\nagent~1-calls:c~3.wav agent~1\n");
    assert_eq!(files.text("spk2utt"), "a=20b.wav a=20b.wav\nagent~1 agent~1-calls:c~3.wav\n");

    let full = WriteOptions { full_addresses: true, ..plain() };
    let (files, _) = write(Format::Kaldi, &items[..1], &full);
    assert_eq!(files.text("wav.scp"), "a=20b.wav s3://demo/a b.wav\n");
}

proptest! {
    #[test]
    fn labels_survive_or_are_refused(
        labels in prop::collection::btree_map(
            "[-a-c/:|=~ \n\u{a0}日]{1,6}",
            (prop::option::of("[a \t\n\u{a0}|é]{0,6}"), "[-a ]{0,2}"),
            0..12,
        )
    ) {
        let items: Vec<_> = labels.iter().map(|(key, (text, speaker))| {
            let mut item = item(key, text.as_deref());
            item.speaker = Some(speaker.clone());
            item
        }).collect();
        let (files, refused) = write(Format::Kaldi, &items, &plain());
        for name in files.list() {
            let text = files.text(&name);
            let ids: Vec<_> = text.lines().map(|line| line.split(' ').next().unwrap()).collect();
            prop_assert!(ids.is_sorted(), "{name}: {text}");
        }
        let (mut records, problems) = read(Format::Kaldi, &files, &ReadOptions::default()).unwrap();
        prop_assert!(problems.is_empty(), "{problems:?}");
        let labeled = items.iter().filter(|item| item.content.is_some()).count();
        records.sort_by(|a, b| a.audio.as_str().cmp(b.audio.as_str()));
        prop_assert_eq!(records.len() + refused.len(), labeled);
        for record in records {
            let item = items.iter().find(|item| item.key == record.audio.as_str()).unwrap();
            let expected = item.content.as_deref().map(str::trim_ascii);
            prop_assert_eq!(record.content.as_deref(), expected);
        }
    }

    #[test]
    fn nothing_panics(
        wav in "[ab |\n\t-]{0,20}", text in "[ab |\n\t-]{0,20}", segments in "[ab 01.e\n-]{0,30}"
    ) {
        let files = [("wav.scp", wav.as_bytes()), ("text", text.as_bytes()), ("segments", segments.as_bytes())];
        load(&files);
    }
}
