//! A form: facts above, a field a row, what is wrong below. The field that has the keys stays in sight.

use super::choice::fact_lines;
use super::sheet::{Place, Sheet, below, row_of, scrolled, width_inside};
use crate::action::Action;
use crate::app::{Field, FieldKind, FormDialog, FormPurpose, Rect, State};
use crate::config::Role;
use crate::text::{cells, pad_end};
use crate::ui::canvas::{Canvas, fit};
use crate::ui::keys::footer;
use crate::ui::text_rows::{field, paragraph};
use ratatui::text::{Line, Span};

const WIDTH: usize = 74;
/// Cells of the mark, the longest label and a gap.
const LABEL: usize = 12;

pub(super) fn draw(state: &State, dialog: &FormDialog, top: bool, canvas: &mut Canvas<'_>) {
    let width = width_inside(WIDTH, canvas);
    let form = &dialog.form;
    let facts = fact_lines(&dialog.facts, width, canvas);
    let mut errors = Vec::new();
    if let Some(error) = &form.error {
        let text = format!("{} {error}", canvas.glyphs.failed);
        errors = paragraph(&text, width, canvas.style(Role::Error), canvas);
    }
    let gap = usize::from(!facts.is_empty());
    let rows = form.fields.len();
    let mut keys = vec![(Action::Confirm, dialog.verb())];
    if rows > 1 {
        keys.push((Action::NextField, "next"));
        keys.push((Action::ToggleField, "change"));
    }
    let back = matches!(dialog.purpose, FormPurpose::Add(_));
    keys.push((Action::Cancel, if back { "back" } else { "close" }));
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, dialog.title())),
        foot: footer(state, canvas, &keys),
        size: (WIDTH, facts.len() + gap + rows + errors.len()),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    // The fields come first, then what is wrong, then the facts.
    let height = usize::from(inner.height);
    let asked = (rows + errors.len()).min(height);
    let upper = Rect { height: (height - asked).saturating_sub(gap) as u16, ..inner };
    scrolled(&facts, 0, upper, canvas);
    let lower = Rect { y: inner.y + (height - asked) as u16, height: asked as u16, ..inner };
    let shown = asked.saturating_sub(errors.len()).max(1.min(asked));
    let first = (form.cursor + 1).saturating_sub(shown);
    for (row, (index, one)) in form.fields.iter().enumerate().skip(first).take(shown).enumerate() {
        let has_keys = index == form.cursor;
        draw_field(one, row_of(lower, row), has_keys, top, canvas);
    }
    scrolled(&errors, 0, below(lower, shown), canvas);
    let border = lower.x + lower.width + 1;
    if first > 0 {
        canvas.cell(border, lower.y, canvas.glyphs.up, canvas.style(Role::Accent));
    }
    if first + shown < rows && shown > 0 {
        let y = lower.y + shown as u16 - 1;
        canvas.cell(border, y, canvas.glyphs.down, canvas.style(Role::Accent));
    }
}

fn draw_field(one: &Field, row: Rect, has_keys: bool, top: bool, canvas: &mut Canvas<'_>) {
    if row.height == 0 {
        return;
    }
    let mark = if has_keys { canvas.glyphs.cursor } else { " " };
    let label = format!("{mark} {}", pad_end(one.label, LABEL - 2));
    let role = if has_keys { Role::Accent } else { Role::Text };
    canvas.put(row.x, row.y, LABEL, &label, canvas.style(role));
    let place = Rect {
        x: row.x + (LABEL as u16).min(row.width),
        width: row.width.saturating_sub(LABEL as u16),
        ..row
    };
    if let FieldKind::Text(line) = &one.kind {
        field(line, place, top && has_keys, canvas);
        if line.text().is_empty() {
            let room = usize::from(place.width).saturating_sub(1);
            let note = canvas.cut(&one.note, room).into_owned();
            let ground = if top && has_keys { Role::FieldFocus } else { Role::Field };
            let style = canvas.style(ground).patch(canvas.style(Role::Dim));
            canvas.put(place.x + 1, place.y, room, &note, style);
        }
        return;
    }
    let line = fit(&value(one, has_keys, canvas), place.width.into(), canvas.glyphs.ellipsis);
    canvas.put_line(place.x, place.y, place.width.into(), &line);
}

fn value<'t>(one: &Field, has_keys: bool, canvas: &Canvas<'_>) -> Line<'t> {
    let role = if has_keys { Role::CursorRow } else { Role::Text };
    let mut spans = match &one.kind {
        FieldKind::Choice { options, chosen } => {
            let option = options.get(*chosen).map_or("", String::as_str);
            let option = canvas.safe(option).into_owned();
            let text = if has_keys { format!("< {option} >") } else { option };
            let place = format!("  {}/{}", chosen + 1, options.len());
            let place = if has_keys && options.len() > 3 { place } else { String::new() };
            vec![canvas.span(role, text), canvas.span(Role::Dim, place)]
        }
        FieldKind::Tick(on) => {
            let check = canvas.glyphs.check[usize::from(*on)];
            vec![canvas.span(role, check.to_owned())]
        }
        FieldKind::Button => {
            vec![canvas.span(role, format!("[{}{}]", one.label, canvas.glyphs.ellipsis))]
        }
        FieldKind::Text(_) => Vec::new(),
    };
    if cells(&one.note) > 0 {
        spans.push(Span::raw(" "));
        spans.push(canvas.span(Role::Dim, one.note.clone()));
    }
    Line::from(spans)
}
