//! Figures of what tests tried: kills, faults, inputs, labels checked, labels lost. Each test process adds to a file of
//! its own; `scripts/figures.sh` prints the sums at the end of `make test` and `make soak`.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Adds to a figure. Its name is what is printed: "labels checked".
pub(crate) fn count(what: &str, number: u64) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures");
    std::fs::create_dir_all(&folder).expect("a folder for figures");
    let file = folder.join(std::process::id().to_string());
    let mut file =
        OpenOptions::new().create(true).append(true).open(file).expect("a file of figures");
    file.write_all(format!("{what}\t{number}\n").as_bytes()).expect("a figure is written");
}

/// How often something is done: `quick` in `make test`, `soak` in `make soak`.
pub(crate) fn times(quick: u64, soak: u64) -> u64 {
    if std::env::var_os("EARMARK_SOAK").is_some() { soak } else { quick }
}
