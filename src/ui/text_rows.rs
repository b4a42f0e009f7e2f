//! Texts on several rows, and the one-row fields of dialogs.

use super::canvas::Canvas;
use crate::app::Rect;
use crate::config::Role;
use crate::text::{Buffer, PieceKind, Wrap, cells, truncate_start, word_diff};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::ops::Range;

/// Draws the rows of a wrapped text from `scroll` on; what is selected, by bytes, is told apart.
pub(super) fn draw_wrapped(
    wrap: &Wrap,
    scroll: usize,
    rect: Rect,
    style: Style,
    selection: Option<&Range<usize>>,
    canvas: &mut Canvas<'_>,
) {
    let selected_style = style.patch(canvas.style(Role::Selection));
    let rows = scroll..wrap.rows().len().min(scroll + usize::from(rect.height));
    for (y, row) in (rect.y..).zip(rows) {
        let mut end = rect.x;
        for glyph in wrap.glyphs(row) {
            let chosen = selection.is_some_and(|range| range.contains(&glyph.byte));
            let style = match (chosen, is_mark(&glyph.shown)) {
                (true, _) => selected_style,
                (false, true) => style.patch(canvas.style(Role::Hostile)),
                (false, false) => style,
            };
            let Some(room) = usize::from(rect.width).checked_sub(glyph.col) else { break };
            let x = rect.x + glyph.col as u16;
            end = canvas.put(x, y, room, &glyph.shown, style);
        }
        let line_end = wrap.rows()[row].range.end;
        let more = !wrap.rows()[row].soft && row + 1 < wrap.rows().len();
        if more && selection.is_some_and(|range| range.contains(&line_end)) {
            canvas.put(end, y, usize::from(rect.x + rect.width - end), " ", selected_style);
        }
    }
}

/// Whether a glyph spells out a character that cannot be shown as it is.
fn is_mark(shown: &str) -> bool {
    let spelled = shown.starts_with(['⟨', '<', '^']) && shown.chars().nth(1).is_some();
    spelled || shown.starts_with(|c| ('\u{2400}'..='\u{2421}').contains(&c))
}

/// Lines of a text wrapped to `width`, all in one look.
pub(super) fn wrapped<'t>(
    text: &str,
    width: usize,
    style: Style,
    canvas: &Canvas<'_>,
) -> Vec<Line<'t>> {
    let wrap = Wrap::with_marks(text, width.max(1), canvas.glyphs.safe);
    (0..wrap.rows().len())
        .map(|row| {
            let shown: String = wrap.glyphs(row).map(|glyph| glyph.shown.into_owned()).collect();
            Line::from(Span::styled(shown.trim_end().to_owned(), style))
        })
        .collect()
}

/// One paragraph with words of others in it, wrapped to `width`: their line ends are marks, and begin no row.
pub(super) fn paragraph<'t>(
    text: &str,
    width: usize,
    style: Style,
    canvas: &Canvas<'_>,
) -> Vec<Line<'t>> {
    wrapped(&canvas.safe(text), width, style, canvas)
}

/// A field for one line of text; with the keys it takes the terminal's cursor.
pub(super) fn field(buffer: &Buffer, rect: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    let width = usize::from(rect.width);
    if width == 0 || rect.height == 0 {
        return;
    }
    let style = canvas.style(if focused { Role::FieldFocus } else { Role::Field });
    canvas.tint(Rect { height: 1, ..rect }, style);
    let (before, after) = buffer.text().split_at(buffer.cursor());
    let before = canvas.safe(before).into_owned();
    let shown = truncate_start(&before, width - 1, canvas.glyphs.ellipsis);
    let x = canvas.put(rect.x, rect.y, width, &shown, style);
    let room = width - usize::from(x - rect.x);
    let after: String = after.chars().take(room + 1).collect();
    let after = canvas.safe(&after).into_owned();
    canvas.put(x, rect.y, room, &canvas.cut(&after, room), style);
    if let Some(range) = buffer.selection().filter(|_| focused && shown == before) {
        let start = cells(&canvas.safe(&buffer.text()[..range.start])).min(width);
        let end = cells(&canvas.safe(&buffer.text()[..range.end])).min(width);
        let marked =
            Rect { x: rect.x + start as u16, width: (end - start) as u16, height: 1, ..rect };
        canvas.tint(marked, canvas.style(Role::Selection));
    }
    if focused {
        canvas.place_cursor(x.min(rect.x + rect.width - 1), rect.y);
    }
}

/// Which side of a comparison is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// What was removed and what was added, in one text.
    Both,
    /// The old text, with what the new one lacks.
    Old,
    /// The new text, with what it added.
    New,
}

/// A word diff as lines of `width` cells. Without colour, brackets say what struck and underlined words say.
pub(super) fn diff_lines<'t>(
    old: &str,
    new: &str,
    side: Side,
    width: usize,
    canvas: &Canvas<'_>,
) -> Vec<Line<'t>> {
    /// Longer texts are compared by nobody's eye; they are shown as they are.
    const LONGEST: usize = 20_000;
    if old.len() + new.len() > LONGEST {
        let text = if side == Side::Old { old } else { new };
        return wrapped(text, width, canvas.style(Role::Text), canvas);
    }
    let brackets = canvas.glyphs.ascii || !canvas.look.has_colour();
    let mut text = String::new();
    let mut styles: Vec<(usize, Style)> = Vec::new();
    let mut was_removed = false;
    for piece in word_diff(old, new) {
        let (role, open, close) = match (piece.kind, side) {
            (PieceKind::Removed, Side::New) | (PieceKind::Added, Side::Old) => continue,
            (PieceKind::Same, _) => (Role::Text, "", ""),
            (PieceKind::Removed, _) => (Role::Removed, "[-", "-]"),
            (PieceKind::Added, _) => (Role::Added, "{+", "+}"),
        };
        let touches = !text.is_empty() && !text.ends_with(' ') && !piece.text.starts_with(' ');
        if brackets {
            text.push_str(open);
        } else if piece.kind == PieceKind::Added && was_removed && touches {
            text.push(' ');
        }
        was_removed = piece.kind == PieceKind::Removed;
        text.push_str(&piece.text);
        if brackets {
            text.push_str(close);
        }
        styles.push((text.len(), canvas.style(role)));
    }
    styled_lines(&text, &styles, width, canvas)
}

/// Wraps a text whose parts, each up to a byte, have looks of their own.
fn styled_lines<'t>(
    text: &str,
    styles: &[(usize, Style)],
    width: usize,
    canvas: &Canvas<'_>,
) -> Vec<Line<'t>> {
    let wrap = Wrap::with_marks(text, width.max(1), canvas.glyphs.safe);
    let look = |byte: usize| {
        let part = styles.partition_point(|(end, _)| *end <= byte);
        styles.get(part).map_or_else(Style::default, |(_, style)| *style)
    };
    (0..wrap.rows().len())
        .map(|row| {
            let mut spans: Vec<Span<'_>> = Vec::new();
            for glyph in wrap.glyphs(row) {
                let style = look(glyph.byte);
                match spans.last_mut() {
                    Some(last) if last.style == style => {
                        last.content.to_mut().push_str(&glyph.shown);
                    }
                    _ => spans.push(Span::styled(glyph.shown.into_owned(), style)),
                }
            }
            Line::from(spans)
        })
        .collect()
}
