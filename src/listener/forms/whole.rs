//! A FLAC file made of a whole sound.

use super::pcm::Pcm;
use crate::audio::FlacEncoder;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// Frames encoded at a time.
const STEP: usize = 64 << 10;
/// The longest file that is made, in bytes: nobody's browser holds more.
const MOST: u64 = 1 << 30;

/// The finished file; it has no name, and is gone with this.
pub(super) struct Whole {
    file: File,
    len: u64,
}

impl Whole {
    /// Encodes all of a sound.
    ///
    /// # Errors
    /// The sound cannot be decoded, is far too long, or the disk is full.
    pub(super) fn make(mut pcm: Pcm) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let mut encoder = FlacEncoder::new(pcm.rate(), pcm.channels())?;
        let mut packed = encoder.header(None);
        let (mut len, mut frames) = (0, 0);
        loop {
            let samples = pcm.read(frames, STEP)?;
            if samples.is_empty() {
                break;
            }
            frames += samples.len() as u64 / u64::from(pcm.channels());
            encoder.push(&samples, &mut packed)?;
            file.write_all(&packed)?;
            len += packed.len() as u64;
            packed.clear();
            if len > MOST {
                return Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    "too long to be sent whole",
                ));
            }
        }
        let header = encoder.header(Some(frames));
        encoder.finish(&mut packed)?;
        file.write_all(&packed)?;
        file.write_all_at(&header, 0)?;
        Ok(Self { file, len: len + packed.len() as u64 })
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}
