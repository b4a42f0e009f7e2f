//! SIGKILL at random moments, again and again on one workspace. After each: it opens, every label that the screen had
//! confirmed is there with its history, no batch is half done, drafts are at most a second behind.

use crate::figures;
use crate::labeler::Labeler;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use std::thread;
use std::time::Duration;

/// Kills in all; each of the tests below does its share, side by side.
const KILLS: (u64, u64) = (200, 4_000);
const TESTS: u64 = 4;
/// As often as this, a machine that knows nothing compares.
const SHARED: u64 = 17;

#[test]
fn at_random_moments_of_a_first_labeler() {
    killed(1);
}

#[test]
fn at_random_moments_of_a_second_labeler() {
    killed(2);
}

#[test]
fn at_random_moments_of_a_third_labeler() {
    killed(3);
}

#[test]
fn at_random_moments_of_a_fourth_labeler() {
    killed(4);
}

/// A terminal that is closed, a server that shuts down: the program is told, and ends in good order.
#[test]
fn told_to_end_at_random_moments() {
    for (seed, signal) in [(5, Signal::TERM), (6, Signal::HUP)] {
        let mut labeler = Labeler::new(seed, 12);
        for _ in 0..figures::times(6, 200) {
            let moment = Duration::from_micros(labeler.dice.roll(1_500_000));
            ended(&mut labeler, moment, |pid| {
                let _ = kill_process(pid, signal);
            });
            figures::count("ended by SIGTERM or SIGHUP", 1);
            labeler.check();
        }
        labeler.check_shared();
    }
}

/// No memory is left at a random moment; a little later the system kills what still runs, as it does when all of the
/// machine's is gone.
#[test]
fn out_of_memory_at_random_moments() {
    let mut labeler = Labeler::new(7, 12);
    for _ in 0..figures::times(10, 400) {
        let moment = Duration::from_micros(labeler.dice.roll(1_500_000));
        ended(&mut labeler, moment, |pid| {
            let nothing = Rlimit { current: Some(1 << 20), maximum: Some(1 << 20) };
            let _ = prlimit(Some(pid), Resource::As, nothing);
            thread::sleep(Duration::from_millis(200));
            let _ = kill_process(pid, Signal::KILL);
        });
        figures::count("out of memory", 1);
        labeler.check();
    }
    labeler.check_shared();
}

fn killed(seed: u64) {
    let mut labeler = Labeler::new(seed, 12);
    for kill in 1..=figures::times(KILLS.0, KILLS.1) / TESTS {
        let moment = Duration::from_micros(labeler.dice.roll(1_500_000));
        ended(&mut labeler, moment, |pid| {
            // It may have been quicker than we.
            let _ = kill_process(pid, Signal::KILL);
        });
        figures::count("kills", 1);
        println_seed(seed, kill, moment);
        labeler.check();
        if kill % SHARED == 0 {
            labeler.check_shared();
        }
    }
    labeler.check_shared();
}

/// The labeler works until the program is ended so, at that moment after its start.
fn ended(labeler: &mut Labeler, moment: Duration, end: impl FnOnce(Pid) + Send) {
    let mut screen = labeler.launch().start();
    let pid = Pid::from_raw(screen.pid()).expect("a process has an id");
    thread::scope(|scope| {
        scope.spawn(move || {
            // What is tried is any moment: nothing is waited for.
            thread::sleep(moment);
            end(pid);
        });
        labeler.work(&screen);
    });
    screen.wait_for_end();
    screen.hang_up();
}

/// Shown where the test fails.
#[allow(clippy::print_stdout, reason = "the runner shows it of a test that failed")]
fn println_seed(seed: u64, kill: u64, moment: Duration) {
    println!("labeler {seed}: kill {kill}, {moment:?} after the start");
}
