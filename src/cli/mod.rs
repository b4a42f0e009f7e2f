//! The command line: everything that the screen does to data, for scripts and for people.
//!
//! One file a subcommand; each parses its flags, calls the use case, prints, and says how it ended.

mod add;
mod args;
mod backup;
mod completions;
mod config;
mod connect;
mod context;
mod delete;
mod demo;
mod doctor;
mod exit;
mod export;
mod history;
mod hush;
mod import;
mod inert;
mod init;
mod interrupt;
mod keys;
mod label;
mod list;
mod listen;
mod listener_note;
mod man;
mod out;
mod panics;
mod play;
mod progress;
mod publish;
mod put_back;
mod report;
mod restore;
mod salvage;
mod screen;
mod status;
mod sync;
mod undo;
mod unlabel;
mod versions;

pub use args::Cli;
pub use exit::{Exit, Failure, Outcome};

use crate::domain::UserError;
use crate::text::{safe_bytes, safe_line, safe_multiline};
use args::Command;
use clap::Parser;
use context::Context;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Reads the command line, does what it says, and gives the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    panics::print_safely();
    crate::audio::hush_decoders();
    leave_no_core();
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too, and end well. A closed pipe is no failure.
            if !error.use_stderr() {
                let _ = error.print();
                return Exit::Done.into();
            }
            let _ = write!(io::stderr(), "{}", refusal(&args, &error));
            return Exit::Usage.into();
        }
    };
    let mut context = Context::new(cli.global);
    let outcome = match cli.command {
        Some(_) if cli.screen.is_given() => Err(Failure::usage(
            "a dataset, --output and --part before a command belong to the screen",
            "name the command first, as in `earmark sync SOURCE`",
        )),
        Some(command) => dispatch(command, &mut context),
        None => screen::run(cli.screen, &mut context),
    };
    let outcome = outcome.and_then(|exit| context.out.finish().map(|()| exit));
    ended(outcome, &context).into()
}

/// What is wrong with the command line. It quotes what was typed, which may be a name that a shell's `*` put there: so it
/// is said of the same words made safe for one row.
fn refusal(args: &[OsString], error: &clap::Error) -> String {
    let safe = args.iter().map(|arg| safe_bytes(arg.as_encoded_bytes()).into_owned());
    match Cli::try_parse_from(safe) {
        Err(error) => safe_multiline(&error.render().to_string()).into_owned(),
        Ok(_) => format!("{}\n", safe_line(error.render().to_string().trim_end())),
    }
}

/// A core dump would hold keys and labels. One that is forbidden is not written; where that cannot be, nothing is lost.
fn leave_no_core() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = Rlimit { current: Some(0), ..getrlimit(Resource::Core) };
    if let Err(error) = setrlimit(Resource::Core, limit) {
        tracing::warn!(%error, "core dumps cannot be forbidden");
    }
}

fn ended(outcome: Outcome, context: &Context) -> Exit {
    match outcome {
        Ok(exit) => exit,
        Err(Failure::Failed(errors)) => {
            for error in &errors {
                context.out.error(error);
            }
            Exit::Failed
        }
        Err(Failure::Usage(error)) => {
            context.out.error(&error);
            Exit::Usage
        }
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(Failure::Output(error)) => {
            context.out.error(&UserError::caused("cannot write the output", &error));
            Exit::Failed
        }
        Err(Failure::Interrupted) => {
            context.out.note("interrupted; what was done by then stays");
            Exit::Interrupted
        }
    }
}

fn dispatch(command: Command, context: &mut Context) -> Outcome {
    match command {
        Command::Init(args) => args.run(context),
        Command::Sync(args) => args.run(context),
        Command::Status(args) => args.run(context),
        Command::List(args) => args.run(context),
        Command::Label(args) => args.run(context),
        Command::Unlabel(args) => args.run(context),
        Command::History(args) => args.run(context),
        Command::Undo(args) => args.run(context),
        Command::Delete(args) => args.run(context),
        Command::Restore(args) => args.run(context),
        Command::Add(args) => args.run(context),
        Command::Import(args) => args.run(context),
        Command::Export(args) => args.run(context),
        Command::Publish(args) => args.run(context),
        Command::Versions(args) => args.run(context),
        Command::Connect(args) => args.run(context),
        Command::Listen(args) => args.run(context),
        Command::Play(args) => args.run(context),
        Command::Backup(args) => args.run(context),
        Command::PutBack(args) => args.run(context),
        Command::Salvage(args) => args.run(context),
        Command::Doctor(args) => args.run(context),
        Command::Demo(args) => args.run(context),
        Command::Keys => keys::run(context),
        Command::Config(args) => args.run(context),
        Command::Completions(args) => args.run(context),
        Command::Man(args) => args.run(context),
        Command::ListenerNote(args) => args.run(context),
    }
}
