//! A drawn screen as text: what is written, where the cursor stands and, if wanted, in which style.

use earmark::text::cells;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A frame.
pub(crate) struct Picture {
    pub(crate) cells: Buffer,
    pub(crate) cursor: Option<Position>,
}

impl Picture {
    /// The rows, without blanks at their ends.
    pub(crate) fn rows(&self) -> Vec<String> {
        (0..self.cells.area.height)
            .map(|y| self.row(y).into_iter().map(Cell::symbol).collect::<String>())
            .map(|row| row.trim_end().to_owned())
            .collect()
    }

    /// The rows, and a last line that tells where the cursor is.
    pub(crate) fn text(&self) -> String {
        let cursor = match self.cursor {
            Some(at) => format!("cursor: column {}, row {}", at.x, at.y),
            None => "cursor: hidden".to_owned(),
        };
        format!("{}\n{cursor}", self.rows().join("\n"))
    }

    /// The text, and below it the same screen with a letter for each style.
    pub(crate) fn styled(&self) -> String {
        let mut letters = BTreeMap::new();
        let mut legend = String::new();
        let mut layer = String::new();
        for y in 0..self.cells.area.height {
            for cell in self.row(y) {
                let style = style_of(cell);
                let next = letters.len();
                let letter = *letters.entry(style.clone()).or_insert_with(|| {
                    let letter = (b'a'..=b'z').chain(b'A'..=b'Z').nth(next).map_or('?', char::from);
                    writeln!(legend, "{letter}: {style}").unwrap();
                    letter
                });
                layer.extend(std::iter::repeat_n(letter, cells(cell.symbol()).max(1)));
            }
            layer.push('\n');
        }
        format!("{}\n\n{layer}\n{legend}", self.text())
    }

    /// The cells of a row but those that a wide character covers.
    fn row(&self, y: u16) -> Vec<&Cell> {
        let mut row = Vec::new();
        let mut x = 0;
        while x < self.cells.area.width {
            let cell = &self.cells[(x, y)];
            x += u16::try_from(cells(cell.symbol()).max(1)).unwrap();
            row.push(cell);
        }
        row
    }
}

fn style_of(cell: &Cell) -> String {
    let style = cell.style();
    let mut told = format!("{:?} on {:?}", cell.fg, cell.bg);
    if !style.add_modifier.is_empty() {
        write!(told, " {:?}", style.add_modifier).unwrap();
    }
    told
}
