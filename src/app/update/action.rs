//! From an action to the topic that does it.

use super::Turn;
use crate::action::Action;
use crate::app::effect::Effect;
use crate::app::exchange::VersionsFor;
use crate::app::state::{Focus, Screen};
use crate::domain::View;
use crate::text::Motion;

impl Turn<'_> {
    pub(super) fn action(&mut self, action: Action) {
        if self.state.screen == Screen::Datasets && self.datasets_action(action) {
            return;
        }
        if self.program_action(action)
            || self.sound_action(action)
            || self.list_action(action)
            || self.editor_action(action)
        {
            return;
        }
        self.info(format!("{}: nothing to do here", action.name()));
    }

    fn program_action(&mut self, action: Action) -> bool {
        match action {
            Action::Help => self.open_help(),
            Action::Palette => self.open_palette(),
            Action::Quit => self.ask_to_quit(),
            Action::Suspend => self.suspend(),
            Action::CopyOrQuit => self.copy_or_quit(),
            Action::Datasets => self.show_datasets(),
            Action::Redraw => self.effect(Effect::Redraw),
            Action::Sync => self.sync(),
            Action::AddData => self.open_add(),
            Action::ImportData => self.open_import(),
            Action::ExportData => self.open_export(),
            Action::Publish => self.open_publish(),
            Action::Versions => self.read_versions(VersionsFor::Show),
            Action::TabUnlabeled => self.show_tab(View::Unlabeled),
            Action::TabToConfirm => self.show_tab(View::ToConfirm),
            Action::TabLabeled => self.show_tab(View::Labeled),
            Action::TabTrash => self.show_tab(View::Deleted),
            _ => return false,
        }
        true
    }

    fn sound_action(&mut self, action: Action) -> bool {
        match action {
            Action::PlayPause => self.play_pause(),
            Action::Replay => self.replay(),
            Action::AgainSlower => self.again_slower(),
            Action::BackSmall => self.seek_by(-self.state.config.playback.step_small),
            Action::ForwardSmall => self.seek_by(self.state.config.playback.step_small),
            Action::BackLarge => self.seek_by(-self.state.config.playback.step_large),
            Action::ForwardLarge => self.seek_by(self.state.config.playback.step_large),
            Action::Slower => self.change_rate(-1.0),
            Action::NormalSpeed => self.change_rate(0.0),
            Action::Faster => self.change_rate(1.0),
            Action::LoopToggle => self.loop_toggle(),
            Action::LoopMark => self.loop_mark(),
            Action::VolumeDown => self.change_volume(-2.0),
            Action::VolumeUp => self.change_volume(2.0),
            Action::SkipSilenceToggle => self.toggle_skip_silence(),
            Action::StopWhileTypingToggle => self.toggle_stop_while_typing(),
            Action::AutoplayToggle => self.toggle_autoplay(),
            Action::SoundOutput => self.open_hearing(),
            Action::ZoomIn => self.zoom(0.5),
            Action::ZoomOut => self.zoom(2.0),
            _ => return false,
        }
        true
    }

    fn list_action(&mut self, action: Action) -> bool {
        let height = self.state.layout().list_height().max(1);
        let page = i64::try_from(height).unwrap_or(1);
        let in_list = self.state.focus == Focus::List;
        match action {
            Action::Up if in_list => self.move_cursor(-1),
            Action::Down if in_list => self.move_cursor(1),
            Action::PageUp if in_list => self.move_cursor(-page),
            Action::PageDown if in_list => self.move_cursor(page),
            Action::First if in_list => self.jump(false),
            Action::Last if in_list => self.jump(true),
            Action::Edit => self.edit(),
            Action::Select if in_list => self.select(),
            Action::SelectRange if in_list => self.select_range(),
            Action::SelectAll if in_list => self.select_all_matching(),
            Action::ClearSelection => self.clear_selection(),
            Action::Batch => self.open_batch(),
            Action::Unlabel => self.unlabel(),
            Action::Delete => self.open_delete(),
            Action::Restore => self.restore(),
            Action::Search => self.open_filter(true),
            Action::Filter => self.open_filter(false),
            Action::OrderMenu => self.open_order(),
            Action::FlagMenu => self.open_flags(),
            Action::Undo => {
                // Else the answer could not be told from the same one a moment ago.
                self.state.notice = None;
                self.effect(Effect::Undo);
            }
            Action::Redo => self.effect(Effect::Redo),
            Action::History => self.open_history(),
            _ => return false,
        }
        true
    }

    fn editor_action(&mut self, action: Action) -> bool {
        match action {
            Action::LabelAndNext => self.label_and_next(),
            Action::NewLine => self.insert("\n"),
            Action::NextKeepDraft => self.step_keeping_draft(1),
            Action::PreviousKeepDraft => self.step_keeping_draft(-1),
            Action::AcceptSuggestion => self.accept_suggestion(),
            Action::TakeSuggestion => self.take_suggestion(),
            Action::ToList => self.leave_box(),
            Action::TextUndo => self.text_undo(),
            Action::TextRedo => self.text_redo(),
            Action::Cut => self.cut(),
            Action::Paste => self.paste_clipboard(),
            Action::SelectAllText => self.select_all_text(),
            Action::CursorUp => self.vertical(-1, false),
            Action::CursorDown => self.vertical(1, false),
            Action::SelectUp => self.vertical(-1, true),
            Action::SelectDown => self.vertical(1, true),
            _ => match motion(action) {
                Some(Edit::Move(motion, select)) => self.motion(motion, select),
                Some(Edit::Delete(motion)) => self.delete(motion),
                None => return false,
            },
        }
        true
    }
}

enum Edit {
    Move(Motion, bool),
    Delete(Motion),
}

fn motion(action: Action) -> Option<Edit> {
    use Action as A;
    Some(match action {
        A::CursorLeft => Edit::Move(Motion::Left, false),
        A::CursorRight => Edit::Move(Motion::Right, false),
        A::WordLeft => Edit::Move(Motion::WordLeft, false),
        A::WordRight => Edit::Move(Motion::WordRight, false),
        A::LineStart => Edit::Move(Motion::LineStart, false),
        A::LineEnd => Edit::Move(Motion::LineEnd, false),
        A::TextStart => Edit::Move(Motion::TextStart, false),
        A::TextEnd => Edit::Move(Motion::TextEnd, false),
        A::SelectLeft => Edit::Move(Motion::Left, true),
        A::SelectRight => Edit::Move(Motion::Right, true),
        A::SelectWordLeft => Edit::Move(Motion::WordLeft, true),
        A::SelectWordRight => Edit::Move(Motion::WordRight, true),
        A::SelectLineStart => Edit::Move(Motion::LineStart, true),
        A::SelectLineEnd => Edit::Move(Motion::LineEnd, true),
        A::SelectTextStart => Edit::Move(Motion::TextStart, true),
        A::SelectTextEnd => Edit::Move(Motion::TextEnd, true),
        A::DeleteBack => Edit::Delete(Motion::Left),
        A::DeleteForward => Edit::Delete(Motion::Right),
        A::DeleteWordBack => Edit::Delete(Motion::WordLeft),
        A::DeleteWordForward => Edit::Delete(Motion::WordRight),
        A::DeleteToLineStart => Edit::Delete(Motion::LineStart),
        A::DeleteToLineEnd => Edit::Delete(Motion::LineEnd),
        _ => return None,
    })
}
