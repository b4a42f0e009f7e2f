//! Keys, pastes and the terminal: from what was pressed to what was meant.

use super::Turn;
use crate::action::Action;
use crate::app::editor::Loading;
use crate::app::effect::Effect;
use crate::app::message::Input;
use crate::app::state::{Focus, Screen, Severity};
use crate::keymap::{Context as KeyContext, Key, KeyCode};
use crate::text::counted;
use std::time::Duration;

/// A key this soon after a lone Esc is the rest of a split Alt sequence, not a list command.
const SPLIT_ESCAPE: Duration = Duration::from_millis(50);

/// More keys than this are not kept for a list that does not come.
const AHEAD_LIMIT: usize = 64;

impl Turn<'_> {
    pub(super) fn input(&mut self, input: Input) {
        match input {
            Input::Resize(columns, rows) => self.state.size = (columns, rows),
            Input::Focus(gained) => {
                if !gained {
                    self.save_draft_now();
                }
            }
            Input::Mouse(mouse) => self.mouse(mouse),
            input @ (Input::Key(_) | Input::Paste(_) | Input::Lines(_)) => {
                self.dismiss_error();
                if !self.types_on(&input) {
                    let covered = self.covers_question();
                    self.typed(input);
                    if covered {
                        self.question_comes_up();
                    }
                }
            }
        }
    }

    /// A key or a paste, now or after the sample that it was typed for has come.
    pub(super) fn typed(&mut self, input: Input) {
        if self.state.dialogs.is_empty()
            && self.state.focus == Focus::Editor
            && !leaves_box(self, &input)
            && let Some(open) = &mut self.state.editor.open
            && let Loading::Waiting(queue) = &mut open.loading
        {
            queue.push(input);
            return;
        }
        if self.waits_for_list(&input) {
            self.state.list.typed_ahead.push(input);
            return;
        }
        let waits = self.state.list.advance && self.state.focus == Focus::Editor;
        if waits && self.state.dialogs.is_empty() && !leaves_box(self, &input) {
            self.state.editor.typed_ahead.push(input);
            return;
        }
        match input {
            Input::Key(key) => self.key(key),
            Input::Paste(text) => self.pasted(&text),
            Input::Lines(text) => self.lines_pasted(&text),
            Input::Mouse(_) | Input::Resize(..) | Input::Focus(_) => {}
        }
    }

    /// Whether this is for the rows of a list that is on its way, or comes behind something that is.
    fn waits_for_list(&self, input: &Input) -> bool {
        let state = &*self.state;
        let Input::Key(key) = input else { return false };
        let coming = state.screen == Screen::Labeling
            && state.focus == Focus::List
            && state.dialogs.is_empty()
            && state.list.loading
            && (state.list.rows.is_empty() || state.list.coming.is_some());
        let queue = &state.list.typed_ahead;
        if !coming || queue.len() >= AHEAD_LIMIT {
            return false;
        }
        match state.keymap.resolve(KeyContext::List, *key) {
            Some(action) => concerns_rows(action) || (!queue.is_empty() && !is_at_once(action)),
            None => !queue.is_empty(),
        }
    }

    /// The list is here, or will not come: what was typed for it meanwhile.
    pub(super) fn list_has_come(&mut self) {
        for input in std::mem::take(&mut self.state.list.typed_ahead) {
            self.typed(input);
        }
    }

    /// Types what was meant for the box, file after file. What no file is left for is no list command: it can be pasted.
    pub(super) fn type_ahead(&mut self, inputs: Vec<Input>) {
        let mut left = String::new();
        for input in inputs {
            if self.state.focus == Focus::Editor || !self.state.dialogs.is_empty() {
                self.typed(input);
                continue;
            }
            match input {
                Input::Paste(text) | Input::Lines(text) => left.push_str(&text),
                Input::Key(key) if key.code == KeyCode::Enter => left.push('\n'),
                Input::Key(key) => left.extend(key.typed()),
                Input::Mouse(_) | Input::Resize(..) | Input::Focus(_) => {}
            }
        }
        let left = left.trim();
        if left.is_empty() {
            return;
        }
        let lines = counted(left.lines().count() as u64, "line", "lines");
        self.warn(format!("no file was left for {lines} of text; Ctrl+V in a box pastes it"));
        left.clone_into(&mut self.state.editor.clipboard);
    }

    fn key(&mut self, key: Key) {
        let context = self.state.key_context();
        if context == KeyContext::List && self.is_split_escape() {
            return;
        }
        if context == KeyContext::Dialog && self.dialog_takes(key) {
            return;
        }
        match self.state.keymap.resolve(context, key) {
            Some(action) => self.action(action),
            None => {
                if let (KeyContext::Editor, Some(c)) = (context, key.typed()) {
                    self.insert(&c.to_string());
                }
            }
        }
    }

    fn is_split_escape(&self) -> bool {
        self.state.last_escape.is_some_and(|at| self.context.now.saturating_sub(at) < SPLIT_ESCAPE)
    }

    pub(super) fn pasted(&mut self, text: &str) {
        match self.state.key_context() {
            KeyContext::Dialog => self.dialog_paste(text),
            KeyContext::Editor => self.paste(text),
            KeyContext::List => match self.state.screen {
                Screen::Datasets => self.prompt_for_dataset(text.trim()),
                Screen::Labeling => {
                    self.info("pasted text goes into Speech Content: press Enter first");
                }
            },
        }
    }

    fn dismiss_error(&mut self) {
        if self.state.notice.as_ref().is_some_and(|notice| notice.severity == Severity::Error) {
            self.state.notice = None;
        }
    }

    /// Esc from the box to the list: the draft is kept.
    pub(super) fn leave_box(&mut self) {
        if self.state.focus != Focus::Editor {
            return;
        }
        self.state.last_escape = Some(self.context.now);
        self.save_draft_now();
        self.stop_editing();
        self.state.focus = Focus::List;
    }

    pub(super) fn copy_or_quit(&mut self) {
        if self.state.focus == Focus::Editor && self.state.dialogs.is_empty() {
            let selected =
                self.state.editor.open.as_ref().and_then(|open| open.buffer.selected_text());
            if let Some(text) = selected {
                let text = text.to_owned();
                self.copy(text);
                return;
            }
        }
        self.offer_to_quit();
    }

    pub(super) fn suspend(&mut self) {
        self.save_draft_now();
        self.effect(Effect::Suspend);
    }
}

/// Actions that are about the rows of the list, or about one of them.
fn concerns_rows(action: Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::Edit
            | Action::Batch
            | Action::Unlabel
            | Action::Delete
            | Action::Restore
            | Action::AcceptSuggestion
            | Action::FlagMenu
            | Action::History
            | Action::Select
            | Action::SelectRange
            | Action::SelectAll
            | Action::PlayPause
            | Action::Replay
    )
}

/// Actions that wait for nothing, whatever was typed before them.
fn is_at_once(action: Action) -> bool {
    matches!(
        action,
        Action::TabUnlabeled
            | Action::TabToConfirm
            | Action::TabLabeled
            | Action::TabTrash
            | Action::Quit
            | Action::CopyOrQuit
            | Action::Suspend
            | Action::Redraw
    )
}

/// Keys that need not wait for the sample: leaving the box, the sound, help, the end.
fn leaves_box(turn: &Turn<'_>, input: &Input) -> bool {
    let Input::Key(key) = input else { return false };
    turn.state.keymap.resolve(KeyContext::Editor, *key).is_some_and(|action| {
        matches!(
            action,
            Action::ToList
                | Action::Help
                | Action::Palette
                | Action::Quit
                | Action::Suspend
                | Action::Redraw
                | Action::PlayPause
                | Action::AgainSlower
                | Action::CopyOrQuit
        )
    })
}
