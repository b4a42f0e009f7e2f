//! What is on the deck: the sound that commands are about, where it stands, and the run that is being heard.

use super::render::{Again, Made, Render};
use super::sound::Sound;
use crate::audio::output::Feed;
use crate::audio::resample::ResampleFailure;
use crate::domain::{Seconds, Span};
use std::sync::Arc;
use std::time::Instant;

/// A loaded sound.
pub(super) struct Deck {
    /// The caller's number for the load.
    pub(super) load: u64,
    /// The sound.
    pub(super) sound: Arc<Sound>,
    /// Whether it was told that the file is open, and the length that was told.
    pub(super) ready: bool,
    pub(super) told: Option<Seconds>,
    /// Whether its failure was told.
    pub(super) failed: bool,
    /// Whether it is to play; without a run it will as soon as it can.
    pub(super) play: bool,
    /// Where it stands, or where its run began.
    pub(super) at: Seconds,
    /// Whether it was paused here while it played, so that playing on steps back.
    pub(super) paused: bool,
    /// Where the last run began.
    pub(super) began: Seconds,
    /// Where playing stops before the file ends.
    pub(super) stop: Option<Seconds>,
    /// The slower stretch that a run begins with.
    pub(super) again: Option<Again>,
    /// What is repeated.
    pub(super) looped: Option<Span>,
    /// What is being heard.
    pub(super) run: Option<Run>,
}

impl Deck {
    pub(super) fn new(load: u64, sound: Arc<Sound>, at: Seconds, play: bool) -> Self {
        Self {
            load,
            sound,
            ready: false,
            told: None,
            failed: false,
            play,
            at: at.max(0.0),
            paused: false,
            began: at.max(0.0),
            stop: None,
            again: None,
            looped: None,
            run: None,
        }
    }

    /// Its length in seconds, when known.
    pub(super) fn length(&self) -> Option<Seconds> {
        let opened = self.sound.opened()?;
        Some(self.sound.frames()? as f64 / f64::from(opened.rate))
    }

    /// A place within the file.
    pub(super) fn within(&self, at: Seconds) -> Seconds {
        let at = if at.is_finite() { at.max(0.0) } else { 0.0 };
        self.length().map_or(at, |length| at.min(length))
    }

    /// Whether it stands at its end.
    pub(super) fn at_end(&self) -> bool {
        self.length().is_some_and(|length| self.at >= length - 0.001)
    }

    /// Where the sound is: counted in frames that the output took.
    pub(super) fn position(&mut self, feed: &Feed) -> Seconds {
        match &mut self.run {
            Some(run) => match feed.taken() {
                0 => self.at,
                taken => run.render.position(taken),
            },
            None => self.at,
        }
    }
}

/// A run: samples on their way to the output.
pub(super) struct Run {
    render: Render,
    /// Where it ended, once all its samples are on their way.
    pub(super) over: Option<Seconds>,
    /// Whether its beginning was told.
    pub(super) started: bool,
    /// When its position is to be told next.
    pub(super) tell_at: Instant,
    /// Since when the output has taken all of it.
    pub(super) drained: Option<Instant>,
}

impl Run {
    pub(super) fn new(render: Render, now: Instant) -> Self {
        Self { render, over: None, started: false, tell_at: now, drained: None }
    }

    /// Renders until `ahead` frames wait for the output, or nothing more can be had.
    pub(super) fn fill(
        &mut self,
        sound: &Sound,
        feed: &mut Feed,
        ahead: u64,
    ) -> Result<(), ResampleFailure> {
        while self.over.is_none() && feed.pushed() - feed.taken() < ahead {
            let mut samples = feed.buffer();
            match self.render.make(sound, &mut samples)? {
                Made::Some(frames) => feed.push(samples, frames, false),
                Made::Starved => return Ok(()),
                Made::Over => {
                    self.over = Some(self.render.read_to());
                    feed.push(samples, 0, true);
                }
            }
        }
        Ok(())
    }
}
