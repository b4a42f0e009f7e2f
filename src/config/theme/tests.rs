//! The shipped themes: complete, legible, and telling states apart by more than colour.

use super::*;
use crate::config::Choice;

/// What stands behind text where a theme leaves the ground to the terminal: as bad as it gets among usual ones.
fn ground(name: ThemeName) -> (u8, u8, u8) {
    match name {
        ThemeName::Light => (0xf2, 0xf2, 0xf2),
        _ => (0x1e, 0x1e, 0x1e),
    }
}

fn themes() -> impl Iterator<Item = (ThemeName, Theme)> {
    ThemeName::WORDS.iter().map(|(_, name)| (*name, Theme::parse(shipped(*name)).unwrap()))
}

/// The contrast of two colours as WCAG 2 defines it, from 1 to 21.
fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
    let linear = |byte: u8| {
        let part = f64::from(byte) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let light = |(r, g, b)| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (one, other) = (light(one) + 0.05, light(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn every_shipped_theme_says_how_every_role_looks() {
    for (name, theme) in themes() {
        assert_eq!(theme.styles.len(), Role::ALL.len(), "{name:?}");
        assert_eq!(Theme::load(name), theme);
    }
}

#[test]
fn text_stands_out_from_its_ground() {
    for (name, theme) in themes() {
        let enough = if name == ThemeName::HighContrast { 7.0 } else { 4.5 };
        // Frames and silence are no text; WCAG asks 3 of them.
        let graphic = [Role::Border, Role::WaveSilence];
        for role in Role::ALL {
            let Style { fg, bg, .. } = theme.style(*role);
            let Some(fg) = fg.and_then(|color| color.rgb) else { continue };
            let bg = bg.and_then(|color| color.rgb).unwrap_or(ground(name));
            let enough = if graphic.contains(role) { 3.0 } else { enough };
            let has = contrast(fg, bg);
            assert!(has >= enough, "{name:?} {role:?}: {has:.1}");
        }
    }
}

#[test]
fn a_ground_never_comes_without_the_text_on_it() {
    for (name, theme) in themes() {
        for role in Role::ALL {
            let style = theme.style(*role);
            assert!(style.bg.is_none() || style.fg.is_some(), "{name:?} {role:?}");
            if let (Some(fg), Some(bg)) = (style.fg, style.bg) {
                assert_ne!(fg.ansi, bg.ansi, "{name:?} {role:?} on sixteen colours");
            }
        }
    }
}

#[test]
fn mono_has_no_colour() {
    let mono = Theme::load(ThemeName::Mono);
    for role in Role::ALL {
        let style = mono.style(*role);
        assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
    }
}

#[test]
fn what_must_be_told_apart_looks_different_without_colour_too() {
    let without_colour = |style: Style| Style { fg: None, bg: None, ..style };
    for (name, theme) in themes() {
        for (one, other) in [
            (Role::Added, Role::Removed),
            (Role::Added, Role::Text),
            (Role::Removed, Role::Text),
            (Role::CursorRow, Role::CursorRowIdle),
            (Role::CursorRow, Role::Text),
            (Role::BorderFocus, Role::Border),
            (Role::TabActive, Role::Tab),
        ] {
            let (one_style, other_style) = (theme.style(one), theme.style(other));
            assert_ne!(
                without_colour(one_style),
                without_colour(other_style),
                "{name:?} {one:?} {other:?}"
            );
        }
    }
}

#[test]
fn what_is_no_theme_says_why() {
    let dark = shipped(ThemeName::Dark);
    let without_text = dark.replace("\ntext = {}", "");
    assert_eq!(Theme::parse(&without_text), Err(ThemeError::Missing(Role::Text)));

    let unknown = dark.replace("dim = { fg = \"grey\" }", "dim = { fg = \"gray\" }");
    let error = ThemeError::UnknownColor { role: Role::Dim, color: "gray".to_owned() };
    assert_eq!(Theme::parse(&unknown), Err(error));

    let no_colour = dark.replace("#9aa5b1", "#9aa5");
    let error = Theme::parse(&no_colour).unwrap_err().to_string();
    assert!(error.contains("\"#9aa5\" is no colour"), "{error}");

    assert!(matches!(Theme::parse("[roles]\nrow = {}\n"), Err(ThemeError::Syntax(_))));
}

#[test]
fn colours_are_read_from_hex() {
    assert_eq!(color::parse_rgb("#1e90ff"), Some((0x1e, 0x90, 0xff)));
    for wrong in ["1e90ff", "#1e90f", "#1e90fg", "#+1+2+3", "#ééé", ""] {
        assert_eq!(color::parse_rgb(wrong), None, "{wrong:?}");
    }
}

#[test]
fn the_sixteen_are_numbered_as_terminals_do() {
    assert_eq!((Ansi::Black.index(), Ansi::BrightWhite.index()), (0, 15));
}
