//! Every subcommand through the real program: what it prints, what it leaves, its exit code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

#[path = "../common/bombs.rs"]
mod bombs;
#[path = "../common/figures.rs"]
mod figures;
#[path = "../common/home.rs"]
mod home;

mod adding;
mod bad_input;
mod bounds;
mod datasets;
mod deleting;
mod exporting;
mod import_formats;
mod importing;
mod keeping;
mod labeling;
mod listing;
mod program;
mod publishing;
mod signals;
mod sound;
mod syncing;
mod tables;
