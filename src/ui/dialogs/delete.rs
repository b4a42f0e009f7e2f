//! Delete File…: into the trash, and only when the box is ticked and the count typed, the files in the source too.

use super::menus::files;
use super::sheet::{Place, Sheet, buttons, row_of, scrolled, width_inside};
use crate::action::Action;
use crate::app::{DeleteDialog, DeleteField, Rect, State};
use crate::config::Role;
use crate::text::byte_size;
use crate::ui::canvas::Canvas;
use crate::ui::keys::footer;
use crate::ui::text_rows::{field, paragraph};
use ratatui::text::Line;

const WIDTH: usize = 66;

pub(super) fn draw(state: &State, dialog: &DeleteDialog, top: bool, canvas: &mut Canvas<'_>) {
    let width = width_inside(WIDTH, canvas);
    let facts = facts(state, dialog, width, canvas);
    let question = dialog.source_files.then(|| count_question(dialog, canvas));
    let mut tail = vec![tick_box(dialog, canvas)];
    tail.extend(question.clone());
    if let Some(error) = &dialog.error {
        let text = format!("{} {error}", canvas.glyphs.failed);
        tail.extend(paragraph(&text, width, canvas.style(Role::Error), canvas));
    }
    let verb = if dialog.source_files { "Delete for good" } else { "Delete" };
    tail.push(Line::default());
    tail.push(buttons(
        &[
            (verb, dialog.field == DeleteField::Delete),
            ("Cancel", dialog.field == DeleteField::Cancel),
        ],
        canvas,
    ));
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, "Delete File")),
        foot: footer(
            state,
            canvas,
            &[
                (Action::Confirm, "choose"),
                (Action::NextField, "next"),
                (Action::ToggleField, "tick"),
                (Action::Cancel, "cancel"),
            ],
        ),
        size: (WIDTH, facts.len() + 1 + tail.len()),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    // What is asked stays in sight; of the facts as much as there is room for.
    let asked = (tail.len() as u16).min(inner.height);
    let upper = Rect { height: inner.height - asked, ..inner };
    let lower = Rect { y: inner.y + upper.height, height: asked, ..inner };
    scrolled(&facts, 0, upper, canvas);
    scrolled(&tail, 0, lower, canvas);
    if let Some(question) = question {
        let row = row_of(lower, 1);
        let x = row.x + crate::ui::canvas::line_cells(&question) as u16;
        let input = Rect { x, width: 10.min((row.x + row.width).saturating_sub(x)), ..row };
        field(&dialog.typed, input, top && dialog.field == DeleteField::Count, canvas);
    }
}

fn facts<'t>(
    state: &State,
    dialog: &DeleteDialog,
    width: usize,
    canvas: &Canvas<'_>,
) -> Vec<Line<'t>> {
    let what = match dialog.weight {
        Some((count, bytes)) => format!("{}, {} of audio", files(Some(count)), byte_size(bytes)),
        None => format!("counting{}", canvas.glyphs.ellipsis),
    };
    let mut lines = paragraph(&what, width, canvas.style(Role::Accent), canvas);
    if dialog.source_files {
        let gone = format!(
            "{} Into the trash, and the files themselves are deleted in {}. That cannot be taken back.",
            canvas.glyphs.warning, state.dataset.source
        );
        lines.extend(paragraph(&gone, width, canvas.style(Role::Error), canvas));
        lines.extend(besides(dialog, width, canvas));
    } else {
        let trash = "Into the trash: they leave the lists and the work of everybody who shares this \
                     dataset. Their labels are kept, and Restore brings them back.";
        lines.extend(paragraph(trash, width, canvas.style(Role::Text), canvas));
    }
    lines
}

/// Who else lists these files, and whether the store keeps them.
fn besides<'t>(dialog: &DeleteDialog, width: usize, canvas: &Canvas<'_>) -> Vec<Line<'t>> {
    let Some(besides) = &dialog.besides else {
        let asking = format!("{} looking who else lists them", canvas.spinner());
        return vec![Line::from(canvas.span(Role::Dim, asking))];
    };
    let mut lines = Vec::new();
    let lists = [("published versions", &besides.versions), ("other datasets", &besides.datasets)];
    for (what, names) in lists {
        let (role, text) = match names.as_slice() {
            [] => (Role::Dim, format!("No {what} known here list them.")),
            names => (Role::Warn, format!("Listed by {what}: {}.", names.join(", "))),
        };
        lines.extend(paragraph(&text, width, canvas.style(role), canvas));
    }
    let (role, kept) = match besides.kept {
        Some(true) => {
            (Role::Dim, "The bucket keeps old object versions: an owner can bring them back.")
        }
        Some(false) => (Role::Warn, "No old versions are kept: they are gone for good."),
        None => (Role::Dim, "Whether old versions are kept is not known."),
    };
    lines.extend(paragraph(kept, width, canvas.style(role), canvas));
    lines
}

fn tick_box<'t>(dialog: &DeleteDialog, canvas: &Canvas<'_>) -> Line<'t> {
    let chosen = dialog.field == DeleteField::SourceFiles;
    let mark = if chosen { canvas.glyphs.cursor } else { " " };
    let check = canvas.glyphs.check[usize::from(dialog.source_files)];
    let role = if chosen { Role::CursorRow } else { Role::Text };
    Line::from(canvas.span(role, format!("{mark} {check} Delete the source files ")))
}

fn count_question<'t>(dialog: &DeleteDialog, canvas: &Canvas<'_>) -> Line<'t> {
    let chosen = dialog.field == DeleteField::Count;
    let mark = if chosen { canvas.glyphs.cursor } else { " " };
    let count =
        dialog.weight.map_or_else(|| canvas.glyphs.ellipsis.to_owned(), |(n, _)| n.to_string());
    let text = format!("{mark} type {count} to confirm: ");
    Line::from(canvas.span(Role::Text, text))
}
