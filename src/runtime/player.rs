//! The local player: the engine, and the dataset whose sounds it plays.

use super::runner::Answers;
use super::sounds::SoundTable;
use crate::app::{Message, Sound};
use crate::audio::{Engine, EngineConfig, Sounds, choose};
use crate::config::{Config, OutputMode};
use crate::domain::{ByteSource, Command, Event, Output, Seconds, SoundId};
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

/// The sounds of whichever dataset is open.
#[derive(Default)]
struct Current(RwLock<Option<Arc<SoundTable>>>);

impl Sounds for Current {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        table.ok_or_else(|| io::Error::other("no dataset is open"))?.open(sound)
    }
}

/// Plays, or says why it cannot.
pub(super) struct Player {
    engine: Option<Engine>,
    current: Arc<Current>,
}

impl Player {
    pub(super) fn start(config: &Config, answers: &Answers) -> Self {
        let wanted = match config.playback.output {
            OutputMode::Auto => "auto",
            OutputMode::Device => "device",
            OutputMode::Silent => "silent",
        };
        let env = |name: &str| std::env::var(name).ok();
        let output = choose(&env, wanted, &config.playback.device);
        let current = Arc::new(Current::default());
        let events = answers.clone();
        let engine = Engine::spawn(
            EngineConfig { output, ..EngineConfig::default() },
            current.clone(),
            Box::new(move |event| events.send(Message::Player(event))),
        );
        if let Err(error) = &engine {
            answers.send(Message::Player(Event::Output(Output::Silent {
                why: format!("the player could not start: {error}"),
                hint: "run `earmark doctor`".to_owned(),
            })));
        }
        Self { engine: engine.ok(), current }
    }

    /// Plays the sounds of this dataset from now on.
    pub(super) fn plays_from(&self, sounds: Arc<SoundTable>) {
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Some(sounds);
    }

    pub(super) fn send(&self, command: Command) {
        if let Some(engine) = &self.engine {
            engine.send(command);
        }
    }

    pub(super) fn load(&self, load: u64, sound: &Sound, from: Seconds, play: bool) {
        if let Some(id) = self.id(sound) {
            self.send(Command::Load { load, sound: id, from, play });
        }
    }

    pub(super) fn prefetch(&self, sounds: &[Sound]) {
        let ids = sounds.iter().filter_map(|sound| self.id(sound)).collect();
        self.send(Command::Prefetch(ids));
    }

    fn id(&self, sound: &Sound) -> Option<SoundId> {
        let table = self.current.0.read().unwrap_or_else(PoisonError::into_inner);
        table.as_ref().map(|table| table.id(sound))
    }
}
