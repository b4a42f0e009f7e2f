//! Text files that are written in one go: the output of every format of one file.

use super::text_in::at;
use super::{FormatError, Sink};
use serde::Serialize;
use std::io::{BufWriter, Write};

/// One text file.
pub(super) struct TextOut {
    name: String,
    file: BufWriter<Box<dyn Write>>,
}

impl TextOut {
    /// Starts it.
    pub(super) fn create(sink: &mut dyn Sink, name: &str) -> Result<Self, FormatError> {
        let file = sink.create(name).map_err(|source| at(name, source))?;
        Ok(Self { name: name.to_owned(), file: BufWriter::with_capacity(64 << 10, file) })
    }

    /// Writes text as it is.
    pub(super) fn text(&mut self, text: &str) -> Result<(), FormatError> {
        self.bytes(text.as_bytes())
    }

    /// Writes one line.
    pub(super) fn line(&mut self, text: &str) -> Result<(), FormatError> {
        self.text(text)?;
        self.bytes(b"\n")
    }

    /// Writes bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        self.file.write_all(bytes).map_err(|source| at(&self.name, source))
    }

    /// Writes JSON without an end of line.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), FormatError> {
        serde_json::to_writer(&mut self.file, value).map_err(|error| at(&self.name, error.into()))
    }

    /// Writes one line of JSON.
    pub(super) fn json_line(&mut self, value: &impl Serialize) -> Result<(), FormatError> {
        self.json(value)?;
        self.bytes(b"\n")
    }

    /// Says on which file the disk failed.
    pub(super) fn failed(&self, source: std::io::Error) -> FormatError {
        at(&self.name, source)
    }

    /// Hands over what is still held.
    pub(super) fn finish(mut self) -> Result<(), FormatError> {
        self.file.flush().map_err(|source| at(&self.name, source))
    }
}
