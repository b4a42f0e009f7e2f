//! Sound on another machine than the one that runs the program: real sockets, real SSH, a real browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are tests

#[path = "../common/chromium.rs"]
mod chromium;
#[path = "../common/figures.rs"]
mod figures;
#[path = "../common/home.rs"]
mod home;
#[path = "../common/proxy/mod.rs"]
mod proxy;
#[path = "../common/pty/mod.rs"]
mod pty;
#[path = "../common/pulse.rs"]
mod pulse;
#[path = "../common/sshd.rs"]
mod sshd;

mod browser;
mod connect;
mod doctor;
mod finding;
mod fuzzed;
mod labeling;
mod laptop;
mod line;
mod links;
mod old;
mod page;
mod private;
mod world;
