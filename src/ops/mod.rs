//! The use cases, one file each, called by screen and command line alike.
//!
//! What a [`Writer`](crate::workspace::Writer) or [`Reader`](crate::workspace::Reader) does by itself (label one, undo,
//! count) is not wrapped here.

mod delete;
mod demo;
mod doctor;
mod error;
mod import;
mod known;
mod label;
mod open;
mod person;
mod probe;
mod sample;
mod scope;

pub use delete::{DeletionPlan, SourceDeletion, delete_with_sources, plan_deletion};
pub use demo::{Demo, make_demo};
pub use doctor::{Check, Terminal, Verdict, check_sound, check_terminal, check_workspace};
pub use error::OpsError;
pub use import::{SidecarImport, SidecarProblem, import_sidecars};
pub use known::{KnownDataset, Registry, make_private_folder};
pub use label::{LabelLines, label_from_lines};
pub use open::{Locate, Make, Opened, locate};
pub use person::author;
pub use probe::{probe_all, probe_one};
pub use sample::{Named, find_sample, find_samples, samples_of};
pub use scope::parse_scope;
