//! What a person does to samples, and to which: the request that screen and command line send to the workspace.

use super::{Filter, Flag, RevisionId, SampleId, Scope, View};

/// What one press of a key does to one sample or to many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// This content for each. An empty one changes nothing.
    Label(String),
    /// Removes the label, and *no speech* with it.
    Unlabel,
    /// Sets or takes off a flag. *No speech* sets an empty label, and takes it with it.
    Flag(Flag, bool),
    /// Labels with the suggestion. Of many, those that are labeled already are left alone.
    AcceptSuggestion,
    /// The same label, for the audio as it is now.
    Affirm,
    /// Into the trash.
    Delete,
    /// Out of the trash.
    Restore,
    /// The content that this revision had.
    RestoreRevision(RevisionId),
    /// Ends a conflict.
    Settle(Choice),
}

/// Which of the disagreeing labels stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The one that is shown.
    Shown,
    /// The newest of one's own.
    Mine,
    /// The newest of somebody else's.
    Theirs,
}

/// Which samples.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// These.
    Samples(Vec<SampleId>),
    /// All of a list.
    Matching {
        /// Which list.
        view: View,
        /// Only those that match.
        filter: Filter,
        /// Only this share.
        scope: Option<Scope>,
    },
}
