//! Any size, at any time.

use crate::desk::Desk;
use crate::scene::calls;

const SIZES: [(u16, u16); 8] =
    [(300, 100), (60, 16), (1, 1), (20, 5), (2, 60), (200, 2), (80, 24), (100, 30)];

fn through_all_sizes(desk: &mut Desk) {
    for (columns, rows) in SIZES {
        desk.resize(columns, rows).picture();
        desk.keys("<f3>").picture();
    }
}

#[test]
fn resizing_breaks_nothing_wherever_one_is() {
    for keys in [
        "",
        "?",
        ":",
        "F",
        "o",
        "/x",
        "b",
        "b1text",
        "d",
        "d<s-tab><space><tab>1",
        "H",
        "<c-c>",
        "3H",
        "2",
        "4",
        "<enter>",
        "<enter>some text",
        "<enter>text<f4>",
        "ab4",
        "A",
        "A<down><space><tab>x",
        "I",
        "Itext<down>",
        "E<up>",
        "E<space>",
        "2G<enter>",
        "S",
        "D",
    ] {
        let mut desk = calls();
        desk.keys(keys);
        let text = desk.text().to_owned();
        through_all_sizes(&mut desk);
        assert_eq!(desk.text(), text, "{keys}");
    }
}

#[test]
fn the_cursor_of_the_list_stays_in_sight() {
    let mut desk = calls();
    desk.keys("G");
    let here = desk.here();
    for (columns, rows) in [(60, 16), (80, 24), (60, 16), (160, 45)] {
        desk.resize(columns, rows);
        assert_eq!(desk.here(), here);
        assert!(desk.picture().rows().iter().any(|row| row.contains("▸  ")), "{}", desk.screen());
    }
}

#[test]
fn the_text_cursor_stays_in_sight() {
    let mut desk = calls();
    desk.keys("<enter>").paste(&"many words that are wrapped ".repeat(60));
    for size in [(300, 100), (60, 16), (80, 24), (60, 16), (100, 30)] {
        desk.resize(size.0, size.1);
        assert!(desk.picture().cursor.is_some(), "{size:?}\n{}", desk.screen());
    }
}
