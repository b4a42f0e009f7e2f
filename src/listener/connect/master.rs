//! The master connection as a running `ssh`, and the helper at its other end: questions and answers.

use super::error::ConnectError;
use super::helper::{Answer, LONGEST, MARK, Request};
use super::rounds::{News, Tell};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often it is looked whether the user wants to stop.
pub(super) const LOOK: Duration = Duration::from_millis(100);
/// How long `ssh` may take to end when it has no more to do.
const ENDING: Duration = Duration::from_secs(3);

/// A running `ssh` with a helper at its other end.
pub(super) struct Master {
    child: Child,
    requests: Option<ChildStdin>,
    heard: Receiver<Heard>,
    /// Whether what `ssh` says is still for the user's eyes.
    loud: Arc<AtomicBool>,
    last_words: String,
}

/// What comes from the other end.
enum Heard {
    Answer(Answer),
    /// What is no answer: of a shell that starts, or of an earmark that fails.
    Said(String),
}

impl Master {
    /// Starts it. It asks the user for passwords itself, on the terminal.
    pub(super) fn start(mut command: Command, tell: &Tell) -> Result<Self, ConnectError> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(ConnectError::Ssh)?;
        let requests = child.stdin.take();
        let (sender, heard) = channel();
        let loud = Arc::new(AtomicBool::new(true));
        if let Some(answers) = child.stdout.take() {
            spawn("ssh answers", move || listen(answers, &sender))?;
        }
        if let Some(words) = child.stderr.take() {
            let (loud, tell) = (Arc::clone(&loud), Arc::clone(tell));
            spawn("ssh says", move || pass_on(words, &loud, &tell))?;
        }
        Ok(Self { child, requests, heard, loud, last_words: String::new() })
    }

    /// Asks the helper. Until it answered for the first time this includes logging in, which takes as long as the user
    /// takes.
    pub(super) fn ask(
        &mut self,
        request: &Request,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Answer, Silence> {
        if let Some(requests) = &mut self.requests {
            // If that fails there will be no answer either.
            let _ = serde_json::to_string(request)
                .map_err(io::Error::from)
                .and_then(|line| writeln!(requests, "{line}"));
        }
        loop {
            match self.heard.recv_timeout(LOOK) {
                Ok(Heard::Answer(answer)) => return Ok(answer),
                Ok(Heard::Said(words)) => self.last_words = words,
                Err(RecvTimeoutError::Timeout) if interrupted() => {
                    return Err(Silence::Interrupted);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended(interrupted)),
            }
        }
    }

    /// From here on the terminal belongs to others.
    pub(super) fn hush(&self) {
        self.loud.store(false, Ordering::Relaxed);
    }

    /// Waits until it ends, or for so long; whether it has ended.
    pub(super) fn wait(&mut self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.heard.recv_timeout(left) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return false,
                Err(RecvTimeoutError::Disconnected) => return true,
            }
        }
    }

    /// Ends it: first by leaving nothing to do, then by asking, then by force.
    pub(super) fn end(&mut self, mut ask: Command) {
        drop(self.requests.take());
        if self.reaped(Duration::from_millis(300)).is_none() {
            let asked = ask.stdout(Stdio::null()).stderr(Stdio::null()).status();
            tracing::debug!(?asked, "ssh was asked to end");
        }
        if self.reaped(ENDING).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    fn ended(&mut self, interrupted: &dyn Fn() -> bool) -> Silence {
        let status = self.reaped(ENDING);
        if interrupted() {
            return Silence::Interrupted;
        }
        Silence::Ended {
            code: status.and_then(|status| status.code()),
            said: self.last_words.clone(),
        }
    }

    fn reaped(&mut self, limit: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + limit;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if Instant::now() >= until {
                return None;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Why there is no answer.
pub(super) enum Silence {
    /// The user does not want it any more.
    Interrupted,
    /// `ssh` or the helper ended.
    Ended {
        /// How `ssh` ended: 255 is its own failure, anything else the helper's.
        code: Option<i32>,
        /// The last that was said over there.
        said: String,
    },
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), ConnectError> {
    let started = thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map(drop).map_err(|source| ConnectError::Here { what: "cannot start a thread", source })
}

fn listen(answers: impl Read, heard: &Sender<Heard>) {
    let mut answers = BufReader::new(answers);
    let mut line = Vec::new();
    loop {
        line.clear();
        match answers.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let words = String::from_utf8_lossy(&line);
        let answer = words.find(MARK).map(|at| serde_json::from_str(&words[at + MARK.len()..]));
        let it = match answer {
            Some(Ok(answer)) => Heard::Answer(answer),
            _ if words.trim().is_empty() => continue,
            _ => Heard::Said(words.trim().to_owned()),
        };
        if heard.send(it).is_err() {
            return;
        }
    }
}

fn pass_on(mut words: impl Read, loud: &AtomicBool, tell: &Tell) {
    let mut buffer = [0; 4096];
    loop {
        match words.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) if loud.load(Ordering::Relaxed) => {
                tell(News::Ssh(buffer[..count].to_vec()));
            }
            Ok(count) => {
                let words = String::from_utf8_lossy(&buffer[..count]);
                tracing::info!(words = words.trim(), "ssh says");
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
