//! What can go wrong in a use case, with what to do about it.

use crate::audio::AudioError;
use crate::config::PathsError;
use crate::domain::{SourceError, UserError};
use crate::formats::{FormatError, LineError, LineProblem, SidecarError};
use crate::objects::StoreError;
use crate::sync::{ShareError, SyncError};
use crate::text::{safe_line, shell_word};
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
    /// The workspace is gone, its copies are not.
    #[error("the workspace {} is gone; copies of it are there", .workspace.display())]
    Gone {
        /// The file.
        workspace: PathBuf,
        /// The newest copy.
        newest: String,
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
    #[error("the list of datasets {} cannot be read: {why}", .path.display())]
    Registry {
        /// The file.
        path: PathBuf,
        /// In a few words.
        why: String,
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
    /// Labels in a format.
    #[error("could not use the labels in {}", safe_line(.file))]
    Format {
        /// The file, relative to what was named.
        file: String,
        /// Which file, and why.
        source: FormatError,
    },
    /// A line of a published manifest.
    #[error("cannot read {}", safe_line(.file))]
    BadLine {
        /// The file, relative to the output.
        file: String,
        /// Which line, and why.
        source: LineProblem,
    },
    /// An export would overwrite it.
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    /// A format of one file was to become a folder.
    #[error("{} is a folder", .0.display())]
    IsAFolder(PathBuf),
    /// A link in the folder of an export leads elsewhere.
    #[error("{} lies behind a link that leads out of the folder", .0.display())]
    LeadsOut(PathBuf),
    /// What was written does not read back as it should.
    #[error("what was written could not be verified")]
    NotVerified {
        /// What differs.
        why: String,
    },
    /// Labels that disagree.
    #[error("the labels of {count} samples are in conflict, {} first", safe_line(.first))]
    Conflicts {
        /// How many samples.
        count: u64,
        /// The key of the first.
        first: String,
    },
    /// Nothing can be published.
    #[error("{} has no output", safe_line(.0))]
    NoOutput(String),
    /// Not the name of a version.
    #[error("{:?} cannot be the name of a version", safe_line(.0))]
    VersionName(String),
    /// Somebody else has the name.
    #[error("the version {} {}", safe_line(.name), if *.published { "is published already" } else { "was claimed by somebody else, and is not finished" })]
    VersionTaken {
        /// The name.
        name: String,
        /// Complete; else only claimed.
        published: bool,
    },
    /// No version has the name.
    #[error("there is no version {} in the output", safe_line(.name))]
    NoSuchVersion {
        /// As typed.
        name: String,
        /// Those that are there.
        known: String,
    },
    /// A version's description.
    #[error("cannot read {}", safe_line(.file))]
    Description {
        /// The object.
        file: String,
        /// Where and why.
        source: serde_json::Error,
    },
    /// Two local files that would be one.
    #[error("two of the files would become {0}")]
    TwoFilesOneKey(String),
    /// A thread ended without saying how.
    #[error("reading stopped unexpectedly")]
    Lost,
    /// Neither a file nor the name of a copy.
    #[error("there is no copy {}", safe_line(.named))]
    NoSuchCopy {
        /// As typed.
        named: String,
        /// The newest that there is.
        newest: Option<String>,
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
    /// Labels could not be shared.
    #[error(transparent)]
    Share(#[from] ShareError),
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
                format!("`earmark sync {}` makes it", shell_word(source_name))
            }
            Self::Gone { workspace, newest } => format!(
                "`earmark put-back SOURCE {}` puts it back; to begin anew, move {}-copies away",
                shell_word(newest),
                shell_word(&workspace.display().to_string())
            ),
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
                let path = path.display().to_string();
                format!("mend it, or move {} aside: workspaces are not touched", safe_line(&path))
            }
            Self::Io { source, .. } => return of_system(source).map(str::to_owned),
            Self::Source(_) => return None,
            Self::Sidecar { .. } => "save it as UTF-8 text".into(),
            Self::Lines { source, .. } => return source.hint(),
            Self::Format { source, .. } => return source.hint(),
            Self::BadLine { .. } | Self::Description { .. } => {
                "it was changed after it was published; publish a new version".into()
            }
            Self::Exists(_) => "give another place, or say --overwrite".into(),
            Self::IsAFolder(_) => "name a file in it: this format is a single file".into(),
            Self::LeadsOut(_) => "remove the link, or export into an empty folder".into(),
            Self::NotVerified { why } => {
                format!("nothing was kept; {why}: try another format, and report this")
            }
            Self::Conflicts { .. } => {
                "settle them in tab 2, To confirm, or say --conflicts shown or --conflicts skip"
                    .into()
            }
            Self::NoOutput(source) => {
                format!("say where with `earmark sync {} --output OUT`", shell_word(source))
            }
            Self::VersionName(_) => "use up to 32 letters, digits, - and _".into(),
            Self::VersionTaken { published: true, .. } => {
                "versions never change: take another name, or leave --version out".into()
            }
            Self::VersionTaken { name, .. } => format!(
                "take another name; or, if nobody is publishing it, remove versions/{}/ from the output",
                safe_line(name)
            ),
            Self::NoSuchVersion { known, .. } if known.is_empty() => {
                "nothing was published yet: `earmark publish SOURCE`".into()
            }
            Self::NoSuchVersion { known, .. } => format!("there are {}", safe_line(known)),
            Self::TwoFilesOneKey(_) => "add them in two runs, with --to".into(),
            Self::Lost => "run it again".into(),
            Self::NoSuchCopy { newest: Some(newest), .. } => {
                format!("the newest is {}; `earmark put-back SOURCE` lists all", safe_line(newest))
            }
            Self::NoSuchCopy { newest: None, .. } => {
                "name a file that `earmark backup` made".into()
            }
            Self::Paths(error) => return error.hint(),
            Self::Store(error) => return error.hint(),
            Self::Workspace(error) => return error.hint(),
            Self::Sync(error) => return error.hint(),
            Self::Share(error) => return error.hint(),
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

/// What to do about what the system says.
fn of_system(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        io::ErrorKind::NotFound => "check the spelling, and that its folder is there",
        io::ErrorKind::PermissionDenied => "check who owns it and its folder",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room on the disk, then do it again"
        }
        io::ErrorKind::ReadOnlyFilesystem => "its disk is read-only: name another place",
        _ => return None,
    })
}

impl From<OpsError> for UserError {
    fn from(error: OpsError) -> Self {
        Self::of(&error, error.hint())
    }
}
