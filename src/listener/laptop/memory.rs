//! The audio that a listener holds: blocks of sounds, the least recently used first to go.

use crate::domain::SoundId;
use crate::listener::wire::Form;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Bytes of a block.
pub(super) const BLOCK: u64 = 32 << 10;
/// The least that a listener can work with, in bytes.
pub(super) const LEAST: u64 = 32 * BLOCK;

/// What a block costs at least, so that very many very small sounds are bounded too.
const LEAST_COST: u64 = 1 << 10;
/// Sounds of which is known what they are, while nothing of them is held.
const KNOWN_SOUNDS: usize = 4096;
/// Blocks that are spared in a row before one goes all the same.
const SPARED: usize = 256;

/// What a sound is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Bytes in all, where that is known.
    pub(super) len: Option<u64>,
    /// What errors call it.
    pub(super) name: Arc<str>,
    /// What its bytes are.
    pub(super) form: Form,
}

impl Known {
    /// Whether the other may be said of the same bytes: a length may still become known.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let lengths = [self.len, other.len];
        self.form == other.form && (self.len == other.len || lengths.contains(&None))
    }
}

/// Blocks of a sound that somebody will want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keep {
    pub(super) sound: SoundId,
    pub(super) blocks: Range<u64>,
}

/// The audio held for all connections.
#[derive(Debug)]
pub(super) struct Memory {
    cap: u64,
    held: u64,
    clock: u64,
    sounds: HashMap<SoundId, Kept>,
    /// Blocks by their last use.
    order: BTreeMap<u64, (SoundId, u64)>,
    /// What each connection will want.
    keep: HashMap<u64, Vec<Keep>>,
}

#[derive(Debug)]
struct Kept {
    known: Known,
    blocks: BTreeMap<u64, Block>,
}

/// A block, filled from its beginning on.
#[derive(Debug)]
struct Block {
    bytes: Vec<u8>,
    cost: u64,
    used: u64,
}

impl Memory {
    /// An empty one that holds at most `cap` bytes, but never less than [`LEAST`].
    pub(super) fn new(cap: u64) -> Self {
        Self {
            cap: cap.max(LEAST),
            held: 0,
            clock: 0,
            sounds: HashMap::new(),
            order: BTreeMap::new(),
            keep: HashMap::new(),
        }
    }

    /// Bytes that it may hold.
    pub(super) fn cap(&self) -> u64 {
        self.cap
    }

    /// Bytes that it holds.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// What a sound is, if that was said.
    pub(super) fn known(&self, sound: &SoundId) -> Option<&Known> {
        self.sounds.get(sound).map(|kept| &kept.known)
    }

    /// Notes what a sound is. What is held of it is forgotten if it was something else before.
    pub(super) fn learn(&mut self, sound: &SoundId, known: Known) {
        let Some(kept) = self.sounds.get_mut(sound) else {
            self.forget_empty();
            let kept = Kept { known, blocks: BTreeMap::new() };
            self.sounds.insert(sound.clone(), kept);
            return;
        };
        if kept.known.agrees(&known) {
            kept.known.len = kept.known.len.or(known.len);
        } else {
            self.forget(sound);
            self.learn(sound, known);
        }
    }

    /// Takes bytes of a sound that is known. Only what follows on what is held of a block is of use.
    pub(super) fn put(&mut self, sound: &SoundId, offset: u64, bytes: &[u8]) {
        let (mut offset, mut bytes) = (offset, bytes);
        while !bytes.is_empty() {
            let room = (BLOCK - offset % BLOCK) as usize;
            let (here, rest) = bytes.split_at(room.min(bytes.len()));
            self.put_in_block(sound, offset / BLOCK, (offset % BLOCK) as usize, here);
            offset += here.len() as u64;
            bytes = rest;
        }
        self.shrink();
    }

    /// Reads what lies at a place, as far as it is held there: 0 only at the end of the sound, `None` if it is lacking.
    pub(super) fn read(
        &mut self,
        sound: &SoundId,
        offset: u64,
        buffer: &mut [u8],
    ) -> Option<usize> {
        let kept = self.sounds.get_mut(sound)?;
        if kept.known.len.is_some_and(|len| offset >= len) {
            return Some(0);
        }
        let block = kept.blocks.get_mut(&(offset / BLOCK))?;
        let here = block.bytes.get((offset % BLOCK) as usize..).filter(|here| !here.is_empty())?;
        let count = here.len().min(buffer.len());
        buffer[..count].copy_from_slice(&here[..count]);
        self.clock += 1;
        if let Some(place) = self.order.remove(&block.used) {
            self.order.insert(self.clock, place);
        }
        block.used = self.clock;
        Some(count)
    }

    /// How many bytes of a block are held, from its beginning on.
    pub(super) fn filled(&self, sound: &SoundId, block: u64) -> u64 {
        let block = self.sounds.get(sound).and_then(|kept| kept.blocks.get(&block));
        block.map_or(0, |block| block.bytes.len() as u64)
    }

    /// Says which blocks a connection will want: others go first.
    pub(super) fn keep(&mut self, connection: u64, keep: Vec<Keep>) {
        self.keep.insert(connection, keep);
    }

    /// A connection wants nothing any more.
    pub(super) fn release(&mut self, connection: u64) {
        self.keep.remove(&connection);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.sounds.clear();
        self.order.clear();
        self.held = 0;
    }

    fn put_in_block(&mut self, sound: &SoundId, number: u64, from: usize, bytes: &[u8]) {
        let Some(kept) = self.sounds.get_mut(sound) else { return };
        let block = match kept.blocks.entry(number) {
            Entry::Occupied(block) => block.into_mut(),
            // What came before has gone meanwhile.
            Entry::Vacant(_) if from > 0 => return,
            Entry::Vacant(place) => {
                let left = kept.known.len.map_or(BLOCK, |len| len.saturating_sub(number * BLOCK));
                let size = left.min(BLOCK);
                let cost = size.max(LEAST_COST);
                self.clock += 1;
                self.held += cost;
                self.order.insert(self.clock, (sound.clone(), number));
                let bytes = Vec::with_capacity(size as usize);
                place.insert(Block { bytes, cost, used: self.clock })
            }
        };
        let filled = block.bytes.len();
        if let Some(new) = filled.checked_sub(from).and_then(|known| bytes.get(known..)) {
            block.bytes.extend_from_slice(new);
        }
    }

    /// Lets go of blocks until the rest is within the cap.
    fn shrink(&mut self) {
        let mut spared = 0;
        while self.held > self.cap {
            let Some((_, place)) = self.order.pop_first() else { return };
            if spared < SPARED && self.is_kept(&place) {
                spared += 1;
                self.clock += 1;
                let block =
                    self.sounds.get_mut(&place.0).and_then(|it| it.blocks.get_mut(&place.1));
                if let Some(block) = block {
                    block.used = self.clock;
                    self.order.insert(self.clock, place);
                }
                continue;
            }
            let kept = self.sounds.get_mut(&place.0);
            if let Some(block) = kept.and_then(|kept| kept.blocks.remove(&place.1)) {
                self.held -= block.cost;
            }
        }
    }

    fn is_kept(&self, (sound, block): &(SoundId, u64)) -> bool {
        let mut all = self.keep.values().flatten();
        all.any(|keep| keep.sound == *sound && keep.blocks.contains(block))
    }

    fn forget(&mut self, sound: &SoundId) {
        for block in
            self.sounds.remove(sound).into_iter().flat_map(|kept| kept.blocks.into_values())
        {
            self.order.remove(&block.used);
            self.held -= block.cost;
        }
    }

    fn forget_empty(&mut self) {
        if self.sounds.len() >= KNOWN_SOUNDS {
            let keep: Vec<_> =
                self.keep.values().flatten().map(|keep| keep.sound.clone()).collect();
            self.sounds.retain(|sound, kept| !kept.blocks.is_empty() || keep.contains(sound));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> SoundId {
        SoundId(name.to_owned())
    }

    fn known(len: u64) -> Known {
        Known { len: Some(len), name: "a.wav".into(), form: Form::Original }
    }

    fn filled(sounds: &[(&str, u64)], cap: u64) -> Memory {
        let mut memory = Memory::new(cap);
        for (name, blocks) in sounds {
            memory.learn(&id(name), known(blocks * BLOCK));
            for block in 0..*blocks {
                memory.put(&id(name), block * BLOCK, &vec![7; BLOCK as usize]);
            }
        }
        memory
    }

    #[test]
    fn bytes_are_there_as_soon_as_they_have_come() {
        let mut memory = Memory::new(LEAST);
        let sound = id("a");
        memory.learn(&sound, known(BLOCK + 3));
        let mut buffer = [0; 8];
        assert_eq!(memory.read(&sound, 0, &mut buffer), None);
        memory.put(&sound, 0, &[1, 2, 3]);
        assert_eq!(memory.read(&sound, 1, &mut buffer), Some(2));
        assert_eq!(buffer[..2], [2, 3]);
        assert_eq!(memory.read(&sound, 3, &mut buffer), None);
        memory.put(&sound, 2, &[3, 4]);
        assert_eq!(memory.read(&sound, 3, &mut buffer), Some(1), "what overlaps is the same");
        memory.put(&sound, BLOCK, &[9, 9, 9]);
        assert_eq!(memory.read(&sound, BLOCK, &mut buffer), Some(3));
        assert_eq!(memory.read(&sound, BLOCK + 3, &mut buffer), Some(0));
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut memory = filled(&[("a", 20), ("b", 12)], LEAST);
        assert_eq!(memory.held(), LEAST);
        memory.read(&id("a"), 0, &mut [0; 4]);
        memory.learn(&id("c"), known(BLOCK));
        memory.put(&id("c"), 0, &vec![1; BLOCK as usize]);
        assert_eq!(memory.held(), LEAST);
        assert_eq!((memory.filled(&id("a"), 0), memory.filled(&id("a"), 1)), (BLOCK, 0));
    }

    #[test]
    fn what_will_be_wanted_stays_although_it_is_older() {
        let mut memory = filled(&[("next", 8), ("now", 24)], LEAST);
        memory.keep(1, vec![Keep { sound: id("next"), blocks: 0..8 }]);
        memory.learn(&id("now2"), known(10 * BLOCK));
        memory.put(&id("now2"), 0, &vec![1; 10 * BLOCK as usize]);
        assert!(memory.held() <= LEAST);
        assert!((0..8).all(|block| memory.filled(&id("next"), block) == BLOCK));
        memory.release(1);
        memory.learn(&id("more"), known(32 * BLOCK));
        memory.put(&id("more"), 0, &vec![1; 32 * BLOCK as usize]);
        assert!((0..8).all(|block| memory.filled(&id("next"), block) == 0));
    }

    #[test]
    fn a_sound_that_is_another_now_is_forgotten() {
        let mut memory = filled(&[("a", 2)], LEAST);
        memory.learn(&id("a"), known(2 * BLOCK));
        assert_eq!(memory.held(), 2 * BLOCK);
        memory.learn(&id("a"), known(2 * BLOCK + 1));
        assert_eq!(memory.held(), 0);
        assert_eq!(memory.known(&id("a")), Some(&known(2 * BLOCK + 1)));
    }

    #[test]
    fn tiny_sounds_are_not_free() {
        let mut memory = Memory::new(LEAST);
        for number in 0..5000 {
            let sound = id(&number.to_string());
            memory.learn(&sound, known(1));
            memory.put(&sound, 0, &[1]);
        }
        assert!(memory.order.len() as u64 <= LEAST / LEAST_COST);
        assert!(memory.sounds.len() <= KNOWN_SOUNDS);
    }
}
