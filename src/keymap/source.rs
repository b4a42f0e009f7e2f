//! Settings files as text: where a byte stands, and what a misspelt word may have meant. Used by `config`, too.

use std::fmt;
use std::path::{Path, PathBuf};

/// A place in a file, for people: lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as it was named.
    pub file: PathBuf,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// Where a byte of a file's text stands.
    pub fn of(file: &Path, text: &str, byte: usize) -> Self {
        let boundary = (0..=byte.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        let before = &text[..boundary.unwrap_or(0)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// The known word that a misspelt one most likely meant, if any is close: at most one change in three letters.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    known
        .into_iter()
        // Comparing takes as long as both are long, and a word may be a whole file.
        .filter(|candidate| length <= candidate.len() + candidate.len().max(3) / 3)
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| distance * 3 <= candidate.len().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, byte: usize) -> String {
        Place::of(Path::new("f"), text, byte).to_string()
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "a\nb中c\r\nd";
        assert_eq!(place(text, 0), "f:1:1");
        assert_eq!(place(text, 2), "f:2:1");
        assert_eq!(place(text, text.find('c').unwrap()), "f:2:3");
        assert_eq!(place(text, text.find('d').unwrap()), "f:3:1");
    }

    #[test]
    fn a_place_within_a_character_or_beyond_the_end_is_rounded_down() {
        assert_eq!(place("a中", 2), "f:1:2");
        assert_eq!(place("a中", 99), "f:1:3");
        assert_eq!(place("", 1), "f:1:1");
    }

    #[test]
    fn only_a_close_word_is_guessed() {
        let known = ["quit", "edit", "label-and-next"];
        assert_eq!(nearest("qiut", known), Some("quit"));
        assert_eq!(nearest("label-next", known), Some("label-and-next"));
        assert_eq!(nearest("publish", known), None);
    }
}
