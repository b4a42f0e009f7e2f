//! Every format against what we write of it, what others do, and folders of several files.

use super::detect;
use crate::formats::memory::{Memory, item, plain, write};
use crate::formats::{Format, FormatError};

fn folder(names: &[&str]) -> Result<Format, FormatError> {
    let files: Vec<_> = names.iter().map(|name| (*name, b"x".as_slice())).collect();
    detect(&Memory::of(&files))
}

fn named(name: &str, text: &str) -> Option<Format> {
    let files = Memory::of(&[(name, text.as_bytes())]).main(name);
    match detect(&files) {
        Ok(format) => Some(format),
        Err(FormatError::Unrecognized { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn what_we_write_is_told() {
    let items = [item("a/b.wav", Some("one, \"two\"\nthree")), item("c.wav", None)];
    let line = [item("a/b.wav", Some("one")), item("c.wav", None)];
    for (format, name) in [
        (Format::Manifest, "V001.manifest"),
        (Format::Annotation, "annotation.jsonl"),
        (Format::LabelStudio, "tasks.json"),
        (Format::LabelStudioCsv, "tasks.csv"),
        (Format::GroundTruth, "out.manifest"),
        (Format::Nemo, "train.json"),
        (Format::Csv, "labels.csv"),
        (Format::Tsv, "labels.tsv"),
        (Format::Jsonl, "labels.jsonl"),
    ] {
        let (memory, _) = write(format, &items, &plain());
        let text = memory.text("out");
        assert_eq!(named(name, &text), Some(format), "{format}");
        let among = Memory::of(&[("x/audio.wav", b"RIFF"), (name, text.as_bytes())]);
        assert_eq!(detect(&among).unwrap(), format);
    }
    for format in [Format::AudiofolderCsv, Format::AudiofolderJsonl] {
        let (memory, _) = write(format, &line, &plain());
        assert_eq!(detect(&memory).unwrap(), format, "{format}");
        let name = memory.list().remove(0);
        assert_eq!(detect(&memory.main(&name)).unwrap(), format, "{format}");
    }
}

#[test]
fn an_empty_export_is_told_by_its_name() {
    assert_eq!(named("V.manifest", "\n"), Some(Format::Manifest));
    assert_eq!(named("annotation.jsonl", ""), Some(Format::Annotation));
    assert_eq!(named("a.json", "[]"), Some(Format::LabelStudio));
    assert_eq!(named("a.csv", ""), None);
}

#[test]
fn files_of_others_are_told() {
    for (name, text, format) in [
        ("x", r#"{"source":"s3://b/k.wav"}"#, Format::Manifest),
        ("x.manifest", r#"{"source-ref":"s3://b/k.wav","transcript":"a"}"#, Format::GroundTruth),
        ("x.json", r#"{"audio_filepath":"a.wav","duration":1,"text":"a"}"#, Format::Nemo),
        ("x.jsonl", r#"{"audio_name":"a.wav","caption":"a"}"#, Format::Annotation),
        ("x.jsonl", r#"{"file_name":"a.wav","text":"a"}"#, Format::Annotation),
        ("metadata.jsonl", r#"{"file_name":"a.wav","text":"a"}"#, Format::AudiofolderJsonl),
        ("x.jsonl", r#"{"file_name":"a.wav","transcription":"a"}"#, Format::AudiofolderJsonl),
        ("x.jsonl", r#"{"key":"a.wav","content":null,"state":"unlabeled"}"#, Format::Jsonl),
        ("x.jsonl", r#"{"id":"a","recording_id":"a","start":0}"#, Format::Lhotse),
        ("validated.tsv", "client_id\tpath\tsentence\tup_votes\n", Format::CommonVoice),
        ("metadata.csv", "a01|Dr. Lee, paid.|Doctor Lee paid.\n", Format::LjSpeech),
        ("metadata.csv", "file_name,text\na.wav,hi\n", Format::AudiofolderCsv),
        ("x.csv", "\u{feff}file;text\na.wav;hi\n", Format::Csv),
        ("x.csv", "annotation_id,annotator,audio,lead_time\n", Format::LabelStudioCsv),
        ("x.txt", "key\tcontent\n", Format::Sidecars),
        ("wav.scp", "a b.wav\n", Format::Kaldi),
        ("x.json", " [ {\"data\":{}}]", Format::LabelStudio),
    ] {
        assert_eq!(named(name, text), Some(format), "{name} {text}");
    }
    for (name, text) in [("x.json", "7"), ("x.csv", "a,b\n"), ("x", "\0\u{1}"), ("x.json", "{}")] {
        assert_eq!(named(name, text), None, "{name} {text}");
    }
}

#[test]
fn a_first_line_longer_than_what_is_looked_at_is_told() {
    let long = "x".repeat(100_000);
    let line = format!(
        r#"{{"id":"1","source":"s3://b/k","annotation":[{{"property":{{"@modelarts:content":"{long}"}}}}]}}"#
    );
    assert_eq!(named("x", &line), Some(Format::Manifest));
}

#[test]
fn folders_are_told_by_their_names() {
    let told = |names: &[&str]| folder(names).ok();
    assert_eq!(told(&["d/text", "d/utt2spk", "d/wav.scp"]), Some(Format::Kaldi));
    assert_eq!(told(&["recordings.jsonl", "supervisions.jsonl"]), Some(Format::Lhotse));
    assert_eq!(told(&["a.txt", "a.wav"]), Some(Format::Sidecars));
    assert_eq!(told(&["d.e/a.txt"]), Some(Format::Sidecars));
    assert_eq!(told(&["readme.txt", "a.wav"]), None);
    assert_eq!(told(&[]), None);
    let error = folder(&["a.wav", "b.json"]).unwrap_err();
    assert_eq!(error.to_string(), "no known format in b.json");
}

#[test]
fn packed_files_are_named_for_what_they_are() {
    let packed = Memory::of(&[("a.manifest", b"\x1f\x8b\x08\0")]);
    assert!(detect(&packed).unwrap_err().to_string().contains("gzip"));
    assert!(detect(&packed.main("a.manifest")).unwrap_err().hint().is_some());
}
