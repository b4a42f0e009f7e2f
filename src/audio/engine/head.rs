//! The read head: which frames of a sound come next, through loops, ends and skipped silence.
//!
//! It turns a sound into one uninterrupted stream of frames and remembers which frame of the file each stands for.

use super::sound::{Aim, Sound};
use std::collections::VecDeque;

/// Length of the fades around a jump, in seconds.
const FADE_SECONDS: f64 = 0.005;

/// Where the head goes, as frames of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Route {
    /// Where it starts.
    pub(super) from: u64,
    /// Where it ends, unless the file ends before.
    pub(super) stop: Option<u64>,
    /// Start and end of what is repeated.
    pub(super) repeat: Option<(u64, u64)>,
    /// Jump over stretches without speech.
    pub(super) skip_silence: bool,
}

/// What a read gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Got {
    /// Frames were appended.
    Some,
    /// They are not decoded yet.
    Starved,
    /// The route is over.
    Over,
}

/// A frame that reading does not pass, and the frame where it goes on, if it does.
#[derive(Debug, Clone, Copy)]
struct Bound {
    frame: u64,
    then: Option<u64>,
}

/// A place in a sound that moves on as it is read.
#[derive(Debug)]
pub(super) struct Head {
    route: Route,
    channels: usize,
    fade: u64,
    at: u64,
    /// Frames read since the start or the last jump.
    since_jump: u64,
    /// Frames read in all.
    read: u64,
    jumped: bool,
    /// The silence that is being left.
    leaving: Option<Bound>,
    /// From which frame of the stream on the file is read from which frame.
    jumps: VecDeque<(u64, u64)>,
}

impl Head {
    pub(super) fn new(route: Route, rate: u32, channels: usize) -> Self {
        Self {
            route,
            channels,
            fade: (f64::from(rate) * FADE_SECONDS).ceil() as u64,
            at: route.from,
            since_jump: 0,
            read: 0,
            jumped: false,
            leaving: None,
            jumps: VecDeque::from([(0, route.from)]),
        }
    }

    /// What the sound should decode for it.
    pub(super) fn aim(&self) -> Aim {
        Aim { at: self.at, also: self.route.repeat.map(|(start, _)| start) }
    }

    /// The frame of the file that the next frame read is.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// The frame of the file that a frame of the stream stands for.
    pub(super) fn file_frame(&self, stream: f64) -> f64 {
        let jump = self.jumps.iter().rev().find(|(start, _)| *start as f64 <= stream);
        let (start, file) = jump.or(self.jumps.front()).copied().unwrap_or((0, self.route.from));
        (file as f64 + stream - start as f64).max(0.0)
    }

    /// Frames of the stream before this one will not be asked for again.
    pub(super) fn forget_before(&mut self, stream: f64) {
        while self.jumps.get(1).is_some_and(|(start, _)| *start as f64 <= stream) {
            self.jumps.pop_front();
        }
    }

    /// Appends up to `frames` frames to `out`.
    pub(super) fn read(&mut self, sound: &Sound, frames: usize, out: &mut Vec<f32>) -> Got {
        let mut bound = self.bound(sound);
        while self.at >= bound.frame {
            match bound.then {
                Some(to) if to != self.at => self.jump(to),
                _ => return Got::Over,
            }
            bound = self.bound(sound);
        }
        let wanted = frames.min((bound.frame - self.at) as usize);
        let start = out.len();
        let count = sound.read(self.at, wanted, out);
        if count == 0 {
            // The end may have become known only now.
            let ended = sound.end().is_some_and(|end| end <= self.at);
            return if ended { self.read(sound, frames, out) } else { Got::Starved };
        }
        self.soften(&bound, &mut out[start..]);
        self.at += count as u64;
        self.since_jump += count as u64;
        self.read += count as u64;
        Got::Some
    }

    /// The frame that cannot be read past, and where it goes on from there.
    fn bound(&mut self, sound: &Sound) -> Bound {
        let start = self.route.repeat.map(|(start, _)| start);
        let end = sound.end().map(|frame| Bound { frame, then: start.filter(|it| *it < frame) });
        let stop = self.route.stop.map(|frame| Bound { frame, then: None });
        let turn = self.route.repeat.filter(|(_, end)| self.at <= *end);
        let turn = turn.map(|(start, frame)| Bound { frame, then: Some(start) });
        let bounds = [end, turn, stop].into_iter().flatten();
        let nearest = bounds.min_by_key(|bound| bound.frame);
        let nearest = nearest.unwrap_or(Bound { frame: u64::MAX, then: None });
        if self.route.skip_silence && self.leaving.is_none() && self.at < nearest.frame {
            let quiet = sound.silence_until(self.at).map(|to| to.min(nearest.frame));
            let frame = self.at + self.fade;
            self.leaving = quiet.filter(|to| *to > frame).map(|to| Bound { frame, then: Some(to) });
        }
        self.leaving.filter(|leaving| leaving.frame < nearest.frame).unwrap_or(nearest)
    }

    fn jump(&mut self, to: u64) {
        self.at = to;
        self.leaving = None;
        (self.since_jump, self.jumped) = (0, true);
        self.jumps.push_back((self.read, to));
    }

    /// Fades in after a jump, and out before one.
    fn soften(&self, bound: &Bound, samples: &mut [f32]) {
        let frames = (samples.len() / self.channels) as u64;
        let since = if self.jumped { self.since_jump } else { self.fade };
        let left = if bound.then.is_some() { bound.frame - self.at } else { u64::MAX };
        if since >= self.fade && left >= frames + self.fade {
            return;
        }
        for (frame, samples) in samples.chunks_exact_mut(self.channels).enumerate() {
            let level = (since + frame as u64).min(left - frame as u64).min(self.fade);
            let level = level as f32 / self.fade as f32;
            for sample in samples {
                *sample *= level;
            }
        }
    }
}
