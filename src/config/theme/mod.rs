//! Themes as data: what each part of the screen looks like. Knows nothing of how it is drawn.

mod color;
mod role;

pub use color::{Ansi, Color};
pub use role::Role;

use super::ThemeName;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How a role looks. No colour means the terminal's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Style {
    /// Of the text.
    pub fg: Option<Color>,
    /// Behind the text.
    pub bg: Option<Color>,
    /// Heavy.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Slanted.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Colours exchanged.
    pub reverse: bool,
    /// Struck through.
    pub strike: bool,
}

/// Why a theme's text cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// It is not TOML, or not a theme.
    #[error("the theme cannot be read: {0}")]
    Syntax(String),
    /// A role names a colour that the theme does not have.
    #[error("the theme's {role:?} wants the colour {color:?}, which is not among its colours")]
    UnknownColor {
        /// Which role.
        role: Role,
        /// The colour as written.
        color: String,
    },
    /// A role has no look.
    #[error("the theme does not say how {0:?} looks")]
    Missing(Role),
}

/// The look of every role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Theme {
    styles: BTreeMap<Role, Style>,
}

impl Theme {
    /// A shipped theme.
    pub fn load(name: ThemeName) -> Self {
        // The shipped ones are read by a test each, so nothing is lost in falling back to a bare screen.
        Self::parse(shipped(name)).unwrap_or_default()
    }

    /// Reads a theme's text.
    ///
    /// # Errors
    /// When it is no theme, lacks a role, or names a colour that it does not have.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        let file: File =
            toml::from_str(text).map_err(|error| ThemeError::Syntax(error.to_string()))?;
        let style = |role: &Role| {
            let look = file.roles.get(role).ok_or(ThemeError::Missing(*role))?;
            Ok((*role, look.style(*role, &file.colors)?))
        };
        Ok(Self { styles: Role::ALL.iter().map(style).collect::<Result<_, _>>()? })
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }
}

fn shipped(name: ThemeName) -> &'static str {
    match name {
        ThemeName::Dark => include_str!("../../../assets/themes/dark.toml"),
        ThemeName::Light => include_str!("../../../assets/themes/light.toml"),
        ThemeName::HighContrast => include_str!("../../../assets/themes/high-contrast.toml"),
        ThemeName::Mono => include_str!("../../../assets/themes/mono.toml"),
    }
}

/// A theme as it is written: colours by name, and roles that use them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    colors: BTreeMap<String, Color>,
    roles: BTreeMap<Role, Look>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Look {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
    strike: bool,
}

impl Look {
    fn style(&self, role: Role, colors: &BTreeMap<String, Color>) -> Result<Style, ThemeError> {
        let color = |name: &Option<String>| match name {
            None => Ok(None),
            Some(name) => colors
                .get(name)
                .copied()
                .map(Some)
                .ok_or_else(|| ThemeError::UnknownColor { role, color: name.clone() }),
        };
        let Self { bold, dim, italic, underline, reverse, strike, .. } = *self;
        let (fg, bg) = (color(&self.fg)?, color(&self.bg)?);
        Ok(Style { fg, bg, bold, dim, italic, underline, reverse, strike })
    }
}

#[cfg(test)]
mod tests;
