//! Why an inventory cannot stand for a listing. Nothing of it is applied then.

use crate::objects::StoreError;
use std::io;

/// An inventory that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// Neither a bucket address nor a path.
    #[error("{address:?} is not the address of an inventory")]
    Address {
        /// As given.
        address: String,
    },
    /// The source is a folder.
    #[error("an inventory tells what a bucket holds, and the source is a folder")]
    NoBucket,
    /// No manifest lies there.
    #[error("there is no inventory in {address}")]
    None {
        /// As given.
        address: String,
    },
    /// It is of another bucket.
    #[error("{manifest} is the inventory of the bucket {theirs:?}, and the source is in {ours:?}")]
    OtherBucket {
        /// The manifest's address.
        manifest: String,
        /// As the manifest says.
        theirs: String,
        /// That of the source.
        ours: String,
    },
    /// A format that is not read.
    #[error("{manifest} is in the format {format}, which is not read")]
    Format {
        /// The manifest's address.
        manifest: String,
        /// As the manifest says.
        format: String,
    },
    /// It does not say what has to be known of each object.
    #[error("the inventory {file} does not tell {}", missing.join(", "))]
    Columns {
        /// The manifest's or the data file's address.
        file: String,
        /// What is missing, in the words of the store's console.
        missing: Vec<&'static str>,
    },
    /// The manifest makes no sense.
    #[error("{manifest} is not the manifest of an inventory: {why}")]
    Manifest {
        /// The manifest's address.
        manifest: String,
        /// In a few words.
        why: String,
    },
    /// A data file is not what the manifest says.
    #[error("{file} is not the file that the manifest names: {why}")]
    Differs {
        /// Its address.
        file: String,
        /// In a few words.
        why: String,
    },
    /// A data file cannot be made sense of.
    #[error("{file} cannot be read as {format}: {why}")]
    File {
        /// Its address.
        file: String,
        /// `CSV` or `Parquet`.
        format: &'static str,
        /// In a few words.
        why: String,
    },
    /// One row of it.
    #[error("{file}, row {row}: {why}")]
    Row {
        /// Its address.
        file: String,
        /// From 1 on.
        row: u64,
        /// In a few words.
        why: String,
    },
    /// It tells of no object of the source, where some are known.
    #[error("{manifest} holds nothing below {source_address}")]
    Empty {
        /// The manifest's address.
        manifest: String,
        /// The source.
        source_address: String,
    },
    /// It could not be fetched.
    #[error("the inventory could not be read")]
    Store(#[from] StoreError),
    /// The copy of a data file could not be written or read.
    #[error("cannot keep a copy of {file}")]
    Disk {
        /// The data file's address.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// Whoever asked said stop.
    #[error("stopped")]
    Stopped,
}

impl InventoryError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Address { .. } => {
                "give s3://BUCKET/…/manifest.json, or the folder that holds the dated ones"
            }
            Self::NoBucket => {
                "leave storage.inventory and --inventory out: folders are read as they are"
            }
            Self::None { .. } => {
                "give a manifest.json, or the folder above those named like 2026-11-06T21-32Z; the first inventory of a bucket comes up to two days after it was switched on"
            }
            Self::OtherBucket { .. } => "give the inventory of the source's own bucket",
            Self::Format { .. } => "have the inventory made as CSV or Parquet",
            Self::Columns { .. } => {
                "switch these on among the inventory's additional fields, and wait for the next one"
            }
            Self::Manifest { .. } => "give the manifest.json that the store itself wrote",
            Self::Differs { .. } | Self::File { .. } | Self::Row { .. } => {
                "nothing was changed; use another inventory, or --inventory \"\" to list the bucket itself"
            }
            Self::Empty { .. } => {
                "nothing was changed; if the inventory is only of another prefix, or the source really is empty, say --inventory \"\" to list the bucket itself"
            }
            Self::Store(error) => return error.hint(),
            Self::Disk { .. } => "make room on the disk that the workspace is on",
            Self::Stopped => return None,
        };
        Some(hint.to_owned())
    }
}
