//! Search, filter and order: the list follows while typing.

use super::Turn;
use crate::app::dialog::{Dialog, FilterDialog, OrderDialog};
use crate::app::list::{Selection, To};
use crate::domain::{Anchor, Filter, Order, OrderBy};
use crate::text::Buffer;

impl Turn<'_> {
    /// `/` starts from nothing, `f` from the filter in force.
    pub(super) fn open_filter(&mut self, anew: bool) {
        self.leave_box();
        let before = self.state.list.filter.to_string();
        let line = Buffer::new(if anew { "" } else { &before });
        self.state.dialogs.push(Dialog::Filter(FilterDialog { line, before, error: None }));
    }

    /// What was typed so far narrows the list; what cannot be read leaves it as it is.
    pub(super) fn filter_typed(&mut self) {
        let Some(Dialog::Filter(dialog)) = self.state.dialogs.last_mut() else { return };
        let text = dialog.line.text().to_owned();
        match Filter::parse(&text) {
            Ok(_) => {
                dialog.error = None;
                self.apply_filter(&text);
            }
            Err(error) => dialog.error = Some(error.to_string()),
        }
    }

    pub(super) fn apply_filter(&mut self, text: &str) {
        let Ok(filter) = Filter::parse(text) else { return };
        if filter == self.state.list.filter {
            return;
        }
        self.state.list.filter = filter;
        self.state.list.selection = Selection::default();
        self.state.list.total = None;
        self.reload(Anchor::First, To::Sample(None));
        self.remember_soon();
    }

    pub(super) fn open_order(&mut self) {
        let choices = vec![
            OrderBy::Name,
            OrderBy::Time,
            OrderBy::Duration,
            OrderBy::Labeled,
            OrderBy::CharsPerSecond,
        ];
        let by = self.state.list.order.by;
        let cursor = choices.iter().position(|choice| *choice == by).unwrap_or(0);
        self.state.dialogs.push(Dialog::Order(OrderDialog { cursor, choices }));
    }

    /// The same order again turns it round.
    pub(super) fn order_chosen(&mut self, by: OrderBy) {
        let order = self.state.list.order;
        let descending = order.by == by && !order.descending;
        self.state.list.order = Order { by, descending };
        let on = self.state.list.cursor_row().map(|row| row.id);
        self.reload(on.map_or(Anchor::First, Anchor::Around), To::Sample(on));
        self.remember_soon();
    }
}
