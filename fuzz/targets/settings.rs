//! Whatever somebody sends instead of settings.

#![no_main]

#[path = "../bodies/settings.rs"]
mod settings;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| settings::settings(bytes));
