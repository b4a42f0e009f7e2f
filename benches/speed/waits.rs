//! How long a label waits for the one write lock while somebody else's batch, its undo or a sync is written.

use super::busy::{AtEnd, BATCH};
use super::data::{self, Scratch};
use super::report::{Bar, Figure, Report, Row};
use super::timing::{Series, timed};
use earmark::domain::{How, SampleId};
use earmark::workspace::{Identity, LabelOutcome, LabelRequest, Reader, Writer};
use jiff::Timestamp;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Between two labels: nobody labels faster.
const BETWEEN: Duration = Duration::from_millis(20);
/// Labels in peace, before the work and after it.
const IN_PEACE: usize = 25;

/// Labels one sample after another while the work is done. `bar`: what the slowest may take, in milliseconds.
pub(super) fn run(
    report: &mut Report,
    samples: usize,
    when: &str,
    bar: f64,
    work: impl FnOnce(&Path) + Send,
) {
    let scratch = Scratch::of(&data::unlabeled(samples));
    let path = scratch.path();
    let mut other = Other::at(&path);
    let (mut alone, mut beside) = (Series::default(), Series::default());
    for _ in 0..IN_PEACE {
        other.label(&mut alone);
    }
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _end = AtEnd(&over);
            work(&path);
        });
        while !over.load(Ordering::Acquire) {
            other.label(&mut beside);
        }
    });
    for _ in 0..IN_PEACE {
        other.label(&mut alone);
    }
    let millis = |part: f64| beside.at(part).wall.as_secs_f64() * 1000.0;
    report.add(
        Row::new(format!("a label of another {when}, worst"), Figure::millis(beside.at(1.0).wall))
            .against("nothing else done", Figure::millis(alone.at(1.0).wall))
            .bar(Bar::AtMost(bar))
            .note(format!(
                "{} labels, p50 {:.1} ms, p99 {:.1} ms; until it is on disk",
                beside.len(),
                millis(0.5),
                millis(0.99)
            )),
    );
}

/// Another labeler, whose samples are in no batch and stay what they are in every sync.
struct Other {
    writer: Writer,
    reader: Reader,
    number: usize,
}

impl Other {
    fn at(path: &Path) -> Self {
        let identity = || Identity::new("other");
        Self {
            writer: Writer::open(path, identity()).expect("the copy opens"),
            reader: Reader::open(path, identity()).expect("the copy opens"),
            number: BATCH.end + 1,
        }
    }

    fn label(&mut self, series: &mut Series) {
        thread::sleep(BETWEEN);
        let sample: SampleId = data::ids(&self.reader, std::iter::once(self.number))[0];
        let content = format!("what is said in {}", self.number);
        self.number += 4;
        let request = LabelRequest { sample, content, how: How::Typed, based_on: None };
        let (outcome, taken) = timed(|| self.writer.label(&request, Timestamp::now()));
        let outcome = outcome.expect("it is labeled");
        assert!(matches!(outcome, LabelOutcome::Labeled(_)), "{outcome:?}");
        series.push(taken);
    }
}
