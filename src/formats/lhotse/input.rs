//! Reading: both files are sorted by recording, then joined.

use super::{AT, AUTHOR, CUSTOM, OF_RECORDING, OF_SUPERVISION, Object, RECORDINGS, SUPERVISIONS};
use crate::domain::Seconds;
use crate::formats::json::Fault;
use crate::formats::line_in::{Tell, each_line, go_on, problem};
use crate::formats::sorter::{Sorted, Sorter};
use crate::formats::text_in::{at, place};
use crate::formats::{AudioRef, Files, FormatError, LineProblem, OnRecord, Record, Segment};
use crate::text::shell_word;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A supervision this close to the length of its recording is about the whole of it.
const NEAR: Seconds = 0.05;
const PACKED: &str = ".gz";

#[derive(Serialize, Deserialize)]
struct Recording {
    id: String,
    #[serde(default)]
    sources: Vec<Source>,
    #[serde(default)]
    duration: Option<f64>,
    #[serde(flatten)]
    more: Object,
}

#[derive(Serialize, Deserialize)]
struct Source {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    source: Value,
}

#[derive(Serialize, Deserialize)]
struct Supervision {
    #[serde(default)]
    id: Option<Value>,
    recording_id: String,
    start: f64,
    duration: f64,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    speaker: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(flatten)]
    more: Object,
}

impl Supervision {
    fn has_times(&self) -> bool {
        [self.start, self.duration].iter().all(|time| time.is_finite() && *time >= 0.0)
    }
}

#[derive(Serialize, Deserialize)]
struct Numbered<T> {
    line: u64,
    of: T,
}

/// Whether a file holds recordings or supervisions by its name, as recipes name them.
fn is_manifest(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let file = file.strip_suffix(PACKED).unwrap_or(file);
    let lines = file.strip_suffix(".jsonl");
    lines.is_some_and(|name| name.contains("recordings") || name.contains("supervisions"))
}

/// Reads every pair of recordings and supervisions that is there, or that of the file that was named; supervisions
/// alone give the ids of their recordings.
///
/// # Errors
/// None is there, or one cannot be read, is packed or is no text.
pub(in crate::formats) fn read(
    files: &dyn Files,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FormatError> {
    let pairs = pairs(files)?;
    if pairs.is_empty() {
        return Err(FormatError::Missing { file: SUPERVISIONS.to_owned() });
    }
    let mut tell = Tell::new(on_record);
    for (recordings, supervisions) in pairs {
        pair(files, &recordings, &supervisions, &mut tell)?;
        if tell.stopped {
            break;
        }
    }
    Ok(())
}

/// Names of recordings, each with the name of their supervisions.
fn pairs(files: &dyn Files) -> Result<Vec<(String, String)>, FormatError> {
    let names = match files.main() {
        Some(main) => vec![main.to_owned()],
        None => files.names().map_err(|source| at("the folder", source))?,
    };
    let mut pairs: Vec<_> = names
        .iter()
        .filter(|name| is_manifest(name) || files.main().is_some())
        .map(|name| {
            let (folder, file) = name.split_at(name.rfind('/').map_or(0, |slash| slash + 1));
            if file.contains("supervisions") {
                (format!("{folder}{}", file.replace("supervisions", "recordings")), name.clone())
            } else if file.contains("recordings") {
                (name.clone(), format!("{folder}{}", file.replace("recordings", "supervisions")))
            } else {
                (format!("{folder}{RECORDINGS}"), name.clone())
            }
        })
        .collect();
    pairs.sort();
    pairs.dedup();
    Ok(pairs)
}

fn pair(
    files: &dyn Files,
    recordings: &str,
    supervisions: &str,
    tell: &mut Tell<'_, '_>,
) -> Result<(), FormatError> {
    let by_id = |recording: &Recording| recording.id.clone();
    let by_recording = |said: &Supervision| said.recording_id.clone();
    let audio = sorted(files, recordings, by_id, tell)?;
    let said = sorted(files, supervisions, by_recording, tell)?;
    if audio.is_none() && said.is_none() {
        return Err(FormatError::Missing { file: supervisions.to_owned() });
    }
    let alone = audio.is_none();
    let (recordings, supervisions) = (&place(files, recordings), &place(files, supervisions));
    let mut audio = audio.unwrap_or_else(Sorted::empty);
    let mut said = said.unwrap_or_else(Sorted::empty);
    while let Some(id) = audio.peek().into_iter().chain(said.peek()).min().map(<[u8]>::to_vec)
        && !tell.stopped
    {
        let found = audio.pop_of(&id)?;
        while let Some(again) = audio.pop_of(&id)? {
            let why = format!("{:?} is there twice", again.of.id);
            tell.tell(Err(problem(recordings, again.line, why)));
        }
        let mut parts = Vec::new();
        while let Some(part) = said.pop_of(&id)? {
            if part.of.has_times() {
                parts.push(part);
            } else {
                let why = "its start or duration is negative";
                tell.tell(Err(problem(supervisions, part.line, why)));
            }
        }
        match found {
            Some(found) => tell.tell(match audio_of(&found.of) {
                Ok(audio) => Ok(with_text(recorded(recordings, audio, found), parts)),
                Err(why) => Err(problem(recordings, found.line, why)),
            }),
            None if alone => {
                if let Some(first) = parts.first() {
                    let audio = AudioRef::Stem(first.of.recording_id.clone());
                    let record = Record::new(first.line, audio);
                    let record = Record { file: supervisions.clone(), ..record };
                    tell.tell(Ok(with_text(record, parts)));
                }
            }
            None => {
                for part in parts {
                    let why = format!("{:?} is no recording", part.of.recording_id);
                    tell.tell(Err(problem(supervisions, part.line, why)));
                }
            }
        }
    }
    Ok(())
}

/// The lines of a file by an id; `None` if it is not there.
fn sorted<T: Serialize + DeserializeOwned>(
    files: &dyn Files,
    name: &str,
    id: impl Fn(&T) -> String,
    tell: &mut Tell<'_, '_>,
) -> Result<Option<Sorted<Numbered<T>>>, FormatError> {
    let mut rows = Sorter::new();
    let mut failed = None;
    let read = each_line(files, name, &mut |line, text| {
        let read = text.and_then(|text| {
            serde_json::from_str(text).map_err(|error| {
                let fault = Fault::syntax(&error);
                LineProblem {
                    column: fault.column,
                    ..problem(&place(files, name), line, fault.why)
                }
            })
        });
        match read {
            Ok(of) => failed = rows.push(id(&of).into_bytes(), &Numbered { line, of }).err(),
            Err(problem) => tell.tell(Err(problem)),
        }
        go_on(failed.is_none() && !tell.stopped)
    });
    if let Some(error) = failed {
        return Err(error);
    }
    match read {
        Ok(_) => rows.sorted().map(Some),
        Err(FormatError::Missing { .. }) => packed(files, name),
        Err(error) => Err(error),
    }
}

/// Says so where the file is there, but packed.
fn packed<T>(files: &dyn Files, name: &str) -> Result<Option<T>, FormatError> {
    let name = format!("{name}{PACKED}");
    if files.open(&name).map_err(|source| at(&name, source))?.is_none() {
        return Ok(None);
    }
    Err(FormatError::NotReadable {
        hint: Some(format!("unpack it first: gunzip {}", shell_word(&name))),
        file: name,
        why: "it is packed with gzip".to_owned(),
    })
}

/// The one file that a recording lies in.
fn audio_of(recording: &Recording) -> Result<AudioRef, String> {
    let [source] = recording.sources.as_slice() else {
        return Err(format!("its audio lies in {} sources, not in one", recording.sources.len()));
    };
    match (source.kind.as_str(), source.source.as_str()) {
        ("command", _) => Err("it is a command, and commands are never run".to_owned()),
        ("file" | "url", Some(path)) if !path.is_empty() => Ok(AudioRef::read(path)),
        (kind, _) => Err(format!("its audio is no file ({kind})")),
    }
}

fn recorded(file: &str, audio: AudioRef, found: Numbered<Recording>) -> Record {
    let mut record = Record::new(found.line, audio);
    file.clone_into(&mut record.file);
    record.seconds = found.of.duration.filter(|seconds| *seconds >= 0.0);
    let mut more = found.of.more;
    for ours in ["sampling_rate", "num_samples", "channel_ids"] {
        more.remove(ours);
    }
    if !more.is_empty() {
        record.extra.insert(OF_RECORDING.into(), Value::Object(more));
    }
    record
}

fn with_text(mut record: Record, mut parts: Vec<Numbered<Supervision>>) -> Record {
    parts.sort_by(|a, b| a.of.start.total_cmp(&b.of.start));
    let texts: Vec<&str> = parts.iter().filter_map(|part| part.of.text.as_deref()).collect();
    record.content = (!texts.is_empty()).then(|| texts.join(" "));
    let Some(first) = parts.first() else { return record };
    if parts.iter().all(|part| part.of.speaker == first.of.speaker) {
        record.speaker.clone_from(&first.of.speaker);
    }
    if parts.iter().all(|part| part.of.language == first.of.language) {
        record.language.clone_from(&first.of.language);
    }
    let whole = first.of.start < NEAR
        && record.seconds.is_none_or(|length| (first.of.duration - length).abs() < NEAR);
    if let ([_], true) = (parts.as_slice(), whole) {
        let said = parts.swap_remove(0).of;
        keep(&mut record, said);
    } else {
        record.segments = parts
            .into_iter()
            .map(|part| Segment {
                start: part.of.start,
                end: part.of.start + part.of.duration,
                content: part.of.text,
                speaker: part.of.speaker,
            })
            .collect();
    }
    record
}

/// Keeps what else is said of the whole.
fn keep(record: &mut Record, said: Supervision) {
    let mut more = said.more;
    more.remove("channel");
    if let Some(language) = said.language {
        more.insert("language".into(), language.into());
    }
    if let Some(Value::Object(custom)) = more.get_mut(CUSTOM) {
        if let Some(Value::String(author)) = custom.remove(AUTHOR) {
            record.author = Some(author);
        }
        if let Some(at) = custom.get(AT).and_then(Value::as_str).and_then(|at| at.parse().ok()) {
            record.at = Some(at);
            custom.remove(AT);
        }
        if custom.is_empty() {
            more.remove(CUSTOM);
        }
    }
    if !more.is_empty() {
        record.extra.insert(OF_SUPERVISION.into(), Value::Object(more));
    }
}
