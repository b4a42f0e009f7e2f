//! Frames: at most one per budget, inside a synchronized update, and fewer on a slow line.

use crate::app::State;
use crate::ui::{self, Look};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
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
}

impl Frames {
    pub(super) fn new(look: Look) -> io::Result<Self> {
        let frame = Frame::default();
        let terminal = Terminal::new(CrosstermBackend::new(frame.clone()))?;
        let shown = Vec::new();
        Ok(Self { terminal, frame, shown, look, last: None, budget: BUDGET, anew: false })
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
        }
        let look = &self.look;
        self.terminal.draw(|frame| ui::draw(state, look, now, frame))?;
        self.show()?;
        self.budget = (started.elapsed() * 2).clamp(BUDGET, SLOWEST);
        self.last = Some(Instant::now());
        Ok(())
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
