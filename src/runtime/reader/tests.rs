//! A workspace in which some questions have no end: what else is asked is answered all the same.

use super::super::counter;
use super::super::runner::Incoming;
use super::*;
use crate::domain::{Anchor, Connection, Filter, Order, Scope, View};
use crate::workspace::{Dataset, Identity, Writer};
use std::path::PathBuf;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use uuid::Uuid;

/// To count what lists hold takes for ever; a share of a list needs no such count, nor does a sample.
const ENDLESS: &str = "
    INSERT INTO sample (id, key, part, size, etag) VALUES (1, x'61', 0, 1, 'a'), (2, x'62', 0, 2, 'b');
    DROP TABLE tally;
    CREATE VIEW tally (what, samples, known, micros) AS
        WITH RECURSIVE endless (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM endless)
        SELECT n, 0, 0, 0 FROM endless;";

/// Whoever asks, and what comes back.
struct Asker {
    folder: tempfile::TempDir,
    reader: Reader,
    answers: UnboundedReceiver<Incoming>,
    details: Receiver<DraftsJob>,
}

impl Asker {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.earmark");
        let dataset = Dataset {
            id: Uuid::from_u128(7),
            name: "calls".into(),
            source: "/data/calls".into(),
            output: None,
            connection: Connection::default(),
        };
        drop(Writer::create(&path, &dataset, Identity::new("ann")).unwrap());
        rusqlite::Connection::open(&path).unwrap().execute_batch(ENDLESS).unwrap();
        let (sender, answers) = unbounded_channel();
        let (drafts, details) = channel();
        let another = opening(path);
        let reader = another().unwrap();
        let reader = Reader::start(reader, another, drafts, Answers(sender)).unwrap();
        Self { folder, reader, answers, details }
    }

    /// The next answer that goes to the screen.
    fn answer(&mut self) -> Message {
        match self.answers.blocking_recv() {
            Some(Incoming::Message(message)) => message,
            _ => panic!("no answer"),
        }
    }
}

fn opening(path: PathBuf) -> impl Fn() -> Result<workspace::Reader, OpsError> + Send + 'static {
    move || Ok(workspace::Reader::open(&path, Identity::new("ann"))?)
}

fn quick() -> PageRequest {
    PageRequest {
        view: View::Unlabeled,
        filter: Filter::default(),
        order: Order::default(),
        scope: Some(Scope { part: 1, of: 2 }),
        anchor: Anchor::First,
        limit: 10,
    }
}

fn endless() -> PageRequest {
    PageRequest { filter: Filter::parse("by:nobody").unwrap(), ..quick() }
}

fn count(generation: u64, request: PageRequest, first: i64) -> Count {
    Count { generation, request, first: Some(SampleId(first)) }
}

#[test]
fn nothing_waits_for_a_count() {
    let mut asker = Asker::new();
    asker.reader.count(count(1, endless(), 1));
    asker.reader.newest.wait_until_it_runs(1);

    asker.reader.send(ReaderJob::Sample { id: SampleId(2), asked: 5 });
    let Ok(DraftsJob::Attach { asked: 5, detail }) = asker.details.recv() else { panic!() };
    assert_eq!(detail.id, SampleId(2));
    asker.reader.page(1, PagePurpose::After, quick());
    let Message::Page { generation: 1, page, .. } = asker.answer() else { panic!() };
    assert_eq!(page.rows.len(), 2);
    asker.reader.send(ReaderJob::History(SampleId(1)));
    assert!(matches!(asker.answer(), Message::History(SampleId(1), Ok(_))));

    // It goes on until the list is another; that one is counted.
    asker.reader.newest.wait_until_it_runs(1);
    asker.reader.page(2, PagePurpose::Replace, quick());
    assert!(matches!(asker.answer(), Message::Page { generation: 2, .. }));
    asker.reader.count(count(2, quick(), 2));
    let Message::Counted { generation: 2, offset, total } = asker.answer() else { panic!() };
    assert_eq!((offset, total), (Some(1), Some(2)));
    asker.reader.finish();
    assert!(
        asker.answers.blocking_recv().is_none(),
        "nothing is said of the count that was given up"
    );
}

#[test]
fn a_newer_count_ends_those_that_run_or_wait() {
    let mut asker = Asker::new();
    asker.reader.count(count(1, endless(), 1));
    asker.reader.newest.wait_until_it_runs(1);
    asker.reader.count(count(2, endless(), 1));
    asker.reader.count(count(3, endless(), 1));
    asker.reader.count(count(4, quick(), 1));
    assert!(matches!(asker.answer(), Message::Counted { generation: 4, .. }));
    asker.reader.finish();
    assert!(asker.answers.blocking_recv().is_none());
}

#[test]
fn of_several_counts_that_wait_only_the_newest_is_run() {
    let asker = Asker::new();
    let (sender, counts) = channel();
    for first in [endless(), endless(), quick()] {
        sender.send(count(1, first, 2)).unwrap();
    }
    drop(sender);
    let (answers, mut answered) = unbounded_channel();
    let open = opening(asker.folder.path().join("calls.earmark"));
    counter::serve(&open, &counts, &Newest::default(), &Answers(answers));
    let Some(Incoming::Message(message)) = answered.blocking_recv() else { panic!() };
    assert!(matches!(message, Message::Counted { offset: Some(1), total: Some(2), .. }));
    assert!(answered.blocking_recv().is_none());
}

#[test]
fn a_newer_page_ends_the_search_that_runs() {
    let mut asker = Asker::new();
    asker.reader.page(1, PagePurpose::Replace, endless());
    asker.reader.newest.wait_until_it_runs(1);
    // The letters that follow at once.
    asker.reader.page(2, PagePurpose::Replace, endless());
    asker.reader.page(3, PagePurpose::Replace, quick());
    let Message::Page { generation: 3, page, .. } = asker.answer() else { panic!() };
    assert_eq!(page.rows.len(), 2);
    asker.reader.finish();
    assert!(asker.answers.blocking_recv().is_none());
}

#[test]
fn neither_a_search_nor_a_count_keeps_anybody_who_leaves() {
    let mut asker = Asker::new();
    asker.reader.count(count(1, endless(), 1));
    asker.reader.newest.wait_until_it_runs(1);
    asker.reader.page(2, PagePurpose::Replace, endless());
    asker.reader.newest.wait_until_it_runs(2);
    asker.reader.count(count(2, endless(), 1));
    asker.reader.finish();
    assert!(asker.answers.blocking_recv().is_none());
}
