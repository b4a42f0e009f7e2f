//! Tells which format lies there, by names and first bytes.

use super::json::Object;
use super::table::PLAIN;
use super::text_in::{TextIn, at};
use super::{Files, Format, FormatError};
use serde_json::Value;

/// First bytes of a file that are looked at.
const HEAD: usize = 64 << 10;

/// Files of a folder that are looked into at most.
const MOST: usize = 20;

/// See [`super::detect`].
pub(super) fn detect(files: &dyn Files) -> Result<Format, FormatError> {
    if let Some(main) = files.main() {
        let found = of_file(files, main)?;
        return found.ok_or_else(|| unrecognized(main));
    }
    let names = files.names().map_err(|source| at("the folder", source))?;
    if let Some(format) = of_names(&names) {
        return Ok(format);
    }
    let mut telling: Vec<_> = names.iter().filter(|name| is_telling(name)).collect();
    telling.sort_by_key(|name| name.matches('/').count());
    let mut wrong = None;
    for name in telling.iter().take(MOST) {
        match of_file(files, name) {
            Ok(Some(format)) => return Ok(format),
            Ok(None) => {}
            Err(error @ FormatError::NotReadable { .. }) => wrong = wrong.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    if has_sidecars(&names) {
        return Ok(Format::Sidecars);
    }
    Err(wrong.unwrap_or_else(|| match telling[..] {
        [] => unrecognized("the folder: no file there has a name that tells"),
        [one] => unrecognized(one),
        [first, .., last] => unrecognized(&format!("{first} … {last}")),
    }))
}

fn unrecognized(looked_at: &str) -> FormatError {
    FormatError::Unrecognized { looked_at: looked_at.to_owned() }
}

fn file_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Formats of several files, which their names tell together.
fn of_names(names: &[String]) -> Option<Format> {
    let there = |folder: &str, name: &str| {
        names.iter().any(|one| one.strip_prefix(folder).is_some_and(|rest| rest == name))
    };
    names.iter().find_map(|name| {
        let (folder, file) = name.split_at(name.len() - file_name(name).len());
        match file {
            "wav.scp" | "utt2spk" if there(folder, "text") => Some(Format::Kaldi),
            "wav.scp" => Some(Format::Kaldi),
            _ if is_lhotse(file) => Some(Format::Lhotse),
            _ => None,
        }
    })
}

fn is_lhotse(file: &str) -> bool {
    let plain = file.strip_suffix(".gz").unwrap_or(file);
    let stem = plain.strip_suffix(".jsonl");
    stem.is_some_and(|stem| stem.ends_with("recordings") || stem.ends_with("supervisions"))
}

/// Whether a name may belong to a file of labels.
fn is_telling(name: &str) -> bool {
    let file = file_name(name).to_ascii_lowercase();
    !file.starts_with('.')
        && [".manifest", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".tab"]
            .iter()
            .any(|ending| file.ends_with(ending))
}

/// Whether a `.txt` lies beside a file of the same name that is something else.
fn has_sidecars(names: &[String]) -> bool {
    let stem = |name: &str| {
        let dot = name.rfind('.').filter(|dot| !name[*dot..].contains('/'))?;
        Some((name[..dot].to_owned(), name[dot + 1..].to_ascii_lowercase()))
    };
    let mut texts: Vec<_> =
        names.iter().filter_map(|name| stem(name)).filter(|(_, ending)| ending == "txt").collect();
    texts.sort();
    let beside = |name: &String| {
        stem(name).is_some_and(|(stem, ending)| {
            ending != "txt" && texts.binary_search(&(stem, "txt".to_owned())).is_ok()
        })
    };
    // Exported sidecars lie alone.
    !texts.is_empty() && (texts.len() == names.len() || names.iter().any(beside))
}

/// One file, by its name and first bytes.
fn of_file(files: &dyn Files, name: &str) -> Result<Option<Format>, FormatError> {
    let file = file_name(name);
    match file {
        "wav.scp" | "utt2spk" | "segments" | "text" => return Ok(Some(Format::Kaldi)),
        _ if is_lhotse(file) => return Ok(Some(Format::Lhotse)),
        _ => {}
    }
    let Some(mut text) = TextIn::open_if_there(files, name)? else {
        return Err(FormatError::Missing { file: name.to_owned() });
    };
    let head = text.peek()?;
    let head = &head[..head.len().min(HEAD)];
    // A character may be cut through at the end.
    let head = match std::str::from_utf8(head) {
        Ok(head) => head,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    Ok(of_text(file, head))
}

fn of_text(file: &str, head: &str) -> Option<Format> {
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let start = head.trim_start();
    match start.as_bytes().first() {
        None => of_empty(file, &ending),
        Some(b'[') => {
            start[1..].trim_start().starts_with(['{', ']']).then_some(Format::LabelStudio)
        }
        Some(b'{') => of_object(file, &first_object(start)?),
        _ if ending == "txt" => Some(Format::Sidecars),
        _ => of_table(file, &ending, head.trim_start_matches(['\r', '\n']).lines().next()?),
    }
}

fn of_empty(file: &str, ending: &str) -> Option<Format> {
    match (file, ending) {
        ("annotation.jsonl", _) => Some(Format::Annotation),
        ("metadata.jsonl", _) => Some(Format::AudiofolderJsonl),
        (_, "manifest") => Some(Format::Manifest),
        (_, "jsonl" | "ndjson") => Some(Format::Jsonl),
        (_, "json") => Some(Format::Nemo),
        (_, "txt") => Some(Format::Sidecars),
        _ => None,
    }
}

/// The first object of JSON lines; of one that is longer than what is looked at, its first fields.
fn first_object(start: &str) -> Option<Object> {
    let line = start.lines().next()?;
    if let Ok(Value::Object(object)) = serde_json::from_str(line) {
        return Some(object);
    }
    let mut object = Object::new();
    let mut rest = start[1..].trim_start();
    while rest.starts_with('"') {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(Value::String(name))) = values.next() else { break };
        let Some(value) = rest[values.byte_offset()..].trim_start().strip_prefix(':') else {
            break;
        };
        let mut values = serde_json::Deserializer::from_str(value).into_iter::<Value>();
        let read = values.next();
        let known = matches!(read, Some(Ok(_)));
        object.insert(name, read.and_then(Result::ok).unwrap_or_default());
        if !known {
            break;
        }
        let Some(more) = value[values.byte_offset()..].trim_start().strip_prefix(',') else {
            break;
        };
        rest = more.trim_start();
    }
    (!object.is_empty()).then_some(object)
}

fn of_object(file: &str, object: &Object) -> Option<Format> {
    let has = |name: &str| object.contains_key(name);
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    let is_address = object.get("source").and_then(Value::as_str).is_some_and(is_bucket_address);
    let ours = any(&["key", "key_b64"]);
    Some(match file {
        _ if has("source-ref") => Format::GroundTruth,
        _ if has("source") && !ours && (has("annotation") || is_address) => Format::Manifest,
        _ if has("audio_filepath") => Format::Nemo,
        _ if has("recording_id") || (has("id") && has("sources")) => Format::Lhotse,
        _ if file.ends_with(".manifest") && has("source") => Format::Manifest,
        "metadata.jsonl" if any(&["file_name", "audio_file_name"]) => Format::AudiofolderJsonl,
        _ if has("audio_name") => Format::Annotation,
        _ if has("file_name") && !ours => {
            if file == "annotation.jsonl" || has("text") || !any(PLAIN.content) {
                Format::Annotation
            } else {
                Format::AudiofolderJsonl
            }
        }
        _ if ours || any(PLAIN.audio) => Format::Jsonl,
        _ => return None,
    })
}

fn is_bucket_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        ["s3", "s3a", "obs"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
    })
}

fn of_table(file: &str, ending: &str, header: &str) -> Option<Format> {
    let separator = match ending {
        "tsv" | "tab" => '\t',
        _ if header.contains('\t') && !header.contains(',') => '\t',
        _ if header.contains(';') && !header.contains(',') => ';',
        _ => ',',
    };
    let columns: Vec<_> =
        header.split(separator).map(|cell| cell.trim().trim_matches('"')).collect();
    let has = |name: &str| columns.contains(&name);
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    let tabs = separator == '\t';
    Some(match file {
        _ if tabs && has("path") && has("sentence") => Format::CommonVoice,
        _ if has("annotator") && any(&["annotation_id", "lead_time"]) => Format::LabelStudioCsv,
        "metadata.csv" if any(&["file_name", "audio_file_name"]) => Format::AudiofolderCsv,
        _ if any(PLAIN.audio) && tabs => Format::Tsv,
        _ if any(PLAIN.audio) => Format::Csv,
        _ if ending == "csv" && !tabs && (2..=3).contains(&header.split('|').count()) => {
            Format::LjSpeech
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
