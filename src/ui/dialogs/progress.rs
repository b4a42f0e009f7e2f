//! The job that runs: what it does, how far it is, and the way to stop it.

use super::sheet::{Place, Sheet, row_of};
use crate::action::Action;
use crate::app::{JobProgress, Rect, State, Unit};
use crate::config::Role;
use crate::text::{byte_size, thousands};
use crate::ui::canvas::Canvas;
use crate::ui::keys::footer;
use ratatui::text::Line;
use std::fmt::Write as _;

const WIDTH: usize = 56;

pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>) {
    let Some(running) = &state.exchange.running else { return };
    let mut keys = vec![(Action::Cancel, "stop")];
    if running.stopping {
        keys = vec![(Action::Cancel, "close")];
    } else if !running.job.only_looks() {
        keys.insert(0, (Action::Confirm, "label on meanwhile"));
    }
    let sheet = Sheet {
        title: Line::from(canvas.span(Role::DialogTitle, running.job.title())),
        foot: footer(state, canvas, &keys),
        size: (WIDTH, 3),
        place: Place::Middle,
    };
    let inner = sheet.open(canvas);
    let width = usize::from(inner.width);
    let ellipsis = canvas.glyphs.ellipsis;
    let doing = match &running.progress {
        _ if running.stopping => format!("stopping{ellipsis}"),
        Some(progress) => told(progress),
        None => format!("starting{ellipsis}"),
    };
    let line = Line::from(vec![
        canvas.span(Role::Accent, format!("{} ", canvas.spinner())),
        canvas.span(Role::Text, doing),
    ]);
    let row = row_of(inner, 0);
    canvas.put_line(row.x, row.y, width, &line);
    let place = row_of(inner, 2);
    if let Some(percent) = running.progress.as_ref().and_then(percent) {
        bar(percent, place, canvas);
    }
}

fn bar(percent: u64, row: Rect, canvas: &mut Canvas<'_>) {
    if row.height == 0 || row.width < 8 {
        return;
    }
    let room = u64::from(row.width) - 6;
    let full = (room * percent / 100) as usize;
    let line = Line::from(vec![
        canvas.span(Role::Good, canvas.glyphs.thumb.repeat(full)),
        canvas.span(Role::Dim, canvas.glyphs.rule.repeat(room as usize - full)),
        canvas.span(Role::Status, format!("{percent:>4} %")),
    ]);
    canvas.put_line(row.x, row.y, row.width.into(), &line);
}

/// How far a job is, where that is known.
pub(in crate::ui) fn percent(progress: &JobProgress) -> Option<u64> {
    let of = progress.of.filter(|of| *of > 0)?;
    Some(progress.done.min(of) * 100 / of)
}

fn told(progress: &JobProgress) -> String {
    let count = |number: u64| match progress.unit {
        Unit::Bytes => byte_size(number),
        Unit::Files | Unit::Records => thousands(number),
    };
    let mut text = progress.doing.to_owned();
    if let Some((file, of)) = progress.file {
        let _ = write!(text, " file {} of {},", thousands(file), thousands(of));
    }
    let _ = write!(text, " {}", count(progress.done));
    if let Some(of) = progress.of {
        let _ = write!(text, " of {}", count(of));
    }
    match progress.unit {
        Unit::Files => text.push_str(" files"),
        Unit::Records => text.push_str(" entries"),
        Unit::Bytes => {}
    }
    text
}
