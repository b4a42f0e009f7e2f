//! Every format of flat rows: there and back, quirk by quirk, and what is wrong with some rows.

use super::{guard, unguard};
use crate::formats::memory::{Memory, item, plain, read, write};
use crate::formats::{Format, FormatError, Item, Machine, ReadOptions, Record, WriteOptions};
use proptest::prelude::*;
use serde_json::{Value, json};

const FLAT: [Format; 9] = [
    Format::Csv,
    Format::Tsv,
    Format::Jsonl,
    Format::LabelStudioCsv,
    Format::AudiofolderCsv,
    Format::AudiofolderJsonl,
    Format::Annotation,
    Format::Nemo,
    Format::GroundTruth,
];

fn all(format: Format, name: &str, text: &str) -> (Vec<Record>, Vec<String>) {
    with(format, name, text, &ReadOptions::default()).unwrap()
}

fn with(
    format: Format,
    name: &str,
    text: &str,
    options: &ReadOptions,
) -> Result<(Vec<Record>, Vec<String>), FormatError> {
    let files = Memory::of(&[(name, text.as_bytes())]).main(name);
    let (records, problems) = read(format, &files, options)?;
    Ok((records, problems.iter().map(ToString::to_string).collect()))
}

fn labels(format: Format, text: &str) -> Vec<(String, Option<String>)> {
    let (records, problems) = all(format, "x", text);
    assert_eq!(problems, [""; 0]);
    records.into_iter().map(|one| (one.audio.as_str().to_owned(), one.content)).collect()
}

fn pair(audio: &str, content: Option<&str>) -> (String, Option<String>) {
    (audio.to_owned(), content.map(str::to_owned))
}

#[test]
fn usual_names_of_columns_are_known() {
    for name in super::PLAIN.audio {
        for text in super::PLAIN.content {
            let csv = format!("n,{text},{name}\n1,\"hi, you\",a.wav\n2,,b.wav\n");
            let expected = [pair("a.wav", Some("hi, you")), pair("b.wav", None)];
            assert_eq!(labels(Format::Csv, &csv), expected);
            let line = json!({*name: "a.wav", *text: "hi"}).to_string();
            assert_eq!(labels(Format::Jsonl, &line), [pair("a.wav", Some("hi"))]);
        }
    }
    let options =
        ReadOptions { audio_field: Some("clip".into()), content_field: Some("said".into()) };
    let (records, _) =
        with(Format::Tsv, "x", "text\tclip\tsaid\nno\ta.wav\tyes\n", &options).unwrap();
    assert_eq!(records[0].content.as_deref(), Some("yes"));
    assert_eq!(Value::Object(records[0].extra.clone()), json!({"text": "no"}));
}

#[test]
fn a_header_without_audio_is_refused() {
    let wrong = |text: &str, options: &ReadOptions| {
        let error = with(Format::Csv, "x.csv", text, options).unwrap_err();
        assert!(error.hint().is_some());
        error.to_string()
    };
    let usual = ReadOptions::default();
    assert!(wrong("a,b\n1,2\n", &usual).starts_with("x.csv: no column names the audio"));
    assert_eq!(wrong("key,x,x\n", &usual), "x.csv: the column \"x\" stands there twice");
    let named = ReadOptions { content_field: Some("said".into()), ..usual };
    assert_eq!(wrong("key,text\n", &named), "x.csv: there is no column \"said\"");
}

#[test]
fn bad_rows_are_named_and_the_rest_goes_on() {
    let (records, problems) =
        all(Format::Csv, "x", "key,text\na.wav,\"x\ny\"\nb.wav\n,t\nc.wav,\"q\" r\nd.wav,z\n");
    assert_eq!(records.iter().map(|one| one.line).collect::<Vec<_>>(), [2, 7]);
    assert_eq!(problems[0], "line 4: 1 cells under a header of 2");
    assert!(problems[1].starts_with("line 5: no audio"));
    assert!(problems[2].starts_with("line 6, column 10: text behind a closing quote"));
    let (records, problems) = all(
        Format::Jsonl,
        "x",
        "{\"key\":\"a\",\"content\":7}\n{\"key\":\"a\",\"key\":\"b\"}\n{\"key\":\n{\"key\":\"\"}\n{\"key\":\"k\",\"content\":\"\"}\n",
    );
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].content.as_deref(), Some(""));
    assert_eq!(problems[0], "line 1, column 12: \"content\" is no text");
    assert!(problems[1].starts_with("line 2, column "));
    assert_eq!(problems[2], "line 3, column 7: the JSON is cut off");
    assert_eq!(problems[3], "line 4, column 2: its \"key\" is empty");
}

#[test]
fn semicolons_and_byte_order_marks() {
    let csv = "\u{feff}file;text\r\na.wav;hi, you\r\n";
    assert_eq!(labels(Format::Csv, csv), [pair("a.wav", Some("hi, you"))]);
}

#[test]
fn keys_that_are_no_text_are_told() {
    let line = r#"{"key":"caf?","key_b64":"Y2FmZQ==","content":"a"}"#;
    assert_eq!(labels(Format::Jsonl, line), [pair("cafe", Some("a"))]);
    let (_, problems) =
        all(Format::Jsonl, "x", r#"{"key":"caf?","key_b64":"Y2Fm6Q==","content":"a"}"#);
    assert!(problems[0].contains("not UTF-8"));
    let (_, problems) = all(Format::Jsonl, "x", r#"{"key_b64":"=","content":"a"}"#);
    assert!(problems[0].contains("no base64"));
}

#[test]
fn what_list_prints_is_read() {
    let line = r#"{"key":"a.wav","state":"missing","content":"x","flags":["noisy"],"seconds":1.5,"labeled_by":"anna","labeled_at":"2025-03-04T10:22:05Z"}"#;
    let (records, _) = all(Format::Jsonl, "x", line);
    assert_eq!(records[0].author.as_deref(), Some("anna"));
    assert_eq!(records[0].seconds, Some(1.5));
    assert!(records[0].at.is_some());
}

#[test]
fn guarded_cells_read_back_as_they_were() {
    let options = WriteOptions { guard_formulas: true, ..plain() };
    let items =
        [item("-a.wav", Some("=cmd()")), item("b.wav", Some("'=x")), item("c.wav", Some("''tis"))];
    let (memory, _) = write(Format::Csv, &items, &options);
    let text = memory.text("out");
    assert!(text.contains("'-a.wav,'=cmd(),"), "{text}");
    assert!(text.contains("b.wav,''=x,") && text.contains("c.wav,''tis,"), "{text}");
    let read: Vec<_> = labels(Format::Csv, &text).into_iter().map(|one| one.1.unwrap()).collect();
    assert_eq!(read, ["=cmd()", "'=x", "''tis"]);
    let (memory, _) = write(Format::AudiofolderCsv, &items, &options);
    assert!(memory.text("metadata.csv").contains("-a.wav,=cmd(),"));
}

#[test]
fn suggestions_come_back_as_a_machines() {
    let machine = Machine { model: "w-2".into(), confidence: Some(0.5) };
    let items =
        [Item { suggestion: Some(("maybe".into(), machine.clone())), ..item("a.wav", None) }];
    for format in [Format::Csv, Format::Tsv, Format::Jsonl] {
        let (memory, _) = write(format, &items, &plain());
        let (records, _) = all(format, "x", &memory.text("out"));
        assert_eq!(records[0].content.as_deref(), Some("maybe"));
        assert_eq!(records[0].machine, Some(machine.clone()), "{format}");
    }
    let (memory, _) = write(Format::Nemo, &items, &plain());
    assert!(memory.text("out").contains("\"pred_text\":\"maybe\""));
    let (records, _) = all(Format::Nemo, "x", &memory.text("out"));
    assert_eq!(records[0].machine, Some(Machine::default()));
}

#[test]
fn a_plain_table_says_what_we_know() {
    let items = [Item {
        flags: vec!["noisy".into(), "unclear".into()],
        author: Some("anna".into()),
        at: Some("2025-03-04T10:22:05Z".parse().unwrap()),
        speaker: Some("s1".into()),
        usage: Some("TRAIN".into()),
        ..item("a b.wav", Some("one\ntwo"))
    }];
    let (memory, _) = write(Format::Csv, &items, &plain());
    assert_eq!(
        memory.text("out"),
        "key,content,state,flags,seconds,labeled_by,labeled_at,speaker,usage,suggestion,suggested_by,confidence,extra\n\
         a b.wav,\"one\ntwo\",labeled,noisy unclear,3,anna,2025-03-04T10:22:05Z,s1,TRAIN,,,,\n"
    );
    let (memory, _) =
        write(Format::Jsonl, &items, &WriteOptions { full_addresses: true, ..plain() });
    assert!(
        memory
            .text("out")
            .starts_with("{\"audio\":\"s3://demo/a b.wav\",\"content\":\"one\\ntwo\",")
    );
}

#[test]
fn annotation_lines_in_both_spellings() {
    let text = "{\"file_name\":\"clips/a01.wav\",\"text\":\"turn left\",\"language\":\"en\",\"properties\":{\"x\":[1]}}\n{\"audio_name\":\"b.wav\",\"caption\":\"right\"}\n{\"file_name\":\"c.wav\"}\n";
    let (records, problems) = all(Format::Annotation, "annotation.jsonl", text);
    assert_eq!(problems, [""; 0]);
    assert_eq!(records[0].language.as_deref(), Some("en"));
    assert_eq!(records[1].content.as_deref(), Some("right"));
    assert_eq!(records[2].content, None);
    let items: Vec<_> = records
        .iter()
        .map(|one| Item {
            extra: one.extra.clone(),
            ..item(one.audio.as_str(), one.content.as_deref())
        })
        .collect();
    let (memory, _) = write(Format::Annotation, &items, &plain());
    assert_eq!(
        memory.text("out"),
        text.replace("audio_name", "file_name").replace("caption", "text")
    );
    let (_, problems) =
        all(Format::Annotation, "x", r#"{"file_name":"a","text":"x","caption":"y"}"#);
    assert!(problems[0].contains("two labels"));
}

#[test]
fn audiofolders_with_splits() {
    let files = Memory::of(&[
        ("test/metadata.jsonl", br#"{"file_name":"a.wav","transcription":"x","label":3}"#),
        ("train/metadata.jsonl", br#"{"file_name":"a.wav","sentence":"y"}"#),
        ("train/other.jsonl", b"?"),
    ]);
    let (records, problems) =
        read(Format::AudiofolderJsonl, &files, &ReadOptions::default()).unwrap();
    assert!(problems.is_empty());
    let found: Vec<_> = records
        .iter()
        .map(|one| (one.file.as_str(), one.usage.as_deref(), one.content.as_deref()))
        .collect();
    let expected = [
        ("test/metadata.jsonl", Some("TEST"), Some("x")),
        ("train/metadata.jsonl", Some("TRAIN"), Some("y")),
    ];
    assert_eq!(found, expected);
    let (records, _) =
        all(Format::AudiofolderCsv, "metadata.csv", "file_name,text\nvalidation/a.wav,x\n");
    assert_eq!(records[0].usage.as_deref(), Some("EVAL"));
}

#[test]
fn nemo_stretches_of_one_file_are_joined_and_come_back() {
    let text = r#"{"audio_filepath":"a.wav","offset":3,"duration":2.5,"text":"later","lang":"en"}
{"audio_filepath":"a.wav","offset":0,"duration":2,"text":"first"}
{"audio_filepath":"b.wav","duration":1.5,"text":"","wer":0.5}
{"audio_filepath":"c.wav","duration":1}
"#;
    let (records, problems) = all(Format::Nemo, "x", text);
    assert_eq!(problems, [""; 0]);
    let found: Vec<_> =
        records.iter().map(|one| (one.audio.as_str(), one.content.as_deref())).collect();
    assert_eq!(found, [("a.wav", Some("first later")), ("b.wav", Some("")), ("c.wav", None)]);
    assert_eq!((records[0].segments[1].start, records[0].segments[1].end), (3.0, 5.5));
    assert_eq!((records[0].line, records[1].line, records[1].seconds), (1, 3, Some(1.5)));
    let back = |one: &Record| Item {
        extra: one.extra.clone(),
        seconds: None,
        ..item(one.audio.as_str(), one.content.as_deref())
    };
    let items: Vec<_> = records.iter().map(back).collect();
    let (memory, _) = write(Format::Nemo, &items, &plain());
    let lines = |text: &str| {
        let mut lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.sort_by_key(ToString::to_string);
        lines
    };
    assert_eq!(lines(&memory.text("out")), lines(text));
    let changed = Item { content: Some("new".into()), ..back(&records[0]) };
    let (memory, _) = write(Format::Nemo, &[changed], &plain());
    assert_eq!(memory.text("out"), "{\"audio_filepath\":\"a.wav\",\"text\":\"new\"}\n");
    let (_, problems) = all(Format::Nemo, "x", r#"{"audio_filepath":"a","offset":"x","text":""}"#);
    assert_eq!(problems, ["line 1, column 23: \"offset\" is no number of seconds"]);
}

#[test]
fn label_studio_lists_in_cells() {
    let csv = "annotation_id,annotator,audio,created_at,lead_time,transcription\n\
               1,a@x.org,s3://b/a.wav,2025-03-04T10:22:05Z,1.5,\"[\"\"one\"\",\"\"two\"\"]\"\n\
               2,,b.wav,,,\"{\"\"text\"\":[\"\"x\"\"]}\"\n";
    let (records, problems) = all(Format::LabelStudioCsv, "x", csv);
    assert_eq!(problems, [""; 0]);
    assert_eq!(records[0].content.as_deref(), Some("one\ntwo"));
    assert_eq!(records[0].author.as_deref(), Some("a@x.org"));
    assert!(records[0].at.is_some());
    assert_eq!(records[1].content.as_deref(), Some("x"));
    let (memory, _) = write(Format::LabelStudioCsv, &[item("a.wav", Some("[\"x\"]"))], &plain());
    let (records, _) = all(Format::LabelStudioCsv, "x", &memory.text("out"));
    assert_eq!(records[0].content.as_deref(), Some("[\"x\"]"));
}

#[test]
fn ground_truth_keeps_chained_jobs() {
    let line = r#"{"source-ref":"s3://demo/a.wav","class":3,"class-metadata":{"class-name":"x","type":"groundtruth/audio"},"said":"hello","said-metadata":{"type":"groundtruth/custom","job-name":"asr-1","human-annotated":"yes","creation-date":"2025-03-04T10:22:05.5"}}"#;
    let (records, problems) = all(Format::GroundTruth, "x", line);
    assert_eq!(problems, [""; 0]);
    let one = &records[0];
    assert_eq!(one.content.as_deref(), Some("hello"));
    let back = Item {
        url: one.audio.as_str().into(),
        at: one.at,
        extra: one.extra.clone(),
        ..item("a.wav", Some("hello"))
    };
    let (memory, _) = write(Format::GroundTruth, std::slice::from_ref(&back), &plain());
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(value(&memory.text("out")), value(line));
    let machine = line.replace("\"yes\"", "\"no\"");
    let (records, _) = all(Format::GroundTruth, "x", &machine);
    assert_eq!(records[0].machine.as_ref().unwrap().model, "asr-1");
    let (_, problems) = all(
        Format::GroundTruth,
        "x",
        r#"{"source-ref":"a","x":"1","x-metadata":{},"y":"2","y-metadata":{}}"#,
    );
    assert!(problems[0].contains("two labels"));
    let (memory, _) = write(Format::GroundTruth, &[item("a.wav", Some("hi"))], &plain());
    let (records, _) = all(Format::GroundTruth, "x", &memory.text("out"));
    assert_eq!((records[0].content.as_deref(), &records[0].machine), (Some("hi"), &None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn guarding_is_exact(text in "['=+\\-@\t\ra]{0,5}", formulas in any::<bool>()) {
        let mut cell = text.clone();
        guard(&mut cell, formulas);
        prop_assert!(!formulas || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
        prop_assert_eq!(unguard(cell), text);
    }

    #[test]
    fn what_is_written_is_read_again(
        keys in prop::collection::vec("[a-z0-9=+@'\\-][\\PC\"% +=',;\t]{0,12}", 1..4),
        content in prop::option::of(prop_oneof![any::<String>(), "['=+@\\-\n\r\", ]{0,6}"]),
        extra in prop::collection::btree_map("x_[a-z]{1,4}", prop_oneof![
            "\\PC{1,5}".prop_map(Value::from), any::<i32>().prop_map(Value::from), Just(json!({"a": [null]})),
        ], 0..3),
        guard_formulas in any::<bool>(),
        full_addresses in any::<bool>(),
    ) {
        let options = WriteOptions { guard_formulas, full_addresses, ..plain() };
        let items: Vec<_> = keys
            .iter()
            .map(|key| Item { extra: extra.clone().into_iter().collect(), ..item(key, content.as_deref()) })
            .collect();
        for format in FLAT {
            let (memory, refused) = write(format, &items, &options);
            prop_assert!(refused.is_empty());
            let (records, problems) = read(format, &memory, &ReadOptions::default()).unwrap();
            prop_assert!(problems.is_empty(), "{} {:?}", format, problems);
            prop_assert_eq!(records.len(), items.len());
            for (record, item) in records.iter().zip(&items) {
                let by_key = matches!(
                    format,
                    Format::Annotation | Format::AudiofolderCsv | Format::AudiofolderJsonl
                );
                let by_url = format == Format::GroundTruth || (full_addresses && !by_key);
                let audio = if by_url { &item.url } else { &item.key };
                prop_assert_eq!(record.audio.as_str(), audio, "{}", format);
                prop_assert_eq!(&record.content, &item.content, "{}", format);
                for (name, value) in &item.extra {
                    prop_assert_eq!(record.extra.get(name), Some(value), "{}", format);
                }
                let told = matches!(format, Format::GroundTruth | Format::Annotation) || record.seconds == Some(3.0);
                prop_assert!(told, "{} {:?}", format, record);
            }
        }
    }

    #[test]
    fn no_bytes_break_them(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let text = [b"key,text\n".as_slice(), &bytes].concat();
        for format in FLAT {
            let files = Memory::of(&[("metadata.csv", &text)]).main("metadata.csv");
            let _ = read(format, &files, &ReadOptions::default());
        }
    }
}
