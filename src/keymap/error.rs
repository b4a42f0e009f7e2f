//! What can be wrong with a keymap, each with its place and in the user's words.

use super::{Context, Key, KeyError, Place};
use crate::action::Action;
use std::fmt;

/// A table of the keymap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Holds everywhere, behind the others.
    Global,
    /// Holds where the focus is.
    In(Context),
}

impl Table {
    /// Every table, in the order of the file.
    pub const ALL: [Table; 4] = [
        Table::Global,
        Table::In(Context::List),
        Table::In(Context::Editor),
        Table::In(Context::Dialog),
    ];

    /// Its name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Table::Global => "global",
            Table::In(Context::List) => "list",
            Table::In(Context::Editor) => "editor",
            Table::In(Context::Dialog) => "dialog",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.name())
    }
}

/// What is wrong with a keymap, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct KeymapError {
    /// File, line and column.
    pub place: Place,
    /// What is wrong there.
    pub problem: KeymapProblem,
}

/// What is wrong at one place of a keymap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapProblem {
    /// The text is not TOML.
    #[error("{0}")]
    Syntax(String),
    /// No table has this name.
    #[error("there is no table [{name}]{}", did_you_mean(*.meant))]
    UnknownTable {
        /// As written.
        name: String,
        /// What it may have meant.
        meant: Option<&'static str>,
    },
    /// An action stands above the first table.
    #[error("{0:?} stands outside of a table")]
    OutsideTable(String),
    /// No action has this name.
    #[error("there is no action {name:?}{}", did_you_mean(*.meant))]
    UnknownAction {
        /// As written.
        name: String,
        /// What it may have meant.
        meant: Option<&'static str>,
    },
    /// The keys are not a list of texts.
    #[error("the keys of {action} are {found}, not a list of texts")]
    NotKeys {
        /// Whose keys.
        action: Action,
        /// Of what type the value is.
        found: &'static str,
    },
    /// A text is no key.
    #[error("{text:?} is no key: {cause}")]
    NotAKey {
        /// As written.
        text: String,
        /// Why not.
        cause: KeyError,
    },
    /// A key that types a character would do something else while typing.
    #[error("{key} types a character and cannot be {action} in {table}")]
    TypesText {
        /// Which key.
        key: Key,
        /// What it was to do.
        action: Action,
        /// Where.
        table: Table,
    },
    /// A playback action on a key that edits text.
    #[error("{key} edits text and cannot be {action} in {table}")]
    SoundOnTextKey {
        /// Which key.
        key: Key,
        /// What it was to do.
        action: Action,
        /// Where.
        table: Table,
    },
    /// Two actions share a key.
    #[error("{key} is {action} here and {other} at {other_place}, both in {table}")]
    Conflict {
        /// Which key.
        key: Key,
        /// Where it has both meanings.
        table: Table,
        /// What it does here.
        action: Action,
        /// What else it does.
        other: Action,
        /// Where that is written.
        other_place: Place,
    },
}

impl KeymapError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match &self.problem {
            KeymapProblem::Syntax(_) => None,
            KeymapProblem::UnknownTable { .. } | KeymapProblem::OutsideTable(_) => {
                Some("put it below one of [global], [list], [editor], [dialog]".to_owned())
            }
            KeymapProblem::UnknownAction { .. } => {
                Some("`earmark keys` lists every action".to_owned())
            }
            KeymapProblem::NotKeys { action, .. } => {
                Some(format!("write {action} = [\"f9\"], or {action} = [] for none"))
            }
            KeymapProblem::NotAKey { .. } => Some(
                "keys are written as \"ctrl+j\", \"alt+enter\", \"shift+tab\", \"f8\", \"space\", \"G\" or \"?\""
                    .to_owned(),
            ),
            KeymapProblem::TypesText { .. } | KeymapProblem::SoundOnTextKey { .. } => {
                Some("take a key with ctrl or alt, a function key, or tab".to_owned())
            }
            KeymapProblem::Conflict { table, other, .. } => {
                Some(format!("give {other} other keys in {table}, or none: {other} = []"))
            }
        }
    }
}

fn did_you_mean(meant: Option<&'static str>) -> String {
    meant.map_or_else(String::new, |meant| format!("; did you mean {meant:?}?"))
}
