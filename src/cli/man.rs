//! `earmark man`: the manual page, on stdout, made from the same tables as `--help`.

use super::args::Cli;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;

/// Flags of `man`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// Of this subcommand
    command: Option<String>,
}

impl Man {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let mut cli = Cli::command();
        cli.build();
        let page = match self.command {
            None => Page::new(cli),
            Some(name) => {
                let Some(found) = cli.find_subcommand(&name).cloned() else {
                    let what = format!("there is no command {name}");
                    return Err(Failure::usage(what, "`earmark help` lists them"));
                };
                Page::new(found.display_name(format!("earmark {name}")))
            }
        };
        let mut text = Vec::new();
        page.render(&mut text).map_err(Failure::Output)?;
        context.out.raw(&text)?;
        Ok(Exit::Done)
    }
}
