//! The use cases, one file each, called by screen and command line alike.
//!
//! What a [`Writer`](crate::workspace::Writer) or [`Reader`](crate::workspace::Reader) does by itself (label one, undo,
//! count) is not wrapped here.

mod add;
mod arrived;
mod capped;
mod carried;
mod copies;
mod delete;
mod demo;
mod doctor;
mod error;
mod export;
mod file_system;
mod files;
mod import;
mod import_labels;
mod join;
mod known;
mod label;
mod matching;
mod measured;
mod open;
mod person;
mod probe;
mod publish;
mod publish_check;
mod read_back;
mod sample;
mod scope;
mod split;
mod storage;
mod versions;

pub use add::{AddOutcome, Addition, add_one, find_additions};
pub use arrived::{Arrived, take_manifests};
pub use capped::Capped;
pub use copies::{copy_of_the_day, put_copy_back, salvage_dataset};
pub use delete::{DeletionPlan, SourceDeletion, delete_with_sources, plan_deletion};
pub use demo::{Demo, make_demo};
pub use doctor::{
    Check, Hearing, Terminal, Verdict, check_bucket, check_sound, check_terminal, check_workspace,
};
pub use error::OpsError;
pub use export::{ExportPlan, ExportReport, ExportTo, OnConflict, export};
pub use file_system::network_warning;
pub use files::LabelFiles;
pub use import::{SidecarImport, SidecarProblem, import_sidecars};
pub use import_labels::{ImportAs, LabelImport, LabelImportReport, NamedAt, import_labels};
pub use known::{KnownDataset, Registry, make_private_folder};
pub use label::{LabelLines, label_from_lines};
pub use open::{Locate, Make, Opened, Place, locate, whereabouts};
pub use person::{author, host_name, is_named, login};
pub use probe::{ProbeRun, probe_all, probe_one};
pub use publish::{Publication, PublishPlan, PublishStep, next_number, publish};
pub use publish_check::{PublishCounts, check_publish};
pub use sample::{Named, find_sample, find_samples, samples_of};
pub use scope::parse_scope;
pub use split::{Split, SplitBy};
pub use storage::options;
pub use versions::{
    PublishedVersion, SplitInfo, VersionInfo, compare_versions, each_of_version, find_version,
    learn_versions, published_versions,
};
