//! Keys as tests write them: `hello<enter><c-n><a-left>`. Text stands for itself, a name in brackets for a key;
//! `c-`, `a-`, `s-` are Ctrl, Alt, Shift. A literal `<` is `<lt>`.

use earmark::keymap::{Key, KeyCode};

pub(crate) fn parse(keys: &str) -> Vec<Key> {
    let mut parsed = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        if first == '<' {
            let (name, after) = rest[1..]
                .split_once('>')
                .unwrap_or_else(|| panic!("no `>` after `{rest}`; a literal `<` is `<lt>`"));
            parsed.push(named(name));
            rest = after;
        } else {
            parsed.push(Key::plain(KeyCode::Char(first)));
            rest = &rest[first.len_utf8()..];
        }
    }
    parsed
}

fn named(name: &str) -> Key {
    let (mut ctrl, mut alt, mut shift) = (false, false, false);
    let mut key = name;
    while let Some((modifier, rest)) = key.split_once('-')
        && !rest.is_empty()
    {
        match modifier {
            "c" => ctrl = true,
            "a" => alt = true,
            "s" => shift = true,
            _ => panic!("no modifier `{modifier}` in `<{name}>`"),
        }
        key = rest;
    }
    let code = match key {
        "bs" => KeyCode::Backspace,
        "lt" => KeyCode::Char('<'),
        key => key.parse::<Key>().unwrap_or_else(|error| panic!("`<{name}>`: {error}")).code,
    };
    Key::new(code, ctrl, alt, shift)
}
