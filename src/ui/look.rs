//! The look: a theme and what the terminal can show of it, as ratatui styles; and the time zone that times are read in.

use super::nearest::nearest;
use crate::config::{Ansi, Color, Role, Style as ThemeStyle, Theme, ThemeName};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::style::{Color as CellColor, Modifier, Style};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ColorMode {
    /// Any colour.
    #[default]
    True,
    /// Those that xterm numbers.
    Ansi256,
    /// Its own sixteen.
    Ansi16,
    /// None: bold, reverse, underline and the like tell things apart.
    None,
}

/// How everything looks. Made once, and anew when the theme changes.
#[derive(Debug, Clone)]
pub struct Look {
    theme: Theme,
    colors: ColorMode,
    zone: TimeZone,
}

impl Look {
    /// A theme as far as the terminal can show it; times are shown in `zone`. Without colour the theme without colour
    /// takes its place.
    pub fn new(theme: Theme, colors: ColorMode, zone: TimeZone) -> Self {
        let theme = match colors {
            ColorMode::None => Theme::load(ThemeName::Mono),
            ColorMode::True | ColorMode::Ansi256 | ColorMode::Ansi16 => theme,
        };
        Self { theme, colors, zone }
    }

    /// How a part of the screen looks.
    pub fn of(&self, role: Role) -> Style {
        style(&self.theme.style(role), self.colors)
    }

    /// Whether colour can be counted on to tell things apart.
    pub(super) fn has_colour(&self) -> bool {
        self.colors != ColorMode::None
    }

    /// `14:02`.
    pub(super) fn time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%H:%M").to_string()
    }

    /// `2026-07-03 14:02`.
    pub(super) fn date_time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// A style of a theme as ratatui's.
pub fn style(style: &ThemeStyle, colors: ColorMode) -> Style {
    let mut out = Style::new();
    if let Some(color) = style.fg.and_then(|color| cell_color(color, colors)) {
        out = out.fg(color);
    }
    if let Some(color) = style.bg.and_then(|color| cell_color(color, colors)) {
        out = out.bg(color);
    }
    for (on, modifier) in [
        (style.bold, Modifier::BOLD),
        (style.dim, Modifier::DIM),
        (style.italic, Modifier::ITALIC),
        (style.underline, Modifier::UNDERLINED),
        (style.reverse, Modifier::REVERSED),
        (style.strike, Modifier::CROSSED_OUT),
    ] {
        if on {
            out = out.add_modifier(modifier);
        }
    }
    out
}

fn cell_color(color: Color, colors: ColorMode) -> Option<CellColor> {
    match (colors, color.rgb) {
        (ColorMode::None, _) => None,
        (ColorMode::True, Some((red, green, blue))) => Some(CellColor::Rgb(red, green, blue)),
        (ColorMode::Ansi256, Some((red, green, blue))) => {
            Some(CellColor::Indexed(nearest(red, green, blue)))
        }
        _ => Some(ansi(color.ansi)),
    }
}

fn ansi(color: Ansi) -> CellColor {
    match color {
        Ansi::Black => CellColor::Black,
        Ansi::Red => CellColor::Red,
        Ansi::Green => CellColor::Green,
        Ansi::Yellow => CellColor::Yellow,
        Ansi::Blue => CellColor::Blue,
        Ansi::Magenta => CellColor::Magenta,
        Ansi::Cyan => CellColor::Cyan,
        Ansi::White => CellColor::Gray,
        Ansi::BrightBlack => CellColor::DarkGray,
        Ansi::BrightRed => CellColor::LightRed,
        Ansi::BrightGreen => CellColor::LightGreen,
        Ansi::BrightYellow => CellColor::LightYellow,
        Ansi::BrightBlue => CellColor::LightBlue,
        Ansi::BrightMagenta => CellColor::LightMagenta,
        Ansi::BrightCyan => CellColor::LightCyan,
        Ansi::BrightWhite => CellColor::White,
    }
}
