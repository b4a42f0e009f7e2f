//! The Speech Content box: the text with its selection, where it stands, and what machines or others say of it.

use super::canvas::{Canvas, Titles};
use super::keys;
use super::text_rows::draw_wrapped;
use crate::action::Action;
use crate::app::{DraftMark, Focus, Layout, Loading, OpenSample, Rect, State};
use crate::config::Role;
use crate::domain::{Suggestion, View};
use crate::keymap::Context;
use crate::text::{Wrap, cells, counted};
use ratatui::text::{Line, Span};

pub(super) fn draw(state: &State, layout: &Layout, canvas: &mut Canvas<'_>) {
    let rect = layout.editor;
    let focused = state.focus == Focus::Editor && state.dialogs.is_empty();
    let open = state.editor.open.as_ref();
    canvas.border(rect, focused, &titles(state, open, rect, canvas));
    let Some(open) = open else { return };
    text(state, open, layout.text, focused, canvas);
    if layout.aside.height > 0 {
        aside(state, open, layout, focused, canvas);
    }
}

fn titles<'s>(
    state: &State,
    open: Option<&OpenSample>,
    rect: Rect,
    canvas: &Canvas<'_>,
) -> Titles<'s> {
    let name = Line::from(canvas.span(Role::Title, "Speech Content"));
    let Some(open) = open else { return Titles { name, ..Titles::default() } };
    let characters = characters(open);
    // The borders, and a blank on either side of each.
    let room = usize::from(rect.width).saturating_sub(cells(&characters) + 7);
    Titles {
        name,
        aside: draft_mark(state, open, canvas),
        foot: standing(open, room, canvas),
        foot_aside: Line::from(canvas.span(Role::Dim, characters)),
    }
}

fn draft_mark<'s>(state: &State, open: &OpenSample, canvas: &Canvas<'_>) -> Line<'s> {
    if state.is_unsaved(open.id()) {
        let text = format!("{} label not saved", canvas.glyphs.failed);
        return Line::from(canvas.span(Role::Error, text));
    }
    let (role, text) = match open.draft {
        DraftMark::Clean => return Line::default(),
        DraftMark::Unsaved => (Role::Dim, format!("{} unsaved", canvas.glyphs.draft)),
        DraftMark::Saved => (Role::Draft, format!("{} draft saved", canvas.glyphs.draft)),
        DraftMark::Failed => (Role::Error, format!("{} not saved", canvas.glyphs.failed)),
    };
    Line::from(canvas.span(role, text))
}

fn characters(open: &OpenSample) -> String {
    match open.buffer.text() {
        "" => String::new(),
        text => counted(text.chars().count() as u64, "character", "characters"),
    }
}

/// Who else is at it, flags, changed audio, who labeled it and when: what matters most comes first, what does not fit
/// stays away.
fn standing<'s>(open: &OpenSample, room: usize, canvas: &Canvas<'_>) -> Line<'s> {
    let mut spans: Vec<Span<'s>> = Vec::new();
    let mut left = room;
    let mut add = |role, text: String| {
        let gap = if spans.is_empty() { "" } else { "  " };
        let needed = cells(&text) + gap.len();
        if needed <= left || spans.is_empty() {
            left = left.saturating_sub(needed);
            spans.push(Span::raw(gap));
            spans.push(canvas.span(role, text));
        }
    };
    if let Some(name) = &open.leased_by {
        add(Role::Warn, format!("{} is editing this", canvas.cut(&canvas.safe(name), 16)));
    }
    let Some(detail) = &open.detail else { return Line::from(spans) };
    if detail.confirm.audio_changed {
        let text = format!("{} audio changed since labeled", canvas.glyphs.audio_changed);
        add(Role::Warn, text);
    }
    for flag in &detail.flags {
        add(Role::Flag, format!("{} {}", canvas.glyphs.flag, canvas.safe(flag.title())));
    }
    if let Some((author, at)) = &detail.labeled {
        let author = canvas.safe(author);
        add(Role::Dim, format!("{} {}", canvas.cut(&author, 16), canvas.look.date_time(*at)));
    }
    Line::from(spans)
}

fn text(state: &State, open: &OpenSample, rect: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    if rect.width == 0 || rect.height == 0 {
        return;
    }
    if let Loading::Failed(why) = &open.loading {
        let text = format!("{} cannot be read: {why}", canvas.glyphs.failed);
        let wrap = Wrap::with_marks(&text, usize::from(rect.width), canvas.glyphs.safe);
        draw_wrapped(&wrap, 0, rect, canvas.style(Role::Error), None, canvas);
        return;
    }
    let Some(wrap) = state.editor.wrapped() else { return };
    if open.buffer.text().is_empty() && !focused {
        placeholder(state, rect, canvas);
        return;
    }
    let scroll = state.editor.scroll.min(wrap.rows().len().saturating_sub(1));
    let role = if open.ready() { Role::Text } else { Role::Dim };
    let selection = open.buffer.selection();
    draw_wrapped(wrap, scroll, rect, canvas.style(role), selection.as_ref(), canvas);
    more_above_or_below(wrap, scroll, rect, canvas);
    if focused {
        let (row, column) = wrap.row_col_of(open.buffer.cursor());
        if let Some(row) = row.checked_sub(scroll).filter(|row| *row < usize::from(rect.height)) {
            let x = rect.x + (column as u16).min(rect.width);
            canvas.place_cursor(x, rect.y + row as u16);
        }
    }
}

fn more_above_or_below(wrap: &Wrap, scroll: usize, rect: Rect, canvas: &mut Canvas<'_>) {
    let style = canvas.style(Role::Dim);
    let border = rect.x + rect.width + 1;
    if scroll > 0 {
        canvas.cell(border, rect.y, canvas.glyphs.up, style);
    }
    if scroll + usize::from(rect.height) < wrap.rows().len() {
        canvas.cell(border, rect.y + rect.height - 1, canvas.glyphs.down, style);
    }
}

fn placeholder(state: &State, rect: Rect, canvas: &mut Canvas<'_>) {
    let (action, text) = match state.view {
        View::Deleted => (Action::Restore, " takes it out of the trash"),
        _ => (Action::Edit, " plays it: type what is said"),
    };
    let Some(key) = keys::key(state, Context::List, action) else { return };
    let line = Line::from(vec![canvas.span(Role::Key, key), canvas.span(Role::Dim, text)]);
    canvas.put_line(rect.x, rect.y, usize::from(rect.width), &line);
}

/// Below the text: the other texts of a conflict, or a machine's proposal.
fn aside(
    state: &State,
    open: &OpenSample,
    layout: &Layout,
    focused: bool,
    canvas: &mut Canvas<'_>,
) {
    let Some(detail) = &open.detail else { return };
    let rect = layout.aside;
    let one_row = rect.height == 1;
    let (heading, said) = if detail.rivals.is_empty() {
        let Some(suggestion) = &detail.suggestion else { return };
        let heading = suggestion_heading(state, suggestion, one_row, rect.width.into(), canvas);
        (heading, suggestion.content.clone())
    } else {
        let rivals: Vec<String> =
            detail.rivals.iter().map(|(text, author)| format!("{author}: {text}")).collect();
        let told = if one_row { rivals.join(", ") } else { "others say".to_owned() };
        let text = format!("{} {}", canvas.glyphs.conflict, canvas.safe(&told));
        (Line::from(canvas.span(Role::Error, text)), rivals.join("\n"))
    };
    rule(layout, focused, &heading, canvas);
    let below = Rect { y: rect.y + 1, height: rect.height - 1, ..rect };
    let width = usize::from(below.width).max(1);
    let said: String = said.chars().take((width + 8) * usize::from(rect.height) * 2).collect();
    let wrap = Wrap::with_marks(&said, width, canvas.glyphs.safe);
    let role = if detail.rivals.is_empty() { Role::Suggestion } else { Role::Dim };
    draw_wrapped(&wrap, 0, below, canvas.style(role), None, canvas);
}

/// The line between the text and what is below it.
fn rule(layout: &Layout, focused: bool, heading: &Line<'_>, canvas: &mut Canvas<'_>) {
    let (rect, border) = (layout.aside, layout.editor);
    let style = canvas.style(if focused { Role::BorderFocus } else { Role::Border });
    let right = (border.x + border.width).saturating_sub(1);
    for x in border.x + 1..right {
        canvas.cell(x, rect.y, canvas.glyphs.rule, canvas.style(Role::Border));
    }
    let [left_tee, right_tee] = canvas.glyphs.lines(focused).tees;
    canvas.cell(border.x, rect.y, left_tee, style);
    canvas.cell(right, rect.y, right_tee, style);
    let room = usize::from(border.width).saturating_sub(4);
    let mut line = super::canvas::fit(heading, room.saturating_sub(2), canvas.glyphs.ellipsis);
    line.spans.insert(0, Span::raw(" "));
    line.spans.push(Span::raw(" "));
    canvas.put_over(border.x + 1, rect.y, room, &line);
}

/// Model, confidence and keys; where there is but one row, the text itself and the keys.
fn suggestion_heading<'s>(
    state: &State,
    suggestion: &Suggestion,
    one_row: bool,
    width: usize,
    canvas: &Canvas<'_>,
) -> Line<'s> {
    let mark = canvas.span(Role::Suggestion, format!("{} ", canvas.glyphs.suggestion));
    let keys = suggestion_keys(state, canvas);
    let mut spans = vec![mark];
    if one_row {
        let start: String = suggestion.content.chars().take(width).collect();
        let room = width.saturating_sub(super::canvas::line_cells(&keys) + 8);
        let text = canvas.cut(&canvas.safe(&start), room).into_owned();
        spans.push(canvas.span(Role::Suggestion, text));
    } else {
        spans.push(canvas.span(Role::Text, canvas.safe(&suggestion.model).into_owned()));
        if let Some(confidence) = suggestion.confidence {
            let percent = (confidence.clamp(0.0, 1.0) * 100.0).round();
            spans.push(canvas.span(Role::Dim, format!(" {percent} %")));
        }
    }
    spans.extend(keys.spans);
    Line::from(spans)
}

fn suggestion_keys<'s>(state: &State, canvas: &Canvas<'_>) -> Line<'s> {
    let context = match state.focus {
        Focus::Editor => Context::Editor,
        Focus::List => Context::List,
    };
    let mut spans = Vec::new();
    for (action, text) in [(Action::AcceptSuggestion, "accept"), (Action::TakeSuggestion, "edit")] {
        if let Some(key) = keys::key(state, context, action) {
            spans.push(Span::raw("  "));
            spans.push(canvas.span(Role::Key, key));
            spans.push(canvas.span(Role::Hint, format!(" {text}")));
        }
    }
    Line::from(spans)
}
