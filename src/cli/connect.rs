//! `earmark connect`: the program on a server, its sound here.

use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::hush::Hush;
use super::interrupt::Interrupt;
use crate::audio::choose;
use crate::config::Choice as _;
use crate::domain::{Output, UserError};
use crate::listener::connect::{Ended, News, Plan, Ssh, Start, follow, private_folder, script};
use crate::listener::laptop::{Bound, Listener, News as Heard, Pedal, Settings};
use crate::listener::wire::Token;
use crate::ops::{author, host_name, is_named, login};
use crate::text::{safe_bytes, safe_line};
use clap::Args;
use rustix::io::dup;
use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;

/// Flags of `connect`.
#[derive(Debug, Args)]
#[command(
    after_help = "ssh options follow after --, as in: earmark connect ann@server calls -- -p 2222 -J gate"
)]
pub(super) struct Connect {
    /// Where to connect to: [USER@]HOST, or a Host of ~/.ssh/config
    #[arg(value_name = "[USER@]HOST")]
    host: String,
    /// The dataset to open over there
    source: Option<String>,
    /// Where labels are shared and versions published, over there
    #[arg(long, value_name = "OUT", conflicts_with_all = ["run", "attach"])]
    output: Option<String>,
    /// Run this over there instead of earmark, as in --run 'tmux attach'
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["source", "attach"])]
    run: Option<String>,
    /// Run nothing over there: bring sound to an earmark that runs already (tmux, mosh, another terminal)
    #[arg(long, conflicts_with = "source")]
    attach: bool,
    /// Print shell lines that do the same, for an alias of your own
    #[arg(long)]
    print: bool,
    /// Where earmark lies over there, if not in the PATH
    #[arg(long, value_name = "PATH", default_value = "earmark")]
    remote_earmark: String,
    /// Audio kept in this machine's memory at most; as the settings say if not given
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    memory: Option<u32>,
    /// Read a foot pedal here: an input device by a part of its name, or its path; it acts without waiting for the line
    #[arg(long, value_name = "NAME")]
    pedal: Option<String>,
    /// Options for ssh
    #[arg(last = true, value_name = "SSH OPTIONS")]
    ssh: Vec<String>,
}

impl Connect {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let ssh = Ssh::new(&self.host, &self.ssh)
            .map_err(|error| Failure::Usage(UserError::of(&error, error.hint())))?;
        let folder =
            private_folder().map_err(|error| here("cannot make a private folder", &error))?;
        let plan = Plan {
            ssh,
            earmark: self.remote_earmark.clone(),
            token: Token::random(),
            socket: folder.path().join("listener"),
            laptop: host_name(),
            login: login(),
            person: is_named().then(author),
            start: self.start(context),
        };
        if self.print {
            for line in script(&plan) {
                context.out.line(line)?;
            }
            return Ok(Exit::Done);
        }
        let pedals = match &self.pedal {
            Some(name) => Pedal::open(name)
                .map_err(|error| Failure::one(UserError::of(&error, error.hint())))?,
            None => Vec::new(),
        };
        let interrupt = Interrupt::watch_terminal();
        let terminal = Words::to_stderr();
        let listener = Arc::new(self.listener(context, &plan, &terminal)?);
        for pedal in pedals {
            obey(pedal, &listener).map_err(|error| here("cannot read the pedal", &error))?;
        }
        let hush = Hush::start();
        let (host, attach, quiet) = (self.host.clone(), self.attach, context.global.quiet);
        let tell = Arc::new(move |news: News| {
            // What ssh says may be a question.
            if let Some(words) = said(&news, &host, attach)
                && (!quiet || matches!(news, News::Ssh(_)))
            {
                terminal.say(&words);
            }
        });
        let ended = follow(&plan, &(tell as _), &|| interrupt.is_set());
        drop((listener, hush));
        match ended {
            Ok(Ended::Code(code)) => Ok(Exit::Remote(code)),
            Ok(Ended::Interrupted) => Ok(Exit::Interrupted),
            Err(error) => Err(Failure::one(UserError::of(&error, error.hint()))),
        }
    }

    /// What is to run over there; the flags that say how buckets are reached go along.
    fn start(&self, context: &Context) -> Start {
        if self.attach {
            return Start::Nothing;
        }
        if let Some(line) = &self.run {
            return Start::Command(line.clone());
        }
        let global = &context.global;
        let settings: Vec<String> =
            global.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let flags = [
            ("--endpoint", global.endpoint.as_ref()),
            ("--profile", global.profile.as_ref()),
            ("--region", global.region.as_ref()),
            ("--output", self.output.as_ref()),
        ];
        let flags = flags.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
        let mut words: Vec<String> = flags
            .chain(settings.iter().map(|setting| ("--set", setting)))
            .map(|(flag, value)| format!("{flag}={value}"))
            .collect();
        if let Some(source) = &self.source {
            words.extend(["--".to_owned(), source.clone()]);
        }
        let variables = env::var("COLORTERM").map(|value| ("COLORTERM".to_owned(), value));
        Start::Earmark { words, variables: variables.into_iter().collect() }
    }

    fn listener(
        &self,
        context: &Context,
        plan: &Plan,
        terminal: &Words,
    ) -> Result<Listener, Failure> {
        let config = context.config(None)?;
        let variable = |name: &str| env::var(name).ok();
        let settings = Settings {
            memory: u64::from(self.memory.unwrap_or(config.playback.listener_memory_mb)) << 20,
            output: choose(&variable, config.playback.output.word(), &config.playback.device),
            host: host_name(),
            person: author(),
        };
        let (attach, quiet, terminal) = (self.attach, context.global.quiet, terminal.clone());
        let tell = move |news: Heard| {
            // While something runs over there the screen is its.
            if attach && !quiet {
                terminal.say(heard(&news).as_bytes());
            }
        };
        Bound::unix(&plan.socket)
            .and_then(|bound| Listener::start(settings, bound, plan.token.clone(), Box::new(tell)))
            .map_err(|error| here("cannot start the listener on this machine", &error))
    }
}

/// Obeys a pedal, on a thread of its own, as long as both are there.
fn obey(mut pedal: Pedal, listener: &Arc<Listener>) -> io::Result<()> {
    let listener = Arc::downgrade(listener);
    let read = move || {
        while let Ok(Some(key)) = pedal.next_key() {
            let Some(listener) = listener.upgrade() else { return };
            listener.press(key);
        }
    };
    thread::Builder::new().name("pedal".to_owned()).spawn(read).map(drop)
}

/// What a person should read now, if anything. While something runs over there the screen is its, until it drops.
fn said(news: &News, host: &str, attach: bool) -> Option<Vec<u8>> {
    let host = safe_line(host);
    let line = match news {
        News::Ssh(words) => return Some(words.clone()),
        News::Up { person, .. } if attach => format!(
            "sound from {host} is heard here: earmark there finds it by itself, for {}; Ctrl+C ends",
            safe_line(person)
        ),
        News::Up { .. } => return None,
        News::Deaf(why, hint) => {
            let why = safe_line(why);
            let next = hint.as_deref().map(|hint| format!("\nhint: {}", safe_line(hint)));
            format!("no sound from {host}: {why}{}", next.unwrap_or_default())
        }
        News::Dropped => {
            format!("the connection to {host} dropped; connecting again (Ctrl+C ends)")
        }
        News::Failed(error, wait) => {
            let error = UserError::of(error, None).to_string();
            format!("{}; again in {} s (Ctrl+C ends)", safe_line(&error), wait.as_secs())
        }
    };
    Some(format!("{line}\n").into_bytes())
}

fn heard(news: &Heard) -> String {
    let line = match news {
        Heard::Connected { host, person } => format!("{person} on {host} plays here"),
        Heard::Gone { host, why } => format!("{host} plays here no more: {why}"),
        Heard::Refused { why } => format!("not let in: {why}"),
        Heard::Output(Output::Silent { why, hint }) => format!("no sound: {why}; {hint}"),
        Heard::Output(_) => return String::new(),
    };
    format!("{}\n", safe_line(&line))
}

/// Standard error as it was before sound libraries were kept away from it.
#[derive(Clone)]
struct Words(Option<Arc<File>>);

impl Words {
    fn to_stderr() -> Self {
        Self(dup(io::stderr()).ok().map(|stderr| Arc::new(File::from(stderr))))
    }

    /// What ssh says may be what the other machine had it say. When stderr is closed there is nowhere left to say it.
    fn say(&self, words: &[u8]) {
        if let Some(mut stderr) = self.0.as_deref() {
            let _ = stderr.write_all(&harmless(words));
        }
    }
}

/// Words with nothing left that acts on a terminal but the ends of lines, as they come: a question has none.
fn harmless(words: &[u8]) -> Vec<u8> {
    let mut safe = Vec::with_capacity(words.len());
    for line in words.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        safe.extend_from_slice(safe_bytes(text).as_bytes());
        safe.extend_from_slice(&line[text.len()..]);
    }
    safe
}

fn here(what: &'static str, error: &io::Error) -> Failure {
    Failure::one(UserError::caused(what, error))
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_another_machine_says_moves_no_cursor() {
        let said = b"Warning: \x1b]0;x\x07added\r\nover\rwritten \xff\nann's password: ";
        let shown =
            "Warning: \u{241b}]0;x\u{2407}added\r\nover\u{240d}written \\xFF\nann's password: ";
        assert_eq!(harmless(said), shown.as_bytes());
    }
}
