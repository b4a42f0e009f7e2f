//! 16-bit samples as FLAC (RFC 9639), frame by frame.

use super::guard::guarded;
use flacenc::bitsink::ByteSink;
use flacenc::component::{BitRepr, StreamInfo};
use flacenc::config::Encoder;
use flacenc::error::{Verified, Verify};
use flacenc::source::{Fill, FrameBuf};
use std::io;

/// Bytes before the first frame.
const HEADER: usize = 42;
/// Samples of a channel in a frame.
const BLOCK: usize = 4096;
const BITS: usize = 16;
/// What frames of faster recordings are told: a rate that no frame can state, so that they refer to the header.
const UNSTATED_RATE: u32 = 95_999;
/// Rates that frames can state, in hertz.
const STATED_RATES: u32 = 65_535;

/// The fastest recording that a FLAC file holds, in hertz.
pub const MAX_FLAC_RATE: u32 = 655_350;

/// Samples on their way into FLAC. Sampling rates up to [`MAX_FLAC_RATE`], one or two channels.
pub struct FlacEncoder {
    config: Verified<Encoder>,
    frames: StreamInfo,
    rate: u32,
    channels: usize,
    block: FrameBuf,
    pending: Vec<i32>,
    number: usize,
}

impl FlacEncoder {
    /// For samples of this rate, in hertz, and so many channels.
    ///
    /// # Errors
    /// No FLAC file holds such samples.
    pub fn new(rate: u32, channels: u16) -> io::Result<Self> {
        if !(1..=MAX_FLAC_RATE).contains(&rate) || !(1..=2).contains(&channels) {
            return Err(refused(format!("{channels} channels at {rate} Hz")));
        }
        let mut config = Encoder::default();
        // A third of the time for a few per cent of the size.
        config.subframe_coding.use_lpc = false;
        let config = config.into_verified().map_err(|(_, error)| refused(error))?;
        let channels = usize::from(channels);
        let stated = if rate <= STATED_RATES { rate } else { UNSTATED_RATE };
        let frames = StreamInfo::new(stated as usize, channels, BITS).map_err(refused)?;
        let block = FrameBuf::with_size(channels, BLOCK).map_err(refused)?;
        Ok(Self { config, frames, rate, channels, block, pending: Vec::new(), number: 0 })
    }

    /// What comes before the frames. `frames` is the length of the whole, where it is known.
    pub fn header(&self, frames: Option<u64>) -> Vec<u8> {
        let mut header = Vec::with_capacity(HEADER);
        // The only metadata: 34 bytes about the stream.
        header.extend(b"fLaC\x80\0\0\x22");
        header.extend([(BLOCK as u16).to_be_bytes(); 2].as_flattened());
        // The sizes of the frames are not known.
        header.extend([0; 6]);
        let frames = frames.filter(|frames| *frames < 1 << 36).unwrap_or(0);
        let shape = u64::from(self.rate) << 44
            | (self.channels as u64 - 1) << 41
            | (BITS as u64 - 1) << 36
            | frames;
        header.extend(shape.to_be_bytes());
        // No checksum of the samples.
        header.extend([0; 16]);
        header
    }

    /// Takes interleaved samples, and appends the frames that are full to `out`.
    ///
    /// # Errors
    /// The encoder fails; it is not to be used again.
    pub fn push(&mut self, samples: &[i16], out: &mut Vec<u8>) -> io::Result<()> {
        self.pending.extend(samples.iter().copied().map(i32::from));
        let full = BLOCK * self.channels;
        let mut done = 0;
        while self.pending.len() - done >= full {
            self.frame(done..done + full, out)?;
            done += full;
        }
        self.pending.drain(..done);
        Ok(())
    }

    /// Appends what is left as the last frame.
    ///
    /// # Errors
    /// The encoder fails.
    pub fn finish(mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let rest = self.pending.len() / self.channels * self.channels;
        if rest > 0 { self.frame(0..rest, out) } else { Ok(()) }
    }

    fn frame(&mut self, samples: std::ops::Range<usize>, out: &mut Vec<u8>) -> io::Result<()> {
        let Self { config, frames, block, pending, number, .. } = self;
        let bytes = guarded(|| {
            block.fill_interleaved(&pending[samples]).map_err(refused)?;
            let frame = flacenc::encode_fixed_size_frame(config, block, *number, frames);
            let mut sink = ByteSink::new();
            frame.map_err(refused)?.write(&mut sink).map_err(refused)?;
            Ok::<_, io::Error>(sink)
        });
        out.extend(bytes.map_err(refused)??.as_slice());
        self.number += 1;
        Ok(())
    }
}

/// Samples at full scale ±1 as 16-bit ones.
pub fn to_16_bits(samples: &[f32]) -> impl Iterator<Item = i16> {
    samples.iter().map(|sample| (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16)
}

#[allow(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn refused(why: impl ToString) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("not possible as FLAC: {}", why.to_string()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Decoder, MemorySource};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn pack(samples: &[i16], rate: u32, channels: u16) -> Vec<u8> {
        let mut encoder = FlacEncoder::new(rate, channels).unwrap();
        let frames = samples.len() as u64 / u64::from(channels);
        let mut flac = encoder.header(Some(frames));
        for part in samples.chunks(3000) {
            encoder.push(part, &mut flac).unwrap();
        }
        encoder.finish(&mut flac).unwrap();
        flac
    }

    fn unpack(flac: Vec<u8>) -> (u32, u16, Vec<i16>) {
        let mut decoder = Decoder::open(Arc::new(MemorySource::new(flac)), "it").unwrap();
        let mut samples = Vec::new();
        while decoder.read(&mut samples).unwrap() > 0 {}
        assert_eq!(decoder.damaged(), None);
        (decoder.info().rate, decoder.info().channels, to_16_bits(&samples).collect())
    }

    /// Something between a tone and noise, with silence and full scale in it.
    fn sounds() -> impl Strategy<Value = Vec<i16>> {
        let stretch = prop_oneof![
            (1usize..5000).prop_map(|count| vec![0; count]),
            prop::collection::vec(any::<i16>(), 1..3000),
            (1usize..9000, 0.001f32..1.5, 1f32..32_767.0).prop_map(|(count, step, loud)| {
                (0..count).map(|at| ((at as f32 * step).sin() * loud) as i16).collect()
            }),
            (1usize..200).prop_map(|count| (0..count)
                .map(|at| if at % 2 == 0 { i16::MIN } else { i16::MAX })
                .collect()),
        ];
        prop::collection::vec(stretch, 1..4).prop_map(|stretches| stretches.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_sample_comes_back(
            samples in sounds(),
            channels in 1u16..=2,
            rate in prop_oneof![
                Just(8000u32), Just(11_025), Just(16_000), Just(44_100), Just(48_000), Just(192_000),
                100u32..=MAX_FLAC_RATE
            ],
        ) {
            let whole = samples.len() / usize::from(channels) * usize::from(channels);
            let samples = &samples[..whole];
            prop_assume!(whole > 0);
            let back = unpack(pack(samples, rate, channels));
            prop_assert_eq!((back.0, back.1), (rate, channels));
            prop_assert_eq!(&back.2[..], samples);
        }
    }

    #[test]
    fn silence_takes_next_to_nothing_and_speech_less_than_samples() {
        assert!(pack(&vec![0; 64_000], 16_000, 1).len() < 400);
        let hum: Vec<i16> =
            (0_u16..64_000).map(|at| ((f32::from(at) * 0.1).sin() * 9000.0) as i16).collect();
        assert!(pack(&hum, 16_000, 1).len() < 64_000 * 3 / 2);
    }

    #[test]
    fn what_flac_cannot_hold_is_refused() {
        assert!(FlacEncoder::new(0, 1).is_err());
        assert!(FlacEncoder::new(16_000, 0).is_err());
        assert!(FlacEncoder::new(16_000, 3).is_err());
        assert!(FlacEncoder::new(2_000_000, 1).is_err());
    }
}
