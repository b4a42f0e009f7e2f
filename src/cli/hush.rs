//! Keeps what sound libraries write to stderr by themselves away from the person.

use rustix::io::dup;
use rustix::stdio::dup2_stderr;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;

/// While it lives, nothing reaches stderr.
#[derive(Debug)]
pub(super) struct Hush(OwnedFd);

impl Hush {
    /// Starts; `None` where the system does not let us, and then there may be some noise.
    pub(super) fn start() -> Option<Self> {
        let silence = OpenOptions::new().write(true).open("/dev/null").ok()?;
        let stderr = dup(io::stderr()).ok()?;
        dup2_stderr(silence).ok()?;
        Some(Self(stderr))
    }
}

impl Drop for Hush {
    fn drop(&mut self) {
        // There is nowhere to say that this failed.
        let _ = dup2_stderr(&self.0);
    }
}
