//! A sample as a task.

use super::super::json::{Object, Ordered, from_number};
use super::super::text_out::TextOut;
use super::super::{FormatError, Item, ItemWriter, Sink, WriteOptions};
use super::{at, audio_name, author, is_cancelled, is_whole_text, results, span};
use serde_json::{Value, json};

struct LabelStudio {
    out: TextOut,
    any: bool,
    full_addresses: bool,
}

/// Starts a list of tasks.
///
/// # Errors
/// The disk.
pub(in super::super) fn writer(
    sink: &mut dyn Sink,
    name: &str,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter>, FormatError> {
    let out = TextOut::create(sink, name)?;
    Ok(Box::new(LabelStudio { out, any: false, full_addresses: options.full_addresses }))
}

impl ItemWriter for LabelStudio {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        self.out.text(if self.any { ",\n" } else { "[\n" })?;
        self.any = true;
        let mut task = item.extra.clone();
        let data = data(item, task.remove("data"), self.full_addresses);
        task.insert("data".to_owned(), data);
        for (name, list) in [
            ("annotations", annotations(item, task.remove("annotations"))),
            ("predictions", predictions(item, task.remove("predictions"))),
        ] {
            if let Some(list) = list {
                task.insert(name.to_owned(), Value::Array(list));
            }
        }
        self.out.json(&Ordered(&task, &["id", "data", "annotations", "predictions"]))
    }

    fn finish(mut self: Box<Self>) -> Result<(), FormatError> {
        self.out.text(if self.any { "\n]\n" } else { "[]\n" })?;
        self.out.finish()
    }
}

fn data(item: &Item, old: Option<Value>, full_addresses: bool) -> Value {
    let mut data = match old {
        Some(Value::Object(data)) => data,
        _ => Object::new(),
    };
    let name = audio_name(&data).unwrap_or("audio").to_owned();
    let audio = if full_addresses { &item.url } else { &item.key };
    data.insert(name, audio.as_str().into());
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    for (name, value) in [
        ("duration", item.seconds.and_then(from_number)),
        ("speaker", text(&item.speaker)),
        ("usage", text(&item.usage)),
    ] {
        if let Some(value) = value {
            data.insert(name.to_owned(), value);
        }
    }
    Value::Object(data)
}

/// What was there before, with the label as it is now; `None` if there is nothing to write.
fn annotations(item: &Item, old: Option<Value>) -> Option<Vec<Value>> {
    let was_list = matches!(old, Some(Value::Array(_)));
    let mut list = match old {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    match &item.content {
        None => list.retain(|value| !value.as_object().is_some_and(says_something)),
        Some(content) => {
            if let Some((annotation, place)) = list.iter_mut().find_map(|value| {
                let annotation = value.as_object_mut()?;
                let place = emptied(annotation)?;
                Some((annotation, place))
            }) {
                annotation["result"][place]["value"]["text"] = json!([content]);
                sign(annotation, item);
            } else if !list.iter().any(|value| segments_say(value, content)) {
                let mut annotation = Object::new();
                annotation.insert("result".to_owned(), json!([result(content)]));
                sign(&mut annotation, item);
                list.push(Value::Object(annotation));
            }
        }
    }
    (was_list || !list.is_empty()).then_some(list)
}

/// The text item that an import took the text out of.
fn emptied(annotation: &Object) -> Option<usize> {
    let list = annotation.get("result")?.as_array()?;
    list.iter().position(|item| {
        item.as_object().is_some_and(|item| {
            let value = item.get("value").and_then(Value::as_object);
            is_whole_text(annotation, item)
                && value.is_some_and(|value| {
                    !value.contains_key("text") && !value.contains_key("textarea")
                })
        })
    })
}

fn says_something(annotation: &Object) -> bool {
    !is_cancelled(annotation)
        && results(annotation)
            .any(|item| item.get("type").and_then(Value::as_str) == Some("textarea"))
}

/// Whether the label is still what the segments of an annotation say.
fn segments_say(annotation: &Value, content: &str) -> bool {
    let Some(annotation) = annotation.as_object().filter(|one| !is_cancelled(one)) else {
        return false;
    };
    let mut texts: Vec<(f64, &str)> = results(annotation)
        .filter_map(|item| {
            let text = item.get("value")?.get("text")?;
            let text = text.as_str().or_else(|| text.get(0)?.as_str())?;
            let start = span(item).or_else(|| {
                results(annotation).filter(|other| other.get("id") == item.get("id")).find_map(span)
            })?;
            Some((start.0, text))
        })
        .collect();
    texts.sort_by(|one, other| one.0.total_cmp(&other.0));
    let texts: Vec<_> = texts.into_iter().map(|(_, text)| text).collect();
    !texts.is_empty() && texts.join(" ") == content
}

/// Says who labeled it and when, where that is not what the annotation says already.
fn sign(annotation: &mut Object, item: &Item) {
    if let Some(name) = &item.author
        && author(annotation).as_ref() != Some(name)
    {
        annotation.insert("completed_by".to_owned(), json!({ "email": name }));
    }
    if let Some(time) = item.at
        && at(annotation) != Some(time)
    {
        let text = time.to_string();
        annotation.entry("created_at").or_insert_with(|| json!(text));
        annotation.insert("updated_at".to_owned(), json!(text));
    }
}

fn predictions(item: &Item, old: Option<Value>) -> Option<Vec<Value>> {
    let was_list = matches!(old, Some(Value::Array(_)));
    let mut list = match old {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    if let Some((text, machine)) = &item.suggestion {
        let model = machine.model.as_str();
        let known =
            list.iter().any(|old| old["model_version"].as_str().unwrap_or_default() == model);
        if !known {
            let mut prediction = Object::new();
            if !model.is_empty() {
                prediction.insert("model_version".to_owned(), model.into());
            }
            if let Some(score) = machine.confidence.and_then(from_number) {
                prediction.insert("score".to_owned(), score);
            }
            prediction.insert("result".to_owned(), json!([result(text)]));
            list.push(Value::Object(prediction));
        }
    }
    (was_list || !list.is_empty()).then_some(list)
}

fn result(text: &str) -> Value {
    json!({
        "id": "speech",
        "from_name": "transcription",
        "to_name": "audio",
        "type": "textarea",
        "value": { "text": [text] },
    })
}
