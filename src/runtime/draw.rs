//! Frames: at most one per budget and one under way, inside a synchronized update; fewer on a slow line.

use super::outlet::Outlet;
use super::paint::Paint;
use crate::app::State;
use crate::ui::{self, Look};
use ratatui::Terminal;
use ratatui::backend::Backend as _;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io;
use std::time::{Duration, Instant};

/// The shortest time between two frames.
const BUDGET: Duration = Duration::from_millis(16);
/// The longest that a frame waits though the line is free, however slow it is.
const SLOWEST: Duration = Duration::from_millis(250);

/// Draws the state and keeps the pace.
pub(super) struct Frames {
    terminal: Terminal<Paint>,
    outlet: Outlet,
    look: Look,
    last: Option<Instant>,
    /// How long the last frame took to be drawn.
    drawing: Duration,
    /// What is on the terminal is not known any more: the next frame draws everything.
    anew: bool,
    /// Where an address stands that can be clicked.
    linked: Option<(u16, u16)>,
}

impl Frames {
    pub(super) fn new(look: Look, outlet: Outlet) -> io::Result<Self> {
        let paint = Paint::new(crossterm::terminal::size()?);
        let terminal = Terminal::new(paint)?;
        Ok(Self {
            terminal,
            outlet,
            look,
            last: None,
            drawing: Duration::ZERO,
            anew: false,
            linked: None,
        })
    }

    /// When the next frame may be drawn. The time that writing took sets the pace: a slow SSH line gets fewer frames,
    /// never late keys.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.last.map(|last| last + budget(self.drawing, self.outlet.took()))
    }

    /// Whether the terminal has taken the last frame. Until then no other is drawn: the next shows what holds by then.
    pub(super) fn is_free(&self) -> bool {
        self.outlet.is_idle()
    }

    /// Comes back when the terminal has taken what it was given, or is gone.
    pub(super) async fn written(&self) {
        self.outlet.told().await;
    }

    /// Why the terminal is gone; told once.
    pub(super) fn failure(&self) -> Option<io::Error> {
        self.outlet.failure()
    }

    /// Draws the next frame and sends it on its way.
    pub(super) fn draw(&mut self, state: &State, now: Duration) -> io::Result<()> {
        let started = Instant::now();
        if std::mem::take(&mut self.anew) {
            // `Terminal::clear` asks the terminal where its cursor is, and the event stream would swallow the answer.
            let size = self.terminal.size()?;
            self.terminal.backend_mut().forget();
            self.terminal.resize(Rect::new(0, 0, size.width, size.height))?;
            self.linked = None;
        }
        let look = &self.look;
        let address = state.sound.page.as_ref().map(|page| page.link.as_str());
        let drawn = self.terminal.draw(|frame| ui::draw(state, look, now, frame))?;
        if let Some(address) = address {
            let drawn = drawn.buffer.clone();
            self.link(address, &drawn)?;
        }
        self.show();
        self.drawing = started.elapsed();
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
        let paint = self.terminal.backend_mut();
        paint.tell(&format!("\x1b]8;;{address}\x1b\\"));
        paint.draw(cells)?;
        paint.tell("\x1b]8;;\x1b\\");
        Ok(())
    }

    /// Hands the frame over, if there is anything in it.
    fn show(&mut self) {
        let frame = self.terminal.backend_mut().take();
        if !frame.is_empty() {
            self.outlet.send([b"\x1b[?2026h", frame.as_slice(), b"\x1b[?2026l"].concat());
        }
    }

    /// Forgets what is on the terminal: the next frame draws everything.
    pub(super) fn clear(&mut self) {
        self.anew = true;
    }
}

/// The time from one frame to the next, by how long the last took to be drawn and to be written.
fn budget(drawing: Duration, writing: Duration) -> Duration {
    ((drawing + writing) * 2).clamp(BUDGET, SLOWEST)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_grows_with_the_time_that_writing_takes() {
        let after = |writing| budget(Duration::from_millis(1), Duration::from_millis(writing));
        assert_eq!(after(0), BUDGET);
        assert_eq!(after(7), BUDGET);
        assert_eq!(after(49), Duration::from_millis(100));
        assert_eq!(after(124), SLOWEST);
        assert_eq!(after(60_000), SLOWEST);
    }
}
