//! Bringing a listener on this machine near an earmark on another, through the user's own `ssh`.
//!
//! One private master connection carries it all, so that there is one login: on it runs a helper, which is earmark over
//! there and keeps the note by which the listener is found; a socket of that machine leads back to the listener; and
//! the session itself. When this process ends, however it ends, the helper sees its input end and takes the note away.
mod error;
mod helper;
mod line;
mod link;
mod master;
mod rounds;
mod script;
mod ssh;
mod terminal;

pub use error::ConnectError;
pub use helper::{Account, serve};
pub use link::private_folder;
pub use rounds::{Ended, News, Plan, Start, Tell, follow};
pub use script::script;
pub use ssh::Ssh;
