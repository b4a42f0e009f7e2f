//! Containers with packets and codecs, read and decoded with symphonia.
//!
//! Encoders put a run-in before the sound and padding behind it. Decoders are told to leave both in, so that one
//! rule can take them off for every container: packets lie on a line of frames where sound begins at 0.

use super::clock::Clock;
use super::container::{self, Container};
use super::mp4;
use super::mpeg;
use super::sniff::SNIFF_BYTES;
use super::source::read_full;
use super::stream::{Chunk, Opened, Stream, StreamError, plausible};
use crate::domain::MediaInfo;
use std::io;
use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, SeekMode, SeekTo, Track, TrackType};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

/// Errors in a row after which a container is given up.
const MAX_ERRORS: usize = 16;
/// Streams chained in one file after which it is given up.
const MAX_LINKS: usize = 1000;
/// Seconds that may be decoded and dropped instead of a seek.
const NEAR: u64 = 2;

/// A container's audio track and its decoder.
pub(super) struct PacketStream {
    container: Container,
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    codec: AudioCodecId,
    track: u32,
    rate: u32,
    channels: usize,
    clock: Clock,
    /// Where the file says the sound ends, for containers whose packets do not say it.
    end: Option<i64>,
    /// A packet read ahead.
    pending: Option<Packet>,
    /// The frame after the last chunk.
    cursor: i64,
    /// What a chained stream adds to its own time stamps.
    offset: i64,
    links: usize,
    damaged: Option<String>,
}

impl PacketStream {
    /// Reads the header and the first packet.
    pub(super) fn open(container: Container) -> Result<Opened, StreamError> {
        let (stream, info) = Self::start(container)?;
        let bits = stream.decoder.codec_params().bits_per_sample.unwrap_or(16);
        Ok(Opened { info, bits, stream: Box::new(stream) })
    }

    fn start(container: Container) -> Result<(Self, MediaInfo), StreamError> {
        let (mut reader, allowance) = container.open()?;
        let track = audio_track(reader.as_ref(), &container)?;
        let mut params = audio_params(track)?;
        let skip = take_opus_skip(&mut params);
        let name = container::codec_name(params.codec);
        if let (Some(rate), Some(channels)) = (params.sample_rate, params.channels.as_ref()) {
            plausible(name, rate, channels.count())?;
        }
        let (id, base) = (track.id, track.time_base);
        let stated = Stated::of(track, reader.as_ref(), &container)?;
        let mut decoder = container::decoder(&params)?;

        let first = next_of_track(reader.as_mut(), id)?;
        let shape = Shape::of_first_packet(&params, decoder.as_mut(), first.as_ref())?;
        allowance.lift();
        plausible(name, shape.rate, shape.channels)?;

        let base = base
            .or_else(|| TimeBase::try_from_recip(shape.rate))
            .ok_or_else(|| StreamError::damaged("it states no rate"))?;
        let origin = first.as_ref().map_or(0, |packet| packet.pts.get());
        let ticks = Clock::new(base, shape.rate, 0, 0, None);
        let run_in = match stated.edit {
            Some(edit) => ticks.length(edit.skipped),
            None => ticks.length(origin.min(0).unsigned_abs()).max(skip),
        };
        let frames = stated.frames(&ticks, origin, run_in);
        let stream = Self {
            end: frames.filter(|_| stated.edit.is_some()).map(|frames| frames as i64),
            codec: params.codec,
            track: id,
            rate: shape.rate,
            channels: shape.channels,
            clock: Clock::new(base, shape.rate, origin, -(run_in as i64), shape.grid),
            pending: first,
            cursor: -(run_in as i64),
            offset: 0,
            links: 0,
            damaged: None,
            container,
            reader,
            decoder,
        };
        let info = MediaInfo {
            container: stream.container.kind.to_owned(),
            codec: name.to_owned(),
            rate: stream.rate,
            channels: stream.channels as u16,
            frames,
        };
        Ok((stream, info))
    }

    fn note(&mut self, why: impl Into<String>) {
        self.damaged.get_or_insert_with(|| why.into());
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, StreamError> {
        if let Some(packet) = self.pending.take() {
            return Ok(Some(packet));
        }
        for _ in 0..MAX_ERRORS {
            match next_of_track(self.reader.as_mut(), self.track) {
                Ok(packet) => return Ok(packet),
                Err(Error::ResetRequired) => self.next_link()?,
                Err(Error::IoError(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
                    return Err(error.into());
                }
                Err(Error::DecodeError(why)) => self.note(why),
                Err(Error::IoError(_)) => {
                    self.note("it ends in the middle");
                    return Ok(None);
                }
                Err(other) => {
                    self.note(other.to_string());
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// Another stream follows in the same file: its time stamps begin anew.
    fn next_link(&mut self) -> Result<(), StreamError> {
        self.links += 1;
        let track = audio_track(self.reader.as_ref(), &self.container)?;
        let mut params = audio_params(track)?;
        take_opus_skip(&mut params);
        let channels = params.channels.as_ref().map_or(self.channels, Channels::count);
        let rate = params.sample_rate.unwrap_or(self.rate);
        if self.links > MAX_LINKS || channels != self.channels || rate != self.rate {
            return Err(StreamError::damaged(format!(
                "another recording follows ({rate} Hz, {channels} channels)"
            )));
        }
        self.track = track.id;
        self.codec = params.codec;
        self.decoder = container::decoder(&params)?;
        self.offset = self.cursor;
        Ok(())
    }

    /// Decodes one packet; `None` where nothing of it is to be heard.
    fn decode(
        &mut self,
        mut packet: Packet,
        out: &mut Vec<f32>,
    ) -> Result<Option<Chunk>, StreamError> {
        let length = self.clock.length(packet.block_dur().get()).min(u64::from(self.rate)) as usize;
        let padding = self.clock.length(packet.trim_end.get()) as usize;
        packet.trim_start = Duration::ZERO;
        packet.trim_end = Duration::ZERO;
        match self.decoder.decode(&packet) {
            Ok(buffer) => {
                let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
                if (rate, channels) != (self.rate, self.channels) {
                    return Err(StreamError::damaged(format!(
                        "it changes to {rate} Hz, {channels} channels"
                    )));
                }
                buffer.copy_to_vec_interleaved(out);
            }
            // A packet that cannot be decoded is as long as it would have been, and silent.
            Err(error @ (Error::DecodeError(_) | Error::IoError(_))) => {
                self.note(error.to_string());
                out.resize(length * self.channels, 0.0);
            }
            Err(other) => return Err(other.into()),
        }
        let frames = out.len() / self.channels;
        let start = self.place(&packet, length as i64 - frames as i64);
        let sounding = match self.end {
            Some(end) => (end - start).clamp(0, frames as i64) as usize,
            None => frames.saturating_sub(padding),
        };
        out.truncate(sounding * self.channels);
        self.cursor = start + sounding as i64;
        Ok((sounding > 0).then_some(Chunk { start, frames: sounding }))
    }

    /// Where a packet's first frame lies, if it gave so many frames less than its time stamps say. Stamps that leap
    /// are not believed.
    fn place(&mut self, packet: &Packet, missing: i64) -> i64 {
        if !self.clock.is_exact() {
            return self.cursor;
        }
        let Some(stamped) = self.clock.frame(packet.pts.get()) else { return self.cursor };
        let mut start = stamped.saturating_add(self.offset);
        if self.codec == codec::CODEC_ID_VORBIS {
            // What a block adds depends on the one before: its end is where it should be.
            start += missing;
        }
        let leap = start.abs_diff(self.cursor);
        if leap > u64::from(self.rate) * 10 {
            self.offset += self.cursor - start;
            start = self.cursor;
        }
        start
    }

    /// Goes to a packet before `frame` with a run-up. Some readers land behind where they were sent (the Matroska
    /// reader by up to a cluster, usually of 5 seconds): then they are sent to an earlier place.
    fn jump_before(&mut self, frame: i64) -> Result<bool, StreamError> {
        for early in [0, 6, 40] {
            let target = frame - self.run_up() - early * i64::from(self.rate);
            if target <= 0 {
                break;
            }
            if self.jump(target, frame)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes to a packet at or before `target`; false where that cannot be told or would be after `frame`.
    fn jump(&mut self, target: i64, frame: i64) -> Result<bool, StreamError> {
        let ts = Timestamp::new(self.clock.stamp(target));
        let to = SeekTo::Timestamp { ts, track_id: self.track };
        match self.reader.seek(SeekMode::Accurate, to) {
            Ok(_) => {}
            Err(Error::IoError(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
                return Err(error.into());
            }
            Err(_) => return Ok(false),
        }
        self.decoder.reset();
        self.offset = 0;
        self.pending = None;
        self.pending = self.next_packet()?;
        let start = self.pending.as_ref().and_then(|packet| self.clock.frame(packet.pts.get()));
        self.cursor = start.unwrap_or(i64::MAX);
        Ok(self.cursor <= frame)
    }

    /// From the beginning, with everything new.
    fn rewind(&mut self) -> Result<(), StreamError> {
        let (fresh, _) = Self::start(self.container.clone())?;
        let damaged = self.damaged.take();
        *self = fresh;
        self.damaged = damaged;
        Ok(())
    }

    /// Whether the reader can be trusted with a jump. The Ogg reader never returns from one among several tracks.
    fn can_jump(&self) -> bool {
        let alone = self.container.kind != "ogg" || self.reader.tracks().len() == 1;
        self.links == 0 && alone && (self.clock.is_exact() || self.clock.has_grid())
    }

    /// Frames before a place that its codec must decode to be in its stride there.
    fn run_up(&self) -> i64 {
        match self.codec {
            codec::CODEC_ID_VORBIS => 8192,
            codec::CODEC_ID_OPUS => 9600,
            codec::CODEC_ID_MP1 | codec::CODEC_ID_MP2 | codec::CODEC_ID_MP3 => 12 * 1152,
            codec::CODEC_ID_AAC => 3 * 1024,
            _ => 0,
        }
    }
}

impl Stream for PacketStream {
    fn next(&mut self, out: &mut Vec<f32>) -> Result<Option<Chunk>, StreamError> {
        while let Some(packet) = self.next_packet()? {
            out.clear();
            if let Some(chunk) = self.decode(packet, out)? {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }

    fn seek(&mut self, frame: u64) -> Result<(), StreamError> {
        let frame = i64::try_from(frame).unwrap_or(i64::MAX);
        let near = (NEAR * u64::from(self.rate)) as i64;
        if self.cursor <= frame && frame - self.cursor < near {
            return Ok(());
        }
        if self.can_jump() {
            if self.jump_before(frame)? {
                return Ok(());
            }
            // A reader that came to the end, or lost its way in damage, may know it from the start.
            self.rewind()?;
            if self.jump_before(frame)? {
                return Ok(());
            }
        }
        self.rewind()
    }

    fn seeks_by_reading(&self) -> bool {
        self.container.is_bare()
    }

    fn damaged(&self) -> Option<&str> {
        self.damaged.as_deref()
    }

    fn measure(&mut self, budget: u64) -> Result<Option<u64>, StreamError> {
        let mut read = 0;
        let mut out = Vec::new();
        while let Some(packet) = self.next_packet()? {
            read += packet.data.len() as u64;
            if read > budget {
                return Ok(None);
            }
            if self.clock.is_exact() {
                let length = self.clock.length(packet.block_dur().get());
                let padding = self.clock.length(packet.trim_end.get());
                let start = self.place(&packet, 0);
                self.cursor = start + length.saturating_sub(padding) as i64;
            } else {
                out.clear();
                self.decode(packet, &mut out)?;
            }
        }
        Ok(Some(self.cursor.max(0) as u64))
    }
}

/// What the first packet shows; headers are wrong about it often enough.
struct Shape {
    rate: u32,
    channels: usize,
    grid: Option<u64>,
}

impl Shape {
    fn of_first_packet(
        params: &AudioCodecParameters,
        decoder: &mut dyn AudioDecoder,
        first: Option<&Packet>,
    ) -> Result<Self, StreamError> {
        let mut shape = Self {
            rate: params.sample_rate.unwrap_or(0),
            channels: params.channels.as_ref().map_or(0, Channels::count),
            grid: None,
        };
        let Some(mut packet) = first.cloned() else { return Ok(shape) };
        packet.trim_start = Duration::ZERO;
        packet.trim_end = Duration::ZERO;
        match decoder.decode(&packet) {
            Ok(buffer) => {
                shape.rate = buffer.spec().rate();
                shape.channels = buffer.spec().channels().count();
                shape.grid = has_grid(params.codec).then_some(buffer.frames() as u64);
            }
            Err(Error::Unsupported(why)) => {
                return Err(StreamError::unsupported(container::codec_name(params.codec), why));
            }
            // Reading will come across it again, and say so.
            Err(_) => {}
        }
        decoder.reset();
        Ok(shape)
    }
}

/// Codecs whose packets all hold equally many frames.
fn has_grid(codec: AudioCodecId) -> bool {
    [
        codec::CODEC_ID_AAC,
        codec::CODEC_ID_MP1,
        codec::CODEC_ID_MP2,
        codec::CODEC_ID_MP3,
        codec::CODEC_ID_OPUS,
        codec::CODEC_ID_FLAC,
        codec::CODEC_ID_ALAC,
    ]
    .contains(&codec)
}

/// What the container says about the length.
struct Stated {
    /// Ticks of the track, run-in included or not as the container does it.
    ticks: Option<u64>,
    /// Which part of the track is to be heard.
    edit: Option<mp4::Edit>,
}

impl Stated {
    fn of(
        track: &Track,
        reader: &dyn FormatReader,
        container: &Container,
    ) -> Result<Self, StreamError> {
        let ticks = match container.kind {
            // Without a tag that counts the frames these two only guess.
            "aac" => None,
            "mp1" | "mp2" | "mp3" if !states_frames(container)? => None,
            "webm" | "matroska" => matroska_ticks(track, reader),
            _ => track.duration.map(Duration::get).or(track.num_frames),
        };
        let edit = match container.kind {
            "mp4" => mp4::edit(container.source.as_ref(), track.id)?,
            _ => None,
        };
        Ok(Self { ticks: ticks.filter(|&ticks| ticks > 0), edit })
    }

    /// Frames to be heard: from the first packet's time stamp to the stated end, without the run-in.
    fn frames(&self, ticks: &Clock, origin: i64, run_in: u64) -> Option<u64> {
        let whole = ticks.length(self.ticks?.saturating_add_signed(origin.saturating_neg()));
        let heard = whole.saturating_sub(run_in);
        let edited =
            self.edit.and_then(|edit| edit.heard).map(|ticks_heard| ticks.length(ticks_heard));
        Some(edited.map_or(heard, |edited| heard.min(edited)))
    }
}

fn states_frames(container: &Container) -> Result<bool, StreamError> {
    let mut head = vec![0; SNIFF_BYTES];
    let filled = read_full(container.source.as_ref(), container.start, &mut head)?;
    Ok(mpeg::states_length(&head[..filled]))
}

/// Matroska states the length of the whole, in ticks of its own.
fn matroska_ticks(track: &Track, reader: &dyn FormatReader) -> Option<u64> {
    let whole = reader.media_info();
    let seconds = whole.time_base?.calc_duration(whole.duration?)?;
    Some(track.time_base?.calc_timestamp(seconds)?.get().max(0).unsigned_abs())
}

fn audio_track<'a>(
    reader: &'a dyn FormatReader,
    container: &Container,
) -> Result<&'a Track, StreamError> {
    reader.default_track(TrackType::Audio).ok_or_else(|| match foreign_codec(container) {
        Some(codec) => StreamError::unsupported(codec, "no decoder"),
        None => StreamError::unsupported("no known audio track", "nothing to decode"),
    })
}

/// Codecs in Ogg that the reader passes over.
fn foreign_codec(container: &Container) -> Option<&'static str> {
    let mut head = [0; 128];
    let filled = read_full(container.source.as_ref(), container.start, &mut head).ok()?;
    let holds = |mark: &[u8]| head[..filled].windows(mark.len()).any(|bytes| bytes == mark);
    [("speex", b"Speex   ".as_slice()), ("celt", b"CELT    "), ("theora", b"\x80theora")]
        .into_iter()
        .find_map(|(name, mark)| holds(mark).then_some(name))
}

fn audio_params(track: &Track) -> Result<AudioCodecParameters, StreamError> {
    track
        .codec_params
        .as_ref()
        .and_then(CodecParameters::audio)
        .cloned()
        .ok_or_else(|| StreamError::unsupported("an unknown codec", "no decoder"))
}

/// Opus always decodes at 48 kHz, whatever the header says of the original; its run-in is taken off here, not by
/// the decoder, which would do it after each seek to the start or not at all.
fn take_opus_skip(params: &mut AudioCodecParameters) -> u64 {
    if params.codec != codec::CODEC_ID_OPUS {
        return 0;
    }
    params.sample_rate = Some(48_000);
    match params.extra_data.as_deref_mut() {
        Some([b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', _, _, low, high, ..]) => {
            let skip = u16::from_le_bytes([*low, *high]);
            (*low, *high) = (0, 0);
            u64::from(skip)
        }
        _ => 0,
    }
}

fn next_of_track(reader: &mut dyn FormatReader, track: u32) -> Result<Option<Packet>, Error> {
    loop {
        match reader.next_packet()? {
            Some(packet) if packet.track_id != track => {}
            packet => return Ok(packet),
        }
    }
}
