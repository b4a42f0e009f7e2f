//! What changed between two texts, word by word.

use super::words::pieces;
use similar::utils::diff_slices;
use similar::{Algorithm, ChangeTag};

/// Whether a piece stands in both texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PieceKind {
    /// In both.
    Same,
    /// In the old one alone.
    Removed,
    /// In the new one alone.
    Added,
}

/// A run of text with one fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its fate.
    pub kind: PieceKind,
    /// The run itself.
    pub text: String,
}

/// The pieces from old to new in reading order, what was removed before what came in its place. Same and Removed make
/// up `old`, Same and Added `new`. Words change whole, Chinese and Japanese by character.
pub fn word_diff(old: &str, new: &str) -> Vec<Piece> {
    let (old, new) = (pieces(old), pieces(new));
    diff_slices(Algorithm::Myers, &old, &new)
        .into_iter()
        .map(|(tag, run)| Piece { kind: tag.into(), text: run.concat() })
        .collect()
}

impl From<ChangeTag> for PieceKind {
    fn from(tag: ChangeTag) -> Self {
        match tag {
            ChangeTag::Equal => PieceKind::Same,
            ChangeTag::Delete => PieceKind::Removed,
            ChangeTag::Insert => PieceKind::Added,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PieceKind::{Added, Removed, Same};
    use super::*;
    use proptest::prelude::*;

    fn drawn(old: &str, new: &str) -> String {
        let draw = |piece: Piece| match piece.kind {
            Same => piece.text,
            Removed => format!("[-{}-]", piece.text),
            Added => format!("{{+{}+}}", piece.text),
        };
        word_diff(old, new).into_iter().map(draw).collect()
    }

    #[test]
    fn words_change_whole() {
        for (old, new, diff) in [
            ("", "", ""),
            ("same", "same", "same"),
            ("", "new", "{+new+}"),
            ("the cat sat", "the dog sat", "the [-cat-]{+dog+} sat"),
            ("can not", "cannot", "[-can not-]{+cannot+}"),
            ("hello", "hello, you", "hello{+, you+}"),
            ("謝謝您來電", "謝謝你的來電", "謝謝[-您-]{+你的+}來電"),
            ("コーヒー", "コーラ", "コー[-ヒー-]{+ラ+}"),
        ] {
            assert_eq!(drawn(old, new), diff);
        }
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_it(old in "[ab 你好\u{301},]{0,20}", new in "[ab 你好\u{301},]{0,20}") {
            let pieces = word_diff(&old, &new);
            let side = |gone| -> String {
                pieces.iter().filter(|piece| piece.kind != gone).map(|piece| piece.text.as_str()).collect()
            };
            prop_assert_eq!(side(Added), old);
            prop_assert_eq!(side(Removed), new);
            prop_assert!(pieces.windows(2).all(|pair| pair[0].kind != pair[1].kind));
        }
    }
}
