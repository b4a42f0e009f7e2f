//! Keys while the workspace is being changed by somebody else: a batch and its undo, a sync.
//!
//! The other side is a connection of its own on a thread of its own, as another earmark's is; the desk hears of it as the
//! program does, once a second. What comes from outside is handled with the next key, before its frame.

use super::data::{self, Scratch};
use super::desk::Desk;
use super::keys::minute;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, Taken, timed};
use super::waits;
use earmark::app::{Message, SyncPhase, SyncProgress};
use earmark::domain::{Deed, Target};
use earmark::text::thousands;
use earmark::workspace::{Listed, Reader, Staging, Step, Writer};
use jiff::Timestamp;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Samples of one batch: not those at the start of the list, which the keys walk over.
pub(super) const BATCH: Range<usize> = 50_000..150_000;
/// A workspace in which a batch leaves something to look at.
const AT_LEAST: usize = 200_000;
/// Between a batch and its undo, where others wait: so long a person thinks at least, and SQLite looks again for its lock.
const THEN: Duration = Duration::from_millis(500);
/// Rounds through the keys in peace, before each work and after the last.
const IN_PEACE: usize = 3;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let samples = scale.many.max(AT_LEAST);
    let size = thousands(samples as u64);
    let batch = format!("while {} of {size} are labeled and undone", thousands(BATCH.len() as u64));
    let sync = format!("while a sync of {size} is applied");

    let mut table = Table::at(samples);
    for _ in 0..scale.runs.min(3) {
        table.alone();
        table.beside(|path, _| apply_batch(path, Duration::ZERO));
    }
    table.alone();
    table.tell(report, &batch);

    let mut table = Table::at(samples);
    table.alone();
    let staging = staged(samples);
    table.beside(move |path, done| apply_sync(path, &staging, done));
    table.alone();
    table.tell(report, &sync);

    let bars = [2_000.0, 150.0];
    waits::run(report, samples, &batch, bars[0], |path| apply_batch(path, THEN));
    let staging = staged(samples);
    waits::run(report, samples, &sync, bars[1], move |path| {
        apply_sync(path, &staging, &AtomicU64::new(0));
    });
}

/// Keys at one workspace, alone and beside somebody else.
struct Table {
    scratch: Scratch,
    samples: usize,
    desk: Desk,
    alone: Series,
    beside: Series,
}

impl Table {
    fn at(samples: usize) -> Self {
        let scratch = Scratch::of(&data::unlabeled(samples));
        let desk = Desk::open(&scratch.path());
        Self { scratch, samples, desk, alone: Series::default(), beside: Series::default() }
    }

    fn alone(&mut self) {
        let alone = &mut self.alone;
        for _ in 0..IN_PEACE {
            press(&mut self.desk, &mut Vec::new, &mut |taken| alone.push(taken));
        }
    }

    /// Keys for as long as the work takes.
    fn beside(&mut self, work: impl FnOnce(&Path, &AtomicU64) + Send) {
        let Self { scratch, samples, desk, beside, .. } = self;
        let path = scratch.path();
        let (over, done) = (AtomicBool::new(false), AtomicU64::new(0));
        let is_over = || over.load(Ordering::Acquire);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _end = AtEnd(&over);
                work(&path, &done);
            });
            let mut outside = Outside::of(*samples, &done);
            while !is_over() {
                press(desk, &mut || outside.news(), &mut |taken| {
                    if !is_over() {
                        beside.push(taken);
                    }
                });
            }
        });
    }

    fn tell(&self, report: &mut Report, when: &str) {
        let busy = &self.beside;
        report.add(
            Row::millis(format!("key to frame {when}, p99"), busy.at(0.99))
                .against("nothing else done", Figure::millis(self.alone.at(0.99).wall))
                .bar(Bar::AtMost(16.0))
                .note(format!(
                    "p50 {:.2} ms, worst {:.1} ms; what comes from outside is handled in it; the other side has the \
                     second core",
                    busy.median().wall.as_secs_f64() * 1000.0,
                    busy.at(1.0).wall.as_secs_f64() * 1000.0
                )),
        );
    }
}

/// Says that it is over, also where it ends badly: nobody presses keys for ever.
pub(super) struct AtEnd<'a>(pub(super) &'a AtomicBool);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A round through the keys. Before each, what has come meanwhile is handled, as the program's loop does before a frame.
fn press(desk: &mut Desk, news: &mut dyn FnMut() -> Vec<Message>, taken: &mut dyn FnMut(Taken)) {
    for key in minute() {
        let mut messages = desk.counted();
        messages.extend(news());
        let ((), time) = timed(|| {
            for message in messages {
                desk.take(message, &mut |_| ());
            }
            desk.press(&key, &mut |_| ());
        });
        taken(time);
    }
}

/// What the program's other threads tell of the work.
struct Outside<'a> {
    samples: usize,
    done: &'a AtomicU64,
    looked: Instant,
    told: Instant,
}

impl<'a> Outside<'a> {
    fn of(samples: usize, done: &'a AtomicU64) -> Self {
        let now = Instant::now();
        Self { samples, done, looked: now, told: now }
    }

    fn news(&mut self) -> Vec<Message> {
        let mut news = Vec::new();
        let applied = self.done.load(Ordering::Relaxed);
        if applied > 0 && self.told.elapsed() > Duration::from_millis(100) {
            self.told = Instant::now();
            let (phase, listed) = (SyncPhase::Applying, self.samples as u64);
            news.push(Message::Sync(SyncProgress { phase, listed, applied, probed: None }));
        }
        if self.looked.elapsed() > Duration::from_secs(1) {
            self.looked = Instant::now();
            news.push(Message::Changed);
        }
        news
    }
}

/// `then`: the time between the batch and its undo.
fn apply_batch(path: &Path, then: Duration) {
    let mut writer = Writer::open(path, data::identity()).expect("the copy opens");
    let reader = Reader::open(path, data::identity()).expect("the copy opens");
    let target = Target::Samples(data::ids(&reader, BATCH));
    let deed = Deed::Label("the same words for all of them".to_owned());
    writer.act(&deed, &target, Timestamp::now()).expect("the batch is done");
    thread::sleep(then);
    writer.undo(Timestamp::now()).expect("it is undone");
}

/// A listing in which every fourth file is another one than before.
fn staged(samples: usize) -> Staging {
    let mut staging = Staging::create(&data::folder()).expect("room for a listing");
    for start in (0..samples).step_by(10_000) {
        let some: Vec<Listed> = (start..samples.min(start + 10_000))
            .map(|number| {
                let listed = data::listed(number);
                let etag = if number % 4 == 0 { "mtime:1".to_owned() } else { listed.etag };
                Listed { etag, ..listed }
            })
            .collect();
        staging.add(&some).expect("room for a listing");
    }
    staging
}

fn apply_sync(path: &Path, staging: &Staging, done: &AtomicU64) {
    let mut writer = Writer::open(path, data::identity()).expect("the copy opens");
    let mut run = writer.begin_apply(staging, Timestamp::now()).expect("nobody else syncs");
    loop {
        match writer.apply_step(&mut run, &mut |_| None, Timestamp::now()) {
            Ok(Step::More { done: applied, .. }) => done.store(applied, Ordering::Relaxed),
            Ok(Step::Done(_)) => break,
            Err(error) => panic!("the listing is not applied: {error}"),
        }
    }
    writer.end_sync().expect("the lease is given back");
}
