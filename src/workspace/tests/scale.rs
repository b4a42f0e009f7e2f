//! Many samples: a batch, its undo and a sync stay in proportion. What is compared are two sizes in one run, with room
//! for a busy machine: only another order of growth fails.

use super::*;
use std::time::{Duration, Instant};

const FEW: usize = 500;
const TIMES: usize = 16;
/// How much dearer a sample may be among many.
const DEARER: u32 = 6;
/// What is too short to be measured on a busy machine.
const NOISE: Duration = Duration::from_millis(500);

#[test]
fn a_batch_and_its_undo_on_many_samples() {
    let few = costs(FEW);
    let many = costs(FEW * TIMES);
    for ((what, few), (_, many)) in few.into_iter().zip(many) {
        println!("{what}: {few:?}, {many:?}");
        let fair = few.max(NOISE / TIMES as u32) * TIMES as u32 * DEARER;
        assert!(many < fair, "{what} took {many:?} for {TIMES} times as many as in {few:?}");
    }
}

fn costs(samples: usize) -> Vec<(&'static str, Duration)> {
    let mut costs = Vec::new();
    let listed: Vec<Listed> =
        (0..samples).map(|n| file(&format!("calls/2026/{n:07}.wav"), n as u64, "e")).collect();
    let mut desk = Desk::new(&[]);
    let staging = desk.staged(&listed);
    let now = desk.now();
    let mut run = desk.writer.begin_apply(&staging, now).unwrap();
    let mut cost = |what, began: Instant| costs.push((what, began.elapsed()));

    let began = Instant::now();
    while !matches!(desk.step(&mut run), Step::Done(_)) {}
    cost("sync", began);

    let target = Target::Matching { view: View::Unlabeled, filter: Filter::default(), scope: None };
    let deed = Deed::Label("one text for all of them".into());
    let began = Instant::now();
    let report = desk.writer.act(&deed, &target, Timestamp::now()).unwrap();
    cost("batch", began);
    assert_eq!(report.changed, samples as u64);

    let began = Instant::now();
    let undone = desk.writer.undo(Timestamp::now()).unwrap().unwrap();
    cost("undo", began);
    assert_eq!(undone.changed, samples as u64);

    let began = Instant::now();
    desk.writer.redo(Timestamp::now()).unwrap().unwrap();
    cost("redo", began);

    let began = Instant::now();
    while desk.writer.index_step().unwrap() > 0 {}
    cost("index", began);

    let staging = desk.staged(&listed);
    let mut run = desk.writer.begin_apply(&staging, Timestamp::now()).unwrap();
    let began = Instant::now();
    while !matches!(desk.step(&mut run), Step::Done(_)) {}
    cost("second sync", began);

    let mut told = Vec::new();
    let tell = &mut |key: &SampleKey, revision: &Revision| {
        told.push((key.clone(), revision.clone()));
        std::ops::ControlFlow::Continue(())
    };
    desk.reader.revisions(tell).unwrap();
    let mut other = Desk::new(&[]);
    let began = Instant::now();
    for part in told.chunks(FEW) {
        other.writer.take_shared(part, Shared::Log, None).unwrap();
    }
    cost("what others wrote", began);
    assert_eq!(other.reader.counts().unwrap().missing, samples as u64);

    let last = format!("{:07}", samples - 1);
    let request = PageRequest { filter: Filter::parse(&last).unwrap(), ..lists::all() };
    let began = Instant::now();
    let page = desk.reader.page(&request).unwrap();
    cost("search", began);
    assert_eq!(page.rows.len(), 1);
    costs
}
