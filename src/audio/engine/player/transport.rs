//! What each command does to the deck.

use super::Player;
use crate::audio::engine::deck::Deck;
use crate::audio::engine::render::Again;
use crate::audio::engine::sound::Phase;
use crate::domain::{Event, Seconds, SoundId, Span};

/// A shorter run is not worth repeating: *again* then goes back farther.
const SHORT: Seconds = 0.3;
/// How far *again* goes back then.
const FARTHER: Seconds = 3.0;

impl Player {
    pub(super) fn load(&mut self, load: u64, sound: &SoundId, from: Seconds, play: bool) {
        let whole = self.deck.as_ref().and_then(|deck| {
            let all = deck.looped?.end >= deck.length().unwrap_or(f64::INFINITY) - 0.001;
            (all && deck.looped?.start <= 0.0).then_some(Span { start: 0.0, end: f64::INFINITY })
        });
        self.halt();
        if let Some(deck) = self.deck.take_if(|deck| deck.sound.id() != sound) {
            self.shelf.put_back(deck.sound);
        }
        let opened = match self.deck.take() {
            Some(deck) if !matches!(deck.sound.phase(), Phase::Failed(_)) => Ok(deck.sound),
            _ => self.shelf.take(sound),
        };
        match opened {
            Ok(sound) => {
                let from = if from.is_finite() { from } else { 0.0 };
                self.deck = Some(Deck { looped: whole, ..Deck::new(load, sound, from, play) });
            }
            Err(error) => (self.tell)(Event::Failed { load, why: error.to_string() }),
        }
    }

    pub(super) fn unload(&mut self) {
        self.halt();
        if let Some(deck) = self.deck.take() {
            self.shelf.put_back(deck.sound);
        }
    }

    pub(super) fn play(&mut self) {
        let backstep = self.settings.backstep;
        let Some(deck) = self.deck.as_mut().filter(|deck| !deck.play) else { return };
        let first = deck.looped.filter(|span| (span.start..=span.end).contains(&deck.at));
        let first = first.map_or(0.0, |span| span.start);
        let back = if deck.paused { backstep } else { 0.0 };
        let from = if deck.at_end() { first } else { (deck.at - back).max(first.min(deck.at)) };
        let (stop, again) = (deck.stop.filter(|stop| from < *stop), deck.again);
        self.start(from, stop, again);
    }

    pub(super) fn pause(&mut self) {
        let was_playing = self.hold();
        let Some(deck) = &mut self.deck else { return };
        deck.play = false;
        deck.paused |= was_playing;
        (self.tell)(Event::Paused { load: deck.load, at: deck.at });
    }

    /// Starts a new run.
    pub(super) fn start(&mut self, from: Seconds, stop: Option<Seconds>, again: Option<Again>) {
        self.hold_for_splice();
        let Some(deck) = &mut self.deck else { return };
        if matches!(deck.sound.phase(), Phase::Failed(_))
            && let Ok(sound) = self.shelf.take(&deck.sound.id().clone())
        {
            (deck.sound, deck.failed) = (sound, false);
        }
        deck.at = deck.within(from);
        (deck.began, deck.stop, deck.again) = (deck.at, stop, again);
        (deck.play, deck.paused) = (true, false);
    }

    pub(super) fn again(&mut self, rate: f32) {
        let rate = speed(rate, self.settings.rate);
        let at = self.position();
        let Some(deck) = &mut self.deck else { return };
        let until = deck.again.map_or(at, |again| again.until.max(at));
        let from = if until - deck.began < SHORT { (until - FARTHER).max(0.0) } else { deck.began };
        let nothing = until - from < SHORT;
        let until = if nothing { f64::INFINITY } else { until };
        let stop = if deck.play || nothing { deck.stop } else { Some(until) };
        self.start(from, stop, Some(Again { until, rate }));
    }

    pub(super) fn seek(&mut self, to: impl FnOnce(Seconds) -> Seconds) {
        let at = self.position();
        let Some(deck) = &mut self.deck else { return };
        let to = deck.within(to(at));
        if deck.play {
            self.start(to, None, None);
        } else {
            (deck.at, deck.began, deck.paused) = (to, to, false);
            (deck.stop, deck.again) = (None, None);
            (self.tell)(Event::Paused { load: deck.load, at: to });
        }
    }

    pub(super) fn set_rate(&mut self, rate: f32) {
        let rate = speed(rate, self.settings.rate);
        self.settings.rate = rate;
        self.resume_here(|deck| deck.again = None);
    }

    pub(super) fn set_loop(&mut self, span: Option<Span>) {
        let usable = span.filter(|span| span.end > span.start.max(0.0) + 0.01);
        self.resume_here(|deck| {
            deck.looped = usable.map(|span| Span { start: span.start.max(0.0), end: span.end });
        });
    }

    pub(super) fn set_skip_silence(&mut self, skip: bool) {
        if self.settings.skip_silence != skip {
            self.settings.skip_silence = skip;
            self.shelf.listen(skip, self.deck.as_ref().map(|deck| &deck.sound));
            self.resume_here(|_| ());
        }
    }

    pub(super) fn set_gain(&mut self, decibels: f32) {
        if !decibels.is_nan() {
            self.settings.gain = 10.0f32.powf(decibels.clamp(-96.0, 24.0) / 20.0);
        }
        if let Some(line) = &self.line {
            line.feed.set_gain(self.settings.gain);
        }
    }
}

/// A speed within bounds; the present one instead of nonsense.
fn speed(wanted: f32, present: f32) -> f32 {
    if wanted.is_finite() { wanted.clamp(0.5, 3.0) } else { present }
}
