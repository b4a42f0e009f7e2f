//! What a panic prints: the report may quote any text, so it is made safe like everything else.

use crate::text::{safe_line, safe_multiline};
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::thread;

/// From now on reports of panics are safe to show. Whoever takes the terminal puts a hook of their own before it.
pub(super) fn print_safely() {
    std::panic::set_hook(Box::new(|info| {
        let thread = thread::current();
        let name = thread.name().unwrap_or("without a name");
        let said = info.payload_as_str().unwrap_or("of another kind");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let mut report = format!("thread '{name}' panicked at {place}:\n{}", safe_line(said));
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            report = format!("{report}\n{backtrace}");
        }
        // When stderr itself is closed there is nowhere left to say so.
        let _ = writeln!(io::stderr(), "{}", safe_multiline(&report));
    }));
}
