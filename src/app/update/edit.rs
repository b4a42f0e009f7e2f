//! Typing: the Speech Content box.

use super::Turn;
use crate::app::dialog::{Dialog, PasteDialog};
use crate::app::effect::Effect;
use crate::app::message::Input;
use crate::app::state::{Focus, Screen};
use crate::keymap::{Context as KeyContext, Key, KeyCode};
use crate::text::{Buffer, Marks, Motion};

impl Turn<'_> {
    fn buffer(&mut self) -> Option<&mut Buffer> {
        self.state.editor.open.as_mut().filter(|open| open.ready()).map(|open| &mut open.buffer)
    }

    /// Does something to the text; a change is saved as a draft soon.
    fn change(&mut self, edit: impl FnOnce(&mut Buffer)) {
        self.state.editor.goal_column = None;
        let Some(buffer) = self.buffer() else { return };
        let before = buffer.text().to_owned();
        edit(buffer);
        if buffer.text() != before {
            self.text_changed();
        }
    }

    pub(super) fn insert(&mut self, text: &str) {
        self.change(|buffer| buffer.insert(text));
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.change(|buffer| buffer.paste(text));
    }

    pub(super) fn delete(&mut self, motion: Motion) {
        self.change(|buffer| buffer.delete(motion));
    }

    pub(super) fn text_undo(&mut self) {
        self.change(|buffer| {
            buffer.undo();
        });
    }

    pub(super) fn text_redo(&mut self) {
        self.change(|buffer| {
            buffer.redo();
        });
    }

    pub(super) fn motion(&mut self, motion: Motion, select: bool) {
        self.state.editor.goal_column = None;
        if let Some(buffer) = self.buffer() {
            buffer.move_cursor(motion, select);
        }
        self.remember_soon();
    }

    pub(super) fn select_all_text(&mut self) {
        if let Some(buffer) = self.buffer() {
            buffer.select_all();
        }
    }

    pub(super) fn cut(&mut self) {
        let mut taken = None;
        self.change(|buffer| taken = buffer.cut());
        if let Some(text) = taken {
            self.copy(text);
        }
    }

    pub(super) fn copy(&mut self, text: String) {
        self.state.editor.clipboard.clone_from(&text);
        self.effect(Effect::Clipboard(text));
        self.info("copied");
    }

    pub(super) fn paste_clipboard(&mut self) {
        let text = self.state.editor.clipboard.clone();
        if text.is_empty() {
            self.info("nothing copied yet; paste with the terminal's own key");
        } else {
            self.paste(&text);
        }
    }

    /// Up and down by rows as they are shown, keeping the column.
    pub(super) fn vertical(&mut self, by: i64, select: bool) {
        self.rewrap();
        let goal = self.state.editor.goal_column;
        let Some(open) = self.state.editor.open.as_ref().filter(|open| open.ready()) else {
            return;
        };
        let Some(wrap) = self.state.editor.wrapped() else { return };
        let (row, column) = wrap.row_col_of(open.buffer.cursor());
        let column = goal.unwrap_or(column);
        let target = row as i64 + by;
        let to = if target < 0 {
            0
        } else if target as usize >= wrap.rows().len() {
            open.buffer.text().len()
        } else {
            wrap.byte_at(target as usize, column)
        };
        let Some(buffer) = self.buffer() else { return };
        if select {
            buffer.select_to(to);
        } else {
            buffer.set_cursor(to);
        }
        self.state.editor.goal_column = Some(column);
    }

    fn rewrap(&mut self) {
        let width = usize::from(self.state.layout().text.width);
        let marks = if self.state.ascii { Marks::Ascii } else { Marks::Pictures };
        self.state.editor.rewrap(width, marks);
    }

    /// The rows of the text are up to date, and the cursor's row is in sight.
    pub(super) fn settle_text(&mut self) {
        if self.state.screen != Screen::Labeling {
            return;
        }
        self.rewrap();
        let height = usize::from(self.state.layout().text.height.max(1));
        let editor = &self.state.editor;
        let (Some(open), Some(wrap)) = (&editor.open, editor.wrapped()) else { return };
        if self.state.focus == Focus::Editor {
            let row = wrap.row_col_of(open.buffer.cursor()).0;
            let scroll = &mut self.state.editor.scroll;
            *scroll = (*scroll).min(row).max((row + 1).saturating_sub(height));
        }
    }

    /// Lines that came faster than anybody types: never run as keys. The rest of a paste brings the whole of it again.
    pub(super) fn lines_pasted(&mut self, text: &str) {
        if let Some(Dialog::Paste(dialog)) = self.state.dialogs.last_mut() {
            dialog.lines = lines_of(text);
            return;
        }
        if self.state.key_context() != KeyContext::Editor {
            // Enter, and the paste before the box could open.
            match text.strip_prefix('\n').filter(|_| self.state.key_context() == KeyContext::List) {
                Some(rest) => {
                    self.typed(Input::Key(Key::plain(KeyCode::Enter)));
                    self.typed(Input::Lines(rest.to_owned()));
                }
                None => self.pasted(text),
            }
            return;
        }
        let lines = lines_of(text);
        if lines.len() < 2 {
            self.paste(text.trim_end_matches('\n'));
            return;
        }
        self.state.dialogs.push(Dialog::Paste(PasteDialog { lines, one_text: true }));
    }

    pub(super) fn paste_lines(&mut self, lines: &[String], one_text: bool) {
        if one_text {
            self.paste(&lines.join("\n"));
            return;
        }
        let inputs = lines
            .iter()
            .flat_map(|line| [Input::Paste(line.clone()), Input::Key(Key::plain(KeyCode::Enter))]);
        self.type_ahead(inputs.collect());
    }
}

fn lines_of(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).filter(|line| !line.trim().is_empty()).collect()
}
