//! This terminal after a program at the other end of a dropped link could not tidy up.

use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcsetattr};
use std::io::{self, Write};

/// Leaves the alternate screen and turns off what full-screen programs turn on: mouse, bracketed paste, focus reports,
/// the longer key codes, colours, a hidden cursor.
const TIDY: &[u8] = b"\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[<u\
\x1b[>4;0m\x1b[0m\x1b[?25h\r";

/// How the terminal was.
pub(super) struct Terminal {
    modes: Option<Termios>,
}

impl Terminal {
    /// As it is now.
    pub(super) fn now() -> Self {
        Self { modes: tcgetattr(io::stdin()).ok() }
    }

    /// Makes it so again.
    pub(super) fn mend(&self) {
        let Some(modes) = &self.modes else { return };
        if let Err(error) = tcsetattr(io::stdin(), OptionalActions::Drain, modes) {
            tracing::debug!(%error, "the terminal keeps its modes");
        }
        if isatty(io::stdout()) {
            let mut out = io::stdout();
            let _ = out.write_all(TIDY).and_then(|()| out.flush());
        }
    }
}
