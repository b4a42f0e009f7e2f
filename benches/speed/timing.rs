//! Taking the time, twice over: on the wall, and as processor time of this thread, which other programs change little.

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// How long something took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Taken {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

impl std::ops::Add for Taken {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { wall: self.wall + other.wall, cpu: self.cpu + other.cpu }
    }
}

/// Does some work of this thread.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Taken) {
    let (began, cpu) = (Instant::now(), thread_cpu());
    let value = work();
    (value, Taken { cpu: thread_cpu().saturating_sub(cpu), wall: began.elapsed() })
}

/// Processor time of this thread so far, its own and the system's for it.
fn thread_cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or_default(),
        u32::try_from(now.tv_nsec).unwrap_or_default(),
    )
}

/// Many of one kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series(Vec<Taken>);

impl Series {
    pub(crate) fn push(&mut self, taken: Taken) {
        self.0.push(taken);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The times that so large a part of all does not exceed, each clock for itself.
    pub(crate) fn at(&self, part: f64) -> Taken {
        let index = (part * self.0.len() as f64).ceil() as usize;
        self.sorted(index.saturating_sub(1))
    }

    /// The times at this place from the shortest on.
    fn sorted(&self, index: usize) -> Taken {
        let pick = |of: fn(&Taken) -> Duration| {
            let mut all: Vec<Duration> = self.0.iter().map(of).collect();
            all.sort_unstable();
            all.get(index).copied().unwrap_or_default()
        };
        Taken { wall: pick(|taken| taken.wall), cpu: pick(|taken| taken.cpu) }
    }

    /// The one in the middle, or what lies between the two there.
    pub(crate) fn median(&self) -> Taken {
        let low = self.sorted(self.0.len().saturating_sub(1) / 2);
        let high = self.sorted(self.0.len() / 2);
        Taken { wall: (low.wall + high.wall) / 2, cpu: (low.cpu + high.cpu) / 2 }
    }
}

/// Measures two sides in turn, so that what else the machine does falls on both; the medians.
pub(crate) fn in_turn(
    runs: usize,
    mut ours: impl FnMut() -> Taken,
    mut theirs: impl FnMut() -> Taken,
) -> (Taken, Taken) {
    let (mut left, mut right) = (Series::default(), Series::default());
    for _ in 0..runs {
        left.push(ours());
        right.push(theirs());
    }
    (left.median(), right.median())
}

/// The median of some runs.
pub(crate) fn median_of(runs: usize, mut work: impl FnMut() -> Taken) -> Taken {
    let mut series = Series::default();
    for _ in 0..runs {
        series.push(work());
    }
    series.median()
}
