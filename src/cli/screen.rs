//! `earmark [SOURCE]`: the screen.

use super::args::ScreenArgs;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use crate::domain::{Scope, UserError};
use crate::listener::wire::Token;
use crate::ops::Locate;
use crate::runtime::{self, Hearing, Start};
use std::env;
use std::io::{IsTerminal, stdin, stdout};

/// Opens the screen as the command line asks for it.
pub(super) fn run(args: ScreenArgs, context: &mut Context) -> Outcome {
    let ScreenArgs { source, output, part, listener, player_page } = args;
    if context.global.json {
        let hint = "name a command, as in `earmark status SOURCE --json`";
        return Err(Failure::usage("the screen prints no JSON", hint));
    }
    let workspace = context.global.workspace.clone();
    let connection = context.global.connection();
    let dataset =
        source.map(|source| Locate { source, output, workspace, connection, ..Locate::default() });
    let token = env::var("EARMARK_LISTENER_TOKEN").ok().map(Token::from_text);
    open(dataset, part, Hearing { listener, token, player_page }, context)
}

/// Opens a dataset on the screen, or without one the list to choose from. Returns when the user quits.
pub(super) fn open(
    dataset: Option<Locate>,
    part: Option<Scope>,
    hearing: Hearing,
    context: &mut Context,
) -> Outcome {
    if !is_possible() {
        let hint = "run it in a terminal; `earmark help` lists what works without one";
        return Err(Failure::one(UserError::new("the screen needs a terminal").hint(hint)));
    }
    context.out.finish()?;
    let settings = context.global.settings.clone();
    runtime::run(Start { dataset, part, settings, hearing })
        .map(|()| Exit::Done)
        .map_err(Failure::Failed)
}

/// Whether somebody sits at a terminal.
pub(super) fn is_possible() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}
