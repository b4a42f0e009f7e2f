//! Files that carry labels: one file a format, each a streaming reader (and writer, where it has one).
//!
//! A format knows bytes and texts; where they lie and what becomes of them is for whoever calls.

mod key;
mod lines;
mod sidecar;

pub use key::KeyFields;
pub use lines::{LabelLine, LineError, LineSyntax, label_lines};
pub use sidecar::{SidecarError, read_sidecar, sidecar_of};
