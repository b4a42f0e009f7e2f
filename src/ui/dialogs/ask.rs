//! Questions: are you sure, quit, one line of text.

use super::sheet::{Place, Sheet, below, buttons, row_of, scrolled, width_inside};
use crate::action::Action;
use crate::app::{ConfirmDialog, PromptDialog, PromptPurpose, QuitDialog, State};
use crate::config::Role;
use crate::text::{cells, counted};
use crate::ui::canvas::Canvas;
use crate::ui::keys::footer;
use crate::ui::text_rows::{field, paragraph};
use ratatui::text::Line;

pub(super) fn confirm(state: &State, dialog: &ConfirmDialog, canvas: &mut Canvas<'_>) {
    yes_or_no(state, &dialog.question, &dialog.detail, dialog.yes, canvas);
}

pub(super) fn quit(state: &State, dialog: &QuitDialog, canvas: &mut Canvas<'_>) {
    let detail = match state.unsaved() as u64 {
        0 => "Labels and drafts are saved.".to_owned(),
        n => format!(
            "{} not saved yet: they are tried once more.",
            counted(n, "label is", "labels are")
        ),
    };
    yes_or_no(state, "Quit earmark?", &[detail], dialog.yes, canvas);
}

fn yes_or_no(state: &State, question: &str, detail: &[String], yes: bool, canvas: &mut Canvas<'_>) {
    let longest = detail.iter().map(|line| cells(line)).chain([cells(question)]).max();
    let wanted = longest.unwrap_or(0).clamp(36, 72);
    let width = width_inside(wanted, canvas);
    let mut lines = paragraph(question, width, canvas.style(Role::Title), canvas);
    lines.push(Line::default());
    for line in detail {
        lines.extend(paragraph(line, width, canvas.style(Role::Dim), canvas));
    }
    lines.push(Line::default());
    lines.push(buttons(&[("Yes", yes), ("No", !yes)], canvas));
    let sheet = Sheet {
        title: Line::default(),
        foot: footer(
            state,
            canvas,
            &[(Action::Confirm, "choose"), (Action::NextField, "other"), (Action::Cancel, "no")],
        ),
        size: (wanted, lines.len()),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    // The buttons stay in sight whatever is left out above.
    scrolled(&lines, usize::MAX, inner, canvas);
}

pub(super) fn prompt(state: &State, dialog: &PromptDialog, top: bool, canvas: &mut Canvas<'_>) {
    let (title, text, verb) = match &dialog.purpose {
        PromptPurpose::OpenDataset => (
            "Open a dataset",
            "The folder of recordings, or the workspace file of a dataset:",
            "open",
        ),
        PromptPurpose::RenameDataset(_) => ("Rename the dataset", "Its new name:", "rename"),
    };
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, title)),
        foot: footer(state, canvas, &[(Action::Confirm, verb), (Action::Cancel, "close")]),
        size: (72, 4),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let width = usize::from(inner.width);
    canvas.put(inner.x, inner.y, width, text, canvas.style(Role::Dim));
    field(&dialog.line, row_of(inner, 1), top, canvas);
    if let Some(error) = &dialog.error {
        let text = format!("{} {error}", canvas.glyphs.failed);
        let lines = paragraph(&text, width, canvas.style(Role::Error), canvas);
        scrolled(&lines, 0, below(inner, 2), canvas);
    }
}
