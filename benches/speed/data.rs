//! Workspaces of any size, made from a fixed seed and kept for the next run.

use super::{bulk, clips};
use earmark::domain::{SampleId, SampleKey};
use earmark::workspace::{Dataset, Identity, Listed, Writer};
use jiff::{SignedDuration, Timestamp};
use std::fs;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// To be raised when what is made changes.
const EDITION: u64 = 2;
/// More samples than this wait to be found by name, as after a first sync: indexing them would take longer than all else.
const INDEXED: usize = 1_000_000;
/// The output beside a workspace.
const OUTPUT: &str = "output";
/// Samples, from the first one on, whose audio really lies in the source.
pub(crate) const WITH_AUDIO: usize = 300;

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    folder.parent().unwrap_or(folder).to_owned()
}

/// Where the inputs are kept.
pub(crate) fn folder() -> PathBuf {
    let folder = target().join("bench-data");
    fs::create_dir_all(&folder).expect("a folder for inputs");
    folder.canonicalize().expect("a folder for inputs")
}

/// Numbers that are the same in every run (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not with, `below`.
    pub(crate) fn below(&mut self, below: usize) -> usize {
        (self.next() % below.max(1) as u64) as usize
    }

    /// From 0 to 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Words that are used as unevenly as those of a language: the first ones all the time, the last ones hardly ever.
pub(crate) struct Speech {
    words: Vec<String>,
    dice: Dice,
}

impl Speech {
    pub(crate) fn new(seed: u64) -> Self {
        const ONSETS: [&str; 16] =
            ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "th", "st", "w", ""];
        const VOWELS: [&str; 7] = ["a", "e", "i", "o", "u", "ea", "ou"];
        const CODAS: [&str; 8] = ["", "n", "r", "t", "s", "l", "ng", "nd"];
        let mut dice = Dice::new(seed);
        let mut words = vec!["the".to_owned()];
        while words.len() < 6_000 {
            let syllables = 1 + dice.below(3);
            let mut word = String::new();
            for _ in 0..syllables {
                word.push_str(ONSETS[dice.below(ONSETS.len())]);
                word.push_str(VOWELS[dice.below(VOWELS.len())]);
                word.push_str(CODAS[dice.below(CODAS.len())]);
            }
            words.push(word);
        }
        Self { words, dice }
    }

    /// A sentence of 3 to 16 words.
    pub(crate) fn sentence(&mut self) -> String {
        let count = 3 + self.dice.below(14);
        let words: Vec<&str> = (0..count)
            .map(|_| {
                let place = (self.words.len() as f64).powf(self.dice.part()) as usize - 1;
                self.words[place.min(self.words.len() - 1)].as_str()
            })
            .collect();
        words.join(" ")
    }
}

/// The key of a sample: they sort as they are numbered.
pub(crate) fn key(number: usize) -> String {
    let (batch, speaker) = (number / 5_000, number / 250 % 20);
    format!("speech/batch-{batch:04}/speaker{speaker:02}/utt-{number:07}.wav")
}

pub(crate) fn listed(number: usize) -> Listed {
    let day = SignedDuration::from_secs(7 * number as i64);
    Listed {
        key: SampleKey::from(key(number).as_str()),
        size: 16_044 + (number % 90_000) as u64,
        etag: format!("mtime:{}", 1_700_000_000_000_000_000 + number as u64),
        modified: Timestamp::from_second(1_700_000_000).ok().map(|start| start + day),
    }
}

/// Who works in these workspaces.
pub(crate) fn identity() -> Identity {
    Identity::new("bench")
}

pub(crate) fn dataset(samples: usize) -> Dataset {
    Dataset {
        id: Uuid::from_u128(0x6265_6e63_6800),
        name: format!("bench-{samples}"),
        source: clips::source().to_string_lossy().into_owned(),
        output: None,
        connection: earmark::domain::Connection::default(),
    }
}

/// So many samples, their lengths known, none labeled.
pub(crate) fn unlabeled(samples: usize) -> PathBuf {
    kept(&format!("unlabeled-{samples}"), |path| {
        drop(Writer::create(path, &dataset(samples), identity()).expect("a workspace"));
        bulk::samples(path, samples, samples <= INDEXED);
        bulk::check(path, samples, false);
    })
}

/// The same, and every sample labeled.
pub(crate) fn labeled(samples: usize) -> PathBuf {
    let from = unlabeled(samples);
    kept(&format!("labeled-{samples}"), |path| {
        fs::copy(&from, path).expect("a copy of the workspace");
        bulk::labels(path);
        bulk::check(path, samples, true);
    })
}

/// An output that holds those labels, as their one writer shared them.
pub(crate) fn output(samples: usize) -> PathBuf {
    let from = labeled(samples);
    let workspace = kept(&format!("output-{samples}"), |path| {
        fs::copy(&from, path).expect("a copy of the workspace");
        let output = path.with_file_name(OUTPUT);
        fs::create_dir(&output).expect("a folder for the output");
        bulk::share(path, &output, samples);
        fs::remove_file(path).expect("the copy goes");
        fs::write(path, []).expect("what tells that it was made");
    });
    workspace.with_file_name(OUTPUT)
}

/// The same as unlabeled, in a format that an older earmark wrote.
pub(crate) fn outdated(samples: usize) -> PathBuf {
    kept(&format!("outdated-{samples}"), |path| {
        bulk::create_outdated(path, &dataset(samples));
        bulk::samples(path, samples, true);
    })
}

/// A copy to change; it goes when this is dropped.
pub(crate) struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    pub(crate) fn of(workspace: &Path) -> Self {
        let scratch = Self {
            folder: tempfile::Builder::new()
                .prefix("scratch-")
                .tempdir_in(folder())
                .expect("a folder to work in"),
        };
        fs::copy(workspace, scratch.path()).expect("a copy of the workspace");
        let log = |path: &Path| PathBuf::from(format!("{}-wal", path.display()));
        if log(workspace).exists() {
            fs::copy(log(workspace), log(&scratch.path())).expect("a copy of its log");
        }
        scratch
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("copy.earmark")
    }
}

/// Tells inputs of one make and format from those of another.
fn edition() -> String {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/migrations");
    let mut files: Vec<PathBuf> = fs::read_dir(migrations)
        .expect("the formats of a workspace")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let text: Vec<u8> = files.iter().flat_map(|file| fs::read(file).unwrap_or_default()).collect();
    let hash = text.iter().fold(EDITION, |hash, byte| Dice::new(hash ^ u64::from(*byte)).next());
    format!("{:08x}", hash as u32)
}

/// Made the first time, found from then on. What was begun and not finished is made anew.
fn kept(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let home = folder().join(format!("{name}-{}", edition()));
    let workspace = home.join("workspace.earmark");
    if !workspace.exists() {
        eprintln!("  making {name}, once …");
        let began = std::time::Instant::now();
        let part = folder().join(format!("{name}-{}.part", edition()));
        forget_others(name);
        fs::create_dir_all(&part).expect("a folder for a workspace");
        make(&part.join("workspace.earmark"));
        fs::rename(&part, &home).expect("the workspace is put in its place");
        eprintln!("  … {} s", began.elapsed().as_secs());
    }
    workspace
}

/// Of another edition, or left by a run that was stopped.
fn forget_others(name: &str) {
    for entry in fs::read_dir(folder()).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&format!("{name}-")) {
            fs::remove_dir_all(entry.path()).expect("old inputs go");
        }
    }
}

/// The samples with these numbers, as this workspace knows them.
pub(crate) fn ids(
    reader: &earmark::workspace::Reader,
    numbers: impl Iterator<Item = usize>,
) -> Vec<SampleId> {
    numbers
        .filter_map(|number| {
            let key = SampleKey::from(key(number).as_str());
            reader.find(&key).expect("the workspace is read")
        })
        .collect()
}
