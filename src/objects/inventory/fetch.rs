//! A data file of an inventory, copied to this machine and held to what the manifest says of it.
//!
//! Only what has the right size and MD5 is looked into. The copy has no name: it goes with whoever holds it.

use super::error::InventoryError;
use super::manifest::DataFile;
use crate::crash;
use crate::domain::hex;
use crate::objects::{Store, StoreError};
use md5::{Digest, Md5};
use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes asked for at once.
const BLOCK: usize = 4 << 20;

/// A data file that is what it should be.
pub(super) struct Fetched {
    /// Its address, to be named in errors.
    pub(super) address: String,
    /// Its bytes, from the start.
    pub(super) bytes: File,
    /// How many.
    pub(super) size: u64,
}

/// Copies `file`, which lies under `key`, into `folder`.
pub(super) fn fetch(
    store: &Store,
    key: &str,
    file: &DataFile,
    folder: &Path,
    stop: &AtomicBool,
) -> Result<Fetched, InventoryError> {
    let address = store.address(&key.into());
    let differs = |why: String| InventoryError::Differs { file: address.clone(), why };
    let disk = |source| InventoryError::Disk { file: address.clone(), source };
    let unreadable = |source| StoreError::File { key: key.to_owned(), source };
    let remote = store.read(&key.into())?;
    let mut bytes = tempfile::tempfile_in(folder).map_err(disk)?;
    let mut hash = Md5::new();
    let mut block = vec![0; BLOCK];
    let mut size = 0;
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(InventoryError::Stopped);
        }
        let read = remote.read_at(size, &mut block).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        size += read as u64;
        if size > file.size {
            return Err(differs(format!("it has more than {} bytes", file.size)));
        }
        hash.update(&block[..read]);
        bytes.write_all(&block[..read]).map_err(disk)?;
    }
    if size < file.size {
        return Err(differs(format!("it has {size} bytes, not {}", file.size)));
    }
    let md5 = hex(&hash.finalize());
    if !md5.eq_ignore_ascii_case(&file.md5) {
        return Err(differs(format!("its MD5 is {md5}, not {}", file.md5)));
    }
    bytes.rewind().map_err(disk)?;
    crash::point("objects.inventory.fetched");
    Ok(Fetched { address, bytes, size })
}
