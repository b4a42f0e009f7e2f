//! Common Voice: tab-separated tables with a header, nothing quoted: `validated.tsv`, and `train`, `dev` and `test`.

use super::beside::{Taken, cannot};
use super::line_in::{each_line, folders, problem};
use super::text_in::{at, place};
use super::text_out::TextOut;
use super::{
    AudioRef, Files, FormatError, Item, ItemWriter, LineProblem, OnRecord, ReadOptions, Record,
    Sink,
};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// The tables that hold texts that somebody stands for, and the use each is for; the first that has a clip is taken.
const TABLES: [(&str, Option<&str>); 5] = [
    ("train.tsv", Some("TRAIN")),
    ("dev.tsv", Some("EVAL")),
    ("test.tsv", Some("TEST")),
    ("validated.tsv", None),
    ("other.tsv", None),
];
const VALIDATED: &str = "validated.tsv";
const DURATIONS: &str = "clip_durations.tsv";
const CLIPS: &str = "clips/";
const COLUMNS: [&str; 13] = [
    "client_id",
    "path",
    "sentence_id",
    "sentence",
    "sentence_domain",
    "up_votes",
    "down_votes",
    "age",
    "gender",
    "accents",
    "variant",
    "locale",
    "segment",
];

/// Reads the table that was named, or of a folder all but `invalidated.tsv`, each clip once.
///
/// # Errors
/// No table is there, one cannot be read, or it has no columns for the clip and its text.
pub(super) fn read(
    files: &dyn Files,
    options: &ReadOptions,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    if let Some(main) = files.main() {
        let name = main.rsplit('/').next().unwrap_or(main);
        let usage = TABLES.iter().find(|(table, _)| *table == name).and_then(|(_, usage)| *usage);
        return Table::new(files, main, usage, options)
            .read(files, None, None, on_record)
            .map(drop);
    }
    let is_table = |file: &str| TABLES.iter().any(|(table, _)| *table == file);
    let folders = folders(files, is_table)?;
    if folders.is_empty() {
        return Err(FormatError::Missing { file: VALIDATED.to_owned() });
    }
    let there = files.names().map_err(|source| at("the folder", source))?;
    for folder in folders {
        let mut taken = Taken::default();
        let durations = durations(files, &there, &format!("{folder}{DURATIONS}"))?;
        for (name, usage) in TABLES {
            let name = format!("{folder}{name}");
            if !there.contains(&name) {
                continue;
            }
            let table = Table::new(files, &name, usage, options);
            if table.read(files, Some(&durations), Some(&mut taken), on_record)?.is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Milliseconds by clip. Some 60 bytes a clip, only where the file is there.
fn durations(
    files: &dyn Files,
    there: &[String],
    name: &str,
) -> Result<HashMap<Box<str>, u32>, FormatError> {
    let mut found = HashMap::new();
    if there.iter().any(|file| file == name) {
        let told = each_line(files, name, &mut |_, text| {
            // Lengths are also measured: a bad line here costs nothing.
            if let Ok(text) = text
                && let Some((clip, millis)) = text.split_once('\t')
                && let Ok(millis) = millis.trim().parse()
            {
                found.insert(clip.into(), millis);
            }
            ControlFlow::Continue(())
        })?;
        debug_assert!(told.is_continue());
    }
    Ok(found)
}

struct Table<'a> {
    name: &'a str,
    /// How it is told in problems.
    place: String,
    usage: Option<&'a str>,
    audio: &'a str,
    content: &'a str,
}

/// Where in a row what stands.
struct Header {
    columns: Vec<String>,
    audio: usize,
    content: usize,
}

impl<'a> Table<'a> {
    fn new(
        files: &dyn Files,
        name: &'a str,
        usage: Option<&'a str>,
        options: &'a ReadOptions,
    ) -> Self {
        let audio = options.audio_field.as_deref().unwrap_or("path");
        let content = options.content_field.as_deref().unwrap_or("sentence");
        Self { name, place: place(files, name), usage, audio, content }
    }

    fn read(
        &self,
        files: &dyn Files,
        durations: Option<&HashMap<Box<str>, u32>>,
        mut taken: Option<&mut Taken>,
        on_record: &mut OnRecord<'_>,
    ) -> Result<ControlFlow<()>, FormatError> {
        let mut header = None;
        let mut headless = false;
        let told = each_line(files, self.name, &mut |line, text| {
            let read = match (text, &header) {
                (Err(problem), _) => Err(problem),
                (Ok(text), None) => {
                    header = self.header(text);
                    headless = header.is_none();
                    return if headless {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    };
                }
                (Ok(text), Some(header)) => self.record(header, line, text),
            };
            let read = read.map(|mut record| {
                let millis = durations.and_then(|known| known.get(record.audio.as_str()));
                record.seconds = millis.map(|millis| f64::from(*millis) / 1000.0);
                record
            });
            if let (Ok(record), Some(taken)) = (&read, taken.as_deref_mut())
                && !taken.take(record.audio.as_str())
            {
                return ControlFlow::Continue(());
            }
            on_record(read)
        })?;
        if headless || header.is_none() && told.is_continue() {
            return Err(FormatError::NotReadable {
                file: self.name.to_owned(),
                why: format!(
                    "its first line has no columns {:?} and {:?}",
                    self.audio, self.content
                ),
                hint: Some("say which columns name the audio and its text".into()),
            });
        }
        Ok(told)
    }

    fn header(&self, text: &str) -> Option<Header> {
        let columns: Vec<String> = text.split('\t').map(str::to_owned).collect();
        let place = |name| columns.iter().position(|column| column == name);
        Some(Header { audio: place(self.audio)?, content: place(self.content)?, columns })
    }

    fn record(&self, header: &Header, line: u64, text: &str) -> Result<Record, LineProblem> {
        let cells: Vec<&str> = text.split('\t').collect();
        if cells.len() > header.columns.len() {
            let why =
                format!("{} columns where the header has {}", cells.len(), header.columns.len());
            return Err(problem(&self.place, line, why));
        }
        let (Some(path), Some(content)) = (cells.get(header.audio), cells.get(header.content))
        else {
            return Err(problem(&self.place, line, "it ends before its path and text"));
        };
        if path.is_empty() {
            return Err(problem(&self.place, line, "it names no clip"));
        }
        let mut record = Record::new(line, AudioRef::read(path));
        record.file.clone_from(&self.place);
        record.content = Some((*content).to_owned());
        record.usage = self.usage.map(str::to_owned);
        for (place, (column, cell)) in header.columns.iter().zip(&cells).enumerate() {
            if place == header.audio || place == header.content || cell.is_empty() {
                continue;
            }
            match column.as_str() {
                "client_id" => record.speaker = Some((*cell).to_owned()),
                other => {
                    if other == "locale" {
                        record.language = Some((*cell).to_owned());
                    }
                    record.extra.insert(other.to_owned(), (*cell).into());
                }
            }
        }
        Ok(record)
    }
}

/// Starts writing: `train.tsv`, `dev.tsv` and `test.tsv` by what a sample is for, else `validated.tsv`, and
/// `clip_durations.tsv`. An unlabeled sample has no line.
///
/// # Errors
/// The disk.
pub(super) fn writer(sink: &mut dyn Sink) -> Box<dyn ItemWriter + '_> {
    Box::new(Writer { sink, tables: HashMap::new(), durations: None, clips: Taken::default() })
}

struct Writer<'a> {
    sink: &'a mut dyn Sink,
    tables: HashMap<&'static str, TextOut>,
    durations: Option<TextOut>,
    clips: Taken,
}

impl ItemWriter for Writer<'_> {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let Some(content) = &item.content else { return Ok(()) };
        let clip = item.key.strip_prefix(CLIPS).unwrap_or(&item.key);
        let speaker = item.speaker.as_deref().unwrap_or_default();
        if clip.is_empty() || ![clip, content, speaker].into_iter().all(holds) {
            return Err(cannot(&item.key, "a tab or a line end in its name, text or speaker"));
        }
        if !self.clips.take(clip) {
            return Err(cannot(&item.key, format!("another recording is the clip {clip:?}")));
        }
        let row = COLUMNS.map(|column| match column {
            "client_id" => speaker,
            "path" => clip,
            "sentence" => content,
            "up_votes" | "down_votes" => known(&item.extra, column).unwrap_or("0"),
            other => known(&item.extra, other).unwrap_or_default(),
        });
        self.table(table_of(item.usage.as_deref()))?.line(&row.join("\t"))?;
        if let Some(seconds) = item.seconds {
            let durations = match self.durations.take() {
                Some(lines) => lines,
                None => started(self.sink, DURATIONS, "clip\tduration[ms]")?,
            };
            let millis = (seconds * 1000.0).round() as u64;
            self.durations.insert(durations).line(&format!("{clip}\t{millis}"))?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), FormatError> {
        if self.tables.is_empty() {
            self.table(VALIDATED)?;
        }
        self.tables.into_values().chain(self.durations).try_for_each(TextOut::finish)
    }
}

impl Writer<'_> {
    fn table(&mut self, name: &'static str) -> Result<&mut TextOut, FormatError> {
        use std::collections::hash_map::Entry;
        match self.tables.entry(name) {
            Entry::Occupied(there) => Ok(there.into_mut()),
            Entry::Vacant(free) => Ok(free.insert(started(self.sink, name, &COLUMNS.join("\t"))?)),
        }
    }
}

fn started(sink: &mut dyn Sink, name: &str, header: &str) -> Result<TextOut, FormatError> {
    let mut lines = TextOut::create(sink, name)?;
    lines.line(header)?;
    Ok(lines)
}

fn table_of(usage: Option<&str>) -> &'static str {
    let table = TABLES.iter().find(|(_, of)| of.is_some() && *of == usage);
    table.map_or(VALIDATED, |(name, _)| name)
}

fn holds(text: &str) -> bool {
    !text.contains(['\t', '\n', '\r'])
}

fn known<'a>(extra: &'a Map<String, Value>, column: &str) -> Option<&'a str> {
    extra.get(column).and_then(Value::as_str).filter(|cell| holds(cell))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Format;
    use crate::formats::memory::{Memory, item, plain, read, write};
    use proptest::prelude::*;

    #[test]
    fn tables_are_read_by_their_header_and_each_clip_once() {
        let files = Memory::of(&[
            ("clip_durations.tsv", b"clip\tduration[ms]\na.mp3\t4250\nb.mp3\tx\n"),
            ("invalidated.tsv", b"path\tsentence\nz.mp3\twrong\n"),
            ("train.tsv", b"sentence\tpath\tclient_id\tlocale\nhe said \"hi\"\ta.mp3\tu1\ten\n"),
            ("validated.tsv", b"path\tsentence\tup_votes\na.mp3\tagain\t2\nb.mp3\ttwo\t3\nc\n\td\te\nf\tg\th\ti\n"),
        ]);
        let (records, problems) =
            read(Format::CommonVoice, &files, &ReadOptions::default()).unwrap();
        let got: Vec<_> = records
            .iter()
            .map(|r| {
                (r.audio.as_str(), r.content.as_deref().unwrap(), r.usage.as_deref(), r.seconds)
            })
            .collect();
        assert_eq!(
            got,
            [("a.mp3", "he said \"hi\"", Some("TRAIN"), Some(4.25)), ("b.mp3", "two", None, None)]
        );
        assert_eq!(records[0].speaker.as_deref(), Some("u1"));
        assert_eq!(records[0].language.as_deref(), Some("en"));
        assert_eq!(problems.iter().map(|p| p.line).collect::<Vec<_>>(), [4, 5, 6]);
    }

    #[test]
    fn a_table_without_its_columns_says_so() {
        let wrong = |text: &[u8]| {
            let files = Memory::of(&[("my.tsv", text)]).main("my.tsv");
            read(Format::CommonVoice, &files, &ReadOptions::default()).unwrap_err().to_string()
        };
        assert!(wrong(b"audio\ttext\n").contains("no columns \"path\" and \"sentence\""));
        assert!(wrong(b"").contains("no columns"));
        let files = Memory::of(&[("my.tsv", b"audio\ttext\na.wav\thi\n")]).main("my.tsv");
        let named =
            ReadOptions { audio_field: Some("audio".into()), content_field: Some("text".into()) };
        assert_eq!(read(Format::CommonVoice, &files, &named).unwrap().0.len(), 1);
        let empty = read(Format::CommonVoice, &Memory::of(&[]), &ReadOptions::default());
        assert!(matches!(empty, Err(FormatError::Missing { .. })));
    }

    #[test]
    fn a_row_is_exact() {
        let mut spoken = item("clips/a.mp3", Some("hello"));
        spoken.speaker = Some("u1".into());
        spoken.usage = Some("EVAL".into());
        spoken.extra.insert("up_votes".into(), "2".into());
        spoken.extra.insert("locale".into(), "en".into());
        let items = [spoken, item("b.wav", Some("x\ty")), item("c.wav", None)];
        let (files, refused) = write(Format::CommonVoice, &items, &plain());
        assert_eq!(refused.len(), 1);
        assert_eq!(
            files.text("dev.tsv").lines().nth(1),
            Some("u1\ta.mp3\t\thello\t\t2\t0\t\t\t\t\ten\t")
        );
        assert_eq!(files.text("clip_durations.tsv"), "clip\tduration[ms]\na.mp3\t3000\n");
    }

    proptest! {
        #[test]
        fn labels_survive_or_are_refused(
            labels in prop::collection::btree_map("[a-c/\t ]{1,4}", ("[a\"\t\n é]{0,5}", "[ab]{0,1}", 0..3), 0..8)
        ) {
            let items: Vec<_> = labels.iter().map(|(key, (text, speaker, usage))| {
                let mut item = item(key, Some(text));
                item.speaker = (!speaker.is_empty()).then(|| speaker.clone());
                item.usage = [None, Some("TRAIN"), Some("EVAL")][*usage as usize].map(str::to_owned);
                item
            }).collect();
            let (files, refused) = write(Format::CommonVoice, &items, &plain());
            let (mut records, problems) =
                read(Format::CommonVoice, &files, &ReadOptions::default()).unwrap();
            prop_assert!(problems.is_empty(), "{problems:?}");
            prop_assert_eq!(records.len() + refused.len(), items.len());
            records.sort_by(|a, b| a.audio.as_str().cmp(b.audio.as_str()));
            let held = items.iter().filter(|item| !refused.iter().any(|r| r.starts_with(&format!("{}:", item.key))));
            for (record, item) in records.iter().zip(held) {
                prop_assert_eq!(record.audio.as_str(), &item.key);
                prop_assert_eq!(&record.content, &item.content);
                prop_assert_eq!(&record.speaker, &item.speaker);
                prop_assert_eq!(&record.usage, &item.usage);
                prop_assert_eq!(record.seconds, item.seconds);
            }
        }
    }
}
