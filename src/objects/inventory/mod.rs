//! An inventory as another way to list a bucket: what the store itself wrote down, a while ago.
//!
//! Stores deliver one each day or week into a bucket: a manifest, and data files that it names. They are read one after
//! another, each checked against the manifest first, so that memory stays flat however many objects there are. What an
//! inventory tells is as of the time when the store began to write it; what to do with that is for `sync` to say.

mod delimited;
mod error;
mod fetch;
mod manifest;
mod parquet;
mod rows;

pub use error::InventoryError;

use super::{FolderStore, Listing, OnEntries, Options, S3Store, Store, StoreError};
use crate::domain::{Source, hex};
use fetch::{Fetched, fetch};
use jiff::Timestamp;
use manifest::{Format, LARGEST, Manifest};
use md5::{Digest, Md5};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

const MANIFEST: &str = "manifest.json";
const CHECKSUM: &str = "manifest.checksum";
/// Bytes of a checksum's file, at most.
const CHECKSUM_BYTES: u64 = 1024;
/// Data files fetched while an earlier one is read.
const AHEAD: usize = 1;

/// Where the inventories of a source lie.
#[derive(Debug, Clone)]
pub struct Inventory {
    place: Place,
    /// As given.
    address: String,
    bucket: String,
    prefix: String,
    /// The source's address.
    source: String,
}

#[derive(Debug, Clone)]
enum Place {
    Folder(PathBuf),
    /// A manifest, or what dated folders lie below, ending in a slash.
    Bucket(S3Store, String),
}

impl Inventory {
    /// Takes note of where the inventories of `source` lie: the address of a `manifest.json`, or of the folder above
    /// the dated ones. A bucket is spoken to as `options` say. Nothing is read yet.
    ///
    /// # Errors
    /// The source is no bucket, or the address is none.
    pub fn at(address: &str, source: &Source, options: &Options) -> Result<Self, InventoryError> {
        let Source::Bucket { bucket, prefix, .. } = source else {
            return Err(InventoryError::NoBucket);
        };
        let place = match Source::parse(address) {
            Ok(Source::Folder(path)) => Place::Folder(path),
            Ok(Source::Bucket { scheme, bucket, prefix }) => {
                let key = match prefix.strip_suffix('/') {
                    Some(key) if key.ends_with(MANIFEST) => key.to_owned(),
                    _ => prefix,
                };
                Place::Bucket(S3Store::open(&scheme, &bucket, "", options), key)
            }
            Err(_) => return Err(InventoryError::Address { address: address.to_owned() }),
        };
        Ok(Self {
            place,
            address: address.to_owned(),
            bucket: bucket.clone(),
            prefix: prefix.clone(),
            source: source.to_string(),
        })
    }

    /// Finds the newest inventory that is complete, and reads its manifest.
    ///
    /// # Errors
    /// None is there, it is of another bucket, it lacks what has to be known, or it cannot be read.
    pub fn newest(&self) -> Result<Picture, InventoryError> {
        let (store, key) = match &self.place {
            Place::Bucket(bucket, key) => (Store::S3(bucket.clone()), key.clone()),
            Place::Folder(path) => local(path)?,
        };
        let key = if key.ends_with(MANIFEST) { key } else { self.newest_below(&store, &key)? };
        let address = store.address(&key.as_str().into());
        let bytes = store.get(&key, LARGEST)?;
        let beside = key.strip_suffix(MANIFEST).unwrap_or_default();
        match store.get(&format!("{beside}{CHECKSUM}"), CHECKSUM_BYTES) {
            Ok(said) => {
                let is = md5_of(&bytes);
                if !String::from_utf8_lossy(&said).trim().eq_ignore_ascii_case(&is) {
                    let why = format!("its MD5 is {is}, not what {CHECKSUM} says");
                    return Err(InventoryError::Manifest { manifest: address, why });
                }
            }
            Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let manifest = manifest::parse(&address, &bytes, &self.bucket)?;
        let (prefix, source) = (self.prefix.clone(), self.source.clone());
        Ok(Picture { store, address, manifest, prefix, source })
    }

    /// The manifest in the newest of the dated folders; one that has its checksum goes before one that has none.
    fn newest_below(&self, store: &Store, folder: &str) -> Result<String, InventoryError> {
        let (mut manifests, mut complete) = (Vec::new(), Vec::new());
        store.list_under(folder, None, &mut |entries| {
            for entry in entries {
                let key = entry.key.lossy();
                let rest = key.strip_prefix(folder).unwrap_or_default();
                // The dated ones come first: what follows is data.
                if rest.bytes().next().is_some_and(|first| first > b'9') {
                    return ControlFlow::Break(());
                }
                match rest.split_once('/') {
                    Some((date, MANIFEST)) if is_dated(date) => manifests.push(date.to_owned()),
                    Some((date, CHECKSUM)) if is_dated(date) => complete.push(date.to_owned()),
                    _ => {}
                }
            }
            ControlFlow::Continue(())
        })?;
        let newest = manifests.iter().filter(|date| complete.contains(date)).max();
        let newest = newest.or_else(|| manifests.iter().max());
        newest
            .map(|date| format!("{folder}{date}/{MANIFEST}"))
            .ok_or_else(|| InventoryError::None { address: self.address.clone() })
    }
}

/// A local inventory: what its data files lie below, and the manifest or nothing.
fn local(path: &Path) -> Result<(Store, String), InventoryError> {
    if path.file_name().is_none_or(|name| name != MANIFEST) {
        return Ok((Store::Folder(FolderStore::open(path)?), String::new()));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let dated = folder.file_name().and_then(|name| name.to_str()).filter(|name| is_dated(name));
    let (above, key) = match dated {
        Some(date) => (folder.parent().unwrap_or(Path::new("")), format!("{date}/{MANIFEST}")),
        None => (folder, MANIFEST.to_owned()),
    };
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    Ok((Store::Folder(FolderStore::open(above)?), key))
}

/// Named by a time: `2026-11-06T21-32Z`, or something like it.
fn is_dated(name: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    name.is_ascii()
        && name.len() >= 10
        && digits(&name[..4])
        && &name[4..5] == "-"
        && digits(&name[5..7])
}

fn md5_of(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

/// One inventory: a picture of the source as it was.
#[derive(Debug, Clone)]
pub struct Picture {
    store: Store,
    address: String,
    manifest: Manifest,
    prefix: String,
    source: String,
}

impl Picture {
    /// When the store began to look: what was put, changed or deleted later may be in it or not.
    pub fn as_of(&self) -> Timestamp {
        self.manifest.as_of
    }

    /// Says that it holds nothing of the source.
    pub fn empty(&self) -> InventoryError {
        let (manifest, source_address) = (self.address.clone(), self.source.clone());
        InventoryError::Empty { manifest, source_address }
    }

    /// Hands over every object below the source's prefix, as [`Store::list`] does. Copies of one data file or two lie
    /// in `folder` meanwhile, without a name.
    ///
    /// # Errors
    /// A data file is missing, is not the one that the manifest names, or holds what makes no sense. What was handed
    /// over before that is not to be used.
    pub fn list(
        &self,
        folder: &Path,
        on_entries: &mut OnEntries<'_>,
    ) -> Result<Listing, InventoryError> {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let (sender, fetched) = sync_channel(AHEAD);
            let fetching = thread::Builder::new().name("inventory".into());
            let fetching = fetching.spawn_scoped(scope, || {
                let sender = sender;
                for file in &self.manifest.files {
                    let got = self.fetched(file, folder, &stop);
                    let failed = got.is_err();
                    if sender.send(got).is_err() || failed {
                        break;
                    }
                }
            });
            let file = || self.address.clone();
            fetching.map_err(|source| InventoryError::Disk { file: file(), source })?;
            let mut listing = Listing::default();
            for file in fetched {
                let read = file.and_then(|file| self.read(&file, on_entries));
                match read {
                    Ok(ControlFlow::Continue(())) => {}
                    Ok(ControlFlow::Break(())) => {
                        listing.stopped = true;
                        stop.store(true, Ordering::Relaxed);
                        break;
                    }
                    Err(error) => {
                        stop.store(true, Ordering::Relaxed);
                        return Err(error);
                    }
                }
            }
            Ok(listing)
        })
    }

    fn fetched(
        &self,
        file: &manifest::DataFile,
        folder: &Path,
        stop: &AtomicBool,
    ) -> Result<Fetched, InventoryError> {
        fetch(&self.store, &self.place_of(&file.key)?, file, folder, stop)
    }

    fn read(
        &self,
        file: &Fetched,
        on_entries: &mut OnEntries<'_>,
    ) -> Result<ControlFlow<()>, InventoryError> {
        match self.manifest.format {
            Format::Csv(columns) => delimited::read(file, columns, &self.prefix, on_entries),
            Format::Parquet => parquet::read(file, &self.prefix, on_entries),
        }
    }

    /// Where a data file lies. A local copy of an inventory may be only of the lower folders of its bucket.
    fn place_of(&self, key: &str) -> Result<String, InventoryError> {
        if matches!(self.store, Store::S3(_)) {
            return Ok(key.to_owned());
        }
        let mut rest = key;
        loop {
            match self.store.head(&rest.into()) {
                Ok(Some(_)) => return Ok(rest.to_owned()),
                Ok(None) | Err(StoreError::Outside { .. } | StoreError::File { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            rest = match rest.split_once('/') {
                Some((_, rest)) => rest,
                None => return Err(StoreError::NotFound { key: key.to_owned() }.into()),
            };
        }
    }
}

#[cfg(test)]
mod tests;
