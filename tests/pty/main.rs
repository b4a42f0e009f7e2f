//! The real program on a real pty.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop where it stands")]

#[path = "../common/bombs.rs"]
mod bombs;
#[path = "../common/hostile.rs"]
mod corpus;
#[path = "../common/figures.rs"]
mod figures;
#[path = "../common/home.rs"]
mod home;
#[path = "../common/pty/mod.rs"]
mod pty;
#[path = "../common/tmux.rs"]
mod tmux;

mod bad_audio;
mod bytes;
mod desk;
mod full_disk;
mod harness;
mod hostile;
mod keeping;
mod lasting;
mod opening;
mod refusals;
mod slow;
mod sound;
mod stalled;
mod together;
mod typing;
