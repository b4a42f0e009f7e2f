//! `earmark connect`: the real program on both sides of a real `sshd`, brought together by the real `ssh`.

use crate::home::Home;
use crate::pty::{Launch, Screen};
use crate::pulse::{Pulse, until};
use crate::world::{World, heard_through};
use earmark::domain::{Command as Play, Event, SoundId};
use earmark::listener::meet::{Note, dial};
use earmark::listener::wire::{Address, Chunk, Form, Frame, Hello, SoundInfo, Welcome, Wire};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output};

fn call(note: &Note) -> (Wire, Welcome) {
    let hello = Hello { host: "server".into(), person: "tester".into(), ..Hello::default() };
    dial(note, hello).unwrap()
}

/// Plays a file on the laptop through the wire, to its end.
fn play(wire: &mut Wire, path: &Path) {
    let bytes = fs::read(path).unwrap();
    let sound = SoundId("it".to_owned());
    let command = Play::Load { load: 1, sound, from: 0.0, play: true };
    wire.sink.send(&Frame::Command { seq: 1, command }).unwrap();
    loop {
        match wire.source.receive().unwrap() {
            Frame::Need(need) => {
                let request = need.request;
                let len = bytes.len() as u64;
                let info = SoundInfo {
                    request,
                    len: Some(len),
                    name: "a.wav".into(),
                    form: Form::Original,
                };
                wire.sink.send(&Frame::Sound(info)).unwrap();
                let (from, to) = (need.from as usize, need.to.min(len) as usize);
                for at in (from..to).step_by(32 << 10) {
                    let piece = bytes[at..to.min(at + (32 << 10))].to_vec();
                    let (offset, len) = (at as u64, piece.len() as u32);
                    let chunk = Chunk { request, offset, len, bytes: piece };
                    wire.sink.send(&Frame::Chunk(chunk)).unwrap();
                }
            }
            Frame::Event { event: Event::Ended { .. }, .. } => return,
            Frame::Event { event: Event::Failed { why, .. }, .. } => panic!("{why}"),
            _ => {}
        }
    }
}

fn loudest(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |loudest, sample| loudest.max(sample.abs()))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stop(screen: &Screen) {
    screen.send(b"\x03");
    assert_eq!(screen.wait_for_end().exit_code(), 130);
}

#[test]
fn it_opens_the_dataset_there_with_a_listener_for_that_session_alone() {
    let world = World::new();
    let calls = world.server.recordings("it's $(a) \"folder\"", 3);
    let screen = world.connect(&[calls.to_str().unwrap()]).start();
    screen.wait_for_text("Unlabeled 3");
    let note = world.note();
    assert!(note.session && note.explicit);
    assert_eq!(note.person, "tester");
    let Address::Unix(socket) = &note.address else { panic!("no socket") };
    assert_eq!(*socket, world.notes().socket(&note.name));
    assert_eq!(fs::metadata(socket).unwrap().mode() & 0o077, 0);
    screen.type_keys("<enter>heard from afar<enter>");
    screen.wait_for_text("Labeled 1");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    world.wait_until_forgotten();
}

#[test]
fn a_listener_that_is_attached_plays_here_what_the_server_sends() {
    let (world, pulse) = (World::new(), Pulse::start());
    let screen = heard_through(&pulse, world.connect(&["--attach"])).start();
    screen.wait_for_text("is heard here");
    let note = world.note();
    assert!(!note.session);
    let (mut wire, welcome) = call(&note);
    assert_eq!((welcome.host.as_str(), welcome.person.as_str()), (note.laptop.as_str(), "tester"));
    screen.wait_for_text("tester on server");
    let from = pulse.frames();
    let clips = world.server.recordings("calls", 1);
    let clip = fs::read_dir(clips).unwrap().next().unwrap().unwrap().path();
    play(&mut wire, &clip);
    pulse.record(0.3);
    assert!(loudest(&pulse.recorded(from)) > 0.05, "nothing was heard: {}", screen.text());
    stop(&screen);
    world.wait_until_forgotten();
}

#[test]
fn a_signal_ends_it_with_nothing_left_behind() {
    let world = World::new();
    let screen = world.connect(&["--attach"]).start();
    screen.wait_for_text("is heard here");
    world.note();
    screen.signal(Signal::TERM);
    assert_eq!(screen.wait_for_end().exit_code(), 130);
    world.wait_until_forgotten();
}

#[test]
fn a_program_that_is_killed_leaves_nothing_on_the_server() {
    let world = World::new();
    let screen = world.connect(&["--attach"]).start();
    screen.wait_for_text("is heard here");
    world.note();
    screen.signal(Signal::KILL);
    world.wait_until_forgotten();
}

#[test]
fn where_sockets_are_refused_a_port_leads_back() {
    let world = World::with("AllowStreamLocalForwarding no");
    let screen = world.connect(&["--attach"]).start();
    screen.wait_for_text("is heard here");
    let note = world.note();
    assert!(matches!(note.address, Address::Tcp(1..)), "{:?}", note.address);
    let (_wire, welcome) = call(&note);
    assert_eq!(welcome.person, "tester");
    stop(&screen);
    world.wait_until_forgotten();
}

#[test]
fn where_all_is_refused_it_says_so_and_earmark_starts_without() {
    let world = World::with("AllowStreamLocalForwarding no\nAllowTcpForwarding no");
    let output = world.connect_blind(&["--attach"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("refuses to forward"), "{}", said(&output));
    assert!(said(&output).contains("AllowStreamLocalForwarding"), "{}", said(&output));
    let output = world.connect_blind(&["--run", "echo started"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("refuses to forward"), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("started"));
}

#[test]
fn a_link_that_is_cut_is_made_again_and_the_screen_comes_back() {
    let world = World::new();
    let calls = world.server.recordings("calls", 3);
    let screen = world.connect(&[calls.to_str().unwrap()]).start();
    screen.wait_for_text("Unlabeled 3");
    let first = world.note();
    screen.type_keys("<enter>half a th");
    screen.wait_for_text("half a th");
    world.sshd.cut();
    screen.wait_for_text("dropped");
    // The same file, with what was typed.
    screen.wait_for_text("half a th");
    screen.wait_for_text("Unlabeled 3");
    let second = world.note();
    assert_ne!(first.name, second.name);
    call(&second);
    screen.type_keys("<enter>ought<enter>");
    screen.wait_for_text("Labeled 1");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_side_channel_that_is_cut_is_made_again() {
    let world = World::new();
    let screen = world.connect(&["--attach"]).start();
    screen.wait_for_text("is heard here");
    let first = world.note();
    world.sshd.cut();
    screen.wait_for_text("dropped");
    until("another note", || {
        world.notes().read().first().is_some_and(|note| note.name != first.name)
    });
    call(&world.note());
    stop(&screen);
}

#[test]
fn a_link_that_says_nothing_any_more_is_noticed_and_made_again() {
    let world = World::new();
    let screen = world.connect(&["--attach"]).start();
    // Before that it is a connection that could not be made.
    screen.wait_for_text("is heard here");
    let first = world.note();
    world.sshd.swallow();
    screen.wait_for_text("dropped");
    // The server does not know yet that the first has gone: the newest counts.
    until("another note", || {
        world.notes().read().first().is_some_and(|note| note.name != first.name)
    });
    call(&world.notes().read().remove(0));
    stop(&screen);
}

#[test]
fn another_command_runs_with_the_terminal_and_its_exit_code_is_passed_on() {
    let world = World::new();
    let screen = world.connect(&["--run", "tty; echo \"I am $EARMARK_USER\"; read x; exit 7"]);
    let screen = screen.start();
    screen.wait_for_text("/dev/pts");
    screen.wait_for_text("I am tester");
    assert!(!world.note().session);
    screen.type_keys("<enter>");
    assert_eq!(screen.wait_for_end().exit_code(), 7);
    world.wait_until_forgotten();
    // What ssh ends with when a connection drops may be a program's own word too.
    assert_eq!(world.connect_blind(&["--run", "exit 255"]).status.code(), Some(255));
}

#[test]
fn what_the_account_over_there_is_called_counts_where_nobody_is_named_here() {
    let world = World::with("SetEnv EARMARK_USER=sam");
    let screen = world.connect(&["--attach"]).without_env("EARMARK_USER").start();
    screen.wait_for_text("for sam");
    assert!(world.note().explicit);
    stop(&screen);
}

#[test]
fn shells_that_talk_when_they_start_are_passed_over() {
    let world = World::new();
    fs::write(world.server.join(".bashrc"), "echo Welcome; echo to >&2\n").unwrap();
    let output = world.connect_blind(&["--run", "true"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn a_server_without_earmark_or_with_another_says_what_to_do() {
    let missing = World::with_earmark(None).connect_blind(&[]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(said(&missing).contains("no earmark in its PATH"), "{}", said(&missing));
    assert!(said(&missing).contains("--remote-earmark"), "{}", said(&missing));

    let old = "#!/bin/sh\necho 'error: no dataset listener-note' >&2\nexit 1\n";
    let old = World::with_earmark(Some(old)).connect_blind(&[]);
    assert!(said(&old).contains("no dataset listener-note"), "{}", said(&old));
    assert!(said(&old).contains("update earmark on 127.0.0.1"), "{}", said(&old));

    let newer = r#"#!/bin/sh
echo 'earmark-listener-note: {"prepared":{"earmark":"9.1.0","protocol":{"oldest":9,"newest":9},"person":"a","explicit":false,"name":"n","socket":null}}'
cat >/dev/null
"#;
    let newer = World::with_earmark(Some(newer)).connect_blind(&[]);
    assert!(said(&newer).contains("9.1.0"), "{}", said(&newer));
    assert!(said(&newer).contains("update earmark on this machine"), "{}", said(&newer));
}

#[test]
fn earmark_may_lie_anywhere_over_there() {
    let world = World::with_earmark(None);
    let output = world.connect_blind(&["--run", "true", "--remote-earmark", "/nowhere/earmark"]);
    assert!(said(&output).contains("correct --remote-earmark"), "{}", said(&output));
    let there = env!("CARGO_BIN_EXE_earmark");
    let output = world.connect_blind(&["--run", "true", "--remote-earmark", there]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    fs::create_dir(world.server.join("my bin")).unwrap();
    std::os::unix::fs::symlink(there, world.server.join("my bin/earmark")).unwrap();
    let output = world.connect_blind(&["--run", "true", "--remote-earmark", "~/my bin/earmark"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn the_lines_that_it_prints_do_the_same_by_hand() {
    let world = World::new();
    let calls = world.server.recordings("my calls", 2);
    let printed = world.connect_blind(&[calls.to_str().unwrap(), "--print"]);
    assert_eq!(printed.status.code(), Some(0), "{}", said(&printed));
    assert!(!world.notes().folder().exists());
    let bin = Path::new(env!("CARGO_BIN_EXE_earmark")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let lines = String::from_utf8(printed.stdout).unwrap();
    let screen = Launch::program("sh", &world.laptop).arg("-c").arg(lines).env("PATH", path);
    let screen = screen.start();
    screen.wait_for_text("Unlabeled 2");
    let note = world.note();
    assert!(note.session && note.explicit && note.person == "tester");
    call(&note);
    screen.type_keys("<c-q>");
    screen.wait_for_end();
    world.wait_until_forgotten();
}

#[test]
fn a_terminal_that_closes_leaves_nothing_on_the_server() {
    let world = World::new();
    let mut screen = world.connect(&["--attach"]).start();
    screen.wait_for_text("is heard here");
    world.note();
    screen.hang_up();
    screen.wait_for_end();
    world.wait_until_forgotten();
}

#[test]
fn what_ssh_would_take_for_an_option_is_no_host() {
    let home = Home::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
    command.env_clear().envs(home.environment());
    let output = command.args(["connect", "--attach", "a@-oProxyCommand=id"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("is no host"), "{}", said(&output));
}

#[test]
fn a_server_that_does_not_let_in_ends_it_with_what_ssh_says() {
    let world = World::with("AuthorizedKeysFile none");
    let output = world.connect_blind(&["--attach"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("Permission denied"), "{}", said(&output));
    assert!(said(&output).contains("see whether `ssh 127.0.0.1` works"), "{}", said(&output));
}
