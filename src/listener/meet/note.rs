//! What is written down about a listener that can be reached from here.

use crate::listener::wire::{Address, Token};
use serde::{Deserialize, Serialize};

/// The longest name, in bytes.
const LONGEST_NAME: usize = 64;

/// A listener, as this machine knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its own, made anew for each connection.
    pub name: String,
    /// The secret that listener and sender share.
    pub token: Token,
    /// Where it answers.
    pub address: Address,
    /// Who listens.
    pub person: String,
    /// Whether that person named themselves (`EARMARK_USER`); else it is what the account is called, and several
    /// people may go by it.
    #[serde(default)]
    pub explicit: bool,
    /// The machine it plays on.
    pub laptop: String,
    /// The account there.
    pub login: String,
    /// When the note was written, by this machine's clock: milliseconds since 1970.
    pub made: u64,
    /// It belongs to the one session that was started with it; else it is free for any of this person's.
    #[serde(default)]
    pub session: bool,
}

/// Whether a text can name a note: it becomes a file name.
pub fn is_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= LONGEST_NAME && text.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_neither_leave_the_folder_nor_be_an_option() {
        assert!(is_name("k3-a_9"));
        for wrong in ["", "..", "a/b", "a.json", "ä", "a b", &"x".repeat(65)] {
            assert!(!is_name(wrong), "{wrong}");
        }
    }
}
