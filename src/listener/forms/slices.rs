//! A WAV file that lies nowhere: made of the parts of a file that are asked for, packed as FLAC on the way.

use super::pcm::Pcm;
use super::{MAX_PIECE, Piece, damaged};
use crate::audio::{
    Decoder, FlacEncoder, MAX_FLAC_RATE, MemorySource, WAV_HEADER, WavSamples, to_16_bits,
    wav_header,
};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes before the samples.
const HEADER: u64 = WAV_HEADER as u64;
/// Bytes of a sample.
const SAMPLE: u64 = 2;
/// The most that is packed at once: what does not get smaller still fits into a piece. In bytes.
const STRETCH: usize = 60 << 10;
/// What a FLAC file of ours begins with: no metadata but that about the stream, 34 bytes.
const FLAC_START: &[u8] = b"fLaC\x80\0\0\x22";
/// Bytes before the frames of such a file.
const FLAC_HEADER: usize = 42;

/// The WAV file of one sound.
pub(super) struct Slices {
    header: Vec<u8>,
    len: Option<u64>,
    rate: u32,
    channels: u16,
    pcm: Mutex<Pcm>,
}

impl Slices {
    pub(super) fn new(pcm: Pcm) -> Self {
        let (rate, channels) = (pcm.rate(), pcm.channels());
        let data = pcm.frames().and_then(|frames| frames.checked_mul(block(channels)));
        let len = data.and_then(|data| data.checked_add(HEADER));
        let header = wav_header(rate, channels, WavSamples::Pcm16, data);
        Self { header, len, rate, channels, pcm: Mutex::new(pcm) }
    }

    pub(super) fn len(&self) -> Option<u64> {
        self.len
    }

    /// Up to `count` bytes of the WAV file from byte `from` on: header, or packed samples; `None` at the end.
    pub(super) fn piece(&self, from: u64, count: usize) -> io::Result<Option<Piece>> {
        let left = self.len.map_or(u64::MAX, |len| len.saturating_sub(from));
        let count = count.min(STRETCH).min(usize::try_from(left).unwrap_or(usize::MAX));
        if count == 0 {
            return Ok(None);
        }
        if let Some(header) =
            self.header.get(from.min(HEADER) as usize..).filter(|it| !it.is_empty())
        {
            let bytes = header[..count.min(header.len())].to_vec();
            return Ok(Some(Piece { len: bytes.len() as u32, bytes }));
        }
        let stretch = Stretch::new(from, count as u64, self.channels);
        let mut samples = self.read(&stretch)?;
        let wanted = stretch.frames as usize * usize::from(self.channels);
        if self.len.is_some() {
            // A damaged file that ends before it should: silence takes the place of the rest.
            samples.resize(wanted, 0);
        }
        let there = (samples.len() as u64 * SAMPLE).saturating_sub(stretch.lead);
        let len = there.min(count as u64) as u32;
        if len == 0 {
            return Ok(None);
        }
        Ok(Some(Piece { len, bytes: self.pack(&samples)? }))
    }

    fn read(&self, stretch: &Stretch) -> io::Result<Vec<i16>> {
        let mut pcm = self.pcm.lock().unwrap_or_else(PoisonError::into_inner);
        pcm.read(stretch.first, stretch.frames as usize)
    }

    fn pack(&self, samples: &[i16]) -> io::Result<Vec<u8>> {
        // The header of the WAV file says the true rate.
        let mut encoder = FlacEncoder::new(self.rate.min(MAX_FLAC_RATE), self.channels)?;
        let frames = samples.len() / usize::from(self.channels);
        let mut flac = encoder.header(Some(frames as u64));
        encoder.push(samples, &mut flac)?;
        encoder.finish(&mut flac)?;
        Ok(flac)
    }
}

/// Which frames cover a range of bytes behind the header.
#[derive(Debug, PartialEq, Eq)]
struct Stretch {
    first: u64,
    frames: u64,
    /// Bytes of the first frame that lie before the range.
    lead: u64,
}

impl Stretch {
    fn new(from: u64, count: u64, channels: u16) -> Self {
        let (block, start) = (block(channels), from.saturating_sub(HEADER));
        let lead = start % block;
        Self { first: start / block, frames: (lead + count).div_ceil(block), lead }
    }
}

fn block(channels: u16) -> u64 {
    u64::from(channels) * SAMPLE
}

/// What [`Slices::piece`] packed; checked as something that a stranger made.
pub(super) fn unpack(offset: u64, len: u32, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    if u64::from(len) > MAX_PIECE || bytes.len() as u64 > MAX_PIECE {
        return Err(damaged("it is too large"));
    }
    if offset < HEADER {
        let within = bytes.len() as u64 <= HEADER - offset;
        return if within { Ok(bytes) } else { Err(damaged("a header is longer than it may be")) };
    }
    let channels = channels(&bytes).ok_or_else(|| damaged("it is not packed as agreed"))?;
    let stretch = Stretch::new(offset, len.into(), channels);
    let wanted = stretch.frames as usize * usize::from(channels);
    let samples = samples(bytes, wanted)?;
    if samples.len() != wanted {
        return Err(damaged("it is not as long as it says"));
    }
    let bytes = to_16_bits(&samples).flat_map(i16::to_le_bytes);
    Ok(bytes.skip(stretch.lead as usize).take(len as usize).collect())
}

/// The channels of a FLAC file such as we make; `None` for any other.
fn channels(flac: &[u8]) -> Option<u16> {
    if !flac.starts_with(FLAC_START) || flac.len() < FLAC_HEADER {
        return None;
    }
    let shape = u64::from_be_bytes(flac.get(18..26)?.try_into().ok()?);
    let (channels, bits) = ((shape >> 41 & 7) + 1, (shape >> 36 & 31) + 1);
    (channels <= 2 && bits == 16).then_some(channels as u16)
}

/// All samples of a FLAC file, unless there are more than `wanted`.
fn samples(flac: Vec<u8>, wanted: usize) -> io::Result<Vec<f32>> {
    let failed = |error| io::Error::new(io::ErrorKind::InvalidData, error);
    let source = Arc::new(MemorySource::new(flac));
    let mut decoder = Decoder::open(source, "a slice").map_err(failed)?;
    let mut samples = Vec::with_capacity(wanted);
    while decoder.read(&mut samples).map_err(failed)? > 0 {
        if samples.len() > wanted {
            break;
        }
    }
    Ok(samples)
}
