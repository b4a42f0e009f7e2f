//! The workspace: the SQLite file in which one account works on a dataset. Every SQL statement is in this room.
//!
//! Three doors, each blocking and each for one thread at a time: [`Writer`] changes, [`Reader`] reads while others
//! change, [`Drafts`] keeps what was typed but is not yet a label, in a file of its own so that saving one never waits.
//! Labels are revisions that are only ever appended; the columns by which samples are listed, counted and searched are
//! derived from them by [`crate::domain::Heads`].

mod anew;
mod apply;
mod aside;
mod carry;
mod codec;
mod conditions;
mod copies;
mod deed;
mod drafts;
mod error;
mod export;
mod file;
mod health;
mod identity;
mod import;
mod kinds;
mod leases;
mod ledger;
mod list;
mod many;
mod merging;
mod meta;
mod migrate;
mod moves;
mod names;
mod outdated;
mod pages;
mod place;
mod presence;
mod probes;
mod reader;
mod rows;
mod salvage;
mod sample;
mod search;
mod segments;
mod share;
mod since;
mod staging;
mod undo;
mod versions;
mod writer;

pub use apply::SyncRun;
pub use copies::{Copy, copies, daily_copy, put_back};
pub use drafts::Drafts;
pub use error::{Result, WorkspaceError};
pub use export::ExportRow;
pub use file::private_folder;
pub use health::examine;
pub use identity::{Dataset, Identity};
pub use kinds::{
    ImportItem, ImportReport, Incoming, LabelOutcome, LabelRequest, Lease, Listed, Probe, Step,
    Suggested, Unprobed,
};
pub use names::Namesake;
pub use outdated::is_outdated;
pub use reader::Reader;
pub use salvage::{Salvaged, salvage};
pub use share::{Batch, Portion, Shared, TakenIn};
pub use staging::Staging;
pub use versions::{Changes, Comparison, Difference, Version};
pub use writer::Writer;

#[cfg(test)]
mod tests;
