//! Labeling many at once from a file of lines, in one transaction and one action.

use super::OpsError;
use crate::domain::{ActionReport, How, SampleKey};
use crate::formats::{LabelLine, LineSyntax, label_lines};
use crate::text::nfc;
use crate::workspace::Writer;
use jiff::Timestamp;
use std::io::BufRead;

/// Labels as lines, and where they came from.
pub struct LabelLines<R> {
    /// The file's name, for messages.
    pub name: String,
    /// The lines.
    pub lines: R,
    /// How they are written; `None` goes by the first character.
    pub syntax: Option<LineSyntax>,
}

/// Labels what the lines say. Either all of it happens or, when a line cannot be read, nothing.
///
/// The keys that no sample has come back beside the report.
///
/// # Errors
/// A line that cannot be read; the workspace refuses.
pub fn label_from_lines<R: BufRead>(
    writer: &mut Writer,
    from: LabelLines<R>,
    to_nfc: bool,
    at: Timestamp,
) -> Result<(ActionReport, Vec<SampleKey>), OpsError> {
    let LabelLines { name, mut lines, syntax } = from;
    let syntax = match syntax {
        Some(syntax) => syntax,
        None => guess(&mut lines).map_err(OpsError::io("read", name.as_ref()))?,
    };
    let labels = label_lines(lines, syntax)
        .collect::<Result<Vec<LabelLine>, _>>()
        .map_err(|source| OpsError::Lines { file: name, source })?;
    let labels = labels.into_iter().map(|LabelLine { key, content }| {
        let content = if to_nfc { nfc(&content).into_owned() } else { content };
        (key, content)
    });
    Ok(writer.label_many(labels, &How::Batch, at)?)
}

fn guess(lines: &mut impl BufRead) -> std::io::Result<LineSyntax> {
    let head = lines.fill_buf()?;
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(if first == Some(&b'{') { LineSyntax::Json } else { LineSyntax::Tabs })
}
