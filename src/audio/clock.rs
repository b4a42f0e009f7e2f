//! From a container's time stamps to frames, exactly where the container is exact.

use symphonia::core::units::TimeBase;

/// Where a packet is heard, by its time stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Frames a tick, as a fraction.
    frames: i128,
    ticks: i128,
    /// Time stamp of the first packet.
    origin: i64,
    /// Where the first packet is heard; negative: run-in.
    start: i64,
    /// Frames a packet, where all have the same and stamps are too coarse to tell frames.
    grid: Option<u64>,
}

impl Clock {
    /// A clock whose first packet, stamped `origin`, begins at frame `start`.
    pub(super) fn new(
        base: TimeBase,
        rate: u32,
        origin: i64,
        start: i64,
        grid: Option<u64>,
    ) -> Self {
        let frames = i128::from(base.numer.get()) * i128::from(rate);
        let ticks = i128::from(base.denom.get());
        Self { frames, ticks, origin, start, grid }
    }

    /// Whether a tick is at most a frame, so that stamps are exact.
    pub(super) fn is_exact(&self) -> bool {
        self.frames <= self.ticks && self.ticks % self.frames == 0
    }

    /// Whether all packets hold equally many frames.
    pub(super) fn has_grid(&self) -> bool {
        self.grid.is_some()
    }

    /// A length in frames.
    pub(super) fn length(&self, ticks: u64) -> u64 {
        self.scale(i128::from(ticks)).max(0) as u64
    }

    /// The first frame of the packet with this stamp; `None` where stamps are too coarse to tell.
    pub(super) fn frame(&self, stamp: i64) -> Option<i64> {
        let frame = self.scale(i128::from(stamp) - i128::from(self.origin));
        if self.is_exact() {
            return Some(self.start.saturating_add(frame));
        }
        let grid = i64::try_from(self.grid?).ok().filter(|&grid| grid > 0)?;
        let snapped = (frame + grid / 2).div_euclid(grid) * grid;
        let tolerance = (self.length(1) as i64).max(1) * 2;
        (snapped.abs_diff(frame) <= tolerance.unsigned_abs())
            .then(|| self.start.saturating_add(snapped))
    }

    /// A stamp at or before this frame.
    pub(super) fn stamp(&self, frame: i64) -> i64 {
        let since = i128::from(frame) - i128::from(self.start);
        let ticks = (since * self.ticks).div_euclid(self.frames) + i128::from(self.origin);
        i64::try_from(ticks).unwrap_or(i64::MAX)
    }

    fn scale(&self, ticks: i128) -> i64 {
        let frames = (ticks * self.frames * 2 + self.ticks).div_euclid(self.ticks * 2);
        i64::try_from(frames).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(numer: u32, denom: u32, rate: u32, grid: Option<u64>) -> Clock {
        Clock::new(TimeBase::try_new(numer, denom).unwrap(), rate, 0, -312, grid)
    }

    #[test]
    fn stamps_in_frames_are_exact() {
        let clock = clock(1, 48_000, 48_000, None);
        assert!(clock.is_exact());
        assert_eq!(clock.frame(0), Some(-312));
        assert_eq!(clock.frame(960), Some(648));
        assert_eq!(clock.stamp(648), 960);
    }

    #[test]
    fn stamps_in_milliseconds_are_exact_on_a_grid_only() {
        let on_grid = clock(1, 1000, 44_100, Some(1024));
        assert!(!on_grid.is_exact());
        assert_eq!(on_grid.frame(23), Some(1024 - 312));
        assert_eq!(on_grid.frame(46), Some(2048 - 312));
        assert_eq!(on_grid.frame(35), None);
        assert_eq!(clock(1, 1000, 44_100, None).frame(23), None);
    }
}
