//! `earmark listen` itself: what it prints, what is heard, its keys.

use super::sender::{LIMIT, Sender, generous, tone};
use crate::home::Home;
use crate::pty::Launch;
use crate::pulse::{Pulse, RATE, until};
use earmark::domain::{Command, Event, Output};
use earmark::listener::wire::{Frame, Hello, Stream, Token, as_sender};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command as Process, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::{fs, thread};

const SECRET: &str = "0123456789abcdef0123456789abcdef0123";

/// A running `earmark listen --json`.
struct Listen {
    process: Child,
    lines: Receiver<String>,
    /// Where it says it is.
    said: String,
    path: PathBuf,
    home: Home,
}

impl Listen {
    fn start(env: &[(&str, String)], args: &[&str]) -> Self {
        let home = Home::new();
        let path = home.join("run/l.sock");
        let mut process = Process::new(env!("CARGO_BIN_EXE_earmark"))
            .env_clear()
            .envs(home.environment())
            .envs(env.iter().map(|(name, value)| (name, value)))
            .env("EARMARK_LISTENER_TOKEN", SECRET)
            .args(["listen", "--json"])
            .args(if args.contains(&"--tcp") { None } else { Some("--socket") })
            .args(if args.contains(&"--tcp") { None } else { Some(&path) })
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|it| send.send(it))
        });
        let mut listen = Self { process, lines, said: String::new(), path, home };
        listen.said = listen.wait_for("listening");
        listen
    }

    fn wait_for(&self, word: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(LIMIT).expect(word);
            if line.contains(word) {
                return line;
            }
        }
    }

    fn sender(&self, files: &[(&str, Vec<u8>)]) -> Sender {
        Sender::connect(&self.path, &Token::from_text(SECRET), generous(files, 16_384))
    }
}

impl Drop for Listen {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, and need not be.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What sounds in a recording, one after the other: its pitch in hertz and how many seconds it takes.
fn heard(samples: &[f32]) -> Vec<(f64, f64)> {
    let window = RATE as usize / 50;
    let loud: Vec<bool> =
        samples.chunks(window).map(|part| part.iter().any(|sample| sample.abs() > 0.05)).collect();
    let mut heard = Vec::new();
    let mut begun = None;
    for (at, is_loud) in loud.iter().chain([&false]).enumerate() {
        match (begun, is_loud) {
            (None, true) => begun = Some(at),
            (Some(from), false) => {
                begun = None;
                let part = &samples[from * window..(at * window).min(samples.len())];
                heard.push((pitch(part), part.len() as f64 / f64::from(RATE)));
            }
            _ => {}
        }
    }
    heard
}

/// By counting how often a tone passes zero upwards.
fn pitch(samples: &[f32]) -> f64 {
    let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
    let ups = middle.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    ups as f64 * f64::from(RATE) / middle.len() as f64
}

#[test]
fn what_was_sent_is_heard_in_order_and_at_its_rate() {
    let pulse = Pulse::start();
    let mut env = pulse.env().to_vec();
    env.push(("EARMARK_PLAYBACK_OUTPUT", "auto".to_owned()));
    let listen = Listen::start(&env, &[]);
    let pitches = [300.0, 450.0, 600.0];
    let files: Vec<(&str, Vec<u8>)> = ["a", "b", "c"]
        .into_iter()
        .zip(pitches)
        .map(|(name, pitch)| (name, tone(pitch, 1.0)))
        .collect();
    let mut sender = listen.sender(&files);
    sender.wait_for("a device", |it| matches!(it, Event::Output(Output::Device(_))));
    let mut failures = Vec::new();
    let mut load = 0;
    // On a machine that is busy the sound server itself drops out now and then.
    loop {
        let from = pulse.frames();
        for (name, _) in &files {
            load += 1;
            sender.load(load, name);
            sender.wait_for_end(load);
            pulse.record(0.2);
        }
        let heard = heard(&pulse.recorded(from));
        let fits = heard.len() == files.len()
            && heard.iter().zip(pitches).all(|((pitch, seconds), sent)| {
                (pitch - f64::from(sent)).abs() < 3.0 && (seconds - 1.0).abs() < 0.06
            });
        if fits {
            break;
        }
        failures.push(heard);
        assert!(failures.len() < 5, "{failures:?}");
    }
    drop(sender);
    assert!(listen.wait_for("gone").contains("96132"), "what is held is said");
}

#[test]
fn pause_is_silence() {
    let pulse = Pulse::start();
    let mut env = pulse.env().to_vec();
    env.push(("EARMARK_PLAYBACK_OUTPUT", "auto".to_owned()));
    let listen = Listen::start(&env, &[]);
    let mut sender = listen.sender(&[("a", tone(300.0, 30.0))]);
    sender.load(1, "a");
    sender.wait_for("a position", |it| matches!(it, Event::Position { .. }));
    sender.send(Command::Pause);
    sender.wait_for("a pause", |it| matches!(it, Event::Paused { .. }));
    pulse.record(0.3);
    let from = pulse.frames();
    pulse.record(0.3);
    assert!(pulse.recorded(from).iter().all(|sample| sample.abs() < 0.001));
}

#[test]
fn a_port_lets_those_in_who_know_the_token() {
    let listen = Listen::start(&[], &["--tcp"]);
    let said: serde_json::Value = serde_json::from_str(&listen.said).unwrap();
    assert_eq!(said["token"], SECRET);
    let address = said["listening"].as_str().unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let knock = |token: &Token| {
        let stream = Stream::Tcp(TcpStream::connect(address).unwrap());
        as_sender(stream, token, Hello { person: "ann".into(), ..Hello::default() })
    };
    assert!(knock(&Token::random()).is_err());
    listen.wait_for("refused");
    let met = knock(&Token::from_text(SECRET));
    assert!(met.is_ok());
    listen.wait_for("connected");
}

#[test]
fn the_screen_plays_by_the_listener_that_it_is_told() {
    for args in [&[][..], &["--tcp"]] {
        let listen = Listen::start(&[], args);
        let said: serde_json::Value = serde_json::from_str(&listen.said).unwrap();
        let address = said["listening"].as_str().unwrap();
        let which = address.strip_prefix("127.0.0.1:").unwrap_or(address);
        let server = Home::new();
        server.recordings("calls", 1);
        let screen = Launch::earmark(&server)
            .env("EARMARK_LISTENER_TOKEN", SECRET)
            .env("EARMARK_PLAYBACK_OUTPUT", "auto")
            .args(["--listener", which, "calls"])
            .start();
        assert!(listen.wait_for("connected").contains("tester"), "{args:?}");
        screen.wait_for_text("1/1");
        screen.type_keys("<tab>");
        screen.wait_for_text("▶");
        screen.type_keys("q");
        assert!(screen.wait_for_end().success());
    }
}

#[test]
fn ctrl_c_ends_it_and_leaves_no_socket() {
    let mut listen = Listen::start(&[], &[]);
    let sender = listen.sender(&[]);
    assert!(listen.wait_for("connected").contains("ann"));
    kill_process(Pid::from_child(&listen.process), Signal::INT).unwrap();
    assert_eq!(listen.process.wait().unwrap().code(), Some(130));
    let bye = sender.others.recv_timeout(LIMIT).unwrap();
    assert!(matches!(bye, Frame::Bye { .. }), "{bye:?}");
    assert!(!listen.path.exists());
}

#[test]
fn keys_of_its_terminal_play_and_pause_and_the_terminal_is_as_it_was() {
    let home = Home::new();
    let path = home.join("run/l.sock");
    let script = "trap : INT; earmark listen --keys --socket \"$0\"; stty -a | grep -o -- '-\\?icanon'; stty -a | grep -ow -- '-\\?echo'";
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_earmark"));
    let found = std::env::join_paths(
        [binary.parent().unwrap().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let screen = Launch::program("sh", &home)
        .args(["-c", script])
        .arg(&path)
        .env("PATH", found.unwrap())
        .env("EARMARK_LISTENER_TOKEN", SECRET)
        .start();
    screen.wait_for_text("listening at");
    until("it waits there", || path.exists());
    let files = [("a", tone(300.0, 60.0))];
    let mut sender = Sender::connect(&path, &Token::from_text(SECRET), generous(&files, 16_384));
    screen.wait_for_text("ann on far␛server is connected");
    screen.wait_for_text("no sound");
    sender.load(1, "a");
    sender.wait_for("a start", |it| matches!(it, Event::Started { .. }));
    screen.wait_for_text("1.9 MB of audio in memory");
    screen.type_keys(" ");
    sender.wait_for("a pause", |it| matches!(it, Event::Paused { .. }));
    screen.type_keys("<right>");
    let further = |it: &Event| matches!(it, Event::Paused { at, .. } if *at >= 2.0);
    sender.wait_for("a place further on", further);
    screen.type_keys("<tab>");
    sender.wait_for("a start", |it| matches!(it, Event::Started { at, .. } if *at >= 2.0));
    screen.type_keys("b");
    sender.wait_for("a start", |it| matches!(it, Event::Started { at, .. } if *at < 2.0));
    screen.type_keys("<c-c>");
    screen.wait_for_end();
    let text = screen.text();
    assert!(text.lines().any(|line| line.trim() == "icanon"), "{text}");
    assert!(text.lines().any(|line| line.trim() == "echo"), "{text}");
}

#[test]
fn a_pedal_acts_without_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let device = folder.path().join("pedal");
    let made = Process::new("mkfifo").arg(&device).status().unwrap();
    assert!(made.success());
    // Held open for reading and writing, so that neither side waits for the other.
    let mut foot = fs::OpenOptions::new().read(true).write(true).open(&device).unwrap();
    let listen = Listen::start(&[], &["--pedal", device.to_str().unwrap()]);
    let mut sender = listen.sender(&[("a", tone(300.0, 60.0))]);
    sender.load(1, "a");
    sender.wait_for("a start", |it| matches!(it, Event::Started { .. }));
    let mut press = |code: u16| {
        let mut event = vec![0; 2 * size_of::<usize>()];
        event.extend([1u16.to_ne_bytes(), code.to_ne_bytes()].concat());
        event.extend(1i32.to_ne_bytes());
        std::io::Write::write_all(&mut foot, &event).unwrap();
    };
    press(0x101);
    sender.wait_for("a pause", |it| matches!(it, Event::Paused { .. }));
    press(0x102);
    sender.wait_for("a place", |it| matches!(it, Event::Paused { at, .. } if *at >= 2.0));
}

#[test]
fn what_cannot_be_done_is_said() {
    let listen = Listen::start(&[], &[]);
    let run = |args: &[&str]| {
        let output = Process::new(env!("CARGO_BIN_EXE_earmark"))
            .env_clear()
            .envs(listen.home.environment())
            .arg("listen")
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = run(&["--socket", listen.path.to_str().unwrap()]);
    assert!(
        code == Some(1) && said.contains("another listener") && said.contains("hint:"),
        "{said}"
    );
    let (code, said) = run(&["--keys"]);
    assert!(code == Some(2) && said.contains("terminal"), "{said}");
    let (code, said) = run(&["--pedal", "no such pedal"]);
    assert!(code == Some(1) && said.contains("no such pedal") && said.contains("hint:"), "{said}");
}
