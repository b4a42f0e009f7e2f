//! Rows as drawn, the way there and back, and that updating makes what wrapping anew makes.

use super::*;
use crate::text::width::cells;
use proptest::prelude::*;
use std::time::{Duration, Instant};
use unicode_segmentation::UnicodeSegmentation;

fn drawn(text: &str, width: usize) -> Vec<String> {
    let wrap = Wrap::new(text, width);
    let row = |row| wrap.glyphs(row).map(|glyph| glyph.shown).collect();
    (0..wrap.rows().len()).map(row).collect()
}

#[test]
fn rows_break_between_words() {
    for (text, width, rows) in [
        ("", 5, &[""][..]),
        ("thank you for calling", 10, &["thank you ", "for ", "calling"]),
        ("hello you", 5, &["hello", "you"]),
        ("hello  you", 5, &["hello", " you"]),
        ("hello ", 5, &["hello", ""]),
        ("hello \nyou", 5, &["hello", "", "you"]),
        ("one\n\ntwo\n", 5, &["one", "", "two", ""]),
        ("one\r\ntwo", 5, &["one", "two"]),
        ("a verylongword", 5, &["a ver", "ylong", "word"]),
        ("a word", 5, &["a ", "word"]),
        ("謝謝您的來電", 5, &["謝謝", "您的", "來電"]),
        ("你好，世界", 4, &["你", "好，", "世界"]),
        ("他說「你好」", 6, &["他說", "「你", "好」"]),
        ("สวัสดีครับ", 4, &["สวัสดี", "ครับ"]),
        ("नमस्ते दुनिया", 6, &["नमस्ते ", "दुनिया"]),
        ("👨‍👩‍👧‍👦👍🏽🇩🇪", 4, &["👨‍👩‍👧‍👦👍🏽", "🇩🇪"]),
        ("你", 1, &["你"]),
        ("你好", 1, &["你", "好"]),
        ("a\tb\t\tc", 8, &["a   b   ", "c"]),
        ("a\x1b\u{202e}b", 10, &["a␛⟨U+202E⟩", "b"]),
    ] {
        assert_eq!(drawn(text, width), rows, "{text:?} in {width}");
    }
}

#[test]
fn marks_are_as_wide_as_they_are_drawn() {
    let wrap = Wrap::with_marks("\x1bab", 3, Marks::Ascii);
    assert_eq!(wrap.rows().len(), 2);
    assert_eq!(wrap.glyphs(0).map(|glyph| glyph.shown).collect::<String>(), "^[a");
}

#[test]
fn the_cursor_stands_where_its_grapheme_is() {
    let wrap = Wrap::new("hello you\n你好", 5);
    let places = [
        (0, (0, 0)),
        (5, (0, 5)),
        (6, (1, 0)),
        (9, (1, 3)),
        (10, (2, 0)),
        (13, (2, 2)),
        (16, (2, 4)),
    ];
    for (byte, place) in places {
        assert_eq!(wrap.row_col_of(byte), place, "{byte}");
        assert_eq!(wrap.byte_at(place.0, place.1), byte, "{place:?}");
    }
    assert_eq!(wrap.byte_at(2, 1), 10, "the second cell of a wide grapheme");
    assert_eq!(wrap.byte_at(0, 99), 5, "behind a row that goes on: before its last space");
    assert_eq!(wrap.byte_at(1, 99), 9, "behind a row that ends: its end");
    assert_eq!(wrap.byte_at(99, 2), 13, "below the last row");
    assert_eq!(wrap.row_col_of(11), (2, 0), "inside of a grapheme");
    assert_eq!(wrap.row_col_of(99), (2, 4), "behind the text");
}

const LETTERS: &str = "[a-c    你，。「」\u{301}\u{200d}👩🇩🇪\t\r\nकัก\u{94d}\u{202e}\u{1b}]{0,40}";

proptest! {
    #[test]
    fn every_byte_is_on_one_row_and_every_row_fits(text in LETTERS, width in 1_usize..12) {
        let wrap = Wrap::new(&text, width);
        let mut expected = 0;
        for (index, row) in wrap.rows().iter().enumerate() {
            prop_assert!(text[expected..row.range.start].chars().all(|c| c == '\r' || c == '\n'));
            prop_assert!(!text[row.range.clone()].contains('\n'));
            let glyphs: Vec<_> = wrap.glyphs(index).collect();
            let taken: usize = glyphs.iter().map(|glyph| glyph.cells).sum();
            prop_assert!(taken <= width || glyphs.len() == 1 || glyphs[1..].iter().all(|g| g.cells == 0));
            for glyph in &glyphs {
                prop_assert_eq!(cells(&glyph.shown), glyph.cells);
            }
            expected = row.range.end;
        }
        prop_assert_eq!(expected, text.len());
    }

    #[test]
    fn there_and_back_is_the_same_place(text in LETTERS, width in 1_usize..12) {
        let wrap = Wrap::new(&text, width);
        let boundaries = text.grapheme_indices(true).map(|(byte, _)| byte).chain([text.len()]);
        for byte in boundaries {
            let (row, col) = wrap.row_col_of(byte);
            prop_assert!(col <= width || wrap.glyphs(row).next().is_some_and(|first| first.cells > width));
            prop_assert_eq!(wrap.byte_at(row, col), byte, "row {} col {}", row, col);
        }
        for row in 0..wrap.rows().len() {
            for col in 0..=width {
                prop_assert_eq!(wrap.row_col_of(wrap.byte_at(row, col)).0, row);
            }
        }
    }

    #[test]
    fn updating_is_wrapping_anew(
        texts in proptest::collection::vec((LETTERS, any::<proptest::sample::Index>(), 0_usize..9), 1..8),
        width in 1_usize..12,
    ) {
        let mut text = String::new();
        let mut wrap = Wrap::new(&text, width);
        for (typed, at, deleted) in texts {
            let start = motion::floor(&text, at.index(text.len() + 1));
            let end = motion::floor(&text, start + deleted).max(start);
            text.replace_range(start..end, &typed);
            wrap.update(&text, width);
            let anew = Wrap::new(&text, width);
            prop_assert_eq!(wrap.rows(), anew.rows(), "{:?}", text);
        }
    }
}

#[test]
fn typing_at_the_end_of_a_hundred_thousand_characters_is_quick() {
    for sample in ["word ", "字", "字，", "สวัสดี", "क्षि", "🇩🇪", "x"]
    {
        let mut text = sample.repeat(100_000 / sample.chars().count());
        let mut wrap = Wrap::new(&text, 77);
        let started = Instant::now();
        for _ in 0..10 {
            text.push('x');
            wrap.update(&text, 77);
            wrap.row_col_of(text.len());
        }
        let frame = started.elapsed() / 10;
        // Some 0.1 ms when optimized; the limit leaves room for a busy machine.
        assert!(frame < Duration::from_millis(20), "{sample}: {frame:?}");
    }
}
