//! Same-name `.txt`: a folder of them, each the whole text of one recording.

use super::beside::{beside, cannot, create_beside};
use super::line_in::problem;
use super::text_in::{at, place};
use super::{
    AudioRef, Files, FormatError, Item, ItemWriter, OnRecord, Record, SidecarError, Sink,
    read_sidecar,
};
use std::io::Write;

const ENDING: &str = ".txt";

/// What a sidecar shares with its recording.
fn stem(name: &str) -> Option<&str> {
    let (stem, ending) = name.split_at_checked(name.len().checked_sub(ENDING.len())?)?;
    let named = ending.eq_ignore_ascii_case(ENDING) && !stem.is_empty() && !stem.ends_with('/');
    named.then_some(stem)
}

/// Reads each `.txt`, in order of names. One with nothing in it leaves its recording unlabeled.
///
/// # Errors
/// A folder or a file cannot be read, or the file that was named is no `.txt`.
pub(super) fn read(files: &dyn Files, on_record: &mut OnRecord<'_>) -> Result<(), FormatError> {
    let names = match files.main() {
        Some(main) => vec![main.to_owned()],
        None => files.names().map_err(|source| at("the folder", source))?,
    };
    for name in names {
        let Some(stem) = stem(&name) else { continue };
        // Listed, and gone since.
        let Some(file) = files.open(&name).map_err(|source| at(&name, source))? else { continue };
        let place = place(files, &name);
        let told = match read_sidecar(file) {
            Ok(content) => {
                let audio = AudioRef::Stem(stem.to_owned());
                Ok(Record { file: place, content, ..Record::new(0, audio) })
            }
            Err(SidecarError::Read(source)) => return Err(at(&name, source)),
            Err(error) => Err(problem(&place, 1, error.to_string())),
        };
        if on_record(told).is_break() {
            break;
        }
    }
    Ok(())
}

/// Starts writing a `.txt` for each labeled sample.
pub(super) fn writer(sink: &mut dyn Sink) -> Box<dyn ItemWriter + '_> {
    Box::new(Writer { sink })
}

struct Writer<'a> {
    sink: &'a mut dyn Sink,
}

impl ItemWriter for Writer<'_> {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let Some(content) = &item.content else { return Ok(()) };
        let name = beside(&item.key, ENDING)?;
        let whole = format!("{content}\n");
        match read_sidecar(whole.as_bytes()) {
            Ok(Some(read)) if read == *content => {}
            Ok(None) => return Err(cannot(&item.key, "an empty file would say unlabeled")),
            Ok(Some(_)) => {
                return Err(cannot(&item.key, "its line ends would not be read as they are"));
            }
            Err(error) => return Err(cannot(&item.key, error.to_string())),
        }
        let mut file = create_beside(self.sink, &item.key, &name)?;
        file.write_all(whole.as_bytes())
            .and_then(|()| file.flush())
            .map_err(|source| at(&name, source))
    }

    fn finish(self: Box<Self>) -> Result<(), FormatError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::memory::{Memory, item, plain, read, write};
    use crate::formats::{AudioRef, Format, ReadOptions};
    use proptest::prelude::*;

    #[test]
    fn each_text_file_is_a_label() {
        let files = Memory::of(&[
            ("a/b.wav", b"RIFF"),
            ("a/b.txt", b"one\ntwo\n"),
            ("c.TXT", b" "),
            ("d.txt", b"caf\xe9"),
            (".txt", b"no name"),
            ("notes.md", b"no text file"),
        ]);
        let (records, problems) = read(Format::Sidecars, &files, &ReadOptions::default()).unwrap();
        let got: Vec<_> = records
            .iter()
            .map(|record| (record.audio.as_str(), record.content.as_deref()))
            .collect();
        assert_eq!(got, [("a/b", Some("one\ntwo")), ("c", None)]);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].to_string(), "d.txt, line 1: it is not UTF-8 text (byte 3)");
    }

    #[test]
    fn a_file_alone_is_read_too() {
        let files = Memory::of(&[("b.txt", b"one"), ("c.txt", b"two")]).main("b.txt");
        let (records, _) = read(Format::Sidecars, &files, &ReadOptions::default()).unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].audio, AudioRef::Stem("b".into()));
    }

    #[test]
    fn what_would_read_differently_is_refused() {
        let items = [
            item("a.flac", Some("x")),
            item("a.wav", Some("y")),
            item("b.wav", Some(" ")),
            item("c.wav", Some("x\n")),
            item("d.wav", None),
        ];
        let (files, refused) = write(Format::Sidecars, &items, &plain());
        assert_eq!(files.list(), ["a.txt"]);
        assert_eq!(refused.len(), 3);
    }

    proptest! {
        #[test]
        fn a_label_survives_or_is_refused(text in "\\PC{0,20}|[ a\n\r\t\u{feff}é]{0,8}") {
            let (files, refused) = write(Format::Sidecars, &[item("a.wav", Some(&text))], &plain());
            let (records, problems) = read(Format::Sidecars, &files, &ReadOptions::default()).unwrap();
            prop_assert!(problems.is_empty());
            if refused.is_empty() {
                prop_assert_eq!(records[0].content.as_ref(), Some(&text));
            } else {
                prop_assert!(records.is_empty());
            }
        }
    }
}
