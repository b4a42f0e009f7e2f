//! SIGKILL at random moments, again and again on one workspace. After each: it opens, every label that the screen had
//! confirmed is there with its history, no batch is half done, drafts are at most a second behind.

use crate::figures;
use crate::labeler::Labeler;
use crate::pty::Screen;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use std::thread;
use std::time::Duration;

/// Kills in all; each of the tests below does its share, side by side.
const KILLS: (u64, u64) = (200, 4_000);
const TESTS: u64 = 4;
/// As often as this, a machine that knows nothing compares.
const SHARED: u64 = 17;

#[test]
fn at_no_moment() {
    let mut labeler = Labeler::new(0, 12);
    let screen = labeler.launch().start();
    labeler.do_everything(&screen);
    labeler.check();
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    labeler.check();
    labeler.check_shared();
}

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

/// In the middle of a text that somebody types on and on: the draft is at most a second behind the fingers.
#[test]
fn at_random_moments_of_a_long_text() {
    let mut labeler = Labeler::new(8, 4);
    for _ in 0..figures::times(8, 300) {
        let moment = Duration::from_millis(1_500 + labeler.dice.roll(3_000));
        let screen = labeler.launch().start();
        screen.reaches("the list", |view| view.contains("Unlabeled"));
        ended(&mut labeler, screen, moment, Labeler::type_on, |pid| {
            let _ = kill_process(pid, Signal::KILL);
        });
        figures::count("kills", 1);
        labeler.check();
    }
    assert!(labeler.drafts_due() > 0, "no text had been typed long enough to be due");
}

/// A server that shuts down, a line that drops: the program is told, and ends in good order.
#[test]
fn told_to_end_at_random_moments() {
    for (seed, signal) in [(5, Signal::TERM), (6, Signal::HUP)] {
        let mut labeler = Labeler::new(seed, 12);
        for _ in 0..figures::times(6, 200) {
            let moment = Duration::from_micros(labeler.dice.roll(1_500_000));
            let screen = labeler.launch().start();
            ended(&mut labeler, screen, moment, Labeler::work, |pid| {
                let _ = kill_process(pid, signal);
            });
            figures::count("ended by SIGTERM or SIGHUP", 1);
            labeler.check();
        }
        labeler.check_shared();
    }
}

/// The terminal itself is closed, whatever the labeler was doing: nobody is left who could tell the program.
#[test]
fn a_terminal_closed_at_random_moments() {
    let mut labeler = Labeler::new(9, 12);
    for _ in 0..figures::times(6, 200) {
        let mut screen = labeler.launch().start();
        let steps = labeler.dice.roll(3);
        labeler.work_a_little(&screen, steps);
        screen.hang_up();
        screen.wait_for_end();
        figures::count("terminals closed", 1);
        labeler.check();
    }
    labeler.check_shared();
}

/// No memory is left at a random moment; a little later the system kills what still runs, as it does when all of the
/// machine's is gone.
#[test]
fn out_of_memory_at_random_moments() {
    let mut labeler = Labeler::new(7, 12);
    for _ in 0..figures::times(10, 400) {
        let moment = Duration::from_micros(labeler.dice.roll(1_500_000));
        let screen = labeler.launch().start();
        ended(&mut labeler, screen, moment, Labeler::work, |pid| {
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
    let kills = figures::times(KILLS.0, KILLS.1) / TESTS;
    for kill in 1..=kills {
        let moment = Duration::from_micros(labeler.dice.roll(1_500_000));
        let screen = labeler.launch().start();
        // As often while it starts as while somebody works.
        if labeler.dice.roll(2) == 0 {
            screen.reaches("the list", |view| view.contains("Unlabeled"));
        }
        ended(&mut labeler, screen, moment, Labeler::work, |pid| {
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
    let confirmed = labeler.confirmed();
    assert!(confirmed > kills / 5, "{kills} kills, and only {confirmed} actions between them");
}

/// The labeler does so until the program is ended so, this much later.
fn ended(
    labeler: &mut Labeler,
    mut screen: Screen,
    moment: Duration,
    work: fn(&mut Labeler, &Screen),
    end: impl FnOnce(Pid) + Send,
) {
    let pid = Pid::from_raw(screen.pid()).expect("a process has an id");
    thread::scope(|scope| {
        scope.spawn(move || {
            // What is tried is any moment: nothing is waited for.
            thread::sleep(moment);
            end(pid);
        });
        work(labeler, &screen);
    });
    screen.wait_for_end();
    screen.hang_up();
}

/// Shown where the test fails.
#[allow(clippy::print_stdout, reason = "the runner shows it of a test that failed")]
fn println_seed(seed: u64, kill: u64, moment: Duration) {
    println!("labeler {seed}: kill {kill}, after {moment:?}");
}
