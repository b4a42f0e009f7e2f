//! What can happen to the files of a folder between two syncs.

use crate::dataset::Folder;
use earmark::domain::{Deed, Target};
use earmark::domain::{SyncReport, View};
use jiff::Timestamp;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_first_sync_adds_and_the_second_changes_nothing() {
    let mut folder = Folder::with(&["a.wav", "b/c.wav", "b/d.wav"]);
    assert_eq!(folder.sync(), SyncReport { added: 3, total: 3, ..SyncReport::default() });
    assert_eq!(folder.keys(View::Unlabeled), ["a.wav", "b/c.wav", "b/d.wav"]);
    assert_eq!(folder.sync(), SyncReport { unchanged: 3, total: 3, ..SyncReport::default() });
}

#[test]
fn an_empty_folder_is_a_dataset_without_samples() {
    assert_eq!(Folder::with(&[]).sync(), SyncReport::default());
}

#[test]
fn recordings_are_known_by_content_where_the_name_does_not_tell() {
    let mut folder = Folder::with(&["a.wav", "noending", "odd.x1", "UPPER.WAV"]);
    for other in ["a.txt", "README", "notes.md", "picture.png", "b.manifest"] {
        fs::write(folder.path(other), "text").unwrap();
    }
    assert_eq!(folder.sync().added, 4);
    assert_eq!(folder.keys(View::All), ["UPPER.WAV", "a.wav", "noending", "odd.x1"]);
}

#[test]
fn a_missing_file_keeps_its_label_and_comes_back_with_it() {
    let mut folder = Folder::with(&["a.wav", "b.wav"]);
    folder.sync();
    folder.label("a.wav", "hello");
    let aside = folder.path("../aside.wav");
    fs::rename(folder.path("a.wav"), &aside).unwrap();
    let report = folder.sync();
    assert_eq!(report, SyncReport { missing: 1, unchanged: 1, total: 2, ..SyncReport::default() });
    assert_eq!(folder.keys(View::Missing), ["a.wav"]);
    assert_eq!(folder.keys(View::Labeled), [""; 0]);
    let again = folder.sync();
    assert_eq!(again, SyncReport { unchanged: 1, total: 2, ..SyncReport::default() });
    fs::rename(&aside, folder.path("a.wav")).unwrap();
    let report = folder.sync();
    assert_eq!(report, SyncReport { restored: 1, unchanged: 1, total: 2, ..SyncReport::default() });
    assert_eq!(folder.content("a.wav").as_deref(), Some("hello"));
    assert_eq!(folder.keys(View::Labeled), ["a.wav"]);
}

#[test]
fn changed_audio_keeps_its_label_and_asks_to_be_confirmed() {
    let mut folder = Folder::with(&["a.wav", "b.wav"]);
    folder.sync();
    folder.label("a.wav", "hello");
    folder.record("a.wav", "another recording");
    folder.record("b.wav", "another one");
    assert_eq!(folder.sync(), SyncReport { changed: 2, total: 2, ..SyncReport::default() });
    assert_eq!(folder.content("a.wav").as_deref(), Some("hello"));
    assert_eq!(folder.keys(View::Labeled), ["a.wav"]);
    assert_eq!(folder.keys(View::ToConfirm), ["a.wav"]);
    assert!(folder.rows(View::ToConfirm)[0].confirm.audio_changed);
}

#[test]
fn the_same_audio_with_a_new_time_is_not_changed() {
    let mut folder = Folder::with(&["a.wav"]);
    folder.sync();
    folder.probe();
    folder.label("a.wav", "hello");
    folder.touch("a.wav");
    assert_eq!(folder.sync(), SyncReport { unchanged: 1, total: 1, ..SyncReport::default() });
    assert_eq!(folder.keys(View::ToConfirm), [""; 0]);
}

#[test]
fn a_moved_file_keeps_its_label_and_its_history() {
    let mut folder = Folder::with(&["a.wav", "b.wav"]);
    folder.sync();
    folder.probe();
    folder.label("a.wav", "hello");
    folder.rename("a.wav", "sub/moved.wav");
    let report = folder.sync();
    assert_eq!(report, SyncReport { moved: 1, unchanged: 1, total: 2, ..SyncReport::default() });
    assert_eq!(folder.content("sub/moved.wav").as_deref(), Some("hello"));
    let reader = folder.reader();
    let sample = reader.find(&"sub/moved.wav".into()).unwrap().unwrap();
    let history = reader.history(sample).unwrap();
    assert!(history.iter().any(|revision| revision.moved_from == Some("a.wav".into())));
    let again = folder.sync();
    assert_eq!(again, SyncReport { unchanged: 2, total: 2, ..SyncReport::default() });
}

#[test]
fn a_file_that_moved_before_anybody_looked_into_it_is_recognized_by_size_and_time() {
    let mut folder = Folder::with(&["a.wav", "much longer name.wav"]);
    folder.sync();
    folder.label("a.wav", "hello");
    folder.rename("a.wav", "moved.wav");
    assert_eq!(folder.sync().moved, 1);
    assert_eq!(folder.content("moved.wav").as_deref(), Some("hello"));
}

#[test]
fn copies_are_only_possible_moves() {
    let mut folder = Folder::with(&["a.wav"]);
    folder.sync();
    folder.probe();
    folder.label("a.wav", "hello");
    fs::copy(folder.path("a.wav"), folder.path("one.wav")).unwrap();
    folder.rename("a.wav", "two.wav");
    let report = folder.sync();
    assert_eq!((report.moved, report.added, report.missing), (0, 2, 1));
    assert!(report.possible_moves > 0);
    assert_eq!(folder.content("a.wav").as_deref(), Some("hello"));
}

#[test]
fn a_copy_of_a_file_that_is_still_there_is_new() {
    let mut folder = Folder::with(&["a.wav"]);
    folder.sync();
    folder.probe();
    folder.label("a.wav", "hello");
    fs::copy(folder.path("a.wav"), folder.path("b.wav")).unwrap();
    let report = folder.sync();
    assert_eq!(report, SyncReport { added: 1, unchanged: 1, total: 2, ..SyncReport::default() });
    assert_eq!(folder.content("b.wav"), None);
}

#[test]
fn what_is_in_the_trash_stays_there() {
    let mut folder = Folder::with(&["a.wav", "b.wav"]);
    folder.sync();
    let sample = folder.reader().find(&"a.wav".into()).unwrap().unwrap();
    let target = Target::Samples(vec![sample]);
    folder.writer.act(&Deed::Delete, &target, Timestamp::now()).unwrap();
    assert_eq!(folder.sync(), SyncReport { unchanged: 2, total: 2, ..SyncReport::default() });
    assert_eq!(folder.keys(View::Deleted), ["a.wav"]);
    fs::remove_file(folder.path("a.wav")).unwrap();
    folder.sync();
    assert_eq!(folder.keys(View::Deleted), ["a.wav"]);
}

#[test]
fn what_could_not_be_listed_is_not_missing() {
    let mut folder = Folder::with(&["a.wav", "closed/b.wav", "closed/d/e.wav", "zz.wav"]);
    folder.sync();
    folder.label("closed/b.wav", "hello");
    let closed = folder.path("closed");
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    let as_root = fs::read_dir(&closed).is_ok();
    let summary = folder.sync_all();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let all = SyncReport { unchanged: 4, total: 4, ..SyncReport::default() };
    assert_eq!(summary.report, all);
    assert_eq!(summary.unlisted.len(), usize::from(!as_root));
    assert_eq!(folder.content("closed/b.wav").as_deref(), Some("hello"));
    assert_eq!(folder.sync(), all);
}

#[test]
fn names_that_are_hostile_or_not_utf8_are_kept_as_they_are() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let mut folder = Folder::with(&["line\nbreak.wav", "\u{202e}gnp.wav", "\u{1b}[2J.wav"]);
    let long = format!("{}.wav", "x".repeat(251));
    folder.record(&long, "long");
    let bytes = folder.path("").join(OsStr::from_bytes(b"caf\xe9.wav"));
    let written = u64::from(fs::copy(folder.path(&long), bytes).is_ok());
    assert_eq!(folder.sync().added, 4 + written);
    assert_eq!(folder.sync().unchanged, 4 + written);
    folder.label("line\nbreak.wav", "hello");
    assert_eq!(folder.content("line\nbreak.wav").as_deref(), Some("hello"));
}

#[test]
fn lengths_are_known_once_the_files_were_looked_into() {
    let mut folder = Folder::with(&["a.wav"]);
    folder.record("b.wav", &"x".repeat(4000));
    fs::write(folder.path("broken.wav"), "no audio at all").unwrap();
    folder.sync();
    assert_eq!(folder.counts().seconds_known, 0);
    folder.probe();
    let counts = folder.counts();
    assert_eq!(counts.seconds_known, 2);
    assert!((counts.seconds_total - 4005.0 / 8000.0).abs() < 1e-6);
    let reader = folder.reader();
    let broken = reader.find(&"broken.wav".into()).unwrap().unwrap();
    assert!(reader.detail(broken).unwrap().unwrap().audio_error.is_some());
    assert!(reader.unprobed(10).unwrap().is_empty());
}
