//! Finding files: filter, search, order, tabs.

use crate::desk::{Desk, place_clip};
use earmark::domain::OrderBy;

/// Files of four lengths: 2.4, 1.1, 2.4 and 1.1 seconds or so, by the clips they are made of.
const FILES: [&str; 4] = ["agent_1.wav", "cust_1.wav", "agent_2.flac", "cust_2.wav"];

fn labeled() -> Desk {
    let mut desk = Desk::with(&FILES);
    desk.keys("<enter>the order number please<enter>refund the order<enter>a parcel<enter><esc>");
    desk
}

#[test]
fn the_list_follows_while_a_name_is_typed() {
    let mut desk = Desk::with(&FILES);
    desk.keys("/cu");
    assert_eq!(desk.names(), ["cust_1.wav", "cust_2.wav"]);
    desk.keys("st_2");
    assert_eq!(desk.names(), ["cust_2.wav"]);
    desk.keys("x").expect("nothing matches").keys("<bs><enter>");
    assert_eq!(desk.names(), ["cust_2.wav"]);
    desk.keys("<esc>");
    assert_eq!(desk.names().len(), 4, "Esc in the list shows everything again");
}

#[test]
fn esc_brings_the_former_filter_back() {
    let mut desk = Desk::with(&FILES);
    desk.keys("/agent<enter>f_2<esc>");
    assert_eq!(desk.state.list.filter.to_string(), "agent");
    assert_eq!(desk.names(), ["agent_1.wav", "agent_2.flac"]);
}

#[test]
fn content_flag_and_duration_narrow_the_list() {
    let mut desk = labeled();
    desk.keys("3/text:order<enter>");
    assert_eq!(desk.names(), ["agent_1.wav", "agent_2.flac"]);
    desk.keys("/re<enter>");
    assert_eq!(desk.names(), ["agent_2.flac"], "two letters are found too");
    desk.keys("/<enter>Fu/flag:unsure<enter>");
    assert_eq!(desk.names().len(), 1);
    desk.keys("/flag:none<enter>");
    assert_eq!(desk.names().len(), 2);
    let seconds = desk.row("cust_1.wav").seconds.unwrap();
    desk.keys(&format!("/dur<lt>{:.3}<enter>", seconds + 0.001));
    assert_eq!(desk.names(), ["cust_1.wav"]);
    desk.keys(&format!("/dur>{:.3}<enter>", seconds + 0.001));
    assert_eq!(desk.names(), ["agent_1.wav", "agent_2.flac"]);
}

#[test]
fn a_filter_that_cannot_be_read_says_why_and_changes_nothing() {
    let mut desk = Desk::with(&FILES);
    desk.keys("/dur>x").expect("\"dur>x\"").keys("<enter>").expect("dur>x").keys("<esc>");
    assert_eq!(desk.names().len(), 4);
}

#[test]
fn every_order_orders_and_the_same_again_turns_it_round() {
    let mut desk = labeled();
    desk.keys("3");
    let by = |desk: &Desk| desk.state.list.order.by;
    let seconds = |desk: &Desk| -> Vec<f64> {
        desk.state.list.rows.iter().map(|row| row.seconds.unwrap()).collect()
    };
    let names = ["agent_1.wav", "agent_2.flac", "cust_1.wav"];
    assert_eq!(desk.names(), names);
    desk.keys("o1");
    assert_eq!(
        (by(&desk), desk.names()),
        (OrderBy::Name, names.map(String::from).into_iter().rev().collect())
    );
    desk.keys("o2");
    assert_eq!(by(&desk), OrderBy::Time);
    assert_eq!(desk.names(), ["agent_1.wav", "cust_1.wav", "agent_2.flac"]);
    desk.keys("o3");
    assert_eq!(by(&desk), OrderBy::Duration);
    assert!(seconds(&desk).is_sorted(), "{:?}", seconds(&desk));
    desk.keys("o3");
    assert!(seconds(&desk).is_sorted_by(|a, b| a >= b), "{:?}", seconds(&desk));
    desk.keys("o4");
    assert_eq!(by(&desk), OrderBy::Labeled);
    assert_eq!(desk.names(), names);
    desk.keys("o5");
    let speed: Vec<f64> = desk
        .state
        .list
        .rows
        .iter()
        .map(|row| row.content.as_ref().unwrap().chars().count() as f64 / row.seconds.unwrap())
        .collect();
    assert!(speed.is_sorted(), "{speed:?}");
}

#[test]
fn the_cursor_stays_on_its_file_in_a_new_order() {
    let mut desk = Desk::with(&FILES);
    desk.keys("G");
    let here = desk.here();
    desk.keys("o1");
    assert_eq!(desk.here(), here);
}

#[test]
fn thousands_of_files_come_in_pages() {
    let mut desk = Desk::with(&[]);
    desk.room().waves = false;
    for index in 0..450 {
        let path = desk.source(&format!("{index:04}.wav"));
        place_clip(&path, "01_greeting_caller.wav", index);
    }
    desk.keys("S").expect("Unlabeled 450").expect("1/450");
    assert!(desk.names().len() < 450, "never all rows");
    desk.keys("G").expect("450/450");
    assert_eq!(desk.here(), "0449.wav");
    desk.keys("<pgup><pgup><pgup><pgup><pgup><pgup><pgup><pgup>");
    assert!(desk.names().len() < 450);
    desk.keys("g").expect("1/450");
    for _ in 0..14 {
        desk.keys("<pgdn>");
    }
    let height = desk.state.layout().list_height();
    assert_eq!(desk.here(), format!("{:04}.wav", 14 * height));
    desk.expect(&format!("{}/450", 14 * height + 1));
}

#[test]
fn a_dataset_grows_and_shrinks_under_the_cursor() {
    let mut desk = Desk::with(&FILES);
    desk.keys("j");
    let here = desk.here();
    place_clip(&desk.source("aaa.wav"), "02_order_caller.mp3", 77);
    std::fs::remove_file(desk.source("cust_2.wav")).unwrap();
    desk.keys("S").expect("1 added").expect("1 missing").expect("1 missing");
    assert_eq!(desk.here(), here);
    assert_eq!(desk.names(), ["aaa.wav", "agent_1.wav", "agent_2.flac", "cust_1.wav"]);
    desk.keys("S").expect("nothing new");
}
