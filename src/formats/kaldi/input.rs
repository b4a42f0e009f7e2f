//! Reading: each file is sorted by id, then they are joined: utterances first, recordings with these.

use super::{SEGMENTS, TEXT, UTT2SPK, WAV_SCP};
use crate::domain::Seconds;
use crate::formats::line_in::{Tell, each_line, folders, go_on, problem};
use crate::formats::sorter::{Sorted, Sorter};
use crate::formats::text_in::place;
use crate::formats::{AudioRef, Files, FormatError, OnRecord, Record, Segment};
use serde::{Deserialize, Serialize};

/// What is known of an utterance, by its recording.
#[derive(Serialize, Deserialize)]
struct Utterance {
    id: String,
    speaker: Option<String>,
    /// Its text, and the line that says so.
    text: Option<Line>,
    segment: Option<Stretch>,
}

/// Where an utterance lies: a line of `segments`.
#[derive(Serialize, Deserialize)]
struct Stretch {
    number: u64,
    start: Seconds,
    end: Seconds,
}

/// Reads the data directory, whichever of its files is named, or those nearest to the top of a folder: one record for
/// each line of `wav.scp`.
///
/// # Errors
/// `wav.scp` is not there, or a file cannot be read or is no text.
pub(in crate::formats) fn read(
    files: &dyn Files,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    let folders = folders(files, |file| file == WAV_SCP)?;
    if folders.is_empty() {
        return Err(FormatError::Missing { file: WAV_SCP.to_owned() });
    }
    let mut tell = Tell::new(on_record);
    for folder in folders {
        directory(files, &folder, &mut tell)?;
        if tell.stopped {
            break;
        }
    }
    Ok(())
}

fn directory(files: &dyn Files, folder: &str, tell: &mut Tell<'_, '_>) -> Result<(), FormatError> {
    let mut table = |file: &str| Table::read(files, &format!("{folder}{file}"), tell);
    let recordings = table(WAV_SCP)?;
    let texts = table(TEXT)?;
    let speakers = table(UTT2SPK)?;
    let segments = table(SEGMENTS)?;
    if !recordings.there {
        return Err(FormatError::Missing { file: format!("{folder}{WAV_SCP}") });
    }
    let (text_file, segment_file) = (texts.place.clone(), segments.place.clone());
    let utterances = if segments.there {
        by_segments(segments, texts, speakers, tell)?
    } else {
        by_recordings(texts, speakers, tell)?
    };
    join(recordings, utterances, [&text_file, &segment_file], tell)
}

/// A line, without its id.
#[derive(Serialize, Deserialize)]
struct Line {
    number: u64,
    rest: String,
}

/// A file, by the ids in front of its lines.
struct Table {
    /// How it is told in problems.
    place: String,
    there: bool,
    lines: Sorted<Line>,
}

impl Table {
    /// Sorts it; there is nothing in one that is not there.
    fn read(files: &dyn Files, name: &str, tell: &mut Tell<'_, '_>) -> Result<Self, FormatError> {
        let mut lines = Sorter::new();
        let mut failed = None;
        let read = each_line(files, name, &mut |number, text| {
            let text = match text {
                Ok(text) => text.trim_ascii(),
                Err(problem) => {
                    tell.tell(Err(problem));
                    return go_on(!tell.stopped);
                }
            };
            let (id, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
            let line = Line { number, rest: rest.trim_ascii_start().to_owned() };
            failed = lines.push(id.as_bytes().to_vec(), &line).err();
            go_on(failed.is_none())
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let place = place(files, name);
        match read {
            Ok(_) => Ok(Self { place, there: true, lines: lines.sorted()? }),
            Err(FormatError::Missing { .. }) => {
                Ok(Self { place, there: false, lines: Sorted::empty() })
            }
            Err(error) => Err(error),
        }
    }

    /// The line of an id, which must be the next one; others of the same id are told.
    fn take(&mut self, id: &[u8], tell: &mut Tell<'_, '_>) -> Result<Option<Line>, FormatError> {
        let line = self.lines.pop_of(id)?;
        while let Some(again) = self.lines.pop_of(id)? {
            let why = format!("{:?} is there twice", String::from_utf8_lossy(id));
            tell.tell(Err(problem(&self.place, again.number, why)));
        }
        Ok(line)
    }

    /// The same, passing over ids in front of it.
    fn seek(&mut self, id: &[u8], tell: &mut Tell<'_, '_>) -> Result<Option<Line>, FormatError> {
        while self.lines.peek().is_some_and(|next| next < id) {
            self.lines.pop()?;
        }
        self.take(id, tell)
    }
}

/// The id that comes next in either.
fn next_id(one: Option<&[u8]>, other: Option<&[u8]>) -> Option<Vec<u8>> {
    one.into_iter().chain(other).min().map(<[u8]>::to_vec)
}

/// Without `segments` an utterance is a recording.
fn by_recordings(
    mut texts: Table,
    mut speakers: Table,
    tell: &mut Tell<'_, '_>,
) -> Result<Sorted<Utterance>, FormatError> {
    let mut utterances = Sorter::new();
    while let Some(id) = next_id(texts.lines.peek(), speakers.lines.peek())
        && !tell.stopped
    {
        let utterance = Utterance {
            id: String::from_utf8_lossy(&id).into_owned(),
            text: texts.take(&id, tell)?,
            speaker: speakers.take(&id, tell)?.map(|line| line.rest),
            segment: None,
        };
        utterances.push(id, &utterance)?;
    }
    utterances.sorted()
}

/// With `segments` an utterance is where these say.
fn by_segments(
    mut segments: Table,
    mut texts: Table,
    mut speakers: Table,
    tell: &mut Tell<'_, '_>,
) -> Result<Sorted<Utterance>, FormatError> {
    let mut utterances = Sorter::new();
    while let Some(id) = next_id(segments.lines.peek(), texts.lines.peek())
        && !tell.stopped
    {
        let shown = String::from_utf8_lossy(&id).into_owned();
        let text = texts.take(&id, tell)?;
        let Some(line) = segments.take(&id, tell)? else {
            let number = text.map_or(0, |line| line.number);
            let why = format!("{shown:?} is not in {SEGMENTS}");
            tell.tell(Err(problem(&texts.place, number, why)));
            continue;
        };
        let Some((recording, segment)) = stretch(&line) else {
            let why = "it is not a recording, a start and an end behind it";
            tell.tell(Err(problem(&segments.place, line.number, why)));
            continue;
        };
        let speaker = speakers.seek(&id, tell)?.map(|line| line.rest);
        let utterance = Utterance { id: shown, speaker, text, segment: Some(segment) };
        utterances.push(recording.as_bytes().to_vec(), &utterance)?;
    }
    utterances.sorted()
}

/// The recording of a line of `segments`, and where in it.
fn stretch(line: &Line) -> Option<(&str, Stretch)> {
    let mut words = line.rest.split_ascii_whitespace();
    let recording = words.next()?;
    let start: Seconds = words.next()?.parse().ok()?;
    let end: Seconds = words.next()?.parse().ok()?;
    let sound = start >= 0.0 && end > start && end.is_finite();
    sound.then_some((recording, Stretch { number: line.number, start, end }))
}

/// Utterances with their recordings, by the ids of these.
fn join(
    mut recordings: Table,
    mut utterances: Sorted<Utterance>,
    [text_file, segment_file]: [&str; 2],
    tell: &mut Tell<'_, '_>,
) -> Result<(), FormatError> {
    while let Some(id) = next_id(recordings.lines.peek(), utterances.peek())
        && !tell.stopped
    {
        let recording = recordings.take(&id, tell)?;
        let mut said = Vec::new();
        while let Some(utterance) = utterances.pop_of(&id)? {
            said.push(utterance);
        }
        let Some(line) = recording else {
            let why = format!("{:?} is not in {WAV_SCP}", String::from_utf8_lossy(&id));
            for utterance in said {
                let place = match (&utterance.segment, &utterance.text) {
                    (Some(segment), _) => (segment_file, segment.number),
                    (None, Some(text)) => (text_file, text.number),
                    (None, None) => continue,
                };
                tell.tell(Err(problem(place.0, place.1, why.clone())));
            }
            continue;
        };
        let told = match unusable(&line.rest) {
            Some(why) => Err(problem(&recordings.place, line.number, why)),
            None => Ok(record(&recordings.place, &line, said)),
        };
        tell.tell(told);
    }
    Ok(())
}

/// Why an entry of `wav.scp` names no file.
fn unusable(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        Some("it names no file")
    } else if path.ends_with('|') || path.starts_with('|') {
        Some("it is a command, and commands are never run")
    } else if path == "-" {
        Some("it names standard input, no file")
    } else {
        None
    }
}

fn record(file: &str, line: &Line, mut said: Vec<Utterance>) -> Record {
    let mut record = Record::new(line.number, AudioRef::read(&line.rest));
    file.clone_into(&mut record.file);
    let start = |one: &Utterance| one.segment.as_ref().map_or(0.0, |segment| segment.start);
    said.sort_by(|a, b| start(a).total_cmp(&start(b)));
    let texts: Vec<&str> =
        said.iter().filter_map(|one| Some(one.text.as_ref()?.rest.as_str())).collect();
    record.content = (!texts.is_empty()).then(|| texts.join(" "));
    let speakers: Vec<Option<String>> = said
        .iter()
        .map(|one| one.speaker.clone().filter(|speaker| *speaker != one.id && !speaker.is_empty()))
        .collect();
    if let Some(first) = speakers.first()
        && speakers.iter().all(|speaker| speaker == first)
    {
        record.speaker.clone_from(first);
    }
    record.segments = said
        .into_iter()
        .zip(speakers)
        .filter_map(|(one, speaker)| {
            let segment = one.segment?;
            Some(Segment {
                start: segment.start,
                end: segment.end,
                content: one.text.map(|text| text.rest),
                speaker,
            })
        })
        .collect();
    record
}
