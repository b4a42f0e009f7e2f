//! Which reader opens which container, and which decoders there are.

use super::source::{Allowance, SourceStream, Window};
use super::stream::StreamError;
use super::vorbis;
use crate::domain::ByteSource;
use std::sync::{Arc, LazyLock};
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions,
};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions, ReadBytes};
use symphonia::default::formats::{
    AdtsReader, AiffReader, CafReader, FlacReader, IsoMp4Reader, MkvReader, MpaReader, OggReader,
    WavReader,
};

/// The most that is read before the first packet.
const HEADER_BYTES: u64 = 64 << 20;

/// A container's bytes: enough to open it anew.
#[derive(Clone)]
pub(super) struct Container {
    pub(super) source: Arc<dyn ByteSource>,
    /// The name that [`sniff`](super::sniff) gave it.
    pub(super) kind: &'static str,
    /// Offset of its first byte.
    pub(super) start: u64,
    /// One past its last byte, where that is not the end of the source.
    pub(super) end: Option<u64>,
}

impl Container {
    /// Reads the header. The allowance ends a header without end; it is to be lifted after the first packet.
    pub(super) fn open(&self) -> Result<(Box<dyn FormatReader>, Allowance), StreamError> {
        let (start, end) = (self.start, self.end);
        let sized = !self.is_bare();
        let whole = self.open_window(Window { start, end, sized, seekable: true });
        match whole {
            // This reader refuses a file that is cut, unless it is not told where that ends.
            Err(_) if matches!(self.kind, "webm" | "matroska") => {
                let stream = Window { start, end, sized: false, seekable: false };
                self.open_window(stream).or(whole)
            }
            whole => whole,
        }
    }

    /// Whether it is frames and nothing around them, that would say how many there are and where.
    pub(super) fn is_bare(&self) -> bool {
        matches!(self.kind, "mp1" | "mp2" | "mp3" | "aac")
    }

    fn open_window(
        &self,
        window: Window,
    ) -> Result<(Box<dyn FormatReader>, Allowance), StreamError> {
        let allowance = Allowance::new(HEADER_BYTES);
        let stream = SourceStream::new(Arc::clone(&self.source), window, allowance.clone());
        let bytes = MediaSourceStream::new(Box::new(stream), MediaSourceStreamOptions::default());
        Ok((reader(self.kind, bytes)?, allowance))
    }
}

fn reader(
    kind: &str,
    mut bytes: MediaSourceStream<'static>,
) -> Result<Box<dyn FormatReader>, Error> {
    let options = FormatOptions::default();
    Ok(match kind {
        "wav" => Box::new(WavReader::try_new(bytes, options)?),
        "flac" => Box::new(FlacReader::try_new(bytes, options)?),
        "ogg" => Box::new(OggReader::try_new(bytes, options)?),
        "mp1" | "mp2" | "mp3" => Box::new(MpaReader::try_new(bytes, options)?),
        "aac" => Box::new(AdtsReader::try_new(bytes, options)?),
        "mp4" => {
            // This reader expects to stand behind the size of the first atom.
            bytes.ignore_bytes(4)?;
            Box::new(IsoMp4Reader::try_new(bytes, options)?)
        }
        "aiff" => Box::new(AiffReader::try_new(bytes, options)?),
        "caf" => Box::new(CafReader::try_new(bytes, options)?),
        "webm" | "matroska" => Box::new(MkvReader::try_new(bytes, options)?),
        _ => return Err(Error::Unsupported("no reader for this container")),
    })
}

/// A decoder that trims nothing: where sound begins and ends is decided here, alike for all codecs.
pub(super) fn decoder(params: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, StreamError> {
    // The Vorbis decoder alone must drop its first block itself: it is half a block of nothing.
    let gapless = params.codec == codec::CODEC_ID_VORBIS;
    if let (true, Some(headers)) = (gapless, &params.extra_data) {
        vorbis::check(headers)?;
    }
    CODECS.make_audio_decoder(params, &AudioDecoderOptions::default().gapless(gapless)).map_err(
        |error| match error {
            Error::Unsupported(why) => StreamError::unsupported(codec_name(params.codec), why),
            other => other.into(),
        },
    )
}

static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    #[cfg(feature = "opus")]
    codecs.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    codecs
});

/// A codec's name, also of one that there is no decoder for.
pub(super) fn codec_name(id: AudioCodecId) -> &'static str {
    if let Some(known) = CODECS.get_audio_decoder(id) {
        return known.codec.info.short_name;
    }
    match id {
        codec::CODEC_ID_OPUS => "opus",
        codec::CODEC_ID_SPEEX => "speex",
        codec::CODEC_ID_AC3 => "ac3",
        codec::CODEC_ID_EAC3 => "eac3",
        codec::CODEC_ID_AC4 => "ac4",
        codec::CODEC_ID_DCA => "dts",
        codec::CODEC_ID_TRUEHD => "truehd",
        codec::CODEC_ID_WAVPACK => "wavpack",
        codec::CODEC_ID_TTA => "tta",
        codec::CODEC_ID_WMA => "wma",
        codec::CODEC_ID_ADPCM_G722 => "g722",
        codec::CODEC_ID_ADPCM_G726 | codec::CODEC_ID_ADPCM_G726LE => "g726",
        codec::CODEC_ID_ADPCM_IMA_QT => "adpcm_ima_qt",
        _ => "an unknown codec",
    }
}
