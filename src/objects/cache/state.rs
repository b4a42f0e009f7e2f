//! Which blocks are here, which are wanted, and what is fetched next. Nothing here waits or reads.

use super::folder::Part;
use super::object::{Block, Object, Place};
use super::{Ahead, Haste, Name, Origin, WINDOW, changed_in_source, worker};
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io;
use std::sync::{Arc, OnceLock};

/// Blocks fetched at once ahead of time: little enough to make way soon.
const AHEAD_BLOCKS: u64 = 4;
/// Objects that nobody reads and that are here in part, at most.
const IDLE: usize = 32;

/// Everything the threads and the readers share.
pub(super) struct State {
    objects: HashMap<Name, Object>,
    /// The newest one last.
    demands: Vec<Demand>,
    /// What is to be fetched ahead and was not opened yet.
    expected: VecDeque<Ahead>,
    /// What is fetched ahead, the first one first.
    ahead: Vec<Name>,
    /// Which wish for things ahead is the latest.
    wish: u64,
    numbers: u64,
    clock: u64,
    /// Bytes of blocks in memory, and how many there may be.
    memory: u64,
    memory_limit: u64,
    /// Threads that fetch now.
    busy: usize,
    pub(super) threads: usize,
    closed: bool,
}

/// A block that somebody waits for.
pub(super) struct Demand {
    number: u64,
    name: Name,
    block: u64,
    blocks: u64,
    haste: Haste,
}

/// Something for a thread to do.
pub(super) enum Task {
    /// To see whether what is to be fetched ahead is here, and by which wish.
    Open(Ahead, u64),
    /// To fetch blocks.
    Fetch(Fetch),
}

/// Blocks to fetch.
pub(super) struct Fetch {
    pub(super) name: Name,
    pub(super) origin: Origin,
    pub(super) size: u64,
    pub(super) part: Arc<OnceLock<Option<Arc<Part>>>>,
    pub(super) first: u64,
    pub(super) blocks: u64,
    haste: Haste,
}

/// What became of fetched blocks.
pub(super) struct Fetched {
    /// How many came, from the first on.
    pub(super) stored: Stored,
    /// Why not all of them did.
    pub(super) error: Option<io::Error>,
}

/// Where fetched blocks were put.
pub(super) enum Stored {
    /// So many in the file.
    File(u64),
    /// In memory.
    Memory(Vec<Arc<[u8]>>),
}

/// What is removed from the cache; its files go when it is dropped.
pub(super) type Gone = Vec<Object>;

impl State {
    pub(super) fn new(memory_limit: u64) -> Self {
        Self {
            objects: HashMap::new(),
            demands: Vec::new(),
            expected: VecDeque::new(),
            ahead: Vec::new(),
            wish: 0,
            numbers: 0,
            clock: 0,
            memory: 0,
            memory_limit,
            busy: 0,
            threads: 0,
            closed: false,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn close(&mut self) -> Gone {
        self.closed = true;
        self.demands.clear();
        self.expected.clear();
        self.ahead.clear();
        let idle = |object: &Object| object.readers == 0 && !object.is_coming();
        self.remove(idle)
    }

    /// One more reader of an object, if it is open.
    pub(super) fn adopt(&mut self, name: &Name) -> bool {
        let Some(object) = self.objects.get_mut(name) else { return false };
        if object.readers == 0 {
            // Whoever comes anew tries anew.
            object.failure = None;
        }
        object.readers += 1;
        true
    }

    /// An object with its first reader, or one more reader of it if it was opened meanwhile.
    pub(super) fn admit(&mut self, name: Name, object: Object) {
        self.objects.entry(name).or_insert(object).readers += 1;
    }

    /// One reader less.
    pub(super) fn leave(&mut self, name: &Name) -> Gone {
        let used = self.tick();
        if let Some(object) = self.objects.get_mut(name) {
            object.readers -= 1;
            object.used = used;
        }
        self.tidy()
    }

    /// Forgets what nobody reads: complete files, which are found again; of the others all but the latest.
    fn tidy(&mut self) -> Gone {
        let mut gone = self.remove(|object| object.readers == 0 && object.whole.is_some());
        while self.idle().count() > IDLE {
            gone.extend(self.shed());
        }
        gone
    }

    fn idle(&self) -> impl Iterator<Item = (&Name, &Object)> {
        let idle = |(name, object): &(&Name, &Object)| {
            object.readers == 0 && !object.is_coming() && !self.ahead.contains(name)
        };
        self.objects.iter().filter(idle)
    }

    /// Forgets the object in part that was not read for the longest time.
    pub(super) fn shed(&mut self) -> Option<Object> {
        let (name, _) = self.idle().min_by_key(|(_, object)| object.used)?;
        let name = name.clone();
        let object = self.objects.remove(&name)?;
        self.memory -= object.memory();
        Some(object)
    }

    fn remove(&mut self, which: impl Fn(&Object) -> bool) -> Gone {
        let gone: Gone =
            self.objects.extract_if(|_, object| which(object)).map(|(_, object)| object).collect();
        self.memory -= gone.iter().map(Object::memory).sum::<u64>();
        gone
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Where a block is, if it is here.
    pub(super) fn place(&mut self, name: &Name, block: u64) -> Option<Place> {
        let now = self.tick();
        let object = self.objects.get_mut(name)?;
        if let Some(whole) = &object.whole {
            return Some(Place::Whole(whole.clone()));
        }
        match object.blocks.get_mut(&block)? {
            Block::Coming => None,
            Block::File => {
                let part = object.part.get()?.as_ref()?;
                Some(Place::File(part.file().clone()))
            }
            Block::Memory { bytes, used } => {
                *used = now;
                Some(Place::Memory(bytes.clone()))
            }
        }
    }

    /// Whether a block is being fetched, or the demand of this number for it still waits.
    pub(super) fn is_coming(&self, name: &Name, block: u64, number: Option<u64>) -> bool {
        let object = self.objects.get(name);
        let coming = object.is_some_and(|it| matches!(it.blocks.get(&block), Some(Block::Coming)));
        coming || number.is_some_and(|it| self.demands.iter().any(|demand| demand.number == it))
    }

    pub(super) fn failures(&self, name: &Name) -> u64 {
        self.objects.get(name).map_or(0, |object| object.failures)
    }

    /// Why a block cannot be had: the latest failure if it was one of ours, or one that lasts.
    pub(super) fn failure(&self, name: &Name, ours: bool) -> Option<Arc<io::Error>> {
        let error = self.objects.get(name)?.failure.as_ref()?;
        (ours || changed_in_source(error)).then(|| error.clone())
    }

    /// Asks for blocks; the number is for [`State::withdraw`].
    pub(super) fn demand(&mut self, name: Name, block: u64, blocks: u64, haste: Haste) -> u64 {
        self.numbers += 1;
        self.demands.push(Demand { number: self.numbers, name, block, blocks, haste });
        self.numbers
    }

    pub(super) fn withdraw(&mut self, number: u64) {
        self.demands.retain(|demand| demand.number != number);
    }

    /// From now on these are fetched ahead and no others.
    pub(super) fn expect(&mut self, mut expected: VecDeque<Ahead>) {
        if self.closed {
            return;
        }
        self.wish += 1;
        self.ahead = expected
            .iter()
            .map(|ahead| ahead.name.clone())
            .filter(|name| self.objects.contains_key(name))
            .collect();
        expected.retain(|ahead| !self.objects.contains_key(&ahead.name));
        self.expected = expected;
    }

    /// Whether an object that is to be fetched ahead is here is known now.
    pub(super) fn opened_ahead(&mut self, name: Name, object: Object, wish: u64) -> Gone {
        self.busy -= 1;
        if object.whole.is_none() && !self.closed && wish == self.wish {
            self.objects.entry(name.clone()).or_insert(object);
            self.ahead.push(name);
        }
        self.tidy()
    }

    /// What to do next: what plays, then what is drawn, then what comes next; of each the newest demand. Some threads
    /// are kept free for what is more urgent.
    pub(super) fn next(&mut self) -> Option<Task> {
        for haste in [Haste::Now, Haste::Soon] {
            while self.busy < worker::at_once(haste)
                && let Some(at) = self.demands.iter().rposition(|demand| demand.haste == haste)
            {
                let Demand { name, block, blocks, .. } = self.demands.remove(at);
                let here =
                    |object: &Object| object.whole.is_some() || object.blocks.contains_key(&block);
                if self.objects.get(&name).is_some_and(|object| !here(object)) {
                    let end = block + blocks.min(WINDOW);
                    return self.fetch(name, block, end, blocks, haste).map(Task::Fetch);
                }
            }
        }
        if self.busy >= worker::at_once(Haste::Ahead) {
            return None;
        }
        for name in self.ahead.clone() {
            let Some(object) = self.objects.get(&name) else { continue };
            let end = object.beginning();
            if let Some(fetch) = self.fetch(name, 0, end, AHEAD_BLOCKS, Haste::Ahead) {
                return Some(Task::Fetch(fetch));
            }
        }
        let next = self.expected.pop_front()?;
        self.busy += 1;
        Some(Task::Open(next, self.wish))
    }

    fn fetch(
        &mut self,
        name: Name,
        first: u64,
        end: u64,
        most: u64,
        haste: Haste,
    ) -> Option<Fetch> {
        let object = self.objects.get_mut(&name).filter(|object| object.whole.is_none())?;
        let (first, blocks) = object.missing(first, end, most)?;
        object.blocks.extend((first..first + blocks).map(|block| (block, Block::Coming)));
        let (origin, size, part) = (object.origin.clone(), object.size, object.part.clone());
        self.busy += 1;
        Some(Fetch { name, origin, size, part, first, blocks, haste })
    }

    /// Blocks came, or did not. Gives the file if it is complete now: then [`State::completed`] is to be told.
    pub(super) fn fetched(&mut self, fetch: &Fetch, fetched: Fetched) -> Option<Arc<Part>> {
        let complete = self.take_in(fetch, fetched);
        if complete.is_none() {
            self.busy -= 1;
        }
        complete
    }

    fn take_in(&mut self, fetch: &Fetch, fetched: Fetched) -> Option<Arc<Part>> {
        let now = self.tick();
        let object = self.objects.get_mut(&fetch.name)?;
        for block in fetch.first..fetch.first + fetch.blocks {
            object.blocks.remove(&block);
        }
        match fetched.stored {
            Stored::File(blocks) => {
                object
                    .blocks
                    .extend((fetch.first..fetch.first + blocks).map(|block| (block, Block::File)));
            }
            Stored::Memory(blocks) => {
                for (block, bytes) in (fetch.first..).zip(blocks) {
                    self.memory += bytes.len() as u64;
                    // The first is the one that somebody waits for: it goes last.
                    let used = now + fetch.first + fetch.blocks - block;
                    object.blocks.insert(block, Block::Memory { bytes, used });
                }
                self.clock += fetch.blocks;
            }
        }
        if let Some(error) = fetched.error {
            object.failures += 1;
            object.failure = Some(Arc::new(error));
            self.ahead.retain(|name| *name != fetch.name || fetch.haste != Haste::Ahead);
        }
        let complete = object.is_whole_on_disk();
        let part = object.part.clone();
        self.forget_memory();
        part.get().filter(|_| complete)?.clone()
    }

    /// The file of an object is complete, and has its name if that could be given.
    pub(super) fn completed(&mut self, name: &Name, file: Option<Arc<File>>) -> Gone {
        self.busy -= 1;
        if let (Some(object), Some(_)) = (self.objects.get_mut(name), &file) {
            object.whole = file;
            object.blocks = HashMap::new();
        }
        self.ahead.retain(|ahead| ahead != name);
        self.tidy()
    }

    fn forget_memory(&mut self) {
        while self.memory > self.memory_limit {
            let oldest = self
                .objects
                .iter()
                .flat_map(|(name, object)| object.blocks.iter().map(move |it| (name, it)))
                .filter_map(|(name, (block, kept))| match kept {
                    Block::Memory { used, .. } => Some((*used, name.clone(), *block)),
                    Block::Coming | Block::File => None,
                })
                .min();
            let Some((_, name, block)) = oldest else { return };
            let object = self.objects.get_mut(&name);
            if let Some(Block::Memory { bytes, .. }) =
                object.and_then(|object| object.blocks.remove(&block))
            {
                self.memory -= bytes.len() as u64;
            }
        }
    }
}

#[cfg(test)]
impl State {
    pub(super) fn memory(&self) -> u64 {
        self.memory
    }

    /// As [`State::expect`], with objects that are open.
    pub(super) fn expect_opened(&mut self, objects: Vec<(Name, Object)>) {
        self.expect(VecDeque::new());
        for (name, object) in objects {
            self.ahead.push(name.clone());
            self.objects.entry(name).or_insert(object);
        }
    }

    pub(super) fn break_part(&self, name: &Name) {
        if let Some(Some(part)) = self.objects[name].part.get() {
            part.give_up();
        }
    }

    /// Whether nothing is under way or to be done.
    pub(super) fn is_at_rest(&self) -> bool {
        let ahead = |name| {
            let object: Option<&Object> = self.objects.get(name);
            object.is_some_and(|it| it.missing(0, it.beginning(), 1).is_some())
        };
        self.busy == 0
            && self.demands.is_empty()
            && self.expected.is_empty()
            && !self.ahead.iter().any(ahead)
    }
}
