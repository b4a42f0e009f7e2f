//! From a key to its frame, with few samples and with many.

use super::desk::Desk;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, Taken, timed};
use super::{clips, data};
use earmark::domain::Order;
use earmark::text::thousands;

/// What many are compared with.
const FEW: usize = 1_000;

/// What a person does in a minute or two: moves, pages, both ends, the other tab, types, goes on, comes back.
pub(crate) fn minute() -> Vec<String> {
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

/// One desk among others, and what its keys took.
struct Seat {
    samples: usize,
    /// Whether every sample is labeled.
    labeled: bool,
    desk: Desk,
    keys: Series,
    end: Jumps,
    order: Jumps,
    all: Jumps,
    counted: Series,
}

/// One key in each order of a list.
#[derive(Default)]
struct Jumps {
    all: Series,
    /// By processor time.
    slowest: Option<(Taken, Order)>,
}

impl Jumps {
    fn push(&mut self, taken: Taken, order: Order) {
        self.all.push(taken);
        if self.slowest.is_none_or(|(slowest, _)| slowest.cpu < taken.cpu) {
            self.slowest = Some((taken, order));
        }
    }

    fn worst(&self) -> Taken {
        self.all.at(1.0)
    }

    fn note(&self) -> String {
        self.slowest.map_or_else(String::new, |(taken, order)| {
            let cpu = taken.cpu.as_secs_f64() * 1000.0;
            let way = if order.descending { "downwards" } else { "upwards" };
            format!("slowest by {:?} {way}: {cpu:.2} ms of CPU", order.by)
        })
    }
}

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let mut seats: Vec<Seat> = [10, FEW].into_iter().chain(scale.large()).map(Seat::at).collect();
    let mut labeled = [FEW, scale.many].map(Seat::at_labels);
    for round in 0..=scale.rounds {
        for seat in &mut seats {
            // The first round warms up.
            seat.minute(round > 0);
            seat.jumps(round > 0);
        }
        for seat in &mut labeled {
            seat.jumps(round > 0);
        }
    }
    let few = &seats[1];
    for seat in &seats {
        let name = thousands(seat.samples as u64);
        let (median, late) = (seat.keys.median(), seat.keys.at(0.99));
        report.add(Row::millis(format!("key to frame, {name} samples, p50"), median));
        report.add(
            Row::millis(format!("key to frame, {name} samples, p99"), late).bar(Bar::AtMost(16.0)),
        );
        if seat.samples <= FEW {
            continue;
        }
        for (part_name, part) in [("p50", 0.5), ("p99", 0.99)] {
            report.add(
                Row::new(
                    format!("key to frame, {name} samples, {part_name}, CPU"),
                    Figure::millis(seat.keys.at(part).cpu),
                )
                .against("with 1,000 samples", Figure::millis(few.keys.at(part).cpu))
                .bar(Bar::Times(1.5)),
            );
        }
        seat.tell_jumps(report, few);
        report.add(
            Row::millis(
                format!("counting a far row's place in {name}, worst"),
                seat.counted.at(1.0),
            )
            .note("behind the frame, which does not wait for it"),
        );
    }
    let [few, many] = &labeled;
    many.tell_jumps(report, few);
    drawn_long(scale, report);
}

impl Seat {
    fn at(samples: usize) -> Self {
        Self::before(Desk::open(&data::unlabeled(samples)), samples, false)
    }

    /// At the list of labels, where every column has something to say.
    fn at_labels(samples: usize) -> Self {
        let mut seat = Self::before(Desk::open(&data::labeled(samples)), samples, true);
        seat.desk.press("3", &mut |_| ());
        seat.desk.count();
        seat
    }

    fn before(desk: Desk, samples: usize, labeled: bool) -> Self {
        Self {
            samples,
            labeled,
            desk,
            keys: Series::default(),
            end: Jumps::default(),
            order: Jumps::default(),
            all: Jumps::default(),
            counted: Series::default(),
        }
    }

    fn tell_jumps(&self, report: &mut Report, few: &Self) {
        let name = thousands(self.samples as u64);
        let what = if self.labeled { "labels" } else { "samples" };
        for (part, ours, theirs) in [
            ("the list's end", &self.end, &few.end),
            ("the list by another column", &self.order, &few.order),
            ("all that match selected", &self.all, &few.all),
        ] {
            report.add(
                Row::millis(format!("{part}, {name} {what}, worst"), ours.worst())
                    .against(format!("with 1,000 {what}"), Figure::millis(theirs.worst().wall))
                    .bar(Bar::AtMost(16.0))
                    .note(ours.note()),
            );
        }
    }

    fn press(&mut self, key: &str) -> Taken {
        let ((), taken) = timed(|| self.desk.press(key, &mut |_| ()));
        let (counts, behind) = timed(|| self.desk.count());
        if counts > 0 {
            self.counted.push(behind);
        }
        taken
    }

    fn minute(&mut self, counts: bool) {
        for key in minute() {
            let taken = self.press(&key);
            if counts {
                self.keys.push(taken);
            }
        }
    }

    /// Both ends by each column, and everything selected.
    fn jumps(&mut self, counts: bool) {
        for column in 0..5 {
            self.press("o");
            for _ in 0..5 {
                self.press("up");
            }
            for _ in 0..column {
                self.press("down");
            }
            let order = self.press("enter");
            let end = self.press("G");
            let all = self.press("a");
            self.press("esc");
            self.press("g");
            if counts {
                let by = self.desk.state.list.order;
                self.order.push(order, by);
                self.end.push(end, by);
                self.all.push(all, by);
            }
        }
        // By name again, upwards.
        for _ in 0..2 {
            self.press("o");
            for _ in 0..5 {
                self.press("up");
            }
            if self.desk.state.list.order == Order::default() {
                self.press("esc");
                break;
            }
            self.press("enter");
        }
    }
}

/// Each frame with the waveform of a long file on it.
fn drawn_long(scale: &Scale, report: &mut Report) {
    let minutes = scale.longest.unwrap_or(300);
    let mut desks = [8.0, (60 * minutes) as f64]
        .map(|seconds| Desk::with_waveform(&data::unlabeled(FEW), seconds));
    let mut series = [Series::default(), Series::default()];
    for _ in 0..40 * scale.runs {
        for (desk, series) in desks.iter_mut().zip(&mut series) {
            series.push(timed(|| desk.press("j", &mut |_| ())).1);
            desk.count();
        }
    }
    let [short, long] = &series;
    report.add(
        Row::millis(
            format!("key to frame, waveform of {}, p99", clips::length(minutes)),
            long.at(0.99),
        )
        .against("of 8 seconds", Figure::millis(short.at(0.99).wall))
        .bar(Bar::AtMost(16.0)),
    );
    report.add(
        Row::new("the same, p50, CPU", Figure::millis(long.median().cpu))
            .against("of 8 seconds", Figure::millis(short.median().cpu)),
    );
}
