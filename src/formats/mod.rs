//! Files that carry labels: one file a format, each a streaming reader and, where it has one, a writer.
//!
//! A format knows bytes and texts; where they lie and what becomes of them is for whoever calls: see [`Files`] and
//! [`Sink`]. [`detect`] tells which format lies there, [`read`] and [`writer`] are the doors to all of them.

mod annotation;
mod array_in;
mod audacity;
mod audiofolder;
mod beside;
mod columns;
mod common_voice;
mod csv_in;
mod cue;
mod detect;
mod each;
mod elan;
mod files;
mod format;
mod ground_truth;
mod json;
mod kaldi;
mod key;
mod label_studio;
mod label_studio_csv;
mod lhotse;
mod line_in;
mod lines;
mod ljspeech;
mod manifest;
#[cfg(test)]
pub(crate) mod memory;
mod nemo;
mod problem;
mod record;
mod sidecar;
mod sidecars;
mod sorter;
mod srt;
mod table;
mod text_in;
mod text_out;
mod textgrid;
mod time;
mod webvtt;

pub use files::{Files, Sink};
pub use format::Format;
pub use json::too_many_values;
pub use key::KeyFields;
pub use lines::{LabelLine, LineError, LineSyntax, label_lines};
pub use problem::{FormatError, LineProblem};
pub use record::{AudioRef, Item, Machine, Record, Segment};
pub use sidecar::{SidecarError, read_sidecar, sidecar_of};

use std::ops::ControlFlow;

/// What is said about a format besides its name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// The column or field of the audio's name, where it is not one of the usual ones.
    pub audio_field: Option<String>,
    /// The column or field of the text, where it is not one of the usual ones.
    pub content_field: Option<String>,
}

/// What is said about what is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOptions {
    /// In CSV and TSV, cells that a spreadsheet would take for a formula get a `'` in front.
    pub guard_formulas: bool,
    /// Audio is named by its full address rather than relative to the export, where the format leaves the choice.
    pub full_addresses: bool,
    /// `s3` or `obs` for manifests: which scheme addresses are written with; `None` as the source says.
    pub scheme: Option<String>,
    /// The name of what is exported, where a format wants one.
    pub dataset: String,
}

/// Takes each recording as it is read, or what is wrong with a line, and says whether to go on.
pub type OnRecord<'a> = dyn FnMut(Result<Record, LineProblem>) -> ControlFlow<()> + 'a;

/// A format that is being written.
pub trait ItemWriter {
    /// Writes one sample. Samples come ordered by key.
    ///
    /// # Errors
    /// The disk, or a sample that the format cannot hold ([`FormatError::CannotHold`]; what was written before stays
    /// valid and more may follow).
    fn write(&mut self, item: &Item) -> Result<(), FormatError>;

    /// Writes what comes last, and flushes.
    ///
    /// # Errors
    /// The disk.
    fn finish(self: Box<Self>) -> Result<(), FormatError>;
}

/// Tells the format of what lies there by names and first bytes.
///
/// # Errors
/// [`FormatError::Unrecognized`] with what was looked at, or it cannot be read.
pub fn detect(files: &dyn Files) -> Result<Format, FormatError> {
    detect::detect(files)
}

/// Reads every recording in one pass with bounded memory.
///
/// # Errors
/// A file that is not there or cannot be read or is no such format altogether (gzip, UTF-16, …). What is wrong with one
/// line goes to `on_record`.
pub fn read(
    format: Format,
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    match format {
        Format::Manifest => manifest::read(files, on_record),
        Format::Annotation => annotation::read(files, options, on_record),
        Format::LabelStudio => label_studio::read(files, options, on_record),
        Format::LabelStudioCsv => label_studio_csv::read(files, options, on_record),
        Format::GroundTruth => ground_truth::read(files, options, on_record),
        Format::Nemo => nemo::read(files, options, on_record),
        Format::AudiofolderCsv => audiofolder::read_csv(files, options, on_record),
        Format::AudiofolderJsonl => audiofolder::read_json(files, options, on_record),
        Format::Csv => table::read(&table::CSV, files, options, on_record),
        Format::Tsv => table::read(&table::TSV, files, options, on_record),
        Format::Jsonl => table::read_json(&table::JSONL, files, options, on_record),
        Format::Kaldi => kaldi::read(files, on_record),
        Format::CommonVoice => common_voice::read(files, options, on_record),
        Format::LjSpeech => ljspeech::read(files, options, on_record),
        Format::Lhotse => lhotse::read(files, on_record),
        Format::Sidecars => sidecars::read(files, on_record),
        Format::WebVtt | Format::Srt | Format::TextGrid | Format::Elan | Format::Audacity => {
            Err(FormatError::NotReadable {
                file: format.name().to_owned(),
                why: "this format is only written".to_owned(),
                hint: None,
            })
        }
    }
}

/// Starts writing. Formats of one file write it under `name`.
///
/// # Errors
/// The disk.
pub fn writer<'a>(
    format: Format,
    sink: &'a mut dyn Sink,
    name: &str,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter + 'a>, FormatError> {
    match format {
        Format::Manifest => manifest::writer(sink, name, options),
        Format::Annotation => table::json_writer(&annotation::ANNOTATION, sink, name, options),
        Format::LabelStudio => label_studio::writer(sink, name, options),
        Format::LabelStudioCsv => label_studio_csv::writer(sink, name, options),
        Format::GroundTruth => ground_truth::writer(sink, name, options),
        Format::Nemo => nemo::writer(sink, name, options),
        Format::AudiofolderCsv => audiofolder::csv_writer(sink, options),
        Format::AudiofolderJsonl => audiofolder::json_writer(sink, options),
        Format::Csv => table::writer(&table::CSV, sink, name, options),
        Format::Tsv => table::writer(&table::TSV, sink, name, options),
        Format::Jsonl => table::json_writer(&table::JSONL, sink, name, options),
        Format::Kaldi => kaldi::writer(sink, options),
        Format::CommonVoice => Ok(common_voice::writer(sink)),
        Format::LjSpeech => ljspeech::writer(sink),
        Format::Lhotse => lhotse::writer(sink, options),
        Format::Sidecars => Ok(sidecars::writer(sink)),
        Format::WebVtt => Ok(webvtt::writer(sink)),
        Format::Srt => Ok(srt::writer(sink)),
        Format::TextGrid => Ok(textgrid::writer(sink)),
        Format::Elan => Ok(elan::writer(sink)),
        Format::Audacity => Ok(audacity::writer(sink)),
    }
}
