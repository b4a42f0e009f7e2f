//! The player: this machine's sound, a listener's, or a player page's; and the dataset whose sounds it plays.

use super::Account;
use super::runner::Answers;
use super::sounds::SoundTable;
use crate::app::{Message, PlayerPage, Sound};
use crate::audio::{EngineConfig, OutputChoice, Sounds, choose};
use crate::config::{Choice as _, Config, OutputMode};
use crate::domain::{ByteSource, Command, Event, Output, Seconds, SoundId, UserError};
use crate::listener::meet::{Asked, Notes, Seeker};
use crate::listener::page::{Page, PageError, Settings, Visitor};
use crate::listener::remote::{self, PlayerConfig, PlayerNews, Seeking};
use crate::listener::wire::Hello;
use crate::ops::{host_name, is_named, login};
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

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
    going: Option<Arc<remote::Player>>,
    current: Arc<Current>,
    page: Mutex<Option<Page>>,
    answers: Answers,
}

impl Player {
    pub(super) fn start(config: &Config, account: &Account, answers: &Answers) -> Self {
        let current = Arc::new(Current::default());
        let events = answers.clone();
        let on_event = Box::new(move |news| {
            events.send(match news {
                PlayerNews::Event(event) => Message::Player(event),
                PlayerNews::Choose(places) => Message::Listeners(places),
            });
        });
        let started = configured(config, account)
            .and_then(|config| {
                remote::Player::start(config, current.clone(), on_event)
                    .map_err(|error| UserError::caused("the player could not start", &error))
            })
            .inspect_err(|error| {
                answers.send(Message::Player(Event::Output(Output::Silent {
                    why: error.to_string(),
                    hint: "run `earmark doctor`".to_owned(),
                })));
            });
        let (going, page) = (started.ok().map(Arc::new), Mutex::default());
        Self { going, current, page, answers: answers.clone() }
    }

    /// Plays the sounds of this dataset from now on, whose files may leave this machine as they are, or not.
    pub(super) fn plays_from(&self, sounds: Arc<SoundTable>, originals: bool) {
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Some(sounds);
        self.play(|player| player.let_originals_leave(originals));
    }

    pub(super) fn send(&self, command: Command) {
        self.play(|player| player.send(command));
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

    /// Lets sound go to this listener.
    pub(super) fn pick(&self, name: String) {
        self.play(|player| player.pick(name));
    }

    /// Opens the player page, or makes a new link to it, and says how it is reached.
    pub(super) fn open_page(&self) {
        let message = self.page_link().map_err(|error| UserError::of(&error, error.hint()));
        self.answers.send(Message::PlayerPage(message));
    }

    fn page_link(&self) -> Result<PlayerPage, PageError> {
        let mut slot = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        let host = host_name();
        let page = if let Some(page) = &mut *slot {
            page.renew();
            page
        } else {
            let player = self.going.clone();
            let on_visitor = Box::new(move |visitor: Visitor| {
                if let Some(player) = &player {
                    player.attach(visitor.wire, visitor.welcome, visitor.browser);
                }
            });
            let settings = Settings { port: None, host: host.clone() };
            slot.insert(Page::serve(settings, on_visitor)?)
        };
        let over_ssh = std::env::var_os("SSH_CONNECTION").is_some_and(|value| !value.is_empty());
        let tunnel = over_ssh.then(|| page.tunnel(&login(), &host));
        Ok(PlayerPage { link: page.link(), tunnel })
    }

    fn play(&self, how: impl FnOnce(&remote::Player)) {
        if let Some(player) = &self.going {
            how(player);
        }
    }

    fn id(&self, sound: &Sound) -> Option<SoundId> {
        let table = self.current.0.read().unwrap_or_else(PoisonError::into_inner);
        table.as_ref().map(|table| table.id(sound))
    }
}

/// What the settings, the command line and the environment say.
fn configured(config: &Config, account: &Account) -> Result<PlayerConfig, UserError> {
    let env = |name: &str| std::env::var(name).ok();
    let output = named(choose(&env, config.playback.output.word(), &config.playback.device));
    let engine = EngineConfig { output, ..EngineConfig::default() };
    let flag = account.hearing.listener.clone();
    let set = flag.or_else(|| Some(config.playback.listener.clone()).filter(|it| !it.is_empty()));
    let asked = set.or_else(|| env("EARMARK_LISTENER")).filter(|it| !it.is_empty());
    // Who asks for a device or for silence means it, unless a listener was named besides.
    let seeking = match (&asked, config.playback.output) {
        (None, OutputMode::Device | OutputMode::Silent) => None,
        _ => Some(seeking(asked, account)?),
    };
    Ok(PlayerConfig { engine, seeking, originals: config.playback.originals })
}

fn seeking(asked: Option<String>, account: &Account) -> Result<Seeking, UserError> {
    let person = account.identity.author.clone();
    let asked = asked
        .map(|words| Asked::read(&words, account.hearing.token.clone()))
        .transpose()
        .map_err(|error| UserError::of(&error, error.hint()))?;
    let (session, only) = match asked {
        None => (None, None),
        Some(Asked::Name(name)) => (Some(name), None),
        Some(Asked::Place(note)) => (None, Some(note)),
    };
    let hello = Hello { host: host_name(), person: person.clone(), ..Hello::default() };
    let seeker = Seeker { person, explicit: is_named(), session, laptop: None };
    Ok(Seeking { notes: Notes::below(&account.paths.runtime), seeker, hello, only })
}

/// With this account and machine in the line to type.
fn named(output: OutputChoice) -> OutputChoice {
    match output {
        OutputChoice::Silent { why, hint } => {
            let here = format!("{}@{}", login(), host_name());
            OutputChoice::Silent { why, hint: hint.replace("USER@HOST", &here) }
        }
        audible => audible,
    }
}
