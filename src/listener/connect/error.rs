//! Why no connection came about.

use crate::listener::wire::HandshakeError;
use crate::text::shell_word;
use std::io;

/// Why a listener could not be brought to another machine.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing that one can connect to.
    #[error("{0:?} is no host")]
    Host(String),
    /// `ssh` itself.
    #[error("cannot run ssh")]
    Ssh(#[source] io::Error),
    /// Something on this machine.
    #[error("{what}")]
    Here {
        /// What failed.
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// `ssh` has said why, on the terminal.
    #[error("ssh did not connect to {0}")]
    Unreached(String),
    /// There is no earmark over there, or it is not found.
    #[error("{host} has no earmark in its PATH")]
    Missing {
        /// Over there.
        host: String,
        /// What was looked for.
        program: String,
    },
    /// Something answered that is no earmark of today.
    #[error("earmark on {host} did not say where listeners meet{}", tail(.said))]
    NoHelper {
        /// Over there.
        host: String,
        /// Its last words, if any.
        said: String,
    },
    /// One side is too old for the other.
    #[error("earmark there and here do not understand each other")]
    Version {
        /// Over there.
        host: String,
        /// Which side.
        #[source]
        source: HandshakeError,
    },
    /// Earmark over there cannot do its part.
    #[error("{host}: {why}")]
    Helper {
        /// Over there.
        host: String,
        /// What it says.
        why: String,
        /// What it says to do.
        hint: Option<String>,
    },
    /// The server allows no way back.
    #[error("{host} refuses to forward sockets and ports{}", tail(.said))]
    Refused {
        /// Over there.
        host: String,
        /// What `ssh` said.
        said: String,
    },
    /// The connection ended while it was being set up.
    #[error("the connection to {0} ended")]
    Dropped(String),
    /// Ctrl+C or a signal.
    #[error("interrupted")]
    Interrupted,
}

fn tail(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

impl ConnectError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Host(_) => "it is [USER@]HOST, or a Host of ~/.ssh/config".to_owned(),
            Self::Ssh(_) => "install an OpenSSH client".to_owned(),
            Self::Here { .. } | Self::Interrupted => return None,
            Self::Unreached(host) => format!("see whether `ssh {}` works", shell_word(host)),
            Self::Missing { program, .. } if program == "earmark" => {
                "install it there (copy this machine's program to ~/.local/bin/earmark if both are alike, or cargo \
                 install earmark), or say where it lies: --remote-earmark PATH"
                    .to_owned()
            }
            Self::Missing { program, .. } => {
                format!("there is no {program} over there: correct --remote-earmark")
            }
            Self::NoHelper { host, .. } => {
                format!("it may be older than this one ({}): update earmark on {host}", version())
            }
            Self::Version { host, source } => return source.hint("this machine", host),
            // In its words: nothing that this machine advises.
            Self::Helper { host, hint, .. } => {
                return hint.as_ref().map(|hint| format!("{host} says: {hint}"));
            }
            Self::Refused { .. } => {
                "ask for AllowStreamLocalForwarding or AllowTcpForwarding in its sshd_config, or use \
                 `earmark --player-page` there with ssh -L"
                    .to_owned()
            }
            Self::Dropped(_) => "try again".to_owned(),
        };
        Some(hint)
    }
}

fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
