//! The mouse, for the obvious: tabs, list, seek by click on the waveform, the box.

use super::Turn;
use crate::app::layout::PaneKind;
use crate::app::message::{Mouse, MouseKind};
use crate::app::state::{Focus, Screen};

impl Turn<'_> {
    pub(super) fn mouse(&mut self, mouse: Mouse) {
        if !self.state.dialogs.is_empty() || self.state.screen != Screen::Labeling {
            return;
        }
        let layout = self.state.layout();
        let Mouse { column, row, kind } = mouse;
        if kind == MouseKind::Press
            && let Some((view, ..)) =
                layout.tabs.iter().find(|(_, rect, _)| rect.contains(column, row))
        {
            self.show_tab(*view);
            return;
        }
        match (layout.pane_at(column, row), kind) {
            (Some(PaneKind::List), MouseKind::Press) => {
                let inner = layout.list.inner();
                if inner.contains(column, row) {
                    self.click_row(usize::from(row - inner.y));
                }
            }
            (Some(PaneKind::List), MouseKind::WheelUp) => self.wheel(-3),
            (Some(PaneKind::List), MouseKind::WheelDown) => self.wheel(3),
            (Some(PaneKind::Wave), MouseKind::Press) => {
                let inner = layout.wave.inner();
                if inner.contains(column, row) {
                    self.click_wave(f64::from(column - inner.x), f64::from(inner.width));
                }
            }
            (Some(PaneKind::Wave), MouseKind::WheelUp) => self.zoom(0.5),
            (Some(PaneKind::Wave), MouseKind::WheelDown) => self.zoom(2.0),
            (Some(PaneKind::Editor), MouseKind::Press) => {
                let line =
                    usize::from(row.saturating_sub(layout.text.y)) + self.state.editor.scroll;
                self.click_text(line, usize::from(column.saturating_sub(layout.text.x)));
            }
            (Some(PaneKind::Editor), MouseKind::WheelUp) => self.vertical(-1, false),
            (Some(PaneKind::Editor), MouseKind::WheelDown) => self.vertical(1, false),
            (None, _) => {}
        }
    }

    fn wheel(&mut self, by: i64) {
        if self.state.focus == Focus::List {
            self.move_cursor(by);
        }
    }

    /// The first click goes to a row, a second on the same one opens it.
    fn click_row(&mut self, row: usize) {
        let index = self.state.list.scroll + row;
        if index >= self.state.list.rows.len() {
            return;
        }
        let again = index == self.state.list.cursor && self.state.focus == Focus::List;
        self.leave_box();
        self.state.list.cursor = index;
        self.open_at_cursor();
        if again {
            self.edit();
        }
    }

    fn click_wave(&mut self, column: f64, width: f64) {
        let Some(seconds) = self.state.audio_seconds() else { return };
        let span = self.state.sound.shown_span(seconds);
        self.seek_to(span.start + (span.end - span.start) * column / width.max(1.0));
    }

    fn click_text(&mut self, line: usize, column: usize) {
        if self.state.focus == Focus::List {
            self.edit();
        }
        let Some(wrap) = self.state.editor.wrapped() else { return };
        let to = if line < wrap.rows().len() { wrap.byte_at(line, column) } else { usize::MAX };
        if let Some(open) = self.state.editor.open.as_mut().filter(|open| open.ready()) {
            let end = open.buffer.text().len();
            open.buffer.set_cursor(to.min(end));
        }
    }
}
