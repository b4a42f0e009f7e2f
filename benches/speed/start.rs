//! How soon the program is there, and what must not delay it: a log that a kill left, a format of old, a bucket or a
//! listener that never answers.

use super::bulk;
use super::data::{self, Scratch};
use super::home::Home;
use super::machine;
use super::program::launch;
use super::pty::Launch;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, Taken, median_of, timed};
use earmark::listener::meet::{Note, Notes};
use earmark::listener::wire::{Address, Token};
use earmark::text::thousands;
use rusqlite::Connection;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What the bar of a start is, in milliseconds.
const SOON: f64 = 150.0;
/// What a kill leaves to be read, in bytes.
const LOG: u64 = 200 << 20;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let size = thousands(scale.many as u64);
    let home = Home::new();
    let fresh = data::unlabeled(scale.many);
    let plain = Scratch::of(&fresh);
    let (first, list) = starts(scale, || (launch(&home, &plain.path()), None));
    let version = median_of(scale.starts, || {
        let version = || {
            let mut program = Command::new(env!("CARGO_BIN_EXE_earmark"));
            program.arg("--version").stdout(Stdio::null()).status().expect("it starts")
        };
        timed(version).1
    });
    report.add(
        Row::millis(format!("start to first full screen, {size} samples"), list)
            .against("--version", Figure::millis(version.wall))
            .bar(Bar::AtMost(SOON))
            .note(format!("something is drawn after {:.0} ms", millis(first))),
    );
    let mut tell = |what: &str, (frame, whole): (Taken, Taken)| {
        report.add(
            Row::millis(format!("start to first frame, {what}"), frame)
                .against("plain start", Figure::millis(first.wall))
                .bar(Bar::AtMost(SOON))
                .note(format!("the list is there after {:.0} ms", millis(whole))),
        );
        report.add(
            Row::new(format!("start to the list, {what}"), Figure::millis(whole.wall))
                .against("plain start", Figure::millis(list.wall)),
        );
    };

    if scale.full {
        for samples in [1_000].into_iter().chain(scale.most) {
            let other = Scratch::of(&data::unlabeled(samples));
            let taken = starts(scale, || (launch(&home, &other.path()), None));
            tell(&format!("{} samples", thousands(samples as u64)), taken);
        }
    }

    let killed = Scratch::of(&fresh);
    bulk::leave_log(&killed.path(), LOG);
    let few = Scale { starts: scale.starts.min(5), ..scale.clone() };
    let copied = |from: &Path| {
        let scratch = Scratch::of(from);
        (launch(&home, &scratch.path()), Some(scratch))
    };
    tell("after a kill, a log of 200 MiB", starts(&few, || copied(&killed.path())));
    drop(killed);
    let old = data::outdated(scale.many);
    tell("a format of old", starts(&few, || copied(&old)));
    let (bucket, silence) = unreachable(&fresh);
    let endpoint = format!("http://{}", silence.local_addr().expect("a port"));
    let away = || {
        let launch = Launch::earmark(&home)
            .arg("s3://silent/speech/")
            .args(["--endpoint", &endpoint])
            .env("EARMARK_WORKSPACE", bucket.path())
            .env("AWS_ACCESS_KEY_ID", "ann")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_REGION", "us-east-1")
            .size(120, 40);
        (launch, None)
    };
    tell("a bucket that never answers", starts(&few, away));
    let deaf = deaf_listener(&home);
    let heard = || {
        // Silence was asked for in this home; here the listener is looked for.
        (launch(&home, &plain.path()).env("EARMARK_PLAYBACK_OUTPUT", "auto"), None)
    };
    tell("a listener that never answers", starts(&few, heard));
    drop(deaf);
}

fn millis(taken: Taken) -> f64 {
    taken.wall.as_secs_f64() * 1000.0
}

/// Starts it again and again: until something is drawn, and until the list is.
fn starts(scale: &Scale, launch: impl Fn() -> (Launch, Option<Scratch>)) -> (Taken, Taken) {
    let (mut first, mut list) = (Series::default(), Series::default());
    for run in 0..=scale.starts {
        let (launch, scratch) = launch();
        let began = Instant::now();
        let screen = launch.start();
        screen.wait_for("a first frame", |view| view.contains("Unlabeled"));
        let frame = began.elapsed();
        let cpu = machine::usage(screen.pid()).map_or(frame, |usage| usage.cpu);
        screen.wait_for("the list", |view| {
            view.contains("utt-0000000") && view.contains("Speech Content")
        });
        let whole = began.elapsed();
        let all = machine::usage(screen.pid()).map_or(whole, |usage| usage.cpu);
        // The first one warms up.
        if run > 0 {
            first.push(Taken { wall: frame, cpu });
            list.push(Taken { wall: whole, cpu: all });
        }
        drop(screen);
        drop(scratch);
    }
    (first.median(), list.median())
}

/// A workspace of a bucket, and what answers in its place: a port that takes connections and says nothing.
fn unreachable(fresh: &Path) -> (Scratch, TcpListener) {
    let silence = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let scratch = Scratch::of(fresh);
    let connection = Connection::open(scratch.path()).expect("SQLite opens it");
    connection
        .execute("UPDATE meta SET value = 's3://silent/speech/' WHERE name = 'source'", [])
        .expect("another source");
    (scratch, silence)
}

/// A listener's note and its socket, which connects and then says nothing.
fn deaf_listener(home: &Home) -> UnixListener {
    let notes = Notes::below(&home.join("run").join("earmark"));
    notes.prepare().expect("a folder for notes");
    let socket = notes.socket("deaf");
    let deaf = UnixListener::bind(&socket).expect("a socket");
    let note = Note {
        name: "deaf".to_owned(),
        token: Token::random(),
        address: Address::Unix(socket),
        person: "tester".to_owned(),
        explicit: true,
        laptop: "laptop".to_owned(),
        login: "tester".to_owned(),
        made: 1,
        session: false,
    };
    notes.write(&note).expect("a note");
    std::thread::sleep(Duration::from_millis(1));
    deaf
}
