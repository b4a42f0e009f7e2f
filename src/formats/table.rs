//! Tables with a header: CSV and TSV, and the same as JSON lines; plain ones here, those of other programs by their
//! [`Columns`].
//!
//! A cell that a spreadsheet would take for a formula is guarded by a `'` where that is asked for. A text that itself
//! reads like a guarded cell gets one too, always, so that taking one away when reading is exact.

use super::columns::{Audio, Columns};
use super::csv_in::CsvIn;
use super::each::{Wanted, each_line};
use super::json::{Fault, Fields, Object, Ordered};
use super::text_in::TextIn;
use super::text_out::TextOut;
use super::{
    Files, FormatError, Item, ItemWriter, LineProblem, OnRecord, ReadOptions, Record, Sink,
    WriteOptions,
};
use serde_json::Value;
use std::ops::ControlFlow;

/// The columns of a plain table.
pub(super) const PLAIN: Columns = Columns {
    audio: &["key", "file_name", "path", "audio", "audio_filepath", "source", "wav", "file"],
    audio_out: Audio::Both("key", "audio"),
    content: &["content", "text", "transcription", "transcript", "sentence", "label"],
    content_out: "content",
    null_content: true,
    seconds: "seconds",
    usage: "usage",
    label: Some(("labeled_by", &["labeled_at"])),
    suggestion: Some(("suggestion", "suggested_by", "confidence")),
    ours: true,
};

/// The order of them, behind the audio.
const PLAIN_ORDER: &[&str] = &[
    "content",
    "state",
    "flags",
    "seconds",
    "labeled_by",
    "labeled_at",
    "speaker",
    "usage",
    "suggestion",
    "suggested_by",
    "confidence",
    EXTRA,
];

/// The column of whatever has no column, as JSON.
pub(super) const EXTRA: &str = "extra";

/// How a table is laid out.
pub(super) struct Layout {
    /// What the columns are called.
    pub(super) columns: &'static Columns,
    /// Which files of a folder are such tables.
    pub(super) wanted: Wanted,
    /// What stands between cells: a comma, where a header of semicolons is told by itself, or a tab.
    pub(super) separator: u8,
    /// Whether cells may be guarded against being taken for formulas.
    pub(super) guarded: bool,
}

/// Comma-separated, plain.
pub(super) const CSV: Layout =
    Layout { columns: &PLAIN, wanted: Wanted::Nearest(&[".csv"]), separator: b',', guarded: true };

/// Tab-separated, plain.
pub(super) const TSV: Layout =
    Layout { wanted: Wanted::Nearest(&[".tsv", ".tab"]), separator: b'\t', ..CSV };

/// Reads tables row by row.
///
/// # Errors
/// No file, one that cannot be read, or a header without a column for the audio.
pub(super) fn read(
    layout: &Layout,
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    read_with(layout, files, options, on_record, &mut |record| record)
}

/// The same, with something done to each record.
pub(super) fn read_with(
    layout: &Layout,
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
    change: &mut dyn FnMut(Record) -> Record,
) -> Result<(), FormatError> {
    for name in layout.wanted.among(files)? {
        let mut file = TextIn::open(files, &name)?;
        let place = file.place().to_owned();
        let separator = separator(&mut file, layout.separator)?;
        let mut rows = CsvIn::new(file, separator);
        let Some(header) = rows.next_row()? else { continue };
        let header = header.cells.and_then(|cells| {
            let problem =
                |why| LineProblem { file: place.clone(), line: header.line, column: None, why };
            check(&cells, layout, options).map(|()| cells).map_err(problem)
        });
        let header = header.map_err(|problem| FormatError::NotReadable {
            file: name.clone(),
            why: problem.why,
            hint: Some(format!(
                "name the columns of the audio and the text, or call them {} and {}",
                layout.columns.audio[0], layout.columns.content[0]
            )),
        })?;
        while let Some(row) = rows.next_row()? {
            let read = row.cells.and_then(|cells| {
                record(layout, options, &header, cells)
                    .map(|record| change(Record { file: place.clone(), line: row.line, ..record }))
                    .map_err(|fault| LineProblem {
                        file: place.clone(),
                        line: row.line,
                        column: fault.column,
                        why: fault.why,
                    })
            });
            if on_record(read) == ControlFlow::Break(()) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A header of semicolons without a comma in it means that these separate the cells.
fn separator(file: &mut TextIn, usual: u8) -> Result<u8, FormatError> {
    let head = file.peek()?;
    let head = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let semicolons = usual == b',' && head.contains(&b';') && !head.contains(&b',');
    Ok(if semicolons { b';' } else { usual })
}

fn check(header: &[String], layout: &Layout, options: &ReadOptions) -> Result<(), String> {
    for (place, name) in header.iter().enumerate() {
        if !name.is_empty() && header[..place].contains(name) {
            return Err(format!("the column {name:?} stands there twice"));
        }
    }
    let there = |name: &str| header.iter().any(|column| column == name);
    if let Some(name) = &options.content_field
        && !there(name)
    {
        return Err(format!("there is no column {name:?}"));
    }
    match &options.audio_field {
        Some(name) if !there(name) => Err(format!("there is no column {name:?}")),
        None if !layout.columns.audio.iter().any(|name| there(name)) => {
            Err(format!("no column names the audio: no {}", layout.columns.audio.join(", ")))
        }
        _ => Ok(()),
    }
}

fn record(
    layout: &Layout,
    options: &ReadOptions,
    header: &[String],
    cells: Vec<String>,
) -> Result<Record, Fault> {
    if cells.len() != header.len() {
        let (cells, names) = (cells.len(), header.len());
        return Err(Fault::new(format!("{cells} cells under a header of {names}")));
    }
    let mut object = Object::new();
    let mut extra = None;
    for (name, cell) in header.iter().zip(cells) {
        let cell = if layout.guarded { unguard(cell) } else { cell };
        if name == EXTRA && cell.starts_with('{') {
            extra = Fields::of_text(&cell).ok().map(|fields| fields.left);
            if extra.is_some() {
                continue;
            }
        }
        if !cell.is_empty() {
            object.insert(name.clone(), Value::String(cell));
        }
    }
    let mut record = layout.columns.record(Fields::of_row(object), options)?;
    for (name, value) in extra.into_iter().flatten() {
        record.extra.entry(name).or_insert(value);
    }
    Ok(record)
}

/// Starts a plain table.
///
/// # Errors
/// The disk.
pub(super) fn writer(
    layout: &'static Layout,
    sink: &mut dyn Sink,
    name: &str,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter>, FormatError> {
    let audio = if options.full_addresses { "audio" } else { "key" };
    let columns = [&[audio], PLAIN_ORDER].concat();
    let quotes = csv::QuoteStyle::Necessary;
    Ok(Box::new(Table::create(layout, columns, quotes, sink, name, options)?))
}

/// A table that is being written.
pub(super) struct Table {
    out: TextOut,
    layout: &'static Layout,
    columns: Vec<&'static str>,
    rows: csv::WriterBuilder,
    guard: bool,
    full_addresses: bool,
}

impl Table {
    /// Starts it with its header.
    pub(super) fn create(
        layout: &'static Layout,
        columns: Vec<&'static str>,
        quotes: csv::QuoteStyle,
        sink: &mut dyn Sink,
        name: &str,
        options: &WriteOptions,
    ) -> Result<Self, FormatError> {
        let mut rows = csv::WriterBuilder::new();
        rows.delimiter(layout.separator).quote_style(quotes);
        let mut table = Self {
            out: TextOut::create(sink, name)?,
            layout,
            columns,
            rows,
            guard: options.guard_formulas,
            full_addresses: options.full_addresses,
        };
        let header: Vec<_> = table.columns.iter().map(|column| (*column).to_owned()).collect();
        table.row(&header)?;
        Ok(table)
    }

    /// Writes a row of fields, those without a column of their own into [`EXTRA`].
    pub(super) fn write_object(&mut self, mut object: Object) -> Result<(), FormatError> {
        let mut cells: Vec<_> = self
            .columns
            .iter()
            .map(
                |column| {
                    if *column == EXTRA { String::new() } else { cell(object.remove(*column)) }
                },
            )
            .collect();
        if let Some(place) = self.columns.iter().position(|column| *column == EXTRA)
            && !object.is_empty()
        {
            cells[place] = Value::Object(object).to_string();
        }
        if self.layout.guarded {
            for cell in &mut cells {
                guard(cell, self.guard);
            }
        }
        self.row(&cells)
    }

    fn row(&mut self, cells: &[String]) -> Result<(), FormatError> {
        let mut writer = self.rows.from_writer(Vec::new());
        let written = writer.write_record(cells).map_err(std::io::Error::from);
        let bytes =
            written.and_then(|()| writer.into_inner().map_err(csv::IntoInnerError::into_error));
        match bytes {
            Ok(bytes) => self.out.bytes(&bytes),
            Err(error) => Err(self.out.failed(error)),
        }
    }
}

impl ItemWriter for Table {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let mut object = self.layout.columns.object(item, self.full_addresses);
        let state = if item.content.is_some() { "labeled" } else { "unlabeled" };
        object.insert("state".to_owned(), state.into());
        self.write_object(object)
    }

    fn finish(self: Box<Self>) -> Result<(), FormatError> {
        self.out.finish()
    }
}

fn cell(value: Option<Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(Value::Array(words)) if words.iter().all(Value::is_string) => {
            words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        Some(other) => other.to_string(),
    }
}

/// Whether a spreadsheet may take a cell for a formula.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

fn is_guarded(cell: &str) -> bool {
    cell.starts_with('\'') && is_formula(cell.trim_start_matches('\''))
}

fn guard(cell: &mut String, formulas: bool) {
    if is_guarded(cell) || (formulas && is_formula(cell)) {
        cell.insert(0, '\'');
    }
}

fn unguard(mut cell: String) -> String {
    if is_guarded(&cell) {
        cell.remove(0);
    }
    cell
}

/// Which JSON lines a format is.
pub(super) struct JsonLayout {
    /// What the fields are called.
    pub(super) columns: &'static Columns,
    /// Which files of a folder are such.
    pub(super) wanted: Wanted,
    /// Which fields are written first.
    pub(super) first: &'static [&'static str],
}

/// Plain JSON lines.
pub(super) const JSONL: JsonLayout = JsonLayout {
    columns: &PLAIN,
    wanted: Wanted::Nearest(&[".jsonl", ".ndjson"]),
    first: &["key", "audio", "content"],
};

/// Reads JSON lines.
///
/// # Errors
/// No file, or one that cannot be read.
pub(super) fn read_json(
    layout: &JsonLayout,
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    each_line(files, layout.wanted, on_record, &mut |line| {
        layout.columns.record(Fields::of_text(line)?, options).map(Some)
    })
}

struct JsonLines {
    out: TextOut,
    layout: &'static JsonLayout,
    full_addresses: bool,
}

/// Starts JSON lines.
///
/// # Errors
/// The disk.
pub(super) fn json_writer(
    layout: &'static JsonLayout,
    sink: &mut dyn Sink,
    name: &str,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter>, FormatError> {
    let out = TextOut::create(sink, name)?;
    Ok(Box::new(JsonLines { out, layout, full_addresses: options.full_addresses }))
}

impl ItemWriter for JsonLines {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let object = self.layout.columns.object(item, self.full_addresses);
        self.out.json_line(&Ordered(&object, self.layout.first))
    }

    fn finish(self: Box<Self>) -> Result<(), FormatError> {
        self.out.finish()
    }
}

#[cfg(test)]
mod tests;
