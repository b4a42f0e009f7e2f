//! What readers get, what is asked of the origin, what is left in the folder.

use super::*;
use proptest::prelude::*;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// An object far away: its bytes follow from a seed, its requests are counted, and it may refuse.
#[derive(Default)]
struct Far {
    bytes: Vec<u8>,
    requests: Mutex<Vec<(u64, usize)>>,
    /// Requests from this number on find another object.
    changes_at: Option<usize>,
    /// Requests of these numbers fail.
    fails: Vec<usize>,
    /// Requests wait until it is open.
    gate: Option<Arc<Gate>>,
}

#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
    waiting: AtomicU64,
}

impl Gate {
    fn pass(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let open = self.open.lock().unwrap();
        drop(self.changed.wait_while(open, |open| !*open).unwrap());
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }
}

impl Far {
    fn new(seed: u64, size: usize) -> Self {
        Self { bytes: content(seed, size), ..Self::default() }
    }

    fn origin(self: &Arc<Self>) -> Origin {
        let far = self.clone();
        Arc::new(move || Ok(far.clone()))
    }

    fn requests(&self) -> Vec<(u64, usize)> {
        self.requests.lock().unwrap().clone()
    }

    fn fetched(&self) -> usize {
        self.requests().iter().map(|(_, size)| size).sum()
    }
}

fn content(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..size.div_ceil(8)).flat_map(|_| next()).collect();
    bytes.truncate(size);
    bytes
}

impl ByteSource for Far {
    fn len(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let number = {
            let mut requests = self.requests.lock().unwrap();
            requests.push((offset, buffer.len()));
            requests.len() - 1
        };
        if let Some(gate) = &self.gate {
            gate.pass();
        }
        if self.changes_at.is_some_and(|at| number >= at) {
            return Err(io::Error::other(StoreError::Changed { key: "it".into() }));
        }
        if self.fails.contains(&number) {
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut off"));
        }
        let start = (offset as usize).min(self.bytes.len());
        let count = buffer.len().min(self.bytes.len() - start);
        buffer[..count].copy_from_slice(&self.bytes[start..start + count]);
        Ok(count)
    }
}

fn listed(size: usize, etag: &str) -> AudioStamp {
    AudioStamp { size: size as u64, etag: etag.into() }
}

impl Cache {
    fn reader(&self, key: &str, etag: &str, far: &Arc<Far>, haste: Haste) -> Reader {
        self.ticketed(key, etag, far, haste, None)
    }

    fn ticketed(
        &self,
        key: &str,
        etag: &str,
        far: &Arc<Far>,
        haste: Haste,
        ticket: Option<Ticket>,
    ) -> Reader {
        let stamp = listed(far.bytes.len(), etag);
        let name = self.shared.name(&SampleKey::from(key), &stamp);
        self.shared.reader(name, stamp.size, far.origin(), haste, ticket)
    }

    fn rest(&self) {
        until("it is at rest", || self.shared.lock().is_at_rest());
    }

    /// What is left when it ends: its threads may outlive it for a moment.
    fn end(self) {
        let shared = Arc::downgrade(&self.shared);
        drop(self);
        until("its threads end", || shared.strong_count() == 0);
    }
}

fn until(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        std::thread::yield_now();
    }
}

fn read(reader: &Reader, offset: u64, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    let mut filled = 0;
    while filled < count {
        match reader.read_at(offset + filled as u64, &mut bytes[filled..])? {
            0 => break,
            more => filled += more,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn all(reader: &Reader) -> io::Result<Vec<u8>> {
    read(reader, 0, reader.size as usize)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Bytes that the files take; an unfinished one has holes.
fn bytes_in(folder: &Path) -> u64 {
    let taken = |metadata: fs::Metadata| metadata.len().min(metadata.blocks() * 512);
    fs::read_dir(folder).unwrap().map(|entry| taken(entry.unwrap().metadata().unwrap())).sum()
}

#[test]
fn a_long_file_begins_with_little_and_is_read_in_strides() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(&dir.path().join("audio"), 1 << 30, "s3://b/");
    let far = Arc::new(Far::new(1, 20 << 20));
    let reader = cache.reader("long.wav", "e", &far, Haste::Now);
    assert_eq!(read(&reader, 0, 400_000).unwrap(), far.bytes[..400_000]);
    assert_eq!(far.requests(), [(0, 256 << 10), (256 << 10, 512 << 10)]);
    assert_eq!(all(&reader).unwrap(), far.bytes);
    assert!(far.requests().len() <= 14, "{:?}", far.requests());
    assert_eq!(far.fetched(), far.bytes.len(), "nothing comes twice");
}

#[test]
fn a_complete_file_is_private_and_found_again_without_a_request() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("new/audio");
    let far = Arc::new(Far::new(1, 900_000));
    let cache = Cache::open(&folder, 1 << 30, "s3://b/");
    let reader = cache.reader("../../etc/passwd", "e", &far, Haste::Now);
    assert_eq!(all(&reader).unwrap(), far.bytes);
    assert_eq!(far.requests().len(), 1, "a small file comes at once");
    drop(reader);
    cache.rest();
    cache.end();

    let [name] = &names(&folder)[..] else { panic!("{:?}", names(&folder)) };
    assert!(name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join(name))), (0o700, 0o600));

    let again = Arc::new(Far { bytes: far.bytes.clone(), fails: vec![0], ..Far::default() });
    let cache = Cache::open(&folder, 1 << 30, "s3://b/");
    let reader = cache.reader("../../etc/passwd", "e", &again, Haste::Now);
    assert_eq!(all(&reader).unwrap(), far.bytes);
    assert_eq!(again.requests(), []);
    for (key, etag, scope) in [
        ("../../etc/passwd", "f", "s3://b/"),
        ("x", "e", "s3://b/"),
        ("../../etc/passwd", "e", "s3://c/"),
    ] {
        let other = Arc::new(Far::new(2, 900_000));
        let cache = Cache::open(&folder, 1 << 30, scope);
        assert_eq!(all(&cache.reader(key, etag, &other, Haste::Now)).unwrap(), other.bytes);
    }
}

#[test]
fn without_an_etag_nothing_is_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (Arc::new(Far::new(1, 5000)), Arc::new(Far::new(2, 5000)));
    for far in [one, other] {
        let cache = Cache::open(dir.path(), 1 << 30, "");
        let reader = cache.reader("a", "", &far, Haste::Now);
        assert_eq!(all(&reader).unwrap(), far.bytes);
        drop(reader);
        cache.end();
        assert_eq!(names(dir.path()), [""; 0]);
    }
}

#[test]
fn a_file_that_was_cut_or_tampered_with_in_length_is_fetched_anew() {
    let dir = tempfile::tempdir().unwrap();
    for size in [0, 4999, 5001] {
        let far = Arc::new(Far::new(1, 5000));
        let cache = Cache::open(dir.path(), 1 << 30, "");
        let name = cache.shared.name(&SampleKey::from("a"), &listed(5000, "e"));
        fs::write(dir.path().join(name.as_ref()), vec![7; size]).unwrap();
        assert_eq!(all(&cache.reader("a", "e", &far, Haste::Now)).unwrap(), far.bytes);
    }
}

#[test]
fn two_readers_share_one_download() {
    let cache = Cache::memory(64 << 20, "");
    let gate = Arc::new(Gate::default());
    let far = Arc::new(Far { gate: Some(gate.clone()), ..Far::new(3, 6 << 20) });
    let readers = [Haste::Now, Haste::Soon].map(|haste| cache.reader("a", "e", &far, haste));
    std::thread::scope(|scope| {
        for reader in &readers {
            scope.spawn(|| assert_eq!(all(reader).unwrap(), far.bytes));
        }
        until("one waits", || gate.waiting.load(Ordering::SeqCst) > 0);
        gate.open();
    });
    assert_eq!(far.fetched(), far.bytes.len());
}

#[test]
fn what_is_played_does_not_wait_for_what_is_drawn() {
    let cache = Cache::memory(64 << 20, "");
    let gate = Arc::new(Gate::default());
    let slow: Vec<_> = (0..6)
        .map(|n| Arc::new(Far { gate: Some(gate.clone()), ..Far::new(n, 4 << 20) }))
        .collect();
    std::thread::scope(|scope| {
        for (n, far) in slow.iter().enumerate() {
            let reader = cache.reader(&format!("slow{n}"), "e", far, Haste::Soon);
            scope.spawn(move || read(&reader, 0, 100).unwrap());
        }
        until("they wait", || gate.waiting.load(Ordering::SeqCst) == 3);
        let far = Arc::new(Far::new(9, 4 << 20));
        let reader = cache.reader("now", "e", &far, Haste::Now);
        assert_eq!(read(&reader, 3 << 20, 50).unwrap(), far.bytes[3 << 20..][..50]);
        gate.open();
    });
}

#[test]
fn a_ticket_that_is_given_up_ends_the_wait() {
    let cache = Cache::memory(64 << 20, "");
    let gate = Arc::new(Gate::default());
    let far = Arc::new(Far { gate: Some(gate.clone()), ..Far::new(3, 1000) });
    let ticket = cache.ticket();
    let reader = cache.ticketed("a", "e", &far, Haste::Soon, Some(ticket.clone()));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| all(&reader));
        until("it waits", || gate.waiting.load(Ordering::SeqCst) > 0);
        assert!(!ticket.is_given_up());
        ticket.give_up();
        waiting.join().unwrap().unwrap_err();
        gate.open();
    });
    assert_eq!(all(&cache.reader("a", "e", &far, Haste::Now)).unwrap(), far.bytes);
    assert_eq!(far.requests().len(), 1, "what was under way is not lost");
}

#[test]
fn closing_ends_all_waits() {
    let cache = Cache::memory(64 << 20, "");
    let gate = Arc::new(Gate::default());
    let far = Arc::new(Far { gate: Some(gate.clone()), ..Far::new(3, 1000) });
    let reader = cache.reader("a", "e", &far, Haste::Now);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| all(&reader));
        until("it waits", || gate.waiting.load(Ordering::SeqCst) > 0);
        cache.close();
        waiting.join().unwrap().unwrap_err();
        gate.open();
    });
    all(&cache.reader("b", "e", &far, Haste::Now)).unwrap_err();
}

#[test]
fn a_changed_object_says_so_and_its_bytes_are_never_mixed() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path(), 1 << 30, "");
    let far = Arc::new(Far { changes_at: Some(2), ..Far::new(3, 5 << 20) });
    let reader = cache.reader("a", "e", &far, Haste::Now);
    assert_eq!(read(&reader, 0, 500_000).unwrap(), far.bytes[..500_000]);
    let error = all(&reader).unwrap_err();
    assert!(changed_in_source(&error), "{error}");
    assert!(changed_in_source(&io::Error::other(error)), "also behind another error");
    let requests = far.requests().len();
    assert!(changed_in_source(&read(&reader, 4 << 20, 9).unwrap_err()));
    assert_eq!(far.requests().len(), requests, "it stays changed");
    assert_eq!(read(&reader, 0, 500_000).unwrap(), far.bytes[..500_000]);
    drop(reader);
    cache.end();
    assert_eq!(names(dir.path()), [""; 0]);
    assert!(!changed_in_source(&io::Error::other("else")));
}

#[test]
fn a_failed_read_is_tried_again_when_it_is_asked_for_again() {
    let cache = Cache::memory(64 << 20, "");
    let far = Arc::new(Far { fails: vec![0], ..Far::new(3, 2 << 20) });
    let reader = cache.reader("a", "e", &far, Haste::Now);
    let error = all(&reader).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (io::ErrorKind::ConnectionReset, "cut off".into())
    );
    assert_eq!(all(&reader).unwrap(), far.bytes);
}

#[test]
fn an_object_shorter_than_listed_is_an_error() {
    let cache = Cache::memory(64 << 20, "");
    let far = Arc::new(Far::new(3, 1000));
    let name = cache.shared.name(&SampleKey::from("a"), &listed(2000, "e"));
    let reader = cache.shared.reader(name, 2000, far.origin(), Haste::Now, None);
    all(&reader).unwrap_err();
}

/// Lets a test expect objects that no store has.
impl Cache {
    fn expect(&self, wanted: &[(&str, &Arc<Far>)]) {
        let mut state = self.shared.lock();
        // As the threads would open them.
        let objects: Vec<_> = wanted
            .iter()
            .map(|(key, far)| {
                let stamp = listed(far.bytes.len(), "e");
                let name = self.shared.name(&SampleKey::from(*key), &stamp);
                (name, Object::new(far.origin(), stamp.size, None))
            })
            .collect();
        state.expect_opened(objects);
        self.shared.start_threads(&mut state).unwrap();
        drop(state);
        self.shared.wanted.notify_all();
    }
}

#[test]
fn what_was_fetched_ahead_plays_without_a_request() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path(), 1 << 30, "");
    let (short, long) = (Arc::new(Far::new(1, 3 << 20)), Arc::new(Far::new(2, 30 << 20)));
    cache.expect(&[("short", &short), ("long", &long)]);
    cache.rest();
    let before = (short.requests().len(), long.requests().len());
    assert_eq!(long.fetched(), 2 << 20, "the beginning alone");
    let readers = [("short", &short), ("long", &long)]
        .map(|(key, far)| cache.reader(key, "e", far, Haste::Now));
    assert_eq!(all(&readers[0]).unwrap(), short.bytes);
    assert_eq!(read(&readers[1], 0, 2 << 20).unwrap(), long.bytes[..2 << 20]);
    assert_eq!((short.requests().len(), long.requests().len()), before);
}

#[test]
fn what_is_not_expected_any_more_is_not_fetched() {
    let cache = Cache::memory(64 << 20, "");
    let gate = Arc::new(Gate::default());
    let far = Arc::new(Far { gate: Some(gate.clone()), ..Far::new(1, 12 << 20) });
    cache.expect(&[("a", &far)]);
    until("it is fetched", || gate.waiting.load(Ordering::SeqCst) == 2);
    // Two threads are kept free for whoever waits.
    let now = Arc::new(Far::new(2, 12 << 20));
    read(&cache.reader("b", "e", &now, Haste::Now), 0, 10).unwrap();
    cache.expect(&[]);
    gate.open();
    cache.rest();
    assert_eq!(far.requests().len(), 2);
}

#[test]
fn the_folder_stays_below_its_limit_and_forgets_the_oldest() {
    let dir = tempfile::tempdir().unwrap();
    let limit = 5 << 20;
    let cache = Cache::open(dir.path(), limit, "");
    let open = Arc::new(Far::new(99, 900_000));
    let held = cache.reader("held", "e", &open, Haste::Now);
    all(&held).unwrap();
    cache.rest();
    for n in 0..20 {
        let far = Arc::new(Far::new(n, 700_000));
        let reader = cache.reader(&n.to_string(), "e", &far, Haste::Now);
        assert_eq!(all(&reader).unwrap(), far.bytes);
        cache.rest();
        assert!(bytes_in(dir.path()) <= limit, "{}", bytes_in(dir.path()));
    }
    assert!(bytes_in(dir.path()) > limit / 2);
    let far = Arc::new(Far { fails: vec![0], ..Far::new(19, 700_000) });
    all(&cache.reader("19", "e", &far, Haste::Now)).unwrap();
    assert_eq!(far.requests(), [], "the newest is there");
    drop(held);
    all(&cache.reader("held", "e", &open, Haste::Now)).unwrap();
    assert_eq!(open.requests().len(), 1, "what is open stays");
}

#[test]
fn a_file_larger_than_the_folder_may_be_plays_from_memory() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path(), 1 << 20, "");
    let far = Arc::new(Far::new(1, 40 << 20));
    let reader = cache.reader("a", "e", &far, Haste::Now);
    assert_eq!(all(&reader).unwrap(), far.bytes);
    assert!(cache.shared.lock().memory() <= SPARE_MEMORY);
    assert_eq!(bytes_in(dir.path()), 0);
}

#[test]
fn a_folder_that_cannot_be_used_is_done_without() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "mine").unwrap();
    let cache = Cache::open(&file, 1 << 30, "");
    let far = Arc::new(Far::new(1, 3 << 20));
    assert_eq!(all(&cache.reader("a", "e", &far, Haste::Now)).unwrap(), far.bytes);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[test]
fn a_full_disk_is_done_without() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let folder = Arc::new(Folder::open(dir.path(), 1 << 30).unwrap());
    assert!(folder.reserve(10));
    let part = folder::Part::full(&folder);
    let error = part.write(0, b"0123456789").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert!(part.is_broken());

    let cache = Cache::open(dir.path(), 1 << 30, "");
    let far = Arc::new(Far::new(1, 3 << 20));
    let reader = cache.reader("a", "e", &far, Haste::Now);
    read(&reader, 0, 10).unwrap();
    cache.shared.lock().break_part(&reader.name);
    assert_eq!(all(&reader).unwrap(), far.bytes, "half from the disk, half from memory");
}

#[test]
fn what_a_dead_process_left_goes_and_what_a_living_one_writes_stays() {
    let dir = tempfile::tempdir().unwrap();
    let far = Arc::new(Far::new(1, 20 << 20));
    let living = Cache::open(dir.path(), 1 << 30, "");
    let reader = living.reader("a", "e", &far, Haste::Now);
    read(&reader, 0, 10).unwrap();
    let [part] = &names(dir.path())[..] else { panic!() };
    let dead = dir.path().join(format!("{}.dead.part", "0".repeat(64)));
    fs::write(&dead, "half").unwrap();
    let others = dir.path().join("notes.part");
    fs::write(&others, "not ours").unwrap();

    let other = Cache::open(dir.path(), 1 << 30, "");
    let same = other.reader("a", "e", &far, Haste::Now);
    assert_eq!(all(&same).unwrap(), far.bytes);
    assert!(dir.path().join(part).exists());
    assert!(!dead.exists());
    assert!(others.exists());
    assert_eq!(all(&reader).unwrap(), far.bytes, "both finish");
}

#[derive(Debug, Clone)]
struct Step {
    object: usize,
    offset: u64,
    count: usize,
    reopen: bool,
}

const SIZES: [usize; 4] = [0, 100_000, 1_500_000, 3_000_000];

fn step() -> impl Strategy<Value = Step> {
    (0..SIZES.len(), 0..3_200_000_u64, 1..600_000_usize, any::<bool>())
        .prop_map(|(object, offset, count, reopen)| Step { object, offset, count, reopen })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn every_read_gives_the_bytes_of_its_object(
        plans in prop::collection::vec(prop::collection::vec(step(), 1..12), 1..5),
        on_disk in any::<bool>(),
        limit in 200_000_u64..8_000_000,
        fails in prop::collection::vec(0_usize..12, 0..4),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let cache = if on_disk { Cache::open(dir.path(), limit, "") } else { Cache::memory(limit, "") };
        let objects: Vec<_> = SIZES
            .iter()
            .enumerate()
            .map(|(n, size)| Arc::new(Far { fails: fails.clone(), ..Far::new(n as u64, *size) }))
            .collect();
        std::thread::scope(|scope| {
            for (n, plan) in plans.iter().enumerate() {
                let (cache, objects) = (&cache, &objects);
                scope.spawn(move || {
                    let haste = if n % 2 == 0 { Haste::Now } else { Haste::Soon };
                    let open = |object: usize| {
                        cache.reader(&object.to_string(), "e", &objects[object], haste)
                    };
                    let mut readers: Vec<_> = (0..SIZES.len()).map(open).collect();
                    for step in plan {
                        if step.reopen {
                            readers[step.object] = open(step.object);
                        }
                        let bytes = &objects[step.object].bytes;
                        let start = (step.offset as usize).min(bytes.len());
                        let end = (start + step.count).min(bytes.len());
                        // A connection that was cut is an error, never wrong bytes.
                        if let Ok(read) = read(&readers[step.object], step.offset, step.count) {
                            assert_eq!(read, bytes[start..end]);
                        }
                    }
                });
            }
        });
        cache.rest();
        prop_assert!(bytes_in(dir.path()) <= limit);
        cache.end();
        for name in names(dir.path()) {
            prop_assert!(!name.contains('.'), "{name} is complete");
        }
    }

    #[test]
    fn a_glance_reads_no_more_than_it_may(
        size in 0_usize..600_000,
        budget in 0_u64..400_000,
        reads in prop::collection::vec((0_u64..700_000, 1_usize..100_000), 1..12),
    ) {
        let far = Arc::new(Far::new(5, size));
        let glance = Glance::of(far.origin(), size as u64, budget);
        for (offset, count) in reads {
            let mut bytes = vec![0; count];
            match glance.read_at(offset, &mut bytes) {
                Ok(0) => prop_assert!(offset >= size as u64),
                Ok(read) => {
                    prop_assert_eq!(&bytes[..read], &far.bytes[offset as usize..][..read]);
                }
                Err(_) => prop_assert!(glance.is_spent()),
            }
        }
        prop_assert!(far.fetched() as u64 <= budget);
    }
}
