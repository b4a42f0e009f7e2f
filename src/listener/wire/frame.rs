//! Frames as bytes: a length, a kind, a body.

use super::message::{Chunk, Frame};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// The longest frame, kind included, in bytes.
pub const MAX_FRAME: usize = 256 << 10;

/// The body of a chunk begins with request, offset and length.
const CHUNK_HEADER: usize = 16;

const GREETING: u8 = 1;
const HELLO: u8 = 2;
const WELCOME: u8 = 3;
const REFUSAL: u8 = 4;
const COMMAND: u8 = 10;
const EVENT: u8 = 11;
const NEED: u8 = 20;
const SOUND: u8 = 21;
const CHUNK: u8 = 22;
const UNAVAILABLE: u8 = 23;
const CANCEL: u8 = 24;
const GOT: u8 = 25;
const PING: u8 = 30;
const PONG: u8 = 31;
const BYE: u8 = 32;

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other side has ended, between two frames.
    #[error("the other side has gone")]
    Closed,
    /// The connection failed.
    #[error("the connection failed")]
    Io(#[source] io::Error),
    /// A frame longer than any may be, or without a kind.
    #[error("a frame of {0} bytes is not part of the protocol")]
    Length(usize),
    /// A frame that contradicts itself.
    #[error("a damaged frame of kind {kind}: {why}")]
    Damaged {
        /// Its kind.
        kind: u8,
        /// What is wrong.
        why: String,
    },
}

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Where frames come from. Blocks.
pub trait FrameSource: Send {
    /// The next frame.
    ///
    /// # Errors
    /// [`WireError::Closed`] at the end; what else went wrong. Nothing can be read after an error.
    fn receive(&mut self) -> Result<Frame, WireError>;
}

/// Where frames go to. Blocks.
pub trait FrameSink: Send {
    /// Sends a frame.
    ///
    /// # Errors
    /// The connection failed.
    fn send(&mut self, frame: &Frame) -> Result<(), WireError>;
}

/// A connection of which both sides are sure, whatever carries it.
pub struct Wire {
    /// What comes.
    pub source: Box<dyn FrameSource>,
    /// What goes.
    pub sink: Box<dyn FrameSink>,
    /// Ends both, from any thread; whoever waits there comes back with an error.
    pub close: Arc<dyn Fn() + Send + Sync>,
}

impl<R: Read + Send> FrameSource for R {
    fn receive(&mut self) -> Result<Frame, WireError> {
        let mut head = [0; 4];
        match self.read(&mut head[..1]) {
            Ok(0) => return Err(WireError::Closed),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return self.receive(),
            Err(error) => return Err(error.into()),
        }
        self.read_exact(&mut head[1..])?;
        let length = u32::from_be_bytes(head) as usize;
        if length == 0 || length > MAX_FRAME {
            return Err(WireError::Length(length));
        }
        let mut body = vec![0; length];
        self.read_exact(&mut body)?;
        decode(&body)
    }
}

impl<W: Write + Send> FrameSink for W {
    fn send(&mut self, frame: &Frame) -> Result<(), WireError> {
        let body = encode(frame)?;
        let length = u32::try_from(body.len()).map_err(|_| WireError::Length(body.len()))?;
        let mut bytes = Vec::with_capacity(4 + body.len());
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&body);
        self.write_all(&bytes)?;
        self.flush()?;
        Ok(())
    }
}

/// A frame as kind and body: what follows the length in a stream, or the whole of a `WebSocket` message.
///
/// # Errors
/// It is longer than [`MAX_FRAME`].
pub fn encode(frame: &Frame) -> Result<Vec<u8>, WireError> {
    let bytes = match frame {
        Frame::Greeting(body) => json(GREETING, body),
        Frame::Hello(body) => json(HELLO, body),
        Frame::Welcome(body) => json(WELCOME, body),
        Frame::Refusal(body) => json(REFUSAL, body),
        Frame::Command { seq, command } => json(COMMAND, &Numbered { seq: *seq, it: command }),
        Frame::Event { seq, event } => json(EVENT, &Numbered { seq: *seq, it: event }),
        Frame::Need(body) => json(NEED, body),
        Frame::Sound(body) => json(SOUND, body),
        Frame::Chunk(chunk) => Ok(chunk_bytes(chunk)),
        Frame::Unavailable { request, why } => {
            json(UNAVAILABLE, &Answer { request: *request, why: why.clone() })
        }
        Frame::Cancel { request } => {
            json(CANCEL, &Answer { request: *request, why: String::new() })
        }
        Frame::Got { bytes } => Ok(number(GOT, *bytes)),
        Frame::Ping(count) => Ok(number(PING, *count)),
        Frame::Pong(count) => Ok(number(PONG, *count)),
        Frame::Bye { why } => json(BYE, &Farewell { why: why.clone() }),
        Frame::Unknown(kind) => Ok(vec![*kind]),
    }?;
    if bytes.len() > MAX_FRAME { Err(WireError::Length(bytes.len())) } else { Ok(bytes) }
}

/// Reads what [`encode`] writes. Kinds, commands and events of later versions are [`Frame::Unknown`].
///
/// # Errors
/// Nothing at all, too much, or a body that is not what its kind says.
pub fn decode(bytes: &[u8]) -> Result<Frame, WireError> {
    let Some((&kind, body)) = bytes.split_first().filter(|_| bytes.len() <= MAX_FRAME) else {
        return Err(WireError::Length(bytes.len()));
    };
    Ok(match kind {
        GREETING => Frame::Greeting(parsed(kind, body)?),
        HELLO => Frame::Hello(parsed(kind, body)?),
        WELCOME => Frame::Welcome(parsed(kind, body)?),
        REFUSAL => Frame::Refusal(parsed(kind, body)?),
        COMMAND => match parsed::<Numbered<Later<_>>>(kind, body)? {
            Numbered { seq, it: Later::Known(command) } => Frame::Command { seq, command },
            _ => Frame::Unknown(kind),
        },
        EVENT => match parsed::<Numbered<Later<_>>>(kind, body)? {
            Numbered { seq, it: Later::Known(event) } => Frame::Event { seq, event },
            _ => Frame::Unknown(kind),
        },
        NEED => Frame::Need(parsed(kind, body)?),
        SOUND => Frame::Sound(parsed(kind, body)?),
        CHUNK => Frame::Chunk(parsed_chunk(body)?),
        UNAVAILABLE => {
            let Answer { request, why } = parsed(kind, body)?;
            Frame::Unavailable { request, why }
        }
        CANCEL => Frame::Cancel { request: parsed::<Answer>(kind, body)?.request },
        GOT => Frame::Got { bytes: parsed_number(kind, body)? },
        PING => Frame::Ping(parsed_number(kind, body)?),
        PONG => Frame::Pong(parsed_number(kind, body)?),
        BYE => Frame::Bye { why: parsed::<Farewell>(kind, body)?.why },
        _ => Frame::Unknown(kind),
    })
}

#[derive(Serialize, Deserialize)]
struct Numbered<T> {
    seq: u64,
    it: T,
}

/// Something of which later versions know more kinds.
#[derive(Deserialize)]
#[serde(untagged)]
enum Later<T> {
    Known(T),
    Unknown(serde::de::IgnoredAny),
}

#[derive(Serialize, Deserialize)]
struct Answer {
    request: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    why: String,
}

#[derive(Serialize, Deserialize)]
struct Farewell {
    #[serde(default)]
    why: String,
}

fn json(kind: u8, body: &impl Serialize) -> Result<Vec<u8>, WireError> {
    let mut bytes = vec![kind];
    serde_json::to_writer(&mut bytes, body).map_err(|error| damaged(kind, &error))?;
    Ok(bytes)
}

fn number(kind: u8, number: u64) -> Vec<u8> {
    [&[kind][..], &number.to_be_bytes()].concat()
}

fn chunk_bytes(chunk: &Chunk) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + CHUNK_HEADER + chunk.bytes.len());
    bytes.push(CHUNK);
    bytes.extend_from_slice(&chunk.request.to_be_bytes());
    bytes.extend_from_slice(&chunk.offset.to_be_bytes());
    bytes.extend_from_slice(&chunk.len.to_be_bytes());
    bytes.extend_from_slice(&chunk.bytes);
    bytes
}

fn parsed<T: DeserializeOwned>(kind: u8, body: &[u8]) -> Result<T, WireError> {
    serde_json::from_slice(body).map_err(|error| damaged(kind, &error))
}

fn parsed_number(kind: u8, body: &[u8]) -> Result<u64, WireError> {
    let bytes = body.try_into().map_err(|_| damaged(kind, &"not a number"))?;
    Ok(u64::from_be_bytes(bytes))
}

fn parsed_chunk(body: &[u8]) -> Result<Chunk, WireError> {
    let short = || damaged(CHUNK, &"cut short");
    let (head, bytes) = body.split_at_checked(CHUNK_HEADER).ok_or_else(short)?;
    let (request, rest) = head.split_first_chunk().ok_or_else(short)?;
    let (offset, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let (len, _) = rest.split_first_chunk().ok_or_else(short)?;
    if bytes.is_empty() {
        return Err(damaged(CHUNK, &"without bytes"));
    }
    Ok(Chunk {
        request: u32::from_be_bytes(*request),
        offset: u64::from_be_bytes(*offset),
        len: u32::from_be_bytes(*len),
        bytes: bytes.to_vec(),
    })
}

fn damaged(kind: u8, why: &dyn std::fmt::Display) -> WireError {
    WireError::Damaged { kind, why: why.to_string() }
}
