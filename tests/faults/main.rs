//! The real client against a store that misbehaves on purpose: what fails, what is tried again, and that nothing is lost
//! or done twice.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

#[path = "../common/bucket/mod.rs"]
mod bucket;
#[path = "../common/hostile.rs"]
mod corpus;
#[path = "../common/figures.rs"]
mod figures;
#[path = "../common/home.rs"]
mod home;
#[path = "../common/pty/mod.rs"]
mod pty;

mod client;
mod cut;
mod endless;
mod every_request;
mod hostile;
mod listing;
mod obs;
mod retrying;
mod rights;
mod secrets;
mod server;
mod sharing;
mod sound;
mod uploading;
