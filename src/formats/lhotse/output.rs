//! Writing: a recording a sample, and a supervision over the whole of it where it is labeled.

use super::{AT, AUTHOR, CUSTOM, OF_RECORDING, OF_SUPERVISION, Object, RECORDINGS, SUPERVISIONS};
use crate::formats::beside::cannot;
use crate::formats::text_out::TextOut;
use crate::formats::{FormatError, Item, ItemWriter, Sink, WriteOptions};
use serde_json::{Value, json};

/// Starts writing.
///
/// # Errors
/// The disk.
pub(in crate::formats) fn writer<'a>(
    sink: &'a mut dyn Sink,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter + 'a>, FormatError> {
    Ok(Box::new(Writer {
        recordings: TextOut::create(sink, RECORDINGS)?,
        supervisions: TextOut::create(sink, SUPERVISIONS)?,
        full_addresses: options.full_addresses,
    }))
}

struct Writer {
    recordings: TextOut,
    supervisions: TextOut,
    full_addresses: bool,
}

impl ItemWriter for Writer {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let length = item.seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
        let (Some(seconds), Some(rate)) = (length, item.rate.filter(|rate| *rate > 0)) else {
            return Err(cannot(&item.key, "its length or sampling rate is not known"));
        };
        let channels: Vec<u16> = (0..item.channels.unwrap_or(1).max(1)).collect();
        let (kind, source) = if self.full_addresses && item.url.contains("://") {
            ("url", &item.url)
        } else if self.full_addresses {
            ("file", &item.url)
        } else {
            ("file", &item.key)
        };
        let samples = (seconds * f64::from(rate)).round() as u64;
        let recording = json!({
            "id": item.key,
            "sources": [{ "type": kind, "channels": channels, "source": source }],
            "sampling_rate": rate,
            "num_samples": samples,
            // What Lhotse holds it against.
            "duration": samples as f64 / f64::from(rate),
            "channel_ids": channels,
        });
        self.recordings.line(&with(recording, &item.extra, OF_RECORDING))?;
        let Some(content) = &item.content else { return Ok(()) };
        let channel = if channels.len() == 1 { json!(0) } else { json!(channels) };
        let mut supervision = json!({
            "id": item.key,
            "recording_id": item.key,
            "start": 0.0,
            "duration": samples as f64 / f64::from(rate),
            "channel": channel,
            "text": content,
        });
        if let Some(speaker) = &item.speaker {
            supervision["speaker"] = json!(speaker);
        }
        let custom = custom(item);
        if !custom.is_empty() {
            supervision[CUSTOM] = Value::Object(custom);
        }
        self.supervisions.line(&with(supervision, &item.extra, OF_SUPERVISION))
    }

    fn finish(self: Box<Self>) -> Result<(), FormatError> {
        self.recordings.finish()?;
        self.supervisions.finish()
    }
}

/// What came along with an import, with who labeled it and when in front.
fn custom(item: &Item) -> Object {
    let came = item.extra.get(OF_SUPERVISION).and_then(|came| came.get(CUSTOM));
    let mut custom = came.and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(author) = &item.author {
        custom.insert(AUTHOR.into(), json!(author));
    }
    if let Some(at) = item.at {
        custom.insert(AT.into(), json!(at));
    }
    custom
}

/// Adds what an import said besides; what is ours stands.
fn with(mut ours: Value, extra: &Object, of: &str) -> String {
    if let (Some(ours), Some(came)) =
        (ours.as_object_mut(), extra.get(of).and_then(Value::as_object))
    {
        for (field, value) in came {
            if !ours.contains_key(field) {
                ours.insert(field.clone(), value.clone());
            }
        }
    }
    ours.to_string()
}
