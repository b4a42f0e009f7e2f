//! From a sound to what the output takes: route, speed, sampling rate, channels.

use super::head::{Got, Head, Route};
use super::sound::{Opened, Sound};
use crate::audio::output::Format;
use crate::audio::resample::{ResampleFailure, Resampler};
use crate::audio::stretch::{Hop, Stretch};
use crate::domain::Seconds;
use std::collections::VecDeque;
use std::sync::Arc;

/// Length of the fade at the end, in seconds.
const FADE_SECONDS: Seconds = 0.005;

/// What a step gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Made {
    /// So many frames.
    Some(usize),
    /// The sound is not decoded that far.
    Starved,
    /// The route is over; nothing follows.
    Over,
}

/// A slower (or faster) stretch at the beginning of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Again {
    /// Where the usual speed is taken up, in seconds from the start of the file.
    pub(super) until: Seconds,
    /// The speed until then.
    pub(super) rate: f32,
}

/// One run from a place in a sound on.
pub(super) struct Render {
    opened: Arc<Opened>,
    format: Format,
    head: Head,
    stretch: Stretch,
    resampler: Resampler,
    rate: f32,
    again: Option<Again>,
    /// What the frames between stretching and resampling stand for, with the number of the first.
    hops: VecDeque<(u64, Hop)>,
    stretched: u64,
    over: bool,
    frames: Vec<f32>,
    hop: Vec<f32>,
    /// What the output has not got yet: the last few frames are kept back until it is known whether they are the end.
    resampled: Vec<f32>,
    fade: usize,
}

impl Render {
    /// # Errors
    /// The file's rate and the output's do not go together.
    pub(super) fn new(
        opened: Arc<Opened>,
        format: Format,
        route: Route,
        rate: f32,
        again: Option<Again>,
    ) -> Result<Self, ResampleFailure> {
        Ok(Self {
            format,
            head: Head::new(route, opened.rate, opened.channels),
            stretch: Stretch::new(opened.rate, opened.channels),
            resampler: Resampler::new(opened.rate, format.rate, opened.channels)?,
            rate,
            again,
            hops: VecDeque::new(),
            stretched: 0,
            over: false,
            frames: Vec::new(),
            hop: Vec::new(),
            resampled: Vec::new(),
            fade: (f64::from(format.rate) * FADE_SECONDS).ceil() as usize,
            opened,
        })
    }

    /// Where reading has come to, in seconds from the start of the file: where it ends once it is over.
    pub(super) fn read_to(&self) -> Seconds {
        self.head.at() as f64 / f64::from(self.opened.rate)
    }

    /// Where in the file the output frame stands that comes after `taken` others, in seconds; asked for in order.
    pub(super) fn position(&mut self, taken: u64) -> Seconds {
        let frame = u128::from(taken) * u128::from(self.opened.rate);
        let stretched = frame as f64 / f64::from(self.format.rate);
        while self.hops.get(1).is_some_and(|(start, _)| *start as f64 <= stretched) {
            self.hops.pop_front();
        }
        let Some((start, hop)) = self.hops.front() else {
            return self.head.file_frame(0.0) / f64::from(self.opened.rate);
        };
        let within = (stretched - *start as f64).min(hop.frames as f64);
        let stream = hop.at + within * hop.tempo;
        self.head.forget_before(stream);
        self.head.file_frame(stream) / f64::from(self.opened.rate)
    }

    /// Appends the next samples, as the output takes them, to `out`.
    ///
    /// # Errors
    /// The filter refused the samples.
    pub(super) fn make(
        &mut self,
        sound: &Sound,
        out: &mut Vec<f32>,
    ) -> Result<Made, ResampleFailure> {
        sound.aim(self.head.aim());
        let channels = self.opened.channels;
        while !self.over && self.resampled.len() <= self.fade * channels {
            if !self.advance(sound)? {
                return Ok(Made::Starved);
            }
        }
        if self.over {
            self.fade_out();
        }
        let kept = if self.over { 0 } else { self.fade * channels };
        let ready = self.resampled.len() - kept;
        if ready == 0 {
            return Ok(Made::Over);
        }
        spread(&self.resampled[..ready], channels, self.format.channels, out);
        self.resampled.drain(..ready);
        Ok(Made::Some(ready / channels))
    }

    /// Lets the last frames go down to silence.
    fn fade_out(&mut self) {
        let channels = self.opened.channels;
        let first = self.resampled.len().saturating_sub(self.fade * channels);
        let frames = self.resampled[first..].chunks_exact_mut(channels).rev();
        for (left, frame) in frames.enumerate() {
            let level = left as f32 / self.fade as f32;
            for sample in frame {
                *sample *= level;
            }
        }
    }

    /// Brings one hop through; false if there are no frames for it yet.
    fn advance(&mut self, sound: &Sound) -> Result<bool, ResampleFailure> {
        let tempo = self.tempo();
        self.stretch.set_tempo(tempo);
        loop {
            let wanted = self.stretch.wanted();
            if wanted == 0 {
                break;
            }
            self.frames.clear();
            match self.head.read(sound, wanted, &mut self.frames) {
                Got::Some => self.stretch.push(&self.frames),
                Got::Starved => return Ok(false),
                Got::Over => self.stretch.finish(),
            }
        }
        self.hop.clear();
        if let Some(hop) = self.stretch.pull(&mut self.hop) {
            self.hops.push_back((self.stretched, hop));
            self.stretched += hop.frames as u64;
            self.resampler.push(&self.hop, &mut self.resampled)?;
        } else {
            self.over = true;
            self.resampler.finish(&mut self.resampled)?;
        }
        Ok(true)
    }

    fn tempo(&mut self) -> f64 {
        if let Some(again) = self.again {
            let at = self.head.file_frame(self.stretch.at()) / f64::from(self.opened.rate);
            if at < again.until {
                return f64::from(again.rate);
            }
            self.again = None;
        }
        f64::from(self.rate)
    }
}

/// Appends frames of one or two channels as frames of as many as the output has.
fn spread(samples: &[f32], have: usize, want: usize, out: &mut Vec<f32>) {
    match (have, want) {
        _ if have == want => out.extend_from_slice(samples),
        (2, 1) => {
            out.extend(samples.chunks_exact(2).map(|frame| f32::midpoint(frame[0], frame[1])));
        }
        (2, _) => {
            for frame in samples.chunks_exact(2) {
                out.extend_from_slice(frame);
                out.extend(std::iter::repeat_n(0.0, want - 2));
            }
        }
        _ => {
            for sample in samples {
                out.extend(std::iter::repeat_n(*sample, want));
            }
        }
    }
}
