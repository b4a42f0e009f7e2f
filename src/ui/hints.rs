//! The last row: the next useful keys, or what just happened. Help stands at the right, always.

use super::canvas::{Canvas, fit, line_cells};
use super::keys;
use crate::action::Action;
use crate::app::{Layout, Notice, Severity, State, hints};
use crate::config::Role;
use crate::keymap::{Context, Key};
use crate::text::cells;
use ratatui::text::{Line, Span};

pub(super) fn draw(state: &State, layout: &Layout, canvas: &mut Canvas<'_>) {
    let row = layout.hints;
    if row.height == 0 {
        return;
    }
    let help = help(state, canvas);
    let width = usize::from(row.width);
    let room = width.saturating_sub(line_cells(&help) + 3);
    canvas.put_right(row.x, row.y, width, &help);
    let line = match &state.notice {
        Some(notice) => told(notice, room, canvas),
        None => keys_line(state, room, canvas),
    };
    canvas.put_line(row.x.saturating_add(1), row.y, room, &line);
}

fn help<'s>(state: &State, canvas: &Canvas<'_>) -> Line<'s> {
    let context = match state.key_context() {
        Context::Dialog => return Line::default(),
        context => context,
    };
    let keys = state.keymap.keys(context, Action::Help);
    // A function key works everywhere and says so.
    let best = keys.iter().find(|key| key.label(true).starts_with('F')).or(keys.first());
    let Some(key) = best else { return Line::default() };
    Line::from(vec![
        canvas.span(Role::Key, key.label(state.ascii)),
        canvas.span(Role::Hint, " help "),
    ])
}

fn keys_line<'s>(state: &State, room: usize, canvas: &Canvas<'_>) -> Line<'s> {
    let mut spans = Vec::new();
    let mut left = room;
    // Help has its place at the right already.
    let mut told = vec![Action::Help.short().to_owned()];
    for hint in hints(state) {
        if told.contains(&hint.text) {
            continue;
        }
        let key = hint.key.parse::<Key>().map_or(hint.key, |key| key.label(state.ascii));
        let needed = cells(&key) + 1 + cells(&hint.text);
        let gap = if spans.is_empty() { 0 } else { 2 };
        if needed + gap > left {
            continue;
        }
        left -= needed + gap;
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(canvas.span(Role::Key, key));
        spans.push(canvas.span(Role::Hint, format!(" {}", hint.text)));
        told.push(hint.text);
    }
    Line::from(spans)
}

fn told<'s>(notice: &Notice, room: usize, canvas: &Canvas<'_>) -> Line<'s> {
    let (mark, role) = match notice.severity {
        Severity::Info => (canvas.glyphs.done, Role::Good),
        Severity::Warning => (canvas.glyphs.warning, Role::Warn),
        Severity::Error => ("error:", Role::Error),
    };
    let text = canvas.safe(&notice.text).into_owned();
    let text_role = if notice.severity == Severity::Error { Role::Error } else { Role::Status };
    let line =
        Line::from(vec![canvas.span(role, format!("{mark} ")), canvas.span(text_role, text)]);
    fit(&line, room, canvas.glyphs.ellipsis)
}

/// The key of an action in the list, as words use it.
pub(super) fn list_key(state: &State, action: Action) -> String {
    keys::key(state, Context::List, action).unwrap_or_else(|| action.name().to_owned())
}
