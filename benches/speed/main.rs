//! Speed against peers and floors of the same machine: one run, one table.
//!
//! `make bench` is the short run, `make bench-full` the long one; words behind the script choose topics
//! (`scripts/bench.sh search decode`). What it measures with lies in `target/bench-data`, made from a fixed seed the
//! first time; the figures also go to `target/bench.json`, where those of topics that were not measured stay.
//! docs/performance.md says where each figure comes from.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench may stop where it stands")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench talks to the terminal")]

mod bucket;
mod bulk;
mod busy;
mod clips;
mod data;
mod decode;
mod desk;
#[path = "../../tests/common/home.rs"]
mod home;
mod inventory;
mod joining;
mod keys;
mod link;
mod listed;
mod lists;
mod long;
mod machine;
mod manifest;
mod many;
mod peers;
mod program;
#[path = "../../tests/common/proxy/mod.rs"]
mod proxy;
#[path = "../../tests/common/pty/mod.rs"]
mod pty;
mod report;
mod scale;
mod screen;
#[allow(unused_imports, unused_macros, reason = "what tests alone need of it")]
#[path = "../../tests/common/servers.rs"]
mod servers;
mod sound;
mod start;
mod timing;
mod waits;

use report::Report;
use scale::Scale;
use std::time::Instant;

/// Measures one topic.
type Topic = fn(&Scale, &mut Report);

/// Topics by the word that chooses them.
const TOPICS: &[(&str, Topic)] = &[
    ("keys", keys::run),
    ("busy", busy::run),
    ("start", start::run),
    ("program", program::run),
    ("sound", sound::run),
    ("long", long::run),
    ("link", link::run),
    ("decode", decode::run),
    ("lists", lists::run),
    ("many", many::run),
    ("listed", listed::run),
    ("bucket", bucket::run),
    ("inventory", inventory::run),
    ("joining", joining::run),
    ("manifest", manifest::run),
];

fn main() {
    if listed::is_child() {
        return;
    }
    // cargo adds `--bench`; it says nothing here.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    for word in &wanted {
        let known: Vec<&str> = TOPICS.iter().map(|(name, _)| *name).collect();
        assert!(known.contains(&word.as_str()), "no topic `{word}`; there are {known:?}");
    }
    let scale = Scale::from_environment();
    let mut report = Report::new(&scale);
    for (name, run) in TOPICS {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            eprintln!("measuring {name} …");
            report.begin(name);
            let began = Instant::now();
            run(&scale, &mut report);
            eprintln!("{name} took {:.0} s", began.elapsed().as_secs_f64());
            // What was measured is not lost when a later topic stops.
            if let Err(error) = report.save(&data::target().join("bench.json")) {
                eprintln!("error: the figures could not be kept: {error}");
                std::process::exit(1);
            }
        }
    }
    report.print();
}
