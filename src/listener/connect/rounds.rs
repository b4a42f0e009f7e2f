//! Staying connected: what runs over there, and a new connection when one drops.

use super::error::ConnectError;
use super::line;
use super::link::Link;
use super::master::LOOK;
use super::ssh::Ssh;
use super::terminal::Terminal;
use crate::listener::wire::Address;
use crate::listener::wire::Token;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Waits between two attempts: the first, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// What ends sooner than this was hardly up.
const HARDLY: Duration = Duration::from_secs(20);
/// Of what `ssh` says during a session, in bytes.
const MOST_WORDS: u64 = 4 << 10;
/// How long the master may take to notice what its session noticed.
const NOTICE: Duration = Duration::from_secs(2);

/// What is to be connected, and what for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whom to connect to.
    pub ssh: Ssh,
    /// The program over there: a name in the PATH, or a path; `~/` is the home there.
    pub earmark: String,
    /// What the listener here goes by.
    pub token: Token,
    /// The listener's socket here.
    pub socket: PathBuf,
    /// This machine.
    pub laptop: String,
    /// The account on it.
    pub login: String,
    /// Who listens, if they named themselves; else the account over there says.
    pub person: Option<String>,
    /// What runs over there.
    pub start: Start,
}

/// What runs over there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Earmark, with these words. The listener is its alone.
    Earmark {
        /// What follows its name.
        words: Vec<String>,
        /// Variables for it.
        variables: Vec<(String, String)>,
    },
    /// A line for the shell over there. The listener is free for any earmark of this person.
    Command(String),
    /// Nothing: the listener is there for an earmark that runs already, or will.
    Nothing,
}

impl Start {
    /// The line for the shell over there, if there is any; `name` is the listener's, `person` who named themselves.
    pub(super) fn line(
        &self,
        earmark: &str,
        name: Option<&str>,
        person: Option<&str>,
    ) -> Option<String> {
        let person = person.map(|person| ("EARMARK_USER", person));
        match self {
            Self::Nothing => None,
            Self::Command(line) => Some(line::command(line, person.as_slice())),
            Self::Earmark { words, variables } => {
                let name = name.map(|name| ("EARMARK_LISTENER", name));
                let mut all: Vec<(&str, &str)> = name.into_iter().chain(person).collect();
                all.extend(variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                Some(line::earmark(earmark, &all, &words))
            }
        }
    }
}

/// What the user should know, as it happens.
#[derive(Debug)]
pub enum News {
    /// `ssh` says this; as it came.
    Ssh(Vec<u8>),
    /// The listener can be found over there, under this person's name.
    Up {
        /// Who listens.
        person: String,
        /// Where it is reached over there.
        address: Address,
    },
    /// There is a connection, but nothing may lead back: why, and what to do.
    Deaf(String, Option<String>),
    /// The connection ended.
    Dropped,
    /// It could not be made again; the next attempt comes after this time.
    Failed(ConnectError, Duration),
}

/// Takes news, from any thread.
pub type Tell = Arc<dyn Fn(News) + Send + Sync>;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// What ran over there ended with this code.
    Code(u8),
    /// Ctrl+C or a signal.
    Interrupted,
}

/// Connects, runs what is to be run, and connects again whenever a connection drops that was up.
///
/// # Errors
/// It was never up, or what stands in the way now will not pass by itself.
pub fn follow(
    plan: &Plan,
    tell: &Tell,
    interrupted: &dyn Fn() -> bool,
) -> Result<Ended, ConnectError> {
    let terminal = Terminal::now();
    let (mut was_up, mut wait) = (false, WAITS.0);
    loop {
        match Link::open(plan, tell, interrupted) {
            Ok(link) => {
                was_up = true;
                let since = Instant::now();
                if let Some(ended) = round(plan, link, &terminal, tell, interrupted)? {
                    return Ok(ended);
                }
                tell(News::Dropped);
                if since.elapsed() > HARDLY {
                    wait = WAITS.0;
                }
            }
            Err(ConnectError::Interrupted) => return Ok(Ended::Interrupted),
            Err(error) if was_up && may_pass(&error) => tell(News::Failed(error, wait)),
            Err(error) => return Err(error),
        }
        if pause(wait, interrupted) {
            return Ok(Ended::Interrupted);
        }
        wait = (wait * 2).min(WAITS.1);
    }
}

/// Whether the next attempt may have more luck.
fn may_pass(error: &ConnectError) -> bool {
    matches!(
        error,
        ConnectError::Unreached(_) | ConnectError::Dropped(_) | ConnectError::Refused { .. }
    )
}

/// Waits; whether the user wants to stop.
fn pause(wait: Duration, interrupted: &dyn Fn() -> bool) -> bool {
    let until = Instant::now() + wait;
    while Instant::now() < until {
        if interrupted() {
            return true;
        }
        thread::sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
    }
    interrupted()
}

/// One connection, until it ends: `None` if it dropped.
fn round(
    plan: &Plan,
    mut link: Link,
    terminal: &Terminal,
    tell: &Tell,
    interrupted: &dyn Fn() -> bool,
) -> Result<Option<Ended>, ConnectError> {
    let name = match link.found() {
        Ok(found) => {
            tell(News::Up { person: found.person.clone(), address: found.address.clone() });
            Some(found.name.as_str())
        }
        Err(error) => {
            tell(News::Deaf(error.to_string(), error.hint()));
            None
        }
    };
    let line = plan.start.line(&plan.earmark, name, plan.person.as_deref());
    let Some(line) = line else {
        while !link.wait(LOOK) {
            if interrupted() {
                return Ok(Some(Ended::Interrupted));
            }
        }
        return Ok(if interrupted() { Some(Ended::Interrupted) } else { None });
    };
    let mut session =
        link.session(&line).stderr(Stdio::piped()).spawn().map_err(ConnectError::Ssh)?;
    let words = session.stderr.take().map(collect);
    let Some(status) = finished(session, interrupted)? else {
        terminal.mend();
        return Ok(Some(Ended::Interrupted));
    };
    let code = exit_code(status);
    if let Some(words) = words.and_then(|words| words.join().ok()).filter(|it| !it.is_empty()) {
        tell(News::Ssh(words));
    }
    // 255 is what ssh itself ends with; a program over there may too.
    if code == 255 && link.wait(NOTICE) {
        terminal.mend();
        return Ok(None);
    }
    Ok(Some(Ended::Code(code)))
}

/// Waits for the session; `None` if the user did not want to.
fn finished(
    mut session: Child,
    interrupted: &dyn Fn() -> bool,
) -> Result<Option<ExitStatus>, ConnectError> {
    let pid = i32::try_from(session.id()).ok().and_then(Pid::from_raw);
    let (ended, ends) = channel();
    let waiting = thread::Builder::new().name("ssh session".to_owned()).spawn(move || {
        let _ = ended.send(session.wait());
    });
    waiting.map_err(|source| ConnectError::Here { what: "cannot start a thread", source })?;
    let mut stopped = false;
    loop {
        match ends.recv_timeout(LOOK) {
            Ok(Ok(_)) if stopped => return Ok(None),
            Ok(Ok(status)) => return Ok(Some(status)),
            Ok(Err(error)) => return Err(ConnectError::Ssh(error)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                if !stopped && interrupted() {
                    stopped = true;
                    let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
                }
            }
        }
    }
}

/// What `ssh` says while the screen belongs to what runs over there: for later.
fn collect(mut words: ChildStderr) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut said = Vec::new();
        // What was read by then is what there is.
        let _ = words.by_ref().take(MOST_WORDS).read_to_end(&mut said);
        let _ = io::copy(&mut words, &mut io::sink());
        said
    })
}

fn exit_code(status: ExitStatus) -> u8 {
    let signal = || status.signal().map_or(1, |signal| 128 + signal);
    u8::try_from(status.code().unwrap_or_else(signal)).unwrap_or(1)
}
