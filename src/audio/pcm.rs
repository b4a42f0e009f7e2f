//! Uncompressed samples lying one after the other in a file: all of PCM, float, A-law and µ-law.

use super::source::read_full;
use super::stream::{Chunk, Stream, StreamError};
use crate::domain::{ByteSource, MediaInfo};
use std::sync::{Arc, LazyLock};

/// Bytes decoded at once.
const CHUNK_BYTES: usize = 32 * 1024;

/// How one sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    U8,
    S8,
    S16(Order),
    S24(Order),
    S32(Order),
    F32(Order),
    F64(Order),
    ALaw,
    MuLaw,
}

/// Which byte of a sample comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Encoding {
    /// Bytes a sample.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::S8 | Self::ALaw | Self::MuLaw => 1,
            Self::S16(_) => 2,
            Self::S24(_) => 3,
            Self::S32(_) | Self::F32(_) => 4,
            Self::F64(_) => 8,
        }
    }

    /// Signed PCM of so many bytes a sample.
    pub(super) fn signed(bytes: usize, order: Order) -> Option<Self> {
        match bytes {
            1 => Some(Self::S8),
            2 => Some(Self::S16(order)),
            3 => Some(Self::S24(order)),
            4 => Some(Self::S32(order)),
            _ => None,
        }
    }

    /// Its name, as decoders commonly call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::U8 => "pcm_u8",
            Self::S8 => "pcm_s8",
            Self::S16(Order::Little) => "pcm_s16le",
            Self::S16(Order::Big) => "pcm_s16be",
            Self::S24(Order::Little) => "pcm_s24le",
            Self::S24(Order::Big) => "pcm_s24be",
            Self::S32(Order::Little) => "pcm_s32le",
            Self::S32(Order::Big) => "pcm_s32be",
            Self::F32(Order::Little) => "pcm_f32le",
            Self::F32(Order::Big) => "pcm_f32be",
            Self::F64(Order::Little) => "pcm_f64le",
            Self::F64(Order::Big) => "pcm_f64be",
            Self::ALaw => "pcm_alaw",
            Self::MuLaw => "pcm_mulaw",
        }
    }

    /// Appends `bytes`, whole samples, to `out` at full scale ±1.
    fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        const S8: f32 = 1.0 / 128.0;
        const S16: f32 = 1.0 / 32_768.0;
        const S32: f32 = 1.0 / 2_147_483_648.0;
        match self {
            Self::U8 => out.extend(bytes.iter().map(|&b| (f32::from(b) - 128.0) * S8)),
            Self::S8 => out.extend(bytes.iter().map(|&b| f32::from(b.cast_signed()) * S8)),
            Self::ALaw => out.extend(bytes.iter().map(|&b| A_LAW[usize::from(b)])),
            Self::MuLaw => out.extend(bytes.iter().map(|&b| MU_LAW[usize::from(b)])),
            Self::S16(Order::Little) => {
                each(bytes, out, |b| f32::from(i16::from_le_bytes(b)) * S16);
            }
            Self::S16(Order::Big) => each(bytes, out, |b| f32::from(i16::from_be_bytes(b)) * S16),
            Self::S24(Order::Little) => {
                each(bytes, out, |[a, b, c]| i32::from_le_bytes([0, a, b, c]) as f32 * S32);
            }
            Self::S24(Order::Big) => {
                each(bytes, out, |[a, b, c]| i32::from_be_bytes([a, b, c, 0]) as f32 * S32);
            }
            Self::S32(Order::Little) => each(bytes, out, |b| i32::from_le_bytes(b) as f32 * S32),
            Self::S32(Order::Big) => each(bytes, out, |b| i32::from_be_bytes(b) as f32 * S32),
            Self::F32(Order::Little) => each(bytes, out, f32::from_le_bytes),
            Self::F32(Order::Big) => each(bytes, out, f32::from_be_bytes),
            Self::F64(Order::Little) => each(bytes, out, |b| f64::from_le_bytes(b) as f32),
            Self::F64(Order::Big) => each(bytes, out, |b| f64::from_be_bytes(b) as f32),
        }
    }
}

fn each<const N: usize>(bytes: &[u8], out: &mut Vec<f32>, sample: impl Fn([u8; N]) -> f32) {
    let (samples, _) = bytes.as_chunks::<N>();
    out.extend(samples.iter().map(|&bytes| sample(bytes)));
}

static A_LAW: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|code| {
        let code = code as i32 ^ 0x55;
        let (exponent, mantissa) = ((code >> 4) & 7, code & 15);
        let magnitude = match exponent {
            0 => (mantissa << 4) + 8,
            _ => ((mantissa << 4) + 0x108) << (exponent - 1),
        };
        (if code & 0x80 != 0 { magnitude } else { -magnitude }) as f32 / 32_768.0
    })
});

static MU_LAW: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|code| {
        let code = !(code as i32);
        let (exponent, mantissa) = ((code >> 4) & 7, code & 15);
        let magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84;
        (if code & 0x80 != 0 { -magnitude } else { magnitude }) as f32 / 32_768.0
    })
});

/// Where in a file uncompressed samples lie, and how they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) container: &'static str,
    pub(super) encoding: Encoding,
    pub(super) rate: u32,
    pub(super) channels: u16,
    /// Offset of the first byte.
    pub(super) start: u64,
    /// Bytes of samples as the header states them; `None`: to the end of the file.
    pub(super) stated: Option<u64>,
}

/// A file of uncompressed samples.
pub(super) struct PcmStream {
    source: Arc<dyn ByteSource>,
    layout: Layout,
    frame_bytes: usize,
    /// Frames that are there, when the file's length is known.
    frames: Option<u64>,
    next: u64,
    buffer: Vec<u8>,
    damaged: Option<String>,
}

impl PcmStream {
    pub(super) fn new(source: Arc<dyn ByteSource>, layout: Layout) -> Self {
        let frame_bytes = layout.encoding.bytes() * usize::from(layout.channels.max(1));
        let there = source.len().map(|len| len.saturating_sub(layout.start));
        let bytes = match (layout.stated, there) {
            (Some(stated), Some(there)) => Some(stated.min(there)),
            (stated, there) => stated.or(there),
        };
        let damaged = match (layout.stated, there) {
            (Some(stated), Some(there)) if stated > there => Some(format!(
                "it ends early: {} of {} samples are there",
                there / frame_bytes as u64,
                stated / frame_bytes as u64
            )),
            _ => None,
        };
        let frames = bytes.map(|bytes| bytes / frame_bytes as u64);
        Self { source, layout, frame_bytes, frames, next: 0, buffer: Vec::new(), damaged }
    }

    /// Bits that a sample needs. Companded samples take 8 and need 14.
    pub(super) fn bits(&self) -> u32 {
        match self.layout.encoding {
            Encoding::ALaw | Encoding::MuLaw => 16,
            plain => plain.bytes() as u32 * 8,
        }
    }

    pub(super) fn info(&self) -> MediaInfo {
        MediaInfo {
            container: self.layout.container.to_owned(),
            codec: self.layout.encoding.name().to_owned(),
            rate: self.layout.rate,
            channels: self.layout.channels,
            frames: self.frames,
        }
    }
}

impl Stream for PcmStream {
    fn next(&mut self, out: &mut Vec<f32>) -> Result<Option<Chunk>, StreamError> {
        let left = self.frames.map_or(u64::MAX, |frames| frames.saturating_sub(self.next));
        let wanted = (CHUNK_BYTES / self.frame_bytes).max(1).min(left as usize);
        self.buffer.resize(wanted * self.frame_bytes, 0);
        let offset = self.layout.start.saturating_add(self.next * self.frame_bytes as u64);
        let filled = read_full(self.source.as_ref(), offset, &mut self.buffer)?;
        let frames = filled / self.frame_bytes;
        if frames < wanted && self.frames.is_some() {
            self.damaged.get_or_insert_with(|| "it became shorter while it was read".to_owned());
        }
        if frames == 0 {
            return Ok(None);
        }
        self.layout.encoding.decode(&self.buffer[..frames * self.frame_bytes], out);
        let start = self.next as i64;
        self.next += frames as u64;
        Ok(Some(Chunk { start, frames }))
    }

    fn seek(&mut self, frame: u64) -> Result<(), StreamError> {
        self.next = frame.min(self.frames.unwrap_or(u64::MAX / self.frame_bytes as u64));
        Ok(())
    }

    fn damaged(&self) -> Option<&str> {
        self.damaged.as_deref()
    }

    fn measure(&mut self, _budget: u64) -> Result<Option<u64>, StreamError> {
        Ok(self.frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoding: Encoding, bytes: &[u8]) -> Vec<f32> {
        let mut out = Vec::new();
        encoding.decode(bytes, &mut out);
        out
    }

    #[test]
    fn every_encoding_reaches_full_scale() {
        assert_eq!(decoded(Encoding::U8, &[0, 128, 192]), [-1.0, 0.0, 0.5]);
        assert_eq!(decoded(Encoding::S8, &[0x80, 0, 0x40]), [-1.0, 0.0, 0.5]);
        assert_eq!(decoded(Encoding::S16(Order::Little), &[0, 0x80, 0, 0x40]), [-1.0, 0.5]);
        assert_eq!(decoded(Encoding::S16(Order::Big), &[0x80, 0, 0x40, 0]), [-1.0, 0.5]);
        assert_eq!(decoded(Encoding::S24(Order::Little), &[0, 0, 0x80]), [-1.0]);
        assert_eq!(decoded(Encoding::S24(Order::Big), &[0x40, 0, 0]), [0.5]);
        assert_eq!(decoded(Encoding::S32(Order::Big), &[0x80, 0, 0, 0]), [-1.0]);
        assert_eq!(decoded(Encoding::F64(Order::Little), &0.25_f64.to_le_bytes()), [0.25]);
    }

    #[test]
    fn companded_samples_follow_g711() {
        let pcm = |encoding, code| (decoded(encoding, &[code])[0] * 32_768.0) as i32;
        assert_eq!(pcm(Encoding::MuLaw, 0xff), 0);
        assert_eq!(pcm(Encoding::MuLaw, 0x00), -32_124);
        assert_eq!(pcm(Encoding::MuLaw, 0x80), 32_124);
        assert_eq!(pcm(Encoding::ALaw, 0xd5), 8);
        assert_eq!(pcm(Encoding::ALaw, 0x2a), -32_256);
        assert_eq!(pcm(Encoding::ALaw, 0xaa), 32_256);
    }
}
