//! The listener: on the machine where somebody sits, it plays what senders far away tell it to.
//!
//! Each sender has an engine of its own, fed with the bytes that it sends. It is treated as hostile: what it says is
//! bounded, it names no path and no program, and what it sent is forgotten when the listener ends.

mod bound;
mod fetch;
mod keys;
mod link;
mod memory;
mod pedal;
mod peer;
mod sounds;
#[cfg(test)]
mod tests;

pub use bound::Bound;
pub use keys::Key;
pub use pedal::{Pedal, PedalError};

use super::wire::{Address, Form, HandshakeError, Stream, Token, Welcome, WireError, as_listener};
use crate::audio::OutputChoice;
use crate::domain::{Command, Output};
use crate::text::safe_line;
use link::Pace;
use memory::Memory;
use peer::Peer;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The forms in which sounds are taken.
const FORMS: [Form; 2] = [Form::Original, Form::Slices];
/// Connections at once, with those that have not shown the token yet.
const MOST_CONNECTIONS: usize = 16;
/// How long the other side may leave what it is told untaken.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
/// How long is waited after the system could not accept a connection.
const BREATH: Duration = Duration::from_millis(100);
/// Characters of what others say that are shown.
const SHOWN: usize = 120;

/// How a listener works.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Bytes of audio held at most.
    pub memory: u64,
    /// Where sound goes.
    pub output: OutputChoice,
    /// What this machine is called, for the other side's screen.
    pub host: String,
    /// Who sits here, for the other side's screen.
    pub person: String,
}

/// What a listener tells. Texts are safe for a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A sender has connected, and knows the token.
    Connected {
        /// The machine it runs on, as it says.
        host: String,
        /// Who works there, as it says.
        person: String,
    },
    /// It is gone.
    Gone {
        /// The machine it ran on, as it said.
        host: String,
        /// Why.
        why: String,
    },
    /// Somebody was not let in.
    Refused {
        /// Why.
        why: String,
    },
    /// Where sound goes, for a sender that has connected.
    Output(Output),
}

/// A running listener. Dropping it ends all connections and forgets what it holds.
#[derive(Debug)]
pub struct Listener {
    house: Arc<House>,
    address: Address,
    door: Option<JoinHandle<()>>,
}

struct House {
    settings: Settings,
    token: Token,
    news: Box<dyn Fn(News) + Send + Sync>,
    pace: Pace,
    memory: Arc<Mutex<Memory>>,
    guests: Mutex<BTreeMap<u64, Guest>>,
    closing: AtomicBool,
}

/// Somebody who has connected.
struct Guest {
    stream: Stream,
    thread: Option<JoinHandle<()>>,
    /// Once the token was shown: a number that counts those who did, and the sender.
    peer: Option<(u64, Arc<Peer>)>,
}

impl Listener {
    /// Waits for senders that know the token. News comes from threads of the listener.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        settings: Settings,
        bound: Bound,
        token: Token,
        news: Box<dyn Fn(News) + Send + Sync>,
    ) -> io::Result<Self> {
        Self::with_pace(settings, bound, token, news, Pace::default())
    }

    fn with_pace(
        settings: Settings,
        bound: Bound,
        token: Token,
        news: Box<dyn Fn(News) + Send + Sync>,
        pace: Pace,
    ) -> io::Result<Self> {
        let address = bound.address().clone();
        let memory = Arc::new(Mutex::new(Memory::new(settings.memory)));
        let (guests, closing) = (Mutex::default(), AtomicBool::new(false));
        let house = Arc::new(House { settings, token, news, pace, memory, guests, closing });
        let welcoming = house.clone();
        let door = thread::Builder::new()
            .name("listener".to_owned())
            .spawn(move || stand_at_the_door(&welcoming, &bound))?;
        Ok(Self { house, address, door: Some(door) })
    }

    /// Where it can be reached on this machine.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Does something at once, without asking the server, in what the sender that connected last plays. It is told.
    pub fn command(&self, command: Command) {
        self.with_latest(|_| command);
    }

    /// Does what a key of this machine asks for, as [`Listener::command`] does.
    pub fn press(&self, key: Key) {
        self.with_latest(|rate| key.command(rate));
    }

    /// Bytes of audio held in memory.
    pub fn held(&self) -> u64 {
        self.house.memory().held()
    }

    fn with_latest(&self, make: impl FnOnce(f32) -> Command) {
        let guests = self.house.guests();
        let latest = guests.values().filter_map(|guest| guest.peer.as_ref()).max_by_key(|it| it.0);
        let Some(peer) = latest.map(|(_, peer)| peer.clone()) else { return };
        drop(guests);
        peer.command(make);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.house.closing.store(true, Ordering::Release);
        let seen = self.address.connect();
        // Where nobody can knock any more, the thread at the door is left to itself.
        if let Some(door) = self.door.take().filter(|_| seen.is_ok()) {
            let _ = door.join();
        }
        let guests = std::mem::take(&mut *self.house.guests());
        for guest in guests.values() {
            match &guest.peer {
                Some((_, peer)) => peer.part("the listener was ended"),
                None => guest.stream.shut_down(),
            }
        }
        for thread in guests.into_values().filter_map(|guest| guest.thread) {
            // A panic there was reported by the panic hook already.
            let _ = thread.join();
        }
        self.house.memory().clear();
    }
}

impl House {
    fn guests(&self) -> MutexGuard<'_, BTreeMap<u64, Guest>> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, news: News) {
        if !self.closing.load(Ordering::Acquire) {
            (self.news)(news);
        }
    }

    fn refused(&self, why: &str) {
        self.tell(News::Refused { why: shown(why) });
    }
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("House").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Lets everybody in who connects; each is attended to by a thread of its own.
fn stand_at_the_door(house: &Arc<House>, bound: &Bound) {
    for number in 0.. {
        let stream = bound.accept();
        if house.closing.load(Ordering::Acquire) {
            return;
        }
        let admitted = stream.and_then(|stream| admit(house, number, stream));
        if let Err(error) = admitted {
            house.refused(&error.to_string());
            thread::sleep(BREATH);
        }
    }
}

fn admit(house: &Arc<House>, number: u64, stream: Stream) -> io::Result<()> {
    let guest = Guest { stream: stream.try_clone()?, thread: None, peer: None };
    let mut guests = house.guests();
    if guests.len() >= MOST_CONNECTIONS {
        return Err(io::Error::other("too many connections"));
    }
    guests.insert(number, guest);
    drop(guests);
    let attending = house.clone();
    let thread = thread::Builder::new().name("listener hears".to_owned()).spawn(move || {
        attend(&attending, number, stream);
        attending.guests().remove(&number);
    });
    let mut guests = house.guests();
    match (thread, guests.get_mut(&number)) {
        (Ok(thread), Some(guest)) => guest.thread = Some(thread),
        (Ok(_), None) => {}
        (Err(error), _) => {
            guests.remove(&number);
            return Err(error);
        }
    }
    Ok(())
}

/// From the handshake to the end.
fn attend(house: &Arc<House>, number: u64, stream: Stream) {
    let welcome = Welcome {
        host: house.settings.host.clone(),
        person: house.settings.person.clone(),
        memory: house.memory().cap(),
        forms: FORMS.to_vec(),
        ..Welcome::default()
    };
    let (wire, hello) = match as_listener(stream, &house.token, welcome) {
        Ok(met) => met,
        // Somebody only looked whether anybody is here.
        Err(HandshakeError::Wire(WireError::Closed | WireError::Io(_))) => return,
        Err(error) => return house.refused(&error.to_string()),
    };
    let (host, person) = (shown(&hello.host), shown(&hello.person));
    house.tell(News::Connected { host: host.clone(), person });
    let telling = house.clone();
    let on_output = Box::new(move |output: &Output| telling.tell(News::Output(output.clone())));
    let started = Peer::start(number, &house.settings, house.pace, house.memory.clone(), on_output);
    let why = match started {
        Ok(peer) => {
            let peer = Arc::new(peer);
            introduce(house, number, &peer);
            peer.serve(wire)
        }
        Err(error) => error.to_string(),
    };
    house.tell(News::Gone { host, why: shown(&why) });
}

/// Makes a sender the one that keys are for.
fn introduce(house: &House, number: u64, peer: &Arc<Peer>) {
    let mut guests = house.guests();
    let latest = guests.values().filter_map(|guest| guest.peer.as_ref()).map(|it| it.0).max();
    match guests.get_mut(&number) {
        Some(guest) => {
            let patience = guest.stream.set_patience(None, Some(WRITE_PATIENCE));
            if let Err(error) = patience {
                tracing::warn!(%error, "a listener's connection may wait for ever to be read from");
            }
            guest.peer = Some((latest.map_or(0, |latest| latest + 1), peer.clone()));
        }
        None => peer.part("the listener was ended"),
    }
}

/// What somebody else said, for a screen.
fn shown(text: &str) -> String {
    safe_line(&text.chars().take(SHOWN).collect::<String>()).into_owned()
}
