//! What can be wrong with a setting, and where it was made.

use crate::keymap::Place;
use std::fmt;

/// Where a setting was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In a file.
    File(Place),
    /// In this environment variable.
    Env(String),
    /// On the command line, by this dotted name.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File(place) => place.fmt(f),
            Origin::Env(variable) => write!(f, "the environment variable {variable}"),
            Origin::Flag(_) => f.write_str("the command line"),
        }
    }
}

/// A setting that is wrong: where it was made, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {problem}")]
pub struct ConfigError {
    /// Where it was made.
    pub origin: Origin,
    /// What is wrong.
    pub problem: ConfigProblem,
}

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigProblem {
    /// The text is not TOML.
    #[error("{0}")]
    Syntax(String),
    /// No section has this name.
    #[error("there is no section [{name}]{}", did_you_mean(*.meant))]
    UnknownSection {
        /// As written.
        name: String,
        /// What it may have meant.
        meant: Option<&'static str>,
    },
    /// A setting stands above the first section.
    #[error("{0:?} stands outside of a section")]
    OutsideSection(String),
    /// No setting has this name.
    #[error("there is no setting {dotted}{}", did_you_mean(*.meant))]
    UnknownSetting {
        /// Section and name as written.
        dotted: String,
        /// What it may have meant.
        meant: Option<&'static str>,
    },
    /// The value is of a wrong type or out of range.
    #[error("{dotted} is {found}, not {expected}")]
    Value {
        /// Section and name.
        dotted: &'static str,
        /// The value as given.
        found: String,
        /// What would be right.
        expected: String,
    },
}

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match &self.problem {
            ConfigProblem::Syntax(_) | ConfigProblem::Value { .. } => None,
            ConfigProblem::OutsideSection(name) => {
                Some(format!("put {name} below its section, such as [playback]"))
            }
            ConfigProblem::UnknownSection { .. } | ConfigProblem::UnknownSetting { .. } => {
                Some("`earmark config` lists every setting".to_owned())
            }
        }
    }
}

fn did_you_mean(meant: Option<&'static str>) -> String {
    meant.map_or_else(String::new, |meant| format!("; did you mean {meant}?"))
}
