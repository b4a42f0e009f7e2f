//! What is to be heard, as commands and events told it: so that another player can take over in the middle.

use crate::domain::{Command, Event, Seconds, SoundId, Span};

/// A loaded sound.
#[derive(Debug, Clone, PartialEq)]
struct Loaded {
    load: u64,
    sound: SoundId,
    at: Seconds,
    /// Whether it is to play.
    playing: bool,
    looped: Option<Span>,
}

/// The state of a player, seen from outside.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Mirror {
    loaded: Option<Loaded>,
    ahead: Vec<SoundId>,
    rate: Option<f32>,
    gain: Option<f32>,
    skip_silence: Option<bool>,
    backstep: Option<Seconds>,
    /// It played when its player was lost, and nobody has touched it since.
    cut_off: bool,
}

impl Mirror {
    /// A command was given.
    pub(super) fn commanded(&mut self, command: &Command) {
        match command {
            Command::Load { load, sound, from, play } => {
                let (load, sound, at) = (*load, sound.clone(), *from);
                self.loaded = Some(Loaded { load, sound, at, playing: *play, looped: None });
                self.cut_off = false;
            }
            Command::Stop => (self.loaded, self.cut_off) = (None, false),
            Command::Prefetch(sounds) => self.ahead.clone_from(sounds),
            Command::Rate(rate) => self.rate = Some(*rate),
            Command::Gain(gain) => self.gain = Some(*gain),
            Command::SkipSilence(skip) => self.skip_silence = Some(*skip),
            Command::Backstep(seconds) => self.backstep = Some(*seconds),
            Command::Play | Command::Replay | Command::PlaySpan(_) | Command::Again { .. } => {
                self.play(|_| true);
            }
            Command::Pause => self.play(|_| false),
            Command::Toggle => self.play(|playing| !playing),
            Command::Seek(at) => self.change(|loaded| loaded.at = at.max(0.0)),
            Command::SeekBy(by) => self.change(|loaded| loaded.at = (loaded.at + by).max(0.0)),
            Command::Loop(span) => self.change(|loaded| loaded.looped = *span),
        }
    }

    /// The player told something.
    pub(super) fn told(&mut self, event: &Event) {
        let (load, place, playing) = match event {
            Event::Started { load, at } => (load, Some(*at), Some(true)),
            Event::Position { load, at } => (load, Some(*at), None),
            Event::Paused { load, at } | Event::Ended { load, at } => {
                (load, Some(*at), Some(false))
            }
            Event::Failed { load, .. } => (load, None, Some(false)),
            Event::Ready { .. } | Event::Underrun { .. } | Event::Output(_) => return,
        };
        if let Some(loaded) = self.loaded.as_mut().filter(|loaded| loaded.load == *load) {
            loaded.at = place.unwrap_or(loaded.at);
            loaded.playing = playing.unwrap_or(loaded.playing);
        }
    }

    /// The player is lost: it stands still until another takes over. Gives what to tell of that.
    pub(super) fn lost(&mut self) -> Option<Event> {
        let loaded = self.loaded.as_mut()?;
        let was_playing = std::mem::take(&mut loaded.playing);
        self.cut_off |= was_playing;
        was_playing.then_some(Event::Paused { load: loaded.load, at: loaded.at })
    }

    /// What brings another player to where this one is; whether it plays if this one was cut off is `resume`.
    pub(super) fn handed_over(&mut self, resume: bool) -> Vec<Command> {
        let mut commands = Vec::new();
        commands.extend(self.rate.map(Command::Rate));
        commands.extend(self.gain.map(Command::Gain));
        commands.extend(self.skip_silence.map(Command::SkipSilence));
        commands.extend(self.backstep.map(Command::Backstep));
        if let Some(loaded) = &mut self.loaded {
            if resume && std::mem::take(&mut self.cut_off) {
                loaded.playing = true;
            }
            let Loaded { load, sound, at, playing, looped } = loaded.clone();
            commands.push(Command::Load { load, sound, from: at, play: playing });
            commands.extend(looped.map(|span| Command::Loop(Some(span))));
        }
        if !self.ahead.is_empty() {
            commands.push(Command::Prefetch(self.ahead.clone()));
        }
        commands
    }

    /// The speed.
    pub(super) fn rate(&self) -> f64 {
        f64::from(self.rate.unwrap_or(1.0))
    }

    fn play(&mut self, playing: impl FnOnce(bool) -> bool) {
        self.cut_off = false;
        self.change(|loaded| loaded.playing = playing(loaded.playing));
    }

    fn change(&mut self, change: impl FnOnce(&mut Loaded)) {
        if let Some(loaded) = &mut self.loaded {
            change(loaded);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(load: u64, play: bool) -> Command {
        Command::Load { load, sound: SoundId("a".into()), from: 1.0, play }
    }

    fn playing_at_three() -> Mirror {
        let mut mirror = Mirror::default();
        mirror.commanded(&Command::Rate(1.5));
        mirror.commanded(&load(7, true));
        mirror.told(&Event::Started { load: 7, at: 1.0 });
        mirror.told(&Event::Position { load: 7, at: 3.0 });
        mirror
    }

    fn loads(commands: &[Command]) -> (Seconds, bool) {
        let found = commands.iter().find_map(|command| match command {
            Command::Load { from, play, .. } => Some((*from, *play)),
            _ => None,
        });
        found.expect("something is loaded")
    }

    #[test]
    fn another_player_goes_on_where_this_one_was() {
        let mut mirror = playing_at_three();
        let commands = mirror.handed_over(true);
        assert_eq!(commands[0], Command::Rate(1.5));
        assert_eq!(loads(&commands), (3.0, true));
    }

    #[test]
    fn a_lost_player_pauses_and_the_next_one_resumes() {
        let mut mirror = playing_at_three();
        assert_eq!(mirror.lost(), Some(Event::Paused { load: 7, at: 3.0 }));
        assert_eq!(loads(&mirror.handed_over(false)), (3.0, false), "the silent one waits");
        assert_eq!(loads(&mirror.handed_over(true)), (3.0, true), "the next one sounds");
        assert_eq!(mirror.lost(), Some(Event::Paused { load: 7, at: 3.0 }), "and is lost again");
    }

    #[test]
    fn what_a_person_did_meanwhile_stands() {
        let mut mirror = playing_at_three();
        mirror.lost();
        mirror.commanded(&Command::Toggle);
        mirror.commanded(&Command::Pause);
        assert_eq!(loads(&mirror.handed_over(true)), (3.0, false));

        let mut mirror = playing_at_three();
        mirror.lost();
        mirror.commanded(&Command::Seek(0.5));
        assert_eq!(loads(&mirror.handed_over(true)), (0.5, true), "a seek is no pause");
    }

    #[test]
    fn a_paused_one_stays_paused_and_events_of_another_load_are_not_its() {
        let mut mirror = playing_at_three();
        mirror.told(&Event::Paused { load: 7, at: 4.0 });
        mirror.told(&Event::Position { load: 6, at: 9.0 });
        assert_eq!(mirror.lost(), None);
        assert_eq!(loads(&mirror.handed_over(true)), (4.0, false));
        mirror.commanded(&Command::Stop);
        assert_eq!(mirror.handed_over(true), [Command::Rate(1.5)]);
    }
}
