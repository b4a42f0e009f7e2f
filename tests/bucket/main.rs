//! The client against object stores that other people wrote: `SeaweedFS` and moto, on loopback ports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

#[path = "../common/home.rs"]
mod home;
#[path = "../common/pty/mod.rs"]
mod pty;
#[path = "../common/servers.rs"]
mod servers;

mod client;
mod commands;
mod deleting;
mod doctor;
mod inventory;
mod listing;
mod reading;
mod rights;
mod writing;
