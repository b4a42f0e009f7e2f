//! The terminal on the other side of the pty: shows what the program draws and answers what it asks.

use vt100::{Callbacks, Parser};

/// Answers to "what are you?": a VT220 with colour, and no newer protocol.
const ABOUT_ME: &[u8] = b"\x1b[?62;22c";

/// A screen of cells, with what terminals do besides showing them.
pub(crate) struct Terminal {
    parser: Parser<Besides>,
}

/// What a program does to a terminal that is not drawing.
#[derive(Default)]
struct Besides {
    answers: Vec<u8>,
    clipboard: Option<String>,
    title: String,
    bells: usize,
    half_drawn: bool,
}

impl Terminal {
    pub(crate) fn new(cols: u16, rows: u16) -> Self {
        let (rows, cols) = size(cols, rows);
        Self { parser: Parser::new_with_callbacks(rows, cols, 0, Besides::default()) }
    }

    /// Takes what the program wrote; returns what the terminal answers.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.parser.process(bytes);
        std::mem::take(&mut self.parser.callbacks_mut().answers)
    }

    pub(crate) fn resize(&mut self, cols: u16, rows: u16) {
        let (rows, cols) = size(cols, rows);
        self.parser.set_size(rows, cols);
    }

    pub(crate) fn view(&self) -> View<'_> {
        View { screen: self.parser.screen(), besides: self.parser.callbacks() }
    }

    /// Whether a synchronized update has begun and not ended: a person would not see this yet.
    pub(crate) fn is_half_drawn(&self) -> bool {
        self.parser.callbacks().half_drawn
    }
}

fn size(cols: u16, rows: u16) -> (std::num::NonZeroU16, std::num::NonZeroU16) {
    (rows.try_into().expect("a terminal has rows"), cols.try_into().expect("and columns"))
}

/// What is to be seen at one moment. Rows and columns count from 0.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    screen: &'a vt100::Screen,
    besides: &'a Besides,
}

impl View<'_> {
    /// All rows, without the blanks at their ends.
    pub(crate) fn text(&self) -> String {
        self.rows().join("\n")
    }

    pub(crate) fn rows(&self) -> Vec<String> {
        let (_, cols) = self.screen.size();
        self.screen.rows(0, cols.get()).map(|row| row.trim_end().to_owned()).collect()
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.rows().iter().any(|row| row.contains(text))
    }

    /// The first row with this text.
    pub(crate) fn row_with(&self, text: &str) -> Option<String> {
        self.rows().into_iter().find(|row| row.contains(text))
    }

    /// One cell, with its colours and attributes.
    pub(crate) fn cell(&self, row: u16, col: u16) -> Option<&vt100::Cell> {
        self.screen.cell(row, col)
    }

    /// Row and column of the cursor; `None` while it is hidden.
    pub(crate) fn cursor(&self) -> Option<(u16, u16)> {
        (!self.screen.hide_cursor()).then(|| self.screen.cursor_position())
    }

    /// Whether the program has put its own screen over the shell's.
    pub(crate) fn is_full_screen(&self) -> bool {
        self.screen.alternate_screen()
    }

    /// Whether pastes are marked as such.
    pub(crate) fn marks_pastes(&self) -> bool {
        self.screen.bracketed_paste()
    }

    /// What was last copied by OSC 52, as it was sent: base64.
    pub(crate) fn clipboard(&self) -> Option<&str> {
        self.besides.clipboard.as_deref()
    }

    pub(crate) fn title(&self) -> &str {
        &self.besides.title
    }

    /// How often it rang.
    pub(crate) fn bells(&self) -> usize {
        self.besides.bells
    }
}

impl Callbacks for Besides {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.bells += 1;
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.title = String::from_utf8_lossy(title).into_owned();
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.clipboard = Some(String::from_utf8_lossy(data).into_owned());
    }

    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        end: char,
    ) {
        let parameter = parameters.first().and_then(|group| group.first()).copied();
        match (first, parameter, end) {
            (None, Some(0) | None, 'c') => self.answers.extend_from_slice(ABOUT_ME),
            (None, Some(5), 'n') => self.answers.extend_from_slice(b"\x1b[0n"),
            (None, Some(6), 'n') => {
                let (row, col) = screen.cursor_position();
                let place = format!("\x1b[{};{}R", row + 1, col + 1);
                self.answers.extend_from_slice(place.as_bytes());
            }
            (Some(b'?'), Some(2026), 'h') => self.half_drawn = true,
            (Some(b'?'), Some(2026), 'l') => self.half_drawn = false,
            _ => {}
        }
    }
}
