//! The listing: a thread that walks the source, keeps the recordings, and stages them.

use super::SyncError;
use super::recognize::is_recording;
use crate::domain::SampleKey;
use crate::objects::{Entry, Listing, Store, StoreError, Unlisted};
use crate::workspace::{Listed, Staging, WorkspaceError};
use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Chunks that may wait for the workspace before the listing waits too.
const AHEAD: usize = 4;

/// What the listing says.
pub(super) enum Found {
    /// So many recordings so far.
    More {
        /// Of all.
        total: u64,
        /// The latest ones.
        chunk: Vec<Listed>,
    },
    /// It is complete.
    All {
        /// Every recording.
        staging: Staging,
        /// What could not be listed.
        listing: Listing,
        /// Manifests at the root of the source.
        manifests: Vec<Entry>,
    },
    /// It failed.
    Failed(SyncError),
}

/// Starts listing `store` into `staging`. It ends when it is done, or soon after the receiver is dropped.
pub(super) fn start(store: Store, staging: Staging) -> io::Result<Receiver<Found>> {
    let (found, receiver) = sync_channel(AHEAD);
    thread::Builder::new().name("listing".into()).spawn(move || {
        let end = match list(&store, staging, &found) {
            Ok((staging, listing, manifests)) => Found::All { staging, listing, manifests },
            Err(error) => Found::Failed(error),
        };
        // Nobody waits any more when the sync was given up.
        let _ = found.send(end);
    })?;
    Ok(receiver)
}

fn list(
    store: &Store,
    mut staging: Staging,
    found: &SyncSender<Found>,
) -> Result<(Staging, Listing, Vec<Entry>), SyncError> {
    let mut total = 0;
    let mut unreadable = Vec::new();
    let mut failed: Option<WorkspaceError> = None;
    let mut manifests = Vec::new();
    let listing = store.list(&mut |entries| {
        manifests.extend(entries.iter().filter(|entry| is_manifest(&entry.key)).cloned());
        let chunk = recordings(store, entries, &mut unreadable);
        if let Err(error) = staging.add(&chunk) {
            failed = Some(error);
            return ControlFlow::Break(());
        }
        total += chunk.len() as u64;
        match found.send(Found::More { total, chunk }) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    let mut listing = listing?;
    listing.unlisted.extend(unreadable);
    manifests.sort_by(|a, b| a.key.cmp(&b.key));
    Ok((staging, listing, manifests))
}

/// Labels that came with the data: `*.manifest`, at the root alone.
fn is_manifest(key: &SampleKey) -> bool {
    let key = key.as_bytes();
    key.ends_with(b".manifest") && !key.contains(&b'/')
}

fn recordings(store: &Store, entries: Vec<Entry>, unreadable: &mut Vec<Unlisted>) -> Vec<Listed> {
    let mut chunk = Vec::with_capacity(entries.len());
    for Entry { key, stamp, modified } in entries {
        match is_recording(store, &key) {
            Ok(true) => {
                chunk.push(Listed { key, size: stamp.size, etag: stamp.etag, modified });
            }
            Ok(false) => {}
            Err(StoreError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let why = std::error::Error::source(&error)
                    .map_or_else(|| error.to_string(), ToString::to_string);
                unreadable.push(Unlisted { prefix: key, why });
            }
        }
    }
    chunk
}
