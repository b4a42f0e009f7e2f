//! `LJSpeech`: `metadata.csv` of `id|transcription|normalised transcription`, without header or quoting; the id is the
//! name of a recording in `wavs/` without its ending.

use super::beside::{Taken, cannot, stem};
use super::each::Wanted;
use super::line_in::{each_line, problem};
use super::text_in::place;
use super::text_out::TextOut;
use super::{
    AudioRef, Files, FormatError, Item, ItemWriter, LineProblem, OnRecord, ReadOptions, Record,
    Sink,
};
use serde_json::{Map, Value};

const NAME: &str = "metadata.csv";
const AUDIO: &str = "wavs/";
/// What [`Record::extra`] keeps of a line: its normalised text, and the text that this was made of.
const NORMALIZED: &str = "normalized";
const OF: &str = "normalized_of";

/// Reads the lines of `metadata.csv`, or of the file that was named. The text is the second column; the third where
/// [`ReadOptions::content_field`] says `normalized`.
///
/// # Errors
/// The file is not there, cannot be read or is no text.
pub(super) fn read(
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    let field = options.content_field.as_deref().unwrap_or_default();
    let normalized = matches!(field, NORMALIZED | "normalised");
    for name in Wanted::Named(NAME).among(files)? {
        let place = place(files, &name);
        let told = each_line(files, &name, &mut |line, text| {
            on_record(text.and_then(|text| record(&place, line, text, normalized)))
        })?;
        if told.is_break() {
            break;
        }
    }
    Ok(())
}

fn record(file: &str, line: u64, text: &str, normalized: bool) -> Result<Record, LineProblem> {
    let mut columns = text.split('|');
    let (id, said, plain) = (columns.next(), columns.next(), columns.next());
    let (Some(id), Some(said)) = (id.filter(|id| !id.is_empty()), said) else {
        return Err(problem(file, line, "it is not id|text"));
    };
    if columns.next().is_some() {
        return Err(problem(file, line, "it has more than three columns"));
    }
    let content = if normalized { plain.unwrap_or(said) } else { said };
    let mut extra = Map::new();
    if let Some(plain) = plain.filter(|plain| *plain != said) {
        extra.insert(NORMALIZED.into(), plain.into());
        extra.insert(OF.into(), said.into());
    }
    Ok(Record {
        file: file.to_owned(),
        content: Some(content.to_owned()),
        extra,
        ..Record::new(line, AudioRef::Stem(id.to_owned()))
    })
}

/// Starts writing `metadata.csv`; an unlabeled sample has no line.
///
/// # Errors
/// The disk.
pub(super) fn writer(sink: &mut dyn Sink) -> Result<Box<dyn ItemWriter>, FormatError> {
    Ok(Box::new(Writer { lines: TextOut::create(sink, NAME)?, ids: Taken::default() }))
}

struct Writer {
    lines: TextOut,
    ids: Taken,
}

impl ItemWriter for Writer {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let Some(content) = &item.content else { return Ok(()) };
        let id = stem(item.key.strip_prefix(AUDIO).unwrap_or(&item.key));
        if id.is_empty() || !holds(id) || id.starts_with('\u{feff}') {
            return Err(cannot(&item.key, "its name has | or a line end"));
        }
        if !holds(content) {
            return Err(cannot(&item.key, "its text has | or a line end"));
        }
        if !self.ids.take(id) {
            return Err(cannot(&item.key, format!("another recording has the id {id:?}")));
        }
        self.lines.line(&format!("{id}|{content}|{}", normalized(&item.extra, content)))
    }

    fn finish(self: Box<Self>) -> Result<(), FormatError> {
        self.lines.finish()
    }
}

fn holds(text: &str) -> bool {
    !text.contains(['|', '\n', '\r'])
}

/// The normalised text that came with this one, or the text itself.
fn normalized<'a>(extra: &'a Map<String, Value>, content: &'a str) -> &'a str {
    let said = |field| extra.get(field).and_then(Value::as_str);
    match said(NORMALIZED) {
        Some(plain) if said(OF) == Some(content) && holds(plain) => plain,
        _ => content,
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::memory::{Memory, item, plain, read, write};
    use crate::formats::{AudioRef, Format, ReadOptions};
    use proptest::prelude::*;

    #[test]
    fn columns_are_told_apart_by_bars_alone() {
        let text = b"a01|Dr. \"Lee\" paid 5.|Doctor Lee paid five.\na02|two columns\nbad\na03|a|b|c\n|x|y\n";
        let files = Memory::of(&[("metadata.csv", text)]);
        let (records, problems) = read(Format::LjSpeech, &files, &ReadOptions::default()).unwrap();
        let said: Vec<_> =
            records.iter().map(|record| record.content.as_deref().unwrap()).collect();
        assert_eq!(said, ["Dr. \"Lee\" paid 5.", "two columns"]);
        assert_eq!(records[0].audio, AudioRef::Stem("a01".into()));
        assert_eq!(problems.iter().map(|p| p.line).collect::<Vec<_>>(), [3, 4, 5]);

        let normalized =
            ReadOptions { content_field: Some("normalized".into()), ..ReadOptions::default() };
        let (records, _) = read(Format::LjSpeech, &files, &normalized).unwrap();
        assert_eq!(records[0].content.as_deref(), Some("Doctor Lee paid five."));
    }

    #[test]
    fn a_normalised_text_stays_with_its_text() {
        let mut same = item("wavs/a.wav", Some("5"));
        same.extra.insert("normalized".into(), "five".into());
        same.extra.insert("normalized_of".into(), "5".into());
        let mut changed = same.clone();
        changed.key = "wavs/b.wav".into();
        changed.content = Some("6".into());
        let (files, _) = write(Format::LjSpeech, &[same, changed], &plain());
        assert_eq!(files.text("metadata.csv"), "a|5|five\nb|6|6\n");
    }

    #[test]
    fn what_bars_and_lines_would_break_is_refused() {
        let items = [
            item("a.flac", Some("x")),
            item("a.wav", Some("y")),
            item("b.wav", Some("x|y")),
            item("c.wav", Some("x\ny")),
            item("d|e.wav", Some("x")),
            item("f.wav", None),
            item("wavs/a.wav", Some("z")),
        ];
        let (files, refused) = write(Format::LjSpeech, &items, &plain());
        assert_eq!(files.text("metadata.csv"), "a|x|x\n");
        assert_eq!(refused.len(), 5);
    }

    proptest! {
        #[test]
        fn labels_survive_or_are_refused(
            labels in prop::collection::btree_map("[a-c/|. \u{feff}é]{1,6}", "[a|\"\n\r é]{0,5}", 0..8)
        ) {
            let items: Vec<_> = labels.iter().map(|(key, text)| item(key, Some(text))).collect();
            let (files, refused) = write(Format::LjSpeech, &items, &plain());
            let (records, problems) = read(Format::LjSpeech, &files, &ReadOptions::default()).unwrap();
            prop_assert!(problems.is_empty(), "{problems:?}");
            prop_assert_eq!(records.len() + refused.len(), items.len());
            for record in records {
                let found = items.iter().filter(|item| {
                    super::stem(item.key.strip_prefix("wavs/").unwrap_or(&item.key)) == record.audio.as_str()
                });
                prop_assert!(found.into_iter().any(|item| item.content == record.content));
            }
        }
    }
}
