//! Decoded sound as a WAV file.

use super::{AudioError, Decoder};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes before the samples.
const HEADER: u32 = 44;
const PCM: u16 = 1;
const FLOAT: u16 = 3;

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
        let bytes = self.samples.checked_mul(u64::from(self.sample_bytes()))?;
        u32::try_from(bytes).ok().filter(|bytes| bytes.checked_add(HEADER).is_some())
    }

    fn sample_bytes(&self) -> u16 {
        if self.wide { 4 } else { 2 }
    }

    fn header(&mut self) -> io::Result<()> {
        let data = self.data_bytes().unwrap_or(0);
        let block = self.channels * self.sample_bytes();
        let mut header = Vec::with_capacity(HEADER as usize);
        header.extend(b"RIFF");
        header.extend((HEADER - 8 + data).to_le_bytes());
        header.extend(b"WAVEfmt \x10\0\0\0");
        header.extend((if self.wide { FLOAT } else { PCM }).to_le_bytes());
        header.extend(self.channels.to_le_bytes());
        header.extend(self.rate.to_le_bytes());
        header.extend((self.rate * u32::from(block)).to_le_bytes());
        header.extend(block.to_le_bytes());
        header.extend((self.sample_bytes() * 8).to_le_bytes());
        header.extend(b"data");
        header.extend(data.to_le_bytes());
        self.file.write_all(&header)
    }
}
