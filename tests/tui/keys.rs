//! Keys as tests write them, as the update loop takes them.

use crate::typed::{Typed, typed};
use earmark::keymap::{Key, KeyCode};

pub(crate) fn parse(keys: &str) -> Vec<Key> {
    let key = |typed| match typed {
        Typed::Char(character) => Key::plain(KeyCode::Char(character)),
        Typed::Named(name, held) => {
            let code = match name {
                "bs" => KeyCode::Backspace,
                "lt" => KeyCode::Char('<'),
                name => {
                    name.parse::<Key>().unwrap_or_else(|error| panic!("`<{name}>`: {error}")).code
                }
            };
            Key::new(code, held.ctrl, held.alt, held.shift)
        }
    };
    typed(keys).into_iter().map(key).collect()
}
