//! Label Studio JSON: a list of tasks, each with the texts that people (annotations) and machines (predictions) gave.
//!
//! What a task says besides its label is kept as it stands there; of the annotation that holds the label, all but the
//! text, which is how it is found again.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::writer;

use super::AudioRef;
use super::json::Object;
use super::time::read_time;
use jiff::Timestamp;
use serde_json::Value;

/// The names that the text has in the labeling configurations of most projects.
const TEXTS: [&str; 6] = ["transcription", "text", "transcript", "content", "sentence", "label"];

/// The field of a task's data that names the audio.
fn audio_name(data: &Object) -> Option<&str> {
    const USUAL: [&str; 9] =
        ["audio", "key", "file_name", "path", "audio_filepath", "source", "wav", "file", "url"];
    let text = |name: &str| data.get(name).is_some_and(Value::is_string);
    if let Some(name) = USUAL.into_iter().find(|name| text(name)) {
        return Some(name);
    }
    let is_address = |value: &Value| {
        value.as_str().is_some_and(|text| text.contains("://") || text.starts_with("/data/"))
    };
    let mut addresses = data.iter().filter(|(_, value)| is_address(value));
    addresses.next().filter(|_| addresses.next().is_none()).map(|(name, _)| name.as_str())
}

/// What an address of Label Studio's own server stands for.
fn audio(address: &str) -> AudioRef {
    const LOCAL: &str = "/data/local-files/?d=";
    const UPLOAD: &str = "/data/upload/";
    if let Some(at) = address.find(LOCAL)
        && (at == 0 || address.contains("://"))
    {
        return AudioRef::Path(decoded(&address[at + LOCAL.len()..]));
    }
    if address.starts_with(UPLOAD) {
        let name = address.rsplit('/').next().unwrap_or(address);
        let plain = name.split_once('-').filter(|(mark, _)| {
            mark.len() == 8 && mark.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        return AudioRef::Path(decoded(plain.map_or(name, |(_, plain)| plain)));
    }
    AudioRef::read(address)
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, more)) = rest.split_first() {
        let hex = more.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) if *byte == b'%' => {
                bytes.push(value);
                rest = &more[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = more;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn is_cancelled(annotation: &Object) -> bool {
    annotation.get("was_cancelled") == Some(&Value::Bool(true))
}

fn results(annotation: &Object) -> impl Iterator<Item = &Object> {
    let list = annotation.get("result").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object)
}

/// Whether an item is a text field over the whole recording.
fn is_whole_text(annotation: &Object, item: &Object) -> bool {
    is_textarea(item) && span(item).is_none() && !is_of_region(annotation, item)
}

fn is_textarea(item: &Object) -> bool {
    item.get("type").and_then(Value::as_str) == Some("textarea")
}

fn is_of_region(annotation: &Object, item: &Object) -> bool {
    let id = item.get("id").filter(|id| !id.is_null());
    id.is_some() && results(annotation).any(|other| other.get("id") == id && span(other).is_some())
}

fn span(item: &Object) -> Option<(f64, f64)> {
    let value = item.get("value")?.as_object()?;
    Some((value.get("start")?.as_f64()?, value.get("end")?.as_f64()?))
}

/// Who made an annotation.
fn author(annotation: &Object) -> Option<String> {
    match annotation.get("completed_by")? {
        Value::String(name) => Some(name.clone()),
        Value::Number(id) => Some(id.to_string()),
        Value::Object(person) => match person.get("email").or_else(|| person.get("id"))? {
            Value::String(name) => Some(name.clone()),
            other => Some(other.to_string()),
        },
        _ => None,
    }
}

fn at(annotation: &Object) -> Option<Timestamp> {
    ["updated_at", "created_at"]
        .iter()
        .find_map(|name| annotation.get(*name).and_then(Value::as_str).and_then(read_time))
}

#[cfg(test)]
mod tests;
