//! Labels as lines: `key<TAB>content`, or JSON objects with `key` (or `key_b64`) and `content`.
//!
//! The JSON lines are those that `list --json` prints. A tab-separated line is split at its first tab and taken
//! literally otherwise: a label of several lines needs JSON.

use super::KeyFields;
use super::text_in::LONGEST_LINE;
use crate::domain::SampleKey;
use serde::Deserialize;
use std::io::{self, BufRead, Read};

/// A sample and the text that it is to be labeled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelLine {
    /// The sample.
    pub key: SampleKey,
    /// The text.
    pub content: String,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineSyntax {
    /// `key<TAB>content`.
    Tabs,
    /// One JSON object a line.
    Json,
}

/// A line that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The file, not the line.
    #[error("line {line}: cannot read it")]
    Read {
        /// From 1.
        line: u64,
        /// What the system says.
        source: io::Error,
    },
    /// No label is so long.
    #[error("line {line}: it is longer than 16 MiB")]
    TooLong {
        /// From 1.
        line: u64,
    },
    /// Another encoding.
    #[error("line {line}: it is not UTF-8 text")]
    NotText {
        /// From 1.
        line: u64,
    },
    /// No tab in it.
    #[error("line {line}: no tab between key and content")]
    NoTab {
        /// From 1.
        line: u64,
    },
    /// Not the JSON that is expected.
    #[error("line {line}: not an object with key and content")]
    Json {
        /// From 1.
        line: u64,
        /// Where and why.
        source: serde_json::Error,
    },
    /// Neither `key` nor a readable `key_b64`.
    #[error("line {line}: no key in it")]
    NoKey {
        /// From 1.
        line: u64,
    },
}

impl LineError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } | Self::TooLong { .. } => None,
            Self::NotText { .. } => {
                Some("write keys that are not UTF-8 as key_b64 in JSON lines".into())
            }
            Self::NoTab { .. } => Some("write key<TAB>content, one sample a line".into()),
            Self::Json { .. } | Self::NoKey { .. } => Some(
                r#"write {"key": "a.wav", "content": "what is said"}, one sample a line"#.into(),
            ),
        }
    }
}

/// Reads labels line by line. Empty lines, and objects whose content is null, are passed over; behind a line that is
/// too long nothing more is read.
pub fn label_lines(
    file: impl BufRead,
    syntax: LineSyntax,
) -> impl Iterator<Item = Result<LabelLine, LineError>> {
    split(file).zip(1..).filter_map(move |(bytes, line)| {
        let read = || {
            let bytes = bytes.map_err(|source| match source.kind() {
                io::ErrorKind::FileTooLarge => LineError::TooLong { line },
                _ => LineError::Read { line, source },
            })?;
            let text = std::str::from_utf8(&bytes).map_err(|_| LineError::NotText { line })?;
            let text = text.strip_suffix('\r').unwrap_or(text);
            let text = if line == 1 { text.trim_start_matches('\u{feff}') } else { text };
            if text.trim().is_empty() {
                return Ok(None);
            }
            match syntax {
                LineSyntax::Tabs => tabs(text, line).map(Some),
                LineSyntax::Json => json(text, line),
            }
        };
        read().transpose()
    })
}

/// Lines without their ends; the last is an error if that is too long.
fn split(mut file: impl BufRead) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    let mut over = false;
    std::iter::from_fn(move || {
        if over {
            return None;
        }
        let mut bytes = Vec::new();
        match file.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut bytes) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => {
                over = true;
                return Some(Err(error));
            }
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        over = bytes.len() > LONGEST_LINE;
        Some(if over { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) })
    })
}

fn tabs(text: &str, line: u64) -> Result<LabelLine, LineError> {
    let (key, content) = text.split_once('\t').ok_or(LineError::NoTab { line })?;
    Ok(LabelLine { key: key.into(), content: content.to_owned() })
}

#[derive(Deserialize)]
struct JsonLine {
    #[serde(flatten)]
    key: KeyFields,
    content: Option<String>,
}

fn json(text: &str, line: u64) -> Result<Option<LabelLine>, LineError> {
    let read: JsonLine =
        serde_json::from_str(text).map_err(|source| LineError::Json { line, source })?;
    let key = read.key.read().ok_or(LineError::NoKey { line })?;
    Ok(read.content.map(|content| LabelLine { key, content }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], syntax: LineSyntax) -> Result<Vec<(Vec<u8>, String)>, LineError> {
        label_lines(text, syntax)
            .map(|line| line.map(|line| (line.key.as_bytes().to_vec(), line.content)))
            .collect()
    }

    fn pairs(pairs: &[(&[u8], &str)]) -> Vec<(Vec<u8>, String)> {
        pairs.iter().map(|(key, content)| (key.to_vec(), (*content).to_owned())).collect()
    }

    #[test]
    fn tabs_split_once_and_are_literal_behind() {
        let text = "\u{feff}a.wav\tone\r\n\nb.wav\ttwo\tthree \\n\nc.wav\t".as_bytes();
        let expected = pairs(&[(b"a.wav", "one"), (b"b.wav", "two\tthree \\n"), (b"c.wav", "")]);
        assert_eq!(read(text, LineSyntax::Tabs).unwrap(), expected);
    }

    #[test]
    fn json_lines_are_those_of_list() {
        let text = br#"{"key":"a.wav","content":"one\ntwo","state":"labeled"}
{"key":"caf\ufffd","key_b64":"Y2Fm6Q==","content":"three"}
{"key":"c.wav","content":null}"#;
        let expected = pairs(&[(b"a.wav", "one\ntwo"), (b"caf\xe9", "three")]);
        assert_eq!(read(text, LineSyntax::Json).unwrap(), expected);
    }

    #[test]
    fn a_line_without_end_is_not_followed() {
        let endless = io::BufReader::new(io::repeat(b'x'));
        let mut lines = label_lines(endless, LineSyntax::Tabs);
        assert!(matches!(lines.next(), Some(Err(LineError::TooLong { line: 1 }))));
        assert!(lines.next().is_none());
    }

    #[test]
    fn a_bad_line_is_named() {
        let wrong = |text: &[u8], syntax| read(text, syntax).unwrap_err().to_string();
        assert!(wrong(b"a\tb\nc", LineSyntax::Tabs).starts_with("line 2: no tab"));
        assert!(wrong(b"a\tcaf\xe9", LineSyntax::Tabs).starts_with("line 1: it is not UTF-8"));
        assert!(wrong(b"{\"content\":\"x\"}", LineSyntax::Json).starts_with("line 1: no key"));
        assert!(wrong(b"[1]", LineSyntax::Json).starts_with("line 1: not an object"));
    }
}
