//! Editor cases as "before, operation, after" (`|` is the cursor, `^` the other end of a selection), and the buffer
//! against a naive one that keeps a list of graphemes.

use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};
use unicode_segmentation::UnicodeSegmentation;

use Motion::{Left, LineEnd, LineStart, Right, TextEnd, TextStart, WordLeft, WordRight};

fn marked(case: &str) -> Buffer {
    let position = |mark: char| {
        let byte = case.find(mark)?;
        Some(case[..byte].replace(['|', '^'], "").len())
    };
    let mut buffer = Buffer::new(&case.replace(['|', '^'], ""));
    buffer.place = Place { cursor: position('|').expect("a cursor"), anchor: position('^') };
    buffer
}

fn shown(buffer: &Buffer) -> String {
    let mut text = buffer.text().to_owned();
    let Some(selected) = buffer.selection() else {
        text.insert(buffer.cursor(), '|');
        return text;
    };
    let cursor_first = buffer.cursor() == selected.start;
    let (front, back) = if cursor_first { ('|', '^') } else { ('^', '|') };
    text.insert(selected.end, back);
    text.insert(selected.start, front);
    text
}

#[track_caller]
fn check(before: &str, operation: impl FnOnce(&mut Buffer), after: &str) {
    let mut buffer = marked(before);
    operation(&mut buffer);
    assert_eq!(shown(&buffer), after, "from {before}");
}

fn go(motion: Motion) -> impl FnOnce(&mut Buffer) {
    move |buffer| buffer.move_cursor(motion, false)
}

fn select(motion: Motion) -> impl FnOnce(&mut Buffer) {
    move |buffer| buffer.move_cursor(motion, true)
}

fn delete(motion: Motion) -> impl FnOnce(&mut Buffer) {
    move |buffer| buffer.delete(motion)
}

#[test]
fn a_step_is_one_grapheme_in_every_script() {
    for (before, after) in [
        ("thank |you", "thank y|ou"),
        ("|你好", "你|好"),
        ("|สวั", "ส|วั"),
        ("ส|วัสดี", "สวั|สดี"),
        ("|क्षत्रिय", "क्ष|त्रिय"),
        ("न|मस्ते", "नम|स्ते"),
        ("|مُحَمَّد", "مُ|حَمَّد"),
        ("|👨‍👩‍👧‍👦!", "👨‍👩‍👧‍👦|!"),
        ("🇩🇪|🇫🇷", "🇩🇪🇫🇷|"),
        ("1️⃣|👍🏽.", "1️⃣👍🏽|."),
        ("|e\u{301}t", "e\u{301}|t"),
        ("a|\r\nb", "a\r\n|b"),
    ] {
        check(before, go(Right), after);
        check(after, go(Left), before);
    }
}

#[test]
fn backspace_and_delete_take_whole_graphemes() {
    for (before, after) in [
        ("ab|c", "a|c"),
        ("你好|", "你|"),
        ("สวัสดี|", "สวัส|"),
        ("नमस्ते|", "नम|"),
        ("مُحَمَّ|د", "مُحَ|د"),
        ("hi 👨‍👩‍👧‍👦| there", "hi | there"),
        ("🇩🇪🇫🇷|", "🇩🇪|"),
        ("|abc", "|abc"),
    ] {
        check(before, delete(Left), after);
    }
    for (before, after) in
        [("|นี้", "|"), ("|क्षि", "|"), ("a|🇩🇪🇫🇷", "a|🇫🇷"), ("|👩🏽‍🚀👍", "|👍"), ("abc|", "abc|")]
    {
        check(before, delete(Right), after);
    }
}

#[test]
fn words_end_where_readers_end_them() {
    for (before, after) in [
        ("|thank you", "thank| you"),
        ("thank| you", "thank you|"),
        ("th|ank you", "thank| you"),
        ("|  don't, stop", "  don't|, stop"),
        ("|3.14 is", "3.14| is"),
        ("one|\n\ntwo", "one\n\ntwo|"),
        ("|你好吗", "你|好吗"),
        ("|नमस्ते दुनिया", "नमस्ते| दुनिया"),
        ("|السلام عليكم", "السلام| عليكم"),
        ("ok| 👨‍👩‍👧‍👦!", "ok 👨‍👩‍👧‍👦|!"),
        ("end|...", "end...|"),
    ] {
        check(before, go(WordRight), after);
    }
    for (before, after) in [
        ("thank you|", "thank |you"),
        ("thank |you", "|thank you"),
        ("don't|", "|don't"),
        ("one, |", "|one, "),
        ("你好|", "你|好"),
        ("नमस्ते दुनिया|", "नमस्ते |दुनिया"),
        ("السلام عليكم|", "السلام |عليكم"),
        ("hi 🇩🇪🇫🇷|", "hi 🇩🇪|🇫🇷"),
        ("...|", "|..."),
    ] {
        check(before, go(WordLeft), after);
    }
    check("thank you all|", delete(WordLeft), "thank you |");
    check("thank| you all", delete(WordRight), "thank| all");
}

#[test]
fn lines_and_text_have_ends() {
    check("one\ntw|o\nthree", go(LineStart), "one\n|two\nthree");
    check("one\ntw|o\nthree", go(LineEnd), "one\ntwo|\nthree");
    check("one\n|two", go(LineStart), "one\n|two");
    check("one\r\ntw|o\r\nthree", go(LineEnd), "one\r\ntwo|\r\nthree");
    check("one\ntw|o", go(TextStart), "|one\ntwo");
    check("o|ne\ntwo", go(TextEnd), "one\ntwo|");
    check("one\ntw|o\nthree", delete(LineEnd), "one\ntw|\nthree");
    check("one\ntw|o\nthree", delete(LineStart), "one\n|o\nthree");
}

#[test]
fn a_selection_grows_shrinks_and_goes() {
    check("one |two", select(WordRight), "one ^two|");
    check("one ^two|", select(Left), "one ^tw|o");
    check("one ^two|", select(TextStart), "|one ^two");
    check("^one| two", select(TextStart), "|one two");
    check("a ^bc| d", go(Left), "a |bc d");
    check("a |bc^ d", go(Right), "a bc| d");
    check("a ^bc| d", go(LineEnd), "a bc d|");
    check("a ^bc| d", delete(Left), "a | d");
    check("a ^bc| d", delete(WordRight), "a | d");
    check("a |bc^ d", |b| b.insert("x"), "a x| d");
    check("a ^bc| d", |b| b.paste("xyz"), "a xyz| d");
    check("a ^bc| d", |b| b.insert("\u{1b}"), "a ^bc| d");
    check("a b|c d", Buffer::select_all, "^abc d|".replace("abc", "a bc").as_str());
    check("a |b c", |b| b.select_to(99), "a ^b c|");
}

#[test]
fn cutting_gives_the_text() {
    let mut buffer = marked("hi ^👨‍👩‍👧‍👦 you|!");
    assert_eq!(buffer.selected_text(), Some("👨‍👩‍👧‍👦 you"));
    assert_eq!(buffer.cut().as_deref(), Some("👨‍👩‍👧‍👦 you"));
    assert_eq!(shown(&buffer), "hi |!");
    assert_eq!(buffer.cut(), None);
}

#[test]
fn the_cursor_never_stands_inside_a_grapheme() {
    check("👩|👧", |b| b.insert("\u{200d}"), "👩\u{200d}👧|");
    check("e|x", |b| b.insert("\u{301}"), "e\u{301}|x");
    check("🇩|x🇪", delete(Right), "🇩🇪|");
    check("👨‍👩‍👧‍👦 |", |b| b.set_cursor(5), "|👨‍👩‍👧‍👦 ");
    check("a|bc", |b| b.set_cursor(99), "abc|");
}

#[test]
fn a_paste_is_cleaned() {
    check("|", |b| b.paste("a\r\nb\rc\td\x1b[201~\0"), "a\nb\nc\td[201~|");
}

#[test]
fn typing_is_undone_word_by_word() {
    let mut buffer = Buffer::new("");
    for c in "thank you, for it\nnow".chars() {
        buffer.insert(c.encode_utf8(&mut [0; 4]));
    }
    let mut seen = Vec::new();
    while buffer.undo() {
        seen.push(buffer.text().to_owned());
    }
    let steps = [
        "thank you, for it\n",
        "thank you, for it",
        "thank you, for ",
        "thank you, ",
        "thank ",
        "",
    ];
    assert_eq!(seen, steps);
    while buffer.redo() {}
    assert_eq!(shown(&buffer), "thank you, for it\nnow|");
}

#[test]
fn chinese_is_undone_by_clause_or_some_twenty_characters() {
    let mut buffer = Buffer::new("");
    for c in "謝謝您的來電，請問".chars() {
        buffer.insert(c.encode_utf8(&mut [0; 4]));
    }
    assert!(buffer.undo());
    assert_eq!(buffer.text(), "謝謝您的來電，");
    for _ in 0..30 {
        buffer.insert("字");
    }
    assert!(buffer.undo());
    assert_eq!(buffer.text().chars().filter(|c| *c == '字').count(), 21);
}

#[test]
fn motions_pastes_and_other_edits_part_undo_steps() {
    let mut buffer = Buffer::new("");
    buffer.insert("a");
    buffer.move_cursor(Left, false);
    buffer.move_cursor(Right, false);
    buffer.insert("b");
    buffer.paste("c d e");
    buffer.insert("f");
    buffer.delete(Left);
    buffer.delete(Left);
    assert_eq!(shown(&buffer), "abc d |");
    for text in [
        "abc d e|f".replace("e|f", "ef|"),
        "abc d e|".into(),
        "ab|".into(),
        "a|".into(),
        "|".into(),
    ] {
        assert!(buffer.undo());
        assert_eq!(shown(&buffer), text);
    }
    assert!(!buffer.undo());
}

#[test]
fn deleting_key_by_key_is_undone_word_by_word() {
    let mut buffer = marked("thank you all|");
    for _ in 0..5 {
        buffer.delete(Left);
    }
    assert_eq!(shown(&buffer), "thank yo|");
    buffer.undo();
    assert_eq!(shown(&buffer), "thank you| all".replace("| all", "|"));
    buffer.undo();
    assert_eq!(shown(&buffer), "thank you all|");
    let mut buffer = marked("|one two");
    for _ in 0..5 {
        buffer.delete(Right);
    }
    buffer.undo();
    assert_eq!(shown(&buffer), "|two");
}

#[test]
fn undo_brings_the_selection_back() {
    let mut buffer = marked("a ^bc| d");
    buffer.insert("x");
    buffer.insert("y");
    buffer.undo();
    assert_eq!(shown(&buffer), "a ^bc| d");
    buffer.redo();
    assert_eq!(shown(&buffer), "a xy| d");
}

#[test]
fn replacing_everything_is_one_step() {
    let mut buffer = marked("o|ld");
    buffer.replace_all("new text");
    assert_eq!(shown(&buffer), "new text|");
    assert!(buffer.is_modified_since_start());
    assert!(buffer.undo());
    assert_eq!(shown(&buffer), "o|ld");
    assert!(!buffer.is_modified_since_start());
    buffer.replace_all("old");
    assert_eq!(shown(&buffer), "old|");
    assert!(buffer.redo(), "the same text is no edit");
}

#[test]
fn a_new_edit_forgets_what_was_undone() {
    let mut buffer = Buffer::new("a");
    buffer.insert("b");
    buffer.undo();
    buffer.insert("c");
    assert!(!buffer.redo());
    assert_eq!(buffer.text(), "ac");
}

/// What a buffer does, done the slow and obvious way.
#[derive(Debug, Clone, PartialEq)]
struct Naive {
    graphemes: Vec<String>,
    cursor: usize,
    anchor: Option<usize>,
}

impl Naive {
    fn new(text: &str) -> Self {
        let graphemes: Vec<String> = text.graphemes(true).map(str::to_owned).collect();
        Self { cursor: graphemes.len(), graphemes, anchor: None }
    }

    fn text(&self) -> String {
        self.graphemes.concat()
    }

    fn byte(&self, index: usize) -> usize {
        self.graphemes[..index].iter().map(String::len).sum()
    }

    /// What is selected, in bytes.
    fn selection(&self) -> Option<Range<usize>> {
        self.range().map(|range| self.byte(range.start)..self.byte(range.end))
    }

    fn range(&self) -> Option<Range<usize>> {
        let anchor = self.anchor.filter(|anchor| *anchor != self.cursor)?;
        Some(anchor.min(self.cursor)..anchor.max(self.cursor))
    }

    fn replace(&mut self, range: Range<usize>, with: &str) {
        if range.is_empty() && with.is_empty() {
            return;
        }
        let front = self.graphemes[..range.start].concat() + with;
        let back = self.graphemes[range.end..].concat();
        *self = Self::new(&(front.clone() + &back));
        self.cursor = (0..=self.cursor).find(|index| self.byte(*index) >= front.len()).unwrap();
    }

    fn target(&self, motion: Motion) -> usize {
        let is_newline = |index: &usize| self.graphemes[*index].ends_with('\n');
        let is_word = |index: usize| self.graphemes[index].chars().any(char::is_alphanumeric);
        let (cursor, count) = (self.cursor, self.graphemes.len());
        match motion {
            Left => cursor.saturating_sub(1),
            Right => count.min(cursor + 1),
            LineStart => (0..cursor).rev().find(is_newline).map_or(0, |index| index + 1),
            LineEnd => (cursor..count).find(is_newline).unwrap_or(count),
            TextStart => 0,
            TextEnd => count,
            // Good for Latin letters and spaces; other scripts have their cases above.
            WordLeft => {
                let end = (0..cursor).rev().find(|i| is_word(*i)).unwrap_or(0);
                (0..end).rev().find(|i| !is_word(*i)).map_or(0, |index| index + 1)
            }
            WordRight => {
                let start = (cursor..count).find(|i| is_word(*i)).unwrap_or(count);
                (start..count).find(|i| !is_word(*i)).unwrap_or(count)
            }
        }
    }

    fn go(&mut self, target: usize, select: bool) {
        self.anchor = select.then(|| self.anchor.unwrap_or(self.cursor));
        self.cursor = target;
    }
}

#[derive(Debug, Clone)]
enum Op {
    Type(String),
    Paste(String),
    ReplaceAll(String),
    Move(Motion, bool),
    Set(usize, bool),
    Delete(Motion),
    SelectAll,
    Cut,
    Undo,
    Redo,
}

fn ops(letters: &'static str, words: bool) -> impl Strategy<Value = Vec<Op>> {
    let motions = vec![Left, Right, LineStart, LineEnd, TextStart, TextEnd];
    let motions = if words { [motions, vec![WordLeft, WordRight]].concat() } else { motions };
    let motion = proptest::sample::select(motions);
    let op = prop_oneof![
        6 => letters.prop_map(Op::Type),
        1 => letters.prop_map(Op::Paste),
        1 => letters.prop_map(Op::ReplaceAll),
        4 => (motion.clone(), any::<bool>()).prop_map(|(motion, select)| Op::Move(motion, select)),
        1 => (0_usize..40, any::<bool>()).prop_map(|(byte, select)| Op::Set(byte, select)),
        3 => motion.prop_map(Op::Delete),
        1 => Just(Op::SelectAll),
        1 => Just(Op::Cut),
        2 => Just(Op::Undo),
        1 => Just(Op::Redo),
    ];
    proptest::collection::vec(op, 0..60)
}

/// Runs both and compares after each step.
fn compare(start: &str, ops: &[Op]) -> Result<(), TestCaseError> {
    let mut buffer = Buffer::new(start);
    let mut naive = Naive::new(start);
    // The edits that undo may take back and redo do again, each as the states before and after.
    let (mut done, mut undone) = (Vec::<(Naive, Naive)>::new(), Vec::<(Naive, Naive)>::new());
    for op in ops {
        let before = naive.clone();
        match op {
            Op::Type(text) | Op::Paste(text) => {
                if matches!(op, Op::Type(_)) {
                    buffer.insert(text);
                } else {
                    buffer.paste(text);
                }
                let text = editable(text);
                if !text.is_empty() {
                    naive.replace(naive.range().unwrap_or(naive.cursor..naive.cursor), &text);
                }
            }
            Op::ReplaceAll(text) => {
                buffer.replace_all(text);
                naive = Naive::new(text);
            }
            Op::Move(motion, select) => {
                buffer.move_cursor(*motion, *select);
                let target = match (motion, naive.range()) {
                    (Left, Some(range)) if !select => range.start,
                    (Right, Some(range)) if !select => range.end,
                    _ => naive.target(*motion),
                };
                naive.go(target, *select);
            }
            Op::Set(byte, select) => {
                if *select {
                    buffer.select_to(*byte);
                } else {
                    buffer.set_cursor(*byte);
                }
                let count = naive.graphemes.len();
                let target = (0..=count).rev().find(|index| naive.byte(*index) <= *byte);
                naive.go(target.unwrap_or(0), *select);
            }
            Op::Delete(motion) => {
                buffer.delete(*motion);
                let (cursor, target) = (naive.cursor, naive.target(*motion));
                let range = naive.range();
                naive.replace(range.unwrap_or(cursor.min(target)..cursor.max(target)), "");
            }
            Op::SelectAll => {
                buffer.select_all();
                naive.anchor = Some(0);
                naive.cursor = naive.graphemes.len();
            }
            Op::Cut => {
                let range = naive.range();
                let expected = range.clone().map(|range| naive.graphemes[range].concat());
                prop_assert_eq!(buffer.cut(), expected);
                if let Some(range) = range {
                    naive.replace(range, "");
                }
            }
            Op::Undo | Op::Redo => {
                // One step joins several edits: follow them to the state that it leads to.
                let back = matches!(op, Op::Undo);
                let found = if back { buffer.undo() } else { buffer.redo() };
                let (from, to) =
                    if back { (&mut done, &mut undone) } else { (&mut undone, &mut done) };
                // An edit may leave the text as it was: what is selected tells such states apart.
                let leads_here = |naive: &Naive| {
                    naive.text() == buffer.text()
                        && naive.byte(naive.cursor) == buffer.cursor()
                        && naive.selection() == buffer.selection()
                };
                if found {
                    loop {
                        let edit = from.pop().expect("a step leads to a state seen before");
                        naive = if back { edit.0.clone() } else { edit.1.clone() };
                        to.push(edit);
                        if leads_here(&naive) {
                            break;
                        }
                    }
                }
            }
        }
        let typed = matches!(op, Op::Type(text) | Op::Paste(text) if !editable(text).is_empty());
        let undone_or_redone = matches!(op, Op::Undo | Op::Redo);
        if typed || (naive.text() != before.text() && !undone_or_redone) {
            done.push((before, naive.clone()));
            undone.clear();
        }
        prop_assert_eq!(buffer.text(), naive.text(), "{:?}", op);
        prop_assert_eq!(buffer.cursor(), naive.byte(naive.cursor), "{:?}", op);
        prop_assert_eq!(buffer.selection(), naive.selection(), "{:?}", op);
        prop_assert_eq!(buffer.is_modified_since_start(), naive.text() != start);
    }
    let end = buffer.text().to_owned();
    while buffer.undo() {}
    prop_assert_eq!(buffer.text(), start);
    while buffer.redo() {}
    if undone.is_empty() {
        prop_assert_eq!(buffer.text(), end);
    }
    Ok(())
}

proptest! {
    #[test]
    fn it_edits_like_a_list_of_graphemes(
        start in "[ab 你🇩🇪👩\u{200d}\u{301}क\u{94d}ส\u{31}\n]{0,12}",
        ops in ops("[ab 你🇩🇪👩\u{200d}\u{301}क\u{94d}ัส\n\r\t\u{1b}]{0,5}", false),
    ) {
        compare(&start, &ops)?;
    }

    #[test]
    fn it_moves_by_words_like_a_list_of_graphemes(start in "[ab \n]{0,16}", ops in ops("[ab \n]{0,4}", true)) {
        compare(&start, &ops)?;
    }
}

#[test]
fn what_was_typed_over_with_the_same_is_selected_again() {
    let space = || Op::Type(" ".into());
    compare(" ", &[Op::SelectAll, space(), space(), Op::Undo, Op::Redo, Op::Undo]).unwrap();
}

#[test]
fn a_key_is_quick_in_a_line_of_a_hundred_thousand_characters() {
    for text in ["word ", "字", "สวัสดี", "क्षि", "🇩🇪", "x"] {
        let mut buffer = Buffer::new(&text.repeat(100_000 / text.chars().count()));
        let middle = buffer.text().len() / 2;
        let started = Instant::now();
        for _ in 0..10 {
            buffer.set_cursor(middle);
            buffer.insert("a");
            buffer.move_cursor(WordLeft, true);
            buffer.move_cursor(WordRight, false);
            buffer.move_cursor(LineStart, false);
            buffer.move_cursor(LineEnd, false);
            buffer.delete(Left);
            buffer.undo();
            buffer.redo();
            assert!(buffer.is_modified_since_start());
        }
        let key = started.elapsed() / 100;
        // Some 0.01 ms when optimized; the limit leaves room for a busy machine.
        assert!(key < Duration::from_millis(20), "{text}: {key:?}");
    }
}
