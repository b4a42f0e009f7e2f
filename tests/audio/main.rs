//! Sound against the tools of the trade: decoding against ffmpeg, playback against a sound server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are tests

mod decode;
#[path = "../common/ffmpeg.rs"]
mod ffmpeg;
mod hostile;
mod playback;
#[path = "../common/pulse.rs"]
mod pulse;
mod scan;
