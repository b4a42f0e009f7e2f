//! A conflict: two texts side by side, one below the other where there are more of them or no room; who said each, when.

use super::sheet::{Place, Sheet, height_inside, row_of, scrolled, width_inside};
use crate::action::Action;
use crate::app::{ConflictDialog, Rect, Rival, Rivals, State};
use crate::config::Role;
use crate::domain::How;
use crate::ui::canvas::{Canvas, fit, line_cells};
use crate::ui::keys::footer;
use crate::ui::text_rows::{Side, diff_lines, wrapped};
use ratatui::text::{Line, Span};

const WIDTH: usize = 100;
/// Narrower columns stand one below the other.
const COLUMN: usize = 30;

pub(super) fn draw(state: &State, dialog: &ConflictDialog, canvas: &mut Canvas<'_>) {
    let width = width_inside(WIDTH, canvas);
    let beside = width >= COLUMN * 2 + 3;
    let column = if beside { (width - 3) / 2 } else { width };
    let blocks: Vec<Vec<Line<'_>>> = match &dialog.rivals {
        Some(rivals) => (0..rivals.texts.len())
            .map(|index| block(state, rivals, index, dialog.cursor, column, canvas))
            .collect(),
        None => Vec::new(),
    };
    let two = beside && blocks.len() == 2;
    let rows = match (blocks.as_slice(), two) {
        ([], _) => 1,
        ([left, right], true) => left.len().max(right.len()),
        (blocks, _) => blocks.iter().map(|block| block.len() + 1).sum::<usize>() - 1,
    };
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::Warn, title(dialog, canvas))),
        foot: footer(
            state,
            canvas,
            &[
                (Action::Confirm, "take it"),
                (Action::NextField, "play"),
                (Action::Cancel, "to the box"),
            ],
        ),
        size: (WIDTH, 1 + rows + 2),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let name = canvas.name(dialog.key.as_bytes(), inner.width.into());
    canvas.put(inner.x, inner.y, inner.width.into(), &name, canvas.style(Role::Title));
    let last = inner.height.saturating_sub(1);
    ways(Rect { y: inner.y + last, height: u16::from(last > 0), ..inner }, canvas);
    let texts = Rect { y: inner.y + 1, height: inner.height.saturating_sub(3), ..inner };
    match (blocks.as_slice(), two) {
        ([], _) => {
            let said = format!("{} reading{}", canvas.spinner(), canvas.glyphs.ellipsis);
            let row = row_of(texts, 0);
            if row.height > 0 {
                canvas.put(row.x, row.y, width, &said, canvas.style(Role::Dim));
            }
        }
        ([left, right], true) => {
            let column = column as u16;
            let of_left = Rect { width: column, ..texts };
            let of_right = Rect { x: texts.x + column + 3, width: column, ..texts };
            for (index, (lines, rect)) in [(left, of_left), (right, of_right)].iter().enumerate() {
                place(lines, *rect, canvas);
                if index == dialog.cursor {
                    canvas.tint(row_of(*rect, 0), canvas.style(Role::CursorRow));
                }
            }
            for y in texts.y..texts.y + texts.height {
                let style = canvas.style(Role::Border);
                canvas.cell(texts.x + column + 1, y, canvas.glyphs.border.down, style);
            }
        }
        (blocks, _) => stacked(blocks, dialog.cursor, texts, canvas),
    }
}

fn title(dialog: &ConflictDialog, canvas: &Canvas<'_>) -> String {
    let count = dialog.rivals.as_ref().map_or(0, |rivals| rivals.texts.len());
    match count {
        0 => format!("{} In conflict", canvas.glyphs.conflict),
        count => format!("{} In conflict: {count} texts", canvas.glyphs.conflict),
    }
}

/// What one letter does.
fn ways(row: Rect, canvas: &mut Canvas<'_>) {
    let mut spans = Vec::new();
    for (letter, text) in [("m", "mine"), ("t", "theirs"), ("e", "both into the box, by hand")] {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        spans.push(canvas.span(Role::Key, letter));
        spans.push(canvas.span(Role::Hint, format!(" {text}")));
    }
    if row.height > 0 {
        canvas.put_line(row.x, row.y, row.width.into(), &Line::from(spans));
    }
}

fn place(lines: &[Line<'_>], rect: Rect, canvas: &mut Canvas<'_>) {
    for (y, line) in (rect.y..rect.y + rect.height).zip(lines) {
        canvas.put_line(rect.x, y, rect.width.into(), line);
    }
}

/// One below the other, the chosen one in sight.
fn stacked(blocks: &[Vec<Line<'_>>], cursor: usize, rect: Rect, canvas: &mut Canvas<'_>) {
    let mut lines = Vec::new();
    let mut chosen = 0..0;
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            lines.push(Line::default());
        }
        let start = lines.len();
        lines.extend(block.iter().cloned());
        if index == cursor {
            chosen = start..lines.len();
        }
    }
    let height = usize::from(rect.height).min(height_inside(usize::MAX / 4, canvas));
    let scroll = chosen.end.saturating_sub(height).min(chosen.start);
    let scroll = scroll.min(lines.len().saturating_sub(height));
    scrolled(&lines, scroll, rect, canvas);
    let row = row_of(rect, chosen.start.saturating_sub(scroll));
    if row.height > 0 {
        canvas.tint(row, canvas.style(Role::CursorRow));
    }
}

/// Who and when, and the text against the chosen one; the chosen one against the first other.
fn block<'t>(
    state: &State,
    rivals: &Rivals,
    index: usize,
    chosen: usize,
    width: usize,
    canvas: &Canvas<'_>,
) -> Vec<Line<'t>> {
    let rival = &rivals.texts[index];
    let [who, when] = heading(state, rival, index, chosen, canvas);
    let ellipsis = canvas.glyphs.ellipsis;
    let mut lines = if line_cells(&who) + line_cells(&when) <= width {
        vec![Line::from([who.spans, when.spans].concat())]
    } else {
        vec![fit(&who, width, ellipsis), fit(&when, width, ellipsis)]
    };
    let against = if index == chosen { usize::from(chosen == 0) } else { chosen };
    let other = rivals.texts.get(against).and_then(|other| other.content.as_deref());
    match &rival.content {
        None => {
            let text = "(the label was removed)";
            lines.extend(wrapped(text, width, canvas.style(Role::Dim), canvas));
        }
        Some(text) if text.is_empty() => {
            lines.extend(wrapped("(no speech)", width, canvas.style(Role::Dim), canvas));
        }
        Some(text) => match other {
            // The first of the two is the old one, so that both sides are marked alike.
            Some(other) if index < against => {
                lines.extend(diff_lines(text, other, Side::Old, width, canvas));
            }
            Some(other) => lines.extend(diff_lines(other, text, Side::New, width, canvas)),
            None => lines.extend(wrapped(text, width, canvas.style(Role::Text), canvas)),
        },
    }
    lines
}

/// Who; and when and how.
fn heading<'t>(
    state: &State,
    rival: &Rival,
    index: usize,
    chosen: usize,
    canvas: &Canvas<'_>,
) -> [Line<'t>; 2] {
    let mark = if index == chosen { canvas.glyphs.cursor } else { " " };
    let who = if rival.mine && rival.author == state.dataset.author {
        "mine".to_owned()
    } else {
        let author = canvas.safe(&rival.author);
        canvas.cut(&author, 24).into_owned()
    };
    let who = Line::from(vec![
        canvas.span(Role::Accent, format!("{mark} ")),
        canvas.span(Role::Key, format!("{} ", index + 1)),
        canvas.span(Role::Title, who),
    ]);
    let mut when = format!("  {}", canvas.look.date_time(rival.at));
    match (rival.how == How::Import, rival.shown) {
        (true, true) => when.push_str("  imported, shown"),
        (true, false) => when.push_str("  imported"),
        (false, true) => when.push_str("  shown"),
        (false, false) => {}
    }
    [who, Line::from(canvas.span(Role::Dim, when))]
}
