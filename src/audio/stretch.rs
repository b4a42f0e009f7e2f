//! Another speed at the same pitch: waveform-similarity overlap-add (WSOLA).
//!
//! Output is made hop by hop. Each hop fades from the natural continuation of what was put out last into the stretch
//! of input near the ideal place that resembles it most, so periods of the voice stay whole. At speed 1 that stretch
//! is the continuation itself: the output is the input, bit for bit, and going from one speed to another needs no seam.

/// Output made at a time, and the length of each cross-fade.
const HOP_SECONDS: f64 = 0.015;
/// How far from the ideal place a resembling stretch is looked for: more than half a period of a deep voice.
const SEARCH_SECONDS: f64 = 0.012;
/// The rough search is done at about this rate, which keeps the pitch of every voice; the fine one at the full rate.
const ROUGH_RATE: u32 = 8_000;

/// A stretch of output and where in the input it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hop {
    /// Frames put out.
    pub(super) frames: usize,
    /// The input frame that the first of them stands for.
    pub(super) at: f64,
    /// Input frames that each of them stands for.
    pub(super) tempo: f64,
}

/// A stream of interleaved frames on its way to another speed.
#[derive(Debug)]
pub(super) struct Stretch {
    channels: usize,
    hop: usize,
    search: usize,
    /// How many frames the rough search folds into one.
    coarse: usize,
    /// The rising half of the cross-fade.
    rise: Vec<f32>,
    tempo: f64,
    input: Vec<f32>,
    /// The frame that `input` starts with.
    origin: usize,
    /// The frame that would naturally follow what was put out.
    next: usize,
    /// The frame that should follow at this speed.
    ideal: f64,
    /// The number of frames in all, once it is known.
    end: Option<usize>,
    mono: Vec<f32>,
    rough: Vec<f32>,
}

impl Stretch {
    pub(super) fn new(rate: u32, channels: usize) -> Self {
        let frames = |seconds: f64| ((f64::from(rate) * seconds).round() as usize).max(1);
        let hop = frames(HOP_SECONDS);
        let step = std::f64::consts::PI / hop as f64;
        Self {
            channels,
            hop,
            search: frames(SEARCH_SECONDS),
            coarse: (rate / ROUGH_RATE).max(1) as usize,
            rise: (0..hop).map(|i| (0.5 - 0.5 * (i as f64 * step).cos()) as f32).collect(),
            tempo: 1.0,
            input: Vec::new(),
            origin: 0,
            next: 0,
            ideal: 0.0,
            end: None,
            mono: Vec::new(),
            rough: Vec::new(),
        }
    }

    /// The speed of the hops to come; must be above 0.
    pub(super) fn set_tempo(&mut self, tempo: f64) {
        self.tempo = tempo;
    }

    /// The input frame that the next hop stands for.
    pub(super) fn at(&self) -> f64 {
        self.ideal
    }

    /// Frames to push before the next hop can be made; 0 if it can, or if the input has ended.
    pub(super) fn wanted(&self) -> usize {
        if self.end.is_some() {
            return 0;
        }
        let nearby = if self.is_plain() {
            0
        } else {
            // As far as the hop stands for, too: it has to stop where the input does.
            let covered = self.ideal + self.hop as f64 * self.tempo;
            (self.base() + self.search + self.hop).max(covered.ceil() as usize)
        };
        nearby.max(self.next + self.hop).saturating_sub(self.pushed())
    }

    /// Takes interleaved frames.
    pub(super) fn push(&mut self, samples: &[f32]) {
        self.input.extend_from_slice(samples);
    }

    /// No more frames will come.
    pub(super) fn finish(&mut self) {
        self.end.get_or_insert(self.origin + self.input.len() / self.channels);
    }

    /// Appends the next hop to `out`; `None` while frames are wanted, and after the end.
    pub(super) fn pull(&mut self, out: &mut Vec<f32>) -> Option<Hop> {
        if self.wanted() > 0 {
            return None;
        }
        let frames = self.frames_left().min(self.hop);
        if frames == 0 {
            return None;
        }
        self.pad();
        let source = if self.is_plain() { self.next } else { self.most_similar() };
        if source == self.next {
            let from = (source - self.origin) * self.channels;
            out.extend_from_slice(&self.input[from..from + frames * self.channels]);
        } else {
            self.cross_fade(source, frames, out);
        }
        if self.is_plain() {
            self.ideal = source as f64;
        }
        let hop = Hop { frames, at: self.ideal, tempo: self.tempo };
        self.next = source + frames;
        self.ideal += frames as f64 * self.tempo;
        self.forget();
        Some(hop)
    }

    #[allow(clippy::float_cmp, reason = "a speed of exactly 1 is what the user sets")]
    fn is_plain(&self) -> bool {
        self.tempo == 1.0
    }

    fn base(&self) -> usize {
        self.ideal.round() as usize
    }

    fn pushed(&self) -> usize {
        self.origin + self.input.len() / self.channels
    }

    /// Output frames until the end, as far as it is known.
    fn frames_left(&self) -> usize {
        let Some(end) = self.end else { return usize::MAX };
        if self.is_plain() {
            end.saturating_sub(self.next)
        } else {
            ((end as f64 - self.ideal) / self.tempo).ceil().max(0.0) as usize
        }
    }

    /// The end mirrored behind itself, so that the last hops have something to fade into: silence there would cut the
    /// sound off inside a hop.
    fn pad(&mut self) {
        let Some(end) = self.end else { return };
        let needed = (self.base() + self.search).max(self.next) + self.hop;
        let have = end - self.origin;
        for frame in self.pushed()..needed {
            let behind = (frame - end) % (2 * have).max(1);
            let twin = if behind < have { have - 1 - behind } else { behind - have };
            for sample in twin * self.channels..(twin + 1) * self.channels {
                self.input.push(self.input.get(sample).copied().unwrap_or(0.0));
            }
        }
    }

    fn cross_fade(&self, source: usize, frames: usize, out: &mut Vec<f32>) {
        let channels = self.channels;
        let (from, to) = ((self.next - self.origin) * channels, (source - self.origin) * channels);
        let old = self.input[from..from + frames * channels].chunks_exact(channels);
        let new = self.input[to..to + frames * channels].chunks_exact(channels);
        for ((old, new), &rise) in old.zip(new).zip(&self.rise) {
            out.extend(old.iter().zip(new).map(|(old, new)| old + (new - old) * rise));
        }
    }

    /// The frame near the ideal place from which the input resembles the natural continuation most: roughly on folded
    /// samples first, then to the frame. Where nothing resembles it (silence), the ideal place itself.
    fn most_similar(&mut self) -> usize {
        let low = self.base().saturating_sub(self.search).max(self.origin);
        let high = self.base() + self.search;
        let first = low.min(self.next);
        let last = high.max(self.next) + self.hop;
        self.mix_down(first, last);

        let (mono, rough, step) = (&self.mono, &self.rough, self.coarse);
        let hop = self.hop / step;
        let pattern = &rough[(self.next - first) / step..][..hop];
        let candidates = (low - first) / step..=((high - first) / step).min(rough.len() - hop);
        let centre = (self.base().max(low) - first) / step;
        let near = best(candidates, centre, pattern, rough) * step + first;

        let pattern = &mono[self.next - first..][..self.hop];
        let candidates =
            near.saturating_sub(step).max(low) - first..=(near + step).min(high) - first;
        best(candidates, near.clamp(low, high) - first, pattern, mono) + first
    }

    /// Fills `mono` with the frames `first..last` folded into one channel, and `rough` with their thinned image.
    fn mix_down(&mut self, first: usize, last: usize) {
        let channels = self.channels;
        let samples =
            &self.input[(first - self.origin) * channels..(last - self.origin) * channels];
        self.mono.clear();
        if channels == 1 {
            self.mono.extend_from_slice(samples);
        } else {
            self.mono.extend(samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>()));
        }
        self.rough.clear();
        self.rough.extend(self.mono.chunks_exact(self.coarse).map(|few| few.iter().sum::<f32>()));
    }

    /// Drops input that no hop can need any more. The end is kept: it is mirrored.
    fn forget(&mut self) {
        if self.end.is_some() {
            return;
        }
        let needed = self.next.min(self.base().saturating_sub(self.search));
        let spare = needed.saturating_sub(self.origin);
        if spare > self.hop * 16 {
            self.input.drain(..(spare * self.channels).min(self.input.len()));
            self.origin += spare;
        }
    }
}

/// Which of the candidate offsets into `samples` looks most like `pattern` (normalised correlation); `centre` unless
/// another is clearly better.
fn best(
    candidates: std::ops::RangeInclusive<usize>,
    centre: usize,
    pattern: &[f32],
    samples: &[f32],
) -> usize {
    let score = |offset: usize| {
        let (product, energy) = correlate(pattern, &samples[offset..offset + pattern.len()]);
        product / (energy.sqrt() + 1e-6)
    };
    let mut best = (centre, score(centre) + 1e-6);
    for offset in candidates {
        let score = score(offset);
        if score > best.1 {
            best = (offset, score);
        }
    }
    best.0
}

/// The inner product of two slices and the energy of the second, in lanes that the compiler turns into vectors.
fn correlate(pattern: &[f32], samples: &[f32]) -> (f32, f32) {
    const LANES: usize = 8;
    let (mut product, mut energy) = ([0.0f32; LANES], [0.0f32; LANES]);
    let (patterns, tail) = pattern.as_chunks::<LANES>();
    let (chunks, rest) = samples.as_chunks::<LANES>();
    for (a, b) in patterns.iter().zip(chunks) {
        for lane in 0..LANES {
            product[lane] += a[lane] * b[lane];
            energy[lane] += b[lane] * b[lane];
        }
    }
    let tails = tail.iter().zip(rest);
    (
        product.iter().sum::<f32>() + tails.map(|(a, b)| a * b).sum::<f32>(),
        energy.iter().sum::<f32>() + rest.iter().map(|b| b * b).sum::<f32>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A voice-like tone: harmonics of `pitch` hertz.
    fn voice(rate: u32, seconds: f64, pitch: f64) -> Vec<f32> {
        let frames = (f64::from(rate) * seconds) as usize;
        let sample = |frame: usize| {
            let phase = std::f64::consts::TAU * pitch * frame as f64 / f64::from(rate);
            ((1..=8).map(|n| (phase * f64::from(n)).sin() / f64::from(n)).sum::<f64>() * 0.3) as f32
        };
        (0..frames).map(sample).collect()
    }

    /// Runs `input` through, changing to each speed at its share of the way.
    fn stretched(
        rate: u32,
        channels: usize,
        input: &[f32],
        tempos: &[f64],
    ) -> (Vec<f32>, Vec<Hop>) {
        let mut stretch = Stretch::new(rate, channels);
        let (mut out, mut hops) = (Vec::new(), Vec::new());
        let frames = input.len() / channels;
        let mut given = 0;
        loop {
            let share = stretch.at() / frames.max(1) as f64 * tempos.len() as f64;
            stretch.set_tempo(tempos[(share as usize).min(tempos.len() - 1)]);
            let wanted = stretch.wanted().min(frames - given);
            stretch.push(&input[given * channels..(given + wanted) * channels]);
            given += wanted;
            if given == frames {
                stretch.finish();
            }
            match stretch.pull(&mut out) {
                Some(hop) => hops.push(hop),
                None if given == frames => return (out, hops),
                None => {}
            }
        }
    }

    /// Fundamental frequency by the strongest autocorrelation between 50 and 500 Hz.
    fn pitch_of(rate: u32, samples: &[f32]) -> f64 {
        let window = &samples[..samples.len().min(rate as usize / 8)];
        let score = |lag: usize| correlate(&window[lag..], &window[..window.len() - lag]).0;
        let lag = (rate as usize / 500..rate as usize / 50)
            .max_by(|a, b| score(*a).total_cmp(&score(*b)))
            .unwrap();
        f64::from(rate) / lag as f64
    }

    #[test]
    fn normal_speed_changes_no_bit() {
        let input = voice(16_000, 0.7, 120.0);
        assert_eq!(stretched(16_000, 1, &input, &[1.0]).0, input);
        assert_eq!(stretched(16_000, 2, &input, &[1.0]).0, input);
    }

    #[test]
    fn length_follows_speed_and_pitch_stays() {
        for rate in [8_000, 44_100] {
            for pitch in [80.0, 200.0] {
                let input = voice(rate, 1.5, pitch);
                for tempo in [0.5, 0.75, 1.1, 1.5, 2.0, 3.0] {
                    let (out, _) = stretched(rate, 1, &input, &[tempo]);
                    let expected = input.len() as f64 / tempo;
                    assert!((out.len() as f64 - expected).abs() <= 1.0, "{rate} {tempo}");
                    let middle = &out[out.len() / 4..];
                    let ratio = pitch_of(rate, middle) / pitch_of(rate, &input);
                    assert!(
                        (ratio - 1.0).abs() < 0.01,
                        "{rate} Hz, {pitch} Hz at {tempo}: {ratio}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_steady_voice_comes_out_without_clicks() {
        let input = voice(16_000, 2.0, 150.0);
        let step = |samples: &[f32]| {
            samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
        };
        let limit = step(&input) * 1.15;
        let (out, _) = stretched(16_000, 1, &input, &[1.0, 1.5, 0.6, 3.0, 1.0, 0.5]);
        assert!(step(&out) < limit, "{} against {limit}", step(&out));
        // Wherever in its period the voice is cut off.
        for cut in (0..110).step_by(7) {
            let input = &input[..input.len() - cut];
            for tempo in [0.5, 0.77, 1.3, 3.0] {
                let (out, _) = stretched(16_000, 1, input, &[1.0, tempo]);
                assert!(step(&out) < limit, "{cut} at {tempo}: {} against {limit}", step(&out));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn hops_cover_the_input_in_order(
            seconds in 0.0..1.5f64,
            channels in 1..=2usize,
            rate in prop::sample::select(vec![8_000u32, 11_025, 16_000, 44_100]),
            tempos in prop::collection::vec(0.5..3.0f64, 1..5),
        ) {
            let frames = (f64::from(rate) * seconds) as usize;
            let input: Vec<f32> = (0..frames * channels).map(|i| ((i * 7919) % 1000) as f32 / 1000.0 - 0.5).collect();
            let (out, hops) = stretched(rate, channels, &input, &tempos);
            prop_assert_eq!(out.len(), hops.iter().map(|hop| hop.frames).sum::<usize>() * channels);
            prop_assert!(out.iter().all(|sample| sample.abs() <= 0.51));
            let mut at = 0.0f64;
            for hop in &hops {
                prop_assert!((hop.at - at).abs() < 1.0, "hop at {} after {}", hop.at, at);
                at = hop.at + hop.frames as f64 * hop.tempo;
            }
            prop_assert!((at - frames as f64).abs() <= 3.0);
        }
    }
}
