//! Keys as the screen shows them: short, in the signs that keyboards bear.

use super::{Key, KeyCode};

impl Key {
    /// For hints and help: `⏎`, `⇧Tab`, `^Y`, `Alt+.`, `F1`; with `ascii`: `Enter`, `Shift+Tab`.
    pub fn label(self, ascii: bool) -> String {
        let ctrl = if self.ctrl { "^" } else { "" };
        let alt = if self.alt { "Alt+" } else { "" };
        let shift = match (self.shift, ascii) {
            (true, true) => "Shift+",
            (true, false) => "⇧",
            (false, _) => "",
        };
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) if self.ctrl => c.to_uppercase().to_string(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::F(number) => format!("F{number}"),
            code => named(code, ascii).to_owned(),
        };
        format!("{ctrl}{alt}{shift}{name}")
    }
}

fn named(code: KeyCode, ascii: bool) -> &'static str {
    match (code, ascii) {
        (KeyCode::Enter, true) => "Enter",
        (KeyCode::Enter, false) => "⏎",
        (KeyCode::Left, true) => "Left",
        (KeyCode::Left, false) => "←",
        (KeyCode::Right, true) => "Right",
        (KeyCode::Right, false) => "→",
        (KeyCode::Up, true) => "Up",
        (KeyCode::Up, false) => "↑",
        (KeyCode::Down, true) => "Down",
        (KeyCode::Down, false) => "↓",
        (KeyCode::Esc, _) => "Esc",
        (KeyCode::Tab, _) => "Tab",
        (KeyCode::Backspace, _) => "Backspace",
        (KeyCode::Delete, _) => "Del",
        (KeyCode::Insert, _) => "Ins",
        (KeyCode::Home, _) => "Home",
        (KeyCode::End, _) => "End",
        (KeyCode::PageUp, _) => "PgUp",
        (KeyCode::PageDown, _) => "PgDn",
        (KeyCode::Char(_) | KeyCode::F(_), _) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_on_the_screen() {
        for (key, label, ascii) in [
            ("enter", "⏎", "Enter"),
            ("shift+tab", "⇧Tab", "Shift+Tab"),
            ("ctrl+y", "^Y", "^Y"),
            ("alt+.", "Alt+.", "Alt+."),
            ("ctrl+shift+left", "^⇧←", "^Shift+Left"),
            ("f1", "F1", "F1"),
            ("space", "Space", "Space"),
            ("G", "G", "G"),
        ] {
            let key: Key = key.parse().unwrap();
            assert_eq!((key.label(false).as_str(), key.label(true).as_str()), (label, ascii));
        }
    }
}
