//! `ModelArts` manifests: one JSON object a sample, its speech content in an annotation of type `audio_content`.
//!
//! Whatever else a line says is kept in [`Record::extra`] as it stands there, and written again. Of our own annotation
//! only what [`write`] would not make anew is kept, with its place among the others.

mod plain;
mod read;
mod write;

pub(super) use read::read;
pub(super) use write::writer;

use super::json::Object;
use serde_json::Value;

const CONTENT: &str = "@modelarts:content";
const CONTENT_TYPE: &str = "modelarts/audio_content";
const HUMAN: &str = "human";

/// The part of an annotation's type that counts: what stands behind the vendor.
fn kind(annotation: &Object) -> Option<&str> {
    let kind = annotation.get("type")?.as_str()?;
    Some(kind.rsplit('/').next().unwrap_or(kind))
}

fn is_content(annotation: &Object) -> bool {
    kind(annotation) == Some("audio_content")
}

/// Who stands behind `annotated-by`.
#[derive(Debug, PartialEq, Eq)]
enum By<'a> {
    /// A person, by name where it is told.
    Person(Option<&'a str>),
    /// A machine.
    Machine(&'a str),
}

fn by(annotated_by: &str) -> By<'_> {
    match annotated_by.split_once('/') {
        _ if annotated_by.is_empty() => By::Person(None),
        None if annotated_by.eq_ignore_ascii_case(HUMAN) => By::Person(None),
        Some((head, "")) if head.eq_ignore_ascii_case(HUMAN) => By::Person(None),
        Some((head, name)) if head.eq_ignore_ascii_case(HUMAN) => By::Person(Some(name)),
        _ => By::Machine(annotated_by),
    }
}

fn annotated_by(person: Option<&str>) -> String {
    match person {
        Some(name) if !name.is_empty() => format!("{HUMAN}/{name}"),
        _ => HUMAN.to_owned(),
    }
}

/// What `annotated-by` of an annotation says, if it is text.
fn by_of(annotation: &Object) -> Option<By<'_>> {
    annotation.get("annotated-by").and_then(Value::as_str).map(by)
}

#[cfg(test)]
mod tests;
