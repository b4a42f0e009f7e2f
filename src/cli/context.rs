//! What every command has at hand: flags, folders, who works here, the clock, and where to print.

use super::args::{Global, SourceArg};
use super::exit::Failure;
use super::out::Out;
use super::progress::Progress;
use crate::config::{Config, ConfigError, Layers, Paths, read_layers};
use crate::domain::UserError;
use crate::ops::{Locate, Make, Opened, author, locate, network_warning};
use crate::workspace::Identity;
use jiff::Timestamp;
use std::env;

/// One run of one command.
pub(super) struct Context {
    pub(super) global: Global,
    pub(super) out: Out,
    pub(super) identity: Identity,
}

impl Context {
    /// Of this process.
    pub(super) fn new(global: Global) -> Self {
        let out = Out::new(&global);
        Self { global, out, identity: Identity::new(author()) }
    }

    /// The time now, UTC. Commands read the clock here and nowhere else.
    #[expect(clippy::unused_self, reason = "the clock belongs to the context")]
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// The folders of this account.
    #[expect(clippy::unused_self, reason = "the folders belong to the context")]
    pub(super) fn paths(&self) -> Result<Paths, Failure> {
        Ok(Paths::of_this_account()?)
    }

    /// The dataset that was named.
    pub(super) fn open(&self, source: &SourceArg, make: Make) -> Result<Opened, Failure> {
        self.locate(&source.locate(&self.global), make)
    }

    /// The dataset that was typed.
    pub(super) fn locate(&self, typed: &Locate, make: Make) -> Result<Opened, Failure> {
        let typed = Locate { storage: self.config(None)?.storage, ..typed.clone() };
        let opened = locate(&typed, make, &self.identity, &self.paths()?, self.now())?;
        if let Some(warning) = network_warning(&opened.workspace) {
            self.out.warning(&warning);
        }
        let storage = self.config(Some(&opened))?.storage;
        Ok(opened.tuned(&storage))
    }

    /// Where settings come from, those of one dataset over the user's.
    pub(super) fn layers(&self, opened: Option<&Opened>) -> Result<Layers, Failure> {
        let dataset = opened.map(Opened::config_file);
        let read = read_layers(&self.paths()?, dataset.as_deref(), env::vars_os());
        let mut layers = read.map_err(|error| Failure::one(UserError::of(&error, error.hint())))?;
        layers.flags.clone_from(&self.global.settings);
        Ok(layers)
    }

    /// The settings in force.
    pub(super) fn config(&self, opened: Option<&Opened>) -> Result<Config, Failure> {
        Config::load(&self.layers(opened)?).map_err(|errors| wrong_settings(&errors))
    }

    /// A progress line, if somebody looks at it.
    pub(super) fn progress(&self, what: &str) -> Progress {
        Progress::start(what, self.global.quiet)
    }
}

/// Every wrong setting, each with its place.
pub(super) fn wrong_settings(errors: &[ConfigError]) -> Failure {
    let explained = errors.iter().map(|error| UserError::of(error, error.hint()));
    Failure::Failed(explained.collect())
}
