//! Sun and `NeXT` `.au` headers.

use super::block::BlockReader;
use super::pcm::{Encoding, Layout, Order};
use super::stream::StreamError;
use crate::domain::ByteSource;

/// Reads the header.
pub(super) fn parse(source: &dyn ByteSource) -> Result<Layout, StreamError> {
    let header = BlockReader::new(source)
        .at::<24>(0)?
        .ok_or_else(|| StreamError::damaged("its header is cut off"))?;
    let field = |n: usize| {
        u32::from_be_bytes([header[n * 4], header[n * 4 + 1], header[n * 4 + 2], header[n * 4 + 3]])
    };
    let encoding = match field(3) {
        1 => Encoding::MuLaw,
        2 => Encoding::S8,
        3 => Encoding::S16(Order::Big),
        4 => Encoding::S24(Order::Big),
        5 => Encoding::S32(Order::Big),
        6 => Encoding::F32(Order::Big),
        7 => Encoding::F64(Order::Big),
        27 => Encoding::ALaw,
        other => {
            let codec = match other {
                23 | 25 | 26 => "G.721 or G.723 ADPCM".to_owned(),
                24 => "G.722".to_owned(),
                _ => format!("encoding {other}"),
            };
            return Err(StreamError::unsupported(codec, "no decoder"));
        }
    };
    let channels = u16::try_from(field(5)).unwrap_or(u16::MAX);
    let stated = Some(field(2)).filter(|&size| size != u32::MAX).map(u64::from);
    let start = u64::from(field(1).max(24));
    Ok(Layout { container: "au", encoding, rate: field(4), channels, start, stated })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::MemorySource;

    #[test]
    fn header_fields_are_big_endian_and_the_size_may_be_unknown() {
        let header = [0x2e73_6e64, 28, u32::MAX, 27, 8000, 2, 0];
        let bytes: Vec<u8> = header.iter().flat_map(|field| field.to_be_bytes()).collect();
        let layout = parse(&MemorySource::new(bytes)).unwrap();
        assert_eq!(layout.encoding, Encoding::ALaw);
        assert_eq!((layout.rate, layout.channels), (8000, 2));
        assert_eq!((layout.start, layout.stated), (28, None));
    }
}
