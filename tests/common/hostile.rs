//! Names and texts that mean harm, and a strict reader of what reaches a terminal: whatever is not plain text must be of
//! a kind that earmark itself writes.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]

use unicode_normalization::char::is_combining_mark;

/// What a terminal would obey, none of it anything that earmark writes.
const SEQUENCES: [&str; 16] = [
    "\x1b[5;41;93mred",
    "\x1b[?7777h\x1bc",
    "\x1b]2;owned\x07",
    "\x1b]0;owned\x1b\\",
    "\x1b]52;c;b3duZWQ=\x1b\\",
    "\x1b]8;;https://owned.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1bP+q544e\x1b\\",
    "\x1b_Gowned\x1b\\\x1b^owned\x1b\\\x1bXowned\x1b\\",
    "\x1b[201~:q\r\x1b(0\x0e",
    "\x1b[999;999H\x1b[6n\x1b[21t\x1b[0x",
    "bell\x07\x07back\x08\x08del\x7f\x7f",
    "\u{9b}5;41;93m\u{9d}2;owned\u{9c}\u{90}q\u{9c}\u{85}",
    "rtl \u{202e}gpj\u{2066}x\u{2069}\u{200f}\u{61c}",
    "zero\u{200b}width\u{feff}\u{2060}\u{ad}\u{180e}",
    "line\u{2028}para\u{2029}\u{b}\u{c}",
    "tag\u{e0041}\u{e007f}\u{fff9}x\u{fffb}",
];

/// What a shell, a spreadsheet, a format string, a path or a web page would obey.
const WORDS: [&str; 22] = [
    "$(touch owned)",
    "`touch owned`",
    "; touch owned; #",
    "| touch owned",
    "-rf --help",
    "--json",
    "-",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(1+1)",
    "-2+3",
    "'=1",
    "%s%n%x%00",
    "{0} {} {{x}}",
    "CON",
    "aux.",
    "C:\\x\\..\\..\\y",
    "~root*?[a]",
    "a'b\"c",
    "<script>alert(1)<\\script>",
    " leading and trailing ",
    "null",
];

/// How lines begin that a stranger would put among ours: whatever of the corpus has several lines has such ones.
const FORGED: [&str; 2] = ["forged:", "hint: forged"];

/// A letter under so many marks.
pub(crate) fn pile(marks: usize) -> String {
    format!("e{}", "\u{301}".repeat(marks))
}

/// Texts: for labels, descriptions, authors, settings, answers of servers.
pub(crate) fn texts() -> Vec<String> {
    let mut texts: Vec<String> =
        SEQUENCES.iter().chain(&WORDS).map(|text| (*text).to_owned()).collect();
    texts.push("two\nlines\tand a tab\r\nand a\rthird".into());
    texts.push("no\nforged: line".into());
    texts.push("no\r\nhint: forged.example | sh".into());
    texts.push("\t=1".into());
    texts.push("\r=1".into());
    texts.push("../../../etc/passwd".into());
    texts.push("/etc/passwd".into());
    texts.push(pile(300));
    texts.push("\u{1f469}\u{200d}".repeat(60));
    texts.push("今".repeat(400));
    texts
}

/// Names that a folder can have in it: not over 255 bytes, no `/`, not hidden; some are not UTF-8.
pub(crate) fn file_names() -> Vec<Vec<u8>> {
    let named = |text: &str| format!("{}.wav", text.replace('/', "\u{2215}")).into_bytes();
    let mut names: Vec<Vec<u8>> = SEQUENCES.iter().chain(&WORDS).map(|text| named(text)).collect();
    names.push(b"new\nline\tand tab.wav".to_vec());
    names.push(b"no\nforged: line.wav".to_vec());
    names.push(b"no\nhint: forged.example | sh.wav".to_vec());
    names.push(b"raw c1 \x9b5;41;93m.wav".to_vec());
    names.push(b"not utf-8 \xff\xfe\xc3(.wav".to_vec());
    names.push(named(&pile(100)));
    let mut long = vec![b'a'; 200];
    long.extend("今".repeat(17).as_bytes());
    long.extend(b".wav");
    names.push(long);
    names
}

/// Keys that an object store takes and a file system should not: they climb, are absolute, name devices, fill all the
/// 1,024 bytes, or hold what terminals obey.
pub(crate) fn object_keys() -> Vec<String> {
    let mut keys: Vec<String> = SEQUENCES.iter().map(|text| format!("{text}.wav")).collect();
    for key in [
        "../up.wav",
        "a/../../up.wav",
        "/absolute.wav",
        "//server/share.wav",
        "a//b.wav",
        "./here.wav",
        "a/./b.wav",
        "..wav",
        ".../x.wav",
        "C:\\up.wav",
        "..\\up.wav",
        "CON.wav",
        "%2e%2e%2fup.wav",
        "$(touch owned).wav",
        "-rf.wav",
        "=1+1.wav",
        "new\nline.wav",
        "no\nforged: line.wav",
        "no\nhint: forged.example | sh.wav",
        "a/b.wav/c.wav",
        "a/b.wav",
    ] {
        keys.push(key.to_owned());
    }
    keys.push(format!("{}.wav", "k".repeat(1020)));
    keys.push(format!("{}.wav", "folder/".repeat(145)));
    keys.push(format!("{}.wav", pile(500)));
    keys
}

/// Where something was written that may reach a terminal, and so what it may hold besides text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The screen.
    Screen,
    /// What a command prints on a terminal.
    Terminal,
    /// Data for other programs, on a terminal: exact, so that a text of several lines has them.
    Data,
    /// What it prints into a pipe, and the log: lines of text.
    Lines,
    /// JSON: what cannot be seen stands there as it is, but nothing that acts on a terminal.
    Json,
}

/// Makes sure that these bytes hold nothing but text and what earmark itself writes. `from` says whose they are.
#[track_caller]
pub(crate) fn assert_harmless(kind: Kind, bytes: &[u8], from: &str) {
    if let Err(found) = harmless(kind, bytes) {
        panic!("{from}: {found}");
    }
}

/// What is neither text nor of a kind that earmark writes, with what stands around it.
pub(crate) fn harmless(kind: Kind, bytes: &[u8]) -> Result<(), String> {
    let around = |at: usize| {
        let (start, end) = (at.saturating_sub(40), (at + 60).min(bytes.len()));
        String::from_utf8_lossy(&bytes[start..end]).escape_debug().to_string()
    };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // The program may have been killed in the middle of a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) => return Err(format!("no UTF-8: …{}…", around(error.valid_up_to()))),
    };
    let (mut at, mut marks) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        if c == '\x1b' {
            let Some(length) = sequence(kind, &text[at..]) else {
                return Err(format!("a sequence that is not ours: …{}…", around(at)));
            };
            at += length;
            continue;
        }
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if !is_text(kind, c) || (marks > 16 && kind != Kind::Json) {
            return Err(format!("U+{:04X}: …{}…", u32::from(c), around(at)));
        }
        at += c.len_utf8();
    }
    if matches!(kind, Kind::Terminal | Kind::Lines)
        && let Some(line) = text.lines().find(|line| FORGED.iter().any(|by| line.starts_with(by)))
    {
        return Err(format!("a line that is not ours: {line:?}"));
    }
    Ok(())
}

fn is_text(kind: Kind, c: char) -> bool {
    match c {
        '\n' => true,
        '\r' => matches!(kind, Kind::Screen | Kind::Terminal | Kind::Data),
        '\0'..='\x1f'
        | '\x7f'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => false,
        '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            kind == Kind::Json
        }
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => kind == Kind::Json,
        _ => true,
    }
}

/// The length of an escape sequence of ours at the start of `text`; `None` for any other.
fn sequence(kind: Kind, text: &str) -> Option<usize> {
    // The one title.
    const TITLE: &str = "\x1b]0;earmark\x07";
    if matches!(kind, Kind::Lines | Kind::Json) {
        return None;
    }
    if kind == Kind::Screen && text.starts_with(TITLE) {
        return Some(TITLE.len());
    }
    if kind == Kind::Screen
        && let Some(length) = link(text)
    {
        return Some(length);
    }
    let body = text.strip_prefix("\x1b[")?;
    let end = body.find(|c: char| ('\x40'..='\x7e').contains(&c))?;
    let (parameters, last) = (&body[..end], body.as_bytes()[end]);
    let known = match kind {
        Kind::Screen => is_of_screen(parameters, last),
        _ => is_of_commands(parameters, last),
    };
    known.then_some(2 + end + 1)
}

/// The link to the player page of this machine, and its end.
fn link(text: &str) -> Option<usize> {
    let (target, _) = text.strip_prefix("\x1b]8;;")?.split_once("\x1b\\")?;
    let ours = target.is_empty()
        || target.strip_prefix("http://127.0.0.1:").is_some_and(|page| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "/?=".contains(c);
            page.len() < 80 && page.chars().all(plain)
        });
    ours.then_some("\x1b]8;;".len() + target.len() + "\x1b\\".len())
}

fn is_of_screen(parameters: &str, last: u8) -> bool {
    let numbers = || parameters.split(';').map(|number| number.parse::<u16>().ok());
    match last {
        // To a cell of a screen that tests have.
        b'H' => {
            let place: Vec<_> = numbers().collect();
            parameters.is_empty() || (place.len() <= 2 && place.iter().all(|at| is_cell(*at)))
        }
        // Along a row, or to a column of it.
        b'C' | b'D' | b'G' => parameters.is_empty() || is_cell(parameters.parse().ok()),
        b'm' => is_look(parameters),
        b'J' => matches!(parameters, "" | "2"),
        b'K' => parameters.is_empty(),
        // Cursor, the other screen, mouse, focus, pastes, whole frames.
        b'h' | b'l' => matches!(
            parameters,
            "?25"
                | "?1049"
                | "?1000"
                | "?1002"
                | "?1003"
                | "?1004"
                | "?1006"
                | "?1015"
                | "?2004"
                | "?2026"
        ),
        b'q' => matches!(parameters, "0 " | "6 "),
        // What are you?
        b'c' => matches!(parameters, "" | "0"),
        _ => false,
    }
}

/// Whether a screen that tests have is so long or wide.
fn is_cell(at: Option<u16>) -> bool {
    at.is_some_and(|at| (1..=400).contains(&at))
}

/// Colours by number or by value, and the looks that themes use: no blinking, nothing hidden.
fn is_look(parameters: &str) -> bool {
    let mut numbers = parameters.split([';', ':']);
    while let Some(number) = numbers.next() {
        match number {
            "" | "0" | "1" | "2" | "3" | "4" | "7" | "9" | "21" | "22" | "23" | "24" | "27"
            | "29" | "39" | "49" | "59" => {}
            // The sixteen, in letters and behind them.
            number if number.parse::<u8>().is_ok_and(is_one_of_sixteen) => {}
            "38" | "48" | "58" => {
                let values = match numbers.next() {
                    Some("2") => 3,
                    Some("5") => 1,
                    _ => return false,
                };
                for _ in 0..values {
                    if numbers.next().is_none_or(|value| value.parse::<u8>().is_err()) {
                        return false;
                    }
                }
            }
            _ => return false,
        }
    }
    true
}

fn is_one_of_sixteen(number: u8) -> bool {
    matches!(number, 30..=37 | 40..=47 | 90..=97 | 100..=107)
}

/// The words `error` and `hint`, and the line of progress.
fn is_of_commands(parameters: &str, last: u8) -> bool {
    match last {
        b'm' => matches!(parameters, "0" | "1;31" | "1;33" | "1;36" | "1" | "4"),
        b'K' => matches!(parameters, "" | "2"),
        b'A' | b'B' => parameters.parse::<u8>().is_ok(),
        b'h' | b'l' => parameters == "?25",
        _ => false,
    }
}

#[test]
fn the_reader_lets_nothing_of_the_corpus_through() {
    for kind in [Kind::Screen, Kind::Terminal, Kind::Lines] {
        for text in SEQUENCES {
            assert!(harmless(kind, text.as_bytes()).is_err(), "{kind:?}: {text:?}");
        }
        assert!(harmless(kind, pile(300).as_bytes()).is_err());
        assert!(harmless(kind, b"\x9b31m").is_err());
        assert!(harmless(kind, b"a\tb").is_err());
        for forged in FORGED {
            let text = format!("error: no\n{forged} line\n");
            assert_eq!(harmless(kind, text.as_bytes()).is_ok(), kind == Kind::Screen, "{text:?}");
            assert_eq!(harmless(kind, text.replace('\n', "␊").as_bytes()), Ok(()));
        }
        for text in WORDS {
            assert_eq!(harmless(kind, text.as_bytes()), Ok(()), "{kind:?}: {text:?}");
        }
    }
    let ours = b"\x1b]0;earmark\x07\x1b[?1049h\x1b[2;3H\x1b[38;2;1;2;3;1mtext\x1b[0m\r\n\x1b[7C\x1b[D\x1b[2H\x1b[97m";
    assert_eq!(harmless(Kind::Screen, ours), Ok(()));
    assert!(harmless(Kind::Lines, ours).is_err());
    let page = "\x1b]8;;http://127.0.0.1:80/?token=0f\x1b\\here\x1b]8;;\x1b\\";
    assert_eq!(harmless(Kind::Screen, page.as_bytes()), Ok(()));
    assert!(harmless(Kind::Screen, b"\x1b[38;2;1;2;3;5mtext").is_err());
}
