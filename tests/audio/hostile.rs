//! Files that are damaged, cut or made to do harm: an answer in bounded time, never a crash of the program.

use crate::ffmpeg;
use earmark::audio::{AudioError, Decoder, MemorySource, probe};
use earmark::domain::ByteSource;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One short file of every reader.
const SEEDS: &[(&str, &str)] = &[
    ("a.wav", "-c:a pcm_s16le"),
    ("b.wav", "-c:a adpcm_ms"),
    ("c.wav", "-c:a libmp3lame -b:a 16k"),
    ("a.flac", "-c:a flac"),
    ("a.mp3", "-c:a libmp3lame -b:a 16k"),
    ("a.ogg", "-c:a libvorbis -q:a 1"),
    ("b.ogg", "-c:a flac"),
    ("a.opus", "-c:a libopus -b:a 16k"),
    ("a.aac", "-c:a aac -b:a 24k"),
    ("a.m4a", "-c:a aac -b:a 24k"),
    ("b.m4a", "-c:a alac"),
    ("a.aiff", "-c:a pcm_s16be"),
    ("a.caf", "-c:a pcm_s16le"),
    ("a.webm", "-c:a libopus -b:a 16k"),
    ("a.mka", "-c:a libvorbis -q:a 1"),
    ("a.au", "-c:a pcm_mulaw"),
];

fn seeds(seconds: u32) -> Vec<(&'static str, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let speech = ffmpeg::speech(folder.path(), 8000, seconds);
    let made = |&(name, args): &(&'static str, &str)| {
        let path = ffmpeg::encode(&speech, args, folder.path(), name);
        (name, std::fs::read(path).unwrap())
    };
    let decodable = |(_, args): &&(&str, &str)| cfg!(feature = "opus") || !args.contains("opus");
    SEEDS.iter().filter(decodable).map(made).collect()
}

fn source(bytes: &[u8]) -> Arc<MemorySource> {
    Arc::new(MemorySource::new(bytes.to_vec()))
}

/// Opens, reads, seeks and counts; gives the frames that were read.
fn exercise(name: &str, bytes: &[u8]) -> Result<u64, AudioError> {
    let info = probe(source(bytes), name)?;
    assert!((1..=32).contains(&info.channels) && (100..=1_000_000).contains(&info.rate));
    let mut decoder = Decoder::open(source(bytes), name)?;
    let mut out = Vec::new();
    let mut frames = 0;
    loop {
        out.clear();
        match decoder.read(&mut out)? {
            0 => break,
            read => frames += read as u64,
        }
        assert!(frames < 1 << 26, "{name}: sound without end");
    }
    decoder.seek(frames / 2)?;
    decoder.read(&mut out)?;
    Ok(frames)
}

/// A sequence of numbers that looks random and is always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

#[test]
fn mutated_files_are_answered() {
    const ODD: [u8; 6] = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut read, mut refused, mut crashed) = (0, 0, 0);
    let mut slowest = Duration::ZERO;
    for (name, seed) in seeds(1) {
        exercise(name, &seed).unwrap();
        for _ in 0..125 {
            let mut bytes = seed.clone();
            let reach = [64, 512, 4096, bytes.len()][numbers.below(4)].min(bytes.len());
            for _ in 0..=numbers.below(8) {
                let at = numbers.below(reach);
                bytes[at] = match numbers.below(3) {
                    0 => ODD[numbers.below(ODD.len())],
                    1 => bytes[at] ^ 1 << numbers.below(8),
                    _ => numbers.below(256) as u8,
                };
            }
            if numbers.below(4) == 0 {
                bytes.truncate(numbers.below(bytes.len()));
            }
            let begun = Instant::now();
            match exercise(name, &bytes) {
                Ok(_) => read += 1,
                Err(AudioError::Crashed { .. }) => crashed += 1,
                Err(error) => {
                    assert!(!error.to_string().is_empty() && error.hint().is_some());
                    refused += 1;
                }
            }
            slowest = slowest.max(begun.elapsed());
        }
    }
    println!("{read} read, {refused} refused, {crashed} crashed and caught; slowest {slowest:?}");
    assert!(read > 0 && refused > 0);
    assert!(slowest < Duration::from_secs(20), "{slowest:?}");
}

#[test]
fn a_cut_file_is_heard_as_far_as_it_goes() {
    for (name, mut bytes) in seeds(5) {
        // An MP4 keeps its index at the end: cut, it holds nothing that could be found.
        if name.ends_with("m4a") {
            continue;
        }
        let whole = exercise(name, &bytes).unwrap();
        bytes.truncate(bytes.len() * 3 / 4);
        let part = exercise(name, &bytes).unwrap();
        assert!(part > whole / 2 && part < whole, "{name}: {part} of {whole}");
    }
}

/// A file whose tag claims a quarter of a gigabyte, and which has all of it.
struct Endless(AtomicU64);

impl ByteSource for Endless {
    fn len(&self) -> Option<u64> {
        Some(1 << 40)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.fetch_add(buffer.len() as u64, Ordering::Relaxed);
        buffer.fill(0);
        let head = b"ID3\x04\0\0\x7f\x7f\x7f\x7f";
        if let Some(rest) = head.get(offset as usize..) {
            buffer[..rest.len()].copy_from_slice(rest);
        }
        Ok(buffer.len())
    }
}

#[test]
fn a_header_without_end_is_not_followed() {
    let endless = Arc::new(Endless(AtomicU64::new(0)));
    let source: Arc<dyn ByteSource> = endless.clone();
    let error = Decoder::open(source, "endless.mp3").err().unwrap();
    assert_eq!(error.to_string(), "endless.mp3: damaged mp3: its header has no end");
    assert!(endless.0.load(Ordering::Relaxed) < 100 << 20);
}

/// A disk that fails after the header.
struct Failing(Vec<u8>);

impl ByteSource for Failing {
    fn len(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset >= 8192 {
            return Err(io::Error::other("the disk is gone"));
        }
        MemorySource::new(self.0.clone()).read_at(offset, buffer)
    }
}

#[test]
fn a_failing_disk_is_not_taken_for_a_damaged_file() {
    for (name, mut bytes) in seeds(1).into_iter().filter(|(name, _)| name.starts_with("a.fl")) {
        bytes.resize(bytes.len().max(64 << 10), 0);
        let mut decoder = Decoder::open(Arc::new(Failing(bytes)), name).unwrap();
        let mut out = Vec::new();
        let error = loop {
            match decoder.read(&mut out) {
                Ok(0) => panic!("{name}: took the failure for the end"),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(error.is_transient(), "{error}");
    }
}
