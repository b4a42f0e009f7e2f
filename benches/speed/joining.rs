//! A machine that is new to a dataset: what others labeled, read from the output into a workspace that has the listing and
//! nothing else, against a bulk import of the same labels.

use super::data::{self, Scratch, Speech};
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Taken, in_turn, timed};
use earmark::domain::Source;
use earmark::objects::{Options, Store};
use earmark::sync::{ShareJob, ShareStep, share};
use earmark::text::thousands;
use earmark::workspace::{ImportItem, Writer};
use jiff::Timestamp;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let count = scale.many;
    let (fresh, output) = (data::unlabeled(count), data::output(count));
    let runs = scale.runs.min(3);
    let (read, imported) =
        in_turn(runs, || read(&fresh, &output, count), || imported(&fresh, count));
    let labels = thousands(count as u64);
    let beside = || Figure::seconds(imported.wall);
    report.add(
        Row::new(
            format!("a new machine reads {labels} labels of others"),
            Figure::seconds(read.wall),
        )
        .against("an import of as many", beside())
        .bar(Bar::Times(1.0)),
    );
    let (steps, longest) = in_steps(&fresh, &output, count);
    report.add(
        Row::new(
            format!("the same in steps, {labels}, as once somebody labels"),
            Figure::seconds(steps.wall),
        )
        .against("an import of as many", beside())
        .note(format!("one run; the longest step took {} ms", longest.as_millis())),
    );
}

fn read(fresh: &Path, output: &Path, count: usize) -> Taken {
    let scratch = Scratch::of(fresh);
    let (store, mut writer) = opened(&scratch, output);
    let goes_on = &mut |_: &_| ControlFlow::Continue(());
    let (shared, taken) = timed(|| share(&store, &mut writer, &Timestamp::now, goes_on));
    let shared = shared.expect("labels are read").expect("nobody stops it");
    assert_eq!((shared.pulled, shared.conflicts), (count as u64, 0), "{shared:?}");
    taken
}

/// Step by step, between which labels are committed; also the longest of them.
fn in_steps(fresh: &Path, output: &Path, count: usize) -> (Taken, Duration) {
    let scratch = Scratch::of(fresh);
    let (store, mut writer) = opened(&scratch, output);
    let mut longest = Duration::ZERO;
    let (pulled, taken) = timed(|| {
        let mut job = ShareJob::start(&store, &writer, Timestamp::now()).expect("it begins");
        loop {
            let (step, taken) = timed(|| job.step(&mut writer, Timestamp::now()));
            longest = longest.max(taken.wall);
            if let ShareStep::Done(report) = step.expect("labels are read") {
                return report.pulled;
            }
        }
    });
    assert_eq!(pulled, count as u64);
    (taken, longest)
}

fn opened(scratch: &Scratch, output: &Path) -> (Store, Writer) {
    let source = Source::Folder(output.to_owned());
    let store = Store::open(&source, &Options::default()).expect("the output opens");
    (store, Writer::open(&scratch.path(), data::identity()).expect("the copy opens"))
}

fn imported(fresh: &Path, count: usize) -> Taken {
    let scratch = Scratch::of(fresh);
    let mut writer = Writer::open(&scratch.path(), data::identity()).expect("the copy opens");
    let mut speech = Speech::new(7);
    let items: Vec<ImportItem> = (0..count)
        .map(|number| {
            ImportItem::label(data::listed(number).key, speech.sentence(), "bench.manifest", "1")
        })
        .collect();
    let (report, taken) = timed(|| writer.import(items, false, Timestamp::now()));
    assert_eq!(report.expect("it is imported").imported, count as u64);
    taken
}
