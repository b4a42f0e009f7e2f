//! `earmark play`: plays one file, or decodes it into a WAV file.

use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::hush::Hush;
use super::interrupt::Interrupt;
use crate::audio::{
    Decoder, Engine, EngineConfig, FileSource, OutputChoice, Sounds, choose, write_wav,
};
use crate::config::Choice;
use crate::domain::{ByteSource, Command, Event, Output, Seconds, SoundId, UserError};
use crate::ops::OpsError;
use crate::text::{clock_tenths, counted, safe_line};
use clap::Args;
use serde::Serialize;
use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How often Ctrl+C is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// Flags of `play`.
#[derive(Debug, Args)]
pub(super) struct Play {
    /// The file
    file: PathBuf,
    /// Start here, in seconds
    #[arg(long, value_name = "S", default_value_t = 0.0, value_parser = seconds)]
    from: Seconds,
    /// Speed, 0.5 to 3; pitch is kept
    #[arg(long, value_name = "R", default_value_t = 1.0, value_parser = rate)]
    rate: f32,
    /// Decode it into this WAV file instead
    #[arg(long, value_name = "OUT.wav", conflicts_with_all = ["from", "rate"])]
    to: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<Seconds, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    seconds.ok_or_else(|| "expected seconds, as in 12.5".to_owned())
}

fn rate(text: &str) -> Result<f32, String> {
    let rate = text.parse().ok().filter(|rate| (0.5..=3.0).contains(rate));
    rate.ok_or_else(|| "expected a number from 0.5 to 3".to_owned())
}

impl Play {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let file = FileSource::open(&self.file).map_err(|source| OpsError::Io {
            doing: "read",
            path: self.file.clone(),
            source,
        })?;
        let name = safe_line(&self.file.display().to_string()).into_owned();
        let file = OneFile { bytes: Arc::new(file), name };
        match &self.to {
            Some(to) => decode(context, &file, to),
            None => self.play(context, file),
        }
    }

    fn play(&self, context: &Context, file: OneFile) -> Outcome {
        let (sender, events) = channel();
        let on_event = Box::new(move |event| {
            // Nobody listens any more once the command is over.
            let _ = sender.send(event);
        });
        let config = EngineConfig { output: output(context)?, ..EngineConfig::default() };
        let name = file.name.clone();
        let hush = Hush::start();
        let engine = Engine::spawn(config, Arc::new(file), on_event).map_err(|error| {
            Failure::one(UserError::caused("the player does not start", &error))
        })?;
        let sound = SoundId(name.clone());
        engine.send(Command::Rate(self.rate));
        engine.send(Command::Load { load: 1, sound, from: self.from, play: true });
        watch(context, &events, &name, hush)
    }
}

fn output(context: &Context) -> Result<OutputChoice, Failure> {
    let playback = context.config(None)?.playback;
    Ok(choose(&|name| env::var(name).ok(), playback.output.word(), &playback.device))
}

/// Until the end of the file. The hush ends once the output is open: that is when libraries talk.
fn watch(
    context: &Context,
    events: &Receiver<Event>,
    name: &str,
    mut hush: Option<Hush>,
) -> Outcome {
    let interrupt = Interrupt::watch();
    let progress = context.progress(name);
    let mut length = None;
    loop {
        match events.recv_timeout(LOOK) {
            Ok(Event::Ready { seconds, .. }) => length = seconds,
            Ok(Event::Started { at, .. } | Event::Position { at, .. }) => {
                let of = length.map(clock_tenths).unwrap_or_default();
                progress.say(&format!("{name}  {} / {of}", clock_tenths(at)));
            }
            Ok(Event::Ended { .. }) => return Ok(Exit::Done),
            Ok(Event::Failed { why, .. }) => {
                drop(progress);
                drop(hush);
                return Err(Failure::one(UserError::new(why)));
            }
            Ok(Event::Output(Output::Device(_))) => hush = None,
            Ok(Event::Output(Output::Silent { why, hint })) => {
                hush = None;
                progress.suspend(|| {
                    context.out.note(format!("no sound: {}", safe_line(&why)));
                    context.out.note(format!("hint: {}", safe_line(&hint)));
                });
            }
            Err(RecvTimeoutError::Timeout) if interrupt.is_set() => return Ok(Exit::Interrupted),
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::one(UserError::new("the player stopped unexpectedly")));
            }
        }
    }
}

fn decode(context: &mut Context, file: &OneFile, to: &Path) -> Outcome {
    let mut decoder = Decoder::open(Arc::clone(&file.bytes) as Arc<dyn ByteSource>, &file.name)?;
    let info = decoder.info().clone();
    let frames = write_wav(&mut decoder, to)?;
    let seconds = frames as f64 / f64::from(info.rate.max(1));
    let damaged = decoder.damaged().map(ToOwned::to_owned);
    context.out.json(&Decoded {
        container: &info.container,
        codec: &info.codec,
        rate: info.rate,
        channels: info.channels,
        frames,
        seconds,
        damaged: damaged.as_deref(),
    })?;
    let to = to.display().to_string();
    context.out.line(format!(
        "{}: {} of {}, {} Hz, {}",
        safe_line(&to),
        clock_tenths(seconds),
        safe_line(&info.codec),
        info.rate,
        counted(info.channels.into(), "channel", "channels"),
    ))?;
    let Some(damaged) = damaged else { return Ok(Exit::Done) };
    context.out.error(&UserError::new(format!("{} is damaged: {damaged}", file.name)));
    Ok(Exit::Partial)
}

#[derive(Serialize)]
struct Decoded<'a> {
    container: &'a str,
    codec: &'a str,
    rate: u32,
    channels: u16,
    frames: u64,
    seconds: Seconds,
    damaged: Option<&'a str>,
}

/// The one sound there is.
struct OneFile {
    bytes: Arc<FileSource>,
    name: String,
}

impl Sounds for OneFile {
    fn open(&self, _: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        Ok((Arc::clone(&self.bytes) as Arc<dyn ByteSource>, self.name.clone()))
    }
}
