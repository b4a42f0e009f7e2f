//! How a program finds the listeners that are there for it: notes in a private folder, which of them is meant, and the
//! call.
//!
//! Whoever brings a listener near (`earmark connect`, from its laptop) leaves a note beside the socket that leads there.
//! A note belongs to one session, or is free for whatever runs here under the same name; so a program in a terminal
//! multiplexer finds a laptop that came later.

mod asked;
mod dial;
mod error;
mod note;
mod notes;
mod rank;

pub use asked::Asked;
pub use dial::dial;
pub use error::MeetError;
pub use note::{Note, is_name};
pub use notes::{Notes, Stamp};
pub use rank::{Ranked, Seeker, rank};
