//! Calling the listener of a note.

use super::error::MeetError;
use super::note::Note;
use crate::listener::wire::{Hello, Welcome, Wire, as_sender};
use std::io::ErrorKind;

/// Calls the listener of a note and becomes sure of it. Blocks, at most some fifteen seconds. `hello` needs host and
/// person alone.
///
/// # Errors
/// Nobody answers there any more ([`MeetError::is_stale`]: forget the note), the way failed, or the two do not come
/// together.
pub fn dial(note: &Note, hello: Hello) -> Result<(Wire, Welcome), MeetError> {
    let name = || note.name.clone();
    let stream = note.address.connect().map_err(|source| match source.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            MeetError::Gone { name: name(), source }
        }
        _ => MeetError::Reach { name: name(), source },
    })?;
    as_sender(stream, &note.token, hello)
        .map_err(|source| MeetError::Handshake { name: name(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::wire::{Address, Stream, Token, as_listener};
    use std::os::unix::net::UnixListener;
    use std::thread;
    use tempfile::TempDir;

    fn note(address: Address, token: &Token) -> Note {
        Note {
            name: "n".to_owned(),
            token: token.clone(),
            address,
            person: "ann".to_owned(),
            explicit: false,
            laptop: "desk".to_owned(),
            login: "ann".to_owned(),
            made: 0,
            session: false,
        }
    }

    #[test]
    fn it_comes_together_with_who_knows_the_token() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("n.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let token = Token::random();
        let known = token.clone();
        let there = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let welcome = Welcome { host: "desk".to_owned(), ..Welcome::default() };
            as_listener(Stream::Unix(stream), &known, welcome).unwrap().1
        });
        let hello = Hello { host: "server".to_owned(), ..Hello::default() };
        let (_wire, welcome) = dial(&note(Address::Unix(path), &token), hello).unwrap();
        assert_eq!(welcome.host, "desk");
        assert_eq!(there.join().unwrap().host, "server");
    }

    #[test]
    fn a_socket_that_nobody_serves_is_stale() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("n.sock");
        drop(UnixListener::bind(&path).unwrap());
        let token = Token::random();
        for address in [Address::Unix(path), Address::Unix(folder.path().join("none"))] {
            let Err(error) = dial(&note(address, &token), Hello::default()) else { panic!("up") };
            assert!(error.is_stale(), "{error}");
        }
    }
}
