//! The bins of a waveform, fine and coarse: how loud a stretch is costs what its ends cost, however long it is.

use super::Peak;
use std::ops::{Deref, Range};

/// Bins that one coarse entry stands for.
const COARSE: usize = 64;

/// The bins of a waveform in order, each a [`Peak`], with what every 64 of them come to. They can be read as a
/// slice of the fine ones.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bins {
    fine: Vec<Peak>,
    coarse: Vec<Sum>,
}

/// What some bins come to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Sum {
    /// The loudest of them.
    loudest: u8,
    /// All of them, added up.
    total: u64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.loudest = self.loudest.max(other.loudest);
        self.total += other.total;
    }
}

impl From<Peak> for Sum {
    fn from((low, high): Peak) -> Self {
        let loudest = low.unsigned_abs().max(high.unsigned_abs());
        Self { loudest, total: u64::from(loudest) }
    }
}

impl Bins {
    /// Adds the next bin.
    pub fn push(&mut self, bin: Peak) {
        if self.fine.len().is_multiple_of(COARSE) {
            self.coarse.push(Sum::default());
        }
        self.fine.push(bin);
        if let Some(last) = self.coarse.last_mut() {
            last.add(bin.into());
        }
    }

    /// The loudest of these bins, from 0 to 127; 0 where there are none.
    pub fn loudest(&self, range: Range<usize>) -> u8 {
        self.sum(range).loudest
    }

    /// How loud these bins are on average, from 0 to 127; 0 where there are none.
    pub fn mean(&self, range: Range<usize>) -> f64 {
        let count = range.end.min(self.fine.len()).saturating_sub(range.start);
        self.sum(range).total as f64 / count.max(1) as f64
    }

    fn sum(&self, range: Range<usize>) -> Sum {
        let (start, end) = (range.start, range.end.min(self.fine.len()));
        let whole = start.div_ceil(COARSE)..end / COARSE;
        if start >= end || whole.is_empty() {
            return added(self.fine.get(start..end).unwrap_or_default());
        }
        let mut sum = added(&self.fine[start..whole.start * COARSE]);
        self.coarse[whole.clone()].iter().for_each(|coarse| sum.add(*coarse));
        sum.add(added(&self.fine[whole.end * COARSE..end]));
        sum
    }
}

fn added(bins: &[Peak]) -> Sum {
    bins.iter().fold(Sum::default(), |mut sum, bin| {
        sum.add((*bin).into());
        sum
    })
}

impl Deref for Bins {
    type Target = [Peak];

    fn deref(&self) -> &[Peak] {
        &self.fine
    }
}

impl FromIterator<Peak> for Bins {
    fn from_iter<I: IntoIterator<Item = Peak>>(bins: I) -> Self {
        let mut all = Self::default();
        bins.into_iter().for_each(|bin| all.push(bin));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_stretch_is_as_loud_as_its_bins(
            bins in prop::collection::vec((-127_i8..=0, 0_i8..=127), 0..700),
            start in 0_usize..800,
            length in 0_usize..800,
        ) {
            let all: Bins = bins.iter().copied().collect();
            let slice = bins.get(start..(start + length).min(bins.len())).unwrap_or_default();
            let loud = |(low, high): &Peak| low.unsigned_abs().max(high.unsigned_abs());
            let loudest = slice.iter().map(loud).max().unwrap_or(0);
            prop_assert_eq!(all.loudest(start..start + length), loudest);
            let total: f64 = slice.iter().map(|bin| f64::from(loud(bin))).sum();
            let mean = total / slice.len().max(1) as f64;
            prop_assert!((all.mean(start..start + length) - mean).abs() < 1e-9);
            prop_assert_eq!(&all[..], &bins[..]);
        }
    }
}
