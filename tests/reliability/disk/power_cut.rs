//! The power is cut: what was synced is there, what was not may be gone, whole or in part.
//!
//! The shim writes down every write, sync, new file and folder entry below the workspace's and the output's folders.
//! From that, the disk is built as it may look after a cut at any point: a file holds what was written up to its last
//! sync, and of later writes none, some, or torn pieces of 512 bytes; a folder holds what its last sync made durable.
//! This shows that nothing is confirmed before it was synced. It cannot show disks that lie about syncing, or the
//! disorder of a particular file system; and entries that are made without the C library (a rename by rustix) are known
//! from the listing at the folder's next sync alone.

use super::bench::{Bench, Disk};
use crate::figures;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What of the unsynced is there after the cut.
#[derive(Debug, Clone, Copy)]
enum Unsynced {
    Gone,
    Some(u64),
    Torn(u64),
}

/// One thing that happened, as the shim wrote it down.
struct Event<'a> {
    what: u8,
    inode: u64,
    at: usize,
    bytes: &'a [u8],
}

fn events(mut log: &[u8]) -> Vec<Event<'_>> {
    const HEAD: usize = 21;
    let number =
        |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let mut events = Vec::new();
    while log.len() >= HEAD {
        let length = number(&log[17..21]) as usize;
        let (head, rest) = log.split_at(HEAD);
        let (bytes, rest) = rest.split_at(length);
        let (what, inode, at) = (head[0], number(&head[1..9]), number(&head[9..17]) as usize);
        events.push(Event { what, inode, at, bytes });
        log = rest;
    }
    events
}

#[derive(Default, Clone)]
struct File {
    synced: Vec<u8>,
    now: Vec<u8>,
    since: Vec<(usize, Vec<u8>)>,
}

fn put(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    if bytes.len() < at + piece.len() {
        bytes.resize(at + piece.len(), 0);
    }
    bytes[at..at + piece.len()].copy_from_slice(piece);
}

#[derive(Default)]
struct Remembered {
    files: HashMap<u64, File>,
    /// The durable entries of folders: name to inode, and whether it is a folder.
    folders: HashMap<u64, BTreeMap<Vec<u8>, (u64, bool)>>,
}

impl Remembered {
    fn after(events: &[Event<'_>]) -> Self {
        let mut disk = Self::default();
        for event in events {
            let file = disk.files.entry(event.inode);
            match event.what {
                b'N' => drop(file.insert_entry(File::default())),
                b'W' => {
                    let file = file.or_default();
                    put(&mut file.now, event.at, event.bytes);
                    file.since.push((event.at, event.bytes.to_vec()));
                }
                b'T' => {
                    // Kept in order with the sync that follows; a cut before it shows the former length.
                    file.or_default().now.resize(event.at, 0);
                }
                b'S' => {
                    let file = file.or_default();
                    file.synced.clone_from(&file.now);
                    file.since.clear();
                }
                b'L' => drop(disk.folders.insert(event.inode, entries(event.bytes))),
                _ => {}
            }
        }
        disk
    }

    fn build(&self, folder: u64, to: &Path, unsynced: Unsynced) {
        fs::create_dir_all(to).expect("a folder");
        for (name, (inode, is_folder)) in self.folders.get(&folder).into_iter().flatten() {
            use std::os::unix::ffi::OsStrExt;
            let path = to.join(std::ffi::OsStr::from_bytes(name));
            if *is_folder {
                self.build(*inode, &path, unsynced);
            } else {
                let bytes = self.files.get(inode).map(|file| file.after_cut(unsynced));
                fs::write(path, bytes.unwrap_or_default()).expect("a file");
            }
        }
    }
}

impl File {
    fn after_cut(&self, unsynced: Unsynced) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        for (number, (at, piece)) in self.since.iter().enumerate() {
            match unsynced {
                Unsynced::Gone => {}
                Unsynced::Some(seed) => {
                    if chance(seed, number, 0) {
                        put(&mut bytes, *at, piece);
                    }
                }
                Unsynced::Torn(seed) => {
                    for (sector, part) in piece.chunks(512).enumerate() {
                        if chance(seed, number, sector) {
                            put(&mut bytes, at + sector * 512, part);
                        }
                    }
                }
            }
        }
        bytes
    }
}

fn chance(seed: u64, write: usize, sector: usize) -> bool {
    let mut mixed = seed ^ (write as u64) << 20 ^ sector as u64;
    for _ in 0..3 {
        mixed = (mixed ^ mixed >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    mixed >> 63 == 1
}

fn entries(text: &[u8]) -> BTreeMap<Vec<u8>, (u64, bool)> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .filter_map(|line| {
            let zero = line.iter().position(|byte| *byte == 0)?;
            let inode = std::str::from_utf8(&line[zero + 2..]).ok()?.parse().ok()?;
            Some((line[..zero].to_vec(), (inode, line[zero + 1] == b'd')))
        })
        .collect()
}

#[test]
fn what_was_confirmed_outlives_a_power_cut() {
    let bench = Bench::bare(6);
    let log = bench.home.join("log");
    let disk = Disk::default().with("DISK_RECORD", &log);
    let inode = |name: &str| fs::metadata(bench.home.join(name)).expect("a folder").ino();
    let (data, out) = (inode("data"), inode("out"));
    let mut confirmed: Vec<(usize, String, String)> = Vec::new();
    let step = |args: &[&str]| {
        let output = bench.run(args, &disk);
        assert!(output.status.success(), "{args:?}: {}", super::bench::said(&output));
        fs::read(&log).map_or(0, |log| events(&log).len())
    };
    step(&["init", "calls", "--output", "out"]);
    step(&["sync", "calls"]);
    let mut shared = Vec::new();
    for (number, name) in bench.names.iter().enumerate() {
        let text = format!("said in {number}");
        let at = step(&["label", "calls", name, "--content", &text]);
        confirmed.push((at, name.clone(), text));
        if number % 2 == 1 {
            shared.push((step(&["sync", "calls"]), number + 1));
        }
    }
    let log = fs::read(&log).expect("a log");
    let events = events(&log);
    let first = confirmed[0].0;
    let cuts = figures::times(16, 600);
    for cut in 0..cuts {
        let span = (events.len() - first) as u64;
        let until = first + usize::try_from(span * cut / (cuts - 1)).expect("an index");
        let unsynced = match cut % 3 {
            0 => Unsynced::Gone,
            1 => Unsynced::Some(cut),
            _ => Unsynced::Torn(cut),
        };
        let remembered = Remembered::after(&events[..until]);
        for (name, inode) in [("data", data), ("out", out)] {
            fs::remove_dir_all(bench.home.join(name)).expect("a folder goes");
            remembered.build(inode, &bench.home.join(name), unsynced);
        }
        let told = format!("cut {cut} after {until} of {} events, {unsynced:?}", events.len());
        let rows = bench.list(&[]);
        let due = confirmed.iter().filter(|(at, ..)| *at <= until);
        let lost: Vec<_> = due
            .clone()
            .filter(|(_, name, text)| !rows.iter().any(|row| row[0] == **name && row[1] == **text))
            .collect();
        figures::count("labels checked", due.count() as u64);
        figures::count("labels lost", lost.len() as u64);
        figures::count("power cuts", 1);
        assert!(lost.is_empty(), "{told}: {lost:?} are lost: {rows:#?}");
        // What was shared is still readable by all, and goes on.
        bench.succeeds(&["sync", "calls"]);
        let joined = bench.joined();
        let due = shared.iter().filter(|(at, _)| *at <= until).map(|(_, labels)| *labels).max();
        let there = joined.iter().filter(|row| !row[1].is_null()).count();
        assert!(there >= due.unwrap_or(0), "{told}: {joined:#?}");
    }
}
