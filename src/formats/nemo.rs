//! `NVIDIA` `NeMo` manifests: `audio_filepath`, `duration` and `text` a line. A line with an `offset` is a stretch of its
//! file; stretches of one file that follow each other become one record.

use super::columns::{Audio, Columns};
use super::each::{Wanted, each_line};
use super::json::{Fault, Fields, Ordered};
use super::table::JsonLayout;
use super::text_out::TextOut;
use super::{
    Files, FormatError, Item, ItemWriter, OnRecord, ReadOptions, Record, Segment, Sink,
    WriteOptions,
};
use serde_json::Value;
use std::ops::ControlFlow;

const COLUMNS: Columns = Columns {
    audio: &["audio_filepath"],
    audio_out: Audio::Either("audio_filepath"),
    content: &["text"],
    content_out: "text",
    null_content: false,
    seconds: "duration",
    usage: "usage",
    label: None,
    suggestion: Some(("pred_text", "", "")),
    ours: false,
};

const NEMO: JsonLayout = JsonLayout {
    columns: &COLUMNS,
    wanted: Wanted::Nearest(&[".json", ".jsonl"]),
    first: &["audio_filepath", "offset", "duration", "text"],
};

/// Stretches of one file that are put together at most.
const MOST_SEGMENTS: usize = 10_000;

/// The field of a record's `extra` that keeps the lines of its stretches.
const SEGMENTS: &str = "segments";

/// Reads it line by line.
///
/// # Errors
/// No file, or one that cannot be read.
pub(super) fn read(
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    let mut open: Option<Record> = None;
    let mut stopped = false;
    each_line(
        files,
        NEMO.wanted,
        &mut |read| {
            if let (Ok(more), Some(record)) = (&read, &mut open)
                && continues(record, more)
            {
                if let Ok(more) = read {
                    join(record, more);
                }
                return ControlFlow::Continue(());
            }
            if let Some(record) = open.take()
                && on_record(Ok(whole(record))).is_break()
            {
                stopped = true;
                return ControlFlow::Break(());
            }
            let told = match read {
                Ok(record) if !record.segments.is_empty() => {
                    open = Some(record);
                    ControlFlow::Continue(())
                }
                read => on_record(read),
            };
            stopped = told.is_break();
            told
        },
        &mut |line| record(line, options).map(Some),
    )?;
    if let Some(record) = open.filter(|_| !stopped) {
        let _ = on_record(Ok(whole(record)));
    }
    Ok(())
}

fn record(line: &str, options: &ReadOptions) -> Result<Record, Fault> {
    let fields = Fields::of_text(line)?;
    let offset = match fields.left.get("offset") {
        None | Some(Value::Null) => None,
        Some(_) => match fields.number("offset") {
            Some(offset) if offset >= 0.0 => Some(offset),
            _ => return Err(fields.fault("offset", "\"offset\" is no number of seconds")),
        },
    };
    let line = fields.left.clone();
    let mut record = COLUMNS.record(fields, options)?;
    if let Some(start) = offset {
        let end = start + record.seconds.take().unwrap_or_default();
        let (content, speaker) = (record.content.clone(), record.speaker.take());
        record.segments.push(Segment { start, end, content, speaker });
        record.extra.clear();
        record.extra.insert(SEGMENTS.to_owned(), Value::Array(vec![Value::Object(line)]));
    }
    Ok(record)
}

fn continues(record: &Record, more: &Record) -> bool {
    !more.segments.is_empty()
        && record.segments.len() < MOST_SEGMENTS
        && record.file == more.file
        && record.audio == more.audio
        && record.machine.is_some() == more.machine.is_some()
}

fn join(record: &mut Record, mut more: Record) {
    record.segments.append(&mut more.segments);
    if let (Some(Value::Array(lines)), Some(Value::Array(new))) =
        (record.extra.get_mut(SEGMENTS), more.extra.get_mut(SEGMENTS))
    {
        lines.append(new);
    }
}

fn whole(mut record: Record) -> Record {
    record.segments.sort_by(|one, other| one.start.total_cmp(&other.start));
    record.content = joined(record.segments.iter().map(|segment| segment.content.as_deref()));
    record
}

fn joined<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Option<String> {
    let texts: Vec<_> = texts.flatten().collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

struct Nemo {
    out: TextOut,
    full_addresses: bool,
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
    Ok(Box::new(Nemo { out, full_addresses: options.full_addresses }))
}

impl ItemWriter for Nemo {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let audio = if self.full_addresses { &item.url } else { &item.key };
        for mut line in stretches(item) {
            line.insert("audio_filepath".to_owned(), audio.as_str().into());
            self.out.json_line(&Ordered(&line, NEMO.first))?;
        }
        if stretches(item).is_empty() {
            let mut line = COLUMNS.object(item, self.full_addresses);
            line.remove(SEGMENTS);
            self.out.json_line(&Ordered(&line, NEMO.first))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), FormatError> {
        self.out.finish()
    }
}

/// The lines that an import put together, while they still say what the label says.
fn stretches(item: &Item) -> Vec<super::json::Object> {
    let Some(Value::Array(lines)) = item.extra.get(SEGMENTS) else { return Vec::new() };
    let mut lines: Vec<_> = lines.iter().filter_map(Value::as_object).cloned().collect();
    let start = |line: &super::json::Object| {
        line.get("offset").and_then(super::json::number).unwrap_or_default()
    };
    lines.sort_by(|one, other| start(one).total_cmp(&start(other)));
    let text =
        |line: &'_ super::json::Object| line.get("text").and_then(Value::as_str).map(str::to_owned);
    let texts: Vec<_> = lines.iter().map(text).collect();
    let same = joined(texts.iter().map(Option::as_deref)) == item.content;
    if same { lines } else { Vec::new() }
}
