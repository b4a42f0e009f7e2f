//! A long day at the screen: steps in the list and files played, with memory, file descriptors, threads and what lies in
//! folders looked at all the while.

use crate::desk::{Desk, open_file};
use crate::figures;
use crate::pty::Screen;
use earmark::text::thousands;
use std::fs;
use std::path::Path;

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    kilobytes: u64,
    descriptors: usize,
    threads: usize,
}

fn held(screen: &Screen) -> Held {
    let process = format!("/proc/{}", screen.pid());
    let status = fs::read_to_string(format!("{process}/status")).expect("it runs");
    let number = |name: &str| -> u64 {
        let line =
            status.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel says");
        line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
    };
    Held {
        kilobytes: number("VmRSS:"),
        descriptors: fs::read_dir(format!("{process}/fd")).expect("it runs").count(),
        threads: usize::try_from(number("Threads:")).expect("a few"),
    }
}

/// After the first window nothing grows any more but by what caches and the allocator may take.
#[track_caller]
fn stays_flat(windows: &[Held]) {
    let (settled, rest) = windows.split_first().expect("there are windows");
    let most = |of: fn(&Held) -> u64| rest.iter().map(of).max().unwrap_or_default();
    assert!(
        most(|held| held.kilobytes) <= settled.kilobytes + settled.kilobytes / 3 + 16_384,
        "memory grows: {windows:?}"
    );
    assert!(
        most(|held| held.descriptors as u64) <= settled.descriptors as u64 + 4,
        "descriptors are not given back: {windows:?}"
    );
    assert!(
        most(|held| held.threads as u64) <= settled.threads as u64 + 4,
        "threads do not end: {windows:?}"
    );
    // In the long run it is no slow growth either: the second half against the first.
    let (early, late) = rest.split_at(rest.len() / 2);
    let mean =
        |of: &[Held]| of.iter().map(|held| held.kilobytes).sum::<u64>() / of.len().max(1) as u64;
    assert!(mean(late) <= mean(early) + mean(early) / 10 + 8_192, "memory creeps: {windows:?}");
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(about) if about.is_dir() => bytes_below(&entry.path()),
            Ok(about) => about.len(),
            Err(_) => 0,
        })
        .sum()
}

/// A desk with so many recordings: the same ones under other names, since nobody has so many.
fn many(recordings: usize) -> Desk {
    const CLIPS: usize = 40;
    let desk = Desk::with(CLIPS);
    let clips = desk.names();
    for at in CLIPS..recordings {
        let clip = &clips[at % CLIPS];
        let (from, to) = (desk.folder.join(clip), desk.folder.join(format!("{at:05} {clip}")));
        fs::copy(from, to).expect("a recording is copied");
    }
    desk
}

/// Along the list by one key from the first of these names; gives how many keys moved the cursor.
fn walk(screen: &Screen, key: &str, names: &[String]) -> u64 {
    // As a held key repeats: so many at once that it might be a paste come from nobody's hand.
    const STRETCH: usize = 40;
    for stretch in names[1..].chunks(STRETCH) {
        for _ in stretch {
            screen.type_keys(key);
        }
        let to = stretch.last().expect("a stretch has an end");
        screen.wait_for(to, |view| open_file(view).as_ref() == Some(to));
    }
    names.len() as u64 - 1
}

#[test]
fn many_steps_in_the_list_take_nothing_with_them() {
    const WINDOWS: u64 = 6;
    let steps = figures::times(3_000, 1_000_000) / WINDOWS;
    // In the soak so many that the list is read page by page, to and fro.
    let desk = many(usize::try_from(figures::times(40, 3_000)).expect("some thousand"));
    let screen = desk.open();
    let names = desk.names();
    // So many come in some at a time: what is the first at first need not be the first of all.
    screen.wait_for_text(&format!("/{} ┛", thousands(names.len() as u64)));
    screen.type_keys("g");
    screen.wait_for(&names[0], |view| open_file(view).as_ref() == Some(&names[0]));
    let mut windows = Vec::new();
    let mut moved = 0;
    for _ in 0..WINDOWS {
        // Down and up again, as fast as keys come; the end of each stretch is waited for.
        for _ in 0..steps.div_ceil(2 * (names.len() as u64 - 1)) {
            for (key, way) in [("j", names.clone()), ("k", names.iter().rev().cloned().collect())] {
                moved += walk(&screen, key, &way);
            }
        }
        windows.push(held(&screen));
    }
    figures::count("steps in the list", moved);
    stays_flat(&windows);
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn many_files_played_leave_nothing_behind() {
    const WINDOWS: u64 = 6;
    const FILES: usize = 30;
    let rounds = figures::times(180, 10_000).div_ceil(WINDOWS * FILES as u64);
    let desk = Desk::with(FILES);
    let screen = desk.open();
    let names = desk.names();
    screen.type_keys("<enter>");
    let mut windows = Vec::new();
    let mut played = 0;
    for _ in 0..WINDOWS {
        for _ in 0..rounds {
            for to in names.iter().skip(1) {
                plays(&screen);
                screen.type_keys("<c-n>");
                screen.wait_for(to, |view| open_file(view).as_ref() == Some(to));
                played += 1;
            }
            plays(&screen);
            played += 1;
            screen.type_keys("<esc>g");
            screen.wait_for(&names[0], |view| open_file(view).as_ref() == Some(&names[0]));
            screen.type_keys("<enter>");
        }
        windows.push(held(&screen));
    }
    figures::count("files played", played);
    stays_flat(&windows);
    // Local files need no cache; what there is stays within its cap.
    let cache = bytes_below(&desk.home.join("cache"));
    assert!(cache <= 64 << 20, "{cache} bytes in the cache");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
}

/// The place in the file has moved on, or it is over already.
fn plays(screen: &Screen) {
    screen.wait_for("the file to play", |view| {
        let row = view.row_with("Files").unwrap_or_default();
        let moved = row.contains('▶') && !row.contains("▶ 00:00.0 /");
        moved || row.contains('■')
    });
}
