//! Sound as a WAV file: what stands before the samples, and decoded files written out.

use super::{AudioError, Decoder};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes before the samples.
pub const WAV_HEADER: u32 = 44;

/// What the samples of a WAV file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WavSamples {
    /// Integers of 16 bits.
    Pcm16,
    /// Floating point of 32 bits.
    Float32,
}

impl WavSamples {
    /// Bytes of one.
    fn bytes(self) -> u16 {
        match self {
            Self::Pcm16 => 2,
            Self::Float32 => 4,
        }
    }

    /// `wFormatTag` of the format chunk.
    fn tag(self) -> u16 {
        match self {
            Self::Pcm16 => 1,
            Self::Float32 => 3,
        }
    }
}

/// The [`WAV_HEADER`] bytes before `data` bytes of samples. A length that is unknown, or does not fit into 4 GiB, is
/// stated as endless, which readers take as: to the end of the file.
pub fn wav_header(rate: u32, channels: u16, samples: WavSamples, data: Option<u64>) -> Vec<u8> {
    let stated = |size: Option<u64>| size.and_then(|size| u32::try_from(size).ok());
    let riff = stated(data.and_then(|data| data.checked_add(u64::from(WAV_HEADER) - 8)));
    let data = stated(data).filter(|_| riff.is_some()).unwrap_or(u32::MAX);
    let block = channels.saturating_mul(samples.bytes());
    let mut header = Vec::with_capacity(WAV_HEADER as usize);
    header.extend(b"RIFF");
    header.extend(riff.unwrap_or(u32::MAX).to_le_bytes());
    header.extend(b"WAVEfmt \x10\0\0\0");
    header.extend(samples.tag().to_le_bytes());
    header.extend(channels.to_le_bytes());
    header.extend(rate.to_le_bytes());
    header.extend(rate.saturating_mul(block.into()).to_le_bytes());
    header.extend(block.to_le_bytes());
    header.extend((samples.bytes() * 8).to_le_bytes());
    header.extend(b"data");
    header.extend(data.to_le_bytes());
    header
}

/// Writes what is left of a file to a new WAV file: 16-bit samples where the source has no more, else 32-bit float.
/// Gives the number of frames.
///
/// # Errors
/// The source could not be read or decoded, the file could not be written, or it would not fit into 4 GiB.
pub fn write_wav(decoder: &mut Decoder, path: &Path) -> Result<u64, AudioError> {
    let write = |cause| AudioError::Write { path: path.display().to_string(), cause };
    let mut wav = Writer::create(path, decoder).map_err(write)?;
    let mut samples = Vec::new();
    while decoder.read(&mut samples)? > 0 {
        wav.push(&samples).map_err(write)?;
        samples.clear();
    }
    wav.finish().map_err(write)
}

struct Writer {
    file: BufWriter<File>,
    wide: bool,
    rate: u32,
    channels: u16,
    samples: u64,
}

impl Writer {
    fn create(path: &Path, decoder: &Decoder) -> io::Result<Self> {
        let info = decoder.info();
        let file = BufWriter::new(File::create(path)?);
        let wide = decoder.bits() > 16;
        let mut wav = Self { file, wide, rate: info.rate, channels: info.channels, samples: 0 };
        wav.header()?;
        Ok(wav)
    }

    fn push(&mut self, samples: &[f32]) -> io::Result<()> {
        self.samples += samples.len() as u64;
        if self.data_bytes().is_none() {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "a WAV file holds at most 4 GiB",
            ));
        }
        for &sample in samples {
            if self.wide {
                self.file.write_all(&sample.to_le_bytes())?;
            } else {
                let sample = (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16;
                self.file.write_all(&sample.to_le_bytes())?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<u64> {
        self.file.seek(SeekFrom::Start(0))?;
        self.header()?;
        self.file.flush()?;
        Ok(self.samples / u64::from(self.channels.max(1)))
    }

    fn data_bytes(&self) -> Option<u32> {
        let bytes = self.samples.checked_mul(u64::from(self.kind().bytes()))?;
        u32::try_from(bytes).ok().filter(|bytes| bytes.checked_add(WAV_HEADER).is_some())
    }

    fn kind(&self) -> WavSamples {
        if self.wide { WavSamples::Float32 } else { WavSamples::Pcm16 }
    }

    fn header(&mut self) -> io::Result<()> {
        let data = self.data_bytes().unwrap_or(0);
        self.file.write_all(&wav_header(self.rate, self.channels, self.kind(), Some(data.into())))
    }
}
