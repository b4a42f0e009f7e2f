//! Whatever somebody sends instead of the output of colleagues.

#![no_main]

#[path = "../bodies/logs.rs"]
mod logs;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logs::shared(bytes));
