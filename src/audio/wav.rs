//! WAV, RF64 and BW64 headers. Also those that a recorder never finished, and those without what the standard asks.

use super::block::BlockReader;
use super::pcm::{Encoding, Layout, Order};
use super::stream::StreamError;
use crate::domain::ByteSource;

/// Chunks looked at before the samples.
const MAX_CHUNKS: usize = 1000;

/// What a WAV file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wav {
    /// Uncompressed samples.
    Pcm(Layout),
    /// A whole MP3 stream of so many bytes from so far on.
    Mp3 { start: u64, len: u64 },
    /// ADPCM, for a codec to decode.
    Adpcm,
}

/// Reads the header.
pub(super) fn parse(source: &dyn ByteSource) -> Result<Wav, StreamError> {
    let mut bytes = BlockReader::new(source);
    let riff = bytes.at::<8>(0)?.map(|[.., a, b, c, d]| u32::from_le_bytes([a, b, c, d]));
    let finished = riff.map(|size| u64::from(size) + 8) == source.len();
    let mut format = None;
    let mut wide = None;
    let mut offset = 12;
    for _ in 0..MAX_CHUNKS {
        let Some([a, b, c, d, size @ ..]) = bytes.at::<8>(offset)? else { break };
        let (size, body) = (u32::from_le_bytes(size), offset + 8);
        match &[a, b, c, d] {
            b"ds64" => wide = bytes.at::<16>(body)?.map(|ds64| le64(&ds64[8..])),
            b"fmt " => format = Some(Format::read(&mut bytes, body, size)?),
            b"data" => {
                let format =
                    format.ok_or_else(|| StreamError::damaged("samples before their format"))?;
                let stated = match size {
                    u32::MAX => wide.filter(|&wide| wide != u64::MAX),
                    0 if !finished => None,
                    size => Some(u64::from(size)),
                };
                return format.wav(body, stated);
            }
            _ => {}
        }
        offset = body + u64::from(size) + u64::from(size & 1);
    }
    Err(StreamError::damaged("it holds no samples"))
}

struct Format {
    tag: u16,
    channels: u16,
    rate: u32,
    block: u16,
    bits: u16,
}

impl Format {
    fn read(bytes: &mut BlockReader<'_>, body: u64, size: u32) -> Result<Self, StreamError> {
        let short = || StreamError::damaged("its format is cut off");
        let head = bytes.at::<16>(body)?.filter(|_| size >= 16).ok_or_else(short)?;
        let mut tag = le16(&head);
        if tag == EXTENSIBLE && size >= 26 {
            tag = bytes.at::<26>(body)?.map(|all| le16(&all[24..])).ok_or_else(short)?;
        }
        Ok(Self {
            tag,
            channels: le16(&head[2..]),
            rate: u32::from_le_bytes([head[4], head[5], head[6], head[7]]),
            block: le16(&head[12..]),
            bits: le16(&head[14..]),
        })
    }

    fn wav(&self, start: u64, stated: Option<u64>) -> Result<Wav, StreamError> {
        let encoding = match self.tag {
            PCM | EXTENSIBLE => match self.sample_bytes() {
                1 => Some(Encoding::U8),
                bytes => Encoding::signed(bytes, Order::Little),
            },
            FLOAT if self.sample_bytes() == 4 => Some(Encoding::F32(Order::Little)),
            FLOAT if self.sample_bytes() == 8 => Some(Encoding::F64(Order::Little)),
            A_LAW => Some(Encoding::ALaw),
            MU_LAW => Some(Encoding::MuLaw),
            MS_ADPCM | IMA_ADPCM => return Ok(Wav::Adpcm),
            MP3 => return Ok(Wav::Mp3 { start, len: stated.unwrap_or(u64::MAX - start) }),
            _ => None,
        };
        let Some(encoding) = encoding else {
            return Err(StreamError::unsupported(tag_name(self.tag, self.bits), "no decoder"));
        };
        let (rate, channels) = (self.rate, self.channels);
        Ok(Wav::Pcm(Layout { container: "wav", encoding, rate, channels, start, stated }))
    }

    /// What a sample takes in the file: 12 or 20 bits lie in 2 or 3 bytes.
    fn sample_bytes(&self) -> usize {
        match self.channels {
            0 => 0,
            channels if self.block > 0 && self.block.is_multiple_of(channels) => {
                usize::from(self.block / channels)
            }
            _ => usize::from(self.bits.div_ceil(8)),
        }
    }
}

const PCM: u16 = 1;
const MS_ADPCM: u16 = 2;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const IMA_ADPCM: u16 = 0x11;
const MP3: u16 = 0x55;
const EXTENSIBLE: u16 = 0xfffe;

fn tag_name(tag: u16, bits: u16) -> String {
    let name = match tag {
        PCM => return format!("PCM of {bits} bits"),
        FLOAT => return format!("float of {bits} bits"),
        0x10 => "OKI ADPCM",
        0x22 => "TrueSpeech",
        0x31 => "GSM 6.10",
        0x40 | 0x45 | 0x64 | 0x140 => "G.726",
        0x42 => "G.723.1",
        0x50 => "MP2",
        0x65 | 0x28f => "G.722",
        0x83 => "G.729",
        0x92 | 0x2000 => "AC-3",
        0xff | 0x1600 | 0x1610 => "AAC",
        0x160..=0x163 => "Windows Media Audio",
        0xa109 => "Speex",
        0xf1ac => "FLAC",
        _ => return format!("format tag 0x{tag:04x}"),
    };
    name.to_owned()
}

fn le16(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

fn le64(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::MemorySource;

    fn file(tag: u16, channels: u16, bits: u16, data_size: u32, data: &[u8]) -> MemorySource {
        let block = channels * bits.div_ceil(8);
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
        bytes.extend(tag.to_le_bytes());
        bytes.extend(channels.to_le_bytes());
        bytes.extend(8000_u32.to_le_bytes());
        bytes.extend((8000 * u32::from(block)).to_le_bytes());
        bytes.extend(block.to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes.extend(b"LIST\x03\0\0\0abc\0data");
        bytes.extend(data_size.to_le_bytes());
        bytes.extend(data);
        MemorySource::new(bytes)
    }

    fn layout(source: &MemorySource) -> Layout {
        match parse(source).unwrap() {
            Wav::Pcm(layout) => layout,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn odd_chunks_are_padded_and_placeholders_mean_to_the_end() {
        assert_eq!(layout(&file(1, 1, 16, 4, &[0; 4])).stated, Some(4));
        assert_eq!(layout(&file(1, 1, 16, 0, &[0; 99])).stated, None);
        assert_eq!(layout(&file(1, 1, 16, u32::MAX, &[0; 99])).stated, None);
        assert_eq!(layout(&file(1, 2, 12, 4, &[0; 4])).encoding, Encoding::S16(Order::Little));
    }

    #[test]
    fn what_cannot_be_decoded_is_named() {
        let named = |tag| match parse(&file(tag, 1, 16, 4, &[0; 4])) {
            Err(StreamError::Unsupported { codec, .. }) => codec,
            other => panic!("{other:?}"),
        };
        assert_eq!(named(0x31), "GSM 6.10");
        assert_eq!(named(0x7777), "format tag 0x7777");
        assert_eq!(named(3), "float of 16 bits");
    }
}
