//! Connections as they come: no more at once than a page needs, and none that only holds the door.
//!
//! Any account of the machine can reach the port. It must not be able to use up the program's file handles.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// Connections at once.
const SEATS: usize = 32;
/// How long a connection may last that does not become a wire.
const VISIT: Duration = Duration::from_secs(10);
/// How long to wait after the system gave no connection.
const RETRY: Duration = Duration::from_millis(500);

/// Where connections come in.
pub(super) struct Door {
    listener: TcpListener,
    seats: Arc<Semaphore>,
}

/// Who came in.
#[derive(Debug, Clone)]
pub(super) struct Guest(Arc<AtomicBool>);

/// A connection, and its place among them.
pub(super) struct Seat {
    stream: TcpStream,
    until: Pin<Box<Sleep>>,
    guest: Guest,
    _place: Option<OwnedSemaphorePermit>,
}

impl Door {
    /// # Errors
    /// The socket cannot be waited for.
    pub(super) fn new(listener: std::net::TcpListener) -> io::Result<Self> {
        let listener = TcpListener::from_std(listener)?;
        Ok(Self { listener, seats: Arc::new(Semaphore::new(SEATS)) })
    }
}

impl Guest {
    /// Lets it stay for as long as it likes.
    pub(super) fn stays(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Listener for Door {
    type Io = Seat;
    type Addr = Guest;

    async fn accept(&mut self) -> (Seat, Guest) {
        let place = self.seats.clone().acquire_owned().await.ok();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "a page's packets may wait for each other");
                    }
                    let guest = Guest(Arc::default());
                    let until = Box::pin(sleep(VISIT));
                    let seat = Seat { stream, until, guest: guest.clone(), _place: place };
                    return (seat, guest);
                }
                Err(error) => {
                    tracing::warn!(%error, "a page's connection was not taken");
                    sleep(RETRY).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Guest> {
        Ok(Guest(Arc::default()))
    }
}

impl Connected<IncomingStream<'_, Door>> for Guest {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.remote_addr().clone()
    }
}

impl AsyncRead for Seat {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stays = self.guest.0.load(Ordering::Relaxed);
        if !stays && self.until.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Seat {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
