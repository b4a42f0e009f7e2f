//! One direction of a line: when what enters comes out.

use super::Line;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One direction, shared by all connections.
pub(super) struct Way {
    line: Line,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// When all that has entered will have left for the other end.
    free_at: Instant,
    /// When the last of it comes out.
    last_out: Instant,
    /// Nothing comes out before.
    held_until: Option<Instant>,
    /// Bytes inside.
    inside: usize,
    carried: u64,
    chance: u64,
}

impl Way {
    pub(super) fn new(line: Line) -> Self {
        let now = Instant::now();
        let state = State {
            free_at: now,
            last_out: now,
            held_until: None,
            inside: 0,
            carried: 0,
            // An xorshift of zero stays zero.
            chance: line.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        };
        Self { line, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The most that should enter at once: what the line carries in some milliseconds.
    pub(super) fn piece(&self) -> usize {
        let wanted = self.line.bits_per_second.map_or(16 << 10, |bits| bits as usize / 8 / 400);
        wanted.clamp(256, 16 << 10)
    }

    pub(super) fn carried(&self) -> u64 {
        self.lock().carried
    }

    pub(super) fn hold_until(&self, until: Instant) {
        self.lock().held_until = Some(until);
        self.changed.notify_all();
    }

    pub(super) fn wake(&self) {
        // Whoever looks whether it is over does so with the lock.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Waits until there is room for more, or it is over.
    pub(super) fn wait_for_room(&self, over: impl Fn() -> bool) {
        let mut state = self.lock();
        while state.inside >= self.capacity() && !over() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// So many bytes enter now; gives when they come out.
    pub(super) fn enter(&self, bytes: usize) -> Instant {
        let now = Instant::now();
        let mut state = self.lock();
        state.inside += bytes;
        let takes = self.line.bits_per_second.map_or(0.0, |bits| bytes as f64 * 8.0 / bits as f64);
        state.free_at = state.free_at.max(now) + Duration::from_secs_f64(takes);
        let late = self.line.jitter.mul_f64(state.part());
        state.last_out = state.last_out.max(state.free_at + self.line.delay + late);
        state.last_out
    }

    /// Waits until bytes may come out; false if it is over.
    pub(super) fn wait_to_leave(&self, due: Instant, over: impl Fn() -> bool) -> bool {
        let mut state = self.lock();
        loop {
            let due = state.held_until.map_or(due, |held| held.max(due));
            let left = due.saturating_duration_since(Instant::now());
            if over() || left.is_zero() {
                return !over();
            }
            state =
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// So many bytes have come out, or were lost.
    pub(super) fn left(&self, bytes: usize, arrived: bool) {
        let mut state = self.lock();
        state.inside -= bytes;
        state.carried += if arrived { bytes as u64 } else { 0 };
        drop(state);
        self.changed.notify_all();
    }

    /// What travels when the line is full, and the queue before it.
    fn capacity(&self) -> usize {
        let seconds = (self.line.delay + self.line.jitter).as_secs_f64();
        let travels =
            self.line.bits_per_second.map_or(8e6 * seconds, |bits| bits as f64 / 8.0 * seconds);
        self.line.queue + travels as usize
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// From 0 to 1, by chance.
    fn part(&mut self) -> f64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) as f64 / (1u64 << 53) as f64
    }
}
