//! `earmark completions`: for a shell, on stdout.

use super::args::Cli;
use super::context::Context;
use super::exit::{Exit, Outcome};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Flags of `completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "earmark", &mut script);
        context.out.raw(&script)?;
        Ok(Exit::Done)
    }
}
