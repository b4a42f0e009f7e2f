//! The listing: a thread that walks the source, or reads an inventory of it, keeps the recordings, and stages them.

use super::SyncError;
use super::recognize::is_recording;
use crate::domain::SampleKey;
use crate::objects::{Entry, Inventory, Listing, OnEntries, Picture, Store, StoreError, Unlisted};
use crate::workspace::{Listed, Staging, WorkspaceError};
use jiff::Timestamp;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
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
        /// Where an inventory told it: as of when.
        as_of: Option<Timestamp>,
    },
    /// The newest inventory is as of this time, and more is known already.
    Old(Timestamp),
    /// It failed.
    Failed(SyncError),
}

/// What tells what the source holds.
pub(super) enum Teller {
    /// The source itself.
    Live,
    /// An inventory of it.
    Inventory {
        /// Where it lies.
        inventory: Box<Inventory>,
        /// One that is not newer than this tells nothing.
        known_as_of: Option<Timestamp>,
        /// Whether samples are known: then an inventory that holds nothing of the source is a mistake.
        some_known: bool,
        /// Where copies of its files may lie for a while.
        folder: PathBuf,
    },
}

/// Starts listing `store` into `staging`. It ends when it is done, or soon after the receiver is dropped.
pub(super) fn start(store: Store, teller: Teller, staging: Staging) -> io::Result<Receiver<Found>> {
    let (found, receiver) = sync_channel(AHEAD);
    thread::Builder::new().name("listing".into()).spawn(move || {
        let end = match teller {
            Teller::Live => {
                let mut all = |on_entries: &mut OnEntries<'_>| Ok(store.list(on_entries)?);
                list(&store, &mut all, staging, &found, None)
            }
            Teller::Inventory { inventory, known_as_of, some_known, folder } => {
                match inventory.newest() {
                    Ok(picture) if known_as_of.is_some_and(|known| picture.as_of() <= known) => {
                        Ok(Found::Old(picture.as_of()))
                    }
                    Ok(picture) => told(&store, &picture, some_known, &folder, staging, &found),
                    Err(error) => Err(error.into()),
                }
            }
        };
        // Nobody waits any more when the sync was given up.
        let _ = found.send(end.unwrap_or_else(Found::Failed));
    })?;
    Ok(receiver)
}

/// Lists by an inventory.
fn told(
    store: &Store,
    picture: &Picture,
    some_known: bool,
    folder: &Path,
    staging: Staging,
    found: &SyncSender<Found>,
) -> Result<Found, SyncError> {
    let mut any = false;
    let mut all = |on_entries: &mut OnEntries<'_>| {
        let listing = picture.list(folder, &mut |entries| {
            any |= !entries.is_empty();
            on_entries(entries)
        })?;
        if !any && some_known && !listing.stopped {
            Err(picture.empty().into())
        } else {
            Ok(listing)
        }
    };
    list(store, &mut all, staging, found, Some(picture.as_of()))
}

type All<'a> = dyn FnMut(&mut OnEntries<'_>) -> Result<Listing, SyncError> + 'a;

fn list(
    store: &Store,
    all: &mut All<'_>,
    mut staging: Staging,
    found: &SyncSender<Found>,
    as_of: Option<Timestamp>,
) -> Result<Found, SyncError> {
    let mut total = 0;
    let mut unreadable = Vec::new();
    let mut failed: Option<WorkspaceError> = None;
    let mut manifests = Vec::new();
    let listing = all(&mut |entries| {
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
    // What no page can begin behind may come again with the next one.
    unreadable.sort_by(|a, b| a.prefix.cmp(&b.prefix));
    unreadable.dedup();
    listing.unlisted.extend(unreadable);
    manifests.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(Found::All { staging, listing, manifests, as_of })
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
            Ok(true) if matches!(store, Store::S3(_)) && key.as_str().is_none() => {
                let why =
                    "its name is not UTF-8, and a bucket can be asked for no other".to_owned();
                unreadable.push(Unlisted { prefix: key, why });
            }
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
