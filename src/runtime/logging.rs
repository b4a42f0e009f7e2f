//! The log: a private file, never the screen.

use crate::config::Paths;
use crate::ops::make_private_folder;
use crate::text::safe_bytes;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// A log that grew past this many bytes is put aside at the next start.
const LIMIT: u64 = 8 << 20;

/// Starts logging into the state folder; `EARMARK_LOG` chooses what (default: warnings). Gives the file, for what
/// libraries print to stderr while the screen is up.
pub(super) fn start(paths: &Paths) -> io::Result<File> {
    let folder: PathBuf = paths.state.clone();
    make_private_folder(&folder).map_err(io::Error::other)?;
    let path = folder.join("earmark.log");
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > LIMIT) {
        fs::rename(&path, folder.join("earmark.log.1"))?;
    }
    let file = open_private(&path)?;
    let filter = EnvFilter::try_from_env("EARMARK_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        // Told on stderr, which is this very file: on a full disk that would panic with the log locked.
        .log_internal_errors(false)
        .with_writer(std::sync::Mutex::new(Events(file.try_clone()?)))
        .finish();
    // A second start in one process (tests) keeps the first log.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(file)
}

/// One line for each event, whatever names and texts it tells: nobody outside writes lines of the log, and it can be
/// looked at with `cat`.
struct Events<W>(W);

impl<W: Write> Write for Events<W> {
    /// An event comes in one piece.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = format!("{}\n", safe_bytes(event.strip_suffix(b"\n").unwrap_or(event)));
        self.0.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn open_private(path: &std::path::Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_safe_line() {
        let mut log = Vec::new();
        Events(&mut log)
            .write_all("WARN a\nWARN forged\x1b]0;x\u{7}\u{9b}\u{202e}\n".as_bytes())
            .unwrap();
        let log = String::from_utf8(log).unwrap();
        assert_eq!(log.lines().count(), 1);
        assert!(!log.trim_end().chars().any(crate::text::acts_on_terminals), "{log:?}");
    }
}
