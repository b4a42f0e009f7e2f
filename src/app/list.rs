//! The file list: a window of rows around the cursor, never the whole list.

use super::message::Input;
use crate::domain::{Anchor, Filter, Order, Page, Row, SampleId, SampleKey};
use std::collections::BTreeSet;

/// Rows asked for at once.
pub(super) const PAGE: usize = 200;
/// Rows kept; beyond, the far side is dropped.
const KEEP: usize = 800;
/// With fewer rows than this between the cursor and the window's edge, the next page is asked for.
const MARGIN: usize = 100;

/// What is selected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// These samples, perhaps none.
    pub ids: BTreeSet<SampleId>,
    /// Instead of these: all that match the filter, seen or not.
    pub all_matching: bool,
}

/// What a row shows besides the sample itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowMark {
    /// Its label is on the way to the disk.
    Pending,
    /// Its label could not be written.
    NotSaved,
}

/// The list pane.
#[derive(Debug, Clone, Default)]
pub struct ListPane {
    /// Loaded rows, in list order.
    pub rows: Vec<Row>,
    /// The row under the cursor, as an index into `rows`.
    pub cursor: usize,
    /// The first row drawn, as an index into `rows`.
    pub scroll: usize,
    /// Rows of the whole list that precede `rows[0]`, when counted.
    pub offset: Option<u64>,
    /// Rows of the whole list, when counted.
    pub total: Option<u64>,
    /// Rows precede `rows[0]`.
    pub more_before: bool,
    /// Rows follow the last one.
    pub more_after: bool,
    /// What is selected.
    pub selection: Selection,
    /// Where a range selection began.
    pub range_from: Option<SampleId>,
    /// Only samples that match.
    pub filter: Filter,
    /// In what order.
    pub order: Order,
    /// No page has arrived yet.
    pub loading: bool,
    /// Every question to the workspace carries it; answers of an older one are dropped.
    pub generation: u64,
    /// The list is on its way, as it was when that was asked for.
    pub(super) renewal: Renewal,
    pub(super) asked_before: bool,
    /// The window to which the cursor is to go, while it is on its way.
    pub(super) coming: Option<(Anchor, To)>,
    /// Keys that came while the first page, or another window, was on its way; they are for what it brings.
    pub(super) typed_ahead: Vec<Input>,
    pub(super) asked_after: bool,
    pub(super) pending: BTreeSet<SampleId>,
    /// The next sample was wanted before its page had come: open it when it does.
    pub(super) advance: bool,
}

/// Whether the list is being read anew. What others change meanwhile does not ask again before that has come: else a list
/// that they change more often than it can be read would never come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Renewal {
    /// Nothing is on its way.
    #[default]
    Done,
    /// It is on its way.
    Asked,
    /// It is on its way, and there is something newer already.
    AskedTooEarly,
}

/// Where the cursor goes in another window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    /// The first row.
    Start,
    /// The last one.
    End,
    /// The one with this key; without it as with a sample.
    Key(SampleKey),
    /// This sample; without it the one behind the name where the cursor was, else the first row.
    Sample(Option<SampleId>),
    /// This sample, where the cursor is. If it is gone, the one that took its place, or the last.
    Stay(SampleId),
}

impl ListPane {
    /// The row under the cursor.
    pub fn cursor_row(&self) -> Option<&Row> {
        self.rows.get(self.cursor)
    }

    /// The place of the cursor in the whole list, from 1, when known.
    pub fn position(&self) -> Option<u64> {
        self.offset.filter(|_| !self.rows.is_empty()).map(|offset| offset + self.cursor as u64 + 1)
    }

    /// Whether a sample is selected.
    pub fn is_selected(&self, id: SampleId) -> bool {
        self.selection.all_matching || self.selection.ids.contains(&id)
    }

    /// How many are selected, when known.
    pub fn selected(&self) -> Option<u64> {
        if self.selection.all_matching { self.total } else { Some(self.selection.ids.len() as u64) }
    }

    /// Whether anything is selected.
    pub fn has_selection(&self) -> bool {
        self.selection.all_matching || !self.selection.ids.is_empty()
    }

    /// Whether a sample's label is on the way to the disk.
    pub fn is_pending(&self, id: SampleId) -> bool {
        self.pending.contains(&id)
    }

    /// Something changed: what is on its way, if anything is, is read anew once it has come. Whether it is.
    pub(super) fn comes_too_early(&mut self) -> bool {
        let comes = self.renewal != Renewal::Done;
        if comes {
            self.renewal = Renewal::AskedTooEarly;
        }
        comes
    }

    pub(super) fn index_of(&self, id: SampleId) -> Option<usize> {
        self.rows.iter().position(|row| row.id == id)
    }

    /// Replaces the window.
    pub(super) fn replace(&mut self, page: Page, to: &To) {
        let (index, key) = (self.cursor, self.cursor_row().map(|row| row.key.clone()));
        let from_top = self.cursor.saturating_sub(self.scroll);
        self.rows = page.rows;
        self.more_before = page.more_before;
        self.more_after = page.more_after;
        self.offset = page.offset.or(if page.more_before { None } else { Some(0) });
        if page.total.is_some() {
            self.total = page.total;
        }
        self.loading = false;
        self.coming = None;
        self.asked_before = false;
        self.asked_after = false;
        let last = self.rows.len().saturating_sub(1);
        let by_name = self.order == Order::default();
        let behind = || {
            let key = key.as_ref().filter(|_| by_name)?;
            self.rows.iter().position(|row| row.key >= *key)
        };
        self.cursor = match to {
            To::Start => 0,
            To::End => last,
            To::Key(key) => {
                let there = self.rows.iter().position(|row| row.key == *key);
                there.or_else(behind).unwrap_or(0)
            }
            To::Sample(id) => id.and_then(|id| self.index_of(id)).or_else(behind).unwrap_or(0),
            To::Stay(id) => {
                let end = if by_name { last } else { index.min(last) };
                self.index_of(*id).or_else(behind).unwrap_or(end)
            }
        };
        self.scroll = self.cursor.saturating_sub(from_top);
    }

    pub(super) fn append(&mut self, page: Page) {
        self.asked_after = false;
        self.more_after = page.more_after;
        self.rows.extend(page.rows);
        let excess = self.rows.len().saturating_sub(KEEP).min(self.cursor.saturating_sub(MARGIN));
        if excess > 0 {
            self.rows.drain(..excess);
            self.cursor -= excess;
            self.scroll = self.scroll.saturating_sub(excess);
            self.offset = self.offset.map(|offset| offset + excess as u64);
            self.more_before = true;
        }
    }

    pub(super) fn prepend(&mut self, page: Page) {
        self.asked_before = false;
        self.more_before = page.more_before;
        let count = page.rows.len();
        self.rows.splice(..0, page.rows);
        self.cursor += count;
        self.scroll += count;
        self.offset = if self.more_before {
            self.offset.map(|offset| offset.saturating_sub(count as u64))
        } else {
            Some(0)
        };
        let keep = (self.cursor + MARGIN).max(KEEP);
        if self.rows.len() > keep {
            self.rows.truncate(keep);
            self.more_after = true;
        }
    }

    pub(super) fn wants_before(&self) -> bool {
        self.more_before && !self.asked_before && self.cursor < MARGIN
    }

    pub(super) fn wants_after(&self) -> bool {
        self.more_after && !self.asked_after && self.cursor + MARGIN >= self.rows.len()
    }

    /// Takes a row out (its sample left this list); the cursor stays on its sample, else on what follows.
    pub(super) fn remove(&mut self, id: SampleId) {
        self.selection.ids.remove(&id);
        let Some(index) = self.index_of(id) else { return };
        self.rows.remove(index);
        if index < self.cursor {
            self.cursor -= 1;
        }
        if index < self.scroll {
            self.scroll -= 1;
        }
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.total = self.total.map(|total| total.saturating_sub(1));
    }

    /// Keeps the cursor on the screen, `height` rows high.
    pub(super) fn scroll_to_cursor(&mut self, height: usize) {
        let height = height.max(1);
        if self.cursor < self.scroll {
            self.scroll = self.cursor;
        } else if self.cursor >= self.scroll + height {
            self.scroll = self.cursor + 1 - height;
        }
        let last_top = self.rows.len().saturating_sub(height);
        if !self.more_after {
            self.scroll = self.scroll.min(last_top);
        }
    }
}
