//! One sender: what it says is taken by one thread, what it is told is sent by another, and an engine plays.

use super::Settings;
use super::link::{Link, Pace};
use super::memory::Memory;
use super::sounds::RemoteSounds;
use crate::audio::{Engine, EngineConfig};
use crate::domain::{Command, Event, Output};
use crate::listener::wire::{Frame, FrameSink, FrameSource, Wire, WireError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::{io, thread};

/// Tells where sound goes.
pub(super) type OnOutput = Box<dyn Fn(&Output) + Send + Sync>;

/// A sender that is connected.
#[derive(Debug)]
pub(super) struct Peer {
    link: Arc<Link>,
    engine: Mutex<Option<Engine>>,
}

impl Peer {
    /// Starts the engine for a sender.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start(
        id: u64,
        settings: &Settings,
        pace: Pace,
        memory: Arc<Mutex<Memory>>,
        on_output: OnOutput,
    ) -> io::Result<Self> {
        let link = Arc::new(Link::new(id, pace, memory));
        let obeyed: Arc<OnceLock<Arc<AtomicU64>>> = Arc::default();
        let (telling, count) = (link.clone(), obeyed.clone());
        let tell = move |event: Event| {
            if let Event::Output(output) = &event {
                on_output(output);
            }
            let obeyed = count.get().map_or(0, |count| count.load(Ordering::Acquire));
            telling.tell(event, obeyed);
        };
        let config = EngineConfig { output: settings.output.clone(), ..EngineConfig::default() };
        let sounds = Arc::new(RemoteSounds::new(link.clone()));
        let engine = Engine::spawn(config, sounds, Box::new(tell))?;
        // Until here the engine was given nothing to obey.
        let _ = obeyed.set(engine.obeyed());
        Ok(Self { link, engine: Mutex::new(Some(engine)) })
    }

    /// Serves the sender until the connection ends; gives why it did. What plays is faded out.
    pub(super) fn serve(&self, wire: Wire) -> String {
        let Wire { source, sink, close } = wire;
        let (link, closing) = (self.link.clone(), close.clone());
        let speaker = thread::Builder::new().name("listener says".to_owned());
        let speaker = speaker.spawn(move || {
            let why = speak(&link, sink);
            link.end(why);
            closing();
        });
        let why = match &speaker {
            Ok(_) => self.hear(source),
            Err(error) => format!("the system gives no thread: {error}"),
        };
        self.link.end(why);
        close();
        drop(self.engine.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Ok(speaker) = speaker {
            // A panic there was reported by the panic hook already.
            let _ = speaker.join();
        }
        self.link.memory().release(self.link.id);
        self.link.lock().ended.clone().unwrap_or_default()
    }

    /// Does what whoever sits here wants, told the speed that plays.
    pub(super) fn command(&self, make: impl FnOnce(f32) -> Command) {
        self.link.own_order(make, |command| self.obey(command));
    }

    /// Ends the connection, after a word to the sender.
    pub(super) fn part(&self, why: &str) {
        self.link.part(why);
    }

    fn obey(&self, command: Command) {
        if let Some(engine) = &*self.engine.lock().unwrap_or_else(PoisonError::into_inner) {
            engine.send(command);
        }
    }

    /// Takes what the sender says; gives why there is no more.
    fn hear(&self, mut source: Box<dyn FrameSource>) -> String {
        loop {
            match source.receive() {
                Ok(Frame::Command { seq, command }) => {
                    self.link.order(seq, command, |command| self.obey(command));
                }
                Ok(Frame::Bye { why }) => return format!("it said: {why}"),
                Ok(frame) => self.link.take(frame),
                Err(WireError::Closed) => return "the connection was closed".to_owned(),
                Err(WireError::Io(error)) => return format!("the connection broke: {error}"),
                Err(error) => return format!("it does not keep to the protocol: {error}"),
            }
        }
    }
}

/// Says what is to be said; gives why there is no more.
fn speak(link: &Link, mut sink: Box<dyn FrameSink>) -> String {
    while let Some(frames) = link.next() {
        for frame in frames {
            if let Err(error) = sink.send(&frame) {
                return match error {
                    WireError::Io(error) => format!("the connection broke: {error}"),
                    error => error.to_string(),
                };
            }
            if let Frame::Bye { why } = frame {
                return why;
            }
        }
    }
    "the connection was closed".to_owned()
}
