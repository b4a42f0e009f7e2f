//! What there is to know, scrolled where it is long, and ways to go on, always in sight.

use super::sheet::{Place, Sheet, height_inside, menu, scrolled, width_inside};
use crate::action::Action;
use crate::app::{ChoiceDialog, ChoicePurpose, Fact, Rect, State, Tone};
use crate::config::Role;
use crate::text::cells;
use crate::ui::canvas::{Canvas, fit};
use crate::ui::keys::footer;
use crate::ui::text_rows::paragraph;
use ratatui::text::Line;

const WIDTH: usize = 74;

pub(super) fn draw(state: &State, dialog: &ChoiceDialog, canvas: &mut Canvas<'_>) {
    let picks = matches!(dialog.purpose, ChoicePurpose::Pick(_));
    let longest = dialog.rows.iter().map(|(_, text)| cells(text)).max().unwrap_or(0) + 6;
    let wanted = if picks { longest.min(WIDTH) } else { WIDTH };
    let width = width_inside(wanted, canvas);
    let facts = fact_lines(&dialog.facts, width, canvas);
    let rows: Vec<Line<'_>> = dialog
        .rows
        .iter()
        .enumerate()
        .map(|(index, (_, text))| {
            let number = if index < 9 { format!("{} ", index + 1) } else { "  ".to_owned() };
            let line = Line::from(vec![
                canvas.span(Role::Key, number),
                canvas.span(Role::Text, canvas.safe(text).into_owned()),
            ]);
            fit(&line, width.saturating_sub(2), canvas.glyphs.ellipsis)
        })
        .collect();
    let gap = usize::from(!facts.is_empty());
    let wanted_rows = facts.len() + gap + rows.len();
    let room = height_inside(wanted_rows, canvas);
    let mut keys = vec![(Action::Confirm, "choose")];
    if wanted_rows > room && gap > 0 {
        keys.push((Action::PageDown, "more"));
    }
    keys.push((Action::Cancel, "back"));
    let title = canvas.safe(&dialog.title).into_owned();
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, title)),
        foot: footer(state, canvas, &keys),
        size: (wanted, wanted_rows),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let height = usize::from(inner.height);
    let ways = rows.len().min(height.saturating_sub(gap * 3).max(1)).min(height);
    let upper = Rect { height: (height - ways).saturating_sub(gap) as u16, ..inner };
    let lower = Rect { y: inner.y + (height - ways) as u16, height: ways as u16, ..inner };
    scrolled(&facts, dialog.scroll, upper, canvas);
    menu(&rows, dialog.cursor, lower, canvas);
}

/// Facts as lines; what is indented stays on one row.
pub(super) fn fact_lines<'t>(facts: &[Fact], width: usize, canvas: &Canvas<'_>) -> Vec<Line<'t>> {
    let mut lines = Vec::new();
    for fact in facts {
        let role = match fact.tone {
            Tone::Strong => Role::Accent,
            Tone::Plain => Role::Text,
            Tone::Dim => Role::Dim,
            Tone::Good => Role::Good,
            Tone::Warn => Role::Warn,
            Tone::Bad => Role::Error,
        };
        let text = match fact.tone {
            Tone::Warn => format!("{} {}", canvas.glyphs.warning, fact.text),
            Tone::Bad => format!("{} {}", canvas.glyphs.failed, fact.text),
            _ => fact.text.clone(),
        };
        if fact.text.starts_with(' ') {
            let line = Line::from(canvas.span(role, canvas.safe(&text).into_owned()));
            lines.push(fit(&line, width, canvas.glyphs.ellipsis));
        } else {
            lines.extend(paragraph(&text, width, canvas.style(role), canvas));
        }
    }
    lines
}
