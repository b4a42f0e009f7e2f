//! Keys while the workspace is being changed by somebody else: a batch and its undo, a sync.
//!
//! The other side is a connection of its own on a thread of its own, as another earmark's is; the desk hears of it as the
//! program does, once a second.

use super::data::{self, Scratch};
use super::desk::Desk;
use super::keys::minute;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, timed};
use earmark::app::{Message, SyncPhase, SyncProgress};
use earmark::domain::{Deed, Target};
use earmark::text::thousands;
use earmark::workspace::{Listed, Reader, Staging, Step, Writer};
use jiff::Timestamp;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Samples of one batch.
const BATCH: usize = 100_000;
/// A workspace in which a batch leaves something to look at.
const AT_LEAST: usize = 2 * BATCH;
/// Rounds through the keys at the most.
const ROUNDS: usize = 60;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let samples = scale.many.max(AT_LEAST);
    let mut quiet = Desk::open(&data::unlabeled(samples));
    let mut alone = Series::default();
    for _ in 0..3 {
        for key in minute() {
            alone.push(timed(|| quiet.press(&key, &mut |_| ())).1);
            quiet.count();
        }
    }
    drop(quiet);
    let size = thousands(samples as u64);
    let batch = while_busy(samples, |path, _| apply_batch(scale, path));
    tell(
        report,
        &format!("while {} of {size} are labeled and undone", thousands(BATCH as u64)),
        &batch,
        &alone,
    );
    let synced = while_busy(samples, |path, done| apply_sync(path, samples, done));
    tell(report, &format!("while a sync of {size} is applied"), &synced, &alone);
}

fn tell(report: &mut Report, when: &str, busy: &Series, alone: &Series) {
    let late = busy.at(0.99);
    report.add(
        Row::millis(format!("key to frame {when}, p99"), late)
            .against("nothing else done", Figure::millis(alone.at(0.99).wall))
            .bar(Bar::AtMost(16.0))
            .note(format!(
                "p50 {:.2} ms, worst {:.1} ms; the other side has the second core",
                busy.median().wall.as_secs_f64() * 1000.0,
                busy.at(1.0).wall.as_secs_f64() * 1000.0
            )),
    );
}

/// Keys for as long as the work takes, and what each took.
fn while_busy(samples: usize, work: impl FnOnce(&Path, &AtomicU64) + Send) -> Series {
    let scratch = Scratch::of(&data::unlabeled(samples));
    let path = scratch.path();
    let mut desk = Desk::open(&path);
    let (over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut series = Series::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            work(&path, &done);
            over.store(true, Ordering::Release);
        });
        let (mut looked, mut told) = (Instant::now(), Instant::now());
        'keys: for _ in 0..ROUNDS {
            for key in minute() {
                if over.load(Ordering::Acquire) {
                    break 'keys;
                }
                series.push(timed(|| desk.press(&key, &mut |_| ())).1);
                desk.count();
                let applied = done.load(Ordering::Relaxed);
                if applied > 0 && told.elapsed() > Duration::from_millis(100) {
                    told = Instant::now();
                    let (phase, listed) = (SyncPhase::Applying, samples as u64);
                    let progress = SyncProgress { phase, listed, applied, probed: None };
                    desk.take(Message::Sync(progress), &mut |_| ());
                }
                if looked.elapsed() > Duration::from_secs(1) {
                    looked = Instant::now();
                    desk.take(Message::Changed, &mut |_| ());
                }
            }
        }
    });
    series
}

fn apply_batch(scale: &Scale, path: &Path) {
    let mut writer = Writer::open(path, data::identity()).expect("the copy opens");
    let reader = Reader::open(path, data::identity()).expect("the copy opens");
    // From the middle: the start of the list stays what the keys walk over.
    let samples = data::ids(&reader, BATCH / 2..BATCH / 2 + BATCH);
    let target = Target::Samples(samples);
    for _ in 0..scale.runs.min(3) {
        let deed = Deed::Label("the same words for all of them".to_owned());
        writer.act(&deed, &target, Timestamp::now()).expect("the batch is done");
        writer.undo(Timestamp::now()).expect("it is undone");
    }
}

/// A listing in which every fourth file is another one than before.
fn apply_sync(path: &Path, samples: usize, done: &AtomicU64) {
    let mut writer = Writer::open(path, data::identity()).expect("the copy opens");
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
    let mut run = writer.begin_apply(&staging, Timestamp::now()).expect("nobody else syncs");
    loop {
        match writer.apply_step(&mut run, &mut |_| None, Timestamp::now()) {
            Ok(Step::More { done: applied, .. }) => done.store(applied, Ordering::Relaxed),
            Ok(Step::Done(_)) => break,
            Err(error) => panic!("the listing is not applied: {error}"),
        }
    }
    writer.end_sync().expect("the lease is given back");
}
