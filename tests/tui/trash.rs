//! Delete File, the trash, and the files in the source.

use crate::desk::Desk;
use earmark::domain::View;

const FOUR: [&str; 4] = ["a.wav", "b.wav", "c.wav", "sub/d.wav"];

#[test]
fn into_the_trash_and_back() {
    let mut desk = Desk::with(&FOUR);
    desk.keys("<enter>one<enter><esc>3d").expect("[ ] Delete the source files").keys("<enter>");
    assert_eq!((desk.counts().deleted, desk.counts().labeled), (1, 0));
    assert!(desk.source("a.wav").exists());
    desk.keys("4").expect("4 Trash 1");
    assert_eq!(desk.names(), ["a.wav"]);
    desk.keys("S");
    assert_eq!(desk.counts().deleted, 1, "sync does not bring it back");
    desk.keys("r").expect("restored 1 file");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    assert_eq!((desk.counts().deleted, desk.counts().labeled), (0, 1));
    desk.keys("uu");
    assert_eq!(desk.counts().deleted, 0);
}

#[test]
fn cancel_is_cancel() {
    let mut desk = Desk::with(&FOUR);
    for keys in ["d<esc>", "d<tab><enter>", "d<tab><space>"] {
        desk.keys(keys);
        assert_eq!(desk.counts().deleted, 0, "{keys}");
        assert!(desk.state.dialogs.is_empty(), "{keys}");
    }
}

#[test]
fn source_files_go_only_when_their_count_is_typed() {
    let mut desk = Desk::with(&FOUR);
    desk.keys("<space><space>d<s-tab><space>").expect("[x] Delete the source files");
    desk.expect("type 2 to confirm").keys("<tab>3<enter>").expect("type 2 to delete");
    assert!(desk.source("a.wav").exists());
    desk.keys("<bs>2<enter>").expect("deleted 2 files in the source");
    assert!(!desk.source("a.wav").exists() && !desk.source("b.wav").exists());
    assert!(desk.source("c.wav").exists() && desk.source("sub/d.wav").exists());
    assert_eq!(desk.names(), ["c.wav", "sub/d.wav"]);
    assert_eq!(desk.counts().deleted, 2);
    desk.keys("S").expect("2 files");
    assert_eq!(desk.names(), ["c.wav", "sub/d.wav"]);
}

#[test]
fn the_box_is_never_ticked_by_itself() {
    let mut desk = Desk::with(&FOUR);
    desk.keys("d<s-tab><space><esc>d").expect("[ ] Delete the source files").keys("<enter>");
    assert!(desk.source("a.wav").exists());
    assert_eq!(desk.counts().deleted, 1);
}

#[test]
fn what_could_not_be_deleted_is_named_and_stays() {
    let mut desk = Desk::with(&FOUR);
    let outside = desk.source("../outside.wav");
    std::fs::rename(desk.source("b.wav"), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, desk.source("b.wav")).unwrap();
    desk.keys("<space><space>d<s-tab><space><tab>2<enter>").expect("1 file could not be deleted");
    desk.expect("b.wav:").keys("<enter>");
    assert!(outside.exists(), "never outside the source");
    assert_eq!(desk.names(), ["b.wav", "c.wav", "sub/d.wav"]);
    assert_eq!(desk.counts().deleted, 1);
}

#[test]
fn several_are_restored_in_one_step() {
    let mut desk = Desk::with(&FOUR);
    desk.keys("ad<enter>").expect("put 4 files into the trash").keys("4");
    desk.keys("ar").expect("Restore 4 files from the trash?").keys("y");
    assert_eq!((desk.counts().deleted, desk.tab()), (0, View::Deleted));
    desk.expect("the trash is empty");
}

#[test]
fn in_the_trash_nothing_is_edited() {
    let mut desk = Desk::with(&FOUR);
    desk.keys("d<enter>4<enter>").expect("in the trash: restore it first");
    desk.keys("hello");
    assert_eq!(desk.text(), "");
}
