//! The mouse, for the obvious.

use crate::desk::Desk;
use earmark::app::{Focus, MouseKind};
use earmark::domain::View;

const THREE: [&str; 3] = ["a.wav", "b.wav", "c.wav"];

fn press_row(desk: &mut Desk, index: u16) {
    let list = desk.state.layout().list.inner();
    desk.mouse(list.x + 5, list.y + index, MouseKind::Press);
}

#[test]
fn tabs_rows_and_the_box_are_clicked() {
    for size in [(60, 16), (100, 30), (160, 45)] {
        let mut desk = Desk::with(&THREE);
        desk.resize(size.0, size.1).click("3 Labeled");
        assert_eq!(desk.tab(), View::Labeled, "{size:?}");
        desk.click("1 Unlabeled");
        press_row(&mut desk, 1);
        assert_eq!((desk.here().as_str(), desk.state.focus), ("b.wav", Focus::List));
        press_row(&mut desk, 1);
        desk.keys("hello");
        assert_eq!((desk.text(), desk.state.focus), ("hello", Focus::Editor));
        desk.click("llo").keys("_");
        assert_eq!(desk.text(), "he_llo");
        press_row(&mut desk, 0);
        assert_eq!(desk.draft("b.wav").as_deref(), Some("he_llo"));
        desk.click("⏎ plays it");
        assert_eq!((desk.here().as_str(), desk.state.focus), ("a.wav", Focus::Editor));
    }
}

#[test]
fn a_click_on_the_waveform_seeks() {
    for size in [(60, 16), (100, 30)] {
        let mut desk = Desk::with(&THREE);
        desk.resize(size.0, size.1).keys("<enter><tab>");
        let wave = desk.state.layout().wave.inner();
        desk.mouse(wave.x + wave.width / 2, wave.y + 1, MouseKind::Press);
        let half = desk.state.sound.seconds.unwrap() / 2.0;
        assert!((desk.state.sound.at - half).abs() < 0.1, "{} {half}", desk.state.sound.at);
    }
}

#[test]
fn the_wheel_moves_and_zooms() {
    let mut desk = Desk::with(&THREE);
    let list = desk.state.layout().list.inner();
    desk.mouse(list.x, list.y, MouseKind::WheelDown);
    assert_eq!(desk.here(), "c.wav");
    desk.mouse(list.x, list.y, MouseKind::WheelUp);
    assert_eq!(desk.here(), "a.wav");
    let wave = desk.state.layout().wave.inner();
    desk.keys("<enter>").mouse(wave.x, wave.y, MouseKind::WheelUp);
    assert!(desk.state.sound.zoom.is_some());
    desk.mouse(wave.x, wave.y, MouseKind::WheelDown);
}

#[test]
fn clicks_beside_everything_do_nothing() {
    let mut desk = Desk::with(&THREE);
    for size in [(1, 1), (10, 4), (60, 16), (300, 100)] {
        desk.resize(size.0, size.1);
        for column in (0..size.0).step_by(7) {
            for row in 0..size.1 {
                desk.mouse(column, row, MouseKind::WheelDown);
            }
        }
        desk.mouse(9_999, 9_999, MouseKind::Press);
    }
    assert_eq!(desk.counts().labeled, 0);
}
