//! From cells that changed to the fewest bytes that change them on the terminal.
//!
//! Cells that stand side by side and look alike are written in one go; blanks go along in any colour; the cursor takes the
//! shortest way; looks are told by what differs. Only what every terminal knows is used: cursor movement, SGR, and
//! erasing the whole screen. Nothing is written to the terminal here: bytes gather until [`Paint::take`].

mod pen;

use crate::text::cells;
use pen::Pen;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Color;
use std::io;

/// What the terminal has, and what is to be written to it.
pub(super) struct Paint {
    out: String,
    /// What stands on the terminal.
    shown: Buffer,
    at: Place,
    /// Whether the cursor is to be seen, where that is known.
    cursor: Option<bool>,
}

/// Where the terminal's cursor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Unknown,
    /// In this row: behind a character that terminals do not agree about.
    Row(u16),
    At(u16, u16),
}

/// The look of a run of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Blanks alone: any look with this ground.
    Blank(Color),
    Inked(Pen),
}

/// Cells side by side that are written in one go.
#[derive(Debug)]
struct Run {
    x: u16,
    y: u16,
    look: Look,
    text: String,
    /// The first column behind it.
    end: u16,
    /// Whether every terminal agrees that it ends there.
    sure: bool,
}

impl Paint {
    /// For a terminal of so many columns and rows that is empty.
    pub(super) fn new((columns, rows): (u16, u16)) -> Self {
        let shown = Buffer::empty(Rect::new(0, 0, columns, rows));
        Self { out: String::new(), shown, at: Place::Unknown, cursor: None }
    }

    /// What has gathered.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out).into_bytes()
    }

    /// A sequence that moves nothing and changes no look.
    pub(super) fn tell(&mut self, sequence: &str) {
        self.out.push_str(sequence);
    }

    /// Somebody else wrote to the terminal: nothing is known of its cursor.
    pub(super) fn forget(&mut self) {
        self.at = Place::Unknown;
        self.cursor = None;
    }

    fn show_cursor_if(&mut self, seen: bool) {
        if self.cursor.replace(seen) != Some(seen) {
            self.out.push_str(if seen { "\x1b[?25h" } else { "\x1b[?25l" });
        }
    }

    /// The runs that changed cells make, row by row. A short gap between two is written along where that is shorter than
    /// a jump.
    fn runs<'c>(&mut self, content: impl Iterator<Item = (u16, u16, &'c Cell)>) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (x, y, cell) in content {
            self.remember(x, y, cell);
            if let Some(run) = runs.last_mut()
                && run.sure
                && run.y == y
                && self.bridge(run, x)
                && run.take(cell)
            {
                continue;
            }
            runs.push(Run::new(x, y, cell));
        }
        runs
    }

    /// Behind a wide character nothing else stands any more.
    fn remember(&mut self, x: u16, y: u16, cell: &Cell) {
        let width = u16::try_from(cells(cell.symbol())).unwrap_or(1).max(1);
        for at in x..x.saturating_add(width) {
            if let Some(shown) = self.shown.cell_mut((at, y)) {
                shown.clone_from(cell);
                if at > x {
                    shown.set_symbol(" ");
                }
            }
        }
    }

    /// Brings a run up to column `x` over cells that did not change; false where jumping is better.
    fn bridge(&self, run: &mut Run, x: u16) -> bool {
        if run.end == x {
            return true;
        }
        if x < run.end || x - run.end > 4 {
            return false;
        }
        let between = (run.end..x).map(|x| self.shown.cell((x, run.y)));
        let mut text = String::new();
        for cell in between {
            let Some(cell) = cell.filter(|cell| run.fits(cell)) else { return false };
            let symbol = cell.symbol();
            if cells(symbol) != 1 || !is_sure(symbol, 1) {
                return false;
            }
            text.push_str(symbol);
        }
        let jump = if x - run.end == 1 { 3 } else { 4 };
        if text.len() > jump {
            return false;
        }
        run.text.push_str(&text);
        run.end = x;
        true
    }

    /// Writes runs in the order in which they take fewer bytes: row by row, or look by look.
    fn write(&mut self, mut runs: Vec<Run>) {
        let by_row = self.written(&runs);
        let mut inks: Vec<Pen> = Vec::new();
        for run in &runs {
            if let Look::Inked(pen) = run.look
                && !inks.contains(&pen)
            {
                inks.push(pen);
            }
        }
        runs.sort_by_key(|run| inks.iter().position(|pen| run.look.goes_with(*pen)));
        let by_look = self.written(&runs);
        let (bytes, at) = if by_look.0.len() < by_row.0.len() { by_look } else { by_row };
        self.out.push_str(&bytes);
        self.at = at;
    }

    fn written(&self, runs: &[Run]) -> (String, Place) {
        let (mut out, mut at, mut pen) = (String::new(), self.at, Pen::default());
        for run in runs {
            out.push_str(&at.way_to(run.x, run.y));
            let wanted = match run.look {
                Look::Inked(pen) => pen,
                Look::Blank(ground) if pen.leaves_blank(ground) => pen,
                Look::Blank(ground) => pen.for_blank(ground),
            };
            out.push_str(&pen.change(wanted));
            pen = wanted;
            out.push_str(&run.text);
            at = match run.sure {
                // Behind the last column terminals wait for the next character, each in its way.
                _ if run.end >= self.shown.area.width => Place::Unknown,
                true => Place::At(run.end, run.y),
                false => Place::Row(run.y),
            };
        }
        out.push_str(&pen.change(Pen::default()));
        (out, at)
    }
}

impl Look {
    fn goes_with(self, pen: Pen) -> bool {
        match self {
            Self::Inked(own) => own == pen,
            Self::Blank(ground) => pen.leaves_blank(ground),
        }
    }
}

impl Run {
    fn new(x: u16, y: u16, cell: &Cell) -> Self {
        let look = look_of(cell);
        let mut run = Self { x, y, look, text: String::new(), end: x, sure: true };
        run.append(cell);
        run
    }

    /// Whether a cell can be written along without another look.
    fn fits(&self, cell: &Cell) -> bool {
        match (self.look, look_of(cell)) {
            (own, other) if own == other => true,
            (Look::Inked(pen), Look::Blank(ground)) => pen.leaves_blank(ground),
            _ => false,
        }
    }

    /// Takes a cell that stands behind it, if both can be written in one look.
    fn take(&mut self, cell: &Cell) -> bool {
        match (self.look, look_of(cell)) {
            _ if self.fits(cell) => {}
            (Look::Blank(ground), Look::Inked(pen)) if pen.leaves_blank(ground) => {
                self.look = Look::Inked(pen);
            }
            _ => return false,
        }
        self.append(cell);
        true
    }

    fn append(&mut self, cell: &Cell) {
        let symbol = cell.symbol();
        let width = cells(symbol).max(1);
        self.text.push_str(symbol);
        self.end = self.end.saturating_add(u16::try_from(width).unwrap_or(1));
        self.sure = is_sure(symbol, width);
    }
}

fn look_of(cell: &Cell) -> Look {
    let pen = Pen::of(cell);
    if cell.symbol() == " " && pen.leaves_blank(pen.bg) {
        Look::Blank(pen.bg)
    } else {
        Look::Inked(pen)
    }
}

/// Whether every terminal takes so many cells for this: one character, and if it is wide, one that always was.
fn is_sure(symbol: &str, width: usize) -> bool {
    let mut characters = symbol.chars();
    let (Some(first), None) = (characters.next(), characters.next()) else { return false };
    match width {
        1 => true,
        2 => matches!(first,
            '\u{3041}'..='\u{33ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{3001}'..='\u{3029}'
            | '\u{ff01}'..='\u{ff60}'),
        _ => false,
    }
}

impl Place {
    /// The shortest sequence that brings the cursor to a cell.
    fn way_to(self, x: u16, y: u16) -> String {
        let direct = match (x, y) {
            (0, 0) => "\x1b[H".to_owned(),
            (0, y) => format!("\x1b[{}H", y + 1),
            (x, y) => format!("\x1b[{};{}H", y + 1, x + 1),
        };
        let (from, row) = match self {
            Self::Unknown => return direct,
            Self::Row(row) => (None, row),
            Self::At(column, row) => (Some(column), row),
        };
        // A line feed moves straight down; further, or up, the direct way is as short.
        let Some(down @ 0..=3) = y.checked_sub(row) else { return direct };
        let across = match from {
            Some(column) if column == x => String::new(),
            _ if x == 0 => "\r".to_owned(),
            Some(column) => steps(column, x),
            None => format!("\x1b[{}G", x + 1),
        };
        let way = format!("{across}{}", "\n".repeat(usize::from(down)));
        if way.len() <= direct.len() { way } else { direct }
    }
}

/// Along a row.
fn steps(from: u16, to: u16) -> String {
    let (count, way) = if to > from { (to - from, 'C') } else { (from - to, 'D') };
    match count {
        1 => format!("\x1b[{way}"),
        _ => format!("\x1b[{count}{way}"),
    }
}

impl Backend for Paint {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let runs = self.runs(content);
        if !runs.is_empty() {
            self.write(runs);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.show_cursor_if(false);
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.show_cursor_if(true);
        Ok(())
    }

    /// Where it was left: the terminal is never asked, since its answer would come among the keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(match self.at {
            Place::At(x, y) => Position { x, y },
            Place::Row(y) => Position { x: 0, y },
            Place::Unknown => Position::ORIGIN,
        })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        self.out.push_str(&self.at.way_to(x, y));
        self.at = Place::At(x, y);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    /// Only ever all of it is cleared.
    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        let Size { width, height } = self.size()?;
        self.shown = Buffer::empty(Rect::new(0, 0, width, height));
        self.out.push_str("\x1b[m\x1b[2J");
        self.at = Place::Unknown;
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = crossterm::terminal::size()?;
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        let columns_rows = self.size()?;
        Ok(WindowSize { columns_rows, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
