//! A WebSocket as a wire: the handshake, and frames on their way between it and threads that wait.

use crate::listener::wire::{
    Frame, FrameSink, FrameSource, Hello, Outdated, Protocol, Refusal, Welcome, Wire, WireError,
    decode, encode,
};
use axum::extract::ws::{Message, WebSocket};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

/// How long coming together may take, and how long a browser may take nothing.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a last word may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// The longest frame before both sides agreed, in bytes.
const MAX_EARLY: usize = 8 << 10;
/// Frames that came and were not looked at yet.
const WAITING: usize = 16;

/// Why a page and this side did not come together.
#[derive(Debug, thiserror::Error)]
pub(super) enum Strange {
    #[error("no answer in {} seconds", PATIENCE.as_secs())]
    Slow,
    #[error("it has gone")]
    Gone,
    #[error("it does not speak the listener protocol")]
    Confused,
    #[error("the page and earmark do not speak a common version; load the page again")]
    Version(Outdated),
}

/// The sender's part of the handshake. The page was let in by its link and cookie: nothing is proved here.
pub(super) async fn come_together(socket: &mut WebSocket, host: &str) -> Result<Welcome, Strange> {
    let meeting = async {
        let Frame::Greeting(greeting) = early(socket).await? else {
            return Err(Strange::Confused);
        };
        Protocol::OURS.common(greeting.protocol).map_err(Strange::Version)?;
        let hello = Hello {
            protocol: Protocol::OURS,
            earmark: env!("CARGO_PKG_VERSION").to_owned(),
            host: host.to_owned(),
            ..Hello::default()
        };
        say(socket, &Frame::Hello(hello)).await?;
        match early(socket).await? {
            Frame::Welcome(welcome) => Ok(welcome),
            _ => Err(Strange::Confused),
        }
    };
    timeout(PATIENCE, meeting).await.unwrap_or(Err(Strange::Slow))
}

/// Tells the page why, if it still hears.
pub(super) async fn refuse(mut socket: WebSocket, why: Strange) {
    let update = match why {
        Strange::Version(Outdated::Own) => Some("sender".to_owned()),
        Strange::Version(Outdated::Other) => Some("listener".to_owned()),
        _ => None,
    };
    let refusal = Frame::Refusal(Refusal { why: why.to_string(), update });
    let _ = timeout(FAREWELL, async {
        say(&mut socket, &refusal).await?;
        socket.send(Message::Close(None)).await.map_err(|_| Strange::Gone)
    })
    .await;
}

async fn early(socket: &mut WebSocket) -> Result<Frame, Strange> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Binary(bytes))) if bytes.len() <= MAX_EARLY => {
                return decode(&bytes).map_err(|_| Strange::Confused);
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Strange::Gone),
            Some(Ok(_)) => return Err(Strange::Confused),
        }
    }
}

async fn say(socket: &mut WebSocket, frame: &Frame) -> Result<(), Strange> {
    let bytes = encode(frame).map_err(|_| Strange::Confused)?;
    socket.send(Message::Binary(bytes.into())).await.map_err(|_| Strange::Gone)
}

/// A wire for threads that wait, and what carries its frames for as long as it lasts.
pub(super) fn wire(socket: WebSocket) -> (Wire, impl Future<Output = ()> + Send) {
    let (outgoing, to_send) = channel(1);
    let (received, incoming) = channel(WAITING);
    let closed = Arc::new(Notify::new());
    let close = closed.clone();
    let wire = Wire {
        source: Box::new(Source(incoming)),
        sink: Box::new(Sink(outgoing)),
        close: Arc::new(move || close.notify_one()),
    };
    (wire, carry(socket, to_send, received, closed))
}

type Received = Result<Frame, WireError>;

async fn carry(
    mut socket: WebSocket,
    mut to_send: Receiver<Vec<u8>>,
    received: Sender<Received>,
    closed: Arc<Notify>,
) {
    loop {
        tokio::select! {
            bytes = to_send.recv() => {
                let Some(bytes) = bytes else { break };
                if !send(&mut socket, bytes).await {
                    break;
                }
            },
            goes_on = receive(&mut socket, &received) => if !goes_on {
                break;
            },
            () = closed.notified() => {
                // What was said before is still heard.
                while let Ok(bytes) = to_send.try_recv() {
                    if !send(&mut socket, bytes).await {
                        break;
                    }
                }
                break;
            }
        }
    }
    // Whoever waits comes back before the browser says goodbye.
    drop((to_send, received));
    let _ = timeout(FAREWELL, socket.send(Message::Close(None))).await;
}

async fn send(socket: &mut WebSocket, bytes: Vec<u8>) -> bool {
    let sent = timeout(PATIENCE, socket.send(Message::Binary(bytes.into()))).await;
    matches!(sent, Ok(Ok(())))
}

/// Takes one message in, once there is room for it. Says whether more may follow. May be given up at any point.
async fn receive(socket: &mut WebSocket, received: &Sender<Received>) -> bool {
    let Ok(room) = received.reserve().await else { return false };
    let frame = match socket.recv().await {
        Some(Ok(Message::Binary(bytes))) => decode(&bytes),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => return true,
        Some(Ok(Message::Text(_))) => {
            let what = "text where a frame is due";
            Err(WireError::Io(io::Error::new(io::ErrorKind::InvalidData, what)))
        }
        Some(Ok(Message::Close(_))) | None => Err(WireError::Closed),
        Some(Err(error)) => Err(WireError::Io(io::Error::other(error))),
    };
    let goes_on = frame.is_ok();
    room.send(frame);
    goes_on
}

struct Source(Receiver<Received>);

impl FrameSource for Source {
    fn receive(&mut self) -> Received {
        self.0.blocking_recv().unwrap_or(Err(WireError::Closed))
    }
}

struct Sink(Sender<Vec<u8>>);

impl FrameSink for Sink {
    fn send(&mut self, frame: &Frame) -> Result<(), WireError> {
        let bytes = encode(frame)?;
        self.0.blocking_send(bytes).map_err(|_| WireError::Closed)
    }
}
