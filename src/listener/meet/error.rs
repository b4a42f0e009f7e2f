//! Why a listener was not met.

use crate::listener::wire::HandshakeError;
use crate::text::shell_word;
use std::io;
use std::path::PathBuf;

/// Why a note could not be kept, or its listener not be reached.
#[derive(Debug, thiserror::Error)]
pub enum MeetError {
    /// The folder or a file in it.
    #[error("cannot use {}", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others could put notes there.
    #[error("{} is not private: {why}", .path.display())]
    Unsafe {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Something else than a note's name.
    #[error("a listener cannot be called that")]
    Name,
    /// Words that name no listener.
    #[error("no listener can be called {words:?}")]
    NoPlace {
        /// The words.
        words: String,
    },
    /// A listener without a note, and nothing to show it.
    #[error("the listener at {words:?} wants its token")]
    NoToken {
        /// Its path or port.
        words: String,
    },
    /// A note that nobody answers any more.
    #[error("the listener {name} has gone")]
    Gone {
        /// The note's name.
        name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The way there failed otherwise.
    #[error("cannot reach the listener {name}")]
    Reach {
        /// The note's name.
        name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It was reached, and the two did not come together.
    #[error("the listener {name} does not play for this program")]
    Handshake {
        /// The note's name.
        name: String,
        /// Why not.
        #[source]
        source: HandshakeError,
    },
}

impl MeetError {
    /// Whether the note leads nowhere and can be forgotten.
    pub fn is_stale(&self) -> bool {
        matches!(self, Self::Gone { .. })
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Folder { .. } | Self::Name => None,
            Self::NoPlace { .. } => Some(
                "give the name that `earmark connect` chose, a socket's full path or a port".into(),
            ),
            Self::NoToken { .. } => {
                Some("export EARMARK_LISTENER_TOKEN, as `earmark listen` says".into())
            }
            Self::Unsafe { path, .. } => {
                let path = shell_word(&path.display().to_string());
                Some(format!("make it yours alone: chmod 700 {path}"))
            }
            Self::Gone { .. } | Self::Reach { .. } => Some(
                "connect again from your own machine: earmark connect --attach USER@HOST".into(),
            ),
            Self::Handshake { source, .. } => source.hint("this machine", "the laptop"),
        }
    }
}
