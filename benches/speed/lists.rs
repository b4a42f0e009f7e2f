//! Pages and searches in many samples, and a filter typed on the real screen.

use super::data::{self, Dice, Scratch};
use super::home::Home;
use super::peers;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::screen::{self, BETWEEN};
use super::timing::{Series, Taken, in_turn, median_of, timed};
use earmark::domain::{Anchor, Filter, Order, OrderBy, PageRequest, SampleKey, View};
use earmark::text::thousands;
use earmark::workspace::Reader;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const PAGE: usize = 200;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    pages(scale, report);
    searches(scale, report);
    typed(scale, report);
    screen::letters(scale, report);
    for samples in scale.large() {
        screen::jumps(scale, report, samples);
    }
}

fn request(view: View, filter: &str, by: OrderBy, anchor: Anchor) -> PageRequest {
    PageRequest {
        view,
        filter: Filter::parse(filter).expect("a filter"),
        order: Order { by, descending: false },
        scope: None,
        anchor,
        limit: PAGE,
    }
}

/// The same rows by one prepared statement: what the workspace adds to it is positions, drafts and leases.
struct Floor {
    connection: Connection,
}

impl Floor {
    fn open(workspace: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(workspace, flags).expect("SQLite opens it");
        connection.pragma_update(None, "cache_size", -16_384).expect("a cache");
        Self { connection }
    }

    fn page(&self, after: &SampleKey) -> usize {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT id, key, state, confirm, micros, size, content, flags, labeled_by, \
                 labeled_at, modified FROM sample WHERE state = 0 AND key > ? ORDER BY key LIMIT ?",
            )
            .expect("a statement");
        let rows = statement
            .query_map((after.as_bytes(), PAGE as i64), |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, Vec<u8>>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, i64>(3)?,
                    row.get::<_, Option<i64>>(4)?,
                    row.get::<_, i64>(5)?,
                    row.get::<_, Option<String>>(6)?,
                    row.get::<_, i64>(7)?,
                    row.get::<_, Option<String>>(8)?,
                    row.get::<_, Option<i64>>(9)?,
                    row.get::<_, Option<i64>>(10)?,
                ))
            })
            .expect("rows");
        rows.flatten().count()
    }
}

fn pages(scale: &Scale, report: &mut Report) {
    let workspace = data::unlabeled(scale.many);
    let reader = Reader::open(&workspace, data::identity()).expect("the workspace opens");
    let floor = Floor::open(&workspace);
    let size = thousands(scale.many as u64);
    let mut dice = Dice::new(5);
    let near_the_end: Vec<usize> =
        (0..64).map(|_| scale.many - PAGE - 2 - dice.below(2_000)).collect();
    let near_the_start: Vec<usize> = (0..64).map(|_| 1 + dice.below(2_000)).collect();
    let page = |number: usize, by: OrderBy| {
        let id = data::ids(&reader, std::iter::once(number))[0];
        let request = request(View::Unlabeled, "", by, Anchor::After(id));
        let (page, taken) = timed(|| reader.page(&request).expect("a page"));
        assert!(!page.rows.is_empty());
        taken
    };
    for (place, numbers) in [("start", &near_the_start), ("end", &near_the_end)] {
        let (mut left, mut right) = (0, 0);
        let (ours, theirs) = in_turn(
            (20 * scale.runs).max(64),
            || {
                left += 1;
                page(numbers[left % numbers.len()], OrderBy::Name)
            },
            || {
                right += 1;
                let key = SampleKey::from(data::key(numbers[right % numbers.len()]).as_str());
                let (rows, taken) = timed(|| floor.page(&key));
                assert_eq!(rows, PAGE);
                taken
            },
        );
        report.add(
            Row::new(
                format!("page of {PAGE} rows at the {place} of {size}, CPU"),
                Figure::millis(ours.cpu),
            )
            .against("bare SQLite keyset", Figure::millis(theirs.cpu)),
        );
    }
    let worst = [OrderBy::Time, OrderBy::Duration, OrderBy::Labeled, OrderBy::CharsPerSecond]
        .map(|by| {
            let mut series = Series::default();
            for number in &near_the_end {
                series.push(page(*number, by));
            }
            (series.median(), by)
        })
        .into_iter()
        .max_by_key(|(taken, _)| taken.cpu)
        .expect("there are orders");
    report.add(
        Row::millis("the same by the slowest other order", worst.0).note(format!("{:?}", worst.1)),
    );
    let mut hundred = Series::default();
    for number in &near_the_end {
        let id = data::ids(&reader, std::iter::once(*number))[0];
        let request = PageRequest {
            limit: 100,
            ..request(View::Unlabeled, "", OrderBy::Name, Anchor::After(id))
        };
        hundred.push(timed(|| reader.page(&request).expect("a page")).1);
    }
    report.add(
        Row::millis(format!("page of 100 of {size}"), hundred.median())
            .against(peers::NAME, peers::PAGE),
    );
}

fn searches(scale: &Scale, report: &mut Report) {
    let workspace = data::labeled(scale.many);
    let reader = Reader::open(&workspace, data::identity()).expect("the workspace opens");
    let long: &[&str] = &[
        "the",
        "zqx",
        "nde",
        "thank you",
        "stealang",
        "text:ing",
        "text:the text:mou",
        "oung sea",
        "0999999",
    ];
    let short: &[&str] = &["th", "zq", "x", "text:ea", "text:qz", "99"];
    for (what, words, bar) in
        [("from three characters on", long, 100.0), ("of one or two characters", short, 500.0)]
    {
        let mut all: Vec<_> = words
            .iter()
            .map(|word| {
                let request = request(View::Labeled, word, OrderBy::Name, Anchor::First);
                let found = reader.page(&request).expect("a page").rows.len();
                let taken = median_of(scale.runs.max(5), || {
                    timed(|| reader.page(&request).expect("a page")).1
                });
                (taken, *word, found)
            })
            .collect();
        all.sort_by_key(|(taken, ..)| taken.cpu);
        let list: Vec<String> = all
            .iter()
            .map(|(taken, word, found)| {
                format!("`{word}` {:.1} ms ({found} rows)", taken.cpu.as_secs_f64() * 1000.0)
            })
            .collect();
        let (slowest, ..) = all.last().expect("there are words");
        report.add(
            Row::millis(
                format!(
                    "search {what} in {} labels, first page, slowest",
                    thousands(scale.many as u64)
                ),
                *slowest,
            )
            .bar(Bar::AtMost(bar))
            .note(format!("CPU: {}", list.join(", "))),
        );
    }
}

/// A number typed into the filter of the real screen, faster than its first letters can be looked for.
fn typed(scale: &Scale, report: &mut Report) {
    let scratch = Scratch::of(&data::labeled(scale.many));
    let home = Home::new();
    let screen = screen::at_labels(&home, &scratch);
    let mut series = Series::default();
    for (word, left, gone) in numbers(scale) {
        screen.type_keys("/");
        let (before, last) = word.split_at(word.len() - 1);
        for letter in before.chars() {
            screen.type_keys(&letter.to_string());
            thread::sleep(BETWEEN);
        }
        let began = Instant::now();
        screen.type_keys(last);
        screen.wait_for(&format!("{left} alone"), |view| {
            view.contains(&left) && !view.contains(&gone)
        });
        series.push(Taken { wall: began.elapsed(), cpu: Duration::ZERO });
        screen.type_keys("<esc>");
        screen.wait_for_text("utt-0000000");
    }
    let (median, late) = (series.median().wall, series.at(0.95).wall);
    report.add(
        Row::new(
            format!(
                "filter typed in {} labels, last letter to its page",
                thousands(scale.many as u64)
            ),
            Figure::millis(median),
        )
        .against(peers::NAME, peers::FILTER)
        .bar(Bar::AtMost(100.0))
        .note(format!(
            "on the terminal, {} ms between letters; p95 {:.0} ms",
            BETWEEN.as_millis(),
            late.as_secs_f64() * 1000.0
        )),
    );
}

/// Numbers that files are found by, each with the name that is left when its last digit is typed and one that goes then.
fn numbers(scale: &Scale) -> Vec<(String, String, String)> {
    let mut dice = Dice::new(23);
    let name = |number: usize| format!("utt-{number:07}");
    (0..4 * scale.runs)
        .map(|_| dice.below(scale.many / 10) * 10 + 3)
        .map(|number| (format!("{number:07}"), name(number), name(number + 1)))
        .collect()
}
