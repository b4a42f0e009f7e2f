//! Long files in the real program: the waveform of one, what it costs, and many of them walked over in a hurry.

use super::clips::{self, CODECS};
use super::data;
use super::home::Home;
use super::machine;
use super::pty::{Launch, Screen};
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use earmark::domain::SampleKey;
use earmark::workspace::Reader;
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Files that are walked over.
const FILES: usize = 200;
/// At either end of them are files that somebody stops at, and those that are prepared for these.
const AT_AN_END: usize = 10;
/// Between two keys of somebody in a hurry.
const BETWEEN: Duration = Duration::from_millis(30);
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    for minutes in scale.long() {
        for codec in CODECS.iter().filter(|codec| matches!(codec.0, "FLAC" | "MP3")) {
            drawn(report, codec, minutes);
        }
    }
    walked(scale, report);
}

/// A program that has only these files, and the workspace that it makes.
fn started(home: &Home, files: &[(PathBuf, String)]) -> (Screen, PathBuf) {
    let folder = home.join("long");
    fs::create_dir(&folder).expect("a folder");
    for (path, name) in files {
        let to = folder.join(name);
        fs::hard_link(path, &to)
            .or_else(|_| fs::copy(path, &to).map(drop))
            .expect("the file in a folder");
    }
    let workspace = home.join("long.earmark");
    let screen = Launch::earmark(home)
        .arg(&folder)
        .env("EARMARK_WORKSPACE", &workspace)
        .env("EARMARK_PLAYBACK_AUTOPLAY", "false")
        .size(120, 40)
        .start();
    screen.wait_for_text(&files[0].1);
    (screen, workspace)
}

fn drawn(report: &mut Report, codec: &clips::Codec, minutes: u64) {
    let (name, ending, _) = codec;
    let home = Home::new();
    let file = format!("long.{ending}");
    let began = Instant::now();
    let (screen, workspace) = started(&home, &[(clips::clip(codec, minutes), file.clone())]);
    let kept = loop {
        if let Some(bytes) = kept(&workspace, &file) {
            break bytes;
        }
        assert!(began.elapsed() < PATIENCE, "no waveform: {}", screen.text());
        thread::sleep(Duration::from_millis(50));
    };
    let whole = began.elapsed();
    let length = clips::length(minutes);
    report.add(
        Row::new(
            format!("{length} of {name}: start to the whole waveform"),
            Figure::seconds(whole),
        )
        .note(format!(
            "it grows on the screen from the first moment on; {:.1} MiB kept in the workspace",
            kept as f64 / f64::from(1 << 20)
        )),
    );
    if let Some(peak) = machine::peak(screen.pid()) {
        report.add(
            Row::new(format!("{length} of {name}: memory at most"), Figure::Mebibytes(peak))
                .bar(Bar::AtMost(120.0)),
        );
    }
}

/// Bytes of a file's waveform, once that is kept.
fn kept(workspace: &Path, file: &str) -> Option<i64> {
    let reader = Reader::open(workspace, data::identity()).ok()?;
    reader.peaks(reader.find(&SampleKey::from(file)).ok()??).ok()??;
    let connection = Connection::open(workspace).ok()?;
    connection.query_row("SELECT sum(length(bins)) FROM peaks", [], |row| row.get(0)).ok()
}

/// The numbers of the files whose waveforms are kept.
fn drawn_of(workspace: &Path) -> Vec<usize> {
    let reader = Reader::open(workspace, data::identity()).expect("the workspace opens");
    let kept = |number: &usize| {
        let key = SampleKey::from(format!("long-{number:03}.flac").as_str());
        let id = reader.find(&key).expect("the workspace is read").expect("the file is in it");
        reader.peaks(id).expect("the workspace is read").is_some()
    };
    (0..FILES).filter(kept).collect()
}

/// Many long files, one after another under the cursor: what was begun for one is given up for the next.
fn walked(scale: &Scale, report: &mut Report) {
    let home = Home::new();
    let codec = &CODECS[1];
    let long = clips::clip(codec, scale.minutes);
    let files: Vec<_> =
        (0..FILES).map(|number| (long.clone(), format!("long-{number:03}.flac"))).collect();
    let (screen, workspace) = started(&home, &files);
    screen.wait_for_text(&format!("{FILES}"));
    screen.type_keys("<enter>");
    screen.wait_for_text("Speech Content");
    let Some(before) = machine::usage(screen.pid()) else { return };
    let last = format!("long-{:03}.flac", FILES - 1);
    let began = Instant::now();
    for _ in 0..FILES {
        screen.type_keys("<c-n>");
        thread::sleep(BETWEEN);
    }
    screen.wait_for_text(&last);
    let walk = began.elapsed();
    let (Some(now), Some(peak)) = (machine::usage(screen.pid()), machine::peak(screen.pid()))
    else {
        return;
    };
    let threads = machine::threads(screen.pid()).len();
    // How long it goes on working for what it has left behind, and for the file that it stands at.
    let quiet = loop {
        let Some(then) = machine::usage(screen.pid()) else { return };
        thread::sleep(Duration::from_millis(250));
        let Some(later) = machine::usage(screen.pid()) else { return };
        let busy = later.cpu.saturating_sub(then.cpu) > Duration::from_millis(25);
        if (!busy && kept(&workspace, &last).is_some()) || began.elapsed() > PATIENCE {
            break began.elapsed().saturating_sub(walk);
        }
    };
    let Some(after) = machine::usage(screen.pid()) else { return };
    let length = clips::length(scale.minutes);
    report.add(
        Row::new(
            format!("{FILES} files of {length} walked over: memory at most"),
            Figure::Mebibytes(peak),
        )
        .bar(Bar::AtMost(120.0))
        .note(format!(
            "{:.1} s of CPU in a walk of {:.1} s; {threads} threads at its end",
            now.cpu.saturating_sub(before.cpu).as_secs_f64(),
            walk.as_secs_f64()
        )),
    );
    report.add(
        Row::new(
            "the same: from the last key until the waveform there is whole and it rests",
            Figure::seconds(quiet),
        )
        .note(format!("{:.1} s of CPU", after.cpu.saturating_sub(now.cpu).as_secs_f64())),
    );
    let drawn = drawn_of(&workspace);
    if !drawn.contains(&(FILES - 1)) {
        eprintln!(
            "  left out: the waveform of the last file did not come, so that nothing can be said of the others"
        );
        return;
    }
    let passed = drawn.iter().filter(|file| (AT_AN_END..FILES - AT_AN_END).contains(file)).count();
    report.add(
        Row::new("the same: waveforms drawn of files that were passed", {
            Figure::Count(passed as f64)
        })
        .bar(Bar::AtMost(0.0))
        .note(format!("drawn in all, by number of the file: {drawn:?}")),
    );
}
