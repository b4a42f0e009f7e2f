//! The top: program and dataset, where sound goes, how sync and saving stand; and the tabs with their counts.

use super::canvas::{Canvas, line_cells};
use crate::app::{Layout, Rect, Screen, State, SyncPhase};
use crate::config::Role;
use crate::domain::Output;
use crate::text::{cells, counted, thousands, truncate_middle};
use ratatui::text::{Line, Span};

const GAP: &str = "  ";

pub(super) fn draw(state: &State, layout: &Layout, canvas: &mut Canvas<'_>) {
    let shared_row = !layout.tabs.is_empty() && layout.tab_row.y == layout.header.y;
    let (first_tab, behind_tabs) = tabs_extent(layout);
    let mut left = layout.header;
    let mut right = layout.header;
    if shared_row {
        left.width = first_tab.saturating_sub(left.x).saturating_sub(1);
        right.x = behind_tabs;
        right.width = layout.header.width.saturating_sub(behind_tabs);
    }
    let status = fitting(status(state, canvas), room_for_status(right, shared_row));
    let taken = line_cells(&status);
    if !shared_row {
        left.width = left.width.saturating_sub(u16::try_from(taken).unwrap_or(u16::MAX));
    }
    canvas.put_right(right.x, right.y, usize::from(right.width), &status);
    name(state, left, canvas);
    tabs(state, layout, canvas);
    let has_tabs = !layout.tabs.is_empty();
    if has_tabs && !shared_row && layout.tab_row.height > 0 {
        progress(state, layout.tab_row, behind_tabs, canvas);
    }
}

/// With a row of its own, half of it is the dataset's.
fn room_for_status(right: Rect, shared_row: bool) -> usize {
    let width = usize::from(right.width);
    if shared_row { width } else { width.saturating_sub(24).min(width * 2 / 3).max(width / 3) }
}

fn tabs_extent(layout: &Layout) -> (u16, u16) {
    let first = layout.tabs.first().map_or(layout.header.width, |(_, rect, _)| rect.x);
    let behind = layout.tabs.last().map_or(0, |(_, rect, _)| rect.x.saturating_add(rect.width));
    (first, behind)
}

fn name(state: &State, rect: Rect, canvas: &mut Canvas<'_>) {
    let mut room = usize::from(rect.width).saturating_sub(1);
    let program = canvas.span(Role::Title, "earmark");
    let mut spans = vec![Span::raw(" ")];
    room = room.saturating_sub(cells(&program.content));
    spans.push(program);
    // Less of a source than this tells nothing.
    let dataset = [(&state.dataset.name, Role::Accent, 6), (&state.dataset.source, Role::Dim, 10)];
    for (text, role, least) in dataset {
        if state.screen == Screen::Datasets || text.is_empty() || room < GAP.len() + least {
            continue;
        }
        let safe = canvas.safe(text).into_owned();
        let short = truncate_middle(&safe, room - GAP.len(), canvas.glyphs.ellipsis).into_owned();
        room = room.saturating_sub(GAP.len() + cells(&short));
        spans.push(Span::raw(GAP));
        spans.push(canvas.span(role, short));
    }
    canvas.put_line(rect.x, rect.y, usize::from(rect.width), &Line::from(spans));
}

/// A piece of a row, and its place from the left.
type Piece<'s> = (u8, Vec<Span<'s>>);

/// What the right side says, most important first.
fn status<'s>(state: &State, canvas: &Canvas<'_>) -> Vec<Piece<'s>> {
    let mut pieces = Vec::new();
    if state.unsaved() > 0 {
        let text = format!("{} {} not saved", canvas.glyphs.failed, state.unsaved());
        pieces.push((1, vec![canvas.span(Role::Error, text)]));
    }
    pieces.push((2, sound(state, canvas)));
    if state.screen == Screen::Datasets {
        return pieces;
    }
    pieces.extend(job(state, canvas).map(|spans| (2, spans)));
    pieces.extend(sync(state, canvas).map(|spans| (3, spans)));
    if state.dataset.output.is_none() && !state.dataset.source.is_empty() {
        pieces.push((0, vec![canvas.span(Role::Dim, "not shared")]));
    }
    pieces
}

fn sound<'s>(state: &State, canvas: &Canvas<'_>) -> Vec<Span<'s>> {
    match &state.sound.output {
        None => Vec::new(),
        Some(Output::Silent { why, .. }) => {
            let why = canvas.safe(why);
            let short = canvas.cut(&why, 28).into_owned();
            vec![canvas.span(Role::Warn, format!("silent: {short}"))]
        }
        Some(Output::Pulse { buffer_ms, .. }) => {
            let place = format!("{} PulseAudio, {buffer_ms} ms", canvas.glyphs.sound);
            vec![canvas.span(Role::Status, place)]
        }
        Some(output) => {
            let place = canvas.safe(output.place().unwrap_or_default());
            let short = truncate_middle(&place, 18, canvas.glyphs.ellipsis).into_owned();
            vec![canvas.span(Role::Status, format!("{} {short}", canvas.glyphs.sound))]
        }
    }
}

/// A job that goes on while its person labels.
fn job<'s>(state: &State, canvas: &Canvas<'_>) -> Option<Vec<Span<'s>>> {
    let running = state.exchange.running.as_ref()?;
    let title = running.job.title();
    let far = running.progress.as_ref().and_then(super::dialogs::percent);
    let text = match far {
        Some(percent) => format!("{title} {percent} %"),
        None => title.to_owned(),
    };
    Some(vec![
        canvas.span(Role::Accent, format!("{} ", canvas.spinner())),
        canvas.span(Role::Status, text),
    ])
}

fn sync<'s>(state: &State, canvas: &Canvas<'_>) -> Option<Vec<Span<'s>>> {
    let sign = canvas.glyphs.sync;
    if let Some(progress) = &state.sync.running {
        let text = match (progress.phase, progress.probed) {
            (SyncPhase::Applying, Some((done, of))) if progress.applied >= progress.listed => {
                format!("lengths {}/{}", thousands(done), thousands(of))
            }
            (SyncPhase::Listing, _) if progress.listed == 0 => "listing".to_owned(),
            (SyncPhase::Listing, _) => format!("listing {}", thousands(progress.listed)),
            (SyncPhase::Applying, _) => {
                let percent = progress.applied.min(progress.listed) * 100;
                format!("applying {} %", percent.checked_div(progress.listed).unwrap_or(100))
            }
            (SyncPhase::ReadingLabels, _) => "reading labels".to_owned(),
            (SyncPhase::Sharing, _) => "sharing".to_owned(),
        };
        return Some(vec![
            canvas.span(Role::Accent, format!("{sign} {} ", canvas.spinner())),
            canvas.span(Role::Status, text),
        ]);
    }
    if state.sync.failed.is_some() {
        return Some(vec![canvas.span(Role::Error, format!("{sign} sync failed"))]);
    }
    if let Some(sharing) = state.sync.sharing.as_ref().filter(|_| state.dataset.output.is_some()) {
        let wait = format!("{sign} {} wait", thousands(sharing.waiting));
        match &sharing.problem {
            Some(problem) => {
                let why = canvas.safe(problem);
                let short = canvas.cut(&why, 24).into_owned();
                return Some(vec![canvas.span(Role::Warn, format!("{wait}: {short}"))]);
            }
            None if sharing.waiting > 0 => return Some(vec![canvas.span(Role::Status, wait)]),
            None => {}
        }
    }
    let (report, at) = state.sync.last.as_ref()?;
    let when = match report.as_of {
        Some(as_of) => format!("as of {}", canvas.look.date_time(as_of)),
        None => canvas.look.time(*at),
    };
    Some(vec![canvas.span(Role::Status, format!("{sign} {when}"))])
}

/// As many pieces as fit, each in its place.
fn fitting(pieces: Vec<Piece<'_>>, room: usize) -> Line<'_> {
    let mut left = room.saturating_sub(1);
    let mut kept: Vec<Piece<'_>> = Vec::new();
    for (place, piece) in pieces.into_iter().filter(|(_, piece)| !piece.is_empty()) {
        let needed: usize = piece.iter().map(|span| cells(&span.content)).sum();
        if needed + GAP.len() <= left {
            left -= needed + GAP.len();
            kept.push((place, piece));
        }
    }
    kept.sort_by_key(|(place, _)| *place);
    let mut line = Vec::new();
    for (_, piece) in kept {
        line.push(Span::raw(GAP));
        line.extend(piece);
    }
    line.push(Span::raw(" "));
    Line::from(line)
}

fn tabs(state: &State, layout: &Layout, canvas: &mut Canvas<'_>) {
    for (view, rect, text) in &layout.tabs {
        let active = *view == state.view;
        let role = if active { Role::TabActive } else { Role::Tab };
        let style = canvas.style(role);
        canvas.put(rect.x, rect.y, usize::from(rect.width), text, style);
        if active && rect.width > 0 {
            canvas.cell(rect.x, rect.y, canvas.glyphs.cursor, style);
        }
    }
}

/// Beside the tabs, where they have a row of their own: how far the work is.
fn progress(state: &State, row: Rect, from: u16, canvas: &mut Canvas<'_>) {
    let counts = &state.counts;
    let room = usize::from(row.width.saturating_sub(from));
    let mut pieces = Vec::new();
    if counts.seconds_total > 0.0 {
        let (done, all) = (hours(counts.seconds_labeled), hours(counts.seconds_total));
        let text = format!("{done} of {all} labeled");
        pieces.push((2, vec![canvas.span(Role::Dim, text)]));
    }
    if let Some(scope) = state.scope {
        let text = format!("part {}/{}", scope.part, scope.of);
        pieces.push((1, vec![canvas.span(Role::Dim, text)]));
    }
    if counts.missing > 0 {
        let text = counted(counts.missing, "missing", "missing");
        pieces.push((0, vec![canvas.span(Role::Dim, text)]));
    }
    let line = fitting(pieces, room.saturating_sub(2));
    canvas.put_right(from, row.y, room, &line);
}

/// `28 s`, `12 min`, `27.2 h`.
pub(super) fn hours(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{} s", seconds.round())
    } else if seconds < 5400.0 {
        format!("{} min", thousands((seconds / 60.0).ceil() as u64))
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}
