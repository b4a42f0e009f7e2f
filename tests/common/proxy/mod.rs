//! A bad line between two Unix sockets: late, jittery, narrow, deaf or cut, as a test says.
//!
//! It is a link as the ends of one see it. Bytes keep their order and none is lost, since that is what SSH gives; what
//! does not fit in the queue of the line waits at whoever sends.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]
#![allow(clippy::expect_used, reason = "a test may stop where it stands")]

mod pipe;
mod way;

use pipe::Pipe;
use std::fs;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use way::Way;

/// One direction of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line {
    /// How long a byte travels at least.
    pub(crate) delay: Duration,
    /// How much longer it may travel, by chance.
    pub(crate) jitter: Duration,
    /// What it carries; `None` is no limit.
    pub(crate) bits_per_second: Option<u64>,
    /// Bytes that wait for their turn before whoever sends has to.
    pub(crate) queue: usize,
    /// What chance begins with.
    pub(crate) seed: u64,
}

impl Line {
    /// Neither late nor narrow.
    pub(crate) const PERFECT: Self = Self {
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        bits_per_second: None,
        queue: 256 << 10,
        seed: 1,
    };

    /// Half of a round trip of so many milliseconds.
    pub(crate) fn round_trip(millis: u64) -> Self {
        Self { delay: Duration::from_micros(millis * 500), ..Self::PERFECT }
    }

    /// As narrow as this.
    pub(crate) fn megabits(self, megabits: u64) -> Self {
        Self { bits_per_second: Some(megabits * 1_000_000), ..self }
    }

    /// With jitter of up to so many milliseconds.
    pub(crate) fn jitter(self, millis: u64, seed: u64) -> Self {
        Self { jitter: Duration::from_millis(millis), seed, ..self }
    }
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From whoever connects.
    There,
    /// To whoever connects.
    Back,
}

/// Sees bytes as they enter the line, with the number of their connection.
pub(crate) type Tap = Box<dyn Fn(usize, Direction, &[u8]) + Send + Sync>;

/// What a new connection meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// It is led on.
    Open,
    /// It is taken, and nothing it says is heard.
    Deaf,
    /// It ends at once.
    Shut,
}

/// A line between a socket of its own and another one. Dropping it ends all that goes through it.
pub(crate) struct Proxy {
    house: Arc<House>,
    door: Option<JoinHandle<()>>,
}

struct House {
    path: PathBuf,
    to: PathBuf,
    there: Arc<Way>,
    back: Arc<Way>,
    tap: Option<Arc<Tap>>,
    state: Mutex<State>,
}

struct State {
    door: Door,
    /// Until when the door is shut.
    shut_until: Option<Instant>,
    pipes: Vec<Pipe>,
    closing: bool,
}

impl Proxy {
    /// Waits at the socket `at` and leads whoever connects to the socket `to`, the same line in both directions.
    pub(crate) fn start(at: &Path, to: &Path, line: Line) -> Self {
        let back = Line { seed: line.seed.wrapping_add(1), ..line };
        Self::between(at, to, (line, back), None)
    }

    /// Another line in each direction, there and back, and somebody who looks on.
    pub(crate) fn between(at: &Path, to: &Path, lines: (Line, Line), tap: Option<Tap>) -> Self {
        let listener = UnixListener::bind(at).expect("a socket for the proxy");
        let state = State { door: Door::Open, shut_until: None, pipes: Vec::new(), closing: false };
        let house = Arc::new(House {
            path: at.to_owned(),
            to: to.to_owned(),
            there: Arc::new(Way::new(lines.0)),
            back: Arc::new(Way::new(lines.1)),
            tap: tap.map(Arc::new),
            state: Mutex::new(state),
        });
        let welcoming = house.clone();
        let door = thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if !welcoming.welcome(stream) {
                    break;
                }
            }
        });
        Self { house, door: Some(door) }
    }

    /// Where to connect.
    pub(crate) fn path(&self) -> &Path {
        &self.house.path
    }

    /// Bytes that came out at the end of the line so far.
    pub(crate) fn carried(&self, direction: Direction) -> u64 {
        self.house.way(direction).carried()
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.house.lock().pipes.len()
    }

    /// Both ends of all connections learn that it is over. New ones are led on.
    pub(crate) fn cut(&self) {
        self.house.lock().pipes.iter().for_each(Pipe::cut);
    }

    /// The same; and whoever connects before the time has passed is turned away.
    pub(crate) fn cut_for(&self, time: Duration) {
        let mut state = self.house.lock();
        state.shut_until = Some(Instant::now() + time);
        state.pipes.iter().for_each(Pipe::cut);
    }

    /// From now on nothing comes out at either end, and nobody learns of it: whatever is said is swallowed. It is the
    /// same for whoever connects later.
    pub(crate) fn go_deaf(&self) {
        let mut state = self.house.lock();
        state.door = Door::Deaf;
        state.pipes.iter().for_each(Pipe::go_deaf);
    }

    /// New connections are led on again. Those that were deaf stay so.
    pub(crate) fn open(&self) {
        let mut state = self.house.lock();
        (state.door, state.shut_until) = (Door::Open, None);
    }

    /// Nothing comes out for so long, and then all of it, as after a stretch without radio.
    pub(crate) fn hold_for(&self, time: Duration) {
        let until = Instant::now() + time;
        self.house.there.hold_until(until);
        self.house.back.hold_until(until);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.house.lock();
        state.closing = true;
        let pipes = std::mem::take(&mut state.pipes);
        drop(state);
        // Whoever waits at the door is woken by it; it is gone if this fails.
        let woken = UnixStream::connect(&self.house.path).is_ok();
        if let Some(door) = self.door.take().filter(|_| woken) {
            let _ = door.join();
        }
        drop(pipes);
        let _ = fs::remove_file(&self.house.path);
    }
}

impl House {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn way(&self, direction: Direction) -> &Arc<Way> {
        match direction {
            Direction::There => &self.there,
            Direction::Back => &self.back,
        }
    }

    /// Takes somebody in; false at the end of all.
    fn welcome(&self, near: UnixStream) -> bool {
        let mut state = self.lock();
        if state.closing {
            return false;
        }
        let shut = state.shut_until.is_some_and(|until| Instant::now() < until);
        let door = if shut { Door::Shut } else { state.door };
        let number = state.pipes.len();
        let pipe = match door {
            Door::Shut => return true,
            Door::Deaf => Pipe::deaf(near),
            // Whoever cannot be led on is turned away, as SSH does it.
            Door::Open => match UnixStream::connect(&self.to) {
                Ok(far) => {
                    let ways = [self.there.clone(), self.back.clone()];
                    Pipe::between(number, near, far, &ways, self.tap.as_ref())
                }
                Err(_) => return true,
            },
        };
        state.pipes.push(pipe);
        true
    }
}
