//! `earmark listen`: the listener alone, in the foreground.

mod keyboard;

use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::hush::Hush;
use super::interrupt::Interrupt;
use crate::audio::choose;
use crate::config::Choice as _;
use crate::domain::{Output, UserError};
use crate::listener::laptop::{Bound, Key, Listener, News, Pedal, PedalError, Settings};
use crate::listener::wire::{Address, Token};
use crate::ops::{OpsError, author, host_name};
use crate::text::{byte_size, safe_line, shell_word};
use clap::Args;
use keyboard::Keyboard;
use serde_json::{Value, json};
use std::env;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// How often Ctrl+C is looked for, and what is held is counted.
const LOOK: Duration = Duration::from_millis(100);
/// Where a token may be given, so that it is the same each time.
const TOKEN: &str = "EARMARK_LISTENER_TOKEN";
/// The shortest token that is taken, in bytes.
const SHORTEST_TOKEN: usize = 32;
/// Bytes of a megabyte, as `--memory` counts.
const MEGABYTE: u64 = 1 << 20;

/// Flags of `listen`.
#[derive(Debug, Args)]
#[command(
    after_help = "`earmark connect` starts a listener by itself; this one is for an ssh of your own. It ends with Ctrl+C and forgets what it held."
)]
pub(super) struct Listen {
    /// Wait at this Unix socket; without it, at one in the account's runtime folder
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Wait at a port of 127.0.0.1 instead, any that is free if none is given
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "0", conflicts_with = "socket")]
    tcp: Option<u16>,
    /// Audio kept in memory at most; as the settings say if not given
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    memory: Option<u32>,
    /// Read keys here: Space and Tab play or pause, b ← → go back and forward, a and Shift+Tab again slower, - and +
    #[arg(long)]
    keys: bool,
    /// Read a foot pedal: an input device by a part of its name, or its path
    #[arg(long, value_name = "NAME")]
    pedal: Option<String>,
}

/// What wakes the command up.
enum Wake {
    News(News),
    Key(Key),
    /// A pedal is not read any more.
    Pedal(Option<PedalError>),
    /// The terminal is gone, or its user wants to end it.
    End,
}

impl Listen {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let (wake, woken) = channel();
        let pedals = self.pedals()?;
        let token = token()?;
        let bound = self.bound(context)?;
        let settings = self.settings(context)?;
        let interrupt = Interrupt::watch();
        introduce(context, bound.address(), &token)?;
        let hush = Hush::start();
        let news = Mutex::new(wake.clone());
        let on_news = Box::new(move |told| {
            let news = news.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            // Nobody reads any more once the command is over.
            let _ = news.send(Wake::News(told));
        });
        let listener = Listener::start(settings, bound, token, on_news)
            .map_err(|error| failed("the listener does not start", &error))?;
        let keyboard = self.keys.then(|| Keyboard::start(&wake)).transpose();
        let keyboard = keyboard.map_err(|error| failed("cannot read keys here", &error))?;
        for pedal in pedals {
            watch(pedal, wake.clone()).map_err(|error| failed("cannot read the pedal", &error))?;
        }
        let outcome = attend(context, &listener, &woken, &interrupt);
        drop((keyboard, listener, hush));
        outcome
    }

    fn pedals(&self) -> Result<Vec<Pedal>, Failure> {
        if self.keys && !io::stdin().is_terminal() {
            return Err(Failure::usage(
                "--keys reads a terminal, and this is none",
                "start it in a terminal of your own, or leave --keys out",
            ));
        }
        let Some(name) = &self.pedal else { return Ok(Vec::new()) };
        Pedal::open(name).map_err(|error| Failure::one(UserError::of(&error, error.hint())))
    }

    fn bound(&self, context: &Context) -> Result<Bound, Failure> {
        if let Some(port) = self.tcp {
            return Bound::tcp(port).map_err(|error| {
                let error = UserError::caused(format!("cannot wait at port {port}"), &error);
                Failure::one(error.hint("leave the number out, and a free one is taken"))
            });
        }
        let path = match &self.socket {
            Some(path) => path.clone(),
            None => context.paths()?.runtime.join("listen.sock"),
        };
        Bound::unix(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => Failure::one(
                UserError::new(format!("another listener waits at {}", path.display()))
                    .hint("end it, or name another socket with --socket"),
            ),
            _ => OpsError::Io { doing: "wait at", path, source: error }.into(),
        })
    }

    fn settings(&self, context: &Context) -> Result<Settings, Failure> {
        let playback = context.config(None)?.playback;
        let variable = |name: &str| env::var(name).ok();
        Ok(Settings {
            memory: u64::from(self.memory.unwrap_or(playback.listener_memory_mb)) * MEGABYTE,
            output: choose(&variable, playback.output.word(), &playback.device),
            host: host_name(),
            person: author(),
        })
    }
}

fn failed(what: &'static str, error: &io::Error) -> Failure {
    Failure::one(UserError::caused(what, error))
}

/// The token that was given, or a new one.
fn token() -> Result<Token, Failure> {
    match env::var(TOKEN) {
        Ok(text) if text.len() < SHORTEST_TOKEN => Err(Failure::usage(
            format!("{TOKEN} is too short to be a secret"),
            "give 32 characters or more, or none for a new one each time",
        )),
        Ok(text) => Ok(Token::from_text(text)),
        Err(_) => Ok(Token::random()),
    }
}

/// Says where it waits, and how a server gets there.
fn introduce(context: &mut Context, address: &Address, token: &Token) -> Result<(), Failure> {
    let here = safe_line(&address.to_string()).into_owned();
    context.out.json(&json!({ "listening": here, "token": token.text() }))?;
    let (forward, there) = match address {
        Address::Unix(path) => {
            let there = format!("/tmp/earmark-{}.sock", &random_name());
            (format!("{there}:{}", shell_word(&path.display().to_string())), there)
        }
        Address::Tcp(port) => (format!("{port}:127.0.0.1:{port}"), port.to_string()),
    };
    for line in [
        format!("listening at {here}"),
        format!("  ssh -R {forward} USER@HOST"),
        "and there:".to_owned(),
        format!("  export {TOKEN}={}", token.text()),
        format!("  earmark --listener {there} SOURCE"),
        "(`earmark connect USER@HOST SOURCE` does all of it; Ctrl+C ends this)".to_owned(),
    ] {
        context.out.line(line)?;
    }
    context.out.finish()
}

/// A name that nobody guesses: a socket's name must be new each time, since nobody removes the old one over there.
fn random_name() -> String {
    Token::random().text().chars().take(12).collect()
}

/// Reads a pedal on a thread of its own until it is gone.
fn watch(mut pedal: Pedal, wake: Sender<Wake>) -> io::Result<()> {
    let read = move || {
        let end = loop {
            match pedal.next_key() {
                Ok(Some(key)) => {
                    if wake.send(Wake::Key(key)).is_err() {
                        return;
                    }
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let _ = wake.send(Wake::Pedal(end));
    };
    thread::Builder::new().name("pedal".to_owned()).spawn(read).map(drop)
}

/// Until Ctrl+C.
fn attend(
    context: &mut Context,
    listener: &Listener,
    woken: &Receiver<Wake>,
    interrupt: &Interrupt,
) -> Outcome {
    let mut line = HeldLine::default();
    loop {
        if interrupt.is_set() {
            break;
        }
        match woken.recv_timeout(LOOK) {
            Ok(Wake::Key(key)) => listener.press(key),
            Ok(Wake::News(news)) => {
                line.clear(context)?;
                say(context, &news, listener.held())?;
            }
            Ok(Wake::Pedal(end)) => {
                line.clear(context)?;
                let why = end
                    .map_or_else(String::new, |error| format!(": {}", UserError::of(&error, None)));
                context.out.line(format!("the pedal is not read any more{}", safe_line(&why)))?;
                context.out.finish()?;
            }
            Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        line.draw(context, listener.held())?;
    }
    line.clear(context)?;
    Ok(Exit::Interrupted)
}

fn say(context: &mut Context, news: &News, held: u64) -> Result<(), Failure> {
    context.out.json(&told(news, held))?;
    let line = match news {
        News::Connected { host, person } => format!("{person} on {host} is connected"),
        News::Gone { host, why } => {
            format!("{host} is gone ({why}); {} of audio in memory", byte_size(held))
        }
        News::Refused { why } => format!("not let in: {why}"),
        News::Output(Output::Silent { why, hint }) => {
            format!("no sound: {} ({})", safe_line(why), safe_line(hint))
        }
        News::Output(output) => {
            format!("sound goes to {}", safe_line(output.place().unwrap_or_default()))
        }
    };
    context.out.line(line)?;
    context.out.finish()
}

fn told(news: &News, held: u64) -> Value {
    match news {
        News::Connected { host, person } => {
            json!({ "connected": { "host": host, "person": person } })
        }
        News::Gone { host, why } => json!({ "gone": { "host": host, "why": why, "held": held } }),
        News::Refused { why } => json!({ "refused": { "why": why } }),
        News::Output(output) => json!({ "output": output }),
    }
}

/// The last line of a terminal: what is held in memory.
#[derive(Default)]
struct HeldLine {
    drawn: Option<String>,
}

impl HeldLine {
    fn draw(&mut self, context: &mut Context, held: u64) -> Result<(), Failure> {
        let text = byte_size(held);
        let same = self.drawn.as_ref().is_some_and(|drawn| *drawn == text);
        if same || context.out.is_json() || context.global.quiet || !io::stdout().is_terminal() {
            return Ok(());
        }
        context.out.raw(format!("\r\x1b[K{text} of audio in memory").as_bytes())?;
        self.drawn = Some(text);
        context.out.finish()
    }

    fn clear(&mut self, context: &mut Context) -> Result<(), Failure> {
        if self.drawn.take().is_some() {
            context.out.raw(b"\r\x1b[K")?;
            context.out.finish()?;
        }
        Ok(())
    }
}
