//! NIST SPHERE headers: the container of the classic speech corpora.

use super::pcm::{Encoding, Layout, Order};
use super::source::read_full;
use super::stream::StreamError;
use crate::domain::ByteSource;

/// The largest header that is read.
const MAX_HEADER: usize = 64 * 1024;

/// Reads the header.
pub(super) fn parse(source: &dyn ByteSource) -> Result<Layout, StreamError> {
    let mut bytes = vec![0; MAX_HEADER];
    let filled = read_full(source, 0, &mut bytes)?;
    let text = String::from_utf8_lossy(&bytes[..filled]);
    let mut lines = text.lines();
    let size = lines.nth(1).and_then(|size| size.trim().parse::<u64>().ok());
    let start = size.ok_or_else(|| StreamError::damaged("its header states no length"))?;

    let mut header = Header::default();
    for line in lines.take_while(|line| line.trim() != "end_head") {
        header.field(line);
    }
    header.layout(start)
}

#[derive(Debug, Default)]
struct Header {
    rate: Option<u32>,
    channels: Option<u16>,
    sample_bytes: Option<usize>,
    frames: Option<u64>,
    coding: Option<String>,
    order: Option<Order>,
}

impl Header {
    /// Takes one line: `name -type value`.
    fn field(&mut self, line: &str) {
        let mut parts = line.splitn(3, ' ');
        let (Some(name), Some(_), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
            return;
        };
        let value = value.trim();
        match name {
            "sample_rate" => self.rate = value.parse().ok(),
            "channel_count" => self.channels = value.parse().ok(),
            "sample_n_bytes" => self.sample_bytes = value.parse().ok(),
            "sample_count" => self.frames = value.parse().ok(),
            "sample_coding" => self.coding = Some(value.to_ascii_lowercase()),
            "sample_byte_format" if value == "10" => self.order = Some(Order::Big),
            "sample_byte_format" if value == "01" => self.order = Some(Order::Little),
            _ => {}
        }
    }

    fn layout(self, start: u64) -> Result<Layout, StreamError> {
        let coding = self.coding.unwrap_or_else(|| "pcm".to_owned());
        let mut parts = coding.split(',');
        let base = parts.next().unwrap_or_default();
        if let Some(embedded) = parts.next() {
            let codec = embedded.trim_start_matches("embedded-").to_owned();
            return Err(StreamError::unsupported(codec, "unpack it with sph2pipe first"));
        }
        let encoding = match base {
            "pcm" => {
                Encoding::signed(self.sample_bytes.unwrap_or(2), self.order.unwrap_or(Order::Big))
            }
            "ulaw" | "mu-law" | "mulaw" => Some(Encoding::MuLaw),
            "alaw" | "a-law" => Some(Encoding::ALaw),
            _ => None,
        };
        let Some(encoding) = encoding else {
            return Err(StreamError::unsupported(coding, "no decoder"));
        };
        let rate = self.rate.ok_or_else(|| StreamError::damaged("it states no sample rate"))?;
        let channels = self.channels.unwrap_or(1);
        let frame_bytes = encoding.bytes() as u64 * u64::from(channels);
        let stated = self.frames.map(|frames| frames.saturating_mul(frame_bytes));
        Ok(Layout { container: "sphere", encoding, rate, channels, start, stated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::MemorySource;

    fn parsed(fields: &str) -> Result<Layout, StreamError> {
        let header = format!("NIST_1A\n   1024\n{fields}\nend_head\n");
        parse(&MemorySource::new(header.into_bytes()))
    }

    #[test]
    fn a_corpus_header_is_read() {
        let layout = parsed(
            "speaker_id -s4 sa1x\nchannel_count -i 2\nsample_rate -i 16000\nsample_count -i 10\n\
             sample_n_bytes -i 2\nsample_byte_format -s2 01\nsample_coding -s3 pcm",
        );
        let layout = layout.unwrap();
        assert_eq!(layout.encoding, Encoding::S16(Order::Little));
        assert_eq!((layout.rate, layout.channels), (16_000, 2));
        assert_eq!((layout.start, layout.stated), (1024, Some(40)));
    }

    #[test]
    fn shorten_is_named() {
        let coding = "sample_rate -i 8000\nsample_coding -s26 pcm,embedded-shorten-v2.00";
        let Err(StreamError::Unsupported { codec, .. }) = parsed(coding) else { panic!() };
        assert_eq!(codec, "shorten-v2.00");
    }
}
