//! Help: every key of the keymap, those that work here first, and what the marks mean.

use super::sheet::{FRAME, Place, Sheet, height_inside, scrolled, width_inside};
use crate::action::{Action, Group};
use crate::app::{HelpDialog, Rect, State};
use crate::config::Role;
use crate::keymap::{Context, HelpRow};
use crate::text::{cells, pad_end};
use crate::ui::canvas::{Canvas, fit};
use crate::ui::keys::footer;
use crate::ui::text_rows::wrapped;
use ratatui::text::{Line, Span};

/// Cells of the keys before what they do.
const KEYS: usize = 16;
/// Narrower columns break too many lines.
const COLUMN: usize = 62;
const BETWEEN: usize = 3;

pub(super) fn draw(state: &State, dialog: &HelpDialog, canvas: &mut Canvas<'_>) {
    let inside = width_inside(usize::from(canvas.area().width).saturating_sub(FRAME), canvas);
    let columns = ((inside + BETWEEN) / (COLUMN + BETWEEN)).clamp(1, 3);
    let width = ((inside + BETWEEN) / columns).saturating_sub(BETWEEN).min(92);
    let lines = lines(state, dialog.context, width, canvas);
    let visible = height_inside(usize::MAX / 4, canvas);
    let per_column = lines.len().div_ceil(columns).max(visible);
    let columns = lines.len().div_ceil(per_column).max(1);
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, "Help")),
        foot: footer(state, canvas, &[(Action::Down, "scroll"), (Action::Cancel, "close")]),
        size: (columns * (width + BETWEEN) - BETWEEN, per_column.min(lines.len())),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let scroll = dialog.scroll.min(per_column.min(lines.len()).saturating_sub(inner.height.into()));
    for (index, column) in lines.chunks(per_column).enumerate() {
        let x = inner.x + (index * (width + BETWEEN)) as u16;
        let last = index + 1 == columns;
        let wide = if last { (inner.x + inner.width).saturating_sub(x) } else { width as u16 };
        let rect = Rect { x, width: wide, ..inner };
        let (from, to) = (scroll.min(column.len()), column.len());
        if last && columns == 1 {
            scrolled(column, scroll, rect, canvas);
            continue;
        }
        for (y, line) in (rect.y..rect.y + rect.height).zip(&column[from..to]) {
            canvas.put_line(rect.x, y, usize::from(rect.width), line);
        }
    }
}

fn lines<'t>(state: &State, first: Context, width: usize, canvas: &Canvas<'_>) -> Vec<Line<'t>> {
    let mut lines = Vec::new();
    let others = Context::ALL.into_iter().filter(|context| *context != first);
    for context in std::iter::once(first).chain(others) {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        let title = match context {
            Context::List => "In the list",
            Context::Editor => "While typing",
            Context::Dialog => "In a dialog",
        };
        lines.push(Line::from(canvas.span(Role::Accent, title.to_uppercase())));
        let mut group: Option<Group> = None;
        for row in state.keymap.help(context) {
            if group != Some(row.group) {
                group = Some(row.group);
                lines.push(Line::from(canvas.span(Role::Title, row.group.title())));
            }
            lines.extend(help_row(state, &row, width, canvas));
        }
    }
    lines.push(Line::default());
    lines.push(Line::from(canvas.span(Role::Accent, "MARKS")));
    lines.extend(legend(canvas));
    lines
}

fn help_row<'t>(state: &State, row: &HelpRow, width: usize, canvas: &Canvas<'_>) -> Vec<Line<'t>> {
    let mut keys = String::new();
    for key in &row.keys {
        let label = key.label(state.ascii);
        if !keys.is_empty() && cells(&keys) + 1 + cells(&label) >= KEYS - 2 {
            break;
        }
        if !keys.is_empty() {
            keys.push(' ');
        }
        keys.push_str(&label);
    }
    let doc = wrapped(row.doc, width.saturating_sub(KEYS + 1), canvas.style(Role::Hint), canvas);
    let first = pad_end(&keys, KEYS - 1).into_owned();
    doc.into_iter()
        .enumerate()
        .map(|(index, line)| {
            let lead = if index == 0 {
                canvas.span(Role::Key, format!("  {}", first.trim_end()))
            } else {
                Span::raw("")
            };
            let gap = (KEYS + 1).saturating_sub(cells(&lead.content));
            let mut spans = vec![lead, Span::raw(" ".repeat(gap))];
            spans.extend(line.spans);
            fit(&Line::from(spans), width, canvas.glyphs.ellipsis)
        })
        .collect()
}

fn legend<'t>(canvas: &Canvas<'_>) -> Vec<Line<'t>> {
    let glyphs = canvas.glyphs;
    let letters = "n no speech, b bad audio, l other language, s several speakers, u unsure";
    [
        (Role::Accent, glyphs.selected, "selected"),
        (Role::Draft, glyphs.draft, "a draft: typed, not labeled yet"),
        (Role::Flag, glyphs.flag, letters),
        (Role::Accent, glyphs.suggestion, "a machine suggests a text"),
        (Role::Error, glyphs.conflict, "conflict: labels differ"),
        (Role::Warn, glyphs.audio_changed, "the audio changed since it was labeled"),
        (Role::Dim, glyphs.pending, "being saved"),
        (Role::Warn, "ann", "ann is editing it"),
    ]
    .into_iter()
    .map(|(role, mark, text)| {
        let gap = (KEYS + 1).saturating_sub(cells(mark) + 2);
        Line::from(vec![
            canvas.span(role, format!("  {mark}")),
            Span::raw(" ".repeat(gap)),
            canvas.span(Role::Hint, text),
        ])
    })
    .collect()
}
