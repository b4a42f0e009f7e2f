//! `SageMaker` Ground Truth augmented manifests: `source-ref`, a label attribute, and `<attribute>-metadata` about it.
//!
//! What else a line says stays as it is; the metadata of our own attribute too, which is how it is found again.

use super::each::{Wanted, each_line};
use super::json::{Fault, Fields, Object, Ordered, number};
use super::text_out::TextOut;
use super::time::{iso_time, read_time};
use super::{
    AudioRef, Files, FormatError, Item, ItemWriter, Machine, OnRecord, ReadOptions, Record, Sink,
    WriteOptions,
};
use serde_json::{Value, json};

const SOURCE: &str = "source-ref";
const METADATA: &str = "-metadata";
const ATTRIBUTE: &str = "transcript";
const USUAL: [&str; 6] = ["transcript", "transcription", "text", "content", "sentence", "label"];

/// Reads it line by line.
///
/// # Errors
/// No file, or one that cannot be read.
pub(super) fn read(
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    let wanted = Wanted::Nearest(&[".manifest", ".jsonl", ".json"]);
    each_line(files, wanted, on_record, &mut |line| record(line, options).map(Some))
}

fn record(line: &str, options: &ReadOptions) -> Result<Record, Fault> {
    let mut fields = Fields::of_text(line)?;
    let source = options.audio_field.as_deref().unwrap_or(SOURCE);
    let Some(audio) = fields.take_text(source)? else {
        return Err(Fault::new(format!("no {source:?} in it")));
    };
    if audio.is_empty() {
        return Err(fields.fault(source, format!("its {source:?} is empty")));
    }
    let mut record = Record::new(0, AudioRef::read(&audio));
    if let Some(attribute) = attribute(&fields, options)? {
        record.content = fields.take_text(&attribute)?;
        let metadata = fields.left.get_mut(&format!("{attribute}{METADATA}"));
        if let (Some(Value::Object(metadata)), true) = (metadata, record.content.is_some()) {
            about(&mut record, metadata);
        }
    }
    record.extra = fields.left;
    Ok(record)
}

/// Which attribute holds the text: the one that was named, else the only text that has metadata, else the one with the
/// most usual name.
fn attribute(fields: &Fields<'_>, options: &ReadOptions) -> Result<Option<String>, Fault> {
    if let Some(name) = &options.content_field {
        return Ok(Some(name.clone()));
    }
    let described: Vec<_> = fields
        .left
        .iter()
        .filter(|(name, value)| {
            value.is_string() && fields.left.contains_key(&format!("{name}{METADATA}"))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    let usual = |there: &dyn Fn(&str) -> bool| USUAL.into_iter().find(|name| there(name));
    let chosen = match described[..] {
        [] => usual(&|name| fields.text(name).is_some()),
        [one] => Some(one),
        [one, other, ..] => {
            let name = usual(&|name| described.contains(&name));
            let why = || format!("two labels: {one:?} and {other:?}; say which is the text");
            Some(name.ok_or_else(|| fields.fault(other, why()))?)
        }
    };
    Ok(chosen.map(str::to_owned))
}

fn about(record: &mut Record, metadata: &Object) {
    let text = |name: &str| metadata.get(name).and_then(Value::as_str);
    record.at = text("creation-date").and_then(read_time);
    if text("human-annotated") == Some("no") {
        record.machine = Some(Machine {
            model: text("job-name").unwrap_or_default().to_owned(),
            confidence: metadata.get("confidence").and_then(number),
        });
    }
}

struct GroundTruth {
    out: TextOut,
    job: String,
}

/// Starts it.
///
/// # Errors
/// The disk.
pub(super) fn writer(
    sink: &mut dyn Sink,
    name: &str,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter>, FormatError> {
    let out = TextOut::create(sink, name)?;
    Ok(Box::new(GroundTruth { out, job: options.dataset.clone() }))
}

impl ItemWriter for GroundTruth {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let mut line = item.extra.clone();
        let attribute = orphan(&line).unwrap_or_else(|| ATTRIBUTE.to_owned());
        let metadata = format!("{attribute}{METADATA}");
        let old = line.remove(&metadata);
        let by_machine = old.as_ref().is_some_and(|old| old["human-annotated"] == "no");
        let proposed = item.suggestion.as_ref().filter(|_| by_machine).map(|(text, _)| text);
        if let Some(content) = item.content.as_ref().or(proposed) {
            let untouched = by_machine && (item.content.is_none() || item.author.is_none());
            line.insert(attribute.clone(), content.as_str().into());
            let new = if untouched { old } else { Some(self.described(old, item)) };
            line.extend(new.map(|new| (metadata.clone(), new)));
        }
        line.insert(SOURCE.to_owned(), item.url.as_str().into());
        self.out.json_line(&Ordered(&line, &[SOURCE, &attribute, &metadata]))
    }

    fn finish(self: Box<Self>) -> Result<(), FormatError> {
        self.out.finish()
    }
}

impl GroundTruth {
    /// What is said about a person's label, over what was said before.
    fn described(&self, old: Option<Value>, item: &Item) -> Value {
        let mut metadata = match old {
            Some(Value::Object(old)) => old,
            _ => Object::new(),
        };
        metadata.entry("type").or_insert_with(|| json!("groundtruth/custom"));
        metadata.entry("job-name").or_insert_with(|| json!(self.job));
        if metadata.get("human-annotated").and_then(Value::as_str) != Some("yes") {
            metadata.insert("human-annotated".to_owned(), json!("yes"));
            metadata.remove("confidence");
        }
        let old = metadata.get("creation-date").and_then(Value::as_str).and_then(read_time);
        if let Some(at) = item.at.filter(|at| Some(*at) != old) {
            metadata.insert("creation-date".to_owned(), iso_time(at).into());
        }
        Value::Object(metadata)
    }
}

/// The attribute whose metadata an import kept without it.
fn orphan(line: &Object) -> Option<String> {
    let mut names = line.keys().filter_map(|name| name.strip_suffix(METADATA));
    names.find(|name| !line.contains_key(*name)).map(str::to_owned)
}
