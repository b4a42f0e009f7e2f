//! `doctor` on a server: every way that sound can take is tried, and the tone is what a laptop really plays.

use crate::home::Home;
use crate::pulse::{Pulse, RATE};
use earmark::listener::meet::{Note, Notes};
use earmark::listener::wire::{Address, Token};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// `earmark listen` on a laptop whose sound is recorded.
struct Laptop {
    process: Child,
    socket: PathBuf,
    token: Token,
}

impl Laptop {
    fn with(pulse: &Pulse, home: &Home) -> Self {
        let mut process = Command::new(assert_cmd::cargo::cargo_bin!("earmark"))
            .args(["listen", "--json"])
            .env_clear()
            .envs(home.environment())
            .envs(pulse.env())
            .env("EARMARK_PLAYBACK_OUTPUT", "auto")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        let said: Value = serde_json::from_str(&said).unwrap();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        Self { process, socket: text("listening").into(), token: Token::from_text(text("token")) }
    }
}

impl Drop for Laptop {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn note(name: &str, person: &str, socket: &Path, token: &Token, made: u64) -> Note {
    Note {
        name: name.to_owned(),
        token: token.clone(),
        address: Address::Unix(socket.to_path_buf()),
        person: person.to_owned(),
        explicit: true,
        laptop: format!("laptop-{name}"),
        login: person.to_owned(),
        made,
        session: false,
    }
}

/// What it says on a server that was reached by SSH: each check's name, verdict, what was found, what to do.
fn doctor(home: &Home, env: &[(&str, &str)]) -> Vec<[String; 4]> {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("earmark"))
        .args(["doctor", "--json"])
        .env_clear()
        .envs(home.environment())
        .env("EARMARK_PLAYBACK_OUTPUT", "auto")
        .env("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
        .envs(env.iter().copied())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let said = |line: &str| {
        let check: Value = serde_json::from_str(line).unwrap();
        ["name", "verdict", "detail", "next"]
            .map(|field| check[field].as_str().unwrap_or_default().to_owned())
    };
    told.lines().map(said).collect()
}

fn of<'a>(checks: &'a [[String; 4]], name: &str) -> Vec<&'a [String; 4]> {
    checks.iter().filter(|check| check[0] == name).collect()
}

/// Seconds of a recording in which something sounds.
fn sounding(recording: &[f32]) -> f64 {
    let loud = |few: &&[f32]| few.iter().any(|sample| sample.abs() > 0.02);
    recording.chunks(RATE as usize / 100).filter(loud).count() as f64 / 100.0
}

#[test]
fn the_tone_sounds_at_the_laptop_that_answers() {
    let (pulse, there, server) = (Pulse::start(), Home::new(), Home::new());
    let laptop = Laptop::with(&pulse, &there);
    let notes = Notes::below(&server.join("run/earmark"));
    notes.prepare().unwrap();
    let gone = notes.socket("gone");
    drop(UnixListener::bind(&gone).unwrap());
    notes.write(&note("gone", "tester", &gone, &laptop.token, 3)).unwrap();
    notes.write(&note("near", "tester", &laptop.socket, &laptop.token, 2)).unwrap();
    notes.write(&note("others", "somebody", &laptop.socket, &laptop.token, 9)).unwrap();

    let from = pulse.frames();
    let checks = doctor(&server, &[]);
    pulse.record(0.5);
    let listeners = of(&checks, "listener");
    assert_eq!(listeners.len(), 2, "{checks:?}");
    assert_eq!(listeners[0][1], "warn");
    assert!(listeners[0][2].contains("laptop-gone") && listeners[0][3].contains("--attach"));
    assert_eq!(listeners[1][1], "ok", "{checks:?}");
    let sound = of(&checks, "sound")[0];
    assert!(sound[1] == "ok" && sound[2].contains("a round trip takes"), "{sound:?}");
    let tone = of(&checks, "tone")[0];
    assert!(tone[1] == "ok" && tone[2].contains("ms after it was asked for"), "{tone:?}");
    let heard = sounding(&pulse.recorded(from));
    assert!((0.4..0.8).contains(&heard), "{heard} s of a tone of 0.6 s");

    let from = pulse.frames();
    let (socket, token) = (laptop.socket.display().to_string(), laptop.token.text());
    let by_address = [("EARMARK_LISTENER", socket.as_str()), ("EARMARK_LISTENER_TOKEN", token)];
    let checks = doctor(&server, &by_address);
    assert_eq!(of(&checks, "tone")[0][1], "ok", "{checks:?}");
    pulse.record(0.5);
    assert!(sounding(&pulse.recorded(from)) > 0.4);
    let checks = doctor(&server, &by_address[..1]);
    assert!(of(&checks, "listener")[0][3].contains("EARMARK_LISTENER_TOKEN"), "{checks:?}");
}

#[test]
fn without_any_way_it_says_what_was_tried_and_what_to_type() {
    let server = Home::new();
    let checks = doctor(&server, &[]);
    let order: Vec<&str> = checks.iter().map(|check| check[0].as_str()).collect();
    let ways = ["listener", "PulseAudio", "device", "player page", "sound"];
    assert!(order.ends_with(&ways), "{order:?}");
    let sound = of(&checks, "sound")[0];
    assert!(sound[1] == "warn" && sound[3].contains("earmark connect USER@HOST"), "{sound:?}");

    let checks = doctor(&server, &[("PULSE_SERVER", "unix:/nowhere/pulse.sock")]);
    let pulse = of(&checks, "PulseAudio")[0];
    assert!(pulse[1] == "warn" && pulse[2].contains("does not answer"), "{pulse:?}");
}
