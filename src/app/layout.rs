//! Where everything is: one answer for drawing and for the mouse.

use super::editor::OpenSample;
use super::state::{Screen, State};
use crate::domain::View;
use crate::text::{cells, thousands};

/// Cells of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rect {
    /// First column.
    pub x: u16,
    /// First row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Rect {
    fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    /// Whether a cell lies within.
    pub fn contains(&self, column: u16, row: u16) -> bool {
        (self.x..self.x.saturating_add(self.width)).contains(&column)
            && (self.y..self.y.saturating_add(self.height)).contains(&row)
    }

    /// Without a border of one cell.
    #[must_use]
    pub fn inner(&self) -> Self {
        Self::new(
            self.x.saturating_add(1),
            self.y.saturating_add(1),
            self.width.saturating_sub(2),
            self.height.saturating_sub(2),
        )
    }
}

/// What a cell belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaneKind {
    /// The file list.
    List,
    /// The waveform.
    Wave,
    /// The Speech Content box.
    Editor,
}

/// The panes. Outer rectangles include their borders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Program, dataset, sound and sync: one row.
    pub header: Rect,
    /// The row of the tabs: the header's own where it is wide enough.
    pub tab_row: Rect,
    /// Each tab that is shown, with its text.
    pub tabs: Vec<(View, Rect, String)>,
    /// The file list.
    pub list: Rect,
    /// The waveform.
    pub wave: Rect,
    /// The Speech Content box.
    pub editor: Rect,
    /// Within it, the text; the cursor may stand one column to its right.
    pub text: Rect,
    /// Within it, below the text: the suggestion, or the other texts of a conflict. Empty without.
    pub aside: Rect,
    /// Keys, or what just happened: the last row.
    pub hints: Rect,
}

impl Layout {
    /// Rows of files that fit.
    pub fn list_height(&self) -> usize {
        usize::from(self.list.inner().height)
    }

    /// The pane that a cell belongs to.
    pub fn pane_at(&self, column: u16, row: u16) -> Option<PaneKind> {
        [(self.list, PaneKind::List), (self.wave, PaneKind::Wave), (self.editor, PaneKind::Editor)]
            .into_iter()
            .find(|(rect, _)| rect.contains(column, row))
            .map(|(_, kind)| kind)
    }
}

/// From this width on, list and editor stand side by side.
const SIDE_BY_SIDE: u16 = 76;
/// From this width on, the tabs share the header's row.
const ONE_HEADER: u16 = 120;

/// Divides a terminal of `size` columns and rows.
pub fn layout(size: (u16, u16), state: &State) -> Layout {
    let (columns, rows) = size;
    let one_header = columns >= ONE_HEADER;
    let top = if one_header { 1 } else { 2 };
    let header = Rect::new(0, 0, columns, 1.min(rows));
    let tab_row = Rect::new(0, top - 1, columns, u16::from(rows >= top));
    let hints = Rect::new(0, rows.saturating_sub(1), columns, u16::from(rows > top));
    let body = Rect::new(0, top, columns, rows.saturating_sub(top + 1));
    let mut layout = Layout { header, tab_row, hints, ..Layout::default() };
    if state.screen == Screen::Datasets {
        layout.list = body;
        return layout;
    }
    layout.tabs = place_tabs(tab_row, one_header, state);
    if columns >= SIDE_BY_SIDE {
        let list = (columns * 36 / 100).clamp(30, 64);
        layout.list = Rect { width: list, ..body };
        let wave = wave_height(body.height);
        layout.wave = Rect::new(list, body.y, columns - list, wave);
        layout.editor =
            Rect::new(list, body.y + wave, columns - list, body.height.saturating_sub(wave));
    } else {
        let wave = if body.height >= 18 { 5 } else { 4 }.min(body.height);
        let rest = body.height - wave;
        let list = (rest / 2).max(rest.min(4));
        layout.list = Rect { height: list, ..body };
        layout.wave = Rect::new(0, body.y + list, columns, wave);
        layout.editor = Rect::new(0, body.y + list + wave, columns, rest - list);
    }
    let inner = layout.editor.inner();
    let aside = if state.editor.open.as_ref().is_some_and(OpenSample::has_aside) {
        (inner.height / 2).min(4)
    } else {
        0
    };
    // A column of air at the left, and one free at the right: the cursor may stand behind a full row.
    let text = Rect {
        x: inner.x + u16::from(inner.width > 0),
        width: inner.width.saturating_sub(2),
        ..inner
    };
    layout.text = Rect { height: inner.height - aside, ..text };
    layout.aside = Rect { y: inner.y + layout.text.height, height: aside, ..text };
    layout
}

fn wave_height(body: u16) -> u16 {
    match body {
        0..=11 => 4.min(body),
        12..=19 => 6,
        20..=29 => 8,
        30..=49 => 11,
        _ => 15,
    }
}

fn place_tabs(row: Rect, right_of_title: bool, state: &State) -> Vec<(View, Rect, String)> {
    let mut tabs = Vec::new();
    let texts: Vec<(View, String)> = state
        .tabs()
        .into_iter()
        .map(|(view, n)| (view, format!(" {} {} {} ", digit(view), title(view), thousands(n))))
        .collect();
    let needed: usize = texts.iter().map(|(_, text)| cells(text)).sum();
    let start = if right_of_title {
        usize::from(row.width).saturating_sub(needed + 34).max(usize::from(row.width) / 3)
    } else {
        0
    };
    let mut x = u16::try_from(start).unwrap_or(0);
    for (view, text) in texts {
        let cells = u16::try_from(cells(&text)).unwrap_or(u16::MAX);
        let fits = cells.min(row.width.saturating_sub(x));
        tabs.push((view, Rect::new(x, row.y, fits, row.height), text));
        x = x.saturating_add(fits);
    }
    tabs
}

/// The key that opens a tab.
pub(super) fn digit(view: View) -> char {
    match view {
        View::Unlabeled => '1',
        View::ToConfirm => '2',
        View::Labeled => '3',
        _ => '4',
    }
}

/// The name of a tab.
pub(super) fn title(view: View) -> &'static str {
    match view {
        View::Unlabeled => "Unlabeled",
        View::ToConfirm => "To confirm",
        View::Labeled => "Labeled",
        View::Deleted => "Trash",
        View::Missing => "Missing",
        View::Conflicts => "Conflicts",
        View::All => "All",
    }
}
