//! Sound: what a file is, its samples, its waveform, where somebody speaks in it, and how it is played.
//!
//! Everything here blocks and runs on threads that may wait; nothing draws, nothing knows the workspace.
//! Files are hostile bytes: decoding is bounded, and a panic inside a decoder is an [`AudioError`].

mod activity;
mod aiff;
mod au;
mod block;
mod caf;
mod clock;
mod container;
mod decode;
mod engine;
mod error;
mod flac_out;
mod guard;
mod mp4;
mod mpeg;
mod output;
mod packets;
mod pcm;
pub mod peaks;
mod probe;
mod resample;
mod sniff;
mod source;
mod sphere;
mod stream;
mod stretch;
mod vorbis;
mod wav;
mod wav_out;

pub use activity::Activity;
pub use decode::Decoder;
pub use engine::{Engine, EngineConfig, Sounds};
pub use error::AudioError;
pub use flac_out::{FlacEncoder, MAX_FLAC_RATE, to_16_bits};
pub use guard::{decoding, hush_decoders};
pub use output::{OutputChoice, choose, devices, is_over_ssh, remedy};
pub use probe::probe;
pub use sniff::{SNIFF_BYTES, looks_like_audio, sniff};
pub use source::{FileSource, MemorySource};
pub use wav_out::{WAV_HEADER, WavSamples, wav_header, write_wav};
