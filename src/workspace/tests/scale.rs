//! Many samples: a batch, its undo and a sync stay in proportion. Generous limits: only another order of growth fails.

use super::*;
use std::time::{Duration, Instant};

const MANY: usize = 20_000;

fn within<T>(limit: Duration, what: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let value = work();
    let took = began.elapsed();
    println!("{what}: {took:?}");
    assert!(took < limit, "{what} took {took:?}");
    value
}

#[test]
fn a_batch_and_its_undo_on_many_samples() {
    let limit = Duration::from_secs(20);
    let listed: Vec<Listed> =
        (0..MANY).map(|n| file(&format!("calls/2026/{n:07}.wav"), n as u64, "e")).collect();
    let mut desk = Desk::new(&[]);
    let staging = desk.staged(&listed);
    let now = desk.now();
    let mut run = desk.writer.begin_apply(&staging, now).unwrap();
    within(limit, "sync", || while !matches!(desk.step(&mut run), Step::Done(_)) {});
    let target = Target::Matching { view: View::Unlabeled, filter: Filter::default(), scope: None };
    let deed = Deed::Label("one text for all of them".into());
    let report =
        within(limit, "batch", || desk.writer.act(&deed, &target, Timestamp::now()).unwrap());
    assert_eq!(report.changed, MANY as u64);
    let undone = within(limit, "undo", || desk.writer.undo(Timestamp::now()).unwrap().unwrap());
    assert_eq!(undone.changed, MANY as u64);
    within(limit, "redo", || desk.writer.redo(Timestamp::now()).unwrap().unwrap());
    within(limit, "index", || while desk.writer.index_step().unwrap() > 0 {});
    let staging = desk.staged(&listed);
    let mut run = desk.writer.begin_apply(&staging, Timestamp::now()).unwrap();
    within(limit, "second sync", || while !matches!(desk.step(&mut run), Step::Done(_)) {});
    let request = PageRequest { filter: Filter::parse("0019999").unwrap(), ..lists::all() };
    let page = within(limit, "search", || desk.reader.page(&request).unwrap());
    assert_eq!(page.rows.len(), 1);
}
