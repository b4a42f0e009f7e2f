//! Hostile text made safe for a screen: what would move the cursor, reorder, hide or pile up becomes a visible mark.
//!
//! Letters of every script pass as they are, with the joiners, variation selectors and marks that they need. What
//! comes out has no control character, is stable when made safe again, and each of its graphemes takes a cell.

use super::width::grapheme_cells;
use std::borrow::Cow;
use std::fmt::Write as _;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Combining marks that a letter may carry; scripts in use need four, Zalgo text hundreds.
const MAX_MARKS: usize = 8;
/// Characters that one grapheme may have; the longest emoji in use needs ten.
const MAX_CHARS: usize = 32;

/// How a mark is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Marks {
    /// `␛`, `␊`, `⟨U+202E⟩`.
    #[default]
    Pictures,
    /// `^[`, `^J`, `<U+202E>`: for terminals that draw only ASCII well.
    Ascii,
}

/// Whether a character by itself acts on a terminal rather than being drawn: controls of either kind, what turns the
/// direction of writing, and line ends other than `\n`.
pub fn acts_on_terminals(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text for one row, with [`Marks::Pictures`]. See [`Marks::line`].
pub fn safe_line(text: &str) -> Cow<'_, str> {
    Marks::Pictures.line(text)
}

/// Text for several rows, with [`Marks::Pictures`]. See [`Marks::multiline`].
pub fn safe_multiline(text: &str) -> Cow<'_, str> {
    Marks::Pictures.multiline(text)
}

/// Bytes for one row, with [`Marks::Pictures`]. See [`Marks::bytes`].
pub fn safe_bytes(bytes: &[u8]) -> Cow<'_, str> {
    Marks::Pictures.bytes(bytes)
}

impl Marks {
    /// Text for one row: line ends become marks too.
    pub fn line(self, text: &str) -> Cow<'_, str> {
        self.text(text, false)
    }

    /// Text for several rows: `\n` stays, all else as in [`Marks::line`].
    pub fn multiline(self, text: &str) -> Cow<'_, str> {
        self.text(text, true)
    }

    /// Bytes that should be text, such as a key, for one row: what is not UTF-8 becomes `\xNN`.
    pub fn bytes(self, bytes: &[u8]) -> Cow<'_, str> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return self.line(text);
        }
        let mut out = String::with_capacity(bytes.len() * 2);
        for chunk in bytes.utf8_chunks() {
            out.push_str(&self.line(chunk.valid()));
            for byte in chunk.invalid() {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\x{byte:02X}");
            }
        }
        Cow::Owned(out)
    }

    /// One grapheme of a text, as it is drawn.
    pub(super) fn grapheme(self, grapheme: &str) -> Cow<'_, str> {
        if is_plain(grapheme) {
            return Cow::Borrowed(grapheme);
        }
        let mut out = String::new();
        self.push_grapheme(grapheme, &mut out);
        Cow::Owned(out)
    }

    fn text(self, text: &str, keep_newlines: bool) -> Cow<'_, str> {
        // Most of what is printed.
        if text.bytes().all(|b| matches!(b, b' '..=b'~') || (keep_newlines && b == b'\n')) {
            return Cow::Borrowed(text);
        }
        let passes = |grapheme: &str| is_plain(grapheme) || (keep_newlines && grapheme == "\n");
        let Some((unsafe_from, _)) = text.grapheme_indices(true).find(|(_, g)| !passes(g)) else {
            return Cow::Borrowed(text);
        };
        let mut out = String::with_capacity(text.len() + 16);
        out.push_str(&text[..unsafe_from]);
        for grapheme in text[unsafe_from..].graphemes(true) {
            if passes(grapheme) {
                out.push_str(grapheme);
            } else if keep_newlines && grapheme == "\r\n" {
                self.push_control('\r', &mut out);
                out.push('\n');
            } else {
                self.push_grapheme(grapheme, &mut out);
            }
        }
        Cow::Owned(out)
    }

    fn push_grapheme(self, grapheme: &str, out: &mut String) {
        let start = out.len();
        let mut cluster = Cluster::new(grapheme);
        while let Some((c, verdict)) = cluster.next() {
            match verdict {
                Verdict::Shown => out.push(c),
                Verdict::Orphan => out.extend([self.carrier(), c]),
                Verdict::Hidden if c.is_control() => self.push_control(c, out),
                Verdict::Hidden => self.push_code_point(c, out),
                Verdict::TooMany => {
                    self.push_bracketed(format_args!("+{}", 1 + cluster.rest()), out);
                    return;
                }
            }
        }
        if out[start..].graphemes(true).any(|g| grapheme_cells(g) == 0) {
            out.truncate(start);
            grapheme.chars().for_each(|c| self.push_code_point(c, out));
        }
    }

    /// What carries a combining mark that has no letter.
    fn carrier(self) -> char {
        match self {
            Marks::Pictures => '◌',
            Marks::Ascii => '?',
        }
    }

    fn push_control(self, c: char, out: &mut String) {
        match (self, c) {
            (Marks::Pictures, '\0'..='\x1f') => {
                out.extend(char::from_u32(0x2400 + u32::from(c)));
            }
            (Marks::Pictures, '\x7f') => out.push('␡'),
            (Marks::Ascii, '\0'..='\x1f' | '\x7f') => {
                out.push('^');
                out.push(char::from(c as u8 ^ 0x40));
            }
            _ => self.push_code_point(c, out),
        }
    }

    fn push_code_point(self, c: char, out: &mut String) {
        self.push_bracketed(format_args!("U+{:04X}", u32::from(c)), out);
    }

    fn push_bracketed(self, inside: std::fmt::Arguments<'_>, out: &mut String) {
        let (open, close) = match self {
            Marks::Pictures => ('⟨', '⟩'),
            Marks::Ascii => ('<', '>'),
        };
        // Writing to a string cannot fail.
        let _ = write!(out, "{open}{inside}{close}");
    }
}

/// Whether a grapheme can be drawn as it is.
fn is_plain(grapheme: &str) -> bool {
    if let [byte] = grapheme.as_bytes() {
        return !byte.is_ascii_control();
    }
    let mut cluster = Cluster::new(grapheme);
    while let Some((_, verdict)) = cluster.next() {
        if verdict != Verdict::Shown {
            return false;
        }
    }
    grapheme_cells(grapheme) > 0
}

/// The control and invisible characters of a grapheme that no script needs there.
pub(super) fn hidden_chars(grapheme: &str) -> impl Iterator<Item = char> {
    let mut cluster = Cluster::new(grapheme);
    std::iter::from_fn(move || cluster.next())
        .filter(|(_, verdict)| *verdict == Verdict::Hidden)
        .map(|(c, _)| c)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Shown,
    /// A combining mark without a letter before it.
    Orphan,
    /// A control character, or one that cannot be seen and is not needed here.
    Hidden,
    /// From here on the grapheme is a pile.
    TooMany,
}

/// Walks the characters of one grapheme and judges each by those before and after it.
struct Cluster<'t> {
    rest: std::str::Chars<'t>,
    /// The last one that is neither a mark nor invisible, unless a hidden one came after it.
    letter: Option<char>,
    /// The last one.
    previous: Option<char>,
    /// Marks since the letter.
    marks: usize,
    chars: usize,
}

impl<'t> Cluster<'t> {
    fn new(grapheme: &'t str) -> Self {
        let rest = grapheme.chars();
        Self { rest, letter: None, previous: None, marks: 0, chars: 0 }
    }

    fn next(&mut self) -> Option<(char, Verdict)> {
        let c = self.rest.next()?;
        self.chars += 1;
        let verdict = self.judge(c);
        if verdict == Verdict::Hidden {
            self.letter = None;
            self.marks = 0;
        }
        self.previous = Some(c);
        Some((c, verdict))
    }

    /// How many characters are left.
    fn rest(&self) -> usize {
        self.rest.clone().count()
    }

    fn judge(&mut self, c: char) -> Verdict {
        if self.chars > MAX_CHARS {
            return Verdict::TooMany;
        }
        if c.is_control() {
            return Verdict::Hidden;
        }
        if is_invisible(c) {
            return if self.needs(c) { Verdict::Shown } else { Verdict::Hidden };
        }
        if !is_combining_mark(c) {
            self.letter = Some(c);
            self.marks = 0;
            return Verdict::Shown;
        }
        self.marks += 1;
        match self.previous {
            None if attaches(c) => Verdict::Orphan,
            Some(_) if self.marks > MAX_MARKS => Verdict::TooMany,
            _ => Verdict::Shown,
        }
    }

    /// Whether writing or an emoji needs this invisible character right here.
    fn needs(&self, c: char) -> bool {
        let next = self.rest.clone().next().filter(|_| self.chars < MAX_CHARS);
        match c {
            // Within one grapheme, a joiner with a character behind it holds an emoji or a conjunct together.
            '\u{200d}' if next.is_some_and(|n| !is_invisible(n) && !is_combining_mark(n)) => {
                self.letter.is_some()
            }
            '\u{200c}' | '\u{200d}' => self.letter.is_some_and(uses_joiners),
            '\u{fe00}'..='\u{fe0f}' => match self.previous {
                Some('0'..='9' | '#' | '*') => next == Some('\u{20e3}'),
                Some(p) => !p.is_ascii() && !is_invisible(p),
                None => false,
            },
            '\u{e0100}'..='\u{e01ef}' => self.previous.is_some_and(is_ideograph),
            '\u{180b}'..='\u{180d}' | '\u{180f}' => {
                self.previous.is_some_and(|p| matches!(p, '\u{1820}'..='\u{18aa}'))
            }
            // The letters of a flag such as Scotland's.
            '\u{e0020}'..='\u{e007f}' => self.letter == Some('\u{1f3f4}'),
            _ => false,
        }
    }
}

/// Whether a mark joins what stands before it. Some, of Myanmar and the like, stand alone although they are called marks.
fn attaches(mark: char) -> bool {
    ['◌', mark].iter().collect::<String>().graphemes(true).count() == 1
}

/// Characters that draw nothing of their own: joiners, selectors, direction controls, fillers, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Scripts whose letters change shape by a joiner behind them: Arabic and its kin, the Indic family, Mongolian.
fn uses_joiners(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1700}'..='\u{18af}'
        | '\u{1900}'..='\u{1cff}' | '\u{a800}'..='\u{abff}' | '\u{fb50}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}' | '\u{10a00}'..='\u{11fff}' | '\u{1e900}'..='\u{1e95f}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::super::width::cells;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clean_text_is_not_copied() {
        for text in [
            "",
            "thank you for calling",
            "謝謝您的來電，請問",
            "สวัสดีครับ ปู่",
            "नमस्ते क्‍ष क्षि",
            "می‌خواهم",
            "👩‍👩‍👧‍👦 👨🏽‍🚀 🏳️‍🌈 ❤️ 1️⃣ 🇩🇪",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "שָׁלוֹם Việt ệ̂",
            "葛\u{e0100}城",
        ] {
            assert!(matches!(safe_line(text), Cow::Borrowed(_)), "{:?}", safe_line(text));
        }
    }

    #[test]
    fn what_harms_is_seen() {
        for (text, pictures, ascii) in [
            ("a\x1b[2Jb", "a␛[2Jb", "a^[[2Jb"),
            ("a\tb\x7f", "a␉b␡", "a^Ib^?"),
            ("a\r\nb", "a␍␊b", "a^M^Jb"),
            ("\u{9b}31m", "⟨U+009B⟩31m", "<U+009B>31m"),
            ("invoice\u{202e}vaw.exe", "invoice⟨U+202E⟩vaw.exe", "invoice<U+202E>vaw.exe"),
            ("\u{2066}x\u{2069}", "⟨U+2066⟩x⟨U+2069⟩", "<U+2066>x<U+2069>"),
            ("pay\u{200b}pal", "pay⟨U+200B⟩pal", "pay<U+200B>pal"),
            ("a\u{200d}b", "a⟨U+200D⟩b", "a<U+200D>b"),
            ("a\u{fe0f}", "a⟨U+FE0F⟩", "a<U+FE0F>"),
            ("😀\u{e0041}", "😀⟨U+E0041⟩", "😀<U+E0041>"),
            ("x\u{2028}y", "x⟨U+2028⟩y", "x<U+2028>y"),
            ("\u{301}a", "◌\u{301}a", "?\u{301}a"),
            ("\u{3164}", "⟨U+3164⟩", "<U+3164>"),
        ] {
            assert_eq!(Marks::Pictures.line(text), pictures);
            assert_eq!(Marks::Ascii.line(text), ascii);
        }
    }

    #[test]
    fn piles_are_capped() {
        let zalgo = format!("a{}b", "\u{301}".repeat(500));
        assert_eq!(safe_line(&zalgo), format!("a{}⟨+492⟩b", "\u{301}".repeat(8)));
        let crowd = ["👩"; 40].join("\u{200d}");
        let kept = &crowd[..["👩"; 16].join("\u{200d}").len()];
        assert_eq!(safe_line(&crowd), format!("{kept}⟨U+200D⟩⟨+47⟩"));
    }

    #[test]
    fn a_mark_that_stands_alone_needs_no_carrier() {
        assert_eq!(safe_line("\u{1062}"), "\u{1062}");
        assert_eq!(safe_line("\u{301}"), "◌\u{301}");
    }

    #[test]
    fn several_lines_stay_lines() {
        assert_eq!(safe_multiline("one\ntwo"), "one\ntwo");
        assert_eq!(safe_multiline("one\r\ntwo\x1b"), "one␍\ntwo␛");
    }

    #[test]
    fn bytes_that_are_no_text_are_spelled() {
        assert_eq!(safe_bytes(b"caf\xe9/\xff\x1b.wav"), "caf\\xE9/\\xFF␛.wav");
        assert!(matches!(safe_bytes("日本.wav".as_bytes()), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn whatever_comes_in_what_comes_out_is_safe(
            text in prop_oneof![".*", "[a\u{301}\u{200d}\u{fe0f}👩🏴\u{e0067}क\u{94d}\u{202e}\u{1160}\r\n]{0,40}"],
            marks in prop_oneof![Just(Marks::Pictures), Just(Marks::Ascii)],
        ) {
            let safe = marks.line(&text);
            prop_assert!(!safe.chars().any(char::is_control));
            prop_assert_eq!(marks.line(&safe), safe.clone());
            prop_assert!(safe.graphemes(true).all(|g| cells(g) > 0), "{:?}", safe);
        }

        #[test]
        fn any_bytes_become_safe_text(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(!safe_bytes(&bytes).chars().any(char::is_control));
        }
    }
}
