//! A `PulseAudio` server of our own with a sink that leads nowhere, and a recording of what went in.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Rate of the sink and of the recording; the recording is mono.
pub(crate) const RATE: u32 = 48_000;
/// How long anything may take before the test fails.
const LIMIT: Duration = Duration::from_secs(30);

/// A running server; dropping it ends it.
pub(crate) struct Pulse {
    folder: tempfile::TempDir,
    server: Child,
    recorder: Option<Child>,
}

impl Pulse {
    /// Starts a server and the recording of its sink.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("native");
        let protocol =
            format!("module-native-protocol-unix socket={} auth-anonymous=1", socket.display());
        let sink = format!("module-null-sink sink_name=test rate={RATE} channels=2");
        let server = Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"])
            .args(["--log-target=stderr", "-L", &protocol, "-L", &sink])
            .env("PULSE_RUNTIME_PATH", folder.path())
            .env("HOME", folder.path())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .expect("pulseaudio is installed");
        let mut pulse = Self { folder, server, recorder: None };
        until("the sound server answers", || {
            pulse.tool("pactl").arg("info").output().is_ok_and(|it| it.status.success())
        });
        let recording = fs::File::create(pulse.recording()).unwrap();
        let recorder = pulse
            .tool("parec")
            .args(["-d", "test.monitor", "--latency-msec=20", "--format=s16le", "--channels=1"])
            .arg(format!("--rate={RATE}"))
            .stdout(recording)
            .spawn()
            .expect("parec is installed");
        pulse.recorder = Some(recorder);
        until("the recording runs", || pulse.frames() > RATE as usize / 10);
        pulse
    }

    /// What leads a program to this server, and to nothing else.
    pub(crate) fn env(&self) -> [(&'static str, String); 4] {
        let folder = self.folder.path();
        [
            ("PULSE_SERVER", format!("unix:{}", folder.join("native").display())),
            ("PULSE_RUNTIME_PATH", folder.display().to_string()),
            ("HOME", folder.display().to_string()),
            ("ALSA_CONFIG_PATH", silent_alsa(folder).display().to_string()),
        ]
    }

    /// Frames recorded so far.
    pub(crate) fn frames(&self) -> usize {
        fs::metadata(self.recording()).map_or(0, |it| it.len() as usize / 2)
    }

    /// Waits until so much more was recorded.
    pub(crate) fn record(&self, seconds: f64) {
        let target = self.frames() + (seconds * f64::from(RATE)) as usize;
        until("the recording goes on", || self.frames() >= target);
    }

    /// What was recorded from a frame on.
    pub(crate) fn recorded(&self, from: usize) -> Vec<f32> {
        let bytes = fs::read(self.recording()).unwrap();
        let samples = bytes.chunks_exact(2).skip(from);
        samples.map(|it| f32::from(i16::from_le_bytes([it[0], it[1]])) / 32768.0).collect()
    }

    /// How much of what the one program that plays has sent still waits in the server, in milliseconds.
    pub(crate) fn buffered_millis(&self) -> u64 {
        let output = self.tool("pactl").args(["list", "sink-inputs"]).output().unwrap();
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = listed.lines().find_map(|line| line.trim().strip_prefix("Buffer Latency:"));
        let micros = line.and_then(|line| line.split_whitespace().next());
        micros.unwrap_or_else(|| panic!("nobody plays: {listed}")).parse::<u64>().unwrap() / 1000
    }

    /// Ends the server in the middle of everything.
    pub(crate) fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.envs(self.env()).env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn recording(&self) -> PathBuf {
        self.folder.path().join("recording.raw")
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        for child in self.recorder.iter_mut().chain([&mut self.server]) {
            // One that has ended already cannot be killed, and need not be.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// An ALSA configuration without any device.
pub(crate) fn silent_alsa(folder: &Path) -> PathBuf {
    let path = folder.join("asound.conf");
    fs::write(&path, "# no devices\n").unwrap();
    path
}

/// Waits for a condition.
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < LIMIT, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
