//! The bytes a plain xterm sends for keys as tests write them.

use super::typed::{Held, Typed, typed};

/// The bytes of each key, one item a key.
pub(crate) fn encode(keys: &str) -> Vec<Vec<u8>> {
    let bytes = |typed| match typed {
        Typed::Char(character) => character.to_string().into_bytes(),
        Typed::Named(name, held) => named(name, held),
    };
    typed(keys).into_iter().map(bytes).collect()
}

fn named(name: &str, held: Held) -> Vec<u8> {
    if let Some(bytes) = cursor_key(name, held).or_else(|| function_key(name, held)) {
        return bytes;
    }
    let bytes = plain(name, held).unwrap_or_else(|| panic!("no terminal sends `<{name}>`"));
    if held.alt { [b"\x1b", bytes.as_slice()].concat() } else { bytes }
}

/// Whether any modifier is held.
fn any(held: Held) -> bool {
    held.ctrl || held.alt || held.shift
}

/// What xterm puts behind the semicolon.
fn parameter(held: Held) -> u8 {
    1 + u8::from(held.shift) + 2 * u8::from(held.alt) + 4 * u8::from(held.ctrl)
}

/// Keys that xterm sends as `CSI letter`, with modifiers as `CSI 1 ; modifiers letter`.
fn cursor_key(key: &str, held: Held) -> Option<Vec<u8>> {
    let letter = match key {
        "up" => 'A',
        "down" => 'B',
        "right" => 'C',
        "left" => 'D',
        "end" => 'F',
        "home" => 'H',
        _ => return None,
    };
    let sequence = if any(held) {
        format!("\x1b[1;{}{letter}", parameter(held))
    } else {
        format!("\x1b[{letter}")
    };
    Some(sequence.into_bytes())
}

/// Keys that xterm sends as `CSI number ~`, and the first four function keys.
fn function_key(key: &str, held: Held) -> Option<Vec<u8>> {
    let number = match key {
        "ins" => 2,
        "del" => 3,
        "pgup" => 5,
        "pgdn" => 6,
        "f1" | "f2" | "f3" | "f4" if !any(held) => {
            let letter = ['P', 'Q', 'R', 'S'][usize::from(key.as_bytes()[1] - b'1')];
            return Some(format!("\x1bO{letter}").into_bytes());
        }
        "f5" => 15,
        "f6" => 17,
        "f7" => 18,
        "f8" => 19,
        "f9" => 20,
        "f10" => 21,
        "f11" => 23,
        "f12" => 24,
        _ => return None,
    };
    let sequence = if any(held) {
        format!("\x1b[{number};{}~", parameter(held))
    } else {
        format!("\x1b[{number}~")
    };
    Some(sequence.into_bytes())
}

/// Keys of one character; Alt comes before them as an escape.
fn plain(key: &str, held: Held) -> Option<Vec<u8>> {
    let bytes = match (key, held.ctrl, held.shift) {
        ("enter", false, false) => b"\r".to_vec(),
        ("tab", false, false) => b"\t".to_vec(),
        ("tab", false, true) => b"\x1b[Z".to_vec(),
        ("esc", false, false) => b"\x1b".to_vec(),
        ("bs", false, false) => b"\x7f".to_vec(),
        ("space", false, false) => b" ".to_vec(),
        ("space", true, false) => b"\0".to_vec(),
        ("lt", false, false) => b"<".to_vec(),
        (letter, true, false) if letter.len() == 1 => {
            let letter = letter.as_bytes()[0];
            // Ctrl keeps the lower five bits; digits and most signs have no such byte.
            if !matches!(letter, b'a'..=b'z' | b'[' | b'\\' | b']' | b'^' | b'_') {
                return None;
            }
            vec![letter & 0x1f]
        }
        (text, false, false) if text.chars().count() == 1 => text.as_bytes().to_vec(),
        _ => return None,
    };
    Some(bytes)
}
