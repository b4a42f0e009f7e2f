//! Ranged reads of local files and memory, and the stream that decoders read from a [`ByteSource`].

use crate::domain::ByteSource;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use symphonia::core::io::MediaSource;

/// A local file.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    len: u64,
}

impl FileSource {
    /// Opens a file for ranged reads.
    ///
    /// # Errors
    /// What the disk says; a folder is refused.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self { file, len: metadata.len() })
    }
}

impl ByteSource for FileSource {
    fn len(&self) -> Option<u64> {
        Some(self.len)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        // A header may point anywhere; the system refuses what no file can reach, as if the disk had failed.
        let reach = (i64::MAX as u64).saturating_sub(buffer.len() as u64);
        if offset > reach { Ok(0) } else { self.file.read_at(buffer, offset) }
    }

    /// Only advice, which the system may ignore.
    fn expect_all(&self) {
        #[cfg(target_os = "linux")]
        let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::WillNeed);
    }
}

/// Bytes in memory.
#[derive(Debug, Clone)]
pub struct MemorySource(Arc<[u8]>);

impl MemorySource {
    /// Takes the bytes of a whole file.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }
}

impl ByteSource for MemorySource {
    fn len(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let count = buffer.len().min(self.0.len() - start);
        buffer[..count].copy_from_slice(&self.0[start..start + count]);
        Ok(count)
    }
}

/// Fills `buffer` from `offset` as far as the source reaches; less only at its end.
pub(super) fn read_full(
    source: &dyn ByteSource,
    offset: u64,
    buffer: &mut [u8],
) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read_at(offset.saturating_add(filled as u64), &mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Which bytes of a source a decoder sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// The first byte.
    pub(super) start: u64,
    /// One past the last byte, where that is not the source's end.
    pub(super) end: Option<u64>,
    /// Whether the decoder is told the length. Those that would estimate a duration from it are not.
    pub(super) sized: bool,
    /// Whether the decoder may seek.
    pub(super) seekable: bool,
}

/// A window of a [`ByteSource`], read as a stream.
pub(super) struct SourceStream {
    source: Arc<dyn ByteSource>,
    window: Window,
    position: u64,
    allowance: Allowance,
}

impl SourceStream {
    pub(super) fn new(source: Arc<dyn ByteSource>, window: Window, allowance: Allowance) -> Self {
        Self { source, window, position: 0, allowance }
    }

    fn end(&self) -> Option<u64> {
        match (self.window.end, self.source.len()) {
            (Some(end), Some(len)) => Some(end.min(len)),
            (end, len) => end.or(len),
        }
    }
}

impl Read for SourceStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let offset = self.window.start.saturating_add(self.position);
        let left = self.end().map_or(u64::MAX, |end| end.saturating_sub(offset));
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let count = self.source.read_at(offset, &mut buffer[..wanted])?;
        self.allowance.take(count)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for SourceStream {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
            SeekFrom::End(delta) => {
                let end = self.end().ok_or(io::ErrorKind::Unsupported)?;
                end.saturating_sub(self.window.start).checked_add_signed(delta)
            }
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl MediaSource for SourceStream {
    fn is_seekable(&self) -> bool {
        self.window.seekable
    }

    fn byte_len(&self) -> Option<u64> {
        let end = self.end().filter(|_| self.window.sized)?;
        Some(end.saturating_sub(self.window.start))
    }
}

/// How many bytes may still be read: a header that never ends must not be followed to its end.
#[derive(Debug, Clone)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    pub(super) fn new(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    /// From here on as much as there is.
    pub(super) fn lift(&self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }

    fn take(&self, bytes: usize) -> io::Result<()> {
        let left = self.0.load(Ordering::Relaxed);
        if left == u64::MAX {
            return Ok(());
        }
        let left = left
            .checked_sub(bytes as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its header has no end"))?;
        self.0.store(left, Ordering::Relaxed);
        Ok(())
    }
}
