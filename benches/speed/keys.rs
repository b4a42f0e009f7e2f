//! From a key to its frame, with few samples and with many.

use super::data;
use super::desk::Desk;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, timed};

/// What a person does in a minute or two: moves, pages, both ends, the other tab, types, goes on, comes back.
fn minute() -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let mut press =
        |key: &str, times: usize| keys.extend(std::iter::repeat_n(key.to_owned(), times));
    press("j", 30);
    press("k", 10);
    press("pagedown", 12);
    press("pageup", 4);
    press("G", 1);
    press("k", 12);
    press("pageup", 10);
    press("g", 1);
    press("enter", 1);
    for letter in "thank you for calling how can i help you today".chars() {
        press(&if letter == ' ' { "space".to_owned() } else { letter.to_string() }, 1);
    }
    press("ctrl+w", 3);
    press("ctrl+n", 8);
    press("a", 5);
    press("esc", 1);
    press("3", 1);
    press("1", 1);
    press("j", 12);
    keys
}

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let sizes = [10, 1_000, 1_000_000];
    let mut desks = sizes.map(|samples| Desk::open(&data::unlabeled(samples)));
    let mut series = [Series::default(), Series::default(), Series::default()];
    let mut counted = Series::default();
    let keys = minute();
    for round in 0..=scale.rounds {
        for (desk, series) in desks.iter_mut().zip(&mut series) {
            for key in &keys {
                let ((), taken) = timed(|| desk.press(key, &mut |_| ()));
                let (counts, behind) = timed(|| desk.count());
                // The first round warms up.
                if round > 0 {
                    series.push(taken);
                    if counts > 0 {
                        counted.push(behind);
                    }
                }
            }
        }
    }
    let [ten, thousand, million] = &series;
    for (name, series) in [("10", ten), ("1,000", thousand), ("1,000,000", million)] {
        let (median, late) = (series.median(), series.at(0.99));
        report.add(Row::millis(format!("key to frame, {name} samples, p50"), median));
        report.add(
            Row::millis(format!("key to frame, {name} samples, p99"), late).bar(Bar::AtMost(16.0)),
        );
    }
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        report.add(
            Row::new(
                format!("key to frame, 1,000,000 samples, {name}, CPU"),
                Figure::millis(million.at(part).cpu),
            )
            .against("with 1,000 samples", Figure::millis(thousand.at(part).cpu))
            .bar(Bar::Times(1.5)),
        );
    }
    report.add(
        Row::millis("counting where a far row stands, behind the frame, worst", counted.at(1.0))
            .note("asked for by G in 1,000,000 samples; the frame does not wait for it"),
    );
}
