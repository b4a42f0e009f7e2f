//! Checks on a transcript: what a labeler would hardly mean to write. It points, it never changes anything.

mod rules;

use std::ops::Range;

/// What was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// White space at the start or the end of the text.
    OuterSpace,
    /// Several spaces in a row.
    DoubleSpace,
    /// A control character other than a line end.
    Control,
    /// A character that cannot be seen and that no script needs there.
    Invisible,
    /// A spelling that is not Unicode normal form C.
    NotNfc,
    /// The same words over and over, as speech recognizers write when they lose the thread.
    Loop,
    /// A word that mixes letters which look alike, such as Latin and Cyrillic.
    MixedScripts,
}

impl Rule {
    /// The stable word for it.
    pub fn name(self) -> &'static str {
        match self {
            Rule::OuterSpace => "outer-space",
            Rule::DoubleSpace => "double-space",
            Rule::Control => "control",
            Rule::Invisible => "invisible",
            Rule::NotNfc => "not-nfc",
            Rule::Loop => "loop",
            Rule::MixedScripts => "mixed-scripts",
        }
    }
}

/// One thing noticed in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// Where, in bytes, at grapheme boundaries.
    pub span: Range<usize>,
    /// Which check.
    pub rule: Rule,
    /// What is wrong, in a few words, safe to draw.
    pub message: String,
}

/// Everything noticed in a text, in the order of the text.
pub fn lint(text: &str) -> Vec<Lint> {
    let mut found = Vec::new();
    rules::spaces(text, &mut found);
    rules::characters(text, &mut found);
    rules::loops(text, &mut found);
    rules::scripts(text, &mut found);
    found.sort_by_key(|lint| (lint.span.start, lint.rule));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Rule, &str, String)> {
        lint(text).into_iter().map(|lint| (lint.rule, &text[lint.span], lint.message)).collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[(Rule, &str, &str)]) {
        let found = found(text);
        let found: Vec<_> =
            found.iter().map(|(rule, span, message)| (*rule, *span, message.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn good_transcripts_pass() {
        for text in [
            "",
            "thank you for calling, how can I help?",
            "first line\nsecond line",
            "no no no no, that is, that is not it",
            "謝謝您的來電，請問有什麼可以幫您？",
            "สวัสดีครับ ยินดีต้อนรับ",
            "नमस्ते क्‍ष दुनिया",
            "می‌خواهم",
            "привет, Москва",
            "Ωμέγα and omega",
            "the Ω-3 in it",
            "👩‍👩‍👧‍👦 ❤️",
            "哈哈哈哈",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn spaces_are_noticed() {
        check(
            " a ",
            &[
                (Rule::OuterSpace, " ", "space at the start"),
                (Rule::OuterSpace, " ", "space at the end"),
            ],
        );
        check("a  b", &[(Rule::DoubleSpace, "  ", "2 spaces in a row")]);
        check("a\n\nb", &[]);
        check("a \u{a0} b", &[(Rule::DoubleSpace, " \u{a0} ", "3 spaces in a row")]);
        check("a\n", &[(Rule::OuterSpace, "\n", "space at the end")]);
        check("  ", &[(Rule::OuterSpace, "  ", "nothing but space")]);
    }

    #[test]
    fn odd_characters_are_noticed() {
        check("a\u{1b}b", &[(Rule::Control, "\u{1b}", "control character ␛")]);
        check("a\tb", &[(Rule::Control, "\t", "control character ␉")]);
        check("a\r\nb", &[(Rule::Control, "\r\n", "control character ␍")]);
        check("pay\u{200b}pal", &[(Rule::Invisible, "\u{200b}", "invisible character ⟨U+200B⟩")]);
        check("a\u{200d} b", &[(Rule::Invisible, "a\u{200d}", "invisible character ⟨U+200D⟩")]);
        check("cafe\u{301}", &[(Rule::NotNfc, "e\u{301}", "not in normal form C")]);
    }

    #[test]
    fn loops_are_noticed() {
        let looped = "thank you for watching ".repeat(3);
        check(
            &format!("so {looped}bye"),
            &[(Rule::Loop, looped.trim_end(), "“thank you for watching” 3 times in a row")],
        );
        check("no no no no no no", &[(Rule::Loop, "no no no no no no", "“no” 6 times in a row")]);
        check(
            "请订阅请订阅请订阅",
            &[(Rule::Loop, "请订阅请订阅请订阅", "“请订阅” 3 times in a row")],
        );
    }

    #[test]
    fn mixed_scripts_are_noticed() {
        check(
            "p\u{430}ypal now",
            &[(Rule::MixedScripts, "p\u{430}ypal", "Latin and Cyrillic letters in one word")],
        );
        check("Αthens", &[(Rule::MixedScripts, "Αthens", "Latin and Greek letters in one word")]);
    }
}
