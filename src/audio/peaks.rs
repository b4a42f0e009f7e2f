//! The waveform and the speech of a file, in one pass over its samples.

use super::{Activity, AudioError, Decoder};
use crate::domain::{Bins, Peak, Peaks};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Bins a second of sound.
pub const BINS_PER_SECOND: u32 = 100;

/// How much work lies between two reports.
const REPORT_EVERY: Duration = Duration::from_millis(200);
/// Bins of a day: what lies behind is not drawn.
const MAX_BINS: usize = 24 * 3600 * BINS_PER_SECOND as usize;

/// Reads a file from its start to its end for its waveform and its speech. `progress` sees what there is a few times
/// a second, each time with `complete` unset, and may end the scan.
///
/// A damaged file gives the part that could be read, with `damaged` set. Ended early, `complete` stays unset.
///
/// # Errors
/// The disk or the network failed; what was scanned until then went to `progress`.
pub fn scan(
    decoder: &mut Decoder,
    progress: &mut dyn FnMut(&Peaks) -> ControlFlow<()>,
) -> Result<Peaks, AudioError> {
    let info = decoder.info();
    let activity = Activity::new(info.rate, info.channels);
    read(decoder, Some(activity), progress)
}

/// As [`scan`], for the waveform alone: finding speech takes several times as long as all the rest.
///
/// # Errors
/// As [`scan`].
pub fn waveform(
    decoder: &mut Decoder,
    progress: &mut dyn FnMut(&Peaks) -> ControlFlow<()>,
) -> Result<Peaks, AudioError> {
    read(decoder, None, progress)
}

fn read(
    decoder: &mut Decoder,
    mut activity: Option<Activity>,
    progress: &mut dyn FnMut(&Peaks) -> ControlFlow<()>,
) -> Result<Peaks, AudioError> {
    decoder.seek(0)?;
    let channels = usize::from(decoder.info().channels.max(1));
    let mut bins = Binner::new(decoder.info().rate);
    let mut peaks = Peaks { bins_per_second: BINS_PER_SECOND, ..Peaks::default() };
    let mut samples = Vec::new();
    let mut reported = Instant::now();
    loop {
        samples.clear();
        let read = match decoder.read(&mut samples) {
            Err(error) if error.is_transient() => return Err(error),
            read => read,
        };
        if !matches!(read, Ok(1..)) || peaks.bins.len() >= MAX_BINS {
            peaks.damaged = damage(decoder, read.err(), peaks.bins.len());
            break;
        }
        bins.push(&samples, channels, &mut peaks.bins);
        if let Some(activity) = &mut activity {
            activity.push(&samples);
        }
        if reported.elapsed() >= REPORT_EVERY {
            tell(&mut peaks, &bins, activity.as_ref());
            if progress(&peaks).is_break() {
                return Ok(peaks);
            }
            reported = Instant::now();
        }
    }
    bins.finish(&mut peaks.bins);
    tell(&mut peaks, &bins, activity.as_ref());
    peaks.complete = true;
    Ok(peaks)
}

/// Brings up to date what is not told bin by bin.
fn tell(peaks: &mut Peaks, bins: &Binner, activity: Option<&Activity>) {
    peaks.seconds = bins.seconds();
    peaks.speech = activity.map(Activity::spans).unwrap_or_default();
    if let Some(last) = peaks.speech.last_mut() {
        last.end = last.end.min(peaks.seconds);
    }
}

fn damage(decoder: &Decoder, error: Option<AudioError>, bins: usize) -> Option<String> {
    error
        .map(|error| error.to_string())
        .or_else(|| decoder.damaged().map(str::to_owned))
        .or_else(|| (bins >= MAX_BINS).then(|| "it is longer than a day".to_owned()))
}

/// Cuts samples into bins of a hundredth of a second, exactly also where the rate is no multiple of that.
struct Binner {
    rate: u64,
    frames: u64,
    /// Frames at which the bin now being filled ends.
    end: u64,
    low: f32,
    high: f32,
}

impl Binner {
    fn new(rate: u32) -> Self {
        let mut binner =
            Self { rate: u64::from(rate.max(1)), frames: 0, end: 0, low: 0.0, high: 0.0 };
        binner.begin(0);
        binner
    }

    fn seconds(&self) -> f64 {
        self.frames as f64 / self.rate as f64
    }

    fn begin(&mut self, bin: u64) {
        let end = ((bin + 1) * self.rate).div_ceil(u64::from(BINS_PER_SECOND));
        self.end = end.max(self.frames + 1);
        (self.low, self.high) = (f32::INFINITY, f32::NEG_INFINITY);
    }

    fn push(&mut self, mut samples: &[f32], channels: usize, bins: &mut Bins) {
        while !samples.is_empty() {
            let room = (self.end - self.frames) as usize;
            let (bin, rest) = samples.split_at(samples.len().min(room * channels));
            let (low, high) = extremes(bin);
            (self.low, self.high) = (self.low.min(low), self.high.max(high));
            self.frames += (bin.len() / channels) as u64;
            samples = rest;
            if self.frames >= self.end {
                bins.push(self.peak());
                self.begin(bins.len() as u64);
            }
        }
    }

    fn finish(&mut self, bins: &mut Bins) {
        if self.low <= self.high {
            bins.push(self.peak());
            self.begin(bins.len() as u64);
        }
    }

    fn peak(&self) -> Peak {
        let scaled = |value: f32| (value * 127.0).round().clamp(-127.0, 127.0) as i8;
        if self.low <= self.high { (scaled(self.low), scaled(self.high)) } else { (0, 0) }
    }
}

/// Lowest and highest sample, eight at a time; what is no number counts as nothing.
fn extremes(samples: &[f32]) -> (f32, f32) {
    let (mut low, mut high) = ([f32::INFINITY; 8], [f32::NEG_INFINITY; 8]);
    let (eights, rest) = samples.as_chunks::<8>();
    for eight in eights {
        for lane in 0..8 {
            low[lane] = if eight[lane] < low[lane] { eight[lane] } else { low[lane] };
            high[lane] = if eight[lane] > high[lane] { eight[lane] } else { high[lane] };
        }
    }
    let low = low.iter().chain(rest).fold(f32::INFINITY, |low, &sample| low.min(sample));
    let high = high.iter().chain(rest).fold(f32::NEG_INFINITY, |high, &sample| high.max(sample));
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn binned(rate: u32, samples: &[f32], pieces: usize) -> Bins {
        let (mut binner, mut bins) = (Binner::new(rate), Bins::default());
        samples.chunks(pieces).for_each(|piece| binner.push(piece, 1, &mut bins));
        binner.finish(&mut bins);
        bins
    }

    proptest! {
        #[test]
        fn bins_do_not_depend_on_packets(
            rate in 100_u32..50_000,
            samples in prop::collection::vec(-1.0_f32..1.0, 1..5000),
            pieces in 1_usize..700,
        ) {
            let bins = binned(rate, &samples, pieces);
            prop_assert_eq!(&bins, &binned(rate, &samples, samples.len()));
            let seconds = samples.len() as f64 / f64::from(rate);
            prop_assert!((bins.len() as f64 - seconds * 100.0).abs() <= 1.0);
        }

        #[test]
        fn extremes_are_the_least_and_the_greatest(
            samples in prop::collection::vec(-2.0_f32..2.0, 1..100),
        ) {
            let low = samples.iter().copied().fold(f32::INFINITY, f32::min);
            let high = samples.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            prop_assert_eq!(extremes(&samples), (low, high));
        }
    }

    #[test]
    fn a_bin_holds_both_directions_at_full_scale() {
        assert_eq!(binned(800, &[0.5, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0], 3)[..], [(-127, 127)]);
        assert_eq!(binned(100, &[f32::NAN, 0.25], 2)[..], [(0, 0), (32, 32)]);
    }
}
