//! Sound on another machine than the one that runs the program: the protocol, the laptop that plays, the server that
//! sends, how they find each other, the SSH that lies between, and the player page.
//!
//! The *sender* is the earmark that shows the screen, where the audio lies. The *listener* plays: it fetches what it
//! lacks, decodes, and tells what is really heard. `docs/listener-protocol.md` is the contract between them.

pub mod connect;
pub mod forms;
pub mod laptop;
pub mod meet;
pub mod page;
pub mod remote;
pub mod wire;
