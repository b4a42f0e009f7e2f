//! A sound device, through cpal: `PulseAudio` (also that of another machine), ALSA, Core Audio, WASAPI.
//!
//! Whatever goes wrong while it plays is told to a callback; nothing is printed by us.

use super::choice::ATTACH;
use super::feed::{Format, Tap};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig};
use std::time::Duration;

/// How much a device asks for at a time. Shorter reacts faster, longer survives a busy machine.
const PERIOD_MILLIS: u32 = 50;
/// What is asked to lie between here and `PulseAudio` at another machine: less chops, more makes a pause late.
pub(in crate::audio) const PULSE_BUFFER_MILLIS: u32 = 150;
/// How long opening a device may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why a device could not be opened: in a labeler's words, with what the system says as the source.
#[derive(Debug, thiserror::Error)]
pub(in crate::audio) enum DeviceError {
    /// `PulseAudio` was asked for and is not there.
    #[error("PulseAudio does not answer")]
    NoPulse(#[source] Option<cpal::Error>),
    /// What `PULSE_SERVER` says leads to no socket.
    #[error("PULSE_SERVER is {0:?}, which is no socket")]
    NoSocket(String),
    /// There is nothing to play on.
    #[error("no sound device here")]
    NoDevice(#[source] Option<cpal::Error>),
    /// No device of the name that was asked for.
    #[error("no sound device is called {0:?}")]
    NoSuchDevice(String),
    /// Something else plays on it.
    #[error("{0} is in use")]
    Busy(String, #[source] cpal::Error),
    /// The system keeps us from it.
    #[error("no permission to use {0}")]
    Forbidden(String, #[source] cpal::Error),
    /// The device is there and refuses for another reason.
    #[error("{0} cannot be opened")]
    Refused(String, #[source] cpal::Error),
}

impl DeviceError {
    /// What to do next, short enough for a status line.
    pub(in crate::audio) fn hint(&self) -> String {
        let hint = match self {
            Self::NoPulse(_) => {
                return format!("check PULSE_SERVER, or on your laptop: {ATTACH}");
            }
            Self::NoSocket(_) => {
                return format!("forward a socket, as unix:/PATH; or on your laptop: {ATTACH}");
            }
            Self::NoDevice(_) => "plug one in, or set PULSE_SERVER; earmark doctor says more",
            Self::NoSuchDevice(_) => {
                "correct playback.device; earmark doctor names those there are"
            }
            Self::Busy(..) => "close what else uses it, then play again",
            Self::Forbidden(..) => "join the group audio, or set PULSE_SERVER",
            Self::Refused(..) => "try another one: playback.device; earmark doctor names them",
        };
        hint.to_owned()
    }

    /// What the system said about a device of this name.
    fn of(name: String, cause: cpal::Error) -> Self {
        match cause.kind() {
            ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
                Self::NoDevice(Some(cause))
            }
            ErrorKind::DeviceBusy => Self::Busy(name, cause),
            ErrorKind::PermissionDenied => Self::Forbidden(name, cause),
            _ => Self::Refused(name, cause),
        }
    }

    /// As [`Self::NoPulse`], where all that is known is that there is no device.
    fn of_pulse(self) -> Self {
        match self {
            Self::NoDevice(cause) => Self::NoPulse(cause),
            other => other,
        }
    }
}

/// A device that was found, not yet playing.
pub(in crate::audio) struct Found {
    device: cpal::Device,
    name: String,
    sample: SampleFormat,
    config: StreamConfig,
}

/// A device that is playing. Dropping it ends the sound.
pub(in crate::audio) struct Playing {
    _stream: cpal::Stream,
}

/// `PulseAudio`'s default sink.
pub(in crate::audio) fn find_pulse() -> Result<Found, DeviceError> {
    pulse_sink(PERIOD_MILLIS)
}

/// The default sink of `PulseAudio` at another machine, `server` being what `PULSE_SERVER` says. Nothing is taken from
/// shared memory, which does not reach there.
pub(in crate::audio) fn find_pulse_at(server: &str) -> Result<Found, DeviceError> {
    // Whatever is no socket would be passed over for a server of this machine, where nobody listens.
    if !server.starts_with("unix:") {
        return Err(DeviceError::NoSocket(server.to_owned()));
    }
    // The buffer holds two periods.
    pulse_sink(PULSE_BUFFER_MILLIS / 2)
}

fn pulse_sink(period_millis: u32) -> Result<Found, DeviceError> {
    let device = pulse()?.default_output_device().ok_or(DeviceError::NoPulse(None))?;
    Found::new(device, period_millis).map_err(DeviceError::of_pulse)
}

/// The device whose name contains `wanted` (letter case aside), or the default one.
pub(in crate::audio) fn find_device(wanted: Option<&str>) -> Result<Found, DeviceError> {
    let host = cpal::default_host();
    let Some(wanted) = wanted else {
        let device = host.default_output_device().ok_or(DeviceError::NoDevice(None))?;
        return Found::new(device, PERIOD_MILLIS);
    };
    let like = wanted.to_lowercase();
    host.output_devices()
        .ok()
        .and_then(|mut devices| {
            devices.find(|device| name_of(device).to_lowercase().contains(&like))
        })
        .ok_or_else(|| DeviceError::NoSuchDevice(wanted.to_owned()))
        .and_then(|device| Found::new(device, PERIOD_MILLIS))
}

/// The names of the devices that can be asked for.
pub(in crate::audio) fn device_names() -> Vec<String> {
    let devices = cpal::default_host().output_devices();
    devices.map_or_else(|_| Vec::new(), |devices| devices.map(|it| name_of(&it)).collect())
}

fn pulse() -> Result<cpal::Host, DeviceError> {
    let id = cpal::available_hosts().into_iter().find(|id| id.name() == "PulseAudio");
    let id = id.ok_or(DeviceError::NoPulse(None))?;
    cpal::host_from_id(id).map_err(|cause| DeviceError::NoPulse(Some(cause)))
}

fn name_of(device: &cpal::Device) -> String {
    device.description().map_or_else(|_| "sound device".to_owned(), |it| it.name().to_owned())
}

impl Found {
    fn new(device: cpal::Device, period_millis: u32) -> Result<Self, DeviceError> {
        let name = name_of(&device);
        let default =
            device.default_output_config().map_err(|cause| DeviceError::of(name.clone(), cause))?;
        let mut config = default.config();
        config.buffer_size = match default.buffer_size() {
            cpal::SupportedBufferSize::Range { min, max } if min <= max => {
                BufferSize::Fixed((config.sample_rate * period_millis / 1000).clamp(*min, *max))
            }
            _ => BufferSize::Default,
        };
        Ok(Self { sample: default.sample_format(), device, name, config })
    }

    /// The device's name, as the system shows it.
    pub(in crate::audio) fn name(&self) -> &str {
        &self.name
    }

    /// The samples that it takes.
    pub(in crate::audio) fn format(&self) -> Format {
        Format { rate: self.config.sample_rate, channels: usize::from(self.config.channels.max(1)) }
    }

    /// Starts it. `on_lost` is told, from the device's own thread, when it has gone for good.
    pub(in crate::audio) fn play(
        self,
        tap: Tap,
        on_lost: impl Fn(String) + Send + 'static,
    ) -> Result<Playing, DeviceError> {
        let stream = match self.sample {
            SampleFormat::F32 => self.stream::<f32>(tap, on_lost),
            SampleFormat::F64 => self.stream::<f64>(tap, on_lost),
            SampleFormat::I8 => self.stream::<i8>(tap, on_lost),
            SampleFormat::I16 => self.stream::<i16>(tap, on_lost),
            SampleFormat::I24 => self.stream::<cpal::I24>(tap, on_lost),
            SampleFormat::I32 => self.stream::<i32>(tap, on_lost),
            SampleFormat::U8 => self.stream::<u8>(tap, on_lost),
            SampleFormat::U16 => self.stream::<u16>(tap, on_lost),
            SampleFormat::U32 => self.stream::<u32>(tap, on_lost),
            other => {
                let why = format!("it takes samples as {other} only");
                Err(cpal::Error::with_message(cpal::ErrorKind::UnsupportedConfig, why))
            }
        };
        stream
            .and_then(|stream| stream.play().map(|()| Playing { _stream: stream }))
            .map_err(|cause| DeviceError::of(self.name, cause))
    }

    fn stream<T: SizedSample + FromSample<f32>>(
        &self,
        mut tap: Tap,
        on_lost: impl Fn(String) + Send + 'static,
    ) -> Result<cpal::Stream, cpal::Error> {
        let mut samples = Vec::new();
        self.device.build_output_stream(
            self.config,
            move |out: &mut [T], info: &cpal::OutputCallbackInfo| {
                samples.resize(out.len(), 0.0);
                tap.fill(&mut samples);
                out.iter_mut()
                    .zip(&samples)
                    .for_each(|(out, sample)| *out = T::from_sample_(*sample));
                let stamp = info.timestamp();
                let ahead = stamp.playback.duration_since(stamp.callback);
                tap.set_latency(ahead);
            },
            move |error| {
                if is_fatal(&error) {
                    tracing::warn!(%error, "the sound device has gone");
                    on_lost("the sound device has gone".to_owned());
                } else {
                    tracing::debug!(%error, "sound device");
                }
            },
            Some(PATIENCE),
        )
    }
}

/// Whether a device that reports this plays no more.
fn is_fatal(error: &cpal::Error) -> bool {
    use ErrorKind::{DeviceNotAvailable, HostUnavailable, PermissionDenied, StreamInvalidated};
    matches!(
        error.kind(),
        DeviceNotAvailable | HostUnavailable | PermissionDenied | StreamInvalidated
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    #[test]
    fn a_missing_device_is_said_in_plain_words_and_the_systems_stay_behind_it() {
        let missing = || cpal::Error::new(ErrorKind::DeviceNotAvailable);
        let error = DeviceError::of("Default Audio Device".to_owned(), missing());
        assert_eq!(error.to_string(), "no sound device here");
        assert!(error.hint().contains("PULSE_SERVER") && error.hint().contains("earmark doctor"));
        assert_eq!(error.source().unwrap().to_string(), missing().to_string());
        assert_eq!(error.of_pulse().to_string(), "PulseAudio does not answer");
    }

    #[test]
    fn each_refusal_names_what_mends_it() {
        let refused = |kind| DeviceError::of("Speakers".to_owned(), cpal::Error::new(kind));
        let busy = refused(ErrorKind::DeviceBusy);
        assert_eq!(busy.to_string(), "Speakers is in use");
        assert!(busy.hint().starts_with("close what else uses it"));
        let forbidden = refused(ErrorKind::PermissionDenied);
        assert_eq!(forbidden.to_string(), "no permission to use Speakers");
        assert!(forbidden.hint().contains("group audio"));
        let other = refused(ErrorKind::UnsupportedConfig);
        assert_eq!(other.to_string(), "Speakers cannot be opened");
        assert!(other.hint().contains("playback.device"));
    }
}
