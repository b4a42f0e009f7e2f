//! A line that carries a few hundred bytes now and then: keys count at once all the same, and what falls behind is frames,
//! not the person.

use crate::desk::{Desk, box_text, open_file, wait_until_ready};
use crate::pty::Screen;
use rusqlite::{Connection, OpenFlags};
use std::time::{Duration, Instant};

/// What the line carries while a person does one thing.
const LITTLE: usize = 300;
/// How a frame begins.
const FRAME: &[u8] = b"\x1b[?2026h";

/// How many frames have begun to arrive since so many bytes.
fn frames_since(screen: &Screen, bytes: u64) -> usize {
    let written = screen.written_since(bytes);
    written.windows(FRAME.len()).filter(|bytes| *bytes == FRAME).count()
}

/// A file beside the screen's own connections, and the names of the file's samples with their texts in it.
fn texts(desk: &Desk, ending: &str, sql: &str) -> Vec<(String, String)> {
    let mut path = desk.workspace().into_os_string();
    path.push(ending);
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("opens");
    let mut statement = db.prepare(sql).expect("the table is there");
    let pair = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?));
    let pairs = statement.query_map([], pair).expect("it is read");
    let named = |(key, text): (Vec<u8>, String)| (String::from_utf8_lossy(&key).into_owned(), text);
    pairs.map(|pair| named(pair.expect("a row"))).collect()
}

fn drafts(desk: &Desk) -> Vec<(String, String)> {
    texts(desk, "-drafts", "SELECT key, text FROM draft")
}

fn labels(desk: &Desk) -> Vec<(String, String)> {
    texts(desk, "", "SELECT key, content FROM sample WHERE content IS NOT NULL ORDER BY key")
}

/// What somebody works on, and who.
fn edited(desk: &Desk) -> Vec<(String, String)> {
    texts(desk, "", "SELECT key, author FROM lease JOIN sample ON sample.id = lease.sample")
}

/// Looks at the disk again and again until it holds this.
#[track_caller]
fn wait_for(
    desk: &Desk,
    look: impl Fn(&Desk) -> Vec<(String, String)>,
    wanted: &[(String, String)],
) {
    let until = Instant::now() + Duration::from_secs(30);
    while look(desk) != wanted {
        assert!(Instant::now() < until, "on disk: {:?}", look(desk));
        std::thread::yield_now();
    }
}

#[test]
fn keys_count_at_once_and_frames_are_left_out() {
    let desk = Desk::with(12);
    let names = desk.names();
    let said = |number: usize| format!("these are the words of file number {number}");
    let mut labeled: Vec<(String, String)> = Vec::new();
    let launch = desk.launch().env("EARMARK_PLAYBACK_AUTOPLAY", "false").size(500, 150);
    let screen = launch.start();
    wait_until_ready(&screen);
    screen.type_keys("<enter>");

    // A quick line shows each label.
    let before = screen.bytes();
    for (number, name) in names.iter().enumerate().take(2) {
        screen.type_keys(&format!("{}<enter>", said(number)));
        labeled.push((name.clone(), said(number)));
        screen.wait_for_text(&format!("Labeled {}", labeled.len()));
    }
    assert!(frames_since(&screen, before) >= labeled.len(), "each was shown");

    // A slow one is full once everything was drawn twice: that is more than the kernel keeps for it.
    screen.slow_down();
    let before = screen.bytes();
    screen.type_keys("<c-l>");
    screen.take(1);
    screen.type_keys("<c-l>");
    // On the disk everything happens at the pace of the fingers.
    let mut deeds = 0;
    for (number, name) in names.iter().enumerate().take(10).skip(2) {
        screen.type_keys(&format!("{}<enter>", said(number)));
        labeled.push((name.clone(), said(number)));
        wait_for(&desk, labels, &labeled);
        screen.take(LITTLE);
        deeds += 1;
    }
    // Steps in the list: where they end, there the letters go.
    screen.type_keys("<esc>kjkjkjj<enter>");
    wait_for(&desk, edited, &[(names[11].clone(), "tester".to_owned())]);
    screen.take(LITTLE);
    deeds += 1;
    let mut typed = String::new();
    for _ in 0..5 {
        let letters: String = ('a'..='z').cycle().skip(typed.len()).take(40).collect();
        screen.type_keys(&letters);
        typed.push_str(&letters);
        wait_for(&desk, drafts, &[(names[11].clone(), typed.clone())]);
        screen.take(LITTLE);
        deeds += 1;
    }
    assert_eq!(
        screen.bytes() - before,
        (1 + deeds * LITTLE) as u64,
        "the line was slow all the time"
    );

    screen.speed_up();
    screen.wait_for("all that was typed", |view| {
        open_file(view).as_ref() == Some(&names[11])
            && box_text(view).replace('\n', "") == typed
            && view.contains("Labeled 10")
    });
    let frames = frames_since(&screen, before);
    assert!(frames * 2 < deeds, "{frames} frames for {deeds} things that were done with 500 keys");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    assert_eq!(desk.labels(), labeled);
    assert_eq!(drafts(&desk), [(names[11].clone(), typed)]);
}
