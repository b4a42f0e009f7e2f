//! Something to read: a failure with its causes and what to do, or lines of text.

use super::sheet::{Place, Sheet, height_inside, scrolled, width_inside};
use crate::action::Action;
use crate::app::{MessageDialog, State};
use crate::config::Role;
use crate::ui::canvas::Canvas;
use crate::ui::keys::footer;
use crate::ui::text_rows::paragraph;
use ratatui::text::Line;

const WIDTH: usize = 76;

pub(super) fn draw(state: &State, dialog: &MessageDialog, canvas: &mut Canvas<'_>) {
    let width = width_inside(WIDTH, canvas);
    let lines = lines(dialog, width, canvas);
    let role = if dialog.error.is_some() { Role::Error } else { Role::DialogTitle };
    let keys: &[_] = if lines.len() > height_inside(lines.len(), canvas) {
        &[(Action::Down, "scroll"), (Action::Cancel, "close")]
    } else {
        &[(Action::Cancel, "close")]
    };
    let title = canvas.safe(&dialog.title).into_owned();
    let sheet = Sheet {
        title: Line::from(canvas.span(role, title)),
        foot: footer(state, canvas, keys),
        size: (WIDTH, lines.len()),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    scrolled(&lines, dialog.scroll, inner, canvas);
}

fn lines<'t>(dialog: &MessageDialog, width: usize, canvas: &Canvas<'_>) -> Vec<Line<'t>> {
    let mut lines = Vec::new();
    if let Some(error) = &dialog.error {
        let text = format!("error: {}", error.what);
        lines.extend(paragraph(&text, width, canvas.style(Role::Error), canvas));
        for why in &error.why {
            lines.extend(paragraph(
                &format!("  because {why}"),
                width,
                canvas.style(Role::Text),
                canvas,
            ));
        }
        if let Some(hint) = &error.hint {
            lines.push(Line::default());
            let text = format!("hint: {hint}");
            lines.extend(paragraph(&text, width, canvas.style(Role::Accent), canvas));
        }
        if !dialog.lines.is_empty() {
            lines.push(Line::default());
        }
    }
    for line in &dialog.lines {
        lines.extend(paragraph(line, width, canvas.style(Role::Text), canvas));
    }
    lines
}
