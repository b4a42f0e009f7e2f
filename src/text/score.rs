//! How far a text is from what it should be: word and character error rate.
//!
//! Both texts are compared in normal form C; case and punctuation count.

use super::nfc::nfc;
use super::words::words;
use std::collections::HashMap;
use unicode_segmentation::UnicodeSegmentation;

/// The fewest edits from a reference to a hypothesis. Of several ways with as few, the one with most substitutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Score {
    /// Units that stand for another.
    pub substitutions: usize,
    /// Units that the reference does not have.
    pub insertions: usize,
    /// Units of the reference that are not there.
    pub deletions: usize,
    /// Units of the reference.
    pub reference: usize,
}

impl Score {
    /// All edits.
    pub fn errors(&self) -> usize {
        self.substitutions + self.insertions + self.deletions
    }

    /// Edits by unit of the reference: 0 is perfect, above 1 is possible. For an empty reference 0 if nothing was
    /// said, else 1.
    pub fn rate(&self) -> f64 {
        match (self.errors(), self.reference) {
            (0, _) => 0.0,
            (_, 0) => 1.0,
            (errors, reference) => errors as f64 / reference as f64,
        }
    }
}

/// Word error rate: words stand between spaces; a Chinese or Japanese character is one of its own.
pub fn wer(reference: &str, hypothesis: &str) -> Score {
    let (reference, hypothesis) = (nfc(reference), nfc(hypothesis));
    score(&by_word(&reference), &by_word(&hypothesis))
}

/// Character error rate: by grapheme, any run of white space inside the text as one space.
pub fn cer(reference: &str, hypothesis: &str) -> Score {
    let (reference, hypothesis) = (spaced(reference), spaced(hypothesis));
    score(&by_grapheme(&reference), &by_grapheme(&hypothesis))
}

fn by_word(text: &str) -> Vec<&str> {
    words(text).into_iter().map(|word| &text[word]).collect()
}

fn by_grapheme(text: &str) -> Vec<&str> {
    text.graphemes(true).collect()
}

fn spaced(text: &str) -> String {
    nfc(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The counts follow from the fewest errors, the fewest shifts among them, and the lengths.
fn score<'t>(reference: &[&'t str], hypothesis: &[&'t str]) -> Score {
    let mut numbers = HashMap::new();
    let mut numbered = |units: &[&'t str]| -> Vec<usize> {
        let mut number = |unit| {
            let next = numbers.len();
            *numbers.entry(unit).or_insert(next)
        };
        units.iter().map(|unit| number(*unit)).collect()
    };
    let (reference, hypothesis) = (numbered(reference), numbered(hypothesis));
    // Only edits up to `band` are looked at; a result within it is the least there is.
    let mut band = 16;
    let edits = loop {
        let edits = banded(&reference, &hypothesis, band);
        if edits.errors <= band {
            break edits;
        }
        band *= 2;
    };
    let surplus = hypothesis.len().saturating_sub(reference.len());
    let lack = reference.len().saturating_sub(hypothesis.len());
    let pairs = (edits.shifts - surplus - lack) / 2;
    Score {
        substitutions: edits.errors - edits.shifts,
        insertions: surplus + pairs,
        deletions: lack + pairs,
        reference: reference.len(),
    }
}

/// The cost of an alignment: fewest errors, then fewest of them insertions and deletions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edits {
    errors: usize,
    /// Insertions and deletions.
    shifts: usize,
}

impl Edits {
    const OUT_OF_BAND: Self = Self { errors: usize::MAX / 2, shifts: usize::MAX / 2 };

    fn substituted(self, errors: usize) -> Self {
        Self { errors: self.errors + errors, ..self }
    }

    fn shifted(self) -> Self {
        Self { errors: self.errors + 1, shifts: self.shifts + 1 }
    }
}

/// Levenshtein's table row by row, in the band around the diagonal where at most `band` edits can lead.
fn banded<T: PartialEq>(reference: &[T], hypothesis: &[T], band: usize) -> Edits {
    let columns = hypothesis.len() + 1;
    let mut above = vec![Edits::OUT_OF_BAND; columns];
    for (column, cell) in above.iter_mut().enumerate().take(band + 1) {
        *cell = Edits { errors: column, shifts: column };
    }
    let mut row = vec![Edits::OUT_OF_BAND; columns];
    for (index, unit) in reference.iter().enumerate() {
        let line = index + 1;
        let first = line.saturating_sub(band);
        let last = (line + band).min(hypothesis.len());
        row.fill(Edits::OUT_OF_BAND);
        for column in first..=last {
            let deleted = above[column].shifted();
            row[column] = match column.checked_sub(1) {
                None => deleted,
                Some(left) => {
                    let differs = usize::from(*unit != hypothesis[left]);
                    above[left].substituted(differs).min(row[left].shifted()).min(deleted)
                }
            };
        }
        std::mem::swap(&mut above, &mut row);
    }
    above[columns - 1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(score: Score) -> (usize, usize, usize, usize) {
        (score.substitutions, score.insertions, score.deletions, score.reference)
    }

    #[test]
    fn words_are_counted() {
        for (reference, hypothesis, expected) in [
            ("", "", (0, 0, 0, 0)),
            ("the cat sat", "the cat sat", (0, 0, 0, 3)),
            ("the cat sat", "the dog sat", (1, 0, 0, 3)),
            ("the cat sat", "the sat", (0, 0, 1, 3)),
            ("the cat sat", "the black cat sat down", (0, 2, 0, 3)),
            ("a b", "b a", (2, 0, 0, 2)),
            ("", "what", (0, 1, 0, 0)),
            ("打开灯", "打开 WiFi", (1, 0, 0, 3)),
            ("caf\u{e9} now", "cafe\u{301}  now", (0, 0, 0, 2)),
        ] {
            assert_eq!(counts(wer(reference, hypothesis)), expected, "{reference} / {hypothesis}");
        }
    }

    #[test]
    fn characters_are_counted() {
        assert_eq!(counts(cer("kitten", "sitting")), (2, 1, 0, 6));
        assert_eq!(counts(cer(" a  b ", "a b")), (0, 0, 0, 3));
        assert_eq!(counts(cer("สวัสดี", "สวสดี")), (1, 0, 0, 4));
        assert_eq!(counts(cer("👨‍👩‍👧‍👦", "👩")), (1, 0, 0, 1));
    }

    #[test]
    fn rates_have_their_edges() {
        assert!((wer("a b c d", "a b c x").rate() - 0.25).abs() < 1e-9);
        assert!((wer("a", "b c d").rate() - 3.0).abs() < 1e-9);
        assert!(wer("", "").rate().abs() < 1e-9);
        assert!((wer("", "a b").rate() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn many_errors_widen_the_band() {
        let reference = "a ".repeat(100);
        assert_eq!(counts(wer(&reference, &"b ".repeat(130))), (100, 30, 0, 100));
        assert_eq!(counts(wer(&reference, "")), (0, 0, 100, 100));
    }

    /// All ways, the slow one.
    fn naive(reference: &[char], hypothesis: &[char]) -> Edits {
        match (reference.split_last(), hypothesis.split_last()) {
            (None, _) => Edits { errors: hypothesis.len(), shifts: hypothesis.len() },
            (_, None) => Edits { errors: reference.len(), shifts: reference.len() },
            (Some((r, reference_left)), Some((h, hypothesis_left))) => {
                naive(reference_left, hypothesis_left)
                    .substituted(usize::from(r != h))
                    .min(naive(reference_left, hypothesis).shifted())
                    .min(naive(reference, hypothesis_left).shifted())
            }
        }
    }

    proptest! {
        #[test]
        fn no_way_is_shorter(reference in "[abc]{0,6}", hypothesis in "[abc]{0,6}") {
            let found = cer(&reference, &hypothesis);
            let (r, h): (Vec<_>, Vec<_>) = (reference.chars().collect(), hypothesis.chars().collect());
            let least = naive(&r, &h);
            prop_assert_eq!(found.errors(), least.errors);
            prop_assert_eq!(found.insertions + found.deletions, least.shifts);
            prop_assert_eq!(found.insertions + r.len(), found.deletions + h.len());
        }

        #[test]
        fn a_band_does_not_change_the_result(reference in "([abc] ){0,40}", hypothesis in "([abc] ){0,40}") {
            let whole = banded(&by_word(&reference), &by_word(&hypothesis), 100);
            prop_assert_eq!(wer(&reference, &hypothesis).errors(), whole.errors);
        }
    }
}
