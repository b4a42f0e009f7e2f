//! Where somebody speaks, told while the samples come in.

use crate::domain::{Seconds, Span};
use earshot::Detector;

/// What the detector listens to: frames of 256 samples at 16 kHz.
const RATE: f64 = 16_000.0;
const FRAME: usize = 256;
const FRAME_SECONDS: Seconds = FRAME as f64 / RATE;

/// Score from which a frame counts as speech, and from which speech that has begun goes on.
const BEGINS: f32 = 0.5;
const GOES_ON: f32 = 0.3;
/// Speech is drawn out by this on either side: soft beginnings and ends score low.
const MARGIN: Seconds = 0.10;
/// Pauses shorter than this do not end a span.
const SHORT_PAUSE: Seconds = 0.25;
/// Spans shorter than this (before the margin) are clicks.
const SHORT_SPEECH: Seconds = 0.06;
/// A frame quieter than this (about -66 dBFS) is silence whatever the detector would say.
const SILENT: f32 = 0.0005;

/// Finds speech in a stream of samples.
pub struct Activity {
    detector: Box<Detector>,
    mono: Mono,
    frame: Vec<f32>,
    frames: u64,
    /// Where speech that goes on began, and where it was last heard.
    open: Option<Span>,
    spans: Vec<Span>,
}

impl Activity {
    /// For interleaved samples of this rate and so many channels.
    pub fn new(rate: u32, channels: u16) -> Self {
        Self {
            detector: Box::default(),
            mono: Mono::new(rate, channels),
            frame: Vec::with_capacity(FRAME),
            frames: 0,
            open: None,
            spans: Vec::new(),
        }
    }

    /// Takes the next samples.
    pub fn push(&mut self, interleaved: &[f32]) {
        let Self { detector, mono, frame, frames, open, spans } = self;
        mono.push(interleaved, &mut |sample| {
            frame.push(sample);
            if frame.len() == FRAME {
                let speech = is_speech(detector, frame, open.is_some());
                let at = *frames as f64 * FRAME_SECONDS;
                note(open, spans, at, speech);
                *frames += 1;
                frame.clear();
            }
        });
    }

    /// The spans so far, in order and without overlap; the last one may yet grow.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans = self.spans.clone();
        close(&mut spans, self.open);
        spans
    }

    /// Up to where it is told whether there is speech, in seconds.
    pub fn heard(&self) -> Seconds {
        self.frames as f64 * FRAME_SECONDS
    }
}

fn is_speech(detector: &mut Detector, frame: &[f32], speaking: bool) -> bool {
    let loudest = frame.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
    if loudest < SILENT {
        return false;
    }
    detector.predict_f32(frame) >= if speaking { GOES_ON } else { BEGINS }
}

/// Draws one frame's verdict into the spans.
fn note(open: &mut Option<Span>, spans: &mut Vec<Span>, at: Seconds, speech: bool) {
    match (open.as_mut(), speech) {
        (Some(span), true) => span.end = at + FRAME_SECONDS,
        (None, true) => *open = Some(Span { start: at, end: at + FRAME_SECONDS }),
        (Some(span), false) if at - span.end >= SHORT_PAUSE => close(spans, open.take()),
        (_, false) => {}
    }
}

/// Adds a span with its margins, joined to the one before where they touch.
fn close(spans: &mut Vec<Span>, span: Option<Span>) {
    let Some(span) = span.filter(|span| span.end - span.start >= SHORT_SPEECH) else { return };
    let start = (span.start - MARGIN).max(0.0);
    let end = span.end + MARGIN;
    match spans.last_mut() {
        Some(last) if start <= last.end => last.end = end,
        _ => spans.push(Span { start, end }),
    }
}

/// Any number of channels at any rate to mono at 16 kHz: good enough to tell speech, and cheap.
///
/// Going down, each sample out is the mean of what it covers; going up, it lies on the line between two.
struct Mono {
    channels: usize,
    /// Samples in for one out.
    step: f64,
    /// How far the sample now being made reaches, counted in samples in.
    filled: f64,
    sum: f32,
    last: f32,
}

impl Mono {
    fn new(rate: u32, channels: u16) -> Self {
        let step = f64::from(rate.max(1)) / RATE;
        Self { channels: usize::from(channels.max(1)), step, filled: 0.0, sum: 0.0, last: 0.0 }
    }

    fn push(&mut self, interleaved: &[f32], out: &mut impl FnMut(f32)) {
        let scale = 1.0 / self.channels as f32;
        for frame in interleaved.chunks_exact(self.channels) {
            let sample = frame.iter().sum::<f32>() * scale;
            let sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
            if self.step >= 1.0 { self.down(sample, out) } else { self.up(sample, out) }
        }
    }

    fn down(&mut self, sample: f32, out: &mut impl FnMut(f32)) {
        self.filled += 1.0;
        if self.filled < self.step {
            self.sum += sample;
            return;
        }
        let over = (self.filled - self.step) as f32;
        out((self.sum + sample * (1.0 - over)) / self.step as f32);
        self.sum = sample * over;
        self.filled = f64::from(over);
    }

    fn up(&mut self, sample: f32, out: &mut impl FnMut(f32)) {
        while self.filled < 1.0 {
            out(self.last + (sample - self.last) * self.filled as f32);
            self.filled += self.step;
        }
        self.filled -= 1.0;
        self.last = sample;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resampled(rate: u32, samples: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        Mono::new(rate, 1).push(samples, &mut |sample| out.push(sample));
        out
    }

    proptest! {
        #[test]
        fn a_second_stays_a_second(rate in 4000_u32..200_000) {
            let out = resampled(rate, &vec![0.5; rate as usize]);
            prop_assert!(out.len().abs_diff(16_000) <= 4, "{}", out.len());
            prop_assert!(out[8..].iter().all(|sample| (sample - 0.5).abs() < 1e-4));
        }

        #[test]
        fn spans_are_in_order_and_apart(speech in prop::collection::vec(any::<bool>(), 0..400)) {
            let (mut open, mut spans) = (None, Vec::new());
            for (n, &speech) in speech.iter().enumerate() {
                note(&mut open, &mut spans, n as f64 * FRAME_SECONDS, speech);
            }
            close(&mut spans, open);
            prop_assert!(spans.iter().all(|span| span.start < span.end));
            prop_assert!(spans.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }

    #[test]
    fn silence_and_noise_from_nowhere_are_no_speech() {
        let mut activity = Activity::new(8000, 2);
        activity.push(&vec![0.0; 32_000]);
        activity.push(&[f32::NAN; 3200]);
        assert_eq!(activity.spans(), []);
        assert!((activity.heard() - 2.2).abs() < 0.05);
    }
}
