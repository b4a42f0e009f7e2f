//! Colours in our own terms: exact ones, and the terminal's sixteen.

use serde::Deserialize;

/// One of the terminal's own sixteen colours. Files name it in kebab-case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names of colours say it")]
pub enum Ansi {
    Black,
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    White,
    BrightBlack,
    BrightRed,
    BrightGreen,
    BrightYellow,
    BrightBlue,
    BrightMagenta,
    BrightCyan,
    BrightWhite,
}

impl Ansi {
    /// Its number among the sixteen, from 0.
    pub fn index(self) -> u8 {
        self as u8
    }
}

/// A colour: as exact as the terminal can, and what stands for it among sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Color {
    /// Red, green, blue; `None` leaves it to the terminal's own palette.
    #[serde(default, deserialize_with = "rgb")]
    pub rgb: Option<(u8, u8, u8)>,
    /// The nearest of the terminal's own.
    pub ansi: Ansi,
}

fn rgb<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<(u8, u8, u8)>, D::Error> {
    let text = String::deserialize(from)?;
    parse_rgb(&text).map(Some).ok_or_else(|| {
        serde::de::Error::custom(format!("{text:?} is no colour such as \"#1e90ff\""))
    })
}

/// `#1e90ff`.
pub(super) fn parse_rgb(text: &str) -> Option<(u8, u8, u8)> {
    let hex = text
        .strip_prefix('#')
        .filter(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let byte = |at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    Some((byte(0)?, byte(2)?, byte(4)?))
}
