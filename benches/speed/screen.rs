//! A large list on the real screen: the letters of a filter while it is looked for, and the jump to the end.

use super::data::{self, Scratch};
use super::home::Home;
use super::program;
use super::pty::Screen;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, Taken};
use earmark::text::thousands;
use std::thread;
use std::time::{Duration, Instant};

/// Between two letters of somebody who types fast.
pub(super) const BETWEEN: Duration = Duration::from_millis(60);
/// What no label holds: below three characters every one of them is looked at, and nothing ends that early.
const NOWHERE: &str = "zqxjzv";

/// The program before the first of its labels.
pub(super) fn at_labels(home: &Home, scratch: &Scratch) -> Screen {
    let screen = program::launch(home, &scratch.path()).start();
    screen.wait_for_text("Labeled");
    screen.type_keys("3");
    screen.wait_for_text("utt-0000000");
    screen
}

/// Letters that are typed while nothing is found, each to its echo.
pub(super) fn letters(scale: &Scale, report: &mut Report) {
    let scratch = Scratch::of(&data::labeled(scale.many));
    let home = Home::new();
    let screen = at_labels(&home, &scratch);
    let (mut first, mut all) = (Series::default(), Series::default());
    for _ in 0..2 * scale.runs {
        screen.type_keys("/");
        thread::sleep(BETWEEN);
        for end in 1..=NOWHERE.len() {
            let began = Instant::now();
            screen.type_keys(&NOWHERE[end - 1..end]);
            screen.wait_for_text(&NOWHERE[..end]);
            let taken = Taken { wall: began.elapsed(), cpu: Duration::ZERO };
            all.push(taken);
            // The third letter is typed while what two of them ask for is still looked for.
            if end <= 3 {
                first.push(taken);
            }
            thread::sleep(BETWEEN.saturating_sub(taken.wall));
        }
        screen.wait_for_no("utt-0000000");
        screen.type_keys("<esc>");
        screen.wait_for_text("utt-0000000");
        // Keys right behind an Esc are held back here, lest they be taken for one with it.
        thread::sleep(3 * BETWEEN);
    }
    let millis = |taken: Taken| taken.wall.as_secs_f64() * 1000.0;
    report.add(
        Row::new(
            format!("filter that finds nothing in {}, a letter to its echo, p95", {
                thousands(scale.many as u64)
            }),
            Figure::millis(all.at(0.95).wall),
        )
        .bar(Bar::AtMost(16.0))
        .note(format!(
            "on the terminal, {} ms between letters; p50 {:.1} ms, worst {:.1} ms, worst of the first three {:.1} ms",
            BETWEEN.as_millis(),
            millis(all.median()),
            millis(all.at(1.0)),
            millis(first.at(1.0))
        )),
    );
}

/// To the last row of a list and back, until the row is there, and until it is the open one.
pub(super) fn jumps(scale: &Scale, report: &mut Report, samples: usize) {
    let scratch = Scratch::of(&data::unlabeled(samples));
    let home = Home::new();
    let screen = program::launch(&home, &scratch.path()).start();
    let last = format!("utt-{:07}", samples - 1);
    let (mut row, mut editor) = (Series::default(), Series::default());
    for run in 0..=2 * scale.runs {
        screen.wait_for("the first row", |view| view.text().matches("utt-0000000").count() > 1);
        thread::sleep(4 * BETWEEN);
        let began = Instant::now();
        screen.type_keys("G");
        screen.wait_for_text(&last);
        let there = began.elapsed();
        // In the list, and over its waveform.
        screen.wait_for("the last row", |view| view.text().matches(&last).count() > 1);
        let open = began.elapsed();
        // The first one warms up.
        if run > 0 {
            row.push(Taken { wall: there, cpu: Duration::ZERO });
            editor.push(Taken { wall: open, cpu: Duration::ZERO });
        }
        thread::sleep(4 * BETWEEN);
        screen.type_keys("g");
    }
    let size = thousands(samples as u64);
    for (what, series) in [("its row", row), ("its waveform and editor", editor)] {
        report.add(
            Row::new(format!("jump to the end of {size} on the terminal, to {what}, p50"), {
                Figure::millis(series.median().wall)
            })
            .bar(Bar::AtMost(16.0))
            .note(format!("worst {:.1} ms", series.at(1.0).wall.as_secs_f64() * 1000.0)),
        );
    }
}
