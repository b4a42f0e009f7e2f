//! Waveform, speech, probing and the WAV that is written, on real recordings.

use crate::ffmpeg;
use earmark::audio::{AudioError, Decoder, FileSource, MemorySource, peaks, probe, write_wav};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

fn open(path: &Path) -> Decoder {
    Decoder::open(Arc::new(FileSource::open(path).unwrap()), "a").unwrap()
}

fn scan(path: &Path) -> earmark::domain::Peaks {
    peaks::scan(&mut open(path), &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn speech_is_told_from_silence() {
    let folder = tempfile::tempdir().unwrap();
    let speech = ffmpeg::speech(folder.path(), 8000, 4);
    // Two seconds of silence, four of speech, three of silence.
    let padded = ffmpeg::encode(&speech, "-af adelay=2000,apad=pad_dur=3", folder.path(), "a.wav");
    let peaks = scan(&padded);
    assert!(peaks.complete && peaks.damaged.is_none());
    assert!((peaks.seconds - 9.0).abs() < 0.01);
    assert_eq!(peaks.bins.len(), 900);
    assert!(peaks.bins[..200].iter().chain(&peaks.bins[601..]).all(|&bin| bin == (0, 0)));
    assert!(peaks.bins[200..600].iter().any(|&(low, high)| low < -20 && high > 20));

    let spoken: f64 = peaks.speech.iter().map(|span| span.end - span.start).sum();
    assert!((1.5..=4.4).contains(&spoken), "{spoken} s of speech");
    assert!(peaks.speech.iter().all(|span| span.start > 1.8 && span.end < 6.3));
}

#[test]
fn the_waveform_hardly_depends_on_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let speech = ffmpeg::speech(folder.path(), 16_000, 5);
    let plain = scan(&speech);
    for (name, args) in [("a.flac", "-c:a flac"), ("a.mp3", "-b:a 64k"), ("a.m4a", "-b:a 64k")] {
        let other = scan(&ffmpeg::encode(&speech, args, folder.path(), name));
        assert!(other.bins.len().abs_diff(plain.bins.len()) <= 5, "{name}");
        let far = plain.bins.iter().zip(other.bins.iter()).filter(|(a, b)| a.1.abs_diff(b.1) > 12);
        assert!(far.count() < plain.bins.len() / 20, "{name}");
    }
}

#[test]
fn a_scan_can_be_ended() {
    let folder = tempfile::tempdir().unwrap();
    let speech = ffmpeg::speech(folder.path(), 16_000, 600);
    let mut seen = 0;
    let peaks = peaks::scan(&mut open(&speech), &mut |peaks| {
        assert!(!peaks.complete);
        seen += 1;
        ControlFlow::Break(())
    });
    let peaks = peaks.unwrap();
    assert_eq!(seen, usize::from(!peaks.complete));
}

#[test]
fn lengths_are_known_without_decoding() {
    let folder = tempfile::tempdir().unwrap();
    let speech = ffmpeg::speech(folder.path(), 16_000, 7);
    for (name, args) in [
        ("a.wav", ""),
        ("a.mp3", "-b:a 32k"),
        ("b.mp3", "-b:a 32k -write_xing 0"),
        ("a.aac", "-b:a 32k"),
        ("a.ogg", "-c:a libvorbis"),
        ("a.m4a", "-b:a 32k"),
        ("a.mka", "-c:a aac"),
    ] {
        let path = ffmpeg::encode(&speech, args, folder.path(), name);
        let info = probe(Arc::new(FileSource::open(&path).unwrap()), name).unwrap();
        let seconds = info.seconds().unwrap();
        // A stream without any tag keeps the encoder's run-in and padding.
        assert!((-0.05..0.2).contains(&(seconds - 7.0)), "{name}: {seconds} s");
    }
}

#[test]
fn what_is_written_is_what_was_heard() {
    let folder = tempfile::tempdir().unwrap();
    let speech = ffmpeg::speech(folder.path(), 8000, 3);
    let wide = ffmpeg::encode(&speech, "-c:a pcm_f32le -af volume=1.7", folder.path(), "b.wav");
    for (from, codec) in [(&speech, "pcm_s16le"), (&wide, "pcm_f32le")] {
        let to = folder.path().join("out.wav");
        let frames = write_wav(&mut open(from), &to).unwrap();
        assert_eq!(frames, 24_000);
        assert_eq!(open(&to).info().codec, codec);
        assert_eq!(ffmpeg::decode(&to), ffmpeg::decode(from));
    }
    let nowhere = folder.path().join("no/such/folder.wav");
    let error = write_wav(&mut open(&speech), &nowhere).unwrap_err();
    assert!(matches!(error, AudioError::Write { .. }));
}

#[test]
fn a_sphere_file_of_a_corpus_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let speech = ffmpeg::speech(folder.path(), 16_000, 2);
    let samples =
        std::fs::read(ffmpeg::encode(&speech, "-f s16be", folder.path(), "a.raw")).unwrap();
    let fields = "sample_count -i 32000\nsample_n_bytes -i 2\nchannel_count -i 1\n\
                  sample_byte_format -s2 10\nsample_rate -i 16000\nsample_coding -s3 pcm\nend_head\n";
    let mut file = format!("NIST_1A\n   1024\n{fields}").into_bytes();
    file.resize(1024, b' ');
    file.extend(samples);
    let mut decoder = Decoder::open(Arc::new(MemorySource::new(file)), "sa1.sph").unwrap();
    assert_eq!((decoder.info().container.as_str(), decoder.info().rate), ("sphere", 16_000));
    let mut out = Vec::new();
    while decoder.read(&mut out).unwrap() > 0 {}
    assert_eq!(out, ffmpeg::decode(&speech));
}
