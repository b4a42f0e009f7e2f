//! What comes out of the sound server when the engine plays: recorded, and compared with the file.
//!
//! The engine runs in a process of its own (this test binary again), because the way to the sound server lies in the
//! environment. Commands go in and events come out as the lines of JSON that a listener far away exchanges, too.

use crate::ffmpeg;
use crate::pulse::{Pulse, RATE, silent_alsa, until};
use earmark::audio::{Engine, EngineConfig, FileSource, Sounds, choose};
use earmark::domain::{ByteSource, Command, Event, Output, SoundId, Span};
use std::io::{self, BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Set in the process that plays.
const PLAYER: &str = "EARMARK_TEST_PLAYER";

struct Files;

impl Sounds for Files {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        Ok((Arc::new(FileSource::open(Path::new(&sound.0))?), sound.0.clone()))
    }
}

/// The process that plays; nothing in an ordinary run of the tests.
#[test]
fn player() {
    if std::env::var_os(PLAYER).is_none() {
        return;
    }
    let output = choose(&|name| std::env::var(name).ok(), "auto", "");
    let config = EngineConfig { output, ..EngineConfig::default() };
    let tell = |event: Event| {
        let mut line = serde_json::to_string(&event).unwrap();
        line.insert(0, '\n');
        line.push('\n');
        io::stdout().write_all(line.as_bytes()).unwrap();
    };
    let engine = Engine::spawn(config, Arc::new(Files), Box::new(tell)).unwrap();
    for line in io::stdin().lines() {
        engine.send(serde_json::from_str(&line.unwrap()).unwrap());
    }
}

struct Player {
    process: Child,
    stdin: Option<ChildStdin>,
    events: Receiver<Event>,
    complaints: Arc<Mutex<String>>,
}

impl Player {
    fn start(env: &[(&str, String)]) -> Self {
        let mut process = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "playback::player", "--nocapture", "--test-threads=1"])
            .env_remove("SSH_CONNECTION")
            .env_remove("SSH_CLIENT")
            .env_remove("SSH_TTY")
            .env_remove("XDG_RUNTIME_DIR")
            .env_remove("PULSE_SERVER")
            .envs(env.iter().map(|(name, value)| (name, value)))
            .env(PLAYER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, events) = channel();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            let lines = stdout.lines().map_while(Result::ok);
            lines
                .filter_map(|line| serde_json::from_str(&line).ok())
                .for_each(|it| _ = send.send(it));
        });
        let complaints: Arc<Mutex<String>> = Arc::default();
        let (stderr, noted) = (BufReader::new(process.stderr.take().unwrap()), complaints.clone());
        std::thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .for_each(|line| noted.lock().unwrap().push_str(&line));
        });
        let stdin = process.stdin.take();
        Self { process, stdin, events, complaints }
    }

    fn send(&mut self, command: &Command) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{}", serde_json::to_string(command).unwrap()).unwrap();
    }

    fn load(&mut self, load: u64, file: &Path) {
        let sound = SoundId(file.display().to_string());
        self.send(&Command::Load { load, sound, from: 0.0, play: true });
    }

    fn wait_for(&self, what: &str, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.events.recv_timeout(Duration::from_secs(30));
            match event {
                Ok(event) if wanted(&event) => return event,
                Ok(_) => {}
                Err(error) => panic!("waited in vain for {what}: {error}"),
            }
        }
    }

    fn wait_for_end(&self) {
        self.wait_for("the end", |event| matches!(event, Event::Ended { .. }));
    }

    /// Ends it; nothing may have been printed over the screen.
    fn finish(mut self) {
        drop(self.stdin.take());
        until("the player ends", || self.process.try_wait().unwrap().is_some());
        assert_eq!(*self.complaints.lock().unwrap(), "");
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn on_pulse(event: &Event) -> bool {
    matches!(event, Event::Output(Output::Device(_)))
}

/// A socket that carries bytes and nothing else to the sound server, as one that SSH forwards: no shared memory, no
/// descriptors.
fn forwarded(server: &str, folder: &Path) -> std::path::PathBuf {
    let path = folder.join("pulse.sock");
    let entrance = UnixListener::bind(&path).unwrap();
    let server = server.strip_prefix("unix:").unwrap().to_owned();
    thread::spawn(move || {
        for here in entrance.incoming() {
            let (here, there) = (here.unwrap(), UnixStream::connect(&server).unwrap());
            let carry = |mut from: UnixStream, mut to: UnixStream| {
                thread::spawn(move || {
                    // Whichever side ends, ends both.
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                })
            };
            carry(here.try_clone().unwrap(), there.try_clone().unwrap());
            carry(there, here);
        }
    });
    path
}

/// A voice-like tone as a file.
fn tone(folder: &Path, pitch: u32, seconds: u32) -> std::path::PathBuf {
    let path = folder.join(format!("{pitch}.wav"));
    let source =
        format!("aevalsrc=0.4*sin(2*PI*{pitch}*t)+0.2*sin(4*PI*{pitch}*t):s=16000:d={seconds}");
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &source, "-c:a", "pcm_s16le"])
        .arg(&path)
        .stdin(Stdio::null())
        .status()
        .expect("ffmpeg is installed");
    assert!(made.success());
    path
}

/// The part of a recording that is not silent.
fn sounding(samples: &[f32]) -> &[f32] {
    let loud = |sample: &f32| sample.abs() > 0.02;
    let first = samples.iter().position(loud).unwrap_or(0);
    let last = samples.iter().rposition(loud).map_or(0, |last| last + 1);
    &samples[first..last.max(first)]
}

/// The strongest frequency between 80 and 600 Hz.
fn pitch(samples: &[f32]) -> f64 {
    let window = &samples[..samples.len().min(RATE as usize / 2)];
    let power = |hertz: f64| {
        let turn = 2.0 * (std::f64::consts::TAU * hertz / f64::from(RATE)).cos();
        let (mut last, mut before) = (0.0f64, 0.0f64);
        for sample in window {
            (last, before) = (f64::from(*sample) + turn * last - before, last);
        }
        last * last + before * before - turn * last * before
    };
    let candidates = (160..1200).map(|half| f64::from(half) / 2.0);
    candidates.max_by(|a, b| power(*a).total_cmp(&power(*b))).unwrap()
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let (mut product, mut left, mut right) = (0.0f64, 0.0f64, 0.0f64);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        product += a * b;
        left += a * a;
        right += b * b;
    }
    product / (left * right).sqrt().max(1e-12)
}

/// The best correlation of a file with a recording that holds it somewhere.
fn best_match(file: &[f32], recording: &[f32]) -> f64 {
    const THIN: usize = 12;
    let thin = |samples: &[f32]| -> Vec<f32> {
        samples.chunks_exact(THIN).map(|few| few.iter().sum::<f32>()).collect()
    };
    let (small, large) = (thin(file), thin(recording));
    let rough = (0..large.len().saturating_sub(small.len()))
        .step_by(2)
        .max_by(|a, b| {
            let score = |at: usize| correlation(&small[..4000.min(small.len())], &large[at..]);
            score(*a).total_cmp(&score(*b))
        })
        .expect("the recording is longer than the file");
    let around = (rough * THIN).saturating_sub(THIN * 3)..rough * THIN + THIN * 3;
    around
        .filter(|at| at + file.len() <= recording.len())
        .map(|at| correlation(file, &recording[at..]))
        .fold(-1.0, f64::max)
}

/// Measures in real time until it is right, a few times at most: on a machine that is busy with other things the sound
/// server itself drops out now and then.
fn at_least_once(mut attempt: impl FnMut() -> Result<(), String>) {
    let mut failures = Vec::new();
    while let Err(failure) = attempt() {
        failures.push(failure);
        assert!(failures.len() < 5, "{failures:#?}");
    }
}

#[test]
fn what_is_heard_is_what_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let pulse = Pulse::start();
    let mut player = Player::start(&pulse.env());
    player.wait_for("the sound server", on_pulse);
    for (load, rate) in [(1, 8_000), (2, 16_000)] {
        let file = ffmpeg::speech(folder.path(), rate, 3);
        let at_48k = ffmpeg::encode(&file, "-ar 48000 -c:a pcm_s16le", folder.path(), "48k.wav");
        let expected = ffmpeg::decode(&at_48k);
        at_least_once(|| {
            let from = pulse.frames();
            player.load(load, &file);
            player.wait_for_end();
            pulse.record(0.3);
            let score = best_match(&expected, &pulse.recorded(from));
            if score > 0.97 { Ok(()) } else { Err(format!("{rate} Hz: {score}")) }
        });
    }
    player.finish();
}

#[test]
fn faster_takes_less_time_at_the_same_pitch() {
    let folder = tempfile::tempdir().unwrap();
    let file = tone(folder.path(), 220, 3);
    let pulse = Pulse::start();
    let mut player = Player::start(&pulse.env());
    player.wait_for("the sound server", on_pulse);
    for (load, rate) in [(1, 1.5), (2, 0.75)] {
        player.send(&Command::Rate(rate));
        at_least_once(|| {
            let from = pulse.frames();
            player.load(load, &file);
            player.wait_for_end();
            pulse.record(0.3);
            let recorded = pulse.recorded(from);
            let heard = sounding(&recorded);
            let length = heard.len() as f64 / f64::from(RATE) * f64::from(rate) / 3.0;
            let pitch = pitch(&heard[heard.len() / 3..]) / 220.0;
            let right = (length - 1.0).abs() < 0.03 && (pitch - 1.0).abs() < 0.01;
            let told = || format!("{rate}: length {length}, pitch {pitch} of what they should be");
            if right { Ok(()) } else { Err(told()) }
        });
    }
    player.finish();
}

#[test]
fn a_pause_is_silence_and_the_next_file_is_what_sounds() {
    let folder = tempfile::tempdir().unwrap();
    let (low, high) = (tone(folder.path(), 200, 30), tone(folder.path(), 310, 1));
    let pulse = Pulse::start();
    let mut player = Player::start(&pulse.env());
    player.wait_for("the sound server", on_pulse);
    player.load(1, &low);
    player.wait_for("sound", |event| matches!(event, Event::Position { at, .. } if *at > 0.5));
    player.send(&Command::Pause);
    player.wait_for("the pause", |event| matches!(event, Event::Paused { load: 1, .. }));
    // What the device and the recorder had already.
    pulse.record(0.4);
    let from = pulse.frames();
    pulse.record(0.5);
    assert!(pulse.recorded(from).iter().all(|sample| sample.abs() < 0.001));

    player.send(&Command::Play);
    player.wait_for("sound", |event| matches!(event, Event::Position { at, .. } if *at > 1.0));
    let from = pulse.frames();
    player.load(2, &high);
    player.wait_for("the end", |event| matches!(event, Event::Ended { load: 2, .. }));
    pulse.record(0.3);
    let recorded = pulse.recorded(from);
    let heard = sounding(&recorded);
    let last = &heard[heard.len() - RATE as usize / 2..];
    assert!((pitch(last) / 310.0 - 1.0).abs() < 0.01, "{} Hz", pitch(last));
    player.finish();
}

#[test]
fn a_loop_of_a_stretch_goes_on_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let file = tone(folder.path(), 250, 2);
    let pulse = Pulse::start();
    let mut player = Player::start(&pulse.env());
    player.wait_for("the sound server", on_pulse);
    player.load(1, &file);
    player.send(&Command::Loop(Some(Span { start: 0.5, end: 1.0 })));
    player.wait_for("sound", |event| matches!(event, Event::Position { at, .. } if *at > 0.9));
    at_least_once(|| {
        let from = pulse.frames();
        pulse.record(2.0);
        let recorded = pulse.recorded(from);
        let quiet = |few: &[f32]| few.iter().all(|sample| sample.abs() < 0.02);
        // Twenty milliseconds without sound would be a gap.
        let gap = recorded.chunks(RATE as usize / 50).position(quiet);
        gap.map_or(Ok(()), |at| Err(format!("silence after {at} fiftieths of a second")))
    });
    player.finish();
}

#[test]
fn over_ssh_sound_takes_the_forwarded_socket_with_a_buffer_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let pulse = Pulse::start();
    let mut env = pulse.env().to_vec();
    let socket = forwarded(&env[0].1, folder.path());
    env[0].1 = format!("unix:{}", socket.display());
    env.push(("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22".to_owned()));
    let server = env[0].1.clone();
    let mut player = Player::start(&env);
    let output = player.wait_for("the output", |event| matches!(event, Event::Output(_)));
    assert_eq!(output, Event::Output(Output::Pulse { server, buffer_ms: 150 }));
    let file = ffmpeg::speech(folder.path(), 16_000, 3);
    let at_48k = ffmpeg::encode(&file, "-ar 48000 -c:a pcm_s16le", folder.path(), "48k.wav");
    let expected = ffmpeg::decode(&at_48k);
    at_least_once(|| {
        let from = pulse.frames();
        player.load(1, &file);
        player.wait_for_end();
        pulse.record(0.4);
        let score = best_match(&expected, &pulse.recorded(from));
        if score > 0.97 { Ok(()) } else { Err(format!("{score}")) }
    });
    player.load(2, &tone(folder.path(), 200, 30));
    player.wait_for("sound", |event| matches!(event, Event::Position { at, .. } if *at > 0.5));
    let buffered = pulse.buffered_millis();
    assert!((1..=160).contains(&buffered), "{buffered} ms");
    player.finish();
}

#[test]
fn over_ssh_a_way_that_is_no_socket_is_not_taken_for_the_servers_own_loudspeakers() {
    let folder = tempfile::tempdir().unwrap();
    let pulse = Pulse::start();
    let mut env = pulse.env().to_vec();
    // What lies where the sound server of this machine would.
    std::fs::create_dir(folder.path().join("pulse")).unwrap();
    std::os::unix::fs::symlink(&env[0].1[5..], folder.path().join("pulse/native")).unwrap();
    env.push(("XDG_RUNTIME_DIR", folder.path().display().to_string()));
    env.push(("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22".to_owned()));
    env[0].1 = "tcp:192.0.2.7".to_owned();
    let mut player = Player::start(&env);
    let output = player.wait_for("the output", |event| matches!(event, Event::Output(_)));
    let Event::Output(Output::Silent { why, hint }) = output else { panic!("{output:?}") };
    assert!(why.contains("tcp:192.0.2.7") && hint.contains("earmark connect"), "{why}; {hint}");
    player.load(1, &tone(folder.path(), 200, 1));
    player.wait_for_end();
    player.finish();
}

#[test]
fn when_the_server_dies_the_transport_goes_on_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let file = tone(folder.path(), 200, 60);
    let mut pulse = Pulse::start();
    let mut player = Player::start(&pulse.env());
    player.wait_for("the sound server", on_pulse);
    player.load(1, &file);
    player.wait_for("sound", |event| matches!(event, Event::Position { at, .. } if *at > 0.3));
    pulse.kill();
    let lost =
        player.wait_for("the news", |event| matches!(event, Event::Output(Output::Silent { .. })));
    assert!(
        matches!(lost, Event::Output(Output::Silent { why, hint }) if !why.is_empty() && !hint.is_empty())
    );
    player.wait_for("the clock", |event| matches!(event, Event::Position { at, .. } if *at > 1.5));
    player.finish();
}

#[test]
fn without_any_device_it_says_so_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = tone(folder.path(), 200, 1);
    let alsa = silent_alsa(folder.path()).display().to_string();
    let home = folder.path().display().to_string();
    let mut player = Player::start(&[("ALSA_CONFIG_PATH", alsa), ("HOME", home)]);
    let silent = player.wait_for("the output", |event| matches!(event, Event::Output(_)));
    assert!(matches!(silent, Event::Output(Output::Silent { .. })), "{silent:?}");
    player.load(1, &file);
    player.wait_for_end();
}
