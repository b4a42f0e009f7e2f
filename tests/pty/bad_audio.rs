//! Files that are damaged, that claim to be larger than they are, and that a decoder panics on: opened one after the
//! other on the screen, which goes on and stays small.

use crate::bombs::{codebooks, silence};
use crate::desk::{Desk, open_file, wait_until_ready};
use std::fs;
use std::path::Path;

/// Memory that the screen may have taken at its most, in KiB, built without optimization.
const MOST: u64 = 300 << 10;

#[test]
fn no_file_takes_the_screen_with_it() {
    let desk = Desk::with(1);
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/decoders");
    for entry in fs::read_dir(seeds).expect("seeds").flatten() {
        let name = entry.file_name().into_string().expect("a plain name");
        if name.contains('.') {
            fs::copy(entry.path(), desk.folder.join(format!("0-{name}"))).expect("it is copied");
        }
    }
    for (name, bytes) in [
        ("1-codebooks.ogg", codebooks(256, 31)),
        ("1-panic.ogg", codebooks(1, 32)),
        ("1-silence.flac", silence(16 << 20)),
    ] {
        fs::write(desk.folder.join(name), bytes).expect("it is written");
    }
    let names = desk.names();
    assert!(names.len() > 25);

    let screen = desk.launch().env("RUST_BACKTRACE", "1").start();
    wait_until_ready(&screen);
    screen.type_keys("<enter>");
    for name in &names {
        screen.wait_for(name, |view| open_file(view).is_some_and(|open| open.contains(name)));
        if name.contains("panic") {
            screen.wait_for_text("crashed");
        }
        screen.type_keys("<c-n>");
    }
    // The last one is well, and can be labeled like any other.
    screen.type_keys("still here<enter>");
    screen.wait_for_text("Labeled 1");
    let status = fs::read_to_string(format!("/proc/{}/status", screen.pid())).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(peak < MOST, "{peak} KiB");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    let raw = String::from_utf8_lossy(&screen.written_since(0)).into_owned();
    assert!(!raw.contains("panicked"), "{raw}");
    assert_eq!(desk.labels().len(), 1);
}
