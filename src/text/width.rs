//! How many terminal cells a text takes, and cutting it to fit.
//!
//! Counted grapheme by grapheme, as the screen places them. Give it safe text: a control character has no true width.

use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Cells of a text in one row.
pub fn cells(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(grapheme_cells).sum() }
}

/// Cells of one grapheme.
pub(super) fn grapheme_cells(grapheme: &str) -> usize {
    if grapheme.len() == 1 { 1 } else { grapheme.width() }
}

/// The text filled up with spaces to `width` cells; a longer one stays as it is.
pub fn pad_end(text: &str, width: usize) -> Cow<'_, str> {
    match width.checked_sub(cells(text)) {
        None | Some(0) => Cow::Borrowed(text),
        Some(missing) => Cow::Owned(format!("{text}{}", " ".repeat(missing))),
    }
}

/// Keeps the start: `a long na…`. Never wider than `width` cells; looks no further into the text than that.
pub fn truncate_end<'t>(text: &'t str, width: usize, ellipsis: &str) -> Cow<'t, str> {
    if fits(text, width) {
        return Cow::Borrowed(text);
    }
    let ellipsis = head(ellipsis, width);
    let kept = head(text, width - cells(ellipsis));
    Cow::Owned(format!("{kept}{ellipsis}"))
}

/// Keeps the end: `…g name.wav`. Never wider than `width` cells.
pub fn truncate_start<'t>(text: &'t str, width: usize, ellipsis: &str) -> Cow<'t, str> {
    if fits(text, width) {
        return Cow::Borrowed(text);
    }
    let ellipsis = head(ellipsis, width);
    let kept = tail(text, width - cells(ellipsis));
    Cow::Owned(format!("{ellipsis}{kept}"))
}

/// Keeps both ends: `a lon…me.wav`, the end no shorter than the start. Never wider than `width` cells.
pub fn truncate_middle<'t>(text: &'t str, width: usize, ellipsis: &str) -> Cow<'t, str> {
    if fits(text, width) {
        return Cow::Borrowed(text);
    }
    let ellipsis = head(ellipsis, width);
    let room = width - cells(ellipsis);
    let front = head(text, room / 2);
    let back = tail(text, room - cells(front));
    Cow::Owned(format!("{front}{ellipsis}{back}"))
}

fn fits(text: &str, width: usize) -> bool {
    head(text, width).len() == text.len()
}

/// The longest start of the text that fits.
fn head(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        used += grapheme_cells(grapheme);
        if used > width {
            return &text[..start];
        }
    }
    text
}

/// The longest end of the text that fits.
fn tail(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (start, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme_cells(grapheme);
        if used > width {
            return &text[start + grapheme.len()..];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_are_counted_by_grapheme() {
        for (text, width) in [
            ("", 0),
            ("hello", 5),
            ("你好", 4),
            ("e\u{301}", 1),
            ("👩‍👩‍👧‍👦", 2),
            ("🇩🇪🇫🇷", 4),
            ("สวัสดี", 4),
            ("가", 2),
        ] {
            assert_eq!(cells(text), width, "{text}");
        }
    }

    #[test]
    fn padding_fills_up_and_never_cuts() {
        assert_eq!(pad_end("你", 4), "你  ");
        assert_eq!(pad_end("hello", 3), "hello");
    }

    #[test]
    fn each_cut_keeps_its_side() {
        assert_eq!(truncate_end("0417_agent.wav", 8, "…"), "0417_ag…");
        assert_eq!(truncate_start("0417_agent.wav", 8, "…"), "…ent.wav");
        assert_eq!(truncate_middle("0417_agent.wav", 8, "…"), "041….wav");
        assert_eq!(truncate_middle("0417_agent.wav", 9, "..."), "041...wav");
        assert_eq!(truncate_end("short", 5, "…"), "short");
    }

    #[test]
    fn a_wide_grapheme_is_never_halved() {
        assert_eq!(truncate_end("你好吗", 4, "…"), "你…");
        assert_eq!(truncate_start("你好吗", 4, "…"), "…吗");
        assert_eq!(truncate_end("👩‍👩‍👧‍👦 family", 2, "…"), "…");
    }

    #[test]
    fn no_room_leaves_nothing() {
        assert_eq!(truncate_end("hello", 0, "…"), "");
        assert_eq!(truncate_middle("hello", 2, "..."), "..");
    }

    proptest! {
        #[test]
        fn a_cut_text_fits(text in "\\PC{0,24}", width in 0_usize..20) {
            for cut in [
                truncate_end(&text, width, "…"),
                truncate_start(&text, width, "…"),
                truncate_middle(&text, width, "…"),
            ] {
                prop_assert!(cells(&text) > width || cut == text);
                prop_assert!(cells(&cut) <= width, "{cut:?}");
            }
        }
    }
}
