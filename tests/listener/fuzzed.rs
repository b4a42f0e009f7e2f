//! What the fuzz targets do with an input, done with their seeds and with seeded changes of them.

#[path = "../../fuzz/bodies/decoders.rs"]
mod decoders;
#[path = "../../fuzz/bodies/formats.rs"]
mod formats;
#[path = "../../fuzz/bodies/frames.rs"]
mod frames;
#[path = "../../fuzz/bodies/logs.rs"]
mod logs;
#[path = "../../fuzz/bodies/settings.rs"]
mod settings;

use crate::figures;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// A soak changes each seed so many times as often.
const LONGER: u64 = 80;
/// No input may keep the program busy for so long, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(20);

/// Kept inputs of a target, each with its name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())
    };
    paths.iter().map(read).collect()
}

/// A sequence of numbers that looks random and is always the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    /// Some bytes changed, taken out, doubled or put in from another input; maybe cut.
    fn changed(&mut self, bytes: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(6) {
            // Headers stand at the beginning.
            let reach = [16, 64, 512, bytes.len()][self.below(4)].min(bytes.len());
            let at = self.below(reach);
            let end = (at + 1 + self.below(16)).min(bytes.len());
            match self.below(6) {
                0 if at < bytes.len() => bytes[at] = self.below(256) as u8,
                1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                2 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                3 if at < end => drop(bytes.drain(at..end)),
                4 if at < end => {
                    let twice = bytes[at..end].to_vec();
                    bytes.splice(at..at, twice);
                }
                _ => {
                    let from = self.below(other.len());
                    let to = (from + self.below(64)).min(other.len());
                    bytes.splice(at..at, other[from..to].iter().copied());
                }
            }
        }
        if self.below(5) == 0 {
            bytes.truncate(self.below(bytes.len()));
        }
        bytes
    }
}

/// Each seed as it is, and changed so many times. What makes one panic is kept, to be put among the seeds.
fn run(target: &str, changed: u64, body: fn(&[u8])) {
    let seeds = seeds(target);
    assert!(seeds.len() > 5, "{} seeds", seeds.len());
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut tried = 0;
    for (name, seed) in &seeds {
        try_one(name, seed, body);
        let turns = figures::times(changed, changed * LONGER);
        for turn in 0..turns {
            let other = chance.below(seeds.len());
            let changed = chance.changed(seed, &seeds[other].1);
            try_one(&format!("{name}, change {turn}"), &changed, body);
        }
        tried += turns + 1;
    }
    figures::count("inputs fuzzed", tried);
}

fn try_one(name: &str, bytes: &[u8], body: fn(&[u8])) {
    let began = Instant::now();
    if std::panic::catch_unwind(|| body(bytes)).is_err() {
        let kept = std::env::temp_dir().join("earmark-harmful-input");
        fs::write(&kept, bytes).unwrap();
        panic!("{name} does harm; it is kept as {}", kept.display());
    }
    assert!(began.elapsed() < LIMIT, "{name}: {:?}", began.elapsed());
}

#[test]
fn no_bytes_harm_the_frame_reader() {
    run("frames", 1000, frames::read);
}

#[test]
fn no_bytes_harm_the_decoders() {
    run("decoders", 250, decoders::decode);
}

#[test]
fn no_bytes_harm_the_readers_of_labels() {
    run("formats", 250, formats::labels);
}

#[test]
fn no_bytes_harm_the_reader_of_logs() {
    run("logs", 400, logs::shared);
}

#[test]
fn no_bytes_harm_the_reader_of_settings() {
    run("settings", 60, settings::settings);
}
