//! The sounds that are open: the one on the deck, those fetched ahead, and the one that played before.

use super::Sounds;
use super::sound::{Aim, Appetite, Phase, Sound, Wake};
use crate::domain::SoundId;
use std::io;
use std::sync::Arc;

/// Seconds decoded ahead of the place that plays.
const AHEAD_SECONDS: u32 = 10;
/// Seconds decoded of a sound that was fetched ahead.
const FETCH_SECONDS: u32 = 5;

/// Opens sounds and keeps those open that may be wanted soon.
pub(super) struct Shelf {
    sounds: Arc<dyn Sounds>,
    wake: Wake,
    playing: Appetite,
    fetch_bytes: usize,
    /// What to fetch ahead, most wanted first.
    wanted: Vec<SoundId>,
    fetched: Vec<Arc<Sound>>,
    former: Option<Arc<Sound>>,
}

impl Shelf {
    pub(super) fn new(
        sounds: Arc<dyn Sounds>,
        wake: Wake,
        window_bytes: usize,
        fetch_bytes: usize,
    ) -> Self {
        let playing = Appetite { ahead_seconds: AHEAD_SECONDS, bytes: window_bytes, speech: false };
        let (wanted, fetched, former) = (Vec::new(), Vec::new(), None);
        Self { sounds, wake, playing, fetch_bytes, wanted, fetched, former }
    }

    /// A sound to play: open already, or opened now (anew, if it failed before).
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn take(&mut self, id: &SoundId) -> io::Result<Arc<Sound>> {
        let known = self.fetched.iter().chain(&self.former).find(|sound| sound.id() == id).cloned();
        let sound = match known {
            Some(sound) if !matches!(sound.phase(), Phase::Failed(_)) => sound,
            _ => Arc::new(self.open(id, self.playing)?),
        };
        self.fetched.retain(|fetched| fetched.id() != id);
        sound.want(self.playing);
        Ok(sound)
    }

    /// Keeps the beginning of a sound that was played, in case it is asked for again.
    pub(super) fn put_back(&mut self, sound: Arc<Sound>) {
        sound.aim(Aim::default());
        sound.want(self.fetch_appetite());
        self.former = Some(sound);
    }

    /// Says what to fetch ahead; what is not in the list is closed.
    pub(super) fn fetch(&mut self, wanted: Vec<SoundId>) {
        self.fetched.retain(|sound| wanted.contains(sound.id()));
        self.wanted = wanted;
        let appetite = self.fetch_appetite();
        self.fetched.iter().for_each(|sound| sound.want(appetite));
    }

    /// Says whether to listen for speech, in the sound on the deck and in all that are fetched.
    pub(super) fn listen(&mut self, speech: bool, deck: Option<&Arc<Sound>>) {
        self.playing.speech = speech;
        if let Some(sound) = deck {
            sound.want(self.playing);
        }
        let appetite = self.fetch_appetite();
        self.fetched.iter().for_each(|sound| sound.want(appetite));
    }

    /// Opens the next sound to be fetched, once those before it and the one on the deck have what they need.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn tend(&mut self, deck: Option<&Arc<Sound>>) -> io::Result<()> {
        if self.wanted.is_empty()
            || !self.fetched.iter().chain(deck).all(|sound| sound.is_settled())
        {
            return Ok(());
        }
        let known = |id: &SoundId| {
            self.fetched.iter().chain(deck).chain(&self.former).any(|sound| sound.id() == id)
        };
        if let Some(next) = self.wanted.iter().find(|id| !known(id)).cloned() {
            let sound = self.open(&next, self.fetch_appetite())?;
            self.fetched.push(Arc::new(sound));
        }
        Ok(())
    }

    fn open(&self, id: &SoundId, appetite: Appetite) -> io::Result<Sound> {
        Sound::open(id.clone(), self.sounds.clone(), appetite, self.wake.clone())
    }

    fn fetch_appetite(&self) -> Appetite {
        let share = self.fetch_bytes / (self.wanted.len() + 1);
        Appetite { ahead_seconds: FETCH_SECONDS, bytes: share, speech: self.playing.speech }
    }
}

#[cfg(test)]
impl Shelf {
    pub(super) fn has_fetched(&self, id: &SoundId) -> bool {
        self.fetched.iter().any(|sound| sound.id() == id && sound.is_settled())
    }
}
