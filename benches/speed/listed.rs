//! A listing of very many files taken into a workspace, and the same once more: how long, and in how much memory. Each is
//! a process of its own, so that its memory is its own.

use super::data::{self, Scratch};
use super::machine;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, Taken, timed};
use earmark::text::thousands;
use earmark::workspace::{Listed, Staging, Step, Writer};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Says to a process of this program that it is one of those: how many files, and which workspace.
const CHILD: &str = "EARMARK_BENCH_LISTED";
/// Files that are staged at once, about as many as a sync does.
const AT_ONCE: usize = 1_000;
/// A first sync that would take longer is left out.
const PATIENCE: Duration = Duration::from_mins(5);
/// What it may take, in MiB, however many there are.
const MOST: f64 = 120.0;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let few = scale.many / 10;
    let (mut pace, mut least) = (Duration::ZERO, None);
    for count in std::iter::once(few).chain(scale.large()) {
        // By the pace of the size before.
        let is_long = pace * u32::try_from(count).unwrap_or(u32::MAX) > PATIENCE;
        let (mut all_new, mut nothing_new) = (Syncs::default(), Syncs::default());
        let runs = if count <= 100_000 { scale.runs.min(3) } else { 1 };
        for _ in 0..runs {
            if is_long {
                let kept = Scratch::of(&data::unlabeled(count));
                nothing_new.push(&kept.path(), count, count);
            } else {
                let folder = tempfile::Builder::new().prefix("scratch-").tempdir_in(data::folder());
                let folder = folder.expect("a folder to work in");
                let path = folder.path().join("new.earmark");
                let made = Writer::create(&path, &data::dataset(count), data::identity());
                drop(made.expect("a workspace"));
                all_new.push(&path, count, 0);
                nothing_new.push(&path, count, count);
                pace = all_new.taken.median().wall / u32::try_from(count).unwrap_or(u32::MAX);
            }
        }
        let name = thousands(count as u64);
        for (what, syncs) in [("all new", &all_new), ("nothing new", &nothing_new)] {
            if syncs.taken.len() == 0 {
                eprintln!("  left out: a first sync of {name} would take longer than five minutes");
                continue;
            }
            let staged = syncs.staged.median().wall.as_secs_f64();
            report.add(
                Row::seconds(format!("listing of {name} staged and applied, {what}"), {
                    syncs.taken.median()
                })
                .note(format!("{staged:.1} s of it until it is staged")),
            );
        }
        let peak = all_new.peak.max(nothing_new.peak);
        let row = Row::new(format!("the same, {name}: memory at most"), Figure::Mebibytes(peak))
            .bar(Bar::AtMost(MOST))
            .note(format!("{:.0} MiB, then {:.0} MiB", all_new.peak, nothing_new.peak));
        report.add(match least {
            Some(least) => row.against(format!("with {}", thousands(few as u64)), least),
            None => row,
        });
        least.get_or_insert(Figure::Mebibytes(peak));
    }
}

/// What some syncs took.
#[derive(Default)]
struct Syncs {
    /// In all.
    taken: Series,
    /// Until everything was staged.
    staged: Series,
    /// Resident memory at most, in MiB.
    peak: f64,
}

impl Syncs {
    /// One more, in a process of its own. So many files must be found to be as they were.
    fn push(&mut self, workspace: &Path, count: usize, unchanged: usize) {
        let program = std::env::current_exe().expect("the path of this program");
        let output = Command::new(program)
            .env(CHILD, format!("{count} {}", workspace.display()))
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .expect("this program starts");
        assert!(output.status.success(), "{}", output.status);
        let said: Value = serde_json::from_slice(&output.stdout).expect("what it took");
        let number = |name: &str| said[name].as_f64().expect("a figure");
        let taken = |wall: &str, cpu: &str| Taken {
            wall: Duration::from_secs_f64(number(wall)),
            cpu: Duration::from_secs_f64(number(cpu)),
        };
        assert_eq!((said["total"].as_u64(), said["unchanged"].as_u64()), {
            (Some(count as u64), Some(unchanged as u64))
        });
        let staged = taken("staged", "staged_cpu");
        self.taken.push(staged + taken("applied", "applied_cpu"));
        self.staged.push(staged);
        self.peak = self.peak.max(number("peak"));
    }
}

/// Does what is asked of a process of this program; `false` if nothing is.
pub(crate) fn is_child() -> bool {
    let Ok(asked) = std::env::var(CHILD) else { return false };
    let (count, workspace) = asked.split_once(' ').expect("a number and a path");
    let count: usize = count.parse().expect("a number");
    let (staging, staged) = timed(|| {
        let mut staging = Staging::create(&data::folder()).expect("room for a listing");
        for start in (0..count).step_by(AT_ONCE) {
            let end = count.min(start + AT_ONCE);
            let some: Vec<Listed> = (start..end).map(data::listed).collect();
            staging.add(&some).expect("room for a listing");
        }
        staging
    });
    let (report, applied) = timed(|| {
        let mut writer = Writer::open(Path::new(workspace), data::identity()).expect("it opens");
        let mut run = writer.begin_apply(&staging, Timestamp::now()).expect("nobody else syncs");
        let report = loop {
            let step = writer.apply_step(&mut run, &mut |_| None, Timestamp::now());
            if let Step::Done(report) = step.expect("the listing is applied") {
                break report;
            }
        };
        writer.end_sync().expect("the lease is given back");
        report
    });
    let own = i32::try_from(std::process::id()).expect("a process id");
    println!(
        "{}",
        json!({
            "total": report.total,
            "unchanged": report.unchanged,
            "staged": staged.wall.as_secs_f64(),
            "staged_cpu": staged.cpu.as_secs_f64(),
            "applied": applied.wall.as_secs_f64(),
            "applied_cpu": applied.cpu.as_secs_f64(),
            "peak": machine::peak(own).unwrap_or_default(),
        })
    );
    true
}
