//! The program attacked: killed, starved of disk and memory, run by many at once, used for long. What each promise is
//! and which test shows it: `docs/reliability.md`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop where it stands")]
#![allow(dead_code, reason = "the harness serves other test programs too")]

#[path = "../common/figures.rs"]
mod figures;
#[path = "../common/home.rs"]
mod home;
#[path = "../common/pty/mod.rs"]
mod pty;
#[path = "../common/tmux.rs"]
mod tmux;

#[path = "../pty/desk.rs"]
mod desk;
mod disk;
mod kill;
mod labeler;
mod many;
mod soak;
