//! The waveform pane: what is heard, where in it, and where somebody speaks.

use super::bars::{self, Grid};
use super::canvas::{Canvas, Titles, line_cells};
use crate::app::{Layout, OpenSample, Rect, State, Transport};
use crate::config::Role;
use crate::domain::{Output, Seconds, Span as Stretch};
use crate::text::{Wrap, cells, clock, clock_tenths};
use ratatui::text::Line;

pub(super) fn draw(state: &State, layout: &Layout, canvas: &mut Canvas<'_>) {
    let rect = layout.wave;
    canvas.border(rect, false, &titles(state, rect, canvas));
    let inner = rect.inner();
    let Some(open) = &state.editor.open else { return };
    if let Some(error) = audio_error(open) {
        return cannot_be_heard(&error, inner, canvas);
    }
    match state.waveform() {
        Some((peaks, seconds)) => {
            let shown = state.sound.shown_span(seconds);
            let parts = Parts::of(inner, &shown, seconds);
            let grid = Grid::new(peaks, shown, parts.bars, &state.sound);
            if let Some(row) = parts.overview {
                let whole = Stretch { start: 0.0, end: seconds };
                let grid = Grid::new(peaks, whole, row, &state.sound).averaged();
                bars::overview(&grid, shown, canvas);
            }
            bars::draw(&grid, canvas);
            if let Some(row) = parts.ruler {
                bars::ruler(&grid, row, canvas);
            }
        }
        None => loading(state, inner, canvas),
    }
}

/// How the pane is divided from top to bottom.
struct Parts {
    overview: Option<Rect>,
    bars: Rect,
    ruler: Option<Rect>,
}

impl Parts {
    fn of(inner: Rect, shown: &Stretch, seconds: Seconds) -> Self {
        let part = shown.end - shown.start < seconds - 1e-6;
        let overview = part && inner.height >= 4;
        let ruler = inner.height >= 2;
        let top = u16::from(overview);
        let bars = Rect {
            y: inner.y + top,
            height: inner.height.saturating_sub(top + u16::from(ruler)),
            ..inner
        };
        Self {
            overview: overview.then_some(Rect { height: 1, ..inner }),
            bars,
            ruler: ruler.then(|| Rect { y: bars.y + bars.height, height: 1, ..inner }),
        }
    }
}

fn audio_error(open: &OpenSample) -> Option<String> {
    let known = open.detail.as_ref().and_then(|detail| detail.audio_error.as_ref());
    open.audio_error.as_ref().or(known).cloned()
}

fn titles<'s>(state: &State, rect: Rect, canvas: &Canvas<'_>) -> Titles<'s> {
    let Some(open) = &state.editor.open else {
        return Titles { foot: silent(state, rect, canvas), ..Titles::default() };
    };
    let aside = transport(state, canvas);
    let taken = line_cells(&aside);
    let room = usize::from(rect.width).saturating_sub(taken + 8).max(8);
    let short = canvas.name(open.row.key.as_bytes(), room);
    let damaged = open.peaks.as_ref().and_then(|peaks| peaks.damaged.as_ref());
    let foot = silent(state, rect, canvas);
    let foot_aside = damaged.map_or_else(Line::default, |why| {
        let text = format!("{} damaged: {}", canvas.glyphs.warning, canvas.safe(why));
        // Cut rather than left out beside why nothing is heard.
        let beside = if foot.spans.is_empty() { 4 } else { 17 };
        let room = usize::from(rect.width).saturating_sub(beside).max(9);
        Line::from(canvas.span(Role::Warn, canvas.cut(&text, room).into_owned()))
    });
    Titles { name: Line::from(canvas.span(Role::Title, short)), aside, foot, foot_aside }
}

/// Why nothing is heard, and what to do; where there is not room for both, the latter: the top row says why.
fn silent<'s>(state: &State, rect: Rect, canvas: &Canvas<'_>) -> Line<'s> {
    let Some(Output::Silent { why, hint }) = &state.sound.output else { return Line::default() };
    let why = canvas.span(Role::Warn, format!("silent: {}", canvas.safe(why)));
    if hint.is_empty() {
        return Line::from(why);
    }
    let hint = canvas.span(Role::Dim, format!(" {} {}", canvas.glyphs.dot, canvas.safe(hint)));
    let both = Line::from(vec![why, hint.clone()]);
    if line_cells(&both) + 4 <= usize::from(rect.width) {
        both
    } else {
        Line::from(vec![canvas.span(Role::Warn, "silent"), hint])
    }
}

fn transport<'s>(state: &State, canvas: &Canvas<'_>) -> Line<'s> {
    let sound = &state.sound;
    let glyphs = canvas.glyphs;
    let (sign, role) = match sound.transport {
        Transport::Playing => (glyphs.play, Role::Good),
        Transport::Paused => (glyphs.pause, Role::Accent),
        Transport::Ended => (glyphs.stop, Role::Dim),
        Transport::Loading => (canvas.spinner(), Role::Accent),
        Transport::Failed => (glyphs.failed, Role::Error),
        Transport::Empty => ("", Role::Dim),
    };
    let mut spans = Vec::new();
    if !sign.is_empty() {
        spans.push(canvas.span(role, format!("{sign} ")));
    }
    let total = state.audio_seconds();
    spans.push(canvas.span(Role::Text, clock_tenths(sound.at)));
    if let Some(total) = total {
        spans.push(canvas.span(Role::Dim, format!(" / {}", clock_tenths(total))));
    }
    if (sound.rate - 1.0).abs() > 0.001 {
        spans.push(canvas.span(Role::Accent, format!("  {}{}", trimmed(sound.rate), glyphs.times)));
    }
    if sound.looped.is_some() {
        spans.push(canvas.span(Role::Loop, format!("  {}", glyphs.repeat)));
    } else if sound.mark.is_some() {
        spans.push(canvas.span(Role::Loop, "  ["));
    }
    if sound.volume_db.abs() >= 0.05 {
        spans.push(canvas.span(Role::Dim, format!("  {:+} dB", rounded(sound.volume_db))));
    }
    if sound.skip_silence {
        spans.push(canvas.span(Role::Dim, "  skip silence"));
    }
    Line::from(spans)
}

/// `1.25`, `1.5`, `2`.
fn trimmed(rate: f32) -> String {
    let text = format!("{rate:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn rounded(db: f32) -> f32 {
    (db * 10.0).round() / 10.0
}

fn loading(state: &State, inner: Rect, canvas: &mut Canvas<'_>) {
    let waits = matches!(state.sound.transport, Transport::Loading);
    let sign = if waits { canvas.spinner() } else { canvas.glyphs.dot };
    let text = format!("{sign} loading{}", canvas.glyphs.ellipsis);
    let style = canvas.style(Role::Dim);
    centred(&text, inner, style, canvas);
}

fn centred(text: &str, inner: Rect, style: ratatui::style::Style, canvas: &mut Canvas<'_>) {
    let width = usize::from(inner.width);
    let short = canvas.cut(text, width).into_owned();
    let x = inner.x + u16::try_from((width - cells(&short).min(width)) / 2).unwrap_or(0);
    let y = inner.y + inner.height.saturating_sub(1) / 2;
    if inner.height > 0 {
        canvas.put(x, y, width, &short, style);
    }
}

fn cannot_be_heard(error: &str, inner: Rect, canvas: &mut Canvas<'_>) {
    let text = format!("{} cannot be played: {error}", canvas.glyphs.failed);
    let last = "it can be labeled all the same";
    let width = usize::from(inner.width).saturating_sub(2);
    let wrap = Wrap::with_marks(&text, width.max(1), canvas.glyphs.safe);
    let rows = wrap.rows().len();
    let free = usize::from(inner.height).saturating_sub(rows + 1);
    let style = canvas.style(Role::Error);
    let top = inner.y + u16::try_from(free / 2).unwrap_or(0);
    let mut y = top;
    for row in 0..rows.min(usize::from(inner.height)) {
        let shown: String = wrap.glyphs(row).map(|glyph| glyph.shown.into_owned()).collect();
        canvas.put(inner.x + 1, y, width, &shown, style);
        y += 1;
    }
    if y < inner.y + inner.height {
        canvas.put(inner.x + 1, y, width, last, canvas.style(Role::Dim));
    }
}

/// A time on the ruler: as short as its step allows.
pub(super) fn ruler_time(at: Seconds, step: Seconds) -> String {
    if step < 1.0 {
        let text = clock_tenths(at);
        text.strip_prefix('0').unwrap_or(&text).to_owned()
    } else {
        clock(at)
    }
}
