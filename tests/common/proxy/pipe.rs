//! One connection through the line.

use super::way::Way;
use super::{Direction, Tap};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// A connection. Dropping it ends it.
pub(super) struct Pipe {
    ends: Vec<UnixStream>,
    ways: Vec<Arc<Way>>,
    fate: Arc<Fate>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Fate {
    over: AtomicBool,
    deaf: AtomicBool,
}

/// What travels: bytes and when they come out; no bytes are the end.
type Piece = (Vec<u8>, Instant);

impl Pipe {
    /// Leads two sockets to each other.
    pub(super) fn between(
        number: usize,
        near: UnixStream,
        far: UnixStream,
        ways: &[Arc<Way>; 2],
        tap: Option<&Arc<Tap>>,
    ) -> Self {
        let fate = Arc::<Fate>::default();
        let mut threads = Vec::new();
        let runs = [(&near, &far, Direction::There), (&far, &near, Direction::Back)];
        for ((from, to, direction), way) in runs.into_iter().zip(ways) {
            let (from, to) = (another(from), another(to));
            let (sender, pieces) = channel();
            let tap = tap.cloned();
            let see = move |bytes: &[u8]| tap.iter().for_each(|tap| tap(number, direction, bytes));
            let (entering, known) = (way.clone(), fate.clone());
            threads.push(thread::spawn(move || take_in(from, &entering, &known, &sender, see)));
            let (leaving, known) = (way.clone(), fate.clone());
            threads.push(thread::spawn(move || give_out(to, &leaving, &known, &pieces)));
        }
        Self { ends: vec![near, far], ways: ways.to_vec(), fate, threads }
    }

    /// Takes what comes and tells nobody.
    pub(super) fn deaf(near: UnixStream) -> Self {
        let mut reading = another(&near);
        let swallow = move || {
            let mut buffer = [0; 4096];
            while reading.read(&mut buffer).is_ok_and(|count| count > 0) {}
        };
        let threads = vec![thread::spawn(swallow)];
        Self { ends: vec![near], ways: Vec::new(), fate: Arc::default(), threads }
    }

    /// Both ends learn that it is over; what travels is lost.
    pub(super) fn cut(&self) {
        self.fate.over.store(true, Ordering::Release);
        // An end that has gone already need not be told.
        self.ends.iter().for_each(|end| drop(end.shutdown(Shutdown::Both)));
        self.ways.iter().for_each(|way| way.wake());
    }

    /// Whatever is said from now on, and what travels, is swallowed.
    pub(super) fn go_deaf(&self) {
        self.fate.deaf.store(true, Ordering::Release);
        self.ways.iter().for_each(|way| way.wake());
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.cut();
        for thread in self.threads.drain(..) {
            // A panic there was reported by the panic hook already.
            let _ = thread.join();
        }
    }
}

impl Fate {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    fn is_deaf(&self) -> bool {
        self.deaf.load(Ordering::Acquire)
    }
}

fn another(stream: &UnixStream) -> UnixStream {
    stream.try_clone().expect("another handle")
}

/// Reads at one end, as much as the line takes.
fn take_in(
    mut from: UnixStream,
    way: &Way,
    fate: &Fate,
    pieces: &Sender<Piece>,
    see: impl Fn(&[u8]),
) {
    let mut buffer = vec![0; way.piece()];
    loop {
        way.wait_for_room(|| fate.is_over() || fate.is_deaf());
        let Ok(count) = from.read(&mut buffer) else { return };
        if fate.is_over() {
            return;
        }
        if fate.is_deaf() {
            // Nobody is told of an end either.
            if count == 0 {
                return;
            }
            continue;
        }
        see(&buffer[..count]);
        let piece = (buffer[..count].to_vec(), way.enter(count));
        if pieces.send(piece).is_err() || count == 0 {
            return;
        }
    }
}

/// Writes at the other end, when it is time.
fn give_out(mut to: UnixStream, way: &Way, fate: &Fate, pieces: &Receiver<Piece>) {
    while let Ok((bytes, due)) = pieces.recv() {
        let stopped = || fate.is_over() || fate.is_deaf();
        let arrives = way.wait_to_leave(due, stopped);
        if arrives && bytes.is_empty() {
            // It may be gone already.
            let _ = to.shutdown(Shutdown::Write);
        }
        let arrived = arrives && to.write_all(&bytes).is_ok();
        way.left(bytes.len(), arrived);
    }
}
