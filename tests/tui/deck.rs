//! A player by script: it answers as the real one does, and stands where the hand clock says.

use earmark::domain::{Command, Event, Seconds};
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Deck {
    pub(crate) load: u64,
    seconds: Seconds,
    rate: f64,
    /// Where the run began, and when; `None` while it stands.
    running: Option<Duration>,
    at: Seconds,
    /// Every file that was loaded: its name, and whether it was to play at once.
    pub(crate) loaded: Vec<(String, bool)>,
}

impl Deck {
    pub(crate) fn load(
        &mut self,
        (load, name, seconds): (u64, String, Seconds),
        from: Seconds,
        play: bool,
        now: Duration,
    ) -> Vec<Event> {
        let rate = if self.rate > 0.0 { self.rate } else { 1.0 };
        let loaded = std::mem::take(&mut self.loaded);
        *self = Self { load, seconds, rate, running: None, at: from, loaded };
        self.loaded.push((name, play));
        let mut events = vec![Event::Ready { load, seconds: Some(seconds) }];
        if play {
            events.extend(self.start(now));
        }
        events
    }

    pub(crate) fn is_playing(&self) -> bool {
        self.running.is_some()
    }

    pub(crate) fn command(&mut self, command: &Command, now: Duration) -> Vec<Event> {
        self.at = self.position(now);
        let running = self.running.is_some();
        self.running = self.running.map(|_| now);
        match *command {
            Command::Toggle | Command::Pause if running => self.pause(),
            Command::Toggle | Command::Play if !running => self.start(now),
            Command::Replay => self.start_at(0.0, now),
            Command::Again { .. } => self.start_at((self.at - 1.0).max(0.0), now),
            Command::Seek(to) => self.seek(to),
            Command::SeekBy(by) => self.seek(self.at + by),
            Command::Rate(rate) => {
                self.rate = f64::from(rate);
                Vec::new()
            }
            Command::Stop => {
                self.running = None;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// What it reports of itself as time goes by.
    pub(crate) fn tick(&mut self, now: Duration) -> Option<Event> {
        self.running?;
        let (load, at) = (self.load, self.position(now));
        if at < self.seconds {
            return Some(Event::Position { load, at });
        }
        self.running = None;
        self.at = self.seconds;
        Some(Event::Ended { load, at: self.seconds })
    }

    fn position(&self, now: Duration) -> Seconds {
        let ran =
            self.running.map_or(0.0, |since| now.saturating_sub(since).as_secs_f64() * self.rate);
        (self.at + ran).min(self.seconds)
    }

    fn start(&mut self, now: Duration) -> Vec<Event> {
        let from = if self.at >= self.seconds { 0.0 } else { self.at };
        self.start_at(from, now)
    }

    fn start_at(&mut self, at: Seconds, now: Duration) -> Vec<Event> {
        self.at = at;
        self.running = Some(now);
        vec![Event::Started { load: self.load, at }]
    }

    fn pause(&mut self) -> Vec<Event> {
        self.running = None;
        vec![Event::Paused { load: self.load, at: self.at }]
    }

    fn seek(&mut self, to: Seconds) -> Vec<Event> {
        self.at = to.clamp(0.0, self.seconds);
        vec![Event::Position { load: self.load, at: self.at }]
    }
}
