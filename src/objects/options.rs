//! How a store is to be spoken to, as far as somebody says so; the rest is found by its profile.

use crate::domain::{Addressing, BulkDelete, Connection, ListVersion, StoreKind};
use std::path::PathBuf;
use std::time::Duration;

/// What somebody says about a store. Folders need none of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Endpoint, profile, region.
    pub connection: Connection,
    /// Which store it is; else told by the endpoint (and `obs://`).
    pub kind: Option<StoreKind>,
    /// Where the bucket's name goes.
    pub addressing: Option<Addressing>,
    /// Which listing call is used.
    pub list: Option<ListVersion>,
    /// How many are deleted at once.
    pub bulk_delete: Option<BulkDelete>,
    /// Whether checksums are sent and asked for where the protocol does not demand it.
    pub checksums: Option<bool>,
    /// Certificates to trust besides the system's, in PEM.
    pub ca_file: Option<PathBuf>,
    /// Requests under way at once, at most.
    pub requests: usize,
    /// How long one try may take before the first byte of its answer, and between two.
    pub patience: Duration,
    /// Tries of one request, the first included.
    pub tries: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connection: Connection::default(),
            kind: None,
            addressing: None,
            list: None,
            bulk_delete: None,
            checksums: None,
            ca_file: None,
            requests: 16,
            patience: Duration::from_secs(30),
            tries: 5,
        }
    }
}
