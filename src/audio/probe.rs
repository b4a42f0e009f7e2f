//! What a file is and how long, from as little of it as will do.

use super::{AudioError, Decoder};
use crate::domain::{ByteSource, MediaInfo};
use std::sync::Arc;

/// The most that is read to count the frames of a file that does not state them.
const COUNT_BYTES: u64 = 256 << 20;

/// Reads a file's header; where that does not state the length, counts its packets without decoding them.
///
/// # Errors
/// As [`Decoder::open`]; a failing disk or network while counting.
pub fn probe(source: Arc<dyn ByteSource>, name: &str) -> Result<MediaInfo, AudioError> {
    let mut decoder = Decoder::open(source, name)?;
    let mut info = decoder.info().clone();
    if info.frames.is_none() {
        info.frames = match decoder.measure(COUNT_BYTES) {
            Err(error) if error.is_transient() => return Err(error),
            // What can be heard of a damaged file is heard; how much that is, decoding will tell.
            Err(_) => None,
            Ok(frames) => frames,
        };
    }
    Ok(info)
}
