//! How many bytes of audio may be under way at once, so that a command never waits long behind them.
//!
//! A link carries commands and audio in one line. Its own buffers (SSH alone takes two megabytes) would hold seconds of
//! audio on a slow line, and a pause would come seconds late. So what is under way is kept to what fills the line and
//! little more, found by watching how much longer an answer takes than it did at best: the idea of LEDBAT (RFC 6817).

use std::collections::VecDeque;
use std::time::Duration;

/// How long audio may queue on the way.
const TARGET: Duration = Duration::from_millis(20);
/// Never less: two chunks, so that one travels while the other is confirmed. In bytes.
const LEAST: f64 = 16.0 * 1024.0;
/// Never more, in bytes.
const MOST: f64 = 2.0 * 1024.0 * 1024.0;
/// What is tried at first, in bytes.
const FIRST: f64 = 32.0 * 1024.0;
/// Times to look back at: the shortest of them is free of the noise of one.
const RECENT: usize = 4;
/// Answers after which the best time is forgotten by and by: routes change.
const MEMORY: u32 = 2_000;

/// The window of one link.
#[derive(Debug)]
pub(super) struct Window {
    bytes: f64,
    best: Option<Duration>,
    next_best: Option<Duration>,
    seen: u32,
    recent: VecDeque<Duration>,
    /// Until the line was first seen to queue, the window doubles with each round.
    opening: bool,
    /// Bytes to be confirmed before it may be cut again: one round.
    settling: f64,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            bytes: FIRST,
            best: None,
            next_best: None,
            seen: 0,
            recent: VecDeque::with_capacity(RECENT),
            opening: true,
            settling: 0.0,
        }
    }
}

impl Window {
    /// Bytes that may be under way.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes as u64
    }

    /// How large a chunk should be: small beside the window, so that what is more urgent gets in between. In bytes.
    pub(super) fn chunk(&self) -> u64 {
        (self.bytes as u64 / 4).clamp(4 << 10, 64 << 10)
    }

    /// The round trip of the line itself, once one was measured.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.best
    }

    /// A small frame came back after this time: the line at its emptiest.
    pub(super) fn measured(&mut self, took: Duration) {
        self.best = Some(self.best.map_or(took, |best| best.min(took)));
    }

    /// So many bytes were confirmed, so long after they were sent.
    pub(super) fn confirmed(&mut self, bytes: u64, took: Duration) {
        self.remember(took);
        let bytes = bytes as f64;
        self.settling = (self.settling - bytes).max(0.0);
        let queued = self.queued().as_secs_f64() / TARGET.as_secs_f64();
        if self.opening && queued < 1.0 {
            self.bytes += bytes;
        } else if queued > 2.0 {
            self.opening = false;
            if self.settling == 0.0 {
                self.bytes *= 0.7;
                self.settling = self.bytes;
            }
        } else {
            self.opening = false;
            self.bytes += (1.0 - queued) * bytes * self.chunk() as f64 / self.bytes;
        }
        self.bytes = self.bytes.clamp(LEAST, MOST);
    }

    fn remember(&mut self, took: Duration) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(took);
        self.measured(took);
        self.next_best = Some(self.next_best.map_or(took, |best| best.min(took)));
        self.seen += 1;
        if self.seen == MEMORY {
            (self.best, self.next_best, self.seen) = (self.next_best, None, 0);
        }
    }

    /// How long audio waits on the way just now.
    fn queued(&self) -> Duration {
        let now = self.recent.iter().min().copied().unwrap_or_default();
        now.saturating_sub(self.best.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of so many bytes a second and such a round trip, kept full for some rounds; how long audio queues at the
    /// end, and the window.
    fn fill(bytes_a_second: f64, round_trip: f64) -> (f64, f64) {
        let mut window = Window::default();
        let mut queued = 0.0;
        for _ in 0..2_000 {
            let chunk = window.chunk();
            let carries = bytes_a_second * round_trip;
            queued = (window.bytes() as f64 - carries).max(0.0) / bytes_a_second;
            window.confirmed(chunk, Duration::from_secs_f64(round_trip + queued));
        }
        (queued, window.bytes() as f64)
    }

    #[test]
    fn a_slow_line_is_kept_full_and_queues_no_longer_than_it_should() {
        for round_trip in [0.05, 0.15, 0.3] {
            let (queued, window) = fill(625_000.0, round_trip);
            assert!(queued < 0.045, "{queued} s at {round_trip}");
            assert!(window > 0.8 * 625_000.0 * round_trip, "{window} bytes at {round_trip}");
        }
    }

    #[test]
    fn a_fast_line_is_used() {
        let (queued, window) = fill(100e6, 0.01);
        assert!(queued < 0.045 && window > 0.8e6, "{queued} s, {window} bytes");
    }

    #[test]
    fn a_line_that_is_slower_than_any_window_still_moves() {
        let (_, window) = fill(2_000.0, 0.2);
        assert!(window < 1.5 * LEAST, "{window} bytes");
    }

    #[test]
    fn one_late_answer_changes_little() {
        let mut window = Window::default();
        for _ in 0..50 {
            window.confirmed(8192, Duration::from_millis(50));
        }
        let before = window.bytes();
        window.confirmed(8192, Duration::from_millis(400));
        assert!(window.bytes() as f64 > before as f64 * 0.95);
    }
}
