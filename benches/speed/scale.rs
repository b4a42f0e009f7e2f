//! How long a run may take: the short one for every day, the long one for a figure to be quoted.

use std::time::Duration;

/// How often things are measured.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    /// The long run.
    pub(crate) full: bool,
    /// Runs of what takes seconds; the median counts.
    pub(crate) runs: usize,
    /// Rounds through the typed keys, each of some hundred.
    pub(crate) rounds: usize,
    /// Starts of the program.
    pub(crate) starts: usize,
    /// How long an idle or playing program is watched.
    pub(crate) watch: Duration,
    /// Tiny files in a folder that is listed.
    pub(crate) files: usize,
    /// Objects in a bucket that is listed.
    pub(crate) objects: usize,
    /// Objects in one whose keys all lie below one prefix.
    pub(crate) flat: usize,
    /// Lines of a manifest.
    pub(crate) lines: usize,
    /// Samples of a large workspace.
    pub(crate) many: usize,
    /// Samples of one that is larger still.
    pub(crate) most: Option<usize>,
    /// Minutes of a long file.
    pub(crate) minutes: u64,
    /// Minutes of one that is longer still.
    pub(crate) longest: Option<u64>,
}

impl Scale {
    /// Samples of the large workspaces.
    pub(crate) fn large(&self) -> impl Iterator<Item = usize> + use<> {
        std::iter::once(self.many).chain(self.most)
    }

    /// Minutes of the long files.
    pub(crate) fn long(&self) -> impl Iterator<Item = u64> + use<> {
        std::iter::once(self.minutes).chain(self.longest)
    }

    /// `BENCH=full` is the long run, anything else the short one.
    pub(crate) fn from_environment() -> Self {
        let full = std::env::var("BENCH").is_ok_and(|word| word == "full");
        if full {
            Self {
                full,
                runs: 7,
                rounds: 20,
                starts: 15,
                watch: Duration::from_mins(1),
                files: 100_000,
                objects: 100_000,
                flat: 20_000,
                lines: 1_000_000,
                many: 1_000_000,
                most: Some(10_000_000),
                minutes: 60,
                longest: Some(300),
            }
        } else {
            Self {
                full,
                runs: 3,
                rounds: 5,
                starts: 5,
                watch: Duration::from_secs(8),
                files: 10_000,
                objects: 10_000,
                flat: 5_000,
                lines: 100_000,
                many: 100_000,
                most: None,
                minutes: 10,
                longest: None,
            }
        }
    }
}
