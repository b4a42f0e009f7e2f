//! `earmark listener-note`: what `earmark connect` runs on the other machine, and nobody by hand.

use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use crate::listener::connect::{Account, serve};
use crate::listener::meet::Notes;
use crate::ops::is_named;
use clap::Args;
use std::io::{stdin, stdout};

/// Flags of `listener-note`: none, so that every version understands every other.
#[derive(Debug, Args)]
pub(super) struct ListenerNote {}

impl ListenerNote {
    #[expect(clippy::unused_self, reason = "every command runs like this")]
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let notes = Notes::below(&context.paths()?.runtime);
        let person = context.identity.author.clone();
        let account = Account { person, explicit: is_named() };
        serve(&notes, &account, stdin().lock(), stdout().lock()).map_err(Failure::Output)?;
        Ok(Exit::Done)
    }
}
