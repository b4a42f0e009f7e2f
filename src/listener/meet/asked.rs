//! The listener that somebody asked for by words: a flag, a setting, a variable.

use super::error::MeetError;
use super::note::{Note, is_name};
use crate::listener::wire::{Address, Token};

/// What the words mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// The note of this name.
    Name(String),
    /// A listener without a note.
    Place(Note),
}

impl Asked {
    /// Reads a name, the full path of a socket, or a port of the loopback interface. The last two need a token.
    ///
    /// # Errors
    /// It is none of these, or the token is missing.
    pub fn read(words: &str, token: Option<Token>) -> Result<Self, MeetError> {
        let address = match words.parse() {
            Ok(port) => Address::Tcp(port),
            Err(_) if words.starts_with('/') => Address::Unix(words.into()),
            Err(_) if is_name(words) => return Ok(Self::Name(words.to_owned())),
            Err(_) => return Err(MeetError::NoPlace { words: words.to_owned() }),
        };
        let token = token.ok_or_else(|| MeetError::NoToken { words: words.to_owned() })?;
        Ok(Self::Place(Note {
            name: "asked-for".to_owned(),
            token,
            address,
            person: String::new(),
            explicit: true,
            laptop: words.to_owned(),
            login: String::new(),
            made: 0,
            session: false,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<Asked, MeetError> {
        Asked::read(words, Some(Token::from_text("secret")))
    }

    #[test]
    fn names_paths_and_ports_are_told_apart() {
        assert_eq!(read("c5ec-cd8").unwrap(), Asked::Name("c5ec-cd8".to_owned()));
        for (words, address) in
            [("40123", Address::Tcp(40123)), ("/run/x.sock", Address::Unix("/run/x.sock".into()))]
        {
            let Asked::Place(note) = read(words).unwrap() else { panic!("{words}") };
            assert_eq!(note.address, address);
        }
        assert!(matches!(read("over there"), Err(MeetError::NoPlace { .. })));
        assert!(matches!(Asked::read("40123", None), Err(MeetError::NoToken { .. })));
        assert!(Asked::read("a-name", None).is_ok());
    }
}
