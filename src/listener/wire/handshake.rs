//! Becoming sure of each other: versions, and on both sides the proof of knowing the token.
//!
//! The listener speaks first, so that a sender learns which version it deals with before it shows anything. Neither
//! side says the token: whoever only stands in the way (another account on a loopback port) learns nothing of use.

use super::frame::{FrameSink, MAX_FRAME, Wire, WireError, decode};
use super::message::{Frame, Greeting, Hello, Outdated, Protocol, Refusal, Welcome};
use super::stream::Stream;
use super::token::{Side, Token, nonce};
use std::io::{self, Read};
use std::time::{Duration, Instant};

/// The longest frame before both sides are sure, in bytes.
const MAX_EARLY: usize = 8 << 10;
/// How long the other side may take in all, and later over a single write.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why two sides did not come together.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The connection, or a frame on it.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// It took too long.
    #[error("no answer in {} seconds", PATIENCE.as_secs())]
    Slow,
    /// It does not know the token.
    #[error("the other side does not know the token")]
    Stranger,
    /// It speaks only newer versions than this side.
    #[error("earmark {theirs} at the other end is too new for this one ({ours})")]
    OwnTooOld {
        /// This side's version of earmark.
        ours: String,
        /// The other side's.
        theirs: String,
    },
    /// It speaks only older versions than this side.
    #[error("earmark {theirs} at the other end is too old for this one ({ours})")]
    OtherTooOld {
        /// This side's version of earmark.
        ours: String,
        /// The other side's.
        theirs: String,
    },
    /// It said no.
    #[error("refused: {}", .0.why)]
    Refused(Refusal),
    /// It said something else than what is said here.
    #[error("the other end is no earmark listener")]
    Confused,
}

impl HandshakeError {
    /// What to do next; `own` and `other` are what the two machines are to the reader, as in "the laptop".
    pub fn hint(&self, own: &str, other: &str) -> Option<String> {
        let update = |which: &str| Some(format!("update earmark on {which}"));
        match self {
            Self::OwnTooOld { .. } => update(own),
            Self::OtherTooOld { .. } => update(other),
            Self::Stranger => Some("connect again: `earmark connect` makes a new token".to_owned()),
            Self::Refused(Refusal { update: Some(side), .. }) => {
                Some(format!("update earmark at the {side}'s end"))
            }
            _ => None,
        }
    }
}

/// The listener's part, with a sender that has just connected: it is let in if it speaks a common version and knows the
/// token. `welcome` needs no version and no proof; they are filled in.
///
/// # Errors
/// See [`HandshakeError`]. The sender has been told, where that helps, and the socket is to be dropped.
pub fn as_listener(
    mut stream: Stream,
    token: &Token,
    welcome: Welcome,
) -> Result<(Wire, Hello), HandshakeError> {
    let mut early = Early::new(&stream)?;
    let own = nonce();
    let earmark = env!("CARGO_PKG_VERSION").to_owned();
    let greeting = Greeting { protocol: Protocol::OURS, earmark, nonce: own.clone() };
    stream.send(&Frame::Greeting(greeting))?;
    let hello = match early.next()? {
        Frame::Hello(hello) => hello,
        Frame::Refusal(refusal) => return Err(HandshakeError::Refused(refusal)),
        _ => return Err(HandshakeError::Confused),
    };
    let version = match agreed(hello.protocol, &hello.earmark) {
        Ok(version) => version,
        Err(error) => return Err(refuse(&mut stream, error, "listener", "sender")),
    };
    if !token.verify(&hello.proof, Side::Sender, &own, &hello.nonce) {
        return Err(refuse(&mut stream, HandshakeError::Stranger, "listener", "sender"));
    }
    let proof = token.proof(Side::Listener, &own, &hello.nonce);
    stream.send(&Frame::Welcome(Welcome { version, proof, ..welcome }))?;
    Ok((settled(stream)?, hello))
}

/// The sender's part, on a socket that leads to a listener. `hello` needs neither protocol, version, nonce nor proof;
/// they are filled in.
///
/// # Errors
/// See [`HandshakeError`]. The socket is to be dropped.
pub fn as_sender(
    mut stream: Stream,
    token: &Token,
    hello: Hello,
) -> Result<(Wire, Welcome), HandshakeError> {
    let mut early = Early::new(&stream)?;
    let greeting = match early.next()? {
        Frame::Greeting(greeting) => greeting,
        Frame::Refusal(refusal) => return Err(HandshakeError::Refused(refusal)),
        _ => return Err(HandshakeError::Confused),
    };
    if let Err(error) = agreed(greeting.protocol, &greeting.earmark) {
        return Err(refuse(&mut stream, error, "sender", "listener"));
    }
    let own = nonce();
    let hello = Hello {
        protocol: Protocol::OURS,
        earmark: env!("CARGO_PKG_VERSION").to_owned(),
        proof: token.proof(Side::Sender, &greeting.nonce, &own),
        nonce: own.clone(),
        ..hello
    };
    stream.send(&Frame::Hello(hello))?;
    let welcome = match early.next()? {
        Frame::Welcome(welcome) => welcome,
        Frame::Refusal(refusal) => return Err(HandshakeError::Refused(refusal)),
        _ => return Err(HandshakeError::Confused),
    };
    if !token.verify(&welcome.proof, Side::Listener, &greeting.nonce, &own) {
        return Err(HandshakeError::Stranger);
    }
    Ok((settled(stream)?, welcome))
}

fn agreed(theirs: Protocol, earmark: &str) -> Result<u16, HandshakeError> {
    let ours = env!("CARGO_PKG_VERSION").to_owned();
    // It is said to a person, by a stranger.
    let theirs_said: String = earmark.chars().filter(char::is_ascii_graphic).take(20).collect();
    Protocol::OURS.common(theirs).map_err(|outdated| match outdated {
        Outdated::Own => HandshakeError::OwnTooOld { ours, theirs: theirs_said },
        Outdated::Other => HandshakeError::OtherTooOld { ours, theirs: theirs_said },
    })
}

/// Tells the other side why, if it still hears.
fn refuse(stream: &mut Stream, error: HandshakeError, own: &str, other: &str) -> HandshakeError {
    let update = match error {
        HandshakeError::OwnTooOld { .. } => Some(own.to_owned()),
        HandshakeError::OtherTooOld { .. } => Some(other.to_owned()),
        _ => None,
    };
    let why = match &error {
        HandshakeError::Stranger => "wrong token".to_owned(),
        error => error.to_string(),
    };
    let _ = stream.send(&Frame::Refusal(Refusal { why, update }));
    error
}

fn settled(stream: Stream) -> Result<Wire, WireError> {
    // Who takes nothing for so long will not take it later either.
    stream.set_patience(None, Some(PATIENCE))?;
    Ok(stream.into_wire()?)
}

/// Reads frames of somebody who may be anybody: short ones, and within a time. Takes no byte too many.
struct Early {
    stream: Stream,
    until: Instant,
}

impl Early {
    fn new(stream: &Stream) -> Result<Self, WireError> {
        stream.set_patience(Some(PATIENCE), Some(PATIENCE))?;
        Ok(Self { stream: stream.try_clone()?, until: Instant::now() + PATIENCE })
    }

    fn next(&mut self) -> Result<Frame, HandshakeError> {
        let mut head = [0; 4];
        self.fill(&mut head)?;
        let length = u32::from_be_bytes(head) as usize;
        if length == 0 || length > MAX_EARLY.min(MAX_FRAME) {
            return Err(HandshakeError::Confused);
        }
        let mut body = vec![0; length];
        self.fill(&mut body)?;
        Ok(decode(&body)?)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), HandshakeError> {
        let mut filled = 0;
        while filled < buffer.len() {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(HandshakeError::Slow);
            }
            self.stream.set_patience(Some(left), Some(left)).map_err(WireError::Io)?;
            match self.stream.read(&mut buffer[filled..]) {
                Ok(0) => return Err(WireError::Closed.into()),
                Ok(count) => filled += count,
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                        return Err(HandshakeError::Slow);
                    }
                    _ => return Err(WireError::Io(error).into()),
                },
            }
        }
        Ok(())
    }
}
