//! The part that earmark plays on the other machine: it says where listeners meet, keeps a note there while the
//! connection holds, and takes it away when its input ends.

use super::ssh::is_forwardable;
use crate::listener::meet::{Note, Notes};
use crate::listener::wire::{Address, Protocol};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// What answers begin with: shells say things of their own when they start.
pub(super) const MARK: &str = "earmark-listener-note: ";
/// The longest request or answer, in bytes.
pub(super) const LONGEST: u64 = 32 << 10;
/// Notes older than this are tried, and forgotten if nobody answers.
const OLD: Duration = Duration::from_hours(24);

/// What is asked, one JSON object a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    /// Make the place where listeners meet.
    Prepare {
        /// Who listens, if they named themselves.
        person: Option<String>,
    },
    /// Leave a note.
    Note {
        /// The note; when it is made is filled in, and who listens where that is empty.
        note: Note,
        /// It is not taken away at the end: whoever finds nobody there will forget it.
        #[serde(default)]
        stays: bool,
    },
}

/// What is answered, one line after [`MARK`] each.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// To [`Request::Prepare`].
    Prepared(Prepared),
    /// To [`Request::Note`].
    Noted,
    /// It could not be done.
    Failed {
        /// What failed and why, in one sentence.
        why: String,
        /// What to do about it.
        #[serde(default)]
        hint: Option<String>,
    },
}

/// Where a listener is to appear.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Prepared {
    /// The version of earmark over there.
    pub(super) earmark: String,
    /// What it speaks.
    pub(super) protocol: Protocol,
    /// Who listens.
    pub(super) person: String,
    /// Whether they named themselves.
    pub(super) explicit: bool,
    /// A name that no note has.
    pub(super) name: String,
    /// Where its socket goes; nothing where a path would be too long or too strange to forward.
    pub(super) socket: Option<PathBuf>,
}

/// Who works on this machine.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name that revisions carry.
    pub person: String,
    /// Whether they named themselves (`EARMARK_USER`).
    pub explicit: bool,
}

/// Answers requests until there are no more, then takes away the notes that were left meanwhile.
///
/// # Errors
/// Nobody hears the answers any more; the notes are gone then too.
pub fn serve(
    notes: &Notes,
    account: &Account,
    mut requests: impl BufRead,
    mut answers: impl Write,
) -> io::Result<()> {
    let mut left = Vec::new();
    let outcome = answer_all(notes, account, &mut requests, &mut answers, &mut left);
    for name in left {
        notes.forget(&name);
    }
    outcome
}

fn answer_all(
    notes: &Notes,
    account: &Account,
    requests: &mut impl BufRead,
    answers: &mut impl Write,
    left: &mut Vec<String>,
) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        // A link that breaks is an end like any other.
        let count = requests.by_ref().take(LONGEST).read_until(b'\n', &mut line).unwrap_or(0);
        if count == 0 {
            return Ok(());
        }
        let answer = match serde_json::from_slice(&line) {
            Ok(request) => answer(notes, account, request, left),
            Err(error) => Answer::Failed {
                why: format!("it does not understand what is asked ({error})"),
                hint: Some("update earmark on the older of the two machines".to_owned()),
            },
        };
        writeln!(answers, "{MARK}{}", serde_json::to_string(&answer)?)?;
        answers.flush()?;
    }
}

fn answer(notes: &Notes, account: &Account, request: Request, left: &mut Vec<String>) -> Answer {
    let failed = |error: &dyn std::error::Error, hint| {
        let why = match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        Answer::Failed { why, hint }
    };
    match request {
        Request::Prepare { person } => match notes.prepare() {
            Ok(()) => {
                sweep(notes);
                Answer::Prepared(prepared(notes, account, person))
            }
            Err(error) => failed(&error, error.hint()),
        },
        Request::Note { note, stays } => {
            let name = note.name.clone();
            if !stays {
                left.push(name);
            }
            let mut note = Note { made: now(), ..note };
            if note.person.is_empty() {
                note.person.clone_from(&account.person);
                note.explicit = account.explicit;
            }
            match notes.write(&note) {
                Ok(()) => Answer::Noted,
                Err(error) => failed(&error, error.hint()),
            }
        }
    }
}

fn prepared(notes: &Notes, account: &Account, person: Option<String>) -> Prepared {
    let name = Uuid::new_v4().simple().to_string()[..20].to_owned();
    let socket = notes.socket(&name);
    Prepared {
        earmark: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: Protocol::OURS,
        explicit: person.is_some() || account.explicit,
        person: person.unwrap_or_else(|| account.person.clone()),
        socket: is_forwardable(&socket).then_some(socket),
        name,
    }
}

/// Forgets old notes at whose sockets nobody waits: those of machines that went down.
fn sweep(notes: &Notes) {
    let old = now().saturating_sub(u64::try_from(OLD.as_millis()).unwrap_or(u64::MAX));
    for note in notes.read().into_iter().filter(|note| note.made < old) {
        if let Address::Unix(path) = &note.address
            && let Err(error) = UnixStream::connect(path)
            && error.kind() == io::ErrorKind::ConnectionRefused
        {
            notes.forget(&note.name);
        }
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::wire::Token;
    use std::sync::mpsc::channel;
    use std::thread;
    use tempfile::TempDir;

    fn account() -> Account {
        Account { person: "ann".to_owned(), explicit: false }
    }

    fn asked(notes: &Notes, request: &str) -> Answer {
        let mut said = Vec::new();
        serve(notes, &account(), request.as_bytes(), &mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        serde_json::from_str(said.strip_prefix(MARK).unwrap()).unwrap()
    }

    fn note(name: &str) -> Note {
        Note {
            name: name.to_owned(),
            token: Token::random(),
            address: Address::Tcp(7),
            person: "ann".to_owned(),
            explicit: false,
            laptop: "desk".to_owned(),
            login: "ann".to_owned(),
            made: 0,
            session: true,
        }
    }

    #[test]
    fn it_says_who_listens_and_where() {
        let folder = TempDir::new().unwrap();
        let notes = Notes::new(folder.path().join("l"));
        let Answer::Prepared(own) = asked(&notes, "{\"prepare\":{\"person\":null}}\n") else {
            panic!("no place")
        };
        assert_eq!((own.person.as_str(), own.explicit), ("ann", false));
        assert_eq!(own.socket, Some(notes.socket(&own.name)));
        let Answer::Prepared(named) = asked(&notes, "{\"prepare\":{\"person\":\"bob\"}}\n") else {
            panic!("no place")
        };
        assert_eq!((named.person.as_str(), named.explicit), ("bob", true));
        assert_ne!(named.name, own.name);
    }

    #[test]
    fn a_note_is_there_as_long_as_somebody_asks() {
        let folder = TempDir::new().unwrap();
        let notes = Notes::new(folder.path().join("l"));
        let (ask, asked) = io::pipe().map(|(read, write)| (write, read)).unwrap();
        let (told, tells) = channel();
        let there = notes.clone();
        let server = thread::spawn(move || {
            struct Tell(std::sync::mpsc::Sender<()>);
            impl Write for Tell {
                fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                    Ok(bytes.len())
                }
                fn flush(&mut self) -> io::Result<()> {
                    let _ = self.0.send(());
                    Ok(())
                }
            }
            serve(&there, &account(), io::BufReader::new(asked), Tell(told))
        });
        for (name, stays) in [("goes", false), ("stays", true)] {
            let request =
                serde_json::to_string(&Request::Note { note: note(name), stays }).unwrap();
            writeln!(&ask, "{request}").unwrap();
            tells.recv().unwrap();
        }
        assert_eq!(notes.read().len(), 2);
        assert!(notes.read().iter().all(|note| note.made > 0));
        drop(ask);
        server.join().unwrap().unwrap();
        let names: Vec<String> = notes.read().into_iter().map(|note| note.name).collect();
        assert_eq!(names, ["stays"]);
    }

    #[test]
    fn what_it_cannot_do_it_says() {
        let folder = TempDir::new().unwrap();
        let notes = Notes::new(folder.path().join("l"));
        assert!(matches!(asked(&notes, "nonsense\n"), Answer::Failed { .. }));
        let request = serde_json::to_string(&Request::Note { note: note("../x"), stays: true });
        assert!(matches!(asked(&notes, &request.unwrap()), Answer::Failed { .. }));
    }
}
