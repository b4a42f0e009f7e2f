//! Publish: counted against the version before, then done; and the versions that are there.

use crate::desk::Desk;
use crate::together::conflict;

const THREE: [&str; 3] = ["a.wav", "b.wav", "c.wav"];

#[test]
fn without_an_output_nothing_is_published() {
    let mut desk = Desk::with(&THREE);
    desk.keys("P").expect("not shared");
    assert!(desk.state.dialogs.is_empty());
}

#[test]
fn a_version_is_counted_then_published() {
    let mut desk = Desk::shared(&THREE);
    desk.keys("<enter>one<enter><esc>P").expect("V001").expect("the first version");
    desk.keys("<tab>the first week<enter>").expect("V001: 3 files, 1 labeled");
    assert!(!desk.home("out/versions/V001/version.json").exists(), "only counted");
    desk.keys("<enter>").expect("published V001").expect("/home/ann/out/calls-2026-");
    assert!(desk.home("out/versions/V001/version.json").exists());
    desk.keys("<esc><enter>two<enter><esc>P").expect("V002").expect("the last one: V001, 3 files");
    desk.keys("<enter>").expect("against V001: 0 added, 1 modified, 0 deleted").keys("<enter>");
    desk.expect("published V002").keys("<esc>");
    assert!(desk.state.dialogs.is_empty());
}

#[test]
fn versions_are_listed_and_compared() {
    let mut desk = Desk::shared(&THREE);
    desk.keys("P<tab>the first week<enter><enter><esc><enter>one<enter><esc>P<enter><enter><esc>");
    desk.keys(":versions<enter>").expect("V002").expect("V001").expect("the first week");
    desk.keys("<enter>").expect("V002 against V001").expect("0 added, 1 modified, 0 deleted");
    desk.expect("~ a.wav").keys("<esc><down><enter>").expect("the first version: mark another");
    desk.keys("<space><up><enter>").expect("V002 against V001").keys("<esc><esc>");
    desk.keys("P<up>")
        .expect("[Versions")
        .keys("<enter>")
        .expect("what changed")
        .keys("<esc><esc>");
    assert!(desk.state.dialogs.is_empty());
}

#[test]
fn a_conflict_is_named_and_asked_about() {
    let mut desk = Desk::shared(&THREE);
    conflict(&mut desk, "a.wav", ["red rose", "red nose"]);
    desk.keys("P<enter>").expect("1 in conflict:").expect("  a.wav").keys("<enter>");
    desk.expect("Training").keys("<enter>3").expect("published V001").expect("2 files");
}

#[test]
fn what_is_wrong_is_said_at_its_field() {
    let mut desk = Desk::shared(&THREE);
    desk.keys("P<c-u>../x<enter>").expect("up to 32 letters").keys("<c-u>V007");
    desk.keys("<up><up><up>1.5<enter>").expect("a share from 0 to 1").keys("<c-u>0,9<enter>");
    desk.expect("90 % for training").expect("V007").keys("<enter>").expect("published V007");
}

#[test]
fn publishing_is_stopped_and_nothing_is_left() {
    let mut desk = Desk::shared(&THREE);
    desk.keys("P<enter>");
    desk.room().slow = true;
    desk.keys("<enter>").expect("writing").keys("<esc>").expect("nothing was published");
    assert!(!desk.home("out/versions/V001").exists());
}
