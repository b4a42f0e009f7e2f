//! One open audio file: its packets as interleaved samples, and exact seeks.

use super::AudioError;
use super::container::Container;
use super::guard::guarded;
use super::packets::PacketStream;
use super::pcm::{Layout, PcmStream};
use super::sniff::{SNIFF_BYTES, id3_length, looks_like_audio, sniff};
use super::source::read_full;
use super::stream::{Opened, Stream, StreamError, plausible};
use super::{aiff, au, caf, sphere, wav};
use crate::domain::{ByteSource, MediaInfo};
use std::sync::Arc;

/// Tags before the sound that are skipped; more of them is no recording.
const MAX_TAGS: usize = 16;

/// An audio file being decoded at its own rate and with its own channels.
pub struct Decoder {
    name: String,
    info: MediaInfo,
    bits: u32,
    stream: Box<dyn Stream>,
    position: u64,
    /// Why the sound ends before its end, where the stream gave up.
    cut: Option<String>,
    crashed: Option<String>,
    chunk: Vec<f32>,
}

impl Decoder {
    /// Opens a file by its content; `name` appears in errors and helps where the content is ambiguous.
    ///
    /// # Errors
    /// The bytes cannot be read, are no audio, or hold a codec that is not supported.
    pub fn open(source: Arc<dyn ByteSource>, name: &str) -> Result<Self, AudioError> {
        let place = Place::find(source.as_ref(), name)?;
        let opened = guarded(|| open_stream(source, place))
            .map_err(|why| crashed(name, place.container, why))?;
        let Opened { info, bits, stream } =
            opened.map_err(|error| failed(name, place.container, error))?;
        Ok(Self {
            name: name.to_owned(),
            info,
            bits,
            stream,
            position: 0,
            cut: None,
            crashed: None,
            chunk: Vec::new(),
        })
    }

    /// What the file is.
    pub fn info(&self) -> &MediaInfo {
        &self.info
    }

    /// Bits that a sample of it needs; 16 for lossy codecs.
    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// The frame that the next [`Decoder::read`] starts with.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What was wrong with the part read so far, in one sentence.
    pub fn damaged(&self) -> Option<&str> {
        self.stream.damaged().or(self.cut.as_deref())
    }

    /// Appends the next packet's frames, interleaved, full scale at ±1; gives the number of frames, 0 at the end.
    /// A damaged file is read as far as it goes; see [`Decoder::damaged`].
    ///
    /// # Errors
    /// The bytes could not be read, or the decoder crashed.
    pub fn read(&mut self, out: &mut Vec<f32>) -> Result<usize, AudioError> {
        let channels = usize::from(self.info.channels);
        while self.cut.is_none() {
            let mut chunk = std::mem::take(&mut self.chunk);
            chunk.clear();
            let next = self.run(|stream| stream.next(&mut chunk));
            self.chunk = chunk;
            let Some(chunk) = self.unless_damaged(next)?.flatten() else { return Ok(0) };
            let end = chunk.start.saturating_add(chunk.frames as i64);
            let early = (self.position as i64).saturating_sub(chunk.start).max(0) as usize;
            if early < chunk.frames {
                out.extend_from_slice(&self.chunk[early * channels..]);
                self.position = end.max(0).unsigned_abs();
                return Ok(chunk.frames - early);
            }
        }
        Ok(0)
    }

    /// Goes to a frame, exactly; beyond the end the next read gives 0.
    ///
    /// # Errors
    /// The bytes could not be read, or the decoder crashed.
    pub fn seek(&mut self, frame: u64) -> Result<(), AudioError> {
        self.position = frame;
        self.cut = None;
        let sought = self.run(|stream| stream.seek(frame));
        self.unless_damaged(sought).map(|_| ())
    }

    /// Damage is no error while reading: the sound ends there.
    fn unless_damaged<T>(
        &mut self,
        result: Result<T, AudioError>,
    ) -> Result<Option<T>, AudioError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(AudioError::Damaged { why, .. } | AudioError::Unsupported { why, .. }) => {
                self.cut = Some(why);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a seek has to read all that lies before the place.
    pub(super) fn seeks_by_reading(&self) -> bool {
        self.stream.seeks_by_reading()
    }

    /// Counts the frames of the whole file from its packets, reading at most `budget` bytes. To be used on a file
    /// just opened, and not to be read from afterwards.
    pub(super) fn measure(&mut self, budget: u64) -> Result<Option<u64>, AudioError> {
        self.run(|stream| stream.measure(budget))
    }

    /// Runs a step of the decoder behind the guard; after a crash it is not touched again.
    fn run<T>(
        &mut self,
        step: impl FnOnce(&mut dyn Stream) -> Result<T, StreamError>,
    ) -> Result<T, AudioError> {
        if let Some(why) = &self.crashed {
            return Err(crashed(&self.name, &self.info.container, why.clone()));
        }
        match guarded(|| step(self.stream.as_mut())) {
            Ok(result) => result.map_err(|error| failed(&self.name, &self.info.container, error)),
            Err(why) => {
                self.crashed = Some(why.clone());
                Err(crashed(&self.name, &self.info.container, why))
            }
        }
    }
}

/// What a file is and where its sound begins.
#[derive(Debug, Clone, Copy)]
struct Place {
    container: &'static str,
    start: u64,
}

impl Place {
    /// Looks behind the tags at the start, however long they are, without reading them.
    fn find(source: &dyn ByteSource, name: &str) -> Result<Self, AudioError> {
        let read = |cause| AudioError::Read { name: name.to_owned(), cause };
        let mut head = vec![0; SNIFF_BYTES];
        let mut start = 0;
        for _ in 0..MAX_TAGS {
            let filled = read_full(source, start, &mut head).map_err(read)?;
            let head = &head[..filled];
            if start == 0 && head.is_empty() {
                return Err(AudioError::Empty { name: name.to_owned() });
            }
            match id3_length(head) as u64 {
                0 => {
                    let container = sniff(head).or_else(|| by_name(name, start > 0));
                    return match container {
                        Some(container) => Ok(Self { container, start }),
                        None => Err(AudioError::Unknown { name: name.to_owned() }),
                    };
                }
                tags => start += tags,
            }
        }
        Err(AudioError::Unknown { name: name.to_owned() })
    }
}

/// MP3 and AAC files may begin with anything; where nothing else is known the name decides.
fn by_name(name: &str, tagged: bool) -> Option<&'static str> {
    let ending = name.rsplit('.').next().filter(|_| looks_like_audio(name)).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "mp3" | "mp2" | "mpga" => Some("mp3"),
        "aac" | "adts" => Some("aac"),
        _ => tagged.then_some("mp3"),
    }
}

fn open_stream(source: Arc<dyn ByteSource>, place: Place) -> Result<Opened, StreamError> {
    let Place { container: kind, start } = place;
    let whole = |source| PacketStream::open(Container { source, kind, start, end: None });
    match kind {
        "wav" => match wav::parse(source.as_ref())? {
            wav::Wav::Pcm(layout) => pcm(source, layout),
            wav::Wav::Adpcm => whole(source),
            wav::Wav::Mp3 { start, len } => {
                let end = start.checked_add(len);
                let mut mp3 = PacketStream::open(Container { source, kind: "mp3", start, end })?;
                kind.clone_into(&mut mp3.info.container);
                Ok(mp3)
            }
        },
        "aiff" | "caf" => {
            let parse = if kind == "aiff" { aiff::parse } else { caf::parse };
            match parse(source.as_ref())? {
                Some(layout) => pcm(source, layout),
                None => whole(source),
            }
        }
        "au" => pcm_of(source, au::parse),
        "sphere" => pcm_of(source, sphere::parse),
        "amr" | "w64" | "wma" | "ape" | "wavpack" | "tta" => {
            Err(StreamError::unsupported(kind, "no decoder"))
        }
        _ => whole(source),
    }
}

fn pcm_of(
    source: Arc<dyn ByteSource>,
    parse: fn(&dyn ByteSource) -> Result<Layout, StreamError>,
) -> Result<Opened, StreamError> {
    let layout = parse(source.as_ref())?;
    pcm(source, layout)
}

fn pcm(source: Arc<dyn ByteSource>, layout: Layout) -> Result<Opened, StreamError> {
    plausible(layout.encoding.name(), layout.rate, usize::from(layout.channels))?;
    let stream = PcmStream::new(source, layout);
    Ok(Opened { info: stream.info(), bits: stream.bits(), stream: Box::new(stream) })
}

fn failed(name: &str, container: &str, error: StreamError) -> AudioError {
    let (name, container) = (name.to_owned(), container.to_owned());
    match error {
        StreamError::Read(cause) => AudioError::Read { name, cause },
        StreamError::Damaged(why) => AudioError::Damaged { name, container, why },
        StreamError::Unsupported { codec, why } => {
            AudioError::Unsupported { name, container, codec, why }
        }
    }
}

fn crashed(name: &str, container: &str, why: String) -> AudioError {
    AudioError::Crashed { name: name.to_owned(), container: container.to_owned(), why }
}

#[cfg(test)]
mod tests;
