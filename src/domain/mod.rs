//! The words of earmark as types, and the rules that hold between them.
//!
//! Pure: no clock, no I/O, no globals. What travels between rooms (playback commands and events, list pages, reports,
//! user errors, [`ByteSource`]) lives here so that no room needs to look up. Imports nothing of the crate.

mod bins;
mod connection;
mod deed;
mod draft;
mod error;
mod filter;
mod flag;
mod heads;
mod hex;
mod ids;
mod key;
mod media;
mod page;
mod playback;
mod report;
mod revision;
mod sample;
mod source;
mod twins;
mod undo;

pub use bins::Bins;
pub use connection::{Addressing, BulkDelete, Connection, ListVersion, StoreKind};
pub use deed::{Choice, Deed, Target};
pub use draft::Draft;
pub use error::UserError;
pub use filter::{Filter, FilterError};
pub use flag::Flag;
pub use heads::{ContentHead, Heads, Standing};
pub use hex::hex;
pub use ids::{ActionId, InstanceId, RevisionId, SampleId, SoundId, WriterId};
pub use key::SampleKey;
pub use media::{MediaInfo, Peak, Peaks, Span};
pub use page::{Anchor, Counts, Order, OrderBy, Page, PageRequest, Row, Scope, View};
pub use playback::{Command, Event, ListenerPlace, Output, Seconds};
pub use report::{ActionReport, Skip, SyncReport, UndoReport};
pub use revision::{Change, ContentChange, How, Revision};
pub use sample::{AudioStamp, Confirm, SampleDetail, SampleState, Suggestion};
pub use source::{ByteSource, Source, SourceError};
pub use undo::{Inverse, invert};
