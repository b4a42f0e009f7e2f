//! What decoding tells about a file, in the form that travels to the screen and into the workspace.

use super::{Bins, Seconds};
use serde::{Deserialize, Serialize};

/// What a file is, from its header and, where needed, its packets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaInfo {
    /// Container by content: `wav`, `flac`, `mp3`, `ogg`, …
    pub container: String,
    /// Codec: `pcm_s16le`, `opus`, …
    pub codec: String,
    /// Sampling rate in hertz.
    pub rate: u32,
    /// Channels.
    pub channels: u16,
    /// Length in frames at `rate`, when the file states it or was decoded whole.
    pub frames: Option<u64>,
}

impl MediaInfo {
    /// Length in seconds, when known.
    pub fn seconds(&self) -> Option<Seconds> {
        self.frames.map(|frames| frames as f64 / f64::from(self.rate.max(1)))
    }
}

/// Lowest and highest sample of a bin, scaled to -127…127.
pub type Peak = (i8, i8);

/// A stretch of time, in seconds from the start of the file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Where it starts.
    pub start: Seconds,
    /// Where it ends.
    pub end: Seconds,
}

/// The waveform and the speech of one file, as far as it was decoded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Peaks {
    /// Bins a second.
    pub bins_per_second: u32,
    /// One entry a bin, mono (loudest channel).
    pub bins: Bins,
    /// Where somebody speaks, in order, without overlap.
    pub speech: Vec<Span>,
    /// Length in seconds as decoded.
    pub seconds: Seconds,
    /// Why decoding ended early, if it did.
    pub damaged: Option<String>,
    /// False while more is to come.
    pub complete: bool,
}
