//! Every call that writes fails in turn, for every job of the command line: ENOSPC, EIO, half a write; once, or from
//! then on. The job is done whole or not at all, what it says is true, and the next run does it.

use super::bench::{Bench, Disk, said};
use crate::figures;
use serde_json::Value;
use std::fs;

type State = Vec<[Value; 4]>;

/// Runs a job on a disk that fails in turn at each call that it makes (at some of them, spread over all, in a quick
/// run), and `part_way` says which other states it may leave when it fails.
fn each_call_fails(bench: &Bench, job: &[&str], part_way: impl Fn(&State) -> bool) {
    bench.keep();
    let before = bench.list(&[]);
    let count = bench.home.join("count");
    let clean = bench.run(job, &Disk::default().with("DISK_COUNT", &count));
    assert!(clean.status.success(), "{job:?}: {}", said(&clean));
    let after = bench.list(&[]);
    let calls = fs::read_to_string(&count).expect("calls were counted").lines().count();
    assert!(calls > 5, "{job:?} makes {calls} calls: the shim is not in between");

    let wanted = usize::try_from(figures::times(6, u64::MAX / 4)).expect("a number");
    let chosen: Vec<usize> = if calls <= wanted {
        (1..=calls).collect()
    } else {
        (0..wanted).map(|n| 1 + n * calls / wanted).collect()
    };
    let mut failed = 0;
    for (turn, at) in chosen.iter().enumerate() {
        let ways = [("ENOSPC", "1"), ("EIO", "0"), ("SHORT", "0"), ("EIO", "1"), ("ENOSPC", "0")];
        let (error, stays) = ways[turn % ways.len()];
        bench.back();
        let disk = Disk::default()
            .with("DISK_AT", at.to_string())
            .with("DISK_ERROR", error)
            .with("DISK_STAYS", stays);
        let outcome = bench.run(job, &disk);
        let told = format!("{job:?}, {error} at call {at} of {calls}, stays: {stays}");
        let now = bench.list(&[]);
        let code = outcome.status.code();
        assert!(matches!(code, Some(0 | 1 | 3)), "{told}: {code:?}: {}", said(&outcome));
        if code == Some(0) {
            assert_eq!(now, after, "{told}: it said that it was done");
        } else {
            failed += 1;
            assert!(said(&outcome).contains("error: "), "{told}: {}", said(&outcome));
            assert!(!said(&outcome).contains("panic"), "{told}: {}", said(&outcome));
            assert!(now == before || now == after || part_way(&now), "{told}: {now:#?}");
        }
        let again = bench.run(job, &Disk::default());
        // What was done although it was said to have failed is not done again: that may be named.
        assert!(again.status.success() || now == after, "{told}: the next run: {}", said(&again));
        let end = bench.list(&[]);
        // Labels that the job leaves alone, right after the fault; and all that there are to be, after the next run.
        let kept = labels(&before).filter(|row| after.contains(row));
        let lost = kept.filter(|row| !now.contains(row)).count()
            + labels(&after).filter(|row| !end.contains(row)).count();
        figures::count("labels lost", lost as u64);
        figures::count("labels checked", (labels(&before).count() + labels(&after).count()) as u64);
        figures::count("faults injected (disk)", 1);
        assert_eq!(lost, 0, "{told}: {before:#?}, then {now:#?}, then {end:#?}");
        assert_eq!(end, after, "{told}: after the next run");
    }
    assert!(failed > 0, "{job:?}: no fault was ever felt");
}

fn labels(state: &State) -> impl Iterator<Item = &[Value; 4]> {
    state.iter().filter(|row| !row[1].is_null())
}

fn none(_: &State) -> bool {
    false
}

#[test]
fn one_label() {
    let bench = Bench::new(4);
    let name = bench.names[2].clone();
    each_call_fails(&bench, &["label", "calls", &name, "--content", "said"], none);
}

#[test]
fn many_labels_are_one_or_none() {
    let bench = Bench::new(6);
    let lines: Vec<String> =
        bench.names.iter().map(|name| format!("{name}\tsaid in {name}\n")).collect();
    fs::write(bench.home.join("labels.tsv"), lines.concat()).expect("a file of labels");
    each_call_fails(&bench, &["label", "calls", "--from", "labels.tsv"], none);
}

#[test]
fn deleting() {
    let bench = Bench::new(4);
    let name = bench.names[0].clone();
    each_call_fails(&bench, &["delete", "calls", &name], none);
}

#[test]
fn a_first_sync() {
    let bench = Bench::bare(4);
    bench.succeeds(&["init", "calls", "--output", "out"]);
    // What was listed by then stays.
    each_call_fails(&bench, &["sync", "calls"], |_| true);
}

#[test]
fn a_sync_that_shares() {
    let bench = Bench::new(4);
    bench.succeeds(&["label", "calls", &bench.names[2], "--content", "to be shared"]);
    each_call_fails(&bench, &["sync", "calls"], none);
    bench.succeeds(&["sync", "calls"]);
    assert_eq!(bench.joined(), bench.list(&[]));
}

#[test]
fn publishing() {
    let bench = Bench::new(4);
    each_call_fails(&bench, &["publish", "calls"], none);
    bench.succeeds(&["versions", "calls"]);
    assert_eq!(bench.joined(), bench.list(&[]));
}

#[test]
fn exporting() {
    let bench = Bench::new(4);
    let to = bench.home.join("made/labels.csv");
    let job = ["export", "calls", "--format", "csv", "--to", "made/labels.csv"];
    bench.succeeds(&job);
    let whole = fs::read(&to).expect("an export");
    fs::remove_file(&to).expect("the export goes");
    each_call_fails(&bench, &job, none);
    bench.back();
    bench.succeeds(&job);
    assert_eq!(fs::read(&to).expect("an export"), whole);
    for at in 1..=figures::times(12, 60) {
        bench.back();
        let disk = Disk::default().with("DISK_AT", at.to_string()).with("DISK_STAYS", "1");
        bench.run(&job, &disk);
        let there = fs::read(&to).ok();
        assert!(there.is_none_or(|bytes| bytes == whole), "half an export at call {at}");
        figures::count("faults injected (disk)", 1);
    }
}

#[test]
fn adding() {
    let bench = Bench::new(3);
    let new = bench.home.join("new.wav");
    fs::copy(bench.home.join("calls").join(&bench.names[0]), &new).expect("a recording");
    let whole = fs::read(&new).expect("a recording");
    let added = bench.home.join("calls/new.wav");
    // The file may be there before the list knows it.
    each_call_fails(&bench, &["add", "calls", "new.wav", "--overwrite"], |_| {
        fs::read(&added).is_ok_and(|bytes| bytes == whole)
    });
}
