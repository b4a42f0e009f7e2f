//! Synchronize New Data on real folders: what it counts, what it keeps, and that it ends right however it was stopped.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop where it stands")]

mod dataset;
mod interruption;
mod inventory;
mod scenarios;
mod sharing;
