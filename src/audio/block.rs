//! Small reads of a header out of few ranged reads of its source.

use super::source::read_full;
use super::stream::StreamError;
use crate::domain::ByteSource;

/// Bytes fetched at once: a header and what surrounds it.
const BLOCK: usize = 4096;

/// A source's bytes at any place, fetched a block at a time.
pub(super) struct BlockReader<'a> {
    source: &'a dyn ByteSource,
    start: u64,
    block: Vec<u8>,
}

impl<'a> BlockReader<'a> {
    pub(super) fn new(source: &'a dyn ByteSource) -> Self {
        Self { source, start: 0, block: Vec::new() }
    }

    /// Exactly `N` bytes from `offset`; `None` where the source ends before.
    pub(super) fn at<const N: usize>(
        &mut self,
        offset: u64,
    ) -> Result<Option<[u8; N]>, StreamError> {
        const { assert!(N <= BLOCK) };
        if let Some(bytes) = self.cached(offset) {
            return Ok(Some(bytes));
        }
        self.start = offset;
        self.block.resize(BLOCK, 0);
        let filled = read_full(self.source, offset, &mut self.block)?;
        self.block.truncate(filled);
        Ok(self.cached(offset))
    }

    fn cached<const N: usize>(&self, offset: u64) -> Option<[u8; N]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.block.get(from..from.checked_add(N)?)?.try_into().ok()
    }
}
