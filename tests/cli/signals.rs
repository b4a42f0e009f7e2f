//! Ctrl+C.

use crate::program::Program;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(30);

/// Signals are watched by a thread of that name; before, they end the process at once.
#[cfg(target_os = "linux")]
fn watches_signals(child: &Child) -> bool {
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).into_iter().flatten().flatten();
    tasks
        .map(|task| task.path().join("comm"))
        .any(|comm| fs::read_to_string(comm).is_ok_and(|name| name.trim() == "signals"))
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_with_130() {
    let program = Program::fresh(1);
    let recording = program.calls.join(&program.names()[0]);
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("earmark"))
        .env_clear()
        .envs(program.home.environment())
        .args(["play", "--rate", "0.5"])
        .arg(recording)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !watches_signals(&child) {
        assert!(started.elapsed() < LIMIT, "it never watched signals");
        assert!(child.try_wait().unwrap().is_none(), "it was over before it could be interrupted");
        thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
