//! Why audio could not be read: which file, which container, which codec, and what is wrong with it.

use crate::domain::UserError;
use std::io;

/// Why a file could not be opened, decoded or written.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The disk or the network failed; the file itself may be fine.
    #[error("{name} could not be read")]
    Read {
        /// The file.
        name: String,
        /// What the disk or the network said.
        #[source]
        cause: io::Error,
    },
    /// The file holds no bytes.
    #[error("{name} is empty")]
    Empty {
        /// The file.
        name: String,
    },
    /// Its first bytes are those of no audio format that is known here.
    #[error("{name} is not audio, or of an unknown format")]
    Unknown {
        /// The file.
        name: String,
    },
    /// The container or the codec is known by name but cannot be decoded.
    #[error("{name}: {container} with {codec} cannot be decoded: {why}")]
    Unsupported {
        /// The file.
        name: String,
        /// Container by content.
        container: String,
        /// Codec, as far as it is known.
        codec: String,
        /// What is missing.
        why: String,
    },
    /// The bytes contradict themselves.
    #[error("{name}: damaged {container}: {why}")]
    Damaged {
        /// The file.
        name: String,
        /// Container by content.
        container: String,
        /// What is wrong.
        why: String,
    },
    /// A decoder panicked on it; the panic went no further.
    #[error("{name}: the {container} decoder crashed: {why}")]
    Crashed {
        /// The file.
        name: String,
        /// Container by content.
        container: String,
        /// The panic's message.
        why: String,
    },
    /// Decoded audio could not be written.
    #[error("{path} could not be written")]
    Write {
        /// Where to.
        path: String,
        /// What the disk said.
        #[source]
        cause: io::Error,
    },
}

impl AudioError {
    /// What to do next, where something can be done.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Read { .. } => "try again; if it stays, check the disk or the network",
            Self::Empty { .. } => "it was probably not copied to its end: copy it again",
            Self::Unknown { .. } => "convert it to WAV or FLAC, or leave it out of the dataset",
            Self::Unsupported { .. } => {
                "convert it with a program that knows it, for example: ffmpeg -i FILE FILE.flac"
            }
            Self::Damaged { .. } | Self::Crashed { .. } => {
                "copy it again from where it came; if that does not help, flag it as bad audio"
            }
            Self::Write { .. } => "check that the folder is there and the disk is not full",
        };
        Some(hint.to_owned())
    }

    /// Whether the same call may succeed later: the file was not at fault.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Read { .. })
    }
}

impl From<AudioError> for UserError {
    fn from(error: AudioError) -> Self {
        let user = match &error {
            AudioError::Read { cause, .. } | AudioError::Write { cause, .. } => {
                UserError::caused(error.to_string(), cause)
            }
            _ => UserError::new(error.to_string()),
        };
        match error.hint() {
            Some(hint) => user.hint(hint),
            None => user,
        }
    }
}
