//! The history of a sample, newest first: who, when, how, and what changed word by word.

use super::sheet::{Place, Sheet, height_inside, scrolled, width_inside};
use crate::action::Action;
use crate::app::{HistoryDialog, Rect, State};
use crate::config::Role;
use crate::domain::{Change, ContentChange, How, Revision};
use crate::ui::canvas::{Canvas, fit};
use crate::ui::keys::footer;
use crate::ui::text_rows::{Side, diff_lines};
use ratatui::text::{Line, Span};

const WIDTH: usize = 92;
/// Revisions drawn on either side of the chosen one: more than any screen holds.
const AROUND: usize = 40;

pub(super) fn draw(state: &State, dialog: &HistoryDialog, canvas: &mut Canvas<'_>) {
    let width = width_inside(WIDTH, canvas);
    let revisions = dialog.revisions.as_deref().unwrap_or_default();
    let first = dialog.cursor.saturating_sub(AROUND);
    let mut lines = Vec::new();
    let mut chosen = 0..0;
    for (index, revision) in revisions.iter().enumerate().skip(first).take(AROUND * 2) {
        let start = lines.len();
        lines.extend(entry(revision, &revisions[index + 1..], width, canvas));
        if index == dialog.cursor {
            chosen = start..lines.len();
        }
        lines.push(Line::default());
    }
    lines.pop();
    if lines.is_empty() {
        let said = match dialog.revisions {
            None => format!("{} reading{}", canvas.spinner(), canvas.glyphs.ellipsis),
            Some(_) => "no revisions yet: it was never labeled".to_owned(),
        };
        lines.push(Line::from(canvas.span(Role::Dim, said)));
    }
    let sheet = Sheet {
        title: title(dialog, width, canvas),
        foot: footer(
            state,
            canvas,
            &[(Action::Confirm, "restore this one"), (Action::Cancel, "close")],
        ),
        size: (WIDTH, lines.len().max(6)),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let height = usize::from(inner.height).min(height_inside(usize::MAX / 4, canvas));
    let scroll = chosen.end.saturating_sub(height).min(chosen.start);
    scrolled(&lines, scroll, inner, canvas);
    mark_chosen(&chosen, scroll.min(lines.len().saturating_sub(height)), inner, canvas);
}

fn title<'t>(dialog: &HistoryDialog, width: usize, canvas: &Canvas<'_>) -> Line<'t> {
    let line = Line::from(vec![
        canvas.span(Role::DialogTitle, "History"),
        canvas.span(Role::Dim, format!(" {} ", canvas.glyphs.dot)),
        canvas.span(Role::Text, canvas.safe(&dialog.name).into_owned()),
    ]);
    fit(&line, width.saturating_sub(2), canvas.glyphs.ellipsis)
}

fn mark_chosen(
    chosen: &std::ops::Range<usize>,
    scroll: usize,
    inner: Rect,
    canvas: &mut Canvas<'_>,
) {
    let Some(row) = chosen.start.checked_sub(scroll) else { return };
    if chosen.is_empty() || row >= usize::from(inner.height) {
        return;
    }
    let y = inner.y + row as u16;
    canvas.tint(Rect { y, height: 1, ..inner }, canvas.style(Role::CursorRow));
    canvas.cell(inner.x, y, canvas.glyphs.cursor, canvas.style(Role::Accent));
}

fn entry<'t>(
    revision: &Revision,
    older: &[Revision],
    width: usize,
    canvas: &Canvas<'_>,
) -> Vec<Line<'t>> {
    let author = canvas.safe(&revision.author);
    let head = Line::from(vec![
        Span::raw("  "),
        canvas.span(Role::Title, canvas.look.date_time(revision.at)),
        canvas.span(Role::Accent, format!("  {}", canvas.cut(&author, 24))),
        canvas.span(Role::Dim, format!("  {}", canvas.safe(word(revision)))),
    ]);
    let mut lines = vec![fit(&head, width, canvas.glyphs.ellipsis)];
    let mut body = Vec::new();
    match &revision.change.content {
        Some(ContentChange::Set(text)) if text.is_empty() => {
            body.push(Line::from(canvas.span(Role::Dim, "labeled as empty")));
        }
        Some(ContentChange::Set(text)) => {
            let before = former_text(revision, older);
            let room = width.saturating_sub(4);
            body.extend(diff_lines(before, text, Side::Both, room, canvas));
        }
        Some(ContentChange::Removed) => {
            body.push(Line::from(canvas.span(Role::Removed, "label removed")));
        }
        None => {}
    }
    body.extend(other_changes(&revision.change, canvas));
    if let Some(from) = &revision.moved_from {
        let text = format!("moved here from {}", canvas.safe_bytes(from.as_bytes()));
        body.push(Line::from(canvas.span(Role::Dim, text)));
    }
    for mut line in body {
        line.spans.insert(0, Span::raw("    "));
        lines.push(line);
    }
    lines
}

fn other_changes<'t>(change: &Change, canvas: &Canvas<'_>) -> Vec<Line<'t>> {
    let mut lines = Vec::new();
    for (flag, on) in change.flags() {
        let (role, verb) =
            if on { (Role::Flag, "flagged") } else { (Role::Dim, "flag taken off:") };
        let text = format!("{} {verb} {}", canvas.glyphs.flag, canvas.safe(flag.title()));
        lines.push(Line::from(canvas.span(role, text)));
    }
    match change.deleted {
        Some(true) => lines.push(Line::from(canvas.span(Role::Warn, "put into the trash"))),
        Some(false) => lines.push(Line::from(canvas.span(Role::Good, "restored from the trash"))),
        None => {}
    }
    lines
}

/// The text that a revision came after: its parent's, else that of the next older one.
fn former_text<'r>(revision: &Revision, older: &'r [Revision]) -> &'r str {
    let with_content = |candidate: &&Revision| candidate.change.content.is_some();
    let parent = older.iter().filter(with_content).find(|old| revision.parents.contains(&old.id));
    let before = parent.or_else(|| older.iter().find(with_content));
    match before.and_then(|old| old.change.content.as_ref()) {
        Some(ContentChange::Set(text)) => text,
        _ => "",
    }
}

fn word(revision: &Revision) -> &str {
    match &revision.how {
        How::Typed if matches!(revision.change.content, Some(ContentChange::Set(_))) => "typed",
        How::Typed => "",
        How::Batch => "in a batch",
        How::Suggestion => "suggestion accepted",
        How::Import => "imported",
        How::Affirm => "affirmed on changed audio",
        How::Settle => "conflict settled",
        How::Undo => "undone",
        How::Redo => "done again",
        How::Restore => "restored from the history",
        How::Move => "moved",
        How::Other(name) => name,
    }
}
