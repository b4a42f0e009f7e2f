//! Hugging Face audiofolder: `metadata.csv` or `metadata.jsonl` beside the audio, in as many folders as there are.
//! Folders called `train`, `validation` and `test` are splits.

use super::columns::{Audio, Columns};
use super::each::Wanted;
use super::table::{self, EXTRA, JsonLayout, Layout, Table};
use super::{Files, FormatError, ItemWriter, OnRecord, ReadOptions, Record, Sink, WriteOptions};

const COLUMNS: Columns = Columns {
    audio: &["file_name", "audio_file_name"],
    audio_out: Audio::Key("file_name"),
    content: &["transcription", "text", "sentence", "content", "transcript", "label"],
    content_out: "transcription",
    null_content: true,
    seconds: "duration",
    usage: "split",
    label: None,
    suggestion: None,
    ours: false,
};

const TABLE_COLUMNS: Columns = Columns { ours: true, ..COLUMNS };

const CSV: Layout = Layout {
    columns: &TABLE_COLUMNS,
    wanted: Wanted::Named("metadata.csv"),
    separator: b',',
    guarded: false,
};

const JSONL: JsonLayout = JsonLayout {
    columns: &COLUMNS,
    wanted: Wanted::Named("metadata.jsonl"),
    first: &["file_name", "transcription"],
};

/// Reads every `metadata.csv`.
///
/// # Errors
/// There is none, or one cannot be read or has no `file_name`.
pub(super) fn read_csv(
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    let main = files.main().unwrap_or_default().to_owned();
    table::read_with(&CSV, files, options, on_record, &mut |record| split(record, &main))
}

/// Reads every `metadata.jsonl`.
///
/// # Errors
/// There is none, or one cannot be read.
pub(super) fn read_json(
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    let main = files.main().unwrap_or_default().to_owned();
    table::read_json(&JSONL, files, options, &mut |record| {
        on_record(record.map(|record| split(record, &main)))
    })
}

/// Starts `metadata.csv`.
///
/// # Errors
/// The disk.
pub(super) fn csv_writer(
    sink: &mut dyn Sink,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter>, FormatError> {
    let columns =
        vec!["file_name", "transcription", "state", "duration", "speaker", "split", EXTRA];
    let quotes = csv::QuoteStyle::Necessary;
    Ok(Box::new(Table::create(&CSV, columns, quotes, sink, "metadata.csv", options)?))
}

/// Starts `metadata.jsonl`.
///
/// # Errors
/// The disk.
pub(super) fn json_writer(
    sink: &mut dyn Sink,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter>, FormatError> {
    table::json_writer(&JSONL, sink, "metadata.jsonl", options)
}

/// Where the row does not say its use, the folders that it lies in may.
fn split(mut record: Record, main: &str) -> Record {
    if record.usage.is_none() {
        let file = if record.file.is_empty() { main } else { &record.file };
        let folders = file.rsplit_once('/').map_or("", |(folders, _)| folders);
        let inside = record.audio.as_str();
        let inside = inside.rsplit_once('/').map_or("", |(folders, _)| folders);
        let usage = folders.split('/').chain(inside.split('/')).find_map(usage);
        record.usage = usage.map(str::to_owned);
    }
    record
}

fn usage(folder: &str) -> Option<&'static str> {
    Some(match folder.to_ascii_lowercase().as_str() {
        "train" | "training" => "TRAIN",
        "validation" | "valid" | "val" | "dev" | "eval" => "EVAL",
        "test" | "testing" => "TEST",
        _ => return None,
    })
}
