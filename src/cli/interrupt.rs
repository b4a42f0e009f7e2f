//! Ctrl+C and SIGTERM for commands that can stop half-way with nothing lost.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Tells a long command that it should stop at the next good place.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Watches from now on. The second signal does not wait for a good place.
    pub(super) fn watch() -> Self {
        let interrupt = Self::default();
        if let Err(error) = start(Arc::clone(&interrupt.0)) {
            // A signal simply ends the process then, as it does in every other command.
            tracing::warn!(%error, "signals are not watched");
        }
        interrupt
    }

    /// Whether it is time to stop.
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

fn start(flag: Arc<AtomicBool>) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let signals = {
        let _context = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    let watch = move || watch(&runtime, signals, &flag);
    thread::Builder::new().name("signals".into()).spawn(watch).map(drop)
}

fn watch(runtime: &Runtime, (mut interrupt, mut terminate): (Signal, Signal), flag: &AtomicBool) {
    runtime.block_on(async {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if flag.swap(true, Ordering::Relaxed) {
                process::exit(i32::from(super::exit::Exit::Interrupted.code()));
            }
        }
    });
}
