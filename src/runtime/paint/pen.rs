//! The look that the terminal writes in, and the shortest sequence from one look to another.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// What can be seen of a look where nothing stands.
const SEEN_ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK);

/// What each modifier is switched on with, and off.
const MODIFIERS: [(Modifier, u8, u8); 6] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// A look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pen {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

impl Pen {
    pub(super) fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a blank written in this look is the same as one written on `ground` alone.
    pub(super) fn leaves_blank(self, ground: Color) -> bool {
        self.bg == ground && !self.modifier.intersects(SEEN_ON_BLANK)
    }

    /// The nearest look in which a blank shows `ground` alone.
    pub(super) fn for_blank(self, ground: Color) -> Self {
        let plain = Self { bg: ground, ..Self::default() };
        let near = Self { bg: ground, modifier: self.modifier - SEEN_ON_BLANK, ..self };
        if self.change(near).len() <= self.change(plain).len() { near } else { plain }
    }

    /// What the terminal is told to write in `wanted` from now on; nothing where it does so already.
    pub(super) fn change(self, wanted: Self) -> String {
        if self == wanted {
            return String::new();
        }
        let (mut step, mut anew) = (Codes::default(), Codes::default());
        let gone = self.modifier - wanted.modifier;
        // One code ends both bold and dim.
        let weight = Modifier::BOLD | Modifier::DIM;
        let weighed = gone.intersects(weight);
        for (modifier, _, off) in MODIFIERS {
            if gone.contains(modifier) {
                step.once(off);
            }
        }
        for (modifier, on, _) in MODIFIERS {
            let held = self.modifier.contains(modifier) && !(weighed && weight.contains(modifier));
            if wanted.modifier.contains(modifier) {
                anew.once(on);
                if !held {
                    step.once(on);
                }
            }
        }
        for (now, then, ground) in [(self.fg, wanted.fg, false), (self.bg, wanted.bg, true)] {
            if now != then {
                step.color(then, ground);
            }
            if then != Color::Reset {
                anew.color(then, ground);
            }
        }
        if wanted == Self::default() {
            return "\x1b[m".to_owned();
        }
        let (step, anew) = (format!("\x1b[{}m", step.0), format!("\x1b[0;{}m", anew.0));
        if step.len() <= anew.len() { step } else { anew }
    }
}

/// The parameters of one sequence.
#[derive(Default)]
struct Codes(String);

impl Codes {
    fn push(&mut self, code: impl std::fmt::Display) {
        let gap = if self.0.is_empty() { "" } else { ";" };
        // Writing into a String does not fail.
        let _ = write!(self.0, "{gap}{code}");
    }

    fn once(&mut self, code: u8) {
        if !self.0.split(';').any(|known| known == code.to_string()) {
            self.push(code);
        }
    }

    /// The sixteen colours by the numbers that every terminal with colours knows.
    fn color(&mut self, color: Color, ground: bool) {
        let shift = if ground { 10 } else { 0 };
        let code = match color {
            Color::Reset => 39,
            Color::Black => 30,
            Color::Red => 31,
            Color::Green => 32,
            Color::Yellow => 33,
            Color::Blue => 34,
            Color::Magenta => 35,
            Color::Cyan => 36,
            Color::Gray => 37,
            Color::DarkGray => 90,
            Color::LightRed => 91,
            Color::LightGreen => 92,
            Color::LightYellow => 93,
            Color::LightBlue => 94,
            Color::LightMagenta => 95,
            Color::LightCyan => 96,
            Color::White => 97,
            Color::Indexed(index) => return self.push(format_args!("{};5;{index}", 38 + shift)),
            Color::Rgb(r, g, b) => return self.push(format_args!("{};2;{r};{g};{b}", 38 + shift)),
        };
        self.push(code + shift);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLUE: Pen =
        Pen { fg: Color::Rgb(108, 182, 255), bg: Color::Reset, modifier: Modifier::empty() };

    #[test]
    fn only_what_differs_is_told() {
        let bold = Pen { modifier: Modifier::BOLD, ..BLUE };
        assert_eq!(Pen::default().change(BLUE), "\x1b[38;2;108;182;255m");
        assert_eq!(BLUE.change(bold), "\x1b[1m");
        assert_eq!(bold.change(BLUE), "\x1b[22m");
        assert_eq!(BLUE.change(BLUE), "");
        assert_eq!(bold.change(Pen::default()), "\x1b[m");
        let row = Pen { bg: Color::Indexed(24), ..bold };
        assert_eq!(bold.change(row), "\x1b[48;5;24m");
    }

    #[test]
    fn bold_and_dim_end_together() {
        let dim = Pen { modifier: Modifier::DIM, ..BLUE };
        let bold = Pen { modifier: Modifier::BOLD, ..BLUE };
        let both = Pen { modifier: Modifier::BOLD | Modifier::DIM, ..BLUE };
        assert_eq!(dim.change(bold), "\x1b[22;1m");
        assert_eq!(both.change(dim), "\x1b[22;2m");
    }

    #[test]
    fn what_is_shorter_anew_is_told_anew() {
        let much = Pen {
            fg: Color::White,
            bg: Color::Blue,
            modifier: Modifier::BOLD | Modifier::ITALIC | Modifier::UNDERLINED,
        };
        let red = Pen { fg: Color::Red, ..Pen::default() };
        assert_eq!(much.change(red), "\x1b[0;31m");
    }

    #[test]
    fn sixteen_colours_go_by_their_old_numbers() {
        let plain = Pen::default();
        assert_eq!(plain.change(Pen { fg: Color::Gray, ..plain }), "\x1b[37m");
        assert_eq!(plain.change(Pen { bg: Color::White, ..plain }), "\x1b[107m");
    }

    #[test]
    fn a_blank_needs_no_colour() {
        assert!(BLUE.leaves_blank(Color::Reset));
        assert!(!BLUE.leaves_blank(Color::Black));
        let line = Pen { modifier: Modifier::UNDERLINED, ..BLUE };
        assert!(!line.leaves_blank(Color::Reset));
        assert_eq!(line.for_blank(Color::Reset), Pen::default());
        assert_eq!(BLUE.for_blank(Color::Reset), BLUE);
    }
}
