//! The listener protocol: frames, what they say, and how two sides become sure of each other.
//!
//! `docs/listener-protocol.md` describes it for people who write another side.

mod address;
mod frame;
mod handshake;
mod message;
mod stream;
#[cfg(test)]
mod tests;
mod token;

pub use address::Address;
pub use frame::{FrameSink, FrameSource, MAX_FRAME, Wire, WireError, decode, encode};
pub use handshake::{HandshakeError, as_listener, as_sender};
pub use message::{
    Chunk, Form, Frame, Greeting, Hello, Need, Outdated, Protocol, Refusal, SoundInfo, Welcome,
};
pub use stream::Stream;
pub use token::Token;
