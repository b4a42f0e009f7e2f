//! The output without sound: takes samples as fast as time goes by, so that the transport works everywhere.

use super::feed::{Format, Tap};
use std::time::Instant;

/// Enough for positions; nobody hears it.
pub(in crate::audio) const SILENT_FORMAT: Format = Format { rate: 16_000, channels: 1 };

/// Takes from a tap by the clock.
pub(in crate::audio) struct Silent {
    tap: Tap,
    format: Format,
    since: Option<Instant>,
    frames: u64,
    scratch: Vec<f32>,
    /// Everything that was taken.
    #[cfg(test)]
    pub(super) heard: std::sync::Arc<std::sync::Mutex<Vec<f32>>>,
}

impl Silent {
    pub(in crate::audio) fn new(tap: Tap, format: Format) -> Self {
        Self {
            tap,
            format,
            since: None,
            frames: 0,
            scratch: Vec::new(),
            #[cfg(test)]
            heard: std::sync::Arc::default(),
        }
    }

    /// Takes what is due at `now`; the clock starts with the first call after a rest.
    pub(in crate::audio) fn advance(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let elapsed = now.saturating_duration_since(since);
        let due = (elapsed.as_nanos() * u128::from(self.format.rate) / 1_000_000_000) as u64;
        let frames = due.saturating_sub(self.frames).min(u64::from(self.format.rate)) as usize;
        self.frames = due;
        self.take(frames);
    }

    /// Stops the clock, after what was playing has faded.
    pub(in crate::audio) fn rest(&mut self) {
        self.take(self.format.rate as usize / 10);
        (self.since, self.frames) = (None, 0);
    }

    fn take(&mut self, frames: usize) {
        self.scratch.resize(frames * self.format.channels, 0.0);
        self.tap.fill(&mut self.scratch);
        #[cfg(test)]
        self.heard.lock().unwrap().extend_from_slice(&self.scratch);
    }
}
