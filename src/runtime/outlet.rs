//! The way to the terminal. A thread of its own writes: a slow line, or a terminal that was stopped, keeps nobody waiting.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Bytes that are written at once: small enough to see that a slow line moves.
const PIECE: usize = 1024;
/// A terminal that somebody made non-blocking is tried again after this.
const RETRY: Duration = Duration::from_millis(5);

/// The only door to the terminal: everything is written in the order in which it was sent.
#[derive(Clone)]
pub(super) struct Outlet(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Wakes the loop when all is written, or nothing can be.
    told: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Vec<u8>>,
    under_way: bool,
    /// Pieces that the terminal took.
    taken: u64,
    failed: Option<io::Error>,
    /// Nothing is written any more.
    gone: bool,
    /// How long the last took.
    took: Duration,
}

impl State {
    fn is_idle(&self) -> bool {
        self.gone || (self.waiting.is_empty() && !self.under_way)
    }
}

impl Outlet {
    /// Starts the thread that writes to standard output.
    ///
    /// # Errors
    /// There is no standard output, or no thread to be had.
    pub(super) fn start() -> io::Result<Self> {
        Self::into(File::from(rustix::io::dup(rustix::stdio::stdout())?))
    }

    fn into(out: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let outlet = Self(Arc::clone(&shared));
        thread::Builder::new().name("terminal".to_owned()).spawn(move || shared.write_to(out))?;
        Ok(outlet)
    }

    /// Has bytes written, after all that was sent before; never waits.
    pub(super) fn send(&self, bytes: Vec<u8>) {
        let mut state = self.0.lock();
        if !state.gone && !bytes.is_empty() {
            state.waiting.push_back(bytes);
            self.0.changed.notify_all();
        }
    }

    /// Whether all that was sent is written.
    pub(super) fn is_idle(&self) -> bool {
        self.0.lock().is_idle()
    }

    /// How long the terminal took for what was written last.
    pub(super) fn took(&self) -> Duration {
        self.0.lock().took
    }

    /// Why nothing can be written any more; told once.
    pub(super) fn failure(&self) -> Option<io::Error> {
        self.0.lock().failed.take()
    }

    /// Comes back when all is written, or when nothing can be.
    pub(super) async fn told(&self) {
        self.0.told.notified().await;
    }

    /// Waits until all is written; gives up, with false, when the terminal took nothing for so long.
    pub(super) fn settle(&self, patience: Duration) -> bool {
        let mut state = self.0.lock();
        while !state.is_idle() {
            let before = state.taken;
            let moves = |state: &mut State| !state.is_idle() && state.taken == before;
            let (now, waited) = self
                .0
                .changed
                .wait_timeout_while(state, patience, moves)
                .unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                return now.is_idle();
            }
            state = now;
        }
        true
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_to(&self, mut out: impl Write) {
        loop {
            let bytes = self.next();
            let began = Instant::now();
            let outcome = self.write(&bytes, &mut out);
            let mut state = self.lock();
            state.under_way = false;
            state.took = began.elapsed();
            if let Err(error) = outcome {
                state.failed = Some(error);
                state.gone = true;
                state.waiting.clear();
            }
            let (idle, gone) = (state.is_idle(), state.gone);
            drop(state);
            self.changed.notify_all();
            if idle {
                self.told.notify_one();
            }
            if gone {
                return;
            }
        }
    }

    /// Waits for something to write.
    fn next(&self) -> Vec<u8> {
        let mut state = self.lock();
        loop {
            if let Some(bytes) = state.waiting.pop_front() {
                state.under_way = true;
                return bytes;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn write(&self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        for piece in bytes.chunks(PIECE) {
            let mut rest = piece;
            while !rest.is_empty() {
                match out.write(rest) {
                    Ok(0) => return Err(ErrorKind::WriteZero.into()),
                    Ok(taken) => rest = &rest[taken..],
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY),
                    Err(error) => return Err(error),
                }
            }
            self.lock().taken += 1;
            self.changed.notify_all();
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// A terminal that takes a piece each time it is let; it fails once nobody lets it any more.
    struct Gate {
        lets: Receiver<()>,
        took: Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.lets.recv().map_err(|_| ErrorKind::BrokenPipe)?;
            // Nobody may look any more.
            let _ = self.took.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gated() -> (Outlet, Sender<()>, Receiver<Vec<u8>>) {
        let ((let_it, lets), (took, taken)) = (channel(), channel());
        (Outlet::into(Gate { lets, took }).unwrap(), let_it, taken)
    }

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn a_stalled_terminal_keeps_nobody_waiting_and_gets_all_in_order() {
        let (outlet, let_it, taken) = gated();
        outlet.send(b"one".to_vec());
        outlet.send(b"two".to_vec());
        assert!(!outlet.is_idle());
        assert!(!outlet.settle(SHORT), "it is given up");
        let_it.send(()).unwrap();
        let_it.send(()).unwrap();
        assert!(outlet.settle(LONG));
        assert!(outlet.is_idle());
        assert_eq!(taken.try_iter().collect::<Vec<_>>(), [b"one", b"two"]);
    }

    #[test]
    fn what_a_slow_terminal_took_is_known() {
        struct Slow(Sender<()>, Receiver<()>);
        impl Write for Slow {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.send(()).map_err(|_| ErrorKind::BrokenPipe)?;
                self.1.recv().map_err(|_| ErrorKind::BrokenPipe)?;
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let ((begins, begun), (let_it, lets)) = (channel(), channel());
        let outlet = Outlet::into(Slow(begins, lets)).unwrap();
        outlet.send(b"one".to_vec());
        begun.recv().unwrap();
        assert!(!outlet.settle(SHORT));
        let_it.send(()).unwrap();
        assert!(outlet.settle(LONG));
        assert!(outlet.took() >= SHORT);
    }

    #[test]
    fn one_that_is_gone_is_told_of_once_and_takes_nothing_more() {
        let (outlet, let_it, _taken) = gated();
        drop(let_it);
        outlet.send(b"one".to_vec());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(outlet.told());
        assert_eq!(outlet.failure().map(|error| error.kind()), Some(ErrorKind::BrokenPipe));
        assert!(outlet.failure().is_none());
        outlet.send(b"two".to_vec());
        assert!(outlet.is_idle() && outlet.settle(LONG));
    }

    #[test]
    fn the_loop_is_woken_when_all_is_written() {
        let (outlet, let_it, _taken) = gated();
        outlet.send(vec![b'x'; PIECE + 1]);
        let_it.send(()).unwrap();
        let_it.send(()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(outlet.told());
        assert!(outlet.is_idle());
    }
}
