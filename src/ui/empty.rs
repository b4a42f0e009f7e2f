//! An empty list says why it is empty and what to do next.

use super::canvas::{Canvas, line_cells};
use super::hints::list_key;
use crate::action::Action;
use crate::app::{Rect, State};
use crate::config::Role;
use crate::domain::View;
use crate::text::{Wrap, counted};
use ratatui::text::Line;

pub(super) fn draw(state: &State, inner: Rect, canvas: &mut Canvas<'_>) {
    let said = say(state, canvas);
    let width = usize::from(inner.width).saturating_sub(4);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (index, (role, text)) in said.iter().enumerate() {
        let wrap = Wrap::with_marks(text, width.max(1), canvas.glyphs.safe);
        if index == 1 && inner.height > 5 {
            lines.push(Line::default());
        }
        for row in 0..wrap.rows().len() {
            let shown: String = wrap.glyphs(row).map(|glyph| glyph.shown.into_owned()).collect();
            lines.push(Line::from(canvas.span(*role, shown.trim().to_owned())));
        }
    }
    let free = usize::from(inner.height).saturating_sub(lines.len());
    let top = inner.y.saturating_add(u16::try_from(free / 3).unwrap_or(0));
    for (y, line) in (top..inner.y.saturating_add(inner.height)).zip(&lines) {
        let margin = usize::from(inner.width).saturating_sub(line_cells(line)) / 2;
        let x = inner.x.saturating_add(u16::try_from(margin).unwrap_or(0));
        canvas.put_line(x, y, usize::from(inner.width) - margin, line);
    }
}

type Said = Vec<(Role, String)>;

fn say(state: &State, canvas: &Canvas<'_>) -> Said {
    let key = |action| list_key(state, action);
    let counts = &state.counts;
    if let Some(progress) = state.sync.running.as_ref().filter(|_| counts.total == 0) {
        let files = counted(progress.listed, "file", "files");
        return vec![
            (Role::Text, format!("listing{} {files}", canvas.glyphs.ellipsis)),
            (Role::Dim, "they appear here while the listing runs".to_owned()),
        ];
    }
    if state.list.loading {
        return vec![(Role::Dim, format!("loading{}", canvas.glyphs.ellipsis))];
    }
    if !state.list.filter.is_empty() {
        let filter = state.list.filter.to_string();
        return vec![
            (Role::Text, "nothing matches the filter".to_owned()),
            (Role::Match, filter),
            (
                Role::Dim,
                format!(
                    "{} changes it, {} shows everything again",
                    key(Action::Filter),
                    key(Action::ClearSelection)
                ),
            ),
        ];
    }
    if counts.total == 0 {
        return without_samples(state, &key);
    }
    of_view(state, &key)
}

fn without_samples(state: &State, key: &dyn Fn(Action) -> String) -> Said {
    if let Some(error) = &state.sync.failed {
        let mut said =
            vec![(Role::Error, "sync failed".to_owned()), (Role::Text, error.to_string())];
        said.extend(error.hint.iter().map(|hint| (Role::Dim, format!("hint: {hint}"))));
        said.push((Role::Dim, format!("{} tries again", key(Action::Sync))));
        return said;
    }
    if state.sync.last.is_none() {
        return vec![
            (Role::Text, "nothing here yet".to_owned()),
            (Role::Dim, format!("{} looks for audio in the source", key(Action::Sync))),
        ];
    }
    vec![
        (Role::Text, "no audio found".to_owned()),
        (Role::Text, format!("in {}", state.dataset.source)),
        (
            Role::Dim,
            format!(
                "put recordings there (WAV, FLAC, MP3, Ogg, Opus, M4A and more), then {} looks again",
                key(Action::Sync)
            ),
        ),
    ]
}

fn of_view(state: &State, key: &dyn Fn(Action) -> String) -> Said {
    let counts = &state.counts;
    let (title, next) = match state.view {
        View::Unlabeled if counts.labeled > 0 => {
            let next = if counts.to_confirm > 0 {
                let more = counted(counts.to_confirm, "waits", "wait");
                format!("{more} to be confirmed: press {}", key(Action::TabToConfirm))
            } else {
                let labeled = counted(counts.labeled, "label", "labels");
                format!("{labeled}: press {} to look", key(Action::TabLabeled))
            };
            ("all done", next)
        }
        View::Unlabeled => {
            ("nothing to label", format!("{} looks for new audio", key(Action::Sync)))
        }
        View::ToConfirm => {
            ("nothing to confirm", format!("{} goes on labeling", key(Action::TabUnlabeled)))
        }
        View::Labeled => {
            ("nothing is labeled yet", format!("{} shows what waits", key(Action::TabUnlabeled)))
        }
        View::Deleted => ("the trash is empty", format!("{} goes back", key(Action::TabUnlabeled))),
        View::Missing => ("nothing is missing", format!("{} goes back", key(Action::TabUnlabeled))),
        View::Conflicts => ("no conflicts", format!("{} goes back", key(Action::TabUnlabeled))),
        View::All => ("nothing here", format!("{} looks for audio", key(Action::Sync))),
    };
    let role = if title == "all done" { Role::Good } else { Role::Text };
    vec![(role, title.to_owned()), (Role::Dim, next)]
}
