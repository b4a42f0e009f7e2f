//! `earmark.json`: whose output this is. Opening an output joins its dataset.

use super::ShareError;
use super::log::LABELS;
use crate::domain::Source;
use crate::objects::{PutIf, Store, StoreError};
use crate::workspace::Dataset;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ops::ControlFlow;
use uuid::Uuid;

/// Its key in the output.
pub const MARKER: &str = "earmark.json";
/// Larger than any.
const LIMIT: u64 = 64 << 10;
/// The version of the output's layout that this program writes, and the newest that it reads.
const LAYOUT: u32 = 1;

/// What an output says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Marker {
    /// The version of the output's layout.
    pub earmark: u32,
    /// The dataset: the same on every machine.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Where its audio lives, as whoever made it reaches it.
    pub source: String,
    /// The store's endpoint, if it is not AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// When it was made, UTC.
    pub made: Timestamp,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

/// What a place says about itself; `None` if it is no output.
///
/// # Errors
/// It cannot be read, or is of a newer layout.
pub fn read_marker(store: &Store) -> Result<Option<Marker>, ShareError> {
    let bytes = match store.get(MARKER, LIMIT) {
        Ok(bytes) => bytes,
        Err(StoreError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let marker: Marker = serde_json::from_slice(&bytes).map_err(|error| {
        if error.is_eof() {
            // A part of it: nobody wrote that, the rest did not come.
            let why = format!("{MARKER} ends before its end");
            return ShareError::Output(StoreError::Nonsense { call: "GetObject", why });
        }
        ShareError::Marker { why: error.to_string() }
    })?;
    if marker.earmark > LAYOUT {
        let why = format!("its layout is {}, this program knows {LAYOUT}", marker.earmark);
        return Err(ShareError::Marker { why });
    }
    Ok(Some(marker))
}

/// Writes what the output is, if nobody did; returns what it says then. `known`: this workspace shared labels there
/// before, so that an empty place is a drive that is not mounted rather than a new output.
pub(super) fn ensure(
    store: &Store,
    dataset: &Dataset,
    known: bool,
    at: Timestamp,
) -> Result<Marker, ShareError> {
    if let Some(marker) = read_marker(store)? {
        return Ok(marker);
    }
    if known && is_empty(store)? {
        return Err(ShareError::Vanished);
    }
    let marker = Marker {
        earmark: LAYOUT,
        id: dataset.id,
        name: dataset.name.clone(),
        source: dataset.source.clone(),
        endpoint: dataset.connection.endpoint.clone(),
        made: at,
        extra: Map::new(),
    };
    let text = serde_json::to_string_pretty(&marker)
        .map_err(|error| ShareError::Marker { why: error.to_string() })?;
    match store.put(MARKER, text.as_bytes(), PutIf::Absent) {
        // Where conditions are not honoured two may write at once: what is there in the end counts.
        Ok(_) | Err(StoreError::AlreadyThere { .. }) => read_marker(store)?.ok_or(ShareError::Lost),
        Err(error) => Err(error.into()),
    }
}

fn is_empty(store: &Store) -> Result<bool, ShareError> {
    let mut empty = true;
    store.list_under(LABELS, None, &mut |entries| {
        empty &= entries.is_empty();
        if empty { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(empty)
}

/// Whether two addresses are the same source. One bucket has two schemes; a folder has another path on each machine,
/// but two that are both here are two.
pub(super) fn same_source(one: &str, other: &str) -> bool {
    match (Source::parse(one), Source::parse(other)) {
        (
            Ok(Source::Bucket { bucket, prefix, .. }),
            Ok(Source::Bucket { bucket: other, prefix: theirs, .. }),
        ) => bucket == other && prefix == theirs,
        (Ok(Source::Folder(one)), Ok(Source::Folder(other))) => {
            let both_here = one.canonicalize().ok().zip(other.canonicalize().ok());
            both_here.map_or(one.file_name() == other.file_name(), |(one, other)| one == other)
        }
        _ => false,
    }
}
