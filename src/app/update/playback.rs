//! The player: what keys ask of it, and what it reports.

use super::Turn;
use super::open::sound_of;
use crate::app::effect::Effect;
use crate::app::sound::Transport;
use crate::domain::{Command, Event, Output, SampleId, Seconds, Span};
use crate::text::{clock_tenths, safe_line};
use std::time::Duration;

/// Typing that stopped the sound is over when no key came for this long.
const TYPING_PAUSE: Duration = Duration::from_millis(900);
const RATES: std::ops::RangeInclusive<f32> = 0.5..=3.0;
const VOLUMES: std::ops::RangeInclusive<f32> = -40.0..=20.0;

impl Turn<'_> {
    /// Makes the open sample the player's file and plays it from its start (or where it was left).
    pub(super) fn play_open(&mut self) {
        self.load_open(true);
    }

    fn load_open(&mut self, play: bool) {
        let Some(open) = &self.state.editor.open else { return };
        let sound = sound_of(&open.row);
        let resumed = self.state.sound.sample.is_none() && self.state.sound.at > 0.0;
        let from = if resumed { self.state.sound.at } else { 0.0 };
        let seconds = open.row.seconds;
        let pane = &mut self.state.sound;
        pane.load += 1;
        pane.sample = Some(sound.sample);
        pane.transport = Transport::Loading;
        pane.at = from;
        pane.seconds = seconds;
        pane.held_by_typing = false;
        let load = pane.load;
        self.effect(Effect::Load { load, sound, from, play });
    }

    /// Silence, and no file.
    pub(super) fn stop_sound(&mut self) {
        let pane = &mut self.state.sound;
        if pane.sample.take().is_some() {
            pane.load += 1;
            self.effect(Effect::Player(Command::Stop));
        }
        let pane = &mut self.state.sound;
        pane.transport = Transport::Empty;
        pane.at = 0.0;
        pane.seconds = None;
        pane.held_by_typing = false;
    }

    fn is_loaded(&self) -> bool {
        self.state.sound.sample.is_some() && self.state.sound.sample == self.open_id()
    }

    /// Tells the player, after loading the open sample if it is not the player's yet.
    fn command(&mut self, command: Command) {
        if self.open_id().is_none() {
            self.info("no file to play");
            return;
        }
        if !self.is_loaded() {
            self.load_open(false);
        }
        self.effect(Effect::Player(command));
    }

    pub(super) fn play_pause(&mut self) {
        self.state.editor.resume_due = None;
        self.state.sound.held_by_typing = false;
        if self.open_id().is_some()
            && (!self.is_loaded() || self.state.sound.transport == Transport::Failed)
        {
            self.play_open();
        } else {
            self.command(Command::Toggle);
        }
    }

    pub(super) fn replay(&mut self) {
        self.journal_replay();
        self.command(Command::Replay);
    }

    pub(super) fn again_slower(&mut self) {
        self.journal_replay();
        self.command(Command::Again { rate: self.state.config.playback.again_rate });
    }

    fn journal_replay(&mut self) {
        let id = self.open_id();
        self.effect(Effect::Journal("replay", id, String::new()));
    }

    pub(super) fn seek_by(&mut self, seconds: Seconds) {
        self.command(Command::SeekBy(seconds));
    }

    pub(super) fn seek_to(&mut self, seconds: Seconds) {
        self.command(Command::Seek(seconds));
    }

    /// One step slower (-1), faster (+1), or normal (0).
    pub(super) fn change_rate(&mut self, steps: f32) {
        let step = self.state.config.playback.rate_step;
        let pane = &mut self.state.sound;
        let wanted = if steps == 0.0 { 1.0 } else { pane.rate + steps * step };
        pane.rate = ((wanted * 100.0).round() / 100.0).clamp(*RATES.start(), *RATES.end());
        let rate = pane.rate;
        self.effect(Effect::Player(Command::Rate(rate)));
        self.info(format!("speed {rate:.2}×"));
        self.remember_soon();
    }

    pub(super) fn change_volume(&mut self, by: f32) {
        let pane = &mut self.state.sound;
        pane.volume_db = (pane.volume_db + by).clamp(*VOLUMES.start(), *VOLUMES.end());
        let volume = pane.volume_db;
        self.effect(Effect::Player(Command::Gain(volume)));
        self.info(format!("volume {volume:+.0} dB"));
        self.remember_soon();
    }

    pub(super) fn toggle_skip_silence(&mut self) {
        let on = !self.state.sound.skip_silence;
        self.state.sound.skip_silence = on;
        self.effect(Effect::Player(Command::SkipSilence(on)));
        self.switched("skip silence", on);
    }

    pub(super) fn toggle_stop_while_typing(&mut self) {
        let on = !self.state.sound.stop_while_typing;
        self.state.sound.stop_while_typing = on;
        self.switched("stop while typing", on);
    }

    pub(super) fn toggle_autoplay(&mut self) {
        let on = !self.state.sound.autoplay;
        self.state.sound.autoplay = on;
        self.switched("play the next file by itself", on);
    }

    fn switched(&mut self, what: &str, on: bool) {
        self.info(format!("{what}: {}", if on { "on" } else { "off" }));
        self.remember_soon();
    }

    /// Repeats the whole file, or ends whatever repeats.
    pub(super) fn loop_toggle(&mut self) {
        let pane = &mut self.state.sound;
        pane.mark = None;
        pane.looped = match pane.looped {
            Some(_) => None,
            None => Some(Span { start: 0.0, end: pane.seconds.unwrap_or(86_400.0) }),
        };
        let looped = pane.looped;
        self.command(Command::Loop(looped));
        self.info(if looped.is_some() { "loop: the whole file" } else { "loop: off" });
    }

    /// First press: the start; second: the end, and the stretch repeats; third: off.
    pub(super) fn loop_mark(&mut self) {
        let pane = &mut self.state.sound;
        let at = pane.at;
        if pane.looped.is_some() && pane.mark.is_none() {
            self.loop_toggle();
            return;
        }
        match pane.mark.take() {
            None => {
                pane.mark = Some(at);
                self.info(format!("loop from {}; press again at its end", clock_tenths(at)));
            }
            Some(mark) if (mark - at).abs() < 0.05 => self.info("loop: too short, marked nothing"),
            Some(mark) => {
                let span = Span { start: mark.min(at), end: mark.max(at) };
                pane.looped = Some(span);
                self.command(Command::Loop(Some(span)));
                let (start, end) = (clock_tenths(span.start), clock_tenths(span.end));
                self.info(format!("loop {start} – {end}; press again to end it"));
            }
        }
    }

    pub(super) fn zoom(&mut self, factor: f64) {
        let Some(seconds) = self.state.audio_seconds() else { return };
        let pane = &mut self.state.sound;
        let span = pane.shown_span(seconds);
        let wanted = ((span.end - span.start) * factor).max(0.5);
        pane.zoom = Some(wanted.min(seconds));
    }

    /// A key was typed: the sound waits, where that is wanted.
    pub(super) fn typing_stops_sound(&mut self) {
        if !self.state.sound.stop_while_typing {
            return;
        }
        if self.state.sound.transport == Transport::Playing {
            self.state.sound.held_by_typing = true;
            self.effect(Effect::Player(Command::Pause));
        }
        if self.state.sound.held_by_typing {
            self.state.editor.resume_due = Some(self.context.now + TYPING_PAUSE);
        }
    }

    pub(super) fn typing_is_over(&mut self) {
        self.state.editor.resume_due = None;
        if std::mem::take(&mut self.state.sound.held_by_typing) {
            self.effect(Effect::Player(Command::Play));
        }
    }

    pub(super) fn player(&mut self, event: Event) {
        let current = self.state.sound.load;
        let pane = &mut self.state.sound;
        match event {
            Event::Output(output) => self.output(output),
            Event::Ready { load, seconds } if load == current => {
                pane.seconds = seconds.or(pane.seconds);
                if pane.transport == Transport::Loading {
                    pane.transport = Transport::Paused;
                }
            }
            Event::Started { load, at } if load == current => {
                pane.transport = Transport::Playing;
                pane.at = at;
            }
            Event::Position { load, at } if load == current => pane.at = at,
            Event::Paused { load, at } if load == current => {
                pane.transport = Transport::Paused;
                pane.at = at;
                self.remember_soon();
            }
            Event::Ended { load, at } if load == current => {
                pane.transport = Transport::Ended;
                pane.at = at;
            }
            Event::Failed { load, why } if load == current => {
                pane.transport = Transport::Failed;
                let sample = pane.sample;
                self.cannot_play(sample, why);
            }
            _ => {}
        }
    }

    fn cannot_play(&mut self, sample: Option<SampleId>, why: String) {
        if let Some(id) = sample {
            self.audio_failed(id, why);
        }
        if self.state.editor.open.as_ref().is_some_and(|open| open.audio_changed) {
            return;
        }
        self.warn("this file cannot be played; labeling goes on without sound");
    }

    fn output(&mut self, output: Output) {
        let before = self.state.sound.output.replace(output.clone());
        if before.as_ref() == Some(&output) {
            return;
        }
        match output {
            Output::Silent { why, hint } if before.is_some() => {
                self.warn(format!("sound: {}; {}", safe_line(&why), safe_line(&hint)));
            }
            Output::Device(name) if before.is_some() => {
                self.info(format!("sound: {}", safe_line(&name)));
            }
            _ => {}
        }
    }
}
