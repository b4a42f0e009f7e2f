//! A file as 16-bit samples of one or two channels, from any frame on.

use crate::audio::{AudioError, Decoder, probe, to_16_bits};
use crate::domain::{ByteSource, MediaInfo};
use std::io;
use std::sync::Arc;

/// An open file.
pub(super) struct Pcm {
    source: Arc<dyn ByteSource>,
    name: String,
    info: MediaInfo,
    /// Absent after an error: a decoder that failed is not asked again.
    decoder: Option<Decoder>,
    /// Decoded and not given yet, in the file's channels.
    decoded: Vec<f32>,
    /// The frame with which that begins.
    at: u64,
}

impl Pcm {
    /// Opens a file; where it does not state its length, its packets are counted.
    ///
    /// # Errors
    /// It cannot be read or decoded.
    pub(super) fn open(source: Arc<dyn ByteSource>, name: String) -> io::Result<Self> {
        let decoder = Decoder::open(source.clone(), &name).map_err(failed)?;
        let mut info = decoder.info().clone();
        if info.frames.is_none() {
            info.frames = probe(source.clone(), &name).map_err(failed)?.frames;
        }
        Ok(Self { source, name, info, decoder: Some(decoder), decoded: Vec::new(), at: 0 })
    }

    /// Frames a second.
    pub(super) fn rate(&self) -> u32 {
        self.info.rate
    }

    /// One or two: more are mixed into one, as they are where the file plays.
    pub(super) fn channels(&self) -> u16 {
        if self.info.channels == 2 { 2 } else { 1 }
    }

    /// How many frames there are, if that is known.
    pub(super) fn frames(&self) -> Option<u64> {
        self.info.frames
    }

    /// `frames` frames from frame `from` on, interleaved; less only at the end.
    ///
    /// # Errors
    /// The file cannot be read or decoded there; it may be tried again.
    pub(super) fn read(&mut self, from: u64, frames: usize) -> io::Result<Vec<i16>> {
        let decoder = match self.decoder.take() {
            Some(decoder) => decoder,
            None => self.reopen()?,
        };
        let (decoder, samples) = self.decode(decoder, from, frames)?;
        self.decoder = Some(decoder);
        Ok(samples)
    }

    fn reopen(&mut self) -> io::Result<Decoder> {
        self.decoded.clear();
        self.at = 0;
        Decoder::open(self.source.clone(), &self.name).map_err(failed)
    }

    fn decode(
        &mut self,
        mut decoder: Decoder,
        from: u64,
        frames: usize,
    ) -> io::Result<(Decoder, Vec<i16>)> {
        let channels = usize::from(self.info.channels.max(1));
        let ready = (self.decoded.len() / channels) as u64;
        if (self.at..=self.at + ready).contains(&from) {
            self.decoded.drain(..(from - self.at) as usize * channels);
        } else {
            self.decoded.clear();
            decoder.seek(from).map_err(failed)?;
        }
        self.at = from;
        while self.decoded.len() < frames * channels {
            if decoder.read(&mut self.decoded).map_err(failed)? == 0 {
                break;
            }
        }
        let count = (frames * channels).min(self.decoded.len());
        let taken = &self.decoded[..count];
        let samples = match channels {
            1 | 2 => to_16_bits(taken).collect(),
            _ => to_16_bits(&mix(taken, channels)).collect(),
        };
        self.decoded.drain(..count);
        self.at += (count / channels) as u64;
        Ok((decoder, samples))
    }
}

fn mix(samples: &[f32], channels: usize) -> Vec<f32> {
    let share = 1.0 / channels as f32;
    samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * share).collect()
}

fn failed(error: AudioError) -> io::Error {
    let kind = match &error {
        AudioError::Read { cause, .. } => cause.kind(),
        _ => io::ErrorKind::InvalidData,
    };
    io::Error::new(kind, error)
}
