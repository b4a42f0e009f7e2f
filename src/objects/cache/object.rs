//! One object: which of its blocks are here, and where.

use super::folder::Part;
use super::{BLOCK, Origin};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::{Arc, OnceLock};

/// Of a larger object only the beginning is fetched ahead, in bytes.
const WHOLE_AHEAD: u64 = 16 << 20;
/// How much of it.
const BEGINNING: u64 = 2 << 20;

/// One object.
pub(super) struct Object {
    pub(super) origin: Origin,
    pub(super) size: u64,
    pub(super) whole: Option<Arc<File>>,
    /// What is not named is not here.
    pub(super) blocks: HashMap<u64, Block>,
    pub(super) part: Arc<OnceLock<Option<Arc<Part>>>>,
    pub(super) readers: usize,
    pub(super) used: u64,
    pub(super) failures: u64,
    pub(super) failure: Option<Arc<io::Error>>,
}

/// Where a block is.
pub(super) enum Block {
    /// On its way.
    Coming,
    /// In the file.
    File,
    /// In memory, used last at this tick.
    Memory { bytes: Arc<[u8]>, used: u64 },
}

/// Where a block is to be read.
pub(super) enum Place {
    /// In a file that is complete.
    Whole(Arc<File>),
    /// In a file.
    File(Arc<File>),
    /// In memory.
    Memory(Arc<[u8]>),
}

impl Object {
    pub(super) fn new(origin: Origin, size: u64, whole: Option<Arc<File>>) -> Self {
        Self {
            origin,
            size,
            whole,
            blocks: HashMap::new(),
            part: Arc::default(),
            readers: 0,
            used: 0,
            failures: 0,
            failure: None,
        }
    }

    fn block_count(&self) -> u64 {
        self.size.div_ceil(BLOCK)
    }

    /// Missing blocks that lie together, from the first missing one of `range` on.
    pub(super) fn missing(&self, first: u64, end: u64, most: u64) -> Option<(u64, u64)> {
        let end = end.min(self.block_count());
        let first = (first..end).find(|block| !self.blocks.contains_key(block))?;
        let until = (first..end.min(first + most)).take_while(|b| !self.blocks.contains_key(b));
        Some((first, until.count() as u64))
    }

    /// How many blocks are fetched ahead of time.
    pub(super) fn beginning(&self) -> u64 {
        if self.size <= WHOLE_AHEAD { self.block_count() } else { BEGINNING / BLOCK }
    }

    pub(super) fn is_whole_on_disk(&self) -> bool {
        self.whole.is_none()
            && self.blocks.len() as u64 == self.block_count()
            && self.blocks.values().all(|block| matches!(block, Block::File))
    }

    pub(super) fn is_coming(&self) -> bool {
        self.blocks.values().any(|block| matches!(block, Block::Coming))
    }

    pub(super) fn memory(&self) -> u64 {
        self.blocks
            .values()
            .map(|block| match block {
                Block::Memory { bytes, .. } => bytes.len() as u64,
                Block::Coming | Block::File => 0,
            })
            .sum()
    }
}
