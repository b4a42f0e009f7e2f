//! The running program: terminal, input, event loop, and the threads that do what the screen asks for.
//!
//! [`run`] is the only door. Everything that `app::update` wants done goes through the effect runner; answers come
//! back as `app::Message`s in one channel.

mod able;
mod copies;
mod counter;
mod datasets;
mod drafts;
mod draw;
mod event_loop;
pub mod exchange;
mod input;
mod lists;
mod logging;
mod media;
mod outlet;
mod paint;
mod player;
mod probe;
mod reader;
mod runner;
mod session;
mod sharing;
mod sounds;
mod terminal;
mod writer;

use crate::config::{Config, Paths, read_layers, read_user_file};
use crate::domain::{Scope, UserError};
use crate::keymap::Keymap;
use crate::listener::wire::Token;
use crate::ops::{Locate, Opened, OpsError, author};
use crate::workspace::Identity;

/// What the screen starts with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Start {
    /// The dataset to open; `None` shows those opened before.
    pub dataset: Option<Locate>,
    /// The share to work on.
    pub part: Option<Scope>,
    /// Settings given as flags: dotted names and values.
    pub settings: Vec<(String, String)>,
    /// What was asked for of where sound goes.
    pub hearing: Hearing,
}

/// What was asked for of where sound goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hearing {
    /// The listener's name, its socket's path, or its port on the loopback interface.
    pub listener: Option<String>,
    /// The secret of a listener that is named by path or port.
    pub token: Option<Token>,
    /// Open a player page at once.
    pub player_page: bool,
}

/// What holds for the whole run.
#[derive(Debug, Clone)]
struct Account {
    paths: Paths,
    /// Who labels, in which running earmark.
    identity: Identity,
    /// The share asked for on the command line.
    part: Option<Scope>,
    /// Settings given as flags.
    settings: Vec<(String, String)>,
    hearing: Hearing,
}

/// Runs the screen until the user quits.
///
/// # Errors
/// Everything that is wrong in settings and keymap; the terminal cannot be used; the dataset cannot be opened.
pub fn run(start: Start) -> Result<(), Vec<UserError>> {
    let paths =
        Paths::of_this_account().map_err(|error| vec![UserError::of(&error, error.hint())])?;
    let Start { dataset, part, settings, hearing } = start;
    let identity = Identity::new(author());
    let account = Account { paths, identity, part, settings, hearing };
    let (config, keymap) = both(account.config(None), account.keymap())?;
    let failed =
        |error: &anyhow::Error| vec![UserError::caused("the screen could not run", error.as_ref())];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(&error.into()))?;
    runtime.block_on(event_loop::run(account, dataset, config, keymap)).map_err(|error| {
        match error.downcast::<UserError>() {
            Ok(error) => vec![error],
            Err(error) => failed(&error),
        }
    })
}

impl Account {
    /// The settings in force, those of a dataset over the user's.
    fn config(&self, opened: Option<&Opened>) -> Result<Config, Vec<UserError>> {
        let dataset = opened.map(Opened::config_file);
        let mut layers = read_layers(&self.paths, dataset.as_deref(), std::env::vars_os())
            .map_err(|error| vec![UserError::of(&error, error.hint())])?;
        layers.flags.clone_from(&self.settings);
        Config::load(&layers).map_err(|errors| {
            errors.iter().map(|error| UserError::of(error, error.hint())).collect()
        })
    }

    /// Whether files may leave this machine as they are: what the user's or the dataset's file forbids, neither the
    /// environment nor a flag allows.
    fn lets_originals_leave(&self, opened: &Opened) -> Result<bool, Vec<UserError>> {
        let named = std::env::vars_os().filter(|(name, _)| name == "EARMARK_CONFIG");
        let written = read_layers(&self.paths, Some(&opened.config_file()), named)
            .map_err(|error| vec![UserError::of(&error, error.hint())])?;
        let config = Config::load(&written).map_err(|errors| {
            errors.iter().map(|error| UserError::of(error, error.hint())).collect::<Vec<_>>()
        })?;
        Ok(config.playback.originals && self.config(Some(opened))?.playback.originals)
    }

    /// The shipped keymap with the user's file over it.
    fn keymap(&self) -> Result<Keymap, Vec<UserError>> {
        let file = read_user_file(&self.paths.keymap_file())
            .map_err(|error| vec![UserError::of(&error, error.hint())])?;
        let user = file.as_ref().map(|file| (file.path.as_path(), file.text.as_str()));
        Keymap::load(user).map_err(|errors| {
            errors.iter().map(|error| UserError::of(error, error.hint())).collect()
        })
    }
}

/// Both, or all that is wrong with either.
fn both<A, B>(
    first: Result<A, Vec<UserError>>,
    second: Result<B, Vec<UserError>>,
) -> Result<(A, B), Vec<UserError>> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (first, second) => Err(first.err().into_iter().chain(second.err()).flatten().collect()),
    }
}

/// An error of any room below in the user's words.
fn told(error: impl Into<OpsError>) -> UserError {
    error.into().into()
}
