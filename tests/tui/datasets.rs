//! Several datasets: those opened before, to open, rename, forget; and a new path.

use crate::desk::{Desk, place_clip};
use earmark::app::Screen;

fn two() -> Desk {
    let mut desk = Desk::with(&["a.wav", "b.wav"]);
    place_clip(&desk.source("../meetings/m.wav"), "03_weather_zh.wav", 3);
    desk.keys("<enter>one<enter>half<esc>");
    desk.wait(std::time::Duration::from_secs(3)).open("meetings").keys("D");
    desk
}

#[test]
fn nothing_opened_before_asks_for_a_path() {
    let mut desk = Desk::empty();
    desk.list_datasets();
    desk.keys("/nowhere/at/all<enter>").expect("could not be opened").keys("<esc><esc>");
    assert_eq!(desk.state.screen, Screen::Datasets);
    assert!(!desk.ended);
}

#[test]
fn opening_another_keeps_the_first_ones_place() {
    let mut desk = two();
    desk.expect("calls-2026").expect("meetings").expect("1 to label").expect("1 labeled");
    assert_eq!(desk.state.datasets.known.as_ref().unwrap()[0].name, "meetings", "newest first");
    desk.keys("j<enter>");
    assert_eq!(desk.state.dataset.name, "calls-2026");
    assert_eq!((desk.here().as_str(), desk.text()), ("b.wav", "half"));
}

#[test]
fn a_dataset_is_renamed() {
    let mut desk = two();
    desk.keys("r").expect("meetings").keys("<c-u>weekly<enter>").expect("weekly");
    desk.keys("r<c-u><enter>").expect("type something").keys("calls-2026<enter>");
    desk.expect("calls-2026").expect("weekly");
    assert!(desk.shows("taken") || desk.shows("already"), "{}", desk.screen());
}

#[test]
fn a_dataset_is_forgotten_but_its_workspace_stays() {
    let mut desk = two();
    let workspace = desk.room().opened.workspace.clone();
    desk.keys("d").expect("off this list?").keys("<enter>");
    desk.expect("meetings").keys("dy");
    assert!(!desk.shows("meetings"), "{}", desk.screen());
    assert!(workspace.exists());
    desk.keys("o/home/ann/meetings<enter>");
    assert_eq!(desk.state.dataset.name, "meetings");
}

#[test]
fn a_pasted_path_is_opened() {
    let mut desk = two();
    desk.paste("/home/ann/calls-2026\n").keys("<enter>");
    assert_eq!((desk.state.screen, desk.here().as_str()), (Screen::Labeling, "b.wav"));
}

#[test]
fn a_folder_without_audio_says_so() {
    let mut desk = Desk::with(&[]);
    std::fs::write(desk.source("notes.txt"), "nothing").unwrap();
    desk.keys("S").expect("no audio found").expect("/home/ann/calls-2026");
}
