//! A sync that is stopped, killed, or met by another one.

use crate::dataset::Folder;
use earmark::domain::{SyncReport, View};
use earmark::sync::{SyncError, SyncJob, SyncStep, sync};
use earmark::workspace::{Identity, WorkspaceError, Writer};
use jiff::{SignedDuration, Timestamp};
use std::fs;
use std::ops::ControlFlow;

const FILES: u64 = 1500;

/// Many files; of those known already some went, some changed, some are new.
fn busy_folder() -> Folder {
    let names: Vec<String> = (0..FILES).map(|n| format!("{:02}/{n}.wav", n % 10)).collect();
    let mut folder = Folder::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    folder.sync();
    folder.label("03/3.wav", "three");
    for n in 0..1000 {
        let name = format!("{:02}/{n}.wav", n % 10);
        match n % 3 {
            0 => fs::remove_file(folder.path(&name)).unwrap(),
            1 => folder.record(&name, "now it says something else"),
            _ => folder.record(&format!("new/{n}.wav"), &format!("new {n}")),
        }
    }
    folder
}

#[test]
fn killed_after_any_step_the_next_run_ends_right() {
    let mut reference = busy_folder();
    reference.sync();
    let expected = (reference.keys(View::All), reference.keys(View::Missing), reference.counts());
    for kill_after in [0, 1, 3, 7] {
        let mut folder = busy_folder();
        let store = folder.store();
        let mut job = SyncJob::start(&store, &mut folder.writer, Timestamp::now()).unwrap();
        let mut steps = 0;
        while steps < kill_after {
            let step = job.step(&mut folder.writer, Timestamp::now()).unwrap();
            if matches!(step, SyncStep::Done(_)) {
                break;
            }
            steps += usize::from(matches!(step, SyncStep::Applying { .. }));
        }
        drop(job);
        folder.reopen();
        folder.sync();
        let ended = (folder.keys(View::All), folder.keys(View::Missing), folder.counts());
        assert_eq!(ended, expected, "killed after {kill_after} steps");
        assert_eq!(folder.content("03/3.wav").as_deref(), Some("three"));
        let again = folder.sync();
        let listed = FILES - 334 + 333;
        let total = FILES + 333;
        assert_eq!(
            again,
            SyncReport { unchanged: listed, total, ..SyncReport::default() },
            "killed after {kill_after} steps"
        );
    }
}

#[test]
fn the_first_samples_can_be_labeled_while_the_listing_still_runs() {
    let names: Vec<String> = (0..FILES).map(|n| format!("{n}.wav")).collect();
    let mut folder = Folder::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let store = folder.store();
    let mut job = SyncJob::start(&store, &mut folder.writer, Timestamp::now()).unwrap();
    let mut labeled = None;
    let report = loop {
        match job.step(&mut folder.writer, Timestamp::now()).unwrap() {
            SyncStep::Listing { found } if found > 0 && labeled.is_none() => {
                let key = folder.keys(View::Unlabeled).remove(0);
                folder.label(&key, "already");
                labeled = Some(key);
            }
            SyncStep::Done(summary) => break summary.report,
            _ => {}
        }
    };
    let labeled = labeled.expect("a sample appeared before the listing was over");
    assert_eq!((report.total, folder.counts().labeled), (FILES, 1));
    assert_eq!(report.added + report.unchanged, FILES);
    assert_eq!(folder.content(&labeled).as_deref(), Some("already"));
}

#[test]
fn a_sync_that_is_stopped_gives_its_lease_back() {
    let mut folder = busy_folder();
    let store = folder.store();
    let stop = &mut |_: &_| ControlFlow::Break(());
    assert!(sync(&store, &mut folder.writer, &Timestamp::now, stop).unwrap().is_none());
    folder.sync();
}

#[test]
fn one_process_at_a_time_syncs_and_a_dead_one_does_not_block_for_ever() {
    let mut folder = Folder::with(&["a.wav"]);
    let store = folder.store();
    let mut other = Writer::open(folder.writer.path(), Identity::new("bob")).unwrap();
    let now = Timestamp::now();
    let job = SyncJob::start(&store, &mut other, now).unwrap();
    let refused = SyncJob::start(&store, &mut folder.writer, now).unwrap_err();
    assert!(matches!(refused, SyncError::Elsewhere(WorkspaceError::SyncRunning { .. })));
    assert!(refused.to_string().contains("bob") || format!("{refused:?}").contains("bob"));
    drop(job);
    let later = now + SignedDuration::from_hours(1);
    let job = SyncJob::start(&store, &mut folder.writer, later).unwrap();
    job.cancel(&mut folder.writer).unwrap();
}

#[test]
fn a_source_that_went_away_is_an_error_and_nothing_is_missing() {
    let mut folder = Folder::with(&["a.wav"]);
    folder.sync();
    let store = folder.store();
    fs::rename(folder.path(""), folder.workspace_folder().join("elsewhere")).unwrap();
    let go_on = &mut |_: &_| ControlFlow::Continue(());
    let error = sync(&store, &mut folder.writer, &Timestamp::now, go_on).unwrap_err();
    assert!(matches!(error, SyncError::Source(_)));
    assert_eq!(folder.counts().missing, 0);
    fs::rename(folder.workspace_folder().join("elsewhere"), folder.path("")).unwrap();
    assert_eq!(folder.sync().unchanged, 1);
}
