//! What the terminal is able to show, by what the environment says of it.

use crate::config::{Ascii, ColorMode};
use crate::ui;

/// Terminals that always had every colour, and say only their name where `COLORTERM` is not passed on, as by SSH.
const ANY_COLOR: [&str; 5] = ["alacritty", "foot", "ghostty", "kitty", "wezterm"];

/// Whether the locale or the terminal shows only ASCII. `variable` gives what the environment has, where it is not empty.
pub(super) fn ascii_only(wanted: Ascii, variable: impl Fn(&str) -> Option<String>) -> bool {
    match wanted {
        Ascii::Always => true,
        Ascii::Never => false,
        Ascii::Auto => {
            let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(&variable);
            let plain = |locale: &str| matches!(locale, "C" | "POSIX");
            locale.is_some_and(|locale| plain(&locale))
                || variable("TERM").is_some_and(|term| term == "dumb" || term == "vt100")
        }
    }
}

/// The colours to use. Any colour only goes to a terminal that says it knows them all: others show something else, or
/// blink.
pub(super) fn color_mode(
    wanted: ColorMode,
    variable: impl Fn(&str) -> Option<String>,
) -> ui::ColorMode {
    match wanted {
        ColorMode::Never => ui::ColorMode::None,
        ColorMode::Always => ui::ColorMode::True,
        ColorMode::TwoHundredFiftySix => ui::ColorMode::Ansi256,
        ColorMode::Sixteen => ui::ColorMode::Ansi16,
        ColorMode::Auto if variable("NO_COLOR").is_some() => ui::ColorMode::None,
        ColorMode::Auto => {
            let told = variable("COLORTERM")
                .is_some_and(|value| value.contains("truecolor") || value.contains("24bit"));
            let term = variable("TERM").unwrap_or_default();
            let named = || ANY_COLOR.iter().any(|name| term.contains(name));
            if told || term.contains("direct") || named() {
                ui::ColorMode::True
            } else if term.contains("256color") {
                ui::ColorMode::Ansi256
            } else {
                ui::ColorMode::Ansi16
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colors(environment: &[(&str, &str)]) -> ui::ColorMode {
        color_mode(ColorMode::Auto, of(environment))
    }

    fn of(environment: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |wanted| {
            let found = environment.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned()).filter(|value| !value.is_empty())
        }
    }

    #[test]
    fn any_colour_only_where_the_terminal_says_so() {
        use ui::ColorMode::{Ansi16, Ansi256, None, True};
        for (environment, expected) in [
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..], True),
            (&[("TERM", "tmux-256color"), ("COLORTERM", "24bit")], True),
            (&[("TERM", "xterm-direct")], True),
            (&[("TERM", "xterm-kitty")], True),
            (&[("TERM", "alacritty")], True),
            // What the terminal of macOS says, and tmux wherever it runs.
            (&[("TERM", "xterm-256color")], Ansi256),
            (&[("TERM", "tmux-256color")], Ansi256),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "")], Ansi256),
            (&[("TERM", "screen-256color"), ("COLORTERM", "1")], Ansi256),
            (&[("TERM", "xterm")], Ansi16),
            (&[("TERM", "linux")], Ansi16),
            (&[], Ansi16),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("NO_COLOR", "1")], None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Ansi256),
        ] {
            assert_eq!(colors(environment), expected, "{environment:?}");
        }
    }

    #[test]
    fn a_setting_outranks_the_environment() {
        let plain = [("TERM", "vt100"), ("NO_COLOR", "1")];
        for (wanted, expected) in [
            (ColorMode::Always, ui::ColorMode::True),
            (ColorMode::TwoHundredFiftySix, ui::ColorMode::Ansi256),
            (ColorMode::Sixteen, ui::ColorMode::Ansi16),
            (ColorMode::Never, ui::ColorMode::None),
        ] {
            assert_eq!(color_mode(wanted, of(&plain)), expected);
        }
    }

    #[test]
    fn ascii_where_the_locale_or_the_terminal_has_no_more() {
        let ascii = |environment: &[(&str, &str)]| ascii_only(Ascii::Auto, of(environment));
        assert!(ascii(&[("LANG", "C")]));
        assert!(ascii(&[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")]));
        assert!(ascii(&[("LANG", "en_US.UTF-8"), ("TERM", "vt100")]));
        assert!(!ascii(&[("LC_ALL", "C.UTF-8"), ("LANG", "C"), ("TERM", "xterm")]));
        assert!(!ascii(&[]));
    }
}
