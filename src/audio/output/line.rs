//! An open output with the engine's end of its feed.

use super::OutputChoice;
#[cfg(feature = "playback")]
use super::device::{self, DeviceError, Found, Playing};
use super::feed::{Feed, Format, feed};
use super::silent::{SILENT_FORMAT, Silent};
use crate::domain::Output;
use std::time::Instant;

/// Told, from another thread, why a device has gone.
pub(in crate::audio) type OnLost = Box<dyn Fn(String) + Send>;

/// An open output.
pub(in crate::audio) struct Line {
    /// Where samples go in.
    pub(in crate::audio) feed: Feed,
    /// What they have to look like.
    pub(in crate::audio) format: Format,
    /// What the user is told.
    pub(in crate::audio) output: Output,
    /// The output itself, unless a device is.
    silent: Option<Silent>,
    #[cfg(feature = "playback")]
    _device: Option<Playing>,
}

impl Line {
    /// Opens what was chosen; where that fails, the silent output, which says why.
    pub(in crate::audio) fn open(choice: &OutputChoice, on_lost: OnLost) -> Self {
        match choice {
            OutputChoice::Silent { why, hint } => Self::silent(why.clone(), hint.clone()),
            #[cfg(feature = "playback")]
            audible => Self::device(audible, on_lost).unwrap_or_else(|error| {
                let system = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, system, "no sound");
                Self::silent(error.to_string(), error.hint())
            }),
            #[cfg(not(feature = "playback"))]
            _ => {
                drop(on_lost);
                Self::silent(
                    "this earmark was built without sound".to_owned(),
                    "build it with the feature `playback`".to_owned(),
                )
            }
        }
    }

    /// The silent output.
    pub(in crate::audio) fn silent(why: String, hint: String) -> Self {
        Self::silent_as(SILENT_FORMAT, Output::Silent { why, hint })
    }

    fn silent_as(format: Format, output: Output) -> Self {
        let (feed, tap) = feed(format);
        Self {
            feed,
            format,
            output,
            silent: Some(Silent::new(tap, format)),
            #[cfg(feature = "playback")]
            _device: None,
        }
    }

    /// A silent output, and all that it takes.
    #[cfg(test)]
    pub(in crate::audio) fn test(
        format: Format,
    ) -> (Self, std::sync::Arc<std::sync::Mutex<Vec<f32>>>) {
        let output = Output::Silent { why: "test".to_owned(), hint: "none".to_owned() };
        let line = Self::silent_as(format, output);
        let heard = line.silent.as_ref().map(|silent| silent.heard.clone()).unwrap_or_default();
        (line, heard)
    }

    /// Whether a device plays.
    pub(in crate::audio) fn is_audible(&self) -> bool {
        self.silent.is_none()
    }

    /// Lets the clock take what is due, where nothing else does.
    pub(in crate::audio) fn advance(&mut self, now: Instant) {
        if let Some(silent) = &mut self.silent {
            silent.advance(now);
        }
    }

    /// Nothing is playing: the clock may stop.
    pub(in crate::audio) fn rest(&mut self) {
        if let Some(silent) = &mut self.silent {
            silent.rest();
        }
    }

    #[cfg(feature = "playback")]
    fn device(choice: &OutputChoice, on_lost: OnLost) -> Result<Self, DeviceError> {
        let found: Found = match choice {
            OutputChoice::Pulse(server) => device::find_pulse_at(server)?,
            OutputChoice::Device(name) => device::find_device(name.as_deref())?,
            _ => device::find_pulse().or_else(|_| device::find_device(None))?,
        };
        let format = found.format();
        let output = match choice {
            OutputChoice::Pulse(server) => {
                Output::Pulse { server: server.clone(), buffer_ms: device::PULSE_BUFFER_MILLIS }
            }
            _ => Output::Device(found.name().to_owned()),
        };
        let (feed, tap) = feed(format);
        let playing = found.play(tap, on_lost)?;
        Ok(Self { feed, format, output, silent: None, _device: Some(playing) })
    }
}
