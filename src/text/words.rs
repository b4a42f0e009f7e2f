//! Cutting a text into words: between spaces, and by character where a script writes without them (Chinese and
//! Japanese).

use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// The words of a text, as byte ranges in order. Punctuation belongs to the word that it touches.
pub(super) fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for (start, grapheme) in text.grapheme_indices(true) {
        let range = start..start + grapheme.len();
        if grapheme.chars().all(char::is_whitespace) {
            open = false;
        } else if is_word_of_its_own(grapheme) {
            words.push(range);
            open = false;
        } else if let Some(word) = words.last_mut().filter(|_| open) {
            word.end = range.end;
        } else {
            words.push(range);
            open = true;
        }
    }
    words
}

/// The whole text in pieces that a reader sees as one: words, single spaces and punctuation marks.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    for segment in text.split_word_bounds() {
        if is_word_of_its_own(segment) {
            pieces.extend(segment.graphemes(true)); // A run of katakana comes as one segment.
        } else {
            pieces.push(segment);
        }
    }
    pieces
}

fn is_word_of_its_own(grapheme: &str) -> bool {
    grapheme.starts_with(|c: char| {
        matches!(c,
            '\u{2e80}'..='\u{312f}' | '\u{3190}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
            | '\u{ff01}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_between_spaces_or_for_themselves() {
        for (text, expected) in [
            ("", &[][..]),
            (" don't  stop, now ", &["don't", "stop,", "now"]),
            ("打开WiFi吧", &["打", "开", "WiFi", "吧"]),
            ("コーヒー を", &["コ", "ー", "ヒ", "ー", "を"]),
            ("안녕 하세요", &["안녕", "하세요"]),
            ("สวัสดี ครับ", &["สวัสดี", "ครับ"]),
        ] {
            let found: Vec<&str> = words(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn pieces_make_up_the_text() {
        assert_eq!(pieces("don't, コー你 x"), ["don't", ",", " ", "コ", "ー", "你", " ", "x"]);
    }
}
