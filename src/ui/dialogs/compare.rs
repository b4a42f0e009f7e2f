//! Choices with texts before the eyes: mine or theirs, one text or several labels.

use super::sheet::{Place, Sheet, below, height_inside, menu, row_of, scrolled, width_inside};
use crate::action::Action;
use crate::app::{NewerDialog, PasteDialog, Rect, State};
use crate::config::Role;
use crate::text::counted;
use crate::ui::canvas::{Canvas, fit};
use crate::ui::keys::footer;
use crate::ui::text_rows::{Side, diff_lines, wrapped};
use ratatui::text::Line;

const WIDTH: usize = 100;
/// Narrower columns stand one below the other.
const COLUMN: usize = 30;

pub(super) fn newer(state: &State, dialog: &NewerDialog, canvas: &mut Canvas<'_>) {
    let width = width_inside(WIDTH, canvas);
    let beside = width >= COLUMN * 2 + 3;
    let column = if beside { (width - 3) / 2 } else { width };
    let theirs = dialog.theirs.content.as_deref().unwrap_or_default();
    let mine_lines = diff_lines(theirs, &dialog.job.content, Side::New, column, canvas);
    let mut their_lines = diff_lines(theirs, &dialog.job.content, Side::Old, column, canvas);
    if dialog.theirs.content.is_none() {
        their_lines = wrapped("(the label was removed)", column, canvas.style(Role::Dim), canvas);
    }
    let choices = [
        "mine: label with it; theirs stays in the history",
        "theirs: keep it; mine is let go",
        "back to the box: mine is kept as a draft",
    ];
    let rows: Vec<Line<'_>> =
        choices.into_iter().map(|text| Line::from(canvas.span(Role::Text, text))).collect();
    let texts = if beside {
        mine_lines.len().max(their_lines.len()) + 1
    } else {
        mine_lines.len() + their_lines.len() + 2
    };
    let title = match &dialog.theirs.labeled {
        Some((author, _)) if *author == state.dataset.author => "Labeled meanwhile, by yourself",
        Some(_) => "Labeled meanwhile by somebody else",
        None => "The label was removed meanwhile",
    };
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::Warn, title)),
        foot: footer(
            state,
            canvas,
            &[(Action::Confirm, "choose"), (Action::Cancel, "back to the box")],
        ),
        size: (WIDTH, 2 + texts + 1 + rows.len()),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let name = canvas.safe_bytes(dialog.theirs.key.as_bytes()).into_owned();
    let name = fit(
        &Line::from(canvas.span(Role::Title, name)),
        usize::from(inner.width),
        canvas.glyphs.ellipsis,
    );
    canvas.put_line(inner.x, inner.y, usize::from(inner.width), &name);
    // The choices stay in sight; the texts get what is left.
    let chosen_rows = (rows.len() as u16).min(inner.height);
    let lower = Rect { y: inner.y + inner.height - chosen_rows, height: chosen_rows, ..inner };
    let upper = below(inner, 2);
    let upper = Rect { height: upper.height.saturating_sub(chosen_rows + 1), ..upper };
    let their_title = their_title(dialog, canvas);
    if beside {
        let right = Rect { x: upper.x + column as u16 + 3, width: column as u16, ..upper };
        let left = Rect { width: column as u16, ..upper };
        titled("mine", &mine_lines, left, canvas);
        titled(&their_title, &their_lines, right, canvas);
        for y in upper.y..upper.y + upper.height {
            let style = canvas.style(Role::Border);
            canvas.cell(upper.x + column as u16 + 1, y, canvas.glyphs.border.down, style);
        }
    } else {
        let half = upper.height / 2;
        titled("mine", &mine_lines, Rect { height: half, ..upper }, canvas);
        titled(&their_title, &their_lines, below(upper, half.into()), canvas);
    }
    menu(&rows, dialog.cursor, lower, canvas);
}

fn their_title(dialog: &NewerDialog, canvas: &Canvas<'_>) -> String {
    match &dialog.theirs.labeled {
        Some((author, at)) => {
            format!("{}, {}", canvas.safe(author), canvas.look.date_time(*at))
        }
        None => "theirs".to_owned(),
    }
}

fn titled(title: &str, lines: &[Line<'_>], rect: Rect, canvas: &mut Canvas<'_>) {
    let row = row_of(rect, 0);
    if row.height == 0 {
        return;
    }
    let width = usize::from(row.width);
    canvas.put(row.x, row.y, width, &canvas.cut(title, width), canvas.style(Role::Accent));
    for (y, line) in (rect.y + 1..rect.y + rect.height).zip(lines) {
        canvas.put_line(rect.x, y, width, line);
    }
}

pub(super) fn paste(state: &State, dialog: &PasteDialog, canvas: &mut Canvas<'_>) {
    let count = dialog.lines.len() as u64;
    let lines = counted(count, "line", "lines");
    let files = counted(count, "file", "files");
    let rows = [
        format!("one text: all {lines} into this box"),
        format!("several labels, a line each: {files} from this one on"),
    ]
    .map(|text| Line::from(canvas.span(Role::Text, text)));
    let preview: Vec<Line<'_>> = dialog
        .lines
        .iter()
        .take(200)
        .enumerate()
        .map(|(index, line)| {
            let start: String = line.chars().take(400).collect();
            let numbered = Line::from(vec![
                canvas.span(Role::Dim, format!("{:>3} ", index + 1)),
                canvas.span(Role::Text, canvas.safe(&start).into_owned()),
            ]);
            fit(&numbered, width_inside(72, canvas), canvas.glyphs.ellipsis)
        })
        .collect();
    let shown = preview.len().min(height_inside(99, canvas).saturating_sub(4)).min(8);
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, "Pasted: one text or several labels?")),
        foot: footer(state, canvas, &[(Action::Confirm, "choose"), (Action::Cancel, "neither")]),
        size: (72, shown + 1 + rows.len()),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let upper = Rect { height: (shown as u16).min(inner.height), ..inner };
    scrolled(&preview, 0, upper, canvas);
    menu(&rows, usize::from(!dialog.one_text), below(inner, shown + 1), canvas);
}
