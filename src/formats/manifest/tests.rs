//! Manifests as ModelArts writes them, there and back without loss, and what is wrong with some lines.

use crate::formats::memory::{Memory, item, plain, read, write};
use crate::formats::{AudioRef, Format, Item, Machine, ReadOptions, Record, WriteOptions};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn lines(text: &str) -> (Vec<Record>, Vec<String>) {
    for line in text.lines() {
        if let Some(record) = super::plain::record(line) {
            assert_eq!(super::read::record(line), Ok(record));
        }
    }
    let files = Memory::of(&[("V001.manifest", text.as_bytes())]).main("V001.manifest");
    let (records, problems) = read(Format::Manifest, &files, &ReadOptions::default()).unwrap();
    (records, problems.iter().map(ToString::to_string).collect())
}

fn one(text: &str) -> Record {
    let (mut records, problems) = lines(text);
    assert_eq!(problems, [""; 0]);
    assert_eq!(records.len(), 1);
    records.remove(0)
}

fn problem(text: &str) -> String {
    let (records, mut problems) = lines(text);
    assert_eq!((records.len(), problems.len()), (0, 1), "{records:?} {problems:?}");
    problems.remove(0)
}

/// A sample with nothing to say but what was read.
fn back(record: &Record) -> Item {
    let human = record.machine.is_none();
    Item {
        url: record.audio.as_str().to_owned(),
        author: record.author.clone(),
        at: record.at,
        suggestion: record
            .machine
            .clone()
            .and_then(|machine| Some((record.content.clone()?, machine))),
        extra: record.extra.clone(),
        ..item("", record.content.as_deref().filter(|_| human))
    }
}

fn written(items: &[Item], options: &WriteOptions) -> String {
    let (memory, refused) = write(Format::Manifest, items, options);
    assert_eq!(refused, [""; 0]);
    memory.text("out")
}

fn comes_back(line: &str) {
    let text = written(&[back(&one(line))], &plain());
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(value(&text), value(line), "{text}");
}

#[test]
fn a_labeled_line_is_read() {
    let record = one(
        r#"{"source":"s3://demo-bucket/in/clip-0007.wav","usage":"train","id":"0f1e","annotation":[{"type":"modelarts/audio_content","property":{"@modelarts:content":"please close the gate"},"annotated-by":"human/anna","creation-time":"2025-03-04 10:22:05"}]}"#,
    );
    assert_eq!(record.audio, AudioRef::Url("s3://demo-bucket/in/clip-0007.wav".into()));
    assert_eq!(record.content.as_deref(), Some("please close the gate"));
    assert_eq!(record.author.as_deref(), Some("anna"));
    assert_eq!(record.at.unwrap().to_string(), "2025-03-04T10:22:05Z");
    assert_eq!(record.usage.as_deref(), Some("train"));
    assert_eq!((record.line, record.machine), (1, None));
    assert_eq!(Value::Object(record.extra), json!({"usage": "train", "id": "0f1e"}));
}

#[test]
fn plain_lines_are_read_as_all_lines_are() {
    const LINE: &str = r#"{"source":"s3://b/k.wav","usage":"train","id":[1,{"a":null}],"annotation":[{"type":"modelarts/audio_content","property":{"@modelarts:content":"a \"b\""},"annotated-by":"human/anna","creation-time":"2025-03-04 10:22:05"}]}"#;
    assert!(super::plain::record(LINE).is_some());
    let human = LINE.replace("human/anna", "human");
    assert_eq!(super::plain::record(&human).unwrap().author, None);
    for (old, new) in [
        ("\"train\"", "null"),
        ("\"train\"", "3"),
        ("\"train\"", "\"\""),
        ("\"usage\"", "\"inference_loc\""),
        ("\"usage\"", "\"inference-loc\""),
        ("\"usage\"", "\"id\""),
        ("\"usage\"", "\"source\""),
        ("s3://b/k.wav", ""),
        ("s3://b/k.wav", "s3://b/"),
        ("s3://b/k.wav", "https://host"),
        ("s3://b/k.wav", "content://a/b"),
        ("s3://b/k.wav", "\\u0061.wav"),
        ("modelarts/audio_content", "audio_content"),
        ("human/anna", "Human/anna"),
        ("human/anna", "human/"),
        ("human/anna", ""),
        ("human/anna", "model"),
        ("\"human/anna\"", "null"),
        ("annotated-by", "annotated_by"),
        ("annotated-by", "type"),
        ("2025-03-04 10:22:05", "2025-03-04T10:22:05"),
        ("2025-03-04 10:22:05", "yesterday"),
        ("\"2025-03-04 10:22:05\"", "null"),
        ("\"2025-03-04 10:22:05\"", "1"),
        ("{\"@modelarts:content\":\"a \\\"b\\\"\"}", "{}"),
        ("{\"@modelarts:content\":\"a \\\"b\\\"\"}", "[\"a\"]"),
        ("@modelarts:content\":", "@modelarts:content\":\"x\",\"@modelarts:content\":"),
        ("@modelarts:content\":", "@modelarts:content\":\"x\",\"other\":"),
        ("[{\"type\"", "[[1],{\"type\""),
        ("}]}", "},{}]}"),
        ("}]}", "}]}}"),
        ("}]}", "}]"),
    ] {
        assert!(LINE.contains(old), "{old}");
        lines(&LINE.replace(old, new));
    }
    assert_eq!(super::plain::record(&LINE.replace("}]}", "},{}]}")), None);
    let array = r#"{"source":"k.wav","annotation":[["modelarts/audio_content",["a"]]]}"#;
    assert_eq!(problem(array), "line 1, column 19: annotation 1 is no object");
}

#[test]
fn unlabeled_and_labeled_empty_are_apart() {
    for none in [r#""id":"x""#, r#""annotation":[]"#, r#""annotation":null"#] {
        assert_eq!(one(&format!(r#"{{"source":"s3://b/k.wav",{none}}}"#)).content, None);
    }
    let empty = one(
        r#"{"source":"s3://b/k.wav","annotation":[{"type":"audio_content","property":{"@modelarts:content":""}}]}"#,
    );
    assert_eq!(empty.content.as_deref(), Some(""));
}

#[test]
fn every_scheme_is_an_address() {
    for scheme in ["s3", "S3", "s3a", "S3a", "obs"] {
        let url = format!("{scheme}://b/a %2B+é.wav");
        assert_eq!(one(&json!({"source": url}).to_string()).audio, AudioRef::Url(url));
    }
}

#[test]
fn vendors_and_underscores_do_not_matter() {
    let record = one(
        r#"{"source":"obs://b/k.wav","inference_loc":"x","annotation":[{"type":"acme/audio_content","property":{"@modelarts:content":"hi","more":1},"annotated_by":"modelarts/active-learning","creation_time":"2025-03-04 10:22:05","confidence":0.75}]}"#,
    );
    let machine = Machine { model: "modelarts/active-learning".into(), confidence: Some(0.75) };
    assert_eq!((record.content.as_deref(), record.machine.clone()), (Some("hi"), Some(machine)));
    assert!(record.at.is_some());
    let text = written(&[back(&record)], &plain());
    let expected = json!({"source": "obs://b/k.wav", "inference-loc": "x", "annotation": [{
        "type": "acme/audio_content", "property": {"@modelarts:content": "hi", "more": 1},
        "annotated-by": "modelarts/active-learning", "creation-time": "2025-03-04 10:22:05",
        "confidence": 0.75}]});
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
}

#[test]
fn a_machines_text_becomes_a_persons_once_affirmed() {
    let record = one(
        r#"{"source":"s3://b/k.wav","annotation":[{"type":"modelarts/audio_content","property":{"@modelarts:content":"hi"},"annotated-by":"modelarts/active-learning","confidence":0.75,"hard":"true"}]}"#,
    );
    let affirmed =
        Item { content: Some("hi!".into()), author: Some("anna".into()), ..back(&record) };
    let expected = json!([{"type": "modelarts/audio_content", "property": {"@modelarts:content": "hi!"},
        "annotated-by": "human/anna", "hard": "true"}]);
    let line: Value = serde_json::from_str(&written(&[affirmed], &plain())).unwrap();
    assert_eq!(line["annotation"], expected);
    let removed = Item { suggestion: None, ..back(&record) };
    assert_eq!(written(&[removed], &plain()), "{\"source\":\"s3://b/k.wav\"}\n");
}

#[test]
fn segments_are_read_in_order_of_time_and_kept() {
    let line = r#"{"source":"s3://b/call.wav","annotation":[{"type":"modelarts/audio_segmentation","property":{"@modelarts:start_time":"00:01:03.900","@modelarts:end_time":"00:01:05.000","@modelarts:content":"how are you"}},{"type":"modelarts/audio_segmentation","name":"turn","property":{"@modelarts:start_time":"00:00:01.250","@modelarts:end_time":"00:00:03.900","@modelarts:source":"agent","@modelarts:content":"good morning"},"annotated-by":"human"},{"type":"modelarts/audio_classification","name":"call"}]}"#;
    let record = one(line);
    assert_eq!(record.content.as_deref(), Some("good morning how are you"));
    let times: Vec<_> = record.segments.iter().map(|one| (one.start, one.end)).collect();
    assert_eq!(times, [(1.25, 3.9), (63.9, 65.0)]);
    assert_eq!(record.segments[0].speaker.as_deref(), Some("agent"));
    let text = written(&[back(&record)], &plain());
    let again: Value = serde_json::from_str(&text).unwrap();
    let before: Value = serde_json::from_str(line).unwrap();
    let kept = again["annotation"].as_array().unwrap();
    assert_eq!(kept[..3], before["annotation"].as_array().unwrap()[..]);
    assert_eq!(kept.len(), 4);
    assert_eq!(one(&text).content, record.content);
}

#[test]
fn sound_classes_are_no_speech() {
    let line = r#"{"source":"s3://b/dog.wav","usage":"EVAL","annotation":[{"type":"modelarts/audio_classification","name":"bark","annotated-by":"human","creation-time":"2025-03-04 11:00:00"}]}"#;
    assert_eq!(one(line).content, None);
    comes_back(line);
}

#[test]
fn what_nobody_knows_comes_back() {
    comes_back(
        r#"{"source":"s3://b/k.wav","sample-type":2,"hard":"true","hard-coefficient":0.5,"property":{"@modelarts:x":[1,{"y":null}]},"size":9,"new":true}"#,
    );
    comes_back(
        r#"{"source":"s3://b/k.wav","annotation":[{"type":"modelarts/audio_classification","name":"x"},{"type":"modelarts/audio_content","property":{"@modelarts:content":"a\u0000\nb","z":1},"annotated-by":"human","creation-time":"2025-03-04T10:22:05+02:00","hard":"false","annotation-format":"manifest"},{"type":"x/other","k":[]}]}"#,
    );
    comes_back(r#"{"source":"s3://b/k.wav","annotation":[]}"#);
    comes_back(r#"{"source":"s3://b/k.wav","annotation":null,"usage":""}"#);
    comes_back(
        r#"{"source":"s3://b/k.wav","annotation":[{"type":"modelarts/audio_content","property":{"@modelarts:content":"a"},"annotated-by":"Human/","creation-time":"long ago"}]}"#,
    );
}

#[test]
fn a_bad_line_is_named_and_the_rest_goes_on() {
    let bad = [
        ("{\"source\":\"s3://b/k.wav\"", "line 1, column 24: the JSON is cut off"),
        ("{\"source\":7}", "line 1, column 2: \"source\" is no text"),
        ("{\"id\":\"x\"}", "line 1: no \"source\" in it"),
        (
            "{\"source\":\"s3://b\"}",
            "line 1, column 2: its source names a bucket, but no file in it",
        ),
        (
            "{\"source\":\"content://hi\"}",
            "line 1, column 2: its source is a text, not an audio file",
        ),
        (
            "{\"source\":\"s3://b/k\",\"source\":\"\"}",
            "line 1, column 29: \"source\" stands there twice",
        ),
        ("{\"source\":\"s3://b/k\",\"usage\":1}", "line 1, column 22: \"usage\" is no text"),
        (
            "{\"source\":\"s3://b/k\",\"annotation\":{}}",
            "line 1, column 22: \"annotation\" is no list",
        ),
        (
            "{\"source\":\"s3://b/k\",\"annotation\":[1]}",
            "line 1, column 22: annotation 1 is no object",
        ),
        (
            "{\"source\":\"s3://b/k\",\"annotation\":[{}]}",
            "line 1, column 22: annotation 1 has no type",
        ),
    ];
    for (line, why) in bad {
        assert_eq!(problem(line), why);
    }
    let label = r#"{"type":"modelarts/audio_content","property":{"@modelarts:content":"a"}}"#;
    let two = format!(r#"{{"source":"s3://b/k","annotation":[{label},{label}]}}"#);
    assert!(problem(&two).contains("two labels"), "{}", problem(&two));
    let wrong = two.replace(r#""a""#, "1").replace(&format!(",{label}"), "");
    assert!(problem(&wrong).contains("is no text"));
    let (records, problems) =
        lines("\u{feff}{\"source\":\"s3://b/1\"}\r\n\n\0\n{\"source\":\"s3://b/2\"}");
    assert_eq!(records.iter().map(|record| record.line).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(problems.len(), 1);
}

#[test]
fn a_line_is_written_as_others_write_it() {
    let labeled = Item {
        author: Some("anna".into()),
        at: Some("2025-03-04T10:22:05.5Z".parse().unwrap()),
        usage: Some("EVAL".into()),
        ..item("in/a b%+.wav", Some("two\nlines"))
    };
    let expected = r#"{"source":"s3://demo/in/a b%+.wav","usage":"EVAL","annotation":[{"type":"modelarts/audio_content","property":{"@modelarts:content":"two\nlines"},"annotated-by":"human/anna","creation-time":"2025-03-04 10:22:05"}]}"#;
    assert_eq!(written(std::slice::from_ref(&labeled), &plain()), format!("{expected}\n"));
    let obs = WriteOptions { scheme: Some("obs".into()), ..plain() };
    assert!(written(&[labeled], &obs).starts_with("{\"source\":\"obs://demo/in/"));
    assert!(written(&[item("tab\there", None)], &plain()).contains("tab\\there\"}"));
}

#[test]
fn a_split_replaces_the_use_that_was_told() {
    let record = one(r#"{"source":"s3://b/k.wav","usage":"train"}"#);
    assert_eq!(
        written(&[back(&record)], &plain()).trim(),
        r#"{"source":"s3://b/k.wav","usage":"train"}"#
    );
    let split = Item { usage: Some("EVAL".into()), ..back(&record) };
    assert_eq!(written(&[split], &plain()).trim(), r#"{"source":"s3://b/k.wav","usage":"EVAL"}"#);
}

#[test]
fn the_manifests_nearest_to_the_top_are_read() {
    let line = |key: &str| format!("{{\"source\":\"s3://b/{key}\"}}\n");
    let (a, b, c) = (line("a"), line("b"), line("c"));
    let files = Memory::of(&[
        ("x/a.manifest", a.as_bytes()),
        ("x/b.manifest", b.as_bytes()),
        ("x/y/c.manifest", c.as_bytes()),
        ("other.txt", b""),
    ]);
    let (records, _) = read(Format::Manifest, &files, &ReadOptions::default()).unwrap();
    let found: Vec<_> = records.iter().map(|one| (one.file.as_str(), one.audio.as_str())).collect();
    assert_eq!(found, [("x/a.manifest", "s3://b/a"), ("x/b.manifest", "s3://b/b")]);
    let none = read(Format::Manifest, &Memory::of(&[]), &ReadOptions::default()).unwrap_err();
    assert_eq!(none.to_string(), "a file that ends in .manifest is not there");
}

/// Any JSON that a line may carry.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6..1e6).prop_map(|number: f64| Value::from((number * 1e3).round() / 1e3)),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z@:_-]{1,8}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read_again(
        keys in prop::collection::vec("[\\PC\t\"% +=/]{1,20}", 1..5),
        content in prop::option::of(any::<String>()),
        author in prop::option::of("[a-z/ ]{1,8}"),
        at in prop::option::of(0_i64..4_000_000_000),
        usage in prop::option::of("TRAIN|EVAL"),
    ) {
        let at = at.map(|second| jiff::Timestamp::from_second(second).unwrap());
        let items: Vec<_> = keys
            .iter()
            .map(|key| Item { author: author.clone(), at, usage: usage.clone(), ..item(key, content.as_deref()) })
            .collect();
        let (records, problems) = lines(&written(&items, &plain()));
        prop_assert_eq!(problems, Vec::<String>::new());
        prop_assert_eq!(records.len(), items.len());
        for (record, item) in records.iter().zip(&items) {
            prop_assert_eq!(record.audio.as_str(), &item.url);
            prop_assert_eq!(&record.content, &item.content);
            prop_assert_eq!(&record.usage, &item.usage);
            if item.content.is_some() {
                prop_assert_eq!(&record.author, &item.author);
                prop_assert_eq!(record.at, item.at);
            }
        }
    }

    #[test]
    fn unknown_fields_survive(
        sample in prop::collection::btree_map("[a-z-]{1,8}", json_value(), 0..4),
        label in prop::collection::btree_map("[a-z-]{1,8}", json_value(), 0..4),
        before in 0..3_usize,
        after in 0..3_usize,
        content in any::<String>(),
    ) {
        let mut line = Map::from_iter(sample);
        line.remove("usage");
        line.insert("source".into(), "s3://b/k.wav".into());
        let mut own = Map::from_iter(label);
        own.remove("confidence");
        own.insert("type".into(), "modelarts/audio_content".into());
        own.insert("property".into(), json!({"@modelarts:content": content}));
        own.insert("annotated-by".into(), "human".into());
        let other = json!({"type": "modelarts/audio_classification", "name": "x"});
        let mut list = vec![other.clone(); before];
        list.push(own.into());
        list.extend(vec![other; after]);
        line.insert("annotation".into(), list.into());
        comes_back(&Value::Object(line).to_string());
    }

    #[test]
    fn no_line_breaks_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let files = Memory::of(&[("m", &bytes)]).main("m");
        let _ = read(Format::Manifest, &files, &ReadOptions::default());
    }
}
