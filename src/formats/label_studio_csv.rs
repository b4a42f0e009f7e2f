//! Label Studio CSV: a row an annotation, a column a field of the task and a control tag. One text stands bare,
//! several as a JSON list.

use super::columns::{Audio, Columns};
use super::each::Wanted;
use super::table::{self, EXTRA, Layout, Table};
use super::{
    Files, FormatError, Item, ItemWriter, OnRecord, ReadOptions, Record, Sink, WriteOptions,
};
use serde_json::{Value, json};

const COLUMNS: Columns = Columns {
    audio: &[
        "audio",
        "_data_audio",
        "key",
        "file_name",
        "path",
        "audio_filepath",
        "source",
        "wav",
        "file",
        "url",
    ],
    audio_out: Audio::Either("audio"),
    content: &["transcription", "text", "transcript", "content", "sentence", "label"],
    content_out: "transcription",
    null_content: false,
    seconds: "duration",
    usage: "usage",
    label: Some(("annotator", &["updated_at", "created_at"])),
    suggestion: None,
    ours: true,
};

const LAYOUT: Layout = Layout {
    columns: &COLUMNS,
    wanted: Wanted::Nearest(&[".csv"]),
    separator: b',',
    guarded: false,
};

/// Reads it row by row.
///
/// # Errors
/// No file, one that cannot be read, or a header without a column for the audio.
pub(super) fn read(
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    table::read_with(&LAYOUT, files, options, on_record, &mut |record| Record {
        content: record.content.map(|content| match several(&content) {
            Some(texts) => texts.join("\n"),
            None => content,
        }),
        ..record
    })
}

/// The texts of a cell that holds a list of them.
fn several(cell: &str) -> Option<Vec<String>> {
    let value: Value = match cell.as_bytes().first()? {
        b'[' | b'{' => serde_json::from_str(cell).ok()?,
        _ => return None,
    };
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut object) if object.len() == 1 => match object.remove("text")? {
            Value::Array(list) => list,
            _ => return None,
        },
        _ => return None,
    };
    let text = |value| if let Value::String(text) = value { Some(text) } else { None };
    list.into_iter().map(text).collect()
}

struct LabelStudioCsv(Table, bool);

/// Starts it.
///
/// # Errors
/// The disk.
pub(super) fn writer(
    sink: &mut dyn Sink,
    name: &str,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter>, FormatError> {
    let columns = vec![
        "annotation_id",
        "annotator",
        "audio",
        "created_at",
        "duration",
        EXTRA,
        "id",
        "lead_time",
        "speaker",
        "state",
        "transcription",
        "updated_at",
        "usage",
    ];
    let quotes = csv::QuoteStyle::NonNumeric;
    let table = Table::create(&LAYOUT, columns, quotes, sink, name, options)?;
    Ok(Box::new(LabelStudioCsv(table, options.full_addresses)))
}

impl ItemWriter for LabelStudioCsv {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let mut object = COLUMNS.object(item, self.1);
        let state = if item.content.is_some() { "labeled" } else { "unlabeled" };
        object.insert("state".to_owned(), state.into());
        // A text that reads like a list of texts is written as the only one of a list.
        if let Some(content) = item.content.as_deref().filter(|content| several(content).is_some())
        {
            object.insert("transcription".to_owned(), json!([content]).to_string().into());
        }
        self.0.write_object(object)
    }

    fn finish(self: Box<Self>) -> Result<(), FormatError> {
        Box::new(self.0).finish()
    }
}
