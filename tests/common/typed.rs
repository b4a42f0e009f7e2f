//! Keys as tests write them: `hello<enter><c-n><a-left>`. Text stands for itself, a name in brackets for a key; `c-`,
//! `a-`, `s-` are Ctrl, Alt, Shift. A literal `<` is `<lt>`.

/// The modifiers held with a key.
#[derive(Default, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) ctrl: bool,
    pub(crate) alt: bool,
    pub(crate) shift: bool,
}

/// One key.
#[derive(Clone, Copy)]
pub(crate) enum Typed<'k> {
    /// A character of the text.
    Char(char),
    /// A key by its name.
    Named(&'k str, Held),
}

/// The keys one by one.
pub(crate) fn typed(keys: &str) -> Vec<Typed<'_>> {
    let mut typed = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        if first == '<' {
            let (name, after) = rest
                .split_once('>')
                .unwrap_or_else(|| panic!("no `>` after `<{rest}`; a literal `<` is `<lt>`"));
            typed.push(named(name));
            rest = after;
        } else {
            typed.push(Typed::Char(first));
        }
    }
    typed
}

fn named(name: &str) -> Typed<'_> {
    let mut held = Held::default();
    let mut key = name;
    while let Some((modifier, rest)) = key.split_once('-')
        && !rest.is_empty()
    {
        match modifier {
            "c" => held.ctrl = true,
            "a" => held.alt = true,
            "s" => held.shift = true,
            _ => panic!("no modifier `{modifier}` in `<{name}>`"),
        }
        key = rest;
    }
    Typed::Named(key, held)
}
