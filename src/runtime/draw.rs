//! Frames: at most one per budget, inside a synchronized update, and fewer on a slow line.

use crate::app::State;
use crate::ui::{self, Look};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::Terminal;
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The shortest time between two frames.
const BUDGET: Duration = Duration::from_millis(16);
/// The longest, however slow the line is.
const SLOWEST: Duration = Duration::from_millis(100);

/// A frame on its way, seen whole before the terminal gets it.
#[derive(Clone, Default)]
struct Frame(Rc<RefCell<Vec<u8>>>);

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Draws the state and keeps the pace.
pub(super) struct Frames {
    terminal: Terminal<CrosstermBackend<Frame>>,
    frame: Frame,
    /// The last frame that the terminal got.
    shown: Vec<u8>,
    look: Look,
    last: Option<Instant>,
    budget: Duration,
    /// What is on the terminal is not known any more: the next frame draws everything.
    anew: bool,
    /// Where an address stands that can be clicked.
    linked: Option<(u16, u16)>,
}

impl Frames {
    pub(super) fn new(look: Look) -> io::Result<Self> {
        let frame = Frame::default();
        let terminal = Terminal::new(CrosstermBackend::new(frame.clone()))?;
        let shown = Vec::new();
        Ok(Self {
            terminal,
            frame,
            shown,
            look,
            last: None,
            budget: BUDGET,
            anew: false,
            linked: None,
        })
    }

    /// When the next frame may be drawn.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.last.map(|last| last + self.budget)
    }

    /// Draws. The time that writing took sets the pace: a slow SSH line gets fewer frames, never late keys.
    pub(super) fn draw(&mut self, state: &State, now: Duration) -> io::Result<()> {
        let started = Instant::now();
        if std::mem::take(&mut self.anew) {
            // `Terminal::clear` asks the terminal where its cursor is, and the event stream would swallow the answer.
            let size = self.terminal.size()?;
            self.terminal.resize(Rect::new(0, 0, size.width, size.height))?;
            self.shown.clear();
            self.linked = None;
        }
        let look = &self.look;
        let address = state.sound.page.as_ref().map(|page| page.link.as_str());
        let drawn = self.terminal.draw(|frame| ui::draw(state, look, now, frame))?;
        if let Some(address) = address {
            let drawn = drawn.buffer.clone();
            self.link(address, &drawn)?;
        }
        self.show()?;
        self.budget = (started.elapsed() * 2).clamp(BUDGET, SLOWEST);
        self.last = Some(Instant::now());
        Ok(())
    }

    /// Makes an address that is on the screen one that can be clicked (OSC 8), where terminals know how; to others it
    /// stays the text that it is.
    fn link(&mut self, address: &str, drawn: &Buffer) -> io::Result<()> {
        let place = found(address, drawn);
        if std::mem::replace(&mut self.linked, place) == place {
            return Ok(());
        }
        let Some((x, y)) = place else { return Ok(()) };
        let width = u16::try_from(address.len()).unwrap_or(u16::MAX);
        let cells = (x..x.saturating_add(width)).filter_map(|x| Some((x, y, drawn.cell((x, y))?)));
        write!(self.frame, "\x1b]8;;{address}\x1b\\")?;
        self.terminal.backend_mut().draw(cells)?;
        write!(self.frame, "\x1b]8;;\x1b\\")
    }

    /// Hands the frame over. One in which no cell changed only says again how the frame before it ended, where the cursor
    /// is: it is left out.
    fn show(&mut self) -> io::Result<()> {
        let frame = std::mem::take(&mut *self.frame.0.borrow_mut());
        if self.shown.ends_with(&frame) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        queue!(out, BeginSynchronizedUpdate)?;
        out.write_all(&frame)?;
        queue!(out, EndSynchronizedUpdate)?;
        out.flush()?;
        self.shown = frame;
        Ok(())
    }

    /// Forgets what is on the terminal: the next frame draws everything.
    pub(super) fn clear(&mut self) {
        self.anew = true;
    }
}

/// Where a text of ASCII stands in one row, as column and row.
fn found(text: &str, drawn: &Buffer) -> Option<(u16, u16)> {
    let area = drawn.area;
    let row =
        |y: u16| (0..area.width).map(move |x| drawn.cell((x, y)).map_or(" ", |it| it.symbol()));
    (0..area.height).find_map(|y| {
        let line: String =
            row(y).map(|symbol| if symbol.len() == 1 { symbol } else { "?" }).collect();
        let x = line.find(text)?;
        Some((u16::try_from(x).ok()?, y))
    })
}
