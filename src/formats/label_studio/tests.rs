//! Tasks as Label Studio writes them, there and back, and what is wrong with some.

use super::{audio, decoded};
use crate::formats::memory::{Memory, item, plain, read, write};
use crate::formats::{AudioRef, Format, Item, Machine, ReadOptions, Record};
use proptest::prelude::*;
use serde_json::{Value, json};

fn tasks(text: &str) -> (Vec<Record>, Vec<String>) {
    let files = Memory::of(&[("t.json", text.as_bytes())]).main("t.json");
    let (records, problems) = read(Format::LabelStudio, &files, &ReadOptions::default()).unwrap();
    (records, problems.iter().map(ToString::to_string).collect())
}

fn one(task: &Value) -> Record {
    let (mut records, problems) = tasks(&json!([task]).to_string());
    assert_eq!(problems, [""; 0]);
    records.remove(0)
}

fn back(record: &Record) -> Item {
    let human = record.machine.is_none();
    Item {
        key: record.audio.as_str().to_owned(),
        author: record.author.clone(),
        at: record.at,
        seconds: None,
        suggestion: record
            .machine
            .clone()
            .and_then(|machine| Some((record.content.clone()?, machine))),
        extra: record.extra.clone(),
        ..item("", record.content.as_deref().filter(|_| human))
    }
}

fn written(item: &Item) -> Value {
    let (memory, _) = write(Format::LabelStudio, std::slice::from_ref(item), &plain());
    serde_json::from_str::<Value>(&memory.text("out")).unwrap()[0].take()
}

fn textarea(text: &Value) -> Value {
    json!({"id": "r1", "from_name": "transcription", "to_name": "audio", "type": "textarea", "value": {"text": text}})
}

#[test]
fn a_task_is_read_and_comes_back() {
    let task = json!({"id": 7, "data": {"audio": "s3://demo/a.wav", "topic": [1]}, "meta": {"x": 1},
        "annotations": [{"id": 3, "completed_by": {"id": 1, "email": "anna@x.org"}, "lead_time": 4.2,
            "created_at": "2025-03-04T10:22:05.123456Z", "was_cancelled": false,
            "result": [textarea(&json!(["hello there"])), {"type": "choices", "value": {"choices": ["noisy"]}}]}],
        "predictions": []});
    let record = one(&task);
    assert_eq!(record.audio, AudioRef::Url("s3://demo/a.wav".into()));
    assert_eq!(record.content.as_deref(), Some("hello there"));
    assert_eq!(record.author.as_deref(), Some("anna@x.org"));
    assert_eq!(record.at.unwrap().to_string(), "2025-03-04T10:22:05.123456Z");
    assert_eq!(written(&back(&record)), task);
    let changed = Item { content: Some("hi".into()), author: Some("bob".into()), ..back(&record) };
    let annotation = &written(&changed)["annotations"][0];
    assert_eq!(annotation["result"][0]["value"]["text"], json!(["hi"]));
    assert_eq!(annotation["completed_by"], json!({"email": "bob"}));
    let removed = Item { content: None, ..back(&record) };
    assert_eq!(written(&removed)["annotations"], json!([]));
}

#[test]
fn predictions_are_a_machines() {
    let task = json!({"data": {"audio": "a.wav"}, "predictions": [
        {"model_version": "w-2", "score": 0.5, "result": [textarea(&json!(["maybe"]))]}]});
    let record = one(&task);
    let machine = Machine { model: "w-2".into(), confidence: Some(0.5) };
    assert_eq!((record.content.as_deref(), &record.machine), (Some("maybe"), &Some(machine)));
    assert_eq!(written(&back(&record)), task);
    let fresh = Item { extra: serde_json::Map::new(), ..back(&record) };
    assert_eq!(written(&fresh)["predictions"][0]["score"], json!(0.5));
    assert_eq!(one(&written(&fresh)).machine, record.machine);
}

#[test]
fn segments_are_joined_in_order_of_time() {
    let region = |id: &str, start: f64, who: &str, text: &str| {
        [
            json!({"id": id, "type": "labels", "original_length": 9, "value": {"start": start, "end": start + 1.0, "channel": 0, "labels": [who]}}),
            json!({"id": id, "type": "textarea", "value": {"start": start, "end": start + 1.0, "text": [text]}}),
        ]
    };
    let result = [region("b", 5.0, "agent", "later"), region("a", 1.0, "caller", "first")].concat();
    let task = json!({"data": {"audio": "a.wav"}, "annotations": [{"result": result}]});
    let record = one(&task);
    assert_eq!(record.content.as_deref(), Some("first later"));
    assert_eq!(record.segments[0].speaker.as_deref(), Some("caller"));
    assert_eq!((record.segments[1].start, record.segments[1].end), (5.0, 6.0));
    assert_eq!(written(&back(&record)), task);
    let changed = written(&Item { content: Some("all".into()), ..back(&record) });
    assert_eq!(changed["annotations"][0], task["annotations"][0]);
    assert_eq!(one(&changed).content.as_deref(), Some("all"));
}

#[test]
fn quirks() {
    let of = |result: &Value| {
        one(&json!({"data": {"wav": "a.wav"}, "annotations": [{"result": result}]})).content
    };
    let task = |text: &Value| of(&json!([textarea(text)]));
    assert_eq!(task(&json!("bare")).as_deref(), Some("bare"));
    assert_eq!(task(&json!(["two", "lines"])).as_deref(), Some("two\nlines"));
    assert_eq!(task(&json!([""])).as_deref(), Some(""));
    assert_eq!(of(&json!([])), None);
    let old = json!([{"type": "textarea", "from_name": "x", "value": {"textarea": ["old"]}}]);
    assert_eq!(of(&old).as_deref(), Some("old"));
    let cancelled = json!({"data": {"audio": "a.wav"}, "annotations": [
        {"was_cancelled": true, "result": [textarea(&json!(["no"]))]}, {"result": [textarea(&json!(["yes"]))]}]});
    assert_eq!(one(&cancelled).content.as_deref(), Some("yes"));
    let truth = json!({"data": {"audio": "a.wav"}, "annotations": [
        {"ground_truth": true, "result": [textarea(&json!(["yes"]))]}, {"result": [textarea(&json!(["no"]))]}]});
    assert_eq!(one(&truth).content.as_deref(), Some("yes"));
    assert_eq!(
        one(&json!({"data": {"clip": "s3://b/a.wav", "n": "x"}})).audio.as_str(),
        "s3://b/a.wav"
    );
    assert_eq!(audio("/data/local-files/?d=in%20put/a.wav").as_str(), "in put/a.wav");
    assert_eq!(audio("/data/upload/1/0a1b2c3d-my-a.wav").as_str(), "my-a.wav");
    assert_eq!(audio("/data/upload/1/my-a.wav").as_str(), "my-a.wav");
    assert_eq!(decoded("%e6%97%a5%zz%"), "日%zz%");
}

#[test]
fn a_bad_task_is_named_and_the_rest_goes_on() {
    let text = r#"[{"data":{"audio":"1.wav"}},
 {"data":{"audio":"2.wav"},"data":1},
 {"data":7}, {"id":1}, 5,
 {"data":{"audio":"3.wav"},
  "annotations":[{"result":[{"type":"textarea","value":{"text":["a"]}}]},{"result":[{"type":"textarea","value":{"text":["b"]}}]}]},
 {"data":{"audio":"4.wav"}}"#;
    let (records, problems) = tasks(text);
    let audio: Vec<_> = records.iter().map(|one| one.audio.as_str()).collect();
    assert_eq!(audio, ["1.wav", "4.wav"]);
    assert_eq!(records.iter().map(|one| one.line).collect::<Vec<_>>(), [1, 6]);
    assert_eq!(problems[0], "line 2, column 33: \"data\" stands there twice");
    assert_eq!(problems[1], "line 3, column 3: \"data\" is no object");
    assert_eq!(problems[2], "line 3: no \"data\" in the task");
    assert_eq!(problems[3], "line 3, column 24: it is no JSON object");
    assert!(problems[4].starts_with("line 5, column 3: two labels"), "{}", problems[4]);
    assert!(problems[5].contains("the list is cut off"));
    assert_eq!(problems.len(), 6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_is_read_again(
        keys in prop::collection::vec("[a-z][\\PC\"% +=]{0,12}", 1..4),
        content in prop::option::of(any::<String>()),
        author in prop::option::of("[a-z@.]{1,8}"),
        at in prop::option::of(0_i64..4_000_000_000),
    ) {
        let at = at.map(|second| jiff::Timestamp::from_second(second).unwrap());
        let items: Vec<_> = keys
            .iter()
            .map(|key| Item { author: author.clone(), at, ..item(key, content.as_deref()) })
            .collect();
        let (memory, _) = write(Format::LabelStudio, &items, &plain());
        let (records, problems) = tasks(&memory.text("out"));
        prop_assert_eq!(problems, Vec::<String>::new());
        prop_assert_eq!(records.len(), items.len());
        for (record, item) in records.iter().zip(&items) {
            prop_assert_eq!(record.audio.as_str(), &item.key);
            prop_assert_eq!(&record.content, &item.content);
            if item.content.is_some() {
                prop_assert_eq!(&record.author, &item.author);
                prop_assert_eq!(record.at, item.at);
            }
            // What was read is written the same way.
            let again = back(record);
            prop_assert_eq!(&one(&written(&again)).content, &item.content);
        }
    }

    #[test]
    fn no_bytes_break_it(text in "[\\[\\]{}\":,a-z\\\\\n]{0,60}") {
        tasks(&text);
    }
}
