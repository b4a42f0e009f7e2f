//! Kaldi data directories: `wav.scp`, `text`, `utt2spk`, `spk2utt` and `segments`, joined by ids.
//!
//! Files are sorted as they are read and written, in bounded memory, so that their order does not matter here and is
//! right there. Commands in `wav.scp` are never run.

mod ids;
mod input;
mod output;

pub(super) use input::read;
pub(super) use output::writer;

const WAV_SCP: &str = "wav.scp";
const TEXT: &str = "text";
const UTT2SPK: &str = "utt2spk";
const SPK2UTT: &str = "spk2utt";
const SEGMENTS: &str = "segments";

#[cfg(test)]
mod tests;
