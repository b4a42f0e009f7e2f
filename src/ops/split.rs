//! Which samples are for training and which for evaluation: by a hash, so that it stays as the dataset grows.

use sha2::{Digest, Sha256};

/// What stays together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SplitBy {
    /// Nothing: each file by itself.
    #[default]
    File,
    /// The files of one folder.
    Folder,
    /// The files of one speaker, where an import named one; else those of one folder.
    Speaker,
}

/// A share for training, the rest for evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// The share for training, 0 to 1.
    pub training: f64,
    /// Another seed, another split.
    pub seed: u64,
    /// What stays together.
    pub by: SplitBy,
}

impl Split {
    /// `TRAIN` or `EVAL`; the same for the same seed and group, whatever else is in the dataset.
    pub fn usage(&self, key: &str, speaker: Option<&str>) -> &'static str {
        let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
        let group = match (self.by, speaker) {
            (SplitBy::File, _) => key.to_owned(),
            (SplitBy::Speaker, Some(speaker)) => format!("speaker:{speaker}"),
            (SplitBy::Folder | SplitBy::Speaker, _) => format!("folder:{folder}"),
        };
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(group.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize()[..8]);
        // 53 bits are what a double holds exactly.
        let place = (u64::from_be_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64;
        if place < self.training { "TRAIN" } else { "EVAL" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_about_as_asked_and_depend_on_the_seed() {
        let usage = |seed, training| {
            let split = Split { training, seed, by: SplitBy::File };
            (0..2000).map(|n| split.usage(&format!("{n}.wav"), None)).collect::<Vec<_>>()
        };
        let train = |usages: &[&str]| usages.iter().filter(|usage| **usage == "TRAIN").count();
        assert!((1700..1900).contains(&train(&usage(1, 0.9))));
        assert_eq!((train(&usage(1, 1.0)), train(&usage(1, 0.0))), (2000, 0));
        assert_eq!(usage(1, 0.9), usage(1, 0.9));
        assert_ne!(usage(1, 0.9), usage(2, 0.9));
    }

    #[test]
    fn folders_and_speakers_stay_together() {
        let by = |by| Split { training: 0.5, seed: 7, by };
        for n in 0..50 {
            let folder = by(SplitBy::Folder);
            let in_folder = |file: &str| folder.usage(&format!("f{n}/{file}"), None);
            assert_eq!(in_folder("a.wav"), in_folder("b.wav"));
            let speaker = format!("s{n}");
            let speaks = |key: &str| by(SplitBy::Speaker).usage(key, Some(&speaker));
            assert_eq!(speaks("x/a.wav"), speaks("y/b.wav"));
        }
    }
}
