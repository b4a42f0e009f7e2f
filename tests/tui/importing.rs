//! Import data: read and counted first, then done as one step that can be taken back.

use crate::desk::Desk;

const THREE: [&str; 3] = ["a.wav", "b.wav", "c.wav"];

fn with_file(name: &str, text: &str) -> Desk {
    let desk = Desk::with(&THREE);
    std::fs::write(desk.home(name), text).unwrap();
    desk
}

const LINES: &str = "audio\tcontent\na.wav\tone\nb.wav\ttwo\nelsewhere.wav\tthree\n";

#[test]
fn it_is_counted_before_it_is_done() {
    let mut desk = with_file("labels.tsv", LINES);
    desk.keys("I/home/ann/labels.tsv<enter>").expect("nothing is written yet");
    desk.expect("2 labels").expect("1 match no file").expect("elsewhere.wav");
    assert_eq!(desk.counts().labeled, 0);
    desk.keys("<enter>").expect("imported 2 labels").expect("u takes it back");
    assert!(desk.state.dialogs.is_empty(), "{}", desk.screen());
    assert_eq!(desk.label("b.wav").as_deref(), Some("two"));
    desk.keys("u");
    assert_eq!(desk.counts().labeled, 0, "one step");
}

#[test]
fn a_persons_label_is_kept_unless_it_is_to_be_replaced() {
    for (replace, label) in [(false, "mine"), (true, "one")] {
        let mut desk = with_file("labels.tsv", LINES);
        desk.keys("<enter>mine<enter><esc>I/home/ann/labels.tsv");
        if replace {
            desk.keys("<up><space>").expect("[x] labels that people gave");
        }
        desk.keys("<enter>");
        if !replace {
            desk.expect("1 kept: labeled by a person:").expect("  a.wav");
        }
        desk.keys("<enter>");
        assert_eq!(desk.label("a.wav").as_deref(), Some(label));
    }
}

#[test]
fn as_suggestions_they_are_to_be_confirmed() {
    let mut desk = with_file("labels.tsv", LINES);
    desk.keys("I/home/ann/labels.tsv<up><up><left>").expect("suggestions to confirm");
    desk.keys("<enter>").expect("2 suggestions").keys("<enter>").expect("To confirm 2");
    assert_eq!(desk.counts().labeled, 0);
}

#[test]
fn lines_that_cannot_be_used_are_named_and_left_out_only_if_told_so() {
    let mut desk =
        with_file("labels.jsonl", "{\"audio\":\"a.wav\",\"content\":\"one\"}\n{broken\n");
    desk.keys("I/home/ann/labels.jsonl<enter>").expect("1 cannot be used").expect("line 2");
    desk.keys("<down><enter>").expect("From");
    assert_eq!(desk.counts().labeled, 0);
    desk.keys("<enter><enter>").expect("imported 1 label").expect("1 line left out");
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
}

#[test]
fn the_browser_finds_the_file_and_the_format_is_picked_from_a_list() {
    let mut desk = with_file("labels.tsv", LINES);
    desk.keys("I<enter>").expect("labels.tsv").keys("lab<enter>").expect("/home/ann/labels.tsv");
    desk.keys("<tab><tab><space>").expect("TSV with columns").keys("<esc>");
    desk.keys("t").expect("TSV with columns").keys("<enter>").expect("tsv: 3 entries");
    desk.keys("<esc><esc>");
    assert!(desk.state.dialogs.is_empty());
    assert_eq!(desk.counts().labeled, 0);
}

#[test]
fn what_cannot_be_read_is_said_and_the_form_stays() {
    let mut desk = with_file("labels.bin", "\u{1}\u{2}nothing");
    desk.keys("I/home/ann/none.tsv<enter>").expect("Import data: that did not work");
    desk.keys("<esc>").expect("/home/ann/none.tsv");
    desk.keys("<esc>I/home/ann/labels.bin<enter>").expect("no known format").keys("<esc><esc>");
    assert!(desk.state.dialogs.is_empty());
}

#[test]
fn reading_is_stopped_and_nothing_is_done() {
    let mut desk = with_file("labels.tsv", LINES);
    desk.keys("I/home/ann/labels.tsv<enter>");
    desk.room().slow = true;
    desk.keys("<enter>").expect("importing").keys("<esc>").expect("nothing was imported");
    assert_eq!(desk.counts().labeled, 0);
}

#[test]
fn hostile_lines_are_shown_safe() {
    let mut desk = with_file("labels.tsv", "audio\tcontent\nx\u{1b}[2Jy.wav\tone\n");
    desk.keys("I/home/ann/labels.tsv<enter>").expect("␛[2Jy.wav");
}
