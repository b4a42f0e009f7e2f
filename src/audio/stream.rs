//! What [`Decoder`](super::Decoder) asks of a container reader with its codec, and the errors they give.

use crate::domain::MediaInfo;
use std::io;
use symphonia::core::errors::Error;

/// A container being read and decoded, without knowledge of names, panics or exact seeks.
pub(super) trait Stream: Send {
    /// Appends the next stretch of interleaved samples to `out`, which comes in empty; `None` at the end.
    fn next(&mut self, out: &mut Vec<f32>) -> Result<Option<Chunk>, StreamError>;

    /// Goes to `frame` or before it, with what the codec needs to be in its stride at `frame`.
    fn seek(&mut self, frame: u64) -> Result<(), StreamError>;

    /// Whether a seek has to read all that lies before the place.
    fn seeks_by_reading(&self) -> bool {
        false
    }

    /// What was wrong with the part read so far.
    fn damaged(&self) -> Option<&str>;

    /// Counts the frames of the whole file, reading at most `budget` bytes; `None` if it takes more.
    /// Begins where the stream stands and leaves it at an undefined place.
    fn measure(&mut self, budget: u64) -> Result<Option<u64>, StreamError>;
}

/// A stretch of decoded samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Where its first frame is heard. Negative: the encoder's run-in, not to be heard at all.
    pub(super) start: i64,
    /// How many frames.
    pub(super) frames: usize,
}

/// Refuses what no recording has: a hostile header must not make a decoder reserve gigabytes.
pub(super) fn plausible(codec: &str, rate: u32, channels: usize) -> Result<(), StreamError> {
    if !(100..=1_000_000).contains(&rate) {
        return Err(StreamError::unsupported(codec, format!("a rate of {rate} Hz")));
    }
    if !(1..=32).contains(&channels) {
        return Err(StreamError::unsupported(codec, format!("{channels} channels")));
    }
    Ok(())
}

/// A stream with what its header told.
pub(super) struct Opened {
    /// What the file is.
    pub(super) info: MediaInfo,
    /// Bits that a sample of it needs.
    pub(super) bits: u32,
    /// Its samples.
    pub(super) stream: Box<dyn Stream>,
}

impl From<Error> for StreamError {
    fn from(error: Error) -> Self {
        match error {
            Error::IoError(error) => error.into(),
            Error::DecodeError(why) | Error::LimitError(why) => Self::damaged(why),
            Error::Unsupported(why) => Self::unsupported("an unknown codec", why),
            other => Self::damaged(other.to_string()),
        }
    }
}

/// What went wrong in a stream, without the file's name.
#[derive(Debug)]
pub(super) enum StreamError {
    /// The disk or the network.
    Read(io::Error),
    /// The bytes contradict themselves.
    Damaged(String),
    /// A codec or variant that is not decoded here.
    Unsupported {
        /// The codec, as far as it is known.
        codec: String,
        /// What is missing.
        why: String,
    },
}

impl StreamError {
    /// The bytes contradict themselves.
    pub(super) fn damaged(why: impl Into<String>) -> Self {
        Self::Damaged(why.into())
    }

    /// A codec that is known by name only.
    pub(super) fn unsupported(codec: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Unsupported { codec: codec.into(), why: why.into() }
    }
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::damaged("it ends in the middle"),
            io::ErrorKind::InvalidData => Self::damaged(error.to_string()),
            _ => Self::Read(error),
        }
    }
}
