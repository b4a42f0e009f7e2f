//! What can go wrong in a use case, with what to do about it.

use crate::audio::AudioError;
use crate::config::PathsError;
use crate::domain::{SourceError, UserError};
use crate::formats::{LineError, SidecarError};
use crate::objects::StoreError;
use crate::sync::SyncError;
use crate::text::safe_line;
use crate::workspace::WorkspaceError;
use std::io;
use std::path::{Path, PathBuf};

/// A use case that failed.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// What was typed is no source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Neither a folder nor a known name.
    #[error("there is no folder and no dataset {}", safe_line(.typed))]
    NoSuchDataset {
        /// As typed.
        typed: String,
        /// The known name that is most like it.
        near: Option<String>,
    },
    /// The dataset was never opened here.
    #[error("{} has no workspace yet", safe_line(.source_name))]
    NoWorkspace {
        /// The source.
        source_name: String,
    },
    /// The workspace is another dataset's.
    #[error("the workspace {} belongs to {}, not to {}", .workspace.display(), safe_line(.holds), safe_line(.wanted))]
    OtherSource {
        /// The file.
        workspace: PathBuf,
        /// The source it was made for.
        holds: String,
        /// The source that was asked for.
        wanted: String,
    },
    /// The output is the source, or lies in it.
    #[error("the output {} lies inside the source", safe_line(.0))]
    OutputInsideSource(String),
    /// Another dataset has the name.
    #[error("another dataset is named {} already", safe_line(.0))]
    NameTaken(String),
    /// A name that cannot be one.
    #[error("{:?} cannot be the name of a dataset", safe_line(.0))]
    BadName(String),
    /// No sample has this key.
    #[error("there is no sample {} in the dataset", safe_line(.0))]
    NoSuchSample(String),
    /// The list of known datasets.
    #[error("the list of datasets {} cannot be read", .path.display())]
    Registry {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A file of labels.
    #[error("cannot read the labels in {file}")]
    Lines {
        /// The file, as given.
        file: String,
        /// Which line, and why.
        source: LineError,
    },
    /// A sidecar that stops the import.
    #[error("cannot read the sidecar {key}")]
    Sidecar {
        /// Its key, safe to show.
        key: String,
        /// Why.
        source: SidecarError,
    },
    /// Some other file.
    #[error("could not {doing} {}", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// This account has no folders.
    #[error(transparent)]
    Paths(#[from] PathsError),
    /// The source.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The workspace.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The sync.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The sound.
    #[error(transparent)]
    Audio(#[from] AudioError),
}

impl OpsError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoSuchDataset { near: Some(name), .. } => {
                format!("did you mean {}?", safe_line(name))
            }
            Self::NoSuchDataset { near: None, .. } => {
                "give a folder with recordings; `earmark` alone shows the datasets opened before"
                    .into()
            }
            Self::NoWorkspace { source_name } => {
                format!("`earmark sync {}` makes it", safe_line(source_name))
            }
            Self::OtherSource { .. } => "name another file with --workspace".into(),
            Self::OutputInsideSource(_) => {
                "give a folder beside the source: what is shared must not be taken for data".into()
            }
            Self::NameTaken(_) => "give another one with --name".into(),
            Self::BadName(_) => "use a short text without / and control characters".into(),
            Self::NoSuchSample(_) => {
                "`earmark list SOURCE` shows every key; `earmark sync SOURCE` takes new files in"
                    .into()
            }
            Self::Registry { path, .. } => {
                format!("mend it, or move {} aside: workspaces are not touched", path.display())
            }
            Self::Source(_) | Self::Io { .. } => return None,
            Self::Sidecar { .. } => "save it as UTF-8 text".into(),
            Self::Lines { source, .. } => return source.hint(),
            Self::Paths(error) => return error.hint(),
            Self::Store(error) => return error.hint(),
            Self::Workspace(error) => return error.hint(),
            Self::Sync(error) => return error.hint(),
            Self::Audio(error) => return error.hint(),
        };
        Some(hint)
    }

    /// Something that the system refused to do with a file.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

impl From<OpsError> for UserError {
    fn from(error: OpsError) -> Self {
        Self::of(&error, error.hint())
    }
}
