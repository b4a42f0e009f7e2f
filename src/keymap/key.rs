//! One key press in our own terms: how it is written (`ctrl+j`, `shift+tab`, `G`), and whether every terminal can send it.

use std::fmt;
use std::str::FromStr;

/// Which key, without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyCode {
    /// A key that types this character; upper case stands for shift and the letter.
    Char(char),
    /// A function key, from 1.
    F(u8),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Delete to the left.
    Backspace,
    /// Delete to the right.
    Delete,
    /// Insert.
    Insert,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// The names of keys that are not one character. The first name of a key is the one that is printed.
const NAMES: [(&str, KeyCode); 20] = [
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("escape", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pgup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("pgdn", KeyCode::PageDown),
    ("space", KeyCode::Char(' ')),
];

/// The highest function key that is known.
const LAST_F: u8 = 24;

/// A key press. Always normal: made by [`Key::new`] or read from text, one press has one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Control is held.
    pub ctrl: bool,
    /// Alt (Option, Meta) is held.
    pub alt: bool,
    /// Shift is held; never set where the character itself says so.
    pub shift: bool,
}

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing is written.
    #[error("a key is missing")]
    Empty,
    /// What stands before a plus is none of the three.
    #[error("{0:?} is no modifier; ctrl, alt and shift are")]
    Modifier(String),
    /// A modifier stands twice.
    #[error("{0} is written twice")]
    Twice(&'static str),
    /// What stands last is no key.
    #[error("{0:?} is no key")]
    Name(String),
}

impl Key {
    /// A key press as a terminal reports it, brought to its one normal form: `shift+g` and `shift+G` are `G`.
    pub fn new(code: KeyCode, ctrl: bool, alt: bool, shift: bool) -> Self {
        let KeyCode::Char(c) = code else { return Self { code, ctrl, alt, shift } };
        if ctrl {
            // A terminal sends control and a letter without its case; caps lock must not change the meaning.
            return Self { code: KeyCode::Char(one_lower(c)), ctrl, alt, shift };
        }
        let c = if shift { one_upper(c) } else { c };
        Self { code: KeyCode::Char(c), ctrl, alt, shift: shift && c == ' ' }
    }

    /// A key press without modifiers.
    pub fn plain(code: KeyCode) -> Self {
        Self::new(code, false, false, false)
    }

    /// The character that it types where text is edited, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Whether it edits text or moves in it wherever text is edited: what is typed, Enter, the arrows and their like.
    pub fn edits_text(self) -> bool {
        let key_of_text = matches!(
            self.code,
            KeyCode::Char(_)
                | KeyCode::Enter
                | KeyCode::Backspace
                | KeyCode::Delete
                | KeyCode::Left
                | KeyCode::Right
                | KeyCode::Up
                | KeyCode::Down
                | KeyCode::Home
                | KeyCode::End
        );
        key_of_text && !self.ctrl && !self.alt
    }

    /// Why some terminals (legacy ones, or under tmux) cannot send it, or send something else; `None` where all can.
    pub fn unportable(self) -> Option<&'static str> {
        let cursor_key = matches!(
            self.code,
            KeyCode::Left
                | KeyCode::Right
                | KeyCode::Up
                | KeyCode::Down
                | KeyCode::Home
                | KeyCode::End
        );
        match self.code {
            KeyCode::Char('i') if self.ctrl => Some("is the same as tab in most terminals"),
            KeyCode::Char('m') if self.ctrl => Some("is the same as enter in most terminals"),
            KeyCode::Char('[') if self.ctrl => Some("is the same as esc in most terminals"),
            _ if self.ctrl && self.shift && !cursor_key => {
                Some("is the same as the key without shift in most terminals")
            }
            KeyCode::Char(c) if self.ctrl && !c.is_ascii_lowercase() && c != ' ' => {
                Some("is sent by few terminals; control goes with letters")
            }
            KeyCode::Char('[' | ']' | 'N' | 'O' | 'P' | 'X' | '^' | '_' | '\\') if self.alt => {
                Some("begins a control sequence in most terminals")
            }
            KeyCode::Char(' ') if self.shift => Some("is the same as space in most terminals"),
            KeyCode::Enter | KeyCode::Backspace | KeyCode::Esc if self.ctrl || self.shift => {
                Some("is the same as the key without control and shift in most terminals")
            }
            KeyCode::Tab if self.ctrl || self.alt => Some("never reaches most terminals"),
            KeyCode::F(n) if n > 12 || self.ctrl || self.alt || self.shift => {
                Some("is sent by few terminals; F1 to F12 alone are")
            }
            _ => None,
        }
    }

    fn without_shift(self) -> Self {
        Self { shift: false, ..self }
    }

    /// What it means where nothing is bound to itself: shift held by accident changes nothing on the keys whose
    /// shifted form most terminals cannot send.
    pub(super) fn fallback(self) -> Option<Self> {
        let same = matches!(self.code, KeyCode::Enter | KeyCode::Backspace | KeyCode::Char(' '));
        (same && self.shift).then(|| self.without_shift())
    }
}

/// The lower case of a letter, where that is one character.
fn one_lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
}

/// The upper case of a letter, where that is one character.
fn one_upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    upper.next().filter(|_| upper.next().is_none()).unwrap_or(c)
}

impl FromStr for Key {
    type Err = KeyError;

    /// Reads `ctrl+j`, `alt+enter`, `shift+tab`, `f8`, `space`, `G`, `?`, `alt+=`, `+`.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (modifiers, name) = split(text)?;
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        for modifier in modifiers {
            let (held, name) = match modifier.to_ascii_lowercase().as_str() {
                "ctrl" | "control" => (&mut ctrl, "ctrl"),
                "alt" | "option" | "meta" => (&mut alt, "alt"),
                "shift" => (&mut shift, "shift"),
                _ => return Err(KeyError::Modifier(modifier.to_owned())),
            };
            if std::mem::replace(held, true) {
                return Err(KeyError::Twice(name));
            }
        }
        let code = code(name).ok_or_else(|| KeyError::Name(name.to_owned()))?;
        Ok(Self::new(code, ctrl, alt, shift))
    }
}

/// The modifiers and the key's name; a plus at the end is the key itself.
fn split(text: &str) -> Result<(Vec<&str>, &str), KeyError> {
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    let before_last = text.len() - text.chars().next_back().map_or(0, char::len_utf8);
    match text[..before_last].rfind('+') {
        Some(plus) => Ok((text[..plus].split('+').collect(), &text[plus + 1..])),
        None => Ok((Vec::new(), text)),
    }
}

fn code(name: &str) -> Option<KeyCode> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control() && !c.is_whitespace()).then_some(KeyCode::Char(c));
    }
    let name = name.to_ascii_lowercase();
    if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*code);
    }
    let number: u8 = name.strip_prefix('f')?.parse().ok()?;
    (1..=LAST_F).contains(&number).then_some(KeyCode::F(number))
}

impl fmt::Display for Key {
    /// As it is written in the keymap.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl+"), (self.alt, "alt+"), (self.shift, "shift+")] {
            if held {
                f.write_str(name)?;
            }
        }
        match (self.code, NAMES.iter().find(|(_, code)| *code == self.code)) {
            (_, Some((name, _))) => f.write_str(name),
            (KeyCode::Char(c), None) => write!(f, "{c}"),
            (KeyCode::F(number), None) => write!(f, "f{number}"),
            (other, None) => write!(f, "{other:?}"),
        }
    }
}
