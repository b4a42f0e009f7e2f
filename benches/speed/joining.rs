//! A machine that is new to a dataset: what others labeled, read from the output into a workspace that has the listing and
//! nothing else, against a bulk import of the same labels.

use super::data::{self, Scratch, Speech};
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Taken, in_turn, timed};
use earmark::domain::Source;
use earmark::objects::{Options, Store};
use earmark::sync::share;
use earmark::text::thousands;
use earmark::workspace::{ImportItem, Writer};
use jiff::Timestamp;
use std::ops::ControlFlow;
use std::path::Path;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let count = scale.many;
    let (fresh, output) = (data::unlabeled(count), data::output(count));
    let runs = scale.runs.min(3);
    let (read, imported) =
        in_turn(runs, || read(&fresh, &output, count), || imported(&fresh, count));
    let what = format!("a new machine reads {} labels of others", thousands(count as u64));
    let row = Row::new(what, Figure::seconds(read.wall));
    report.add(
        row.against("an import of as many", Figure::seconds(imported.wall)).bar(Bar::Times(1.0)),
    );
}

fn read(fresh: &Path, output: &Path, count: usize) -> Taken {
    let scratch = Scratch::of(fresh);
    let source = Source::Folder(output.to_owned());
    let store = Store::open(&source, &Options::default()).expect("the output opens");
    let mut writer = Writer::open(&scratch.path(), data::identity()).expect("the copy opens");
    let goes_on = &mut |_: &_| ControlFlow::Continue(());
    let (shared, taken) = timed(|| share(&store, &mut writer, &Timestamp::now, goes_on));
    let shared = shared.expect("labels are read").expect("nobody stops it");
    assert_eq!((shared.pulled, shared.conflicts), (count as u64, 0), "{shared:?}");
    taken
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
