//! Many samples at once: a batch and its undo, and a folder of many files.

use super::data::{self, Scratch};
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, timed};
use earmark::domain::{Deed, Filter, Source, Target, View};
use earmark::objects::{Options, Store};
use earmark::sync::sync;
use earmark::workspace::{Dataset, Reader, Writer};
use jiff::Timestamp;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use uuid::Uuid;

const BATCH: usize = 100_000;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    batch(scale, report);
    folder(scale, report);
}

/// 100,000 of many samples, named one by one and as all that match a filter: other ones in each run.
fn batch(scale: &Scale, report: &mut Report) {
    let mut by_id = Batches::on(scale);
    let mut by_filter = Batches::on(scale);
    for run in 0..scale.runs {
        // Other samples each time: their histories are as short as those of the first run.
        let samples = data::ids(&by_id.reader, run * BATCH..(run + 1) * BATCH);
        assert_eq!(samples.len(), BATCH);
        by_id.push(&Target::Samples(samples));
        // Beside every third: what differs is how the samples are found, a small part of it.
        if run % 3 == 0 {
            // The first two digits of seven say which hundred thousand it is.
            let filter = Filter::parse(&format!("name:utt-{run:02}")).expect("a filter");
            by_filter.push(&Target::Matching { view: View::Unlabeled, filter, scope: None });
        }
    }
    for (what, batches) in [("", by_id), (" that match", by_filter)] {
        let label = format!("one label for 100,000 samples{what}");
        for (what, series) in [(label.as_str(), batches.done), ("its undo", batches.undone)] {
            report.add(
                Row::seconds(format!("batch: {what}, one transaction"), series.median())
                    .bar(Bar::AtMost(2.0)),
            );
        }
    }
}

/// Batches on a workspace of their own, and what they took.
struct Batches {
    _scratch: Scratch,
    writer: Writer,
    reader: Reader,
    done: Series,
    undone: Series,
}

impl Batches {
    fn on(scale: &Scale) -> Self {
        let scratch = Scratch::of(&data::unlabeled(scale.many.max(300_000)));
        let (done, undone) = (Series::default(), Series::default());
        Self {
            writer: Writer::open(&scratch.path(), data::identity()).expect("the copy opens"),
            reader: Reader::open(&scratch.path(), data::identity()).expect("the copy opens"),
            _scratch: scratch,
            done,
            undone,
        }
    }

    fn push(&mut self, target: &Target) {
        let deed = Deed::Label("the same words for all of them".to_owned());
        let (report, taken) = timed(|| self.writer.act(&deed, target, Timestamp::now()));
        assert_eq!(report.expect("the batch is done").changed, BATCH as u64);
        self.done.push(taken);
        let (back, taken) = timed(|| self.writer.undo(Timestamp::now()));
        assert_eq!(back.expect("it is undone").map(|back| back.changed), Some(BATCH as u64));
        self.undone.push(taken);
    }
}

/// A folder of tiny files, listed and applied, against `find` counting them.
fn folder(scale: &Scale, report: &mut Report) {
    let files = tiny_files(scale.files);
    let store =
        Store::open(&Source::Folder(files.clone()), &Options::default()).expect("the folder opens");
    let home = tempfile::tempdir_in(data::folder()).expect("a folder to work in");
    let (mut found, mut first, mut second) =
        (Series::default(), Series::default(), Series::default());
    for run in 0..scale.runs {
        let path = home.path().join(format!("{run}.earmark"));
        let dataset = Dataset {
            id: Uuid::from_u128(1),
            name: "tiny".to_owned(),
            source: files.to_string_lossy().into_owned(),
            output: None,
            connection: earmark::domain::Connection::default(),
        };
        let mut writer = Writer::create(&path, &dataset, data::identity()).expect("a workspace");
        found.push(timed(|| find(&files)).1);
        for (series, unchanged) in [(&mut first, 0), (&mut second, scale.files as u64)] {
            let (report, taken) = timed(|| synced(&store, &mut writer));
            assert_eq!((report.total, report.unchanged), (scale.files as u64, unchanged));
            series.push(taken);
        }
    }
    let theirs = found.median().wall;
    for (what, series) in [("listed and applied", first), ("listed again, nothing new", second)] {
        report.add(
            Row::new(
                format!("folder of {} files {what}", earmark::text::thousands(scale.files as u64)),
                Figure::seconds(series.median().wall),
            )
            .against("find | wc", Figure::seconds(theirs)),
        );
    }
}

fn synced(store: &Store, writer: &mut Writer) -> earmark::domain::SyncReport {
    sync(store, writer, &Timestamp::now, &mut |_| ControlFlow::Continue(()))
        .expect("the folder is synchronized")
        .expect("nobody stops it")
        .report
}

fn find(folder: &Path) -> u64 {
    let output = Command::new("sh")
        .args(["-c", "find \"$1\" -type f | wc -l", "sh"])
        .arg(folder)
        .stdin(Stdio::null())
        .output()
        .expect("find is there");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("find counts")
}

fn tiny_files(count: usize) -> PathBuf {
    let folder = data::folder().join(format!("tiny-{count}"));
    if !folder.exists() {
        eprintln!("  making {count} tiny files, once …");
        let part = data::folder().join(format!("tiny-{count}.part"));
        for number in 0..count {
            let path = part.join(data::key(number));
            if number % 250 == 0 {
                fs::create_dir_all(path.parent().expect("a key lies in a folder"))
                    .expect("a folder");
            }
            fs::write(path, b"RIFF").expect("a tiny file");
        }
        fs::rename(&part, &folder).expect("the files are put in their place");
    }
    folder
}
