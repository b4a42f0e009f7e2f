//! Every format that is read, against what ffmpeg reads from the same file.

use crate::ffmpeg;
use earmark::audio::{Decoder, FileSource};
use std::path::Path;
use std::sync::Arc;

/// How near to ffmpeg a format must come.
#[derive(Clone, Copy)]
enum Near {
    /// Every sample is the same, and there are equally many.
    Same,
    /// It sounds the same at the same time, and the length is right within 50 ms.
    Alike,
}

fn open(path: &Path) -> Decoder {
    let source = Arc::new(FileSource::open(path).unwrap());
    Decoder::open(source, path.file_name().unwrap().to_str().unwrap()).unwrap()
}

fn read_all(decoder: &mut Decoder) -> Vec<f32> {
    let mut out = Vec::new();
    while decoder.read(&mut out).unwrap() > 0 {}
    out
}

/// Normalised correlation at no lag.
fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt()).max(f64::MIN_POSITIVE)
}

/// Encodes speech, reads it, compares with ffmpeg; then seeks here and there, and compares with itself.
fn check(rate: u32, args: &str, name: &str, (container, codec): (&str, &str), near: Near) {
    let folder = tempfile::tempdir().unwrap();
    let speech = ffmpeg::speech(folder.path(), rate, 12);
    let path = ffmpeg::encode(&speech, args, folder.path(), name);
    let expected = ffmpeg::decode(&path);

    let mut decoder = open(&path);
    let info = decoder.info().clone();
    assert_eq!((info.container.as_str(), info.codec.as_str()), (container, codec), "{name}");
    let channels = usize::from(info.channels);
    let whole = read_all(&mut decoder);
    assert_eq!(decoder.damaged(), None, "{name}");
    assert_eq!(decoder.position(), (whole.len() / channels) as u64, "{name}");

    let tolerance = info.rate as usize / 20 * channels;
    let off = whole.len().abs_diff(expected.len());
    match near {
        Near::Same => {
            assert_eq!(off, 0, "{name}: {} and not {} samples", whole.len(), expected.len());
            let differs = whole.iter().zip(&expected).position(|(a, b)| (a - b).abs() > 1e-6);
            assert_eq!(differs, None, "{name}");
        }
        Near::Alike => {
            assert!(off <= tolerance, "{name}: {} and not {} samples", whole.len(), expected.len());
            let alike = correlation(&whole, &expected);
            assert!(alike > 0.99, "{name}: correlation {alike:.4}");
        }
    }
    if let Some(frames) = info.frames {
        let stated = frames as usize * channels;
        assert!(stated.abs_diff(whole.len()) <= tolerance, "{name}: states {frames} frames");
    }
    for part in [0.51, 0.02, 0.93, 0.0, 0.37] {
        let frame = (whole.len() as f64 / channels as f64 * part) as usize;
        let mut heard = Vec::new();
        decoder.seek(frame as u64).unwrap();
        assert_eq!(decoder.position(), frame as u64);
        while heard.len() < tolerance * 4 && decoder.read(&mut heard).unwrap() > 0 {}
        let there = &whole[frame * channels..][..heard.len()];
        match near {
            Near::Same => assert_eq!(heard, there, "{name}: seek to {part}"),
            Near::Alike => {
                let alike = correlation(&heard, there);
                assert!(alike > 0.99, "{name}: correlation {alike:.4} after a seek to {part}");
            }
        }
    }
}

macro_rules! formats {
    ($($test:ident: $rate:literal, $args:literal, $name:literal => $kind:expr, $near:ident;)*) => {
        $(#[test] fn $test() { check($rate, $args, $name, $kind, Near::$near); })*
    };
}

formats! {
    wav_u8: 8000, "-c:a pcm_u8", "a.wav" => ("wav", "pcm_u8"), Same;
    wav_s16: 8000, "-c:a pcm_s16le", "a.wav" => ("wav", "pcm_s16le"), Same;
    wav_s16_stereo: 44_100, "-c:a pcm_s16le -ac 2", "a.wav" => ("wav", "pcm_s16le"), Same;
    wav_six_channels: 16_000, "-c:a pcm_s16le -ac 6", "a.wav" => ("wav", "pcm_s16le"), Same;
    wav_s24: 48_000, "-c:a pcm_s24le", "a.wav" => ("wav", "pcm_s24le"), Same;
    wav_s32: 16_000, "-c:a pcm_s32le", "a.wav" => ("wav", "pcm_s32le"), Same;
    wav_f32: 16_000, "-c:a pcm_f32le", "a.wav" => ("wav", "pcm_f32le"), Same;
    wav_f64: 16_000, "-c:a pcm_f64le", "a.wav" => ("wav", "pcm_f64le"), Same;
    wav_alaw: 8000, "-c:a pcm_alaw", "a.wav" => ("wav", "pcm_alaw"), Same;
    wav_mulaw: 8000, "-c:a pcm_mulaw", "a.wav" => ("wav", "pcm_mulaw"), Same;
    wav_ms_adpcm: 16_000, "-c:a adpcm_ms", "a.wav" => ("wav", "adpcm_ms"), Alike;
    wav_ima_adpcm: 16_000, "-c:a adpcm_ima_wav", "a.wav" => ("wav", "adpcm_ima_wav"), Alike;
    wav_mp3: 16_000, "-c:a libmp3lame -b:a 32k", "a.wav" => ("wav", "mp3"), Alike;
    rf64: 16_000, "-c:a pcm_s16le -rf64 always", "a.wav" => ("wav", "pcm_s16le"), Same;
    flac: 16_000, "-c:a flac", "a.flac" => ("flac", "flac"), Same;
    flac_stereo_24: 44_100, "-c:a flac -sample_fmt s32 -ac 2", "a.flac" => ("flac", "flac"), Same;
    ogg_flac: 16_000, "-c:a flac", "a.ogg" => ("ogg", "flac"), Same;
    mp3_cbr: 16_000, "-c:a libmp3lame -b:a 32k", "a.mp3" => ("mp3", "mp3"), Alike;
    mp3_vbr_stereo: 44_100, "-c:a libmp3lame -q:a 4 -ac 2", "a.mp3" => ("mp3", "mp3"), Alike;
    mp3_without_tag: 22_050, "-c:a libmp3lame -b:a 48k -write_xing 0 -id3v2_version 0", "a.mp3" => ("mp3", "mp3"), Alike;
    mp2: 48_000, "-c:a mp2 -b:a 96k", "a.mp2" => ("mp2", "mp2"), Alike;
    ogg_vorbis: 16_000, "-c:a libvorbis -q:a 3", "a.ogg" => ("ogg", "vorbis"), Alike;
    ogg_vorbis_stereo: 44_100, "-c:a libvorbis -q:a 3 -ac 2", "a.ogg" => ("ogg", "vorbis"), Alike;
    aac_adts: 16_000, "-c:a aac -b:a 48k", "a.aac" => ("aac", "aac"), Alike;
    aac_m4a: 44_100, "-c:a aac -b:a 64k", "a.m4a" => ("mp4", "aac"), Alike;
    aac_m4a_front: 16_000, "-c:a aac -b:a 48k -movflags +faststart", "a.m4a" => ("mp4", "aac"), Alike;
    aac_fragmented: 48_000, "-c:a aac -b:a 64k -movflags frag_keyframe+empty_moov -frag_duration 1000000", "a.mp4" => ("mp4", "aac"), Alike;
    alac_m4a: 16_000, "-c:a alac", "a.m4a" => ("mp4", "alac"), Same;
    aiff: 16_000, "-c:a pcm_s16be", "a.aiff" => ("aiff", "pcm_s16be"), Same;
    aifc_mulaw: 8000, "-c:a pcm_mulaw", "a.aiff" => ("aiff", "pcm_mulaw"), Same;
    aifc_f32: 16_000, "-c:a pcm_f32be", "a.aiff" => ("aiff", "pcm_f32be"), Same;
    aifc_sowt: 16_000, "-c:a pcm_s16le", "a.aiff" => ("aiff", "pcm_s16le"), Same;
    caf: 16_000, "-c:a pcm_s16le", "a.caf" => ("caf", "pcm_s16le"), Same;
    caf_alac: 16_000, "-c:a alac", "a.caf" => ("caf", "alac"), Same;
    matroska_flac: 16_000, "-c:a flac", "a.mka" => ("matroska", "flac"), Same;
    matroska_aac: 44_100, "-c:a aac -b:a 64k", "a.mka" => ("matroska", "aac"), Alike;
    webm_vorbis: 16_000, "-c:a libvorbis -q:a 3", "a.webm" => ("webm", "vorbis"), Alike;
    au_s16: 16_000, "-c:a pcm_s16be", "a.au" => ("au", "pcm_s16be"), Same;
    au_mulaw: 8000, "-c:a pcm_mulaw", "a.au" => ("au", "pcm_mulaw"), Same;
}

#[cfg(feature = "opus")]
formats! {
    ogg_opus: 16_000, "-c:a libopus -b:a 24k", "a.opus" => ("ogg", "opus"), Alike;
    ogg_opus_stereo: 48_000, "-c:a libopus -b:a 64k -ac 2", "a.ogg" => ("ogg", "opus"), Alike;
    webm_opus: 16_000, "-c:a libopus -b:a 24k", "a.webm" => ("webm", "opus"), Alike;
    mp4_opus: 48_000, "-c:a libopus -b:a 32k -strict -2", "a.mp4" => ("mp4", "opus"), Alike;
}
