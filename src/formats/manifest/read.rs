//! A line of a manifest as a record.

use super::super::each::{Wanted, each_line};
use super::super::json::{Fault, Fields, Object, number};
use super::super::time::{plain_time, read_time};
use super::super::{AudioRef, Files, FormatError, Machine, OnRecord, Record, Segment};
use super::{By, CONTENT, CONTENT_TYPE, annotated_by, by, is_content, kind, plain};
use crate::domain::Seconds;
use serde_json::Value;

/// Reads the manifest that was named, or those that lie nearest to the top of the folder.
///
/// # Errors
/// No manifest, or one that cannot be read.
pub(in super::super) fn read(
    files: &dyn Files,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    each_line(files, Wanted::Nearest(&[".manifest"]), on_record, &mut |line| {
        plain::record(line).map_or_else(|| record(line), Ok).map(Some)
    })
}

pub(super) fn record(line: &str) -> Result<Record, Fault> {
    let mut fields = Fields::of_text(line)?;
    let mut record = Record::new(0, source(&mut fields)?);
    hyphens(&mut fields.left, &[("inference_loc", "inference-loc")]);
    if !matches!(fields.left.get("usage"), None | Some(Value::String(_) | Value::Null)) {
        return Err(fields.fault("usage", "\"usage\" is no text"));
    }
    record.usage = fields.text("usage").filter(|usage| !usage.is_empty()).map(str::to_owned);
    match fields.left.remove("annotation") {
        None => {}
        Some(Value::Array(list)) => {
            let kept =
                annotations(&mut record, list).map_err(|why| fields.fault("annotation", why))?;
            if let Some(kept) = kept {
                fields.left.insert("annotation".to_owned(), Value::Array(kept));
            }
        }
        Some(Value::Null) => {
            fields.left.insert("annotation".to_owned(), Value::Null);
        }
        Some(_) => return Err(fields.fault("annotation", "\"annotation\" is no list")),
    }
    record.extra = fields.left;
    Ok(record)
}

fn source(fields: &mut Fields<'_>) -> Result<AudioRef, Fault> {
    let Some(source) = fields.take_text("source")? else {
        return Err(Fault::new("no \"source\" in it"));
    };
    let audio = AudioRef::read(&source);
    if let Some((scheme, rest)) = source.split_once("://") {
        if scheme.eq_ignore_ascii_case("content") {
            return Err(fields.fault("source", "its source is a text, not an audio file"));
        }
        let in_a_bucket =
            ["s3", "s3a", "obs"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let key = rest.split_once('/').map_or("", |(_, key)| key);
        if in_a_bucket && key.is_empty() {
            return Err(fields.fault("source", "its source names a bucket, but no file in it"));
        }
    } else if source.is_empty() {
        return Err(fields.fault("source", "its source is empty"));
    }
    Ok(audio)
}

/// Takes the label and the segments out of the annotations. What is to be kept of them; `None` if it is nothing.
fn annotations(record: &mut Record, list: Vec<Value>) -> Result<Option<Vec<Value>>, String> {
    let mut kept = Vec::with_capacity(list.len());
    let mut labels = 0;
    let mut trivial = false;
    for (value, number) in list.into_iter().zip(1..) {
        let Value::Object(mut annotation) = value else {
            return Err(format!("annotation {number} is no object"));
        };
        if kind(&annotation).is_none() {
            return Err(format!("annotation {number} has no type"));
        }
        if is_content(&annotation) {
            labels += 1;
            if labels == 2 {
                return Err("two labels: more than one audio_content annotation".to_owned());
            }
            trivial = label(record, &mut annotation)
                .map_err(|why| format!("annotation {number}: {why}"))?;
        } else if kind(&annotation) == Some("audio_segmentation") {
            let segment =
                segment(&annotation).map_err(|why| format!("annotation {number}: {why}"))?;
            record.segments.push(segment);
        }
        kept.push(Value::Object(annotation));
    }
    record.segments.sort_by(|one, other| one.start.total_cmp(&other.start));
    if labels == 0 {
        let texts: Vec<_> =
            record.segments.iter().filter_map(|segment| segment.content.as_deref()).collect();
        record.content = (!texts.is_empty()).then(|| texts.join(" "));
    }
    Ok((!trivial || kept.len() > 1).then_some(kept))
}

/// Takes out of the label's annotation what writing it makes anew; true if that is all there is.
fn label(record: &mut Record, annotation: &mut Object) -> Result<bool, String> {
    hyphens(
        annotation,
        &[
            ("annotated_by", "annotated-by"),
            ("creation_time", "creation-time"),
            ("annotation_loc", "annotation-loc"),
            ("annotation_format", "annotation-format"),
        ],
    );
    record.content = Some(content(annotation)?);
    match annotation.get("annotated-by") {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => match by(text) {
            By::Person(name) => {
                record.author = name.map(str::to_owned);
                if annotated_by(name) == *text {
                    annotation.remove("annotated-by");
                }
            }
            By::Machine(model) => {
                let confidence = annotation.get("confidence").and_then(number);
                record.machine = Some(Machine { model: model.to_owned(), confidence });
            }
        },
        Some(_) => return Err("\"annotated-by\" is no text".to_owned()),
    }
    if let Some(text) = annotation.get("creation-time").and_then(Value::as_str) {
        record.at = read_time(text);
        if record.at.is_some_and(|at| plain_time(at) == text) && record.machine.is_none() {
            annotation.remove("creation-time");
        }
    }
    let plain = annotation.get("type").and_then(Value::as_str) == Some(CONTENT_TYPE);
    Ok(plain && annotation.len() == 1)
}

fn content(annotation: &mut Object) -> Result<String, String> {
    let Some(Value::Object(property)) = annotation.get_mut("property") else {
        return Err("no \"property\" with the content in it".to_owned());
    };
    let content = match property.remove(CONTENT) {
        Some(Value::String(content)) => content,
        Some(_) => return Err(format!("{CONTENT:?} is no text")),
        None => return Err(format!("no {CONTENT:?} in its property")),
    };
    if property.is_empty() {
        annotation.remove("property");
    }
    Ok(content)
}

fn segment(annotation: &Object) -> Result<Segment, String> {
    let property = annotation.get("property").and_then(Value::as_object);
    let field = |name: &str| property.and_then(|property| property.get(name));
    let time = |name: &str| match field(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => seconds(value).map(Some).ok_or_else(|| format!("{name:?} is no time")),
    };
    let text = |name: &str| match field(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{name:?} is no text")),
    };
    let start = time("@modelarts:start_time")?.unwrap_or_default();
    let end = time("@modelarts:end_time")?.unwrap_or(start);
    if end < start {
        return Err("a segment ends before it starts".to_owned());
    }
    Ok(Segment { start, end, content: text(CONTENT)?, speaker: text("@modelarts:source")? })
}

/// `hh:mm:ss.SSS`, or seconds.
fn seconds(value: &Value) -> Option<Seconds> {
    let Value::String(text) = value else { return number(value).filter(|number| *number >= 0.0) };
    text.split(':')
        .try_fold(0.0, |sum: f64, part| {
            let plain = part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            Some(sum * 60.0 + part.parse::<f64>().ok().filter(|_| plain)?)
        })
        .filter(|_| text.matches(':').count() <= 2)
}

/// Renames fields that are spelled with underscores, unless the other spelling is there too.
fn hyphens(object: &mut Object, names: &[(&str, &str)]) {
    for (old, new) in names {
        if !object.contains_key(*new)
            && let Some(value) = object.remove(*old)
        {
            object.insert((*new).to_owned(), value);
        }
    }
}
