//! What any format says about one recording, in one shape.

use crate::domain::Seconds;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// How a file names a recording.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AudioRef {
    /// `s3://bucket/key`, `obs://…`, `https://…`, `file://…`, as written.
    Url(String),
    /// A path, relative (to the file that says so) or absolute, as written.
    Path(String),
    /// A name without its ending, or an id that may be one.
    Stem(String),
}

impl AudioRef {
    /// Tells an address from a path.
    pub fn read(text: &str) -> Self {
        if text.contains("://") { Self::Url(text.to_owned()) } else { Self::Path(text.to_owned()) }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Url(text) | Self::Path(text) | Self::Stem(text) => text,
        }
    }
}

/// A stretch of a recording.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Segment {
    /// Where it starts.
    pub start: Seconds,
    /// Where it ends.
    pub end: Seconds,
    /// What is said in it.
    pub content: Option<String>,
    /// Who says it.
    pub speaker: Option<String>,
}

/// What a machine says about a text that it made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Machine {
    /// Which model; empty if it is not said.
    pub model: String,
    /// From 0 to 1.
    pub confidence: Option<f64>,
}

/// One recording of a file that is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The file that says so, relative to what was named; empty where there is but one.
    pub file: String,
    /// Line in it from 1; 0 where it has none.
    pub line: u64,
    /// The recording.
    pub audio: AudioRef,
    /// The speech content. `None`: unlabeled. Of segments, their texts in order of time, joined by spaces.
    pub content: Option<String>,
    /// Who or what made the label, if it was a machine.
    pub machine: Option<Machine>,
    /// Who labeled it.
    pub author: Option<String>,
    /// When it was labeled.
    pub at: Option<Timestamp>,
    /// Length in seconds.
    pub seconds: Option<Seconds>,
    /// Who speaks.
    pub speaker: Option<String>,
    /// Which language.
    pub language: Option<String>,
    /// `TRAIN`, `EVAL`, `TEST` or what else it says of its use.
    pub usage: Option<String>,
    /// Stretches, where it says so.
    pub segments: Vec<Segment>,
    /// Whatever else the line says, in the format's own JSON: kept from import to export of the same format.
    pub extra: Map<String, Value>,
}

impl Record {
    /// A recording of which nothing is said yet.
    pub fn new(line: u64, audio: AudioRef) -> Self {
        Self {
            file: String::new(),
            line,
            audio,
            content: None,
            machine: None,
            author: None,
            at: None,
            seconds: None,
            speaker: None,
            language: None,
            usage: None,
            segments: Vec::new(),
            extra: Map::new(),
        }
    }
}

/// One sample that is written to a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its key relative to the source. Text: keys that are not UTF-8 are not exported, and named.
    pub key: String,
    /// Its full address: `s3://bucket/prefix/key`, or an absolute path.
    pub url: String,
    /// The speech content; `None`: unlabeled.
    pub content: Option<String>,
    /// What a machine proposes.
    pub suggestion: Option<(String, Machine)>,
    /// Names of the flags that are set.
    pub flags: Vec<String>,
    /// Who labeled it.
    pub author: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// Length in seconds.
    pub seconds: Option<Seconds>,
    /// Sampling rate in hertz.
    pub rate: Option<u32>,
    /// Channels.
    pub channels: Option<u16>,
    /// Bytes.
    pub size: u64,
    /// `TRAIN` or `EVAL`, where a split was asked for.
    pub usage: Option<String>,
    /// Who speaks, where it was told by the folder or an import.
    pub speaker: Option<String>,
    /// What an import of the same format said besides: see [`Record::extra`].
    pub extra: Map<String, Value>,
}
