//! AIFF and AIFC headers of uncompressed sound.

use super::block::BlockReader;
use super::pcm::{Encoding, Layout, Order};
use super::stream::StreamError;
use crate::domain::ByteSource;

/// Chunks looked at before both the format and the samples are found.
const MAX_CHUNKS: usize = 1000;

/// Reads the header; `None`: the samples are compressed.
pub(super) fn parse(source: &dyn ByteSource) -> Result<Option<Layout>, StreamError> {
    let mut bytes = BlockReader::new(source);
    let compressing = bytes.at::<12>(0)?.is_some_and(|head| head.ends_with(b"AIFC"));
    let mut format = None;
    let mut samples = None;
    let mut offset = 12;
    for _ in 0..MAX_CHUNKS {
        if format.is_some() && samples.is_some() {
            break;
        }
        let Some([a, b, c, d, size @ ..]) = bytes.at::<8>(offset)? else { break };
        let (size, body) = (u64::from(u32::from_be_bytes(size)), offset + 8);
        match &[a, b, c, d] {
            b"COMM" => format = Some(Format::read(&mut bytes, body, compressing)?),
            b"SSND" => {
                let skipped = bytes.at::<4>(body)?.map_or(0, u32::from_be_bytes);
                let head = 8 + u64::from(skipped);
                samples = Some((body + head, size.saturating_sub(head)));
            }
            _ => {}
        }
        offset = body + size + (size & 1);
    }
    match (format, samples) {
        (Some(format), Some((start, stated))) => Ok(format.layout(start, stated)),
        (None, _) => Err(StreamError::damaged("it states no format")),
        (_, None) => Err(StreamError::damaged("it holds no samples")),
    }
}

struct Format {
    channels: u16,
    bits: u16,
    rate: u32,
    /// What the samples are encoded with; `NONE` in plain AIFF.
    compression: [u8; 4],
}

impl Format {
    fn read(
        bytes: &mut BlockReader<'_>,
        body: u64,
        compressing: bool,
    ) -> Result<Self, StreamError> {
        let short = || StreamError::damaged("its format is cut off");
        let head = bytes.at::<18>(body)?.ok_or_else(short)?;
        let compression =
            if compressing { bytes.at::<4>(body + 18)?.ok_or_else(short)? } else { *b"NONE" };
        let be16 = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
        Ok(Self { channels: be16(0), bits: be16(6), rate: extended(&head[8..]), compression })
    }

    fn layout(&self, start: u64, stated: u64) -> Option<Layout> {
        let bytes = usize::from(self.bits.div_ceil(8));
        let encoding = match &self.compression {
            b"NONE" | b"twos" => Encoding::signed(bytes, Order::Big),
            b"sowt" => Encoding::signed(bytes, Order::Little),
            b"raw " => Some(Encoding::U8),
            b"fl32" | b"FL32" => Some(Encoding::F32(Order::Big)),
            b"fl64" | b"FL64" => Some(Encoding::F64(Order::Big)),
            b"in24" => Some(Encoding::S24(Order::Big)),
            b"in32" => Some(Encoding::S32(Order::Big)),
            b"alaw" | b"ALAW" => Some(Encoding::ALaw),
            b"ulaw" | b"ULAW" => Some(Encoding::MuLaw),
            _ => None,
        }?;
        let (rate, channels) = (self.rate, self.channels);
        Some(Layout { container: "aiff", encoding, rate, channels, start, stated: Some(stated) })
    }
}

/// An 80-bit float as a whole number of hertz; what fits none is 0.
fn extended(bytes: &[u8]) -> u32 {
    let exponent = i32::from(u16::from_be_bytes([bytes[0], bytes[1]])) - 16_383;
    let mantissa = bytes[2..10].iter().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
    match exponent {
        0..=31 => u32::try_from(mantissa >> (63 - exponent)).unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_80_bit_floats() {
        assert_eq!(extended(&[0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]), 44_100);
        assert_eq!(extended(&[0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]), 8000);
        assert_eq!(extended(&[0x7f, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0]), 0);
        assert_eq!(extended(&[0; 10]), 0);
    }
}
