//! Revisions: the immutable entries of a sample's history.

use super::{ActionId, AudioStamp, Flag, RevisionId, SampleKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What happened to the speech content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentChange {
    /// The text became this. Empty only with *no speech* or by import.
    Set(String),
    /// The label was removed.
    Removed,
}

/// What one revision changes; each field is merged apart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Change {
    /// The speech content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ContentChange>,
    /// Flags set.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags_added: BTreeSet<Flag>,
    /// Flags taken off.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags_removed: BTreeSet<Flag>,
    /// `true`: into the trash; `false`: restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

impl Change {
    /// A change of nothing but the text.
    pub fn content(text: impl Into<String>) -> Self {
        Self { content: Some(ContentChange::Set(text.into())), ..Self::default() }
    }

    /// Removes the label.
    pub fn removed() -> Self {
        Self { content: Some(ContentChange::Removed), ..Self::default() }
    }

    /// Sets or takes off one flag.
    pub fn flag(flag: Flag, on: bool) -> Self {
        let one = BTreeSet::from([flag]);
        if on {
            Self { flags_added: one, ..Self::default() }
        } else {
            Self { flags_removed: one, ..Self::default() }
        }
    }

    /// Into the trash, or out of it.
    pub fn deletion(deleted: bool) -> Self {
        Self { deleted: Some(deleted), ..Self::default() }
    }

    /// What it says about one flag.
    pub fn of_flag(&self, flag: &Flag) -> Option<bool> {
        if self.flags_added.contains(flag) {
            Some(true)
        } else if self.flags_removed.contains(flag) {
            Some(false)
        } else {
            None
        }
    }

    /// Every flag that it touches, with what it becomes.
    pub fn flags(&self) -> impl Iterator<Item = (&Flag, bool)> {
        self.flags_added
            .iter()
            .map(|f| (f, true))
            .chain(self.flags_removed.iter().map(|f| (f, false)))
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.content.is_none()
            && self.flags_added.is_empty()
            && self.flags_removed.is_empty()
            && self.deleted.is_none()
    }
}

/// How a revision came to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum How {
    /// A person typed it in the editor or gave it on the command line.
    Typed,
    /// One content for many, or a batch of another kind.
    Batch,
    /// A suggestion was accepted as it was.
    Suggestion,
    /// Read from a file that came with the data.
    Import,
    /// The same text affirmed on changed audio.
    Affirm,
    /// A conflict was settled.
    Settle,
    /// An action was taken back.
    Undo,
    /// An action that was taken back was done again.
    Redo,
    /// An older revision was brought back from the history.
    Restore,
    /// The file moved; the history came along.
    Move,
    /// A kind that a newer earmark knows; kept and passed on.
    Other(String),
}

impl How {
    const KNOWN: [(How, &'static str); 10] = [
        (How::Typed, "typed"),
        (How::Batch, "batch"),
        (How::Suggestion, "suggestion"),
        (How::Import, "import"),
        (How::Affirm, "affirm"),
        (How::Settle, "settle"),
        (How::Undo, "undo"),
        (How::Redo, "redo"),
        (How::Restore, "restore"),
        (How::Move, "move"),
    ];

    /// The stable word in files and JSON.
    pub fn name(&self) -> &str {
        match self {
            How::Other(name) => name,
            known => Self::KNOWN.iter().find(|(how, _)| how == known).map_or("", |(_, name)| name),
        }
    }
}

impl From<String> for How {
    fn from(name: String) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|(_, known)| *known == name)
            .map_or(How::Other(name), |(how, _)| how)
    }
}

impl From<How> for String {
    fn from(how: How) -> Self {
        how.name().to_owned()
    }
}

/// One immutable entry of a sample's history.
///
/// `parents` are the heads, of every field that it changes, that its author saw. It supersedes those and no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Its own id.
    pub id: RevisionId,
    /// What it supersedes.
    pub parents: Vec<RevisionId>,
    /// The action that it was part of.
    pub action: ActionId,
    /// The person (or, of an import, the origin).
    pub author: String,
    /// When, UTC.
    pub at: Timestamp,
    /// In which way.
    pub how: How,
    /// The audio that was heard.
    pub heard: Option<AudioStamp>,
    /// What changed.
    pub change: Change,
    /// Where the history came from, when the file moved.
    pub moved_from: Option<SampleKey>,
    /// Fields of a newer earmark, kept and passed on: a JSON object or nothing.
    pub extra: Option<String>,
}

impl Revision {
    /// Whether a person stands behind it, which gives it precedence over imports.
    pub fn by_person(&self) -> bool {
        self.how != How::Import
    }
}

impl Serialize for SampleKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.as_bytes())
    }
}

impl<'de> Deserialize<'de> for SampleKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<u8>::deserialize(deserializer).map(SampleKey::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_survives_a_round_trip_known_or_not() {
        for (how, name) in How::KNOWN {
            assert_eq!(how.name(), name);
            assert_eq!(How::from(name.to_owned()), how);
        }
        assert_eq!(How::from("telepathy".to_owned()), How::Other("telepathy".into()));
    }
}
