//! The hint line: the next useful keys, made from the keymap so that they are never wrong.

use super::editor::OpenSample;
use super::state::{Focus, Screen, State};
use crate::action::Action;
use crate::domain::View;
use crate::keymap::Context as KeyContext;

/// A key and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The key as it is printed on screens.
    pub key: String,
    /// What it does, in a word or two.
    pub text: String,
}

/// The hints for what has the keys now, most useful first. Dialogs show their own.
pub fn hints(state: &State) -> Vec<Hint> {
    if !state.dialogs.is_empty() {
        return Vec::new();
    }
    let context = state.key_context();
    wanted(state).into_iter().filter_map(|action| hint(state, context, action)).collect()
}

fn wanted(state: &State) -> Vec<Action> {
    use Action as A;
    if state.screen == Screen::Datasets {
        return vec![A::Edit, A::Help, A::Quit];
    }
    match state.focus {
        Focus::Editor => {
            let suggested = state.editor.open.as_ref().is_some_and(OpenSample::has_suggestion);
            let mut actions = vec![A::PlayPause, A::LabelAndNext, A::AgainSlower];
            if in_conflict(state) {
                actions.insert(0, A::TakeSuggestion);
            } else if suggested {
                actions.extend([A::AcceptSuggestion, A::TakeSuggestion]);
            }
            actions.extend([
                A::BackSmall,
                A::ForwardSmall,
                A::NextKeepDraft,
                A::FlagMenu,
                A::ToList,
                A::Help,
            ]);
            actions
        }
        Focus::List if state.list.has_selection() => {
            vec![A::Batch, A::Unlabel, A::FlagMenu, A::Delete, A::ClearSelection, A::Help]
        }
        Focus::List => {
            let mut actions = vec![A::Edit, A::PlayPause];
            match state.view {
                View::Labeled => actions.extend([A::Unlabel, A::History]),
                View::Deleted => actions = vec![A::Restore, A::PlayPause],
                _ => actions.extend([A::Select, A::Batch]),
            }
            if state.list.rows.is_empty() {
                actions = vec![A::Sync];
            }
            actions.extend([A::Filter, A::Undo, A::Sync, A::Palette, A::Help, A::Quit]);
            actions
        }
    }
}

fn in_conflict(state: &State) -> bool {
    let open = state.editor.open.as_ref().and_then(|open| open.detail.as_ref());
    open.is_some_and(|detail| detail.confirm.conflict)
}

fn hint(state: &State, context: KeyContext, action: Action) -> Option<Hint> {
    let key = state.keymap.keys(context, action).first()?;
    let text = match action {
        Action::TakeSuggestion if in_conflict(state) => "compare the texts",
        action => action.short(),
    };
    Some(Hint { key: key.label(state.ascii), text: text.to_owned() })
}
