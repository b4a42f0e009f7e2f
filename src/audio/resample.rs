//! Samples at the output's rate, without gaining or losing a frame.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, FixedAsync, Indexing, ResampleError, Resampler as _, ResamplerConstructionError,
    SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

/// Taps of the filter: below -100 dB of aliasing, and 4 ms of delay at 16 kHz.
const TAPS: usize = 128;

/// Why samples could not be brought to the output's rate.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResampleFailure {
    /// The two rates do not go together.
    #[error("{from} Hz cannot be played at {to} Hz")]
    Rates {
        /// The file's rate.
        from: u32,
        /// The output's rate.
        to: u32,
        /// What the filter says.
        source: ResamplerConstructionError,
    },
    /// The filter refused its input.
    #[error("the sampling rate could not be changed")]
    Filter(#[from] ResampleError),
}

/// A stream of interleaved frames on its way to another rate. Frame `n` of the output is the input at `n · from / to`,
/// give or take half an output frame.
pub(super) struct Resampler {
    from: u32,
    to: u32,
    channels: usize,
    /// Absent where the rates are the same.
    filter: Option<Async<f32>>,
    /// Input that does not fill a chunk yet.
    pending: Vec<f32>,
    scratch: Vec<f32>,
    /// Frames of the filter's own delay still to be dropped.
    delay: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// # Errors
    /// The rates do not go together.
    pub(super) fn new(from: u32, to: u32, channels: usize) -> Result<Self, ResampleFailure> {
        let chunk = (from / 100).max(8) as usize;
        let parameters = SincInterpolationParameters::new(TAPS, WindowFunction::BlackmanHarris2)
            .oversampling_factor(256)
            .interpolation(SincInterpolationType::Linear);
        let ratio = f64::from(to) / f64::from(from);
        let filter = (from != to)
            .then(|| Async::new_sinc(ratio, 1.0, &parameters, chunk, channels, FixedAsync::Input))
            .transpose()
            .map_err(|source| ResampleFailure::Rates { from, to, source })?;
        let (pending, scratch, delay) = (Vec::new(), Vec::new(), 0);
        let mut new =
            Self { from, to, channels, filter, pending, scratch, delay, taken: 0, given: 0 };
        new.reset();
        Ok(new)
    }

    /// Starts a new stream.
    pub(super) fn reset(&mut self) {
        self.pending.clear();
        (self.taken, self.given) = (0, 0);
        if let Some(filter) = &mut self.filter {
            filter.reset();
            // Half the filter; its first frame already stands one step behind that.
            let half = TAPS as f64 / 2.0 * filter.resample_ratio();
            self.delay = (half.round() as usize).saturating_sub(1);
        }
    }

    /// Takes interleaved frames and appends what they give to `out`.
    ///
    /// # Errors
    /// The filter refused them.
    pub(super) fn push(
        &mut self,
        input: &[f32],
        out: &mut Vec<f32>,
    ) -> Result<(), ResampleFailure> {
        self.taken += (input.len() / self.channels) as u64;
        let Some(chunk) = self.filter.as_ref().map(rubato::Resampler::input_frames_next) else {
            self.given += (input.len() / self.channels) as u64;
            out.extend_from_slice(input);
            return Ok(());
        };
        self.pending.extend_from_slice(input);
        while self.pending.len() >= chunk * self.channels {
            self.run(chunk, u64::MAX, out)?;
        }
        Ok(())
    }

    /// Appends what is left after the last frame was pushed: the output ends where the input ended.
    ///
    /// # Errors
    /// The filter refused it.
    pub(super) fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), ResampleFailure> {
        let (from, to) = (u128::from(self.from), u128::from(self.to));
        let whole = ((u128::from(self.taken) * to).div_ceil(from)) as u64;
        while self.filter.is_some() && self.given < whole {
            let rest = self.pending.len() / self.channels;
            self.run(rest, whole - self.given, out)?;
        }
        Ok(())
    }

    /// Sends `frames` pending frames (a whole chunk, or the last few) through the filter; at most `limit` come out.
    fn run(
        &mut self,
        frames: usize,
        limit: u64,
        out: &mut Vec<f32>,
    ) -> Result<(), ResampleFailure> {
        let Some(filter) = &mut self.filter else { return Ok(()) };
        let channels = self.channels;
        let chunk = filter.input_frames_next();
        let partial = Indexing { partial_len: Some(frames), ..Indexing::default() };
        let indexing = (frames < chunk).then_some(&partial);
        let room = filter.output_frames_next();
        self.scratch.resize(room * channels, 0.0);
        self.pending.resize(self.pending.len().max(chunk * channels), 0.0);

        let fault =
            |_| ResampleError::InsufficientInputBufferSize { expected: chunk, actual: frames };
        let input = InterleavedSlice::new(&self.pending, channels, self.pending.len() / channels)
            .map_err(fault)?;
        let mut output =
            InterleavedSlice::new_mut(&mut self.scratch, channels, room).map_err(fault)?;
        let (_, written) = filter.process_into_buffer(&input, &mut output, indexing)?;

        if frames < chunk {
            self.pending.clear();
        } else {
            self.pending.drain(..chunk * channels);
        }
        let dropped = written.min(self.delay);
        self.delay -= dropped;
        let kept = ((written - dropped) as u64).min(limit) as usize;
        out.extend_from_slice(&self.scratch[dropped * channels..(dropped + kept) * channels]);
        self.given += kept as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(rate: u32, frames: usize) -> Vec<f32> {
        shifted_sweep(rate, frames, 0.0)
    }

    fn shifted_sweep(rate: u32, frames: usize, shift: f64) -> Vec<f32> {
        let sample = |frame: usize| {
            let time = (frame as f64 + shift) / f64::from(rate);
            ((std::f64::consts::TAU * (200.0 + 400.0 * time) * time).sin() * 0.5) as f32
        };
        (0..frames).map(sample).collect()
    }

    fn resampled(from: u32, to: u32, channels: usize, input: &[f32]) -> Vec<f32> {
        let mut resampler = Resampler::new(from, to, channels).unwrap();
        let mut out = Vec::new();
        for part in input.chunks(channels * 333) {
            resampler.push(part, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn every_second_stays_a_second() {
        for from in [8_000u32, 11_025, 16_000, 22_050, 44_100, 48_000, 7_919] {
            for to in [16_000u32, 44_100, 48_000] {
                for frames in [0, 1, from as usize / 3, from as usize * 3] {
                    let out = resampled(from, to, 1, &sweep(from, frames));
                    let expected = (frames as u64 * u64::from(to)).div_ceil(u64::from(from));
                    assert_eq!(out.len() as u64, expected, "{from} to {to}, {frames} frames");
                }
            }
        }
    }

    #[test]
    fn the_sound_stays_the_sound() {
        for (from, to) in [(8_000, 48_000), (16_000, 48_000), (44_100, 48_000), (48_000, 16_000)] {
            let out = resampled(from, to, 1, &sweep(from, from as usize * 2));
            let half = TAPS as f64 / 2.0 * f64::from(to) / f64::from(from);
            let same = shifted_sweep(to, out.len(), half.round() - half);
            let error = out.iter().zip(&same).map(|(a, b)| (a - b).abs()).skip(400);
            let worst = error.take(out.len() - 800).fold(0.0, f32::max);
            assert!(worst < 0.01, "{from} to {to}: off by {worst}");
        }
    }

    #[test]
    fn channels_stay_apart_and_a_reset_forgets() {
        let stereo: Vec<f32> = sweep(8_000, 4_000).into_iter().flat_map(|s| [s, 0.0]).collect();
        let out = resampled(8_000, 48_000, 2, &stereo);
        assert!(out.chunks_exact(2).all(|frame| frame[1] == 0.0));

        let mut resampler = Resampler::new(8_000, 48_000, 2).unwrap();
        let (mut first, mut again) = (Vec::new(), Vec::new());
        resampler.push(&stereo, &mut first).unwrap();
        resampler.reset();
        resampler.push(&stereo, &mut again).unwrap();
        assert_eq!(first, again);
    }
}
