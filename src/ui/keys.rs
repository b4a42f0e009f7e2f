//! The keys of actions as the screen writes them: always from the keymap, never by heart.

use super::canvas::Canvas;
use crate::action::Action;
use crate::app::State;
use crate::config::Role;
use crate::keymap::Context;
use ratatui::text::{Line, Span};

/// The first key of an action, if it has one.
pub(super) fn key(state: &State, context: Context, action: Action) -> Option<String> {
    state.keymap.keys(context, action).first().map(|key| key.label(state.ascii))
}

/// `⏎ edit` pieces with gaps, for the actions that have a key.
pub(super) fn footer<'t>(
    state: &State,
    canvas: &Canvas<'_>,
    wanted: &[(Action, &'static str)],
) -> Line<'t> {
    let mut spans = Vec::new();
    for (action, text) in wanted {
        let Some(key) = key(state, Context::Dialog, *action) else { continue };
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        spans.push(canvas.span(Role::Key, key));
        spans.push(canvas.span(Role::Hint, format!(" {text}")));
    }
    Line::from(spans)
}
