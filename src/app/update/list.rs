//! The list: pages, the cursor, the selection, the tabs.

use super::Turn;
use crate::app::effect::{Effect, PagePurpose};
use crate::app::list::{PAGE, Renewal, Selection, To};
use crate::app::state::Focus;
use crate::domain::{Anchor, Page, PageRequest, SampleId, View};
use std::collections::BTreeSet;

impl Turn<'_> {
    pub(super) fn request(&self, anchor: Anchor) -> PageRequest {
        PageRequest {
            view: self.state.view,
            filter: self.state.list.filter.clone(),
            order: self.state.list.order,
            scope: self.state.scope,
            anchor,
            limit: PAGE,
        }
    }

    /// Reads the list anew around an anchor; the cursor goes to `to`, once that is here. What is typed for the rows
    /// meanwhile is for those.
    pub(super) fn reload(&mut self, anchor: Anchor, to: To) {
        self.stay();
        self.go(anchor, to);
    }

    fn go(&mut self, anchor: Anchor, to: To) {
        self.state.list.coming = Some((anchor.clone(), to));
        self.ask_anew(PagePurpose::Replace, anchor);
    }

    fn ask_anew(&mut self, purpose: PagePurpose, anchor: Anchor) {
        self.state.list.generation += 1;
        self.state.list.loading = true;
        self.state.list.renewal = Renewal::Asked;
        self.ask(purpose, anchor);
    }

    /// Waits for no *next* any more; what was typed for it goes into the box that is there.
    pub(super) fn stay(&mut self) {
        if std::mem::take(&mut self.state.list.advance) {
            let typed = std::mem::take(&mut self.state.editor.typed_ahead);
            self.type_ahead(typed);
        }
    }

    /// Reads the list anew, the cursor where it is, or where it is to go. *Next* finds its file in the new list as well.
    pub(super) fn refresh(&mut self) {
        let list = &self.state.list;
        match (&list.coming, list.cursor_row().map(|row| row.id)) {
            (Some((anchor, _)), _) => self.ask_anew(PagePurpose::Replace, anchor.clone()),
            (None, Some(id)) => self.ask_anew(PagePurpose::Refresh(id), Anchor::Around(id)),
            (None, None) => self.go(Anchor::First, To::Start),
        }
    }

    /// Others changed something: the list is read anew, once what is on its way has come.
    pub(super) fn refresh_in_turn(&mut self) {
        if !self.state.list.comes_too_early() {
            self.refresh();
        }
    }

    fn ask(&mut self, purpose: PagePurpose, anchor: Anchor) {
        let request = self.request(anchor);
        let generation = self.state.list.generation;
        self.effect(Effect::Page { generation, purpose, request });
    }

    pub(super) fn ask_for_pages(&mut self) {
        if self.state.list.loading {
            return;
        }
        if self.state.list.wants_after()
            && let Some(last) = self.state.list.rows.last().map(|row| row.id)
        {
            self.state.list.asked_after = true;
            self.ask(PagePurpose::After, Anchor::After(last));
        }
        if self.state.list.wants_before()
            && let Some(first) = self.state.list.rows.first().map(|row| row.id)
        {
            self.state.list.asked_before = true;
            self.ask(PagePurpose::Before, Anchor::Before(first));
        }
    }

    pub(super) fn page(&mut self, generation: u64, purpose: PagePurpose, page: Page) {
        if generation != self.state.list.generation {
            return;
        }
        let to = match purpose {
            PagePurpose::After => {
                self.state.list.append(page);
                self.advance();
                return;
            }
            PagePurpose::Before => {
                self.state.list.prepend(page);
                return;
            }
            PagePurpose::Replace => match self.state.list.coming.take() {
                Some((_, to)) => to,
                // It was not waited for any longer.
                None => self.state.list.cursor_row().map_or(To::Start, |row| To::Stay(row.id)),
            },
            PagePurpose::Refresh(asked) => {
                // Who went on meanwhile is not taken back.
                let here = self.state.list.cursor_row().map_or(asked, |row| row.id);
                if here != asked && page.rows.iter().all(|row| row.id != here) {
                    self.refresh();
                    return;
                }
                To::Stay(here)
            }
        };
        let renewal = std::mem::take(&mut self.state.list.renewal);
        self.state.list.replace(page, &to);
        self.count_list();
        self.after_replace();
        self.list_has_come();
        self.advance();
        if renewal == Renewal::AskedTooEarly {
            self.refresh();
        }
    }

    /// *Next* waited for more of the list: on to it, with what was typed meanwhile.
    fn advance(&mut self) {
        if !std::mem::take(&mut self.state.list.advance) {
            return;
        }
        let typed = std::mem::take(&mut self.state.editor.typed_ahead);
        if self.state.focus == Focus::Editor {
            self.go_next();
        }
        self.type_ahead(typed);
    }

    /// The right pane follows the cursor, but never away from a sample that is being typed into.
    fn after_replace(&mut self) {
        let cursor = self.state.list.cursor_row().map(|row| row.id);
        let open = self.state.editor.open.as_ref().map(super::super::editor::OpenSample::id);
        if let Some(row) = open.and_then(|id| self.state.list.rows.iter().find(|row| row.id == id))
            && let Some(open) = &mut self.state.editor.open
        {
            // Its audio may be another by now: then the player must not take it for the one it knows.
            open.row.clone_from(row);
        }
        if self.state.focus == Focus::Editor && open.is_some() {
            if let Some(index) = open.and_then(|id| self.state.list.index_of(id)) {
                self.state.list.cursor = index;
            }
            return;
        }
        if cursor != open {
            self.open_at_cursor();
        }
    }

    fn count_list(&mut self) {
        let list = &self.state.list;
        let unfiltered = list.filter.is_empty() && self.state.scope.is_none();
        let known = match self.state.view {
            View::Unlabeled => Some(self.state.counts.unlabeled),
            View::Labeled => Some(self.state.counts.labeled),
            View::ToConfirm => Some(self.state.counts.to_confirm),
            View::Deleted => Some(self.state.counts.deleted),
            _ => None,
        };
        if unfiltered && known.is_some() {
            let placed = list.offset.is_some();
            self.state.list.total = known;
            if placed {
                return;
            }
        }
        let first = self.state.list.rows.first().map(|row| row.id);
        let request = self.request(Anchor::First);
        let generation = self.state.list.generation;
        self.effect(Effect::Count { generation, request, first });
    }

    pub(super) fn counted(&mut self, generation: u64, offset: Option<u64>, total: Option<u64>) {
        if generation != self.state.list.generation {
            return;
        }
        if self.state.list.more_before {
            self.state.list.offset = offset.or(self.state.list.offset);
        }
        self.state.list.total = total.or(self.state.list.total);
    }

    pub(super) fn move_cursor(&mut self, by: i64) {
        let list = &self.state.list;
        let last = list.rows.len().saturating_sub(1);
        let to = (list.cursor as i64 + by).clamp(0, last as i64) as usize;
        if to == list.cursor && !list.rows.is_empty() {
            return;
        }
        self.state.list.cursor = to;
        self.open_at_cursor();
    }

    pub(super) fn jump(&mut self, last: bool) {
        let list = &self.state.list;
        let here = if last { !list.more_after } else { !list.more_before };
        if here {
            let to = if last { i64::MAX / 2 } else { i64::MIN / 2 };
            self.move_cursor(to);
        } else if last {
            self.go(Anchor::Last, To::End);
        } else {
            self.reload(Anchor::First, To::Start);
        }
    }

    pub(super) fn show_tab(&mut self, view: View) {
        if view == self.state.view && self.state.focus == Focus::List {
            return;
        }
        self.leave_sample();
        self.state.focus = Focus::List;
        self.state.view = view;
        self.state.list.selection = Selection::default();
        self.state.list.range_from = None;
        self.state.list.rows.clear();
        self.state.list.typed_ahead.clear();
        self.state.list.cursor = 0;
        self.state.list.scroll = 0;
        self.state.list.total = None;
        self.state.editor.open = None;
        self.stop_sound();
        self.reload(Anchor::First, To::Start);
        self.remember_soon();
    }

    pub(super) fn select(&mut self) {
        let Some(id) = self.state.list.cursor_row().map(|row| row.id) else { return };
        let ids = self.explicit_selection();
        if !ids.remove(&id) {
            ids.insert(id);
        }
        self.state.list.range_from = Some(id);
        self.move_cursor(1);
    }

    pub(super) fn select_range(&mut self) {
        let Some(id) = self.state.list.cursor_row().map(|row| row.id) else { return };
        let Some(from) = self.state.list.range_from.take() else {
            self.state.list.range_from = Some(id);
            self.explicit_selection().insert(id);
            self.info("range: move to its other end and press v again");
            return;
        };
        let cursor = self.state.list.cursor;
        let start = self.state.list.index_of(from).unwrap_or(cursor);
        let (low, high) = (start.min(cursor), start.max(cursor));
        let ids: Vec<SampleId> =
            self.state.list.rows[low..=high].iter().map(|row| row.id).collect();
        self.explicit_selection().extend(ids);
    }

    pub(super) fn select_all_matching(&mut self) {
        self.state.list.range_from = None;
        let all = !self.state.list.selection.all_matching;
        self.state.list.selection = Selection { all_matching: all, ..Selection::default() };
    }

    pub(super) fn clear_selection(&mut self) {
        let had = self.state.list.has_selection();
        self.state.list.selection = Selection::default();
        self.state.list.range_from = None;
        if !had && !self.state.list.filter.is_empty() && self.state.focus == Focus::List {
            self.apply_filter("");
        } else if !had && self.state.focus == Focus::List {
            self.escape_stops_sync();
        }
    }

    fn explicit_selection(&mut self) -> &mut BTreeSet<SampleId> {
        let selection = &mut self.state.list.selection;
        selection.all_matching = false;
        &mut selection.ids
    }
}
