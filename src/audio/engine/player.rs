//! What the engine does with commands and time, without a thread of its own: tests drive it with a clock of theirs.

mod transport;

use super::deck::{Deck, Run};
use super::head::Route;
use super::render::Render;
use super::shelf::Shelf;
use super::sound::Phase;
use crate::audio::output::{Cut, Line, OutputChoice};
use crate::domain::{Command, Event, Output, Seconds};
use std::time::{Duration, Instant};

/// How much is rendered ahead of the output: what a busy machine may keep the thread from running. Commands do not wait
/// for it, they cut it off.
const AHEAD: Duration = Duration::from_millis(300);
/// How often samples are made while playing.
const TURN: Duration = Duration::from_millis(20);
/// How often it is looked whether the output has begun to take them.
const BEGINNING: Duration = Duration::from_millis(5);
/// How often positions are told while playing.
const REPORT: Duration = Duration::from_millis(100);
/// How long a device stays open after the last sound. An open one wakes the machine a hundred times a second.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long after a device failed it is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// Opens an output.
pub(super) type OpenLine = Box<dyn FnMut(&OutputChoice) -> Line + Send>;
/// Takes events.
pub(super) type Tell = Box<dyn Fn(Event) + Send + Sync>;

/// How sounds are played, whichever is loaded.
#[derive(Debug, Clone, Copy)]
struct Settings {
    rate: f32,
    gain: f32,
    backstep: Seconds,
    skip_silence: bool,
}

/// The engine without its thread.
pub(super) struct Player {
    choice: OutputChoice,
    open_line: OpenLine,
    tell: Tell,
    shelf: Shelf,
    settings: Settings,
    line: Option<Line>,
    /// When a device was last opened, or failed to.
    tried: Instant,
    /// Where sound goes, as it was told last.
    output: Option<Output>,
    deck: Option<Deck>,
    /// Since when nothing plays.
    resting: Option<Instant>,
}

impl Player {
    pub(super) fn new(
        choice: OutputChoice,
        open_line: OpenLine,
        shelf: Shelf,
        tell: Tell,
        now: Instant,
    ) -> Self {
        let settings = Settings { rate: 1.0, gain: 1.0, backstep: 0.0, skip_silence: false };
        let mut player = Self {
            choice,
            open_line,
            tell,
            shelf,
            settings,
            line: None,
            tried: now,
            output: None,
            deck: None,
            resting: Some(now),
        };
        player.open(now);
        player
    }

    /// Obeys a command.
    pub(super) fn obey(&mut self, command: Command, now: Instant) {
        match command {
            Command::Load { load, sound, from, play } => self.load(load, &sound, from, play),
            Command::Prefetch(sounds) => self.shelf.fetch(sounds),
            Command::Pause => self.pause(),
            Command::Toggle if self.deck.as_ref().is_some_and(|deck| deck.play) => self.pause(),
            Command::Play | Command::Toggle => self.play(),
            Command::Replay => self.start(0.0, None, None),
            Command::PlaySpan(span) => self.start(span.start, Some(span.end), None),
            Command::Again { rate } => self.again(rate),
            Command::Seek(at) => self.seek(|_| at),
            Command::SeekBy(by) => self.seek(|at| at + by),
            Command::Rate(rate) => self.set_rate(rate),
            Command::Loop(span) => self.set_loop(span),
            Command::Gain(decibels) => self.set_gain(decibels),
            Command::SkipSilence(skip) => self.set_skip_silence(skip),
            Command::Backstep(seconds) => {
                self.settings.backstep = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
            }
            Command::Stop => self.unload(),
        }
        self.turn(now);
    }

    /// Does what is due; gives the time by which it wants to be called again, if nothing happens before.
    pub(super) fn turn(&mut self, now: Instant) -> Option<Instant> {
        let running = self.deck.as_ref().is_some_and(|deck| deck.run.is_some());
        if let Some(line) = self.line.as_mut().filter(|_| running) {
            line.advance(now);
        }
        self.announce();
        self.begin(now);
        self.fill();
        self.report(now);
        let deck = self.deck.as_ref().map(|deck| &deck.sound);
        if let Err(error) = self.shelf.tend(deck) {
            tracing::warn!(%error, "no thread to fetch a sound ahead");
        }
        self.rest(now)
    }

    /// The device has gone: on without it.
    pub(super) fn lost(&mut self, why: String, now: Instant) {
        self.hold();
        self.tried = now;
        let hint = "connect it again; the next play tries it".to_owned();
        self.line = Some(Line::silent(why, hint));
        self.told_output();
        self.turn(now);
    }

    /// Fades out what plays, for good. Says whether anybody hears it.
    pub(super) fn hush(&mut self) -> bool {
        self.hold() && self.line.as_ref().is_some_and(Line::is_audible)
    }

    /// Changes the deck and, if it plays, goes on from where it is.
    fn resume_here(&mut self, change: impl FnOnce(&mut Deck)) {
        self.hold_for_splice();
        if let Some(deck) = &mut self.deck {
            change(deck);
        }
    }

    fn position(&mut self) -> Seconds {
        match (&mut self.deck, &self.line) {
            (Some(deck), Some(line)) => deck.position(&line.feed),
            (Some(deck), None) => deck.at,
            (None, _) => 0.0,
        }
    }

    /// Ends the run where it is; a new one will fade over. Says whether there was one.
    fn hold_for_splice(&mut self) -> bool {
        let at = self.position();
        let Some(deck) = &mut self.deck else { return false };
        deck.at = at;
        deck.run.take().is_some()
    }

    /// Ends the run where it is, in silence. Says whether there was one.
    fn hold(&mut self) -> bool {
        let held = self.hold_for_splice();
        if let Some(line) = self.line.as_mut().filter(|_| held) {
            line.feed.cut(Cut::Silence);
            line.rest();
        }
        held
    }

    fn halt(&mut self) {
        self.hold();
        if let Some(deck) = &mut self.deck {
            deck.play = false;
        }
    }

    /// Tells what became known of the sound.
    fn announce(&mut self) {
        let Some(deck) = &mut self.deck else { return };
        match deck.sound.phase() {
            Phase::Opening => {}
            Phase::Open(_) => {
                let seconds = deck.length();
                if !deck.ready || deck.told != seconds {
                    (deck.ready, deck.told) = (true, seconds);
                    (self.tell)(Event::Ready { load: deck.load, seconds });
                }
            }
            Phase::Failed(why) => {
                if !deck.failed {
                    deck.failed = true;
                    (self.tell)(Event::Failed { load: deck.load, why });
                }
                self.halt();
            }
        }
    }

    /// Begins a run if one is wanted and possible.
    fn begin(&mut self, now: Instant) {
        let wanted = self.deck.as_ref().is_some_and(|deck| deck.play && deck.run.is_none());
        let Some(opened) = self.deck.as_ref().filter(|_| wanted).and_then(|it| it.sound.opened())
        else {
            return;
        };
        self.open(now);
        let (Some(deck), Some(line)) = (&mut self.deck, &mut self.line) else { return };
        deck.at = deck.within(deck.at);
        let frame = |seconds: Seconds| (seconds * f64::from(opened.rate)).round() as u64;
        let route = Route {
            from: frame(deck.at),
            stop: deck.stop.map(frame),
            repeat: deck.looped.map(|span| (frame(span.start), frame(span.end))),
            skip_silence: self.settings.skip_silence,
        };
        match Render::new(opened, line.format, route, self.settings.rate, deck.again) {
            Ok(render) => {
                line.feed.cut(Cut::Splice);
                line.feed.set_gain(self.settings.gain);
                line.advance(now);
                deck.run = Some(Run::new(render, now));
                self.resting = None;
            }
            Err(error) => self.fail(&error),
        }
    }

    fn fill(&mut self) {
        let (Some(deck), Some(line)) = (&mut self.deck, &mut self.line) else { return };
        let Some(run) = &mut deck.run else { return };
        let ahead = (AHEAD.as_secs_f64() * f64::from(line.format.rate)) as u64;
        if let Err(error) = run.fill(&deck.sound, &mut line.feed, ahead) {
            self.fail(&error);
        }
    }

    /// Tells how the run goes on.
    fn report(&mut self, now: Instant) {
        let (Some(deck), Some(line)) = (&mut self.deck, &mut self.line) else { return };
        let (load, from, at) = (deck.load, deck.at, deck.position(&line.feed));
        let Some(run) = &mut deck.run else { return };
        let taken = line.feed.taken();
        if taken > 0 && !run.started {
            run.started = true;
            run.tell_at = now + REPORT;
            (self.tell)(Event::Started { load, at: from });
        }
        if line.feed.dry() > 0 {
            (self.tell)(Event::Underrun { load });
        }
        let heard_out = run.over.filter(|_| taken == line.feed.pushed());
        match heard_out {
            Some(at) => {
                let drained = *run.drained.get_or_insert(now);
                if now >= drained + line.feed.latency() {
                    (deck.run, deck.play, deck.paused, deck.at) = (None, false, false, at);
                    (deck.stop, deck.again) = (None, None);
                    line.rest();
                    (self.tell)(Event::Ended { load, at });
                }
            }
            None if run.started && now >= run.tell_at => {
                run.tell_at = now + REPORT;
                (self.tell)(Event::Position { load, at });
            }
            None => {}
        }
    }

    /// Closes a device that has not been used for long; says when there is something to do.
    fn rest(&mut self, now: Instant) -> Option<Instant> {
        if let Some(run) = self.deck.as_ref().and_then(|deck| deck.run.as_ref()) {
            // What has to come first, over a network or through a slow device, is not asked for that often for long.
            let begins = !run.started && now < run.tell_at + REPORT;
            return Some(now + if begins { BEGINNING } else { TURN });
        }
        let since = *self.resting.get_or_insert(now);
        if !self.line.as_ref().is_some_and(Line::is_audible) {
            return None;
        }
        let close = since + PATIENCE;
        if now >= close {
            self.line = None;
        }
        (now < close).then_some(close)
    }

    /// Opens the output if it is not, or if it failed a while ago.
    fn open(&mut self, now: Instant) {
        let hopeless =
            matches!(self.choice, OutputChoice::Silent { .. }) || now < self.tried + RETRY;
        if self.line.as_ref().is_some_and(|line| line.is_audible() || hopeless) {
            return;
        }
        self.tried = now;
        let line = (self.open_line)(&self.choice);
        self.line = Some(line);
        self.told_output();
    }

    /// Tells where sound goes, if that changed.
    fn told_output(&mut self) {
        let output = self.line.as_ref().map(|line| line.output.clone());
        if let Some(output) = output.filter(|output| self.output.as_ref() != Some(output)) {
            self.output = Some(output.clone());
            (self.tell)(Event::Output(output));
        }
    }

    fn fail(&mut self, error: &dyn std::error::Error) {
        let Some(deck) = &self.deck else { return };
        (self.tell)(Event::Failed { load: deck.load, why: error.to_string() });
        self.halt();
    }
}

#[cfg(test)]
impl Player {
    /// Whether a sound was fetched ahead as far as it is to be.
    pub(super) fn has_fetched(&self, sound: &crate::domain::SoundId) -> bool {
        self.shelf.has_fetched(sound)
    }

    /// Whether time must not go on because something is still being decoded.
    pub(super) fn waits_for_samples(&self) -> bool {
        let (Some(deck), Some(line)) = (&self.deck, &self.line) else { return false };
        match &deck.run {
            Some(run) => {
                let queued = line.feed.pushed() - line.feed.taken();
                run.over.is_none() && queued < u64::from(line.format.rate / 20)
            }
            None => deck.play || matches!(deck.sound.phase(), Phase::Opening),
        }
    }
}
