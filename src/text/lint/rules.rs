//! The checks, each over the whole text.

use super::{Lint, Rule};
use crate::text::nfc::is_nfc;
use crate::text::safe::{Marks, hidden_chars, safe_line};
use crate::text::width::truncate_middle;
use crate::text::words::words;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Words of the longest phrase that is looked for in loops.
const LONGEST_PHRASE: usize = 12;
/// How often a phrase of several words may follow itself before it is a loop.
const PHRASE_REPEATS: usize = 3;
/// The same for a single word: people do say "no, no, no, no".
const WORD_REPEATS: usize = 6;
/// Cells of a phrase in a message.
const QUOTED: usize = 40;

/// Space around the text and doubled inside.
pub(super) fn spaces(text: &str, found: &mut Vec<Lint>) {
    let inner = text.trim();
    let start = text.len() - text.trim_start().len();
    let mut outer = |span: Range<usize>, message: &str| {
        if !span.is_empty() {
            found.push(Lint { span, rule: Rule::OuterSpace, message: message.to_owned() });
        }
    };
    if inner.is_empty() {
        return outer(0..text.len(), "nothing but space");
    }
    outer(0..start, "space at the start");
    outer(start + inner.len()..text.len(), "space at the end");
    let mut runs: Vec<(Range<usize>, usize)> = Vec::new();
    for (at, space) in inner.match_indices(|c: char| c.is_whitespace() && !c.is_control()) {
        let (from, to) = (start + at, start + at + space.len());
        match runs.last_mut() {
            Some((run, count)) if run.end == from => {
                run.end = to;
                *count += 1;
            }
            _ => runs.push((from..to, 1)),
        }
    }
    found.extend(runs.into_iter().filter(|(_, count)| *count > 1).map(|(span, count)| Lint {
        span,
        rule: Rule::DoubleSpace,
        message: format!("{count} spaces in a row"),
    }));
}

/// Control and invisible characters, and spellings that are not normal form C.
pub(super) fn characters(text: &str, found: &mut Vec<Lint>) {
    for (start, grapheme) in text.grapheme_indices(true) {
        if grapheme.len() == 1 && !grapheme.starts_with(|c: char| c.is_control()) {
            continue;
        }
        let span = start..start + grapheme.len();
        if let Some(c) = hidden_chars(grapheme).find(|c| *c != '\n') {
            let (rule, what) = if c.is_control() {
                (Rule::Control, "control")
            } else {
                (Rule::Invisible, "invisible")
            };
            let message =
                format!("{what} character {}", Marks::Pictures.line(c.encode_utf8(&mut [0; 4])));
            found.push(Lint { span: span.clone(), rule, message });
        }
        if !is_nfc(grapheme) {
            found.push(Lint {
                span,
                rule: Rule::NotNfc,
                message: "not in normal form C".to_owned(),
            });
        }
    }
}

/// Phrases that follow themselves again and again.
pub(super) fn loops(text: &str, found: &mut Vec<Lint>) {
    let words = words(text);
    let word = |index: usize| &text[words[index].clone()];
    let mut at = 0;
    while at < words.len() {
        let longest = LONGEST_PHRASE.min((words.len() - at) / 2);
        let looped = (1..=longest).find_map(|length| {
            let same =
                (at..words.len() - length).take_while(|i| word(*i) == word(i + length)).count();
            let times = 1 + same / length;
            let enough = if length == 1 { WORD_REPEATS } else { PHRASE_REPEATS };
            (times >= enough).then_some((length, times))
        });
        let Some((length, times)) = looped else {
            at += 1;
            continue;
        };
        let phrase = safe_line(&text[words[at].start..words[at + length - 1].end]);
        let phrase = truncate_middle(&phrase, QUOTED, "…");
        found.push(Lint {
            span: words[at].start..words[at + length * times - 1].end,
            rule: Rule::Loop,
            message: format!("“{phrase}” {times} times in a row"),
        });
        at += length * times;
    }
}

/// Words with letters of two scripts that look alike.
pub(super) fn scripts(text: &str, found: &mut Vec<Lint>) {
    for (start, word) in text.split_word_bound_indices().filter(|(_, word)| !word.is_ascii()) {
        let has = |script: Script| word.chars().any(|c| Script::of(c) == Some(script));
        let scripts: Vec<&str> =
            Script::ALL.into_iter().filter(|s| has(*s)).map(Script::name).collect();
        if scripts.len() > 1 {
            found.push(Lint {
                span: start..start + word.len(),
                rule: Rule::MixedScripts,
                message: format!("{} letters in one word", scripts.join(" and ")),
            });
        }
    }
}

/// Scripts whose letters pass for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
}

impl Script {
    const ALL: [Self; 3] = [Self::Latin, Self::Greek, Self::Cyrillic];

    fn of(c: char) -> Option<Self> {
        match c {
            'a'..='z' | 'A'..='Z' => Some(Self::Latin),
            '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' if c.is_alphabetic() => {
                Some(Self::Latin)
            }
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' if c.is_alphabetic() => {
                Some(Self::Greek)
            }
            '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' if c.is_alphabetic() => {
                Some(Self::Cyrillic)
            }
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Latin => "Latin",
            Self::Greek => "Greek",
            Self::Cyrillic => "Cyrillic",
        }
    }
}
