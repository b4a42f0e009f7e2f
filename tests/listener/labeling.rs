//! The whole way: somebody at a laptop labels what lies on a server, by `earmark connect`, and hears it at the laptop.

use crate::home::Home;
use crate::pty::Screen;
use crate::pulse::{Pulse, RATE, until};
use crate::world::{World, heard_through};
use std::fmt;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Frames a second in which sound is compared: that of the recordings.
const COMPARED: usize = 8_000;

/// A recording as it sounds, in the rate of comparing.
fn samples(path: &Path) -> Vec<f32> {
    let output = Command::new("sox")
        .arg(path)
        .args(["-t", "raw", "-r", "8000", "-c", "1", "-e", "signed", "-b", "16", "-"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let samples = output.stdout.chunks_exact(2);
    samples.map(|it| f32::from(i16::from_le_bytes([it[0], it[1]])) / 32768.0).collect()
}

/// What was heard, in the rate of comparing.
fn heard(pulse: &Pulse, from: usize) -> Vec<f32> {
    let every = RATE as usize / COMPARED;
    let heard = pulse.recorded(from);
    heard.chunks_exact(every).map(|it| it.iter().sum::<f32>() / every as f32).collect()
}

/// How loud it is, 200 times a second.
fn envelope(samples: &[f32]) -> Vec<f32> {
    let chunks = samples.chunks(COMPARED / 200);
    chunks.map(|it| it.iter().map(|sample| sample.abs()).sum::<f32>()).collect()
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let count = a.len().min(b.len());
    let mean = |it: &[f32]| it[..count].iter().map(|x| f64::from(*x)).sum::<f64>() / count as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut all_a, mut all_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a) - mean_a, f64::from(*b) - mean_b);
        both += a * b;
        all_a += a * a;
        all_b += b * b;
    }
    both / (all_a * all_b).sqrt().max(1e-12)
}

/// Where a clip stands in what was heard, in seconds, and how alike they are there.
fn place(clip: &[f32], heard: &[f32]) -> (f64, f64) {
    let (low_clip, low_heard) = (envelope(clip), envelope(heard));
    let step = COMPARED / 200;
    let coarse = (0..low_heard.len().saturating_sub(low_clip.len()))
        .max_by(|a, b| {
            let alike = |at: usize| correlation(&low_clip, &low_heard[at..]);
            alike(*a).total_cmp(&alike(*b))
        })
        .unwrap_or(0);
    let near = (coarse * step).saturating_sub(2 * step)..coarse * step + 2 * step;
    let fine = near
        .filter(|at| at + clip.len() <= heard.len())
        .map(|at| (at, correlation(clip, &heard[at..])))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let (at, alike) = fine.unwrap_or((0, 0.0));
    (at as f64 / COMPARED as f64, alike)
}

fn clips(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut clips: Vec<PathBuf> = entries.collect();
    clips.sort();
    clips
}

/// A minute of a tone.
fn hum(folder: &Path) {
    let words = ["-n", "-r", "16000", "-b", "16", "hum.wav", "synth", "60", "sine", "300"];
    assert!(Command::new("sox").args(words).current_dir(folder).status().unwrap().success());
}

fn loudest(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |loudest, sample| loudest.max(sample.abs()))
}

#[test]
fn five_files_labeled_through_connect_are_heard_in_order_and_at_their_rate() {
    let (world, pulse) = (World::new(), Pulse::start());
    let calls = world.server.recordings("calls", 5);
    let screen = heard_through(&pulse, world.connect(&[calls.to_str().unwrap()])).start();
    screen.wait_for_text("Unlabeled 5");
    let laptop = world.note().laptop;
    screen.wait_for_text(&format!("♪ {}", laptop.chars().take(8).collect::<String>()));
    let from = pulse.frames();
    screen.type_keys("<enter>");
    for file in 1..=5 {
        // At its end the transport says so.
        screen.wait_for_text("■");
        keeps_to_itself(&screen, &world.laptop);
        screen.type_keys(&format!("what file {file} says<enter>"));
        screen.wait_for_text(&format!("Labeled {file}"));
    }
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());

    let heard = heard(&pulse, from);
    let mut last = 0.0;
    for clip in clips(&calls) {
        let (at, alike) = place(&samples(&clip), &heard);
        assert!(alike > 0.9, "{} is not in the recording ({alike:.3})", clip.display());
        assert!(at >= last, "{} at {at} s, out of order", clip.display());
        last = at;
    }
    world.wait_until_forgotten();
    let logins = world.sshd.log().matches("Accepted publickey").count();
    assert_eq!(logins, 1, "one login: {}", world.sshd.log());
    let stretches: Vec<Vec<u8>> = clips(&calls).iter().map(|clip| stretch(clip)).collect();
    for (file, bytes) in files_below(&world.laptop.join("")) {
        let holds = |stretch: &Vec<u8>| bytes.windows(stretch.len()).any(|part| part == stretch);
        assert!(!stretches.iter().any(holds), "{} holds what was played", file.display());
    }
}

/// Some bytes out of the middle of a recording.
fn stretch(clip: &Path) -> Vec<u8> {
    let bytes = fs::read(clip).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 256].to_vec()
}

fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| {
        if path.is_dir() && !path.is_symlink() {
            return files_below(&path);
        }
        // What is no file has nothing to read.
        path.is_file().then(|| (path.clone(), fs::read(&path).unwrap())).into_iter().collect()
    };
    paths.flat_map(of).collect()
}

/// The laptop's side starts nothing but `ssh`, and has no file open but what its own home and the system gave it.
fn keeps_to_itself(screen: &Screen, laptop: &Home) {
    let process = PathBuf::from(format!("/proc/{}", screen.pid()));
    for task in fs::read_dir(process.join("task")).unwrap().flatten() {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace() {
            let name = fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
            assert!(["", "ssh\n"].contains(&name.as_str()), "it started {name}");
        }
    }
    for open in fs::read_dir(process.join("fd")).unwrap().flatten() {
        let Ok(file) = fs::read_link(open.path()) else { continue };
        let own = file.starts_with(laptop.join("")) || !file.is_file();
        assert!(own, "{} is open", file.display());
    }
}

/// Whether a process holds these bytes anywhere in its memory.
fn memory_holds(process: i32, wanted: &[u8]) -> bool {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut memory = fs::File::open(format!("/proc/{process}/mem")).unwrap();
    let writable =
        maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|it| it.starts_with("rw")));
    for line in writable {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let at = |hex: &str| u64::from_str_radix(hex, 16).unwrap();
        let mut bytes = vec![0; (at(to) - at(from)) as usize];
        let read = memory.seek(SeekFrom::Start(at(from))).and_then(|_| memory.read(&mut bytes));
        // Some of it is gone meanwhile, or nobody's to read.
        let Ok(read) = read else { continue };
        if bytes[..read].windows(wanted.len()).any(|part| part == wanted) {
            return true;
        }
    }
    false
}

#[test]
fn what_a_dataset_keeps_back_never_reaches_the_laptop() {
    // What the person says about it counts for nothing.
    for (kept_back, said) in [(false, "true"), (false, "false"), (true, "true")] {
        let world = World::with(&format!("SetEnv EARMARK_PLAYBACK_ORIGINALS={said}\nSetEnv A=b"));
        let pulse = Pulse::start();
        let calls = world.server.recordings("calls", 1);
        let clip = clips(&calls).remove(0);
        let name = "patient-of-room-seven.wav";
        // A chunk that nobody plays: only the file itself has it.
        let mark = b"of room seven in ward nine";
        let mut bytes = fs::read(&clip).unwrap();
        bytes.extend([&b"note"[..], &(mark.len() as u32).to_le_bytes(), mark].concat());
        fs::write(calls.join(name), bytes).unwrap();
        fs::remove_file(&clip).unwrap();
        let earmark = |args: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
            command.env_clear().envs(world.server.environment()).args(args).arg(&calls);
            assert!(command.output().unwrap().status.success(), "{args:?}");
        };
        earmark(&["init"]);
        let folder = world.server.join("data/earmark/workspaces");
        let workspace = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        let workspace = workspace.into_iter().find(|it| it.extension() == Some("earmark".as_ref()));
        let settings = format!("[playback]\noriginals = {}\n", !kept_back);
        fs::write(workspace.unwrap().with_extension("toml"), settings).unwrap();

        let screen = heard_through(&pulse, world.connect(&[calls.to_str().unwrap()])).start();
        screen.wait_for_text("Unlabeled 1");
        let from = pulse.frames();
        screen.type_keys("<enter>");
        until("it is heard", || loudest(&pulse.recorded(from)) > 0.05);
        screen.wait_for_text("■");
        let leaves = !kept_back && said == "true";
        assert_eq!(memory_holds(screen.pid(), mark), leaves, "the recording itself");
        assert_eq!(memory_holds(screen.pid(), name.as_bytes()), leaves, "its name");
        screen.type_keys("<c-q>");
        assert!(screen.wait_for_end().success());
    }
}

#[test]
fn a_pause_is_heard_at_once_and_nothing_after_it() {
    let (world, pulse) = (World::new(), Pulse::start());
    let calls = world.server.join("calls");
    fs::create_dir(&calls).unwrap();
    hum(&calls);
    let screen = heard_through(&pulse, world.connect(&[calls.to_str().unwrap()])).start();
    screen.wait_for_text("Unlabeled 1");
    screen.type_keys("<enter>");
    let mut waits = Vec::new();
    // A busy machine may be late at times: the quickest of some counts.
    for _ in 0..5 {
        let from = pulse.frames();
        until("it is heard", || loudest(&pulse.recorded(from)) > 0.2);
        let paused = pulse.frames();
        screen.type_keys("<tab>");
        screen.wait_for_text("‖");
        pulse.record(1.0);
        let after = pulse.recorded(paused);
        let silent_from = after.iter().rposition(|sample| sample.abs() > 0.01).unwrap_or(0);
        waits.push(silent_from as f64 / f64::from(RATE));
        screen.type_keys("<tab>");
    }
    assert!(waits.iter().all(|wait| *wait < 0.9), "{waits:?} s of sound after the key");
    let quickest = waits.iter().copied().fold(f64::MAX, f64::min);
    // The line here takes no time; 40 ms are the program's, the rest are two periods of 20 ms each in the sound server
    // and in the recording of it.
    assert!(quickest < 0.04 + 4.0 * 0.02, "{waits:?} s of sound after the key");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
}

/// A tmux on the server, ended with the test whatever becomes of it.
struct Tmux {
    socket: PathBuf,
    config: PathBuf,
}

impl Tmux {
    fn in_home(home: &Home) -> Self {
        // Keys that come together are keys, and no paste.
        let (socket, config) = (home.join("tmux"), home.join("tmux.conf"));
        fs::write(&config, "set -g assume-paste-time 0\n").unwrap();
        Self { socket, config }
    }
}

impl fmt::Display for Tmux {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tmux -S {} -f {}", self.socket.display(), self.config.display())
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        // One that has ended already cannot be ended, and need not be.
        let _ = Command::new("tmux").arg("-S").arg(&self.socket).arg("kill-server").output();
    }
}

#[test]
fn a_session_in_tmux_on_the_server_is_heard_wherever_it_is_attached() {
    let world = World::new();
    let calls = world.server.recordings("calls", 2);
    let (office, kitchen) = (Pulse::start(), Pulse::start());
    let tmux = Tmux::in_home(&world.server);
    let work = format!("{tmux} new-session -A -s work earmark {}", calls.display());
    let at_office = heard_through(&office, world.connect(&["--run", &work])).start();
    at_office.wait_for_text("Unlabeled 2");
    at_office.wait_for_text("♪");
    at_office.type_keys("<enter>");
    let from = office.frames();
    until("the office hears it", || loudest(&office.recorded(from)) > 0.05);
    at_office.type_keys("half a word<c-b>d");
    at_office.wait_for_end();
    world.wait_until_forgotten();

    let other = Home::new();
    let attach = format!("{tmux} attach -t work");
    let launch = world.connect_from(&other, &["--run", &attach]);
    let at_kitchen = heard_through(&kitchen, launch).start();
    at_kitchen.wait_for_text("half a word");
    at_kitchen.wait_for_text("♪");
    let from = kitchen.frames();
    at_kitchen.type_keys("<c-s>");
    until("the kitchen hears it", || loudest(&kitchen.recorded(from)) > 0.05);
    at_kitchen.type_keys("<c-q>");
    at_kitchen.wait_for_end();
}

#[test]
fn without_any_way_for_sound_labeling_goes_on_and_the_screen_says_what_to_type() {
    let world = World::new();
    let calls = world.server.recordings("calls", 2);
    let command = format!("EARMARK_USER=tester earmark {}", calls.display());
    let screen = world.ssh(&["-t", world.sshd.host(), &command]).size(120, 30).start();
    screen.wait_for_text("Unlabeled 2");
    screen.wait_for_text("earmark connect");
    screen.type_keys("<enter>typed in silence<enter>");
    screen.wait_for_text("Labeled 1");
    let before = screen.text();
    for noise in ["ALSA", "cpal", "Pulse", "jack", "error"] {
        assert!(!before.contains(noise), "{before}");
    }
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_foot_pedal_at_the_laptop_pauses_what_a_server_sends() {
    let (world, pulse) = (World::new(), Pulse::start());
    let calls = world.server.join("calls");
    fs::create_dir(&calls).unwrap();
    hum(&calls);
    let device = world.laptop.join("pedal");
    assert!(Command::new("mkfifo").arg(&device).status().unwrap().success());
    // Held open for reading and writing, so that neither side waits for the other.
    let mut foot = fs::OpenOptions::new().read(true).write(true).open(&device).unwrap();
    let args = ["--pedal", device.to_str().unwrap(), calls.to_str().unwrap()];
    let screen = heard_through(&pulse, world.connect(&args)).start();
    screen.wait_for_text("Unlabeled 1");
    let from = pulse.frames();
    screen.type_keys("<enter>half a w");
    until("it is heard", || loudest(&pulse.recorded(from)) > 0.2);
    // The kernel's input_event: a time, a key (kind 1), its code (the pedal that plays and pauses), down.
    let mut event = vec![0; 2 * size_of::<usize>()];
    event.extend([1u16.to_ne_bytes(), 0x101u16.to_ne_bytes()].concat());
    event.extend(1i32.to_ne_bytes());
    foot.write_all(&event).unwrap();
    screen.wait_for_text("‖");
    screen.type_keys("ord<c-q>");
    assert!(screen.wait_for_end().success());
}
