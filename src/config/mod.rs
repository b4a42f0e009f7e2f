//! Settings: what there is to set, the layers that set it, with every error named by file and line; themes; folders.
//!
//! [`Config::load`] is pure: texts and pairs in, settings or errors out. Only `read` and `paths` touch the machine.

mod choice;
mod error;
mod load;
mod paths;
mod read;
mod settings;
mod table;
mod theme;
mod value;

pub use choice::{Ascii, CacheMode, Choice, ColorMode, OutputMode, ThemeName};
pub use error::{ConfigError, ConfigProblem, Origin};
pub use load::Entry;
pub use paths::{Paths, PathsError};
pub use read::{ReadError, read_layers, read_user_file};
pub use settings::{Config, Editor, Journal, List, Playback, Screen, Storage, SyncSettings, Work};
pub use theme::{Ansi, Color, Role, Style, Theme, ThemeError};

use std::path::PathBuf;

/// A settings file: its path, for messages, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFile {
    /// Where it was read.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// What settings come from, besides those that are shipped; later ones win.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layers {
    /// The user's file.
    pub user: Option<SettingsFile>,
    /// The dataset's file.
    pub dataset: Option<SettingsFile>,
    /// Environment variables; those named `EARMARK_<SECTION>_<NAME>` set something, others are passed over.
    pub env: Vec<(String, String)>,
    /// Flags of the command line: dotted names and their values.
    pub flags: Vec<(String, String)>,
}

#[cfg(test)]
mod tests;
