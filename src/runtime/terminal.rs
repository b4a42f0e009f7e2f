//! The terminal while the screen is ours: raw mode, the alternate screen, file descriptor 2, and giving it all back.

use super::outlet::Outlet;
use crate::text::safe_line;
use anyhow::Context as _;
use crossterm::cursor::{SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
};
use crossterm::queue;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use rustix::fd::OwnedFd;
use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A terminal that takes nothing for so long is left as it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// What stderr was, while it points at the log: restored on leaving.
static STDERR: Mutex<Option<OwnedFd>> = Mutex::new(None);
/// Whether the terminal is ours right now.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Reports of panics, until they can be seen.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Holds the terminal; gives it back when dropped.
pub(super) struct Terminal {
    mouse: bool,
    log: Option<File>,
    outlet: Outlet,
}

impl Terminal {
    /// Takes the terminal, by way of `outlet`. What libraries print to stderr goes to `log` from now on.
    pub(super) fn take(mouse: bool, log: Option<File>, outlet: Outlet) -> anyhow::Result<Self> {
        anyhow::ensure!(
            io::stdin().is_terminal() && io::stdout().is_terminal(),
            "the screen needs a terminal; in scripts use the subcommands (earmark --help)"
        );
        end_after_panics();
        let terminal = Self { mouse, log, outlet };
        terminal.enter()?;
        Ok(terminal)
    }

    fn enter(&self) -> anyhow::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode().context("the terminal could not be put into raw mode")?;
        let mut out = Vec::new();
        queue!(
            out,
            EnterAlternateScreen,
            EnableBracketedPaste,
            EnableFocusChange,
            SetCursorStyle::SteadyBar,
            SetTitle("earmark")
        )?;
        if self.mouse {
            queue!(out, EnableMouseCapture)?;
        }
        self.outlet.send(out);
        if let Some(log) = &self.log {
            redirect_stderr(log).context("stderr could not be pointed at the log")?;
        }
        Ok(())
    }

    /// Gives the terminal back, stops the program until the shell continues it, takes the terminal again.
    pub(super) fn suspend(&self) -> anyhow::Result<()> {
        self.leave();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        self.enter()
    }

    /// Everything back as it was, after what is still under way. A terminal that is gone or takes nothing cannot be
    /// restored: that changes nothing.
    fn leave(&self) {
        // Once only: a second time would put the cursor back over what was printed since.
        if !TAKEN.swap(false, Ordering::SeqCst) {
            return;
        }
        restore_stderr();
        let mut out = Vec::new();
        let _ = queue!(
            out,
            DisableMouseCapture,
            DisableFocusChange,
            DisableBracketedPaste,
            SetCursorStyle::DefaultUserShape,
            LeaveAlternateScreen,
            Show
        );
        self.outlet.send(out);
        if !self.outlet.settle(PATIENCE) {
            tracing::warn!("the terminal takes nothing: it could not be given back as it was");
        }
        let _ = disable_raw_mode();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
        // Where a person looks for it, now that there is a place.
        for panic in panics() {
            // Nobody is left to tell where stderr is gone.
            let (place, said) = panic.split_once('\n').unwrap_or((&panic, ""));
            let _ = writeln!(io::stderr(), "{}\n{}", safe_line(place), safe_line(said));
        }
    }
}

fn redirect_stderr(log: &File) -> io::Result<()> {
    let kept = rustix::io::dup(rustix::stdio::stderr())?;
    if let Ok(mut slot) = STDERR.lock() {
        slot.get_or_insert(kept);
    }
    rustix::stdio::dup2_stderr(log)?;
    Ok(())
}

fn restore_stderr() {
    if let Ok(mut slot) = STDERR.lock()
        && let Some(kept) = slot.take()
    {
        let _ = rustix::stdio::dup2_stderr(&kept);
    }
}

/// What panicked while the screen was up, in one or two lines each.
pub(super) fn panics() -> Vec<String> {
    PANICS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// After a panic in whatever thread the program ends in good order: what was typed is saved and the terminal given back
/// before the report is printed. A panic inside a decoder is caught and is a failed file: the screen stays.
fn end_after_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if crate::audio::decoding() {
            tracing::warn!(%info, "a decoder panicked");
            return;
        }
        tracing::error!(%info, "panic");
        // With its backtrace, if one is wanted: into the log while the screen is up.
        print(info);
        if TAKEN.load(Ordering::SeqCst) {
            PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(info.to_string());
            // The loop may be far from here; it ends as it does when somebody asks for that.
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::TERM,
            );
        }
    }));
}
