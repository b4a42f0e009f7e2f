//! One revision as a line of a log: see docs/log-format.md.

use crate::domain::{
    ActionId, AudioStamp, Change, ContentChange, Flag, How, Revision, RevisionId, SampleKey,
};
use crate::formats::{KeyFields, too_many_values};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Bytes of the longest line that is read: more than the longest text that can be imported takes in JSON.
pub(super) const LONGEST: usize = 32 << 20;

#[derive(Serialize, Deserialize)]
struct Line {
    id: RevisionId,
    #[serde(flatten)]
    sample: KeyFields,
    #[serde(default)]
    parents: Vec<RevisionId>,
    action: ActionId,
    author: String,
    at: Timestamp,
    how: How,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heard: Option<Heard>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    removed: bool,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    flags_added: BTreeSet<Flag>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    flags_removed: BTreeSet<Flag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved_from: Option<KeyFields>,
    /// What a newer earmark says besides.
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Heard {
    size: u64,
    etag: String,
}

/// A revision as a line of the log, without its end: see docs/log-format.md.
pub fn encode(key: &SampleKey, revision: &Revision) -> String {
    let (content, removed) = match &revision.change.content {
        Some(ContentChange::Set(text)) => (Some(text.clone()), false),
        Some(ContentChange::Removed) => (None, true),
        None => (None, false),
    };
    let extra = revision.extra.as_deref().and_then(|extra| serde_json::from_str(extra).ok());
    let line = Line {
        id: revision.id,
        sample: key.into(),
        parents: revision.parents.clone(),
        action: revision.action,
        author: revision.author.clone(),
        at: revision.at,
        how: revision.how.clone(),
        heard: (revision.heard.as_ref())
            .map(|heard| Heard { size: heard.size, etag: heard.etag.clone() }),
        content,
        removed,
        flags_added: revision.change.flags_added.clone(),
        flags_removed: revision.change.flags_removed.clone(),
        deleted: revision.change.deleted,
        moved_from: revision.moved_from.as_ref().map(KeyFields::from),
        extra: extra.unwrap_or_default(),
    };
    // Texts, numbers and lists: there is nothing in it that JSON could not say.
    serde_json::to_string(&line).unwrap_or_default()
}

/// The empty key is nobody's.
fn named(fields: &KeyFields) -> Option<SampleKey> {
    fields.read().filter(|key| !key.as_bytes().is_empty())
}

/// The revision of a line of the log, and the sample that it is about.
///
/// # Errors
/// In a few words, what is wrong with it.
pub fn decode(text: &[u8]) -> Result<(SampleKey, Revision), String> {
    if text.len() > LONGEST {
        return Err("it is longer than 32 MiB".to_owned());
    }
    if too_many_values(text) {
        return Err("there are too many values in it".to_owned());
    }
    let line: Line = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let key = named(&line.sample).ok_or("it names no sample")?;
    let content = match (line.content, line.removed) {
        (Some(text), _) => Some(ContentChange::Set(text)),
        (None, true) => Some(ContentChange::Removed),
        (None, false) => None,
    };
    let moved_from = match line.moved_from {
        Some(fields) => Some(named(&fields).ok_or("moved_from names no sample")?),
        None => None,
    };
    let extra = (!line.extra.is_empty()).then(|| Value::Object(line.extra).to_string());
    Ok((
        key,
        Revision {
            id: line.id,
            parents: line.parents,
            action: line.action,
            author: line.author,
            at: line.at,
            how: line.how,
            heard: line.heard.map(|heard| AudioStamp { size: heard.size, etag: heard.etag }),
            change: Change {
                content,
                flags_added: line.flags_added,
                flags_removed: line.flags_removed,
                deleted: line.deleted,
            },
            moved_from,
            extra,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn revision(text: Option<String>, key: Vec<u8>, extra: bool) -> Revision {
        Revision {
            id: RevisionId(Uuid::from_u128(1)),
            parents: vec![RevisionId(Uuid::from_u128(2))],
            action: ActionId(Uuid::from_u128(3)),
            author: "ann".into(),
            at: "2026-03-01T12:34:56.123456789Z".parse().unwrap(),
            how: How::Other("telepathy".into()),
            heard: Some(AudioStamp { size: 7, etag: "e".into() }),
            change: Change {
                content: text.map_or(Some(ContentChange::Removed), |t| Some(ContentChange::Set(t))),
                flags_added: BTreeSet::from([Flag::NoSpeech]),
                ..Change::default()
            },
            moved_from: Some(SampleKey::new(key)),
            extra: extra.then(|| r#"{"mood":{"of":[1,2]}}"#.to_owned()),
        }
    }

    proptest! {
        #[test]
        fn a_revision_survives_its_line(
            text in proptest::option::of(".*"), key in proptest::collection::vec(any::<u8>(), 1..20), extra: bool,
        ) {
            let revision = revision(text, key.clone(), extra);
            let key = SampleKey::new(key);
            let line = encode(&key, &revision);
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(decode(line.as_bytes()), Ok((key, revision)));
        }

        #[test]
        fn nothing_that_comes_in_is_a_panic(line: Vec<u8>) {
            let _ = decode(&line);
        }
    }

    #[test]
    fn what_a_newer_one_says_is_passed_on() {
        let key = SampleKey::from("a.wav");
        let plain = encode(&key, &revision(None, vec![b'x'], false));
        let newer = plain.replacen('{', r#"{"reviewed":"twice","#, 1);
        let (_, revision) = decode(newer.as_bytes()).unwrap();
        assert_eq!(revision.extra.as_deref(), Some(r#"{"reviewed":"twice"}"#));
        assert!(encode(&key, &revision).contains(r#""reviewed":"twice""#));
    }
}
