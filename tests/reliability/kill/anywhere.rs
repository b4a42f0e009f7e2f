//! SIGKILL at random moments, again and again on one workspace. After each: it opens, every label that the screen had
//! confirmed is there with its history, no batch is half done, drafts are at most a second behind.

use crate::figures;
use crate::labeler::Labeler;
use rustix::process::{Pid, Signal, kill_process};
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

fn killed(seed: u64) {
    let mut labeler = Labeler::new(seed, 12);
    for kill in 1..=figures::times(KILLS.0, KILLS.1) / TESTS {
        let moment = Duration::from_micros(labeler.dice.roll(1_500_000));
        let mut screen = labeler.launch().start();
        let pid = Pid::from_raw(screen.pid()).expect("a process has an id");
        thread::scope(|scope| {
            scope.spawn(move || {
                // What is tried is any moment: nothing is waited for.
                thread::sleep(moment);
                // It may have been quicker than we.
                let _ = kill_process(pid, Signal::KILL);
            });
            labeler.work(&screen);
        });
        screen.wait_for_end();
        screen.hang_up();
        figures::count("kills", 1);
        println_seed(seed, kill, moment);
        labeler.check();
        if kill % SHARED == 0 {
            labeler.check_shared();
        }
    }
    labeler.check_shared();
}

/// Shown where the test fails.
#[allow(clippy::print_stdout, reason = "the runner shows it of a test that failed")]
fn println_seed(seed: u64, kill: u64, moment: Duration) {
    println!("labeler {seed}: kill {kill}, {moment:?} after the start");
}
