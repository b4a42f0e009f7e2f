//! A connection to another machine on which a listener here can be found there.

use super::error::ConnectError;
use super::helper::{Answer, Prepared, Request};
use super::line;
use super::master::{Master, Silence};
use super::rounds::{Plan, Start, Tell};
use super::ssh::{Ssh, short_folder};
use crate::listener::meet::Note;
use crate::listener::wire::{Address, HandshakeError, Outdated, Protocol};
use crate::text::safe_line;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Open as long as it lives. What it made on either machine is taken away when it is dropped.
pub(super) struct Link {
    ssh: Ssh,
    master: Master,
    /// Holds the master's control socket.
    folder: TempDir,
    /// Where the listener is found over there, or why it cannot be.
    found: Result<Found, ConnectError>,
}

/// How the listener can be found over there.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The note's name.
    pub(super) name: String,
    /// Who listens.
    pub(super) person: String,
    /// Where it is reached over there.
    pub(super) address: Address,
}

impl Link {
    /// Connects, has a socket (or, where those are refused, a port) over there lead to the listener, and leaves a note.
    /// Where nothing may lead back, what is to run over there can run all the same.
    pub(super) fn open(
        plan: &Plan,
        tell: &Tell,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Self, ConnectError> {
        let folder = private_folder().map_err(|source| ConnectError::Here {
            what: "cannot make a private folder",
            source,
        })?;
        let control = control(&folder);
        let command = plan.ssh.master(&control, &line::helper(&plan.earmark));
        let mut link = Self {
            ssh: plan.ssh.clone(),
            master: Master::start(command, tell)?,
            folder,
            found: Err(ConnectError::Dropped(plan.ssh.host().to_owned())),
        };
        link.found = match link.set_up(plan, interrupted) {
            Err(error @ ConnectError::Refused { .. }) if plan.start != Start::Nothing => Err(error),
            found => Ok(found?),
        };
        link.master.hush();
        Ok(link)
    }

    pub(super) fn found(&self) -> Result<&Found, &ConnectError> {
        self.found.as_ref()
    }

    /// What runs a line on a terminal over there.
    pub(super) fn session(&self, line: &str) -> Command {
        self.ssh.session(&control(&self.folder), line)
    }

    /// Waits until it has ended, or for so long; whether it has ended.
    pub(super) fn wait(&mut self, limit: Duration) -> bool {
        self.master.wait(limit)
    }

    fn set_up(
        &mut self,
        plan: &Plan,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Found, ConnectError> {
        let person = plan.person.clone();
        let answer = self.master.ask(&Request::Prepare { person }, interrupted);
        let place = match answer.map_err(|silence| self.no_helper(plan, silence))? {
            Answer::Prepared(place) => place,
            answer => return Err(self.odd(answer)),
        };
        check_version(self.ssh.host(), &place)?;
        let address = self.lead_back(place.socket.as_deref(), &plan.socket)?;
        let note = Note {
            name: place.name.clone(),
            token: plan.token.clone(),
            address: address.clone(),
            person: place.person.clone(),
            explicit: place.explicit,
            laptop: plan.laptop.clone(),
            login: plan.login.clone(),
            made: 0,
            session: matches!(plan.start, Start::Earmark { .. }),
        };
        let found = Found { name: place.name, person: place.person, address };
        match self.master.ask(&Request::Note { note, stays: false }, interrupted) {
            Ok(Answer::Noted) => Ok(found),
            Ok(answer) => Err(self.odd(answer)),
            Err(Silence::Interrupted) => Err(ConnectError::Interrupted),
            Err(Silence::Ended { .. }) => Err(ConnectError::Dropped(self.host())),
        }
    }

    /// Where the listener's socket here is reached over there.
    fn lead_back(&self, socket: Option<&Path>, to: &Path) -> Result<Address, ConnectError> {
        let mut said = String::new();
        let wanted = socket.map(|path| Address::Unix(path.to_path_buf()));
        for from in wanted.into_iter().chain([Address::Tcp(0)]) {
            let asked = self.ssh.forward(&control(&self.folder), &from, to).output();
            let output = asked.map_err(ConnectError::Ssh)?;
            let port = String::from_utf8_lossy(&output.stdout).trim().parse();
            match (from, output.status.success(), port) {
                (Address::Unix(path), true, _) => return Ok(Address::Unix(path)),
                (Address::Tcp(_), true, Ok(port)) => return Ok(Address::Tcp(port)),
                _ => said = last_line(&output.stderr),
            }
        }
        Err(ConnectError::Refused { host: self.host(), said })
    }

    fn no_helper(&self, plan: &Plan, silence: Silence) -> ConnectError {
        match silence {
            Silence::Interrupted => ConnectError::Interrupted,
            Silence::Ended { code: Some(126 | 127), .. } => {
                ConnectError::Missing { host: self.host(), program: plan.earmark.clone() }
            }
            Silence::Ended { code: Some(255) | None, .. } => ConnectError::Unreached(self.host()),
            Silence::Ended { said, .. } => {
                let said = safe_line(&said).chars().take(200).collect();
                ConnectError::NoHelper { host: self.host(), said }
            }
        }
    }

    fn odd(&self, answer: Answer) -> ConnectError {
        match answer {
            Answer::Failed { why, hint } => ConnectError::Helper {
                host: self.host(),
                why: safe_line(&why).into_owned(),
                hint: hint.map(|hint| safe_line(&hint).into_owned()),
            },
            _ => ConnectError::NoHelper { host: self.host(), said: String::new() },
        }
    }

    fn host(&self) -> String {
        self.ssh.host().to_owned()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.master.end(self.ssh.end(&control(&self.folder)));
    }
}

/// A folder that only this account can enter, with a path short enough for sockets.
///
/// # Errors
/// It cannot be made.
pub fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("earmark-").permissions(Permissions::from_mode(0o700)).tempdir_in(short_folder())
}

fn control(folder: &TempDir) -> PathBuf {
    folder.path().join("ssh")
}

fn check_version(host: &str, place: &Prepared) -> Result<(), ConnectError> {
    let ours = env!("CARGO_PKG_VERSION").to_owned();
    let theirs = safe_line(&place.earmark).chars().take(20).collect();
    let source = match Protocol::OURS.common(place.protocol) {
        Ok(_) => return Ok(()),
        Err(Outdated::Own) => HandshakeError::OwnTooOld { ours, theirs },
        Err(Outdated::Other) => HandshakeError::OtherTooOld { ours, theirs },
    };
    Err(ConnectError::Version { host: host.to_owned(), source })
}

fn last_line(words: &[u8]) -> String {
    let words = String::from_utf8_lossy(words);
    let line = words.trim().lines().last().unwrap_or_default();
    safe_line(line).chars().take(200).collect()
}
