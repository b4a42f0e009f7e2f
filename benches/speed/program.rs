//! The program itself on a terminal: what it holds, what it writes, what it does when nobody does anything.

use super::clips::{self, CODECS};
use super::data::{self, Scratch};
use super::home::Home;
use super::machine::{self, Usage};
use super::pty::{Launch, Screen};
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// By then everything that a key starts is drawn, its waveform too.
const SETTLED: Duration = Duration::from_millis(300);
/// By then notices have gone, and the place is kept.
const UNTIL_IDLE: Duration = Duration::from_secs(12);

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let quiet = walked(scale, |launch| launch);
    bytes(report, &quiet.screen, "", 16);
    // While notices go and the place is kept, others are looked at.
    let since = Instant::now();
    for samples in [10, 1_000].into_iter().chain(scale.large()) {
        memory(report, samples);
    }
    binary(report);
    for (colors, terminal) in [(256, "xterm-256color"), (16, "linux")] {
        let other = walked(scale, |launch| launch.env("TERM", terminal).without_env("COLORTERM"));
        bytes(report, &other.screen, &format!(", {colors} colours"), 8);
    }
    thread::sleep(UNTIL_IDLE.saturating_sub(since.elapsed()));
    idle(scale, report, &quiet.screen);
    drop(quiet);
    playing(scale, report);
}

/// A program whose list somebody has walked in a little.
struct Walked {
    screen: Screen,
    _home: Home,
    _scratch: Scratch,
}

fn walked(scale: &Scale, on: impl FnOnce(Launch) -> Launch) -> Walked {
    let scratch = Scratch::of(&data::unlabeled(scale.many));
    let home = Home::new();
    let screen = first_frame(on(launch(&home, &scratch.path())), scale.many);
    screen.type_keys(&"j".repeat(120));
    thread::sleep(2 * SETTLED);
    Walked { screen, _home: home, _scratch: scratch }
}

pub(crate) fn launch(home: &Home, workspace: &Path) -> Launch {
    Launch::earmark(home)
        .arg(clips::source())
        .env("EARMARK_WORKSPACE", workspace)
        .env("EARMARK_SYNC_ON_OPEN", "false")
        .env("EARMARK_PLAYBACK_AUTOPLAY", "false")
        .size(120, 40)
}

/// Starts it and waits until the list, the editor and the hints are drawn.
fn first_frame(launch: Launch, samples: usize) -> Screen {
    let screen = launch.start();
    let total = earmark::text::thousands(samples as u64);
    screen.wait_for("the first full screen", |view| {
        view.contains("utt-0000000") && view.contains("Speech Content") && view.contains(&total)
    });
    screen
}

fn memory(report: &mut Report, samples: usize) {
    let scratch = Scratch::of(&data::unlabeled(samples));
    let home = Home::new();
    let screen = first_frame(launch(&home, &scratch.path()), samples);
    let Some((at_first, _)) = machine::memory(screen.pid()) else { return };
    screen.type_keys("G");
    screen.wait_for_text(&format!("utt-{:07}", samples - 1));
    for _ in 0..40 {
        screen.type_keys("<pgup>");
        thread::sleep(Duration::from_millis(40));
    }
    screen.type_keys("g");
    screen.wait_for_text("utt-0000000");
    screen.type_keys(&"j".repeat(120));
    thread::sleep(2 * SETTLED);
    let Some((after, own)) = machine::memory(screen.pid()) else { return };
    let size = earmark::text::thousands(samples as u64);
    report.add(
        Row::new(
            format!("resident memory, {size} samples, list walked"),
            Figure::Mebibytes(after),
        )
        .bar(Bar::AtMost(120.0))
        .note(format!(
            "{at_first:.0} MiB at the first frame; {own:.0} MiB after the walk are its own, the rest are pages of \
             files"
        )),
    );
}

/// What is copied to install it.
fn binary(report: &mut Report) {
    let stripped = data::folder().join("stripped");
    let program = env!("CARGO_BIN_EXE_earmark");
    let done = Command::new("strip").arg("-o").arg(&stripped).arg(program).status();
    if !done.is_ok_and(|status| status.success()) {
        return;
    }
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |about| about.len()) as f64;
    let whole = bytes(Path::new(program)) / f64::from(1 << 20);
    report.add(
        Row::new("the program, stripped", Figure::Mebibytes(bytes(&stripped) / f64::from(1 << 20)))
            .note(format!("{whole:.1} MiB with the names of its functions")),
    );
}

/// What reaches the terminal for one key. `on`: on which terminal.
fn bytes(report: &mut Report, screen: &Screen, on: &str, keys: usize) {
    let page = spent(screen, keys / 2, SETTLED, |_| "<pgdn>".to_owned());
    let step = spent(screen, keys, SETTLED, |_| "j".to_owned());
    screen.type_keys("<enter>");
    thread::sleep(2 * SETTLED);
    let before = screen.bytes();
    let text: Vec<char> = "thank you for calling us".chars().take(keys).collect();
    let letter = spent(screen, text.len(), Duration::from_millis(100), |index| {
        if text[index] == ' ' { "<space>".to_owned() } else { text[index].to_string() }
    });
    thread::sleep(Duration::from_secs(1));
    let all = (screen.bytes() - before) as f64 / text.len() as f64;
    screen.type_keys("<esc>");
    report.add(
        Row::new(format!("bytes for one typed letter, p90{on}"), Figure::Bytes(late(&letter)))
            .bar(Bar::AtMost(200.0))
            .note(format!(
                "median {:.0}, most {:.0}; {all:.0} a letter with all that follows, the draft's mark too",
                median(&letter),
                most(&letter)
            )),
    );
    report.add(
        Row::new(format!("bytes for one list step, p90{on}"), Figure::Bytes(late(&step)))
            .bar(Bar::AtMost(2_000.0))
            .note(format!(
                "median {:.0}, most {:.0}; the new waveform is in it",
                median(&step),
                most(&step)
            )),
    );
    report.add(
        Row::new(format!("bytes for one page of the list, p90{on}"), Figure::Bytes(late(&page)))
            .note(format!(
                "median {:.0}, most {:.0}; the new waveform is in it",
                median(&page),
                most(&page)
            )),
    );
}

fn spent(screen: &Screen, keys: usize, pause: Duration, key: impl Fn(usize) -> String) -> Vec<u64> {
    (0..keys)
        .map(|index| {
            let before = screen.bytes();
            screen.type_keys(&key(index));
            thread::sleep(pause);
            screen.bytes() - before
        })
        .collect()
}

fn most(bytes: &[u64]) -> f64 {
    bytes.iter().max().copied().unwrap_or_default() as f64
}

fn median(bytes: &[u64]) -> f64 {
    at(bytes, 5)
}

fn late(bytes: &[u64]) -> f64 {
    at(bytes, 9)
}

/// What so many tenths do not exceed.
fn at(bytes: &[u64], tenths: usize) -> f64 {
    let mut sorted = bytes.to_vec();
    sorted.sort_unstable();
    let index = (sorted.len() * tenths).div_ceil(10).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default() as f64
}

/// What a program spends while nobody touches it.
struct Watched {
    bytes: f64,
    wakeups: f64,
    percent: f64,
    /// Who wakes up how often a second.
    threads: String,
}

fn watch(screen: &Screen, span: Duration) -> Option<Watched> {
    let (before, threads) = (machine::usage(screen.pid())?, machine::threads(screen.pid()));
    let began = Instant::now();
    let bytes = screen.bytes_while_idle(span);
    let after = machine::usage(screen.pid())?;
    let seconds = began.elapsed().as_secs_f64();
    let who: Vec<String> = machine::threads(screen.pid())
        .iter()
        .zip(&threads)
        .filter(|((name, _), (same, _))| name == same)
        .map(|((name, now), (_, then))| (name, now.sleeps.saturating_sub(then.sleeps)))
        .filter(|(_, sleeps)| *sleeps > 0)
        .map(|(name, sleeps)| format!("{name} {:.1}", sleeps as f64 / seconds))
        .collect();
    let Usage { cpu, sleeps } = after;
    Some(Watched {
        bytes: bytes as f64 / seconds,
        wakeups: sleeps.saturating_sub(before.sleeps) as f64 / seconds,
        percent: 100.0 * cpu.saturating_sub(before.cpu).as_secs_f64() / seconds,
        threads: who.join(", "),
    })
}

fn idle(scale: &Scale, report: &mut Report, screen: &Screen) {
    let Some(watched) = watch(screen, scale.watch) else { return };
    report.add(
        Row::new("idle: bytes to the terminal a second", Figure::PerSecond(watched.bytes))
            .bar(Bar::AtMost(0.0)),
    );
    report.add(
        Row::new("idle: wake-ups a second", Figure::PerSecond(watched.wakeups))
            .bar(Bar::AtMost(1.1))
            .note(format!(
                "by thread: {}; a tenth is the start and end of the watch",
                watched.threads
            )),
    );
    report
        .add(Row::new("idle: of one core", Figure::Percent(watched.percent)).bar(Bar::AtMost(0.5)));
}

/// A long FLAC file playing without a device.
fn playing(scale: &Scale, report: &mut Report) {
    let home = Home::new();
    let folder = home.join("long");
    fs::create_dir(&folder).expect("a folder");
    let minutes = scale.longest.unwrap_or(scale.minutes);
    let long = clips::clip(&CODECS[1], minutes);
    fs::copy(&long, folder.join("long.flac")).expect("the file in a folder");
    let screen = Launch::earmark(&home).arg(&folder).size(120, 40).start();
    screen.wait_for_text("long.flac");
    screen.type_keys("<enter>");
    let quiet = |watched: &Watched| watched.percent < 20.0;
    let began = Instant::now();
    // The waveform and the speech of the whole file are looked for first.
    while began.elapsed() < Duration::from_mins(2) {
        thread::sleep(Duration::from_secs(1));
        match watch(&screen, Duration::from_secs(2)) {
            Some(watched) if quiet(&watched) => break,
            Some(_) => {}
            None => return,
        }
    }
    let Some(watched) = watch(&screen, scale.watch) else { return };
    report.add(
        Row::new(
            format!("playing {} without a device: of one core", clips::length(minutes)),
            Figure::Percent(watched.percent),
        )
        .bar(Bar::AtMost(5.0))
        .note(format!("{:.0} wake-ups a second ({})", watched.wakeups, watched.threads)),
    );
    report.add(Row::new("bytes for one second of the playhead", Figure::Bytes(watched.bytes)));
}
