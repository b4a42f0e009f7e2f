//! Does what `update` wants done: hands each effect to the thread that may wait for it.

use super::Account;
use super::datasets;
use super::outlet::Outlet;
use super::player::Player;
use super::session::Session;
use crate::app::{Effect, Message};
use crate::config::Config;
use crate::domain::UserError;
use crate::ops::{Locate, whereabouts};
use crate::workspace::is_outdated;
use crossterm::clipboard::CopyToClipboard;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

/// What comes in beside terminal events.
pub(super) enum Incoming {
    /// For `update`.
    Message(Message),
    /// A dataset was opened: its threads, and the message that shows it.
    Session(Box<Session>, Message),
}

/// Where every thread sends its answers.
#[derive(Clone)]
pub(super) struct Answers(pub(super) UnboundedSender<Incoming>);

impl Answers {
    /// Sends; when the loop has ended nobody wants answers any more.
    pub(super) fn send(&self, message: Message) {
        let _ = self.0.send(Incoming::Message(message));
    }

    fn session(&self, session: Session, message: Message) {
        let _ = self.0.send(Incoming::Session(Box::new(session), message));
    }
}

/// The dataset of the command line, on its way.
pub(super) struct Opening {
    opened: oneshot::Receiver<Result<Box<(Session, Message)>, UserError>>,
    /// Its workspace is brought up to date first.
    pub(super) outdated: bool,
}

impl Opening {
    /// Waits for it. Waiting can be given up and begun again.
    pub(super) async fn wait(&mut self) -> Result<Box<(Session, Message)>, UserError> {
        // The thread ends without an answer only if it panicked, which is told elsewhere.
        let ended = |_| Err(UserError::new("the dataset could not be opened"));
        (&mut self.opened).await.unwrap_or_else(ended)
    }
}

/// The effect runner.
pub(super) struct Runner {
    account: Account,
    answers: Answers,
    outlet: Outlet,
    session: Option<Session>,
    /// `None` until the screen is up.
    player: Option<Player>,
    /// Everything before it is done: the loop ends.
    pub(super) quit: bool,
    /// The terminal is to be given to the shell.
    pub(super) suspend: bool,
    /// The screen is to be drawn anew.
    pub(super) redraw: bool,
}

impl Runner {
    pub(super) fn new(account: Account, sender: UnboundedSender<Incoming>, outlet: Outlet) -> Self {
        let answers = Answers(sender);
        Self {
            account,
            answers,
            outlet,
            session: None,
            player: None,
            quit: false,
            suspend: false,
            redraw: false,
        }
    }

    /// Opens the dataset that was asked for on the command line, beside whoever waits for it.
    pub(super) fn open_first(&self, dataset: Locate) -> Opening {
        let (account, answers) = (self.account.clone(), self.answers.clone());
        let (told, opened) = oneshot::channel();
        let place = whereabouts(&dataset, &account.paths).ok();
        let outdated = place.is_some_and(|place| is_outdated(&place.workspace));
        std::thread::spawn(move || {
            // Nobody waits any more if the program ended meanwhile.
            let _ = told.send(Session::open(&dataset, &account, &answers).map(Box::new));
        });
        Opening { opened, outdated }
    }

    /// Works on the first dataset; the message that shows it comes with the others.
    pub(super) fn install_first(&mut self, session: Session, message: Message) {
        self.answers.send(message);
        self.install(session);
    }

    /// Works on this dataset from now on.
    pub(super) fn install(&mut self, session: Session) {
        if let Some(player) = &self.player {
            player.plays_from(session.sounds.clone(), session.originals);
        }
        session.warn();
        if let Some(old) = self.session.replace(session) {
            old.finish();
        }
    }

    /// Sound from now on, or the reason why not.
    pub(super) fn start_player(&mut self, config: &Config) {
        let player = Player::start(config, &self.account, &self.answers);
        if let Some(session) = &self.session {
            player.plays_from(session.sounds.clone(), session.originals);
        }
        if self.account.hearing.player_page {
            player.open_page();
        }
        self.player = Some(player);
    }

    fn play(&self, how: impl FnOnce(&Player)) {
        if let Some(player) = &self.player {
            how(player);
        }
    }

    pub(super) fn list_datasets(&self) {
        datasets::list(&self.account, &self.answers);
    }

    /// Ends all threads, after what they were given is done.
    pub(super) fn finish(&mut self) {
        if let Some(session) = self.session.take() {
            session.finish();
        }
    }

    pub(super) fn start(&mut self, effect: Effect) {
        match effect {
            Effect::Quit => {
                self.finish();
                self.quit = true;
            }
            Effect::Suspend => self.suspend = true,
            Effect::Redraw => self.redraw = true,
            Effect::Clipboard(text) => self.copy(&text),
            Effect::Player(command) => self.play(|player| player.send(command)),
            Effect::Load { load, sound, from, play } => {
                self.play(|player| player.load(load, &sound, from, play));
            }
            Effect::PickListener(name) => self.play(|player| player.pick(name)),
            Effect::OpenPlayerPage => self.play(Player::open_page),
            Effect::Prefetch(sounds) => {
                self.play(|player| player.prefetch(&sounds));
                if let Some(session) = &self.session {
                    session.sounds.fetch_ahead(&sounds);
                    session.media.ahead(sounds.iter().map(|sound| sound.sample).collect());
                }
            }
            Effect::Datasets => self.list_datasets(),
            Effect::OpenDataset(which) => self.open(which),
            Effect::RenameDataset(workspace, name) => {
                datasets::rename(&self.account, &workspace, &name, &self.answers);
            }
            Effect::ForgetDataset(workspace) => {
                datasets::forget(&self.account, &workspace, &self.answers);
            }
            effect => {
                if let Some(session) = &self.session {
                    session.start(effect);
                }
            }
        }
    }

    /// By OSC 52, which reaches the clipboard of the laptop through SSH too.
    fn copy(&self, text: &str) {
        let mut bytes = Vec::new();
        match crossterm::queue!(bytes, CopyToClipboard::to_clipboard_from(text)) {
            Ok(()) => self.outlet.send(bytes),
            Err(error) => tracing::warn!(%error, "the clipboard could not be set"),
        }
    }

    fn open(&self, which: String) {
        let (account, answers) = (self.account.clone(), self.answers.clone());
        std::thread::spawn(move || {
            let typed = datasets::locate(&account.paths, &which);
            match Session::open(&typed, &account, &answers) {
                Ok((session, message)) => answers.session(session, message),
                Err(error) => answers.send(Message::OpenFailed(error)),
            }
        });
    }
}
