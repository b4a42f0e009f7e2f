//! Ctrl+C and SIGTERM for commands that can stop half-way with nothing lost.

use std::future::poll_fn;
use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Tells a long command that it should stop at the next good place.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Watches from now on. The second signal does not wait for a good place.
    pub(super) fn watch() -> Self {
        Self::of(&[SignalKind::interrupt(), SignalKind::terminate()])
    }

    /// The same for what makes no sense without its terminal: the end of that is a signal too.
    pub(super) fn watch_terminal() -> Self {
        Self::of(&[SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()])
    }

    fn of(kinds: &[SignalKind]) -> Self {
        let interrupt = Self::default();
        if let Err(error) = start(Arc::clone(&interrupt.0), kinds) {
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

fn start(flag: Arc<AtomicBool>, kinds: &[SignalKind]) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let signals = {
        let _context = runtime.enter();
        kinds.iter().map(|kind| signal(*kind)).collect::<io::Result<Vec<Signal>>>()?
    };
    let watch = move || watch(&runtime, signals, &flag);
    thread::Builder::new().name("signals".into()).spawn(watch).map(drop)
}

fn watch(runtime: &Runtime, mut signals: Vec<Signal>, flag: &AtomicBool) {
    runtime.block_on(async {
        loop {
            poll_fn(|context| {
                let come = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
                if come { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            if flag.swap(true, Ordering::Relaxed) {
                process::exit(i32::from(super::exit::Exit::Interrupted.code()));
            }
        }
    });
}
