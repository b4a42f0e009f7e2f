//! Where sound goes: which output to open, and the outputs themselves.
//!
//! An output pulls finished samples from a tap; it knows nothing of files, speeds or positions.

mod choice;
#[cfg(feature = "playback")]
mod device;
mod feed;
mod line;
mod silent;

pub use choice::{OutputChoice, choose, is_over_ssh, remedy};
pub(in crate::audio) use feed::{Cut, Feed, Format};
pub(in crate::audio) use line::Line;

/// The names of this machine's sound devices, as the setting `playback.device` takes them. Probes them: not to be called
/// unasked in an SSH session.
pub fn devices() -> Vec<String> {
    #[cfg(feature = "playback")]
    return device::device_names();
    #[cfg(not(feature = "playback"))]
    Vec::new()
}
