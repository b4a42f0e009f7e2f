//! The playback engine: a thread that takes [`Command`]s and tells [`Event`]s.
//!
//! Each open file is decoded by a thread of its own into a bounded window of samples; the engine's thread turns them
//! into what the output pulls (speed, sampling rate, loops, skipped silence), a moment ahead. Positions are
//! counted in samples that the output took, and mapped back to the file.

mod deck;
mod head;
mod player;
mod render;
mod shelf;
mod sound;
#[cfg(test)]
mod tests;

use super::output::{Line, OutputChoice};
use crate::domain::{ByteSource, Command, Event, SoundId};
use player::Player;
use shelf::Shelf;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long the device is given to take the last fade.
const FADE_OUT: Duration = Duration::from_millis(60);

/// Opens sounds by their id.
pub trait Sounds: Send + Sync {
    /// The bytes of a sound, and the name under which errors and format hints speak of it. May block: it is called on a
    /// thread that may wait.
    ///
    /// # Errors
    /// The sound is unknown, or cannot be read.
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)>;
}

/// What an engine is started with.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineConfig {
    /// Where sound goes.
    pub output: OutputChoice,
    /// Decoded samples kept of the file that plays, in bytes. Longer files are decoded anew where they were forgotten.
    pub window_bytes: usize,
    /// Decoded samples kept of all the files that were fetched ahead, in bytes.
    pub prefetch_bytes: usize,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { output: OutputChoice::Auto, window_bytes: 32 << 20, prefetch_bytes: 16 << 20 }
    }
}

/// A running engine. Dropping it fades out what plays and ends its threads.
#[derive(Debug)]
pub struct Engine {
    messages: Sender<Message>,
    obeyed: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

/// What the engine's thread wakes up for.
#[derive(Debug)]
enum Message {
    Command(Command),
    /// A sound was opened, or more of it decoded.
    Decoded,
    /// The device with this number has gone; why.
    Lost(u64, String),
    Quit,
}

impl Engine {
    /// Starts an engine. It tells its events, the first of them [`Event::Output`], from its own thread.
    ///
    /// A file whose length the header does not state is told [`Event::Ready`] once more when its end was reached.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn spawn(
        config: EngineConfig,
        sounds: Arc<dyn Sounds>,
        on_event: Box<dyn Fn(Event) + Send + Sync>,
    ) -> io::Result<Self> {
        let (messages, inbox) = channel();
        let wake = messages.clone();
        let obeyed = Arc::new(AtomicU64::new(0));
        let count = obeyed.clone();
        let thread = thread::Builder::new()
            .name("playback".to_owned())
            .spawn(move || run(config, sounds, on_event, &wake, &inbox, &count))?;
        Ok(Self { messages, obeyed, thread: Some(thread) })
    }

    /// How many commands were obeyed so far: events that are told meanwhile know of so many.
    pub fn obeyed(&self) -> Arc<AtomicU64> {
        self.obeyed.clone()
    }

    /// Hands a command over. Never blocks.
    pub fn send(&self, command: Command) {
        // The thread ends only when the engine is dropped.
        let _ = self.messages.send(Message::Command(command));
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Quit);
        if let Some(thread) = self.thread.take() {
            // A panic there was reported by the panic hook already.
            let _ = thread.join();
        }
    }
}

/// The engine's thread.
fn run(
    config: EngineConfig,
    sounds: Arc<dyn Sounds>,
    tell: Box<dyn Fn(Event) + Send + Sync>,
    messages: &Sender<Message>,
    inbox: &Receiver<Message>,
    obeyed: &AtomicU64,
) {
    let wake = messages.clone();
    let wake = Arc::new(move || drop(wake.send(Message::Decoded)));
    let shelf = Shelf::new(sounds, wake, config.window_bytes, config.prefetch_bytes);
    let (opened, messages) = (Arc::new(AtomicU64::new(0)), messages.clone());
    let number = opened.clone();
    let open_line = Box::new(move |choice: &OutputChoice| {
        let number = number.fetch_add(1, Ordering::Relaxed) + 1;
        let messages = messages.clone();
        let on_lost = move |why| drop(messages.send(Message::Lost(number, why)));
        Line::open(choice, Box::new(on_lost))
    });
    let mut player = Player::new(config.output, open_line, shelf, tell, Instant::now());
    let mut due = None;
    loop {
        let message = match due.map(|due: Instant| due.saturating_duration_since(Instant::now())) {
            Some(wait) => match inbox.recv_timeout(wait) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Message::Quit),
            },
            None => Some(inbox.recv().unwrap_or(Message::Quit)),
        };
        let now = Instant::now();
        match message {
            Some(Message::Command(command)) => {
                obeyed.fetch_add(1, Ordering::Release);
                player.obey(command, now);
            }
            Some(Message::Lost(number, why)) if number == opened.load(Ordering::Relaxed) => {
                player.lost(why, now);
            }
            Some(Message::Quit) => break,
            Some(Message::Decoded | Message::Lost(..)) | None => {}
        }
        due = player.turn(now);
    }
    if player.hush() {
        thread::sleep(FADE_OUT);
    }
}
