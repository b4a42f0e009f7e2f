//! Several at once: selecting, and one thing done to all of them in one step.

use crate::desk::Desk;
use earmark::domain::{Flag, View};

const FIVE: [&str; 5] = ["a.wav", "b.wav", "c.wav", "d.wav", "e.wav"];

#[test]
fn one_content_for_all_that_are_selected() {
    let mut desk = Desk::with(&FIVE);
    desk.keys("<space><space>").expect("2 selected").keys("b").expect("2 files");
    desk.keys("1music<enter>").expect("Label 2 files with “music”?").keys("<enter>");
    desk.expect("labeled 2 files");
    assert_eq!(desk.names(), ["c.wav", "d.wav", "e.wav"]);
    assert_eq!(desk.label("b.wav").as_deref(), Some("music"));
    assert!(!desk.shows("selected"), "{}", desk.screen());
    desk.keys("u").expect("took back");
    assert_eq!(desk.names(), FIVE);
    desk.keys("U").expect("done again");
    assert_eq!(desk.counts().labeled, 2);
}

#[test]
fn a_range_and_all_that_match() {
    let mut desk = Desk::with(&FIVE);
    desk.keys("jvjjv").expect("3 selected").keys("<esc>");
    assert!(!desk.shows("selected"));
    desk.keys("a").expect("5 selected").keys("bj<enter>").expect("their suggestions?");
    desk.keys("n").expect("5 selected").keys("b4<enter>").expect("5 needed nothing");
}

#[test]
fn all_that_match_a_filter_are_only_those() {
    let mut desk = Desk::with(&FIVE);
    desk.keys("/b.<enter>ab1same<enter>").expect("labeled 1 file");
    assert_eq!(desk.counts().labeled, 1);
    assert_eq!(desk.label("b.wav").as_deref(), Some("same"));
}

#[test]
fn the_question_can_be_answered_with_no() {
    let mut desk = Desk::with(&FIVE);
    desk.keys("ab1music<enter><esc>");
    assert_eq!(desk.counts().labeled, 0);
    desk.keys("b1<enter>").expect("type the content for all").keys("<esc>");
    assert_eq!(desk.counts().labeled, 0);
    desk.keys("b1x<enter>n").expect("5 selected");
    assert_eq!(desk.counts().labeled, 0);
}

#[test]
fn labels_of_several_are_removed_in_one_step() {
    let mut desk = Desk::with(&FIVE);
    desk.keys("ab1x<enter>y3<space><space>x").expect("Remove the label of 2 files?").keys("y");
    assert_eq!(desk.counts().labeled, 3);
    desk.keys("u");
    assert_eq!(desk.counts().labeled, 5);
    assert_eq!(desk.tab(), View::Labeled);
}

#[test]
fn flags_of_several() {
    let mut desk = Desk::with(&FIVE);
    desk.keys("<space><space>Fb").expect("Flag 2 files: bad audio?").keys("y");
    assert_eq!(desk.row("b.wav").known_flags().collect::<Vec<_>>(), [Flag::BadAudio]);
    desk.expect("⚑b").keys("ab3u").expect("Flag 5 files: unsure?").keys("y");
    assert_eq!(desk.row("e.wav").known_flags().collect::<Vec<_>>(), [Flag::Unsure]);
    desk.keys("u");
    assert_eq!(desk.row("e.wav").flags, 0);
}

#[test]
fn no_speech_labels_with_nothing_and_goes_on() {
    let mut desk = Desk::with(&FIVE);
    desk.keys("<enter><f4>n");
    assert_eq!(desk.here(), "b.wav");
    assert_eq!(desk.label("a.wav").as_deref(), Some(""));
    assert_eq!(desk.deck.loaded.last(), Some(&("b.wav".to_owned(), true)));
    desk.keys("<c-g>u").keys("there<enter>");
    assert_eq!(desk.label("b.wav").as_deref(), Some("there"));
    desk.keys("<esc>3");
    assert_eq!(desk.row("a.wav").known_flags().collect::<Vec<_>>(), [Flag::NoSpeech]);
    assert_eq!(desk.row("b.wav").known_flags().collect::<Vec<_>>(), [Flag::Unsure]);
    desk.keys("<enter>somebody after all<enter>");
    assert_eq!(desk.row("a.wav").flags, 0, "a text takes no speech off");
}

#[test]
fn no_speech_off_again_is_unlabeled_again() {
    let mut desk = Desk::with(&FIVE);
    desk.keys("Fn");
    assert_eq!(desk.names(), ["b.wav", "c.wav", "d.wav", "e.wav"]);
    desk.keys("3Fn");
    assert_eq!(desk.counts().labeled, 0);
    desk.keys("uu");
    assert_eq!(desk.counts().labeled, 0);
}

#[test]
fn a_flag_alone_moves_nothing() {
    let mut desk = Desk::with(&FIVE);
    desk.keys("F<down><down><enter>");
    assert_eq!(desk.names(), FIVE);
    assert_eq!(desk.here(), "a.wav");
    assert_eq!(desk.row("a.wav").known_flags().collect::<Vec<_>>(), [Flag::OtherLanguage]);
    desk.keys("Fl");
    assert_eq!(desk.row("a.wav").flags, 0);
}

#[test]
fn ones_own_batch_is_nobody_elses_label() {
    let mut desk = Desk::with(&FIVE);
    desk.keys("<enter>one<esc>ab1two<enter>yu<enter><enter>");
    assert!(desk.state.dialogs.is_empty(), "{}", desk.screen());
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    assert_eq!(desk.counts().labeled, 1);
}
