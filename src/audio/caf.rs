//! CAF headers of uncompressed sound.

use super::block::BlockReader;
use super::pcm::{Encoding, Layout, Order};
use super::stream::StreamError;
use crate::domain::ByteSource;

/// Chunks looked at before the samples.
const MAX_CHUNKS: usize = 1000;
/// A samples chunk of this size reaches to the end of the file.
const TO_THE_END: u64 = u64::MAX;

/// Reads the header; `None`: the samples are compressed.
pub(super) fn parse(source: &dyn ByteSource) -> Result<Option<Layout>, StreamError> {
    let mut bytes = BlockReader::new(source);
    let mut format = None;
    let mut offset = 8_u64;
    for _ in 0..MAX_CHUNKS {
        let Some([a, b, c, d, size @ ..]) = bytes.at::<12>(offset)? else { break };
        let (size, body) = (u64::from_be_bytes(size), offset + 12);
        match &[a, b, c, d] {
            b"desc" => format = bytes.at::<32>(body)?.map(|desc| Format::read(&desc)),
            b"data" => {
                let format: Format =
                    format.ok_or_else(|| StreamError::damaged("samples before their format"))?;
                // The samples follow a count of edits.
                let stated = (size != TO_THE_END).then(|| size.saturating_sub(4));
                return Ok(format.layout(body + 4, stated));
            }
            _ => {}
        }
        offset = body.saturating_add(size);
    }
    Err(StreamError::damaged("it holds no samples"))
}

struct Format {
    rate: f64,
    kind: [u8; 4],
    flags: u32,
    packet_bytes: u32,
    channels: u32,
}

impl Format {
    fn read(desc: &[u8; 32]) -> Self {
        let be32 =
            |at: usize| u32::from_be_bytes([desc[at], desc[at + 1], desc[at + 2], desc[at + 3]]);
        let rate = u64::from(be32(0)) << 32 | u64::from(be32(4));
        Self {
            rate: f64::from_bits(rate),
            kind: be32(8).to_be_bytes(),
            flags: be32(12),
            packet_bytes: be32(16),
            channels: be32(24),
        }
    }

    fn layout(&self, start: u64, stated: Option<u64>) -> Option<Layout> {
        let order = if self.flags & 2 == 0 { Order::Big } else { Order::Little };
        let bytes = self.packet_bytes.checked_div(self.channels).unwrap_or(0) as usize;
        let encoding = match (&self.kind, self.flags & 1 != 0) {
            (b"lpcm", false) => Encoding::signed(bytes, order),
            (b"lpcm", true) if bytes == 4 => Some(Encoding::F32(order)),
            (b"lpcm", true) if bytes == 8 => Some(Encoding::F64(order)),
            (b"alaw", _) => Some(Encoding::ALaw),
            (b"ulaw", _) => Some(Encoding::MuLaw),
            _ => None,
        }?;
        let rate = self.rate.round().clamp(0.0, f64::from(u32::MAX)) as u32;
        let channels = u16::try_from(self.channels).unwrap_or(u16::MAX);
        Some(Layout { container: "caf", encoding, rate, channels, start, stated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::MemorySource;

    #[test]
    fn flags_tell_float_and_byte_order() {
        let mut file = b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20".to_vec();
        file.extend(16_000_f64.to_be_bytes());
        file.extend(b"lpcm");
        file.extend([3_u32, 8, 1, 2, 32].iter().flat_map(|field| field.to_be_bytes()));
        file.extend(b"data\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0");
        let layout = parse(&MemorySource::new(file)).unwrap().unwrap();
        assert_eq!(layout.encoding, Encoding::F32(Order::Little));
        assert_eq!((layout.rate, layout.channels), (16_000, 2));
        assert_eq!((layout.start, layout.stated), (68, None));
    }
}
