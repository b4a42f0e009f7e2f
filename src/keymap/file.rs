//! Reads one keymap file into its lines; whatever is wrong is collected, nothing ends the reading.

use super::error::{KeymapError, KeymapProblem, Table};
use super::{Context, Key, Place, nearest};
use crate::action::Action;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys of one action in one table.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) table: Table,
    pub(super) action: Action,
    pub(super) keys: Vec<(Key, Place)>,
}

/// The good lines of a file; what is wrong goes to `errors`.
pub(super) fn lines(file: &Path, text: &str, errors: &mut Vec<KeymapError>) -> Vec<Line> {
    Reader { file, text, errors }.lines()
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    errors: &'a mut Vec<KeymapError>,
}

impl Reader<'_> {
    fn lines(&mut self) -> Vec<Line> {
        let (root, syntax) = DeTable::parse_recoverable(self.text);
        for error in syntax {
            let at = error.span().map_or(0, |span| span.start);
            self.refuse(at, KeymapProblem::Syntax(error.message().to_owned()));
        }
        let mut lines = Vec::new();
        for (name, value) in root.get_ref() {
            let Some(table) = self.table(name, value.get_ref()) else { continue };
            for (name, keys) in value.get_ref().as_table().into_iter().flatten() {
                lines.extend(self.line(table, name, keys));
            }
        }
        lines
    }

    fn table(&mut self, name: &Spanned<impl AsRef<str>>, value: &DeValue<'_>) -> Option<Table> {
        let (at, name) = (name.span().start, name.get_ref().as_ref());
        let table = Table::ALL.into_iter().find(|table| table.name() == name);
        if table.is_some() && value.is_table() {
            return table;
        }
        let problem = if value.is_table() {
            let meant = nearest(name, Table::ALL.iter().map(|table| table.name()));
            KeymapProblem::UnknownTable { name: name.to_owned(), meant }
        } else {
            KeymapProblem::OutsideTable(name.to_owned())
        };
        self.refuse(at, problem);
        None
    }

    fn line(
        &mut self,
        table: Table,
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Line> {
        let (at, name) = (name.span().start, name.get_ref().as_ref());
        let Ok(action) = name.parse::<Action>() else {
            let meant = nearest(name, Action::ALL.iter().map(|action| action.name()));
            self.refuse(at, KeymapProblem::UnknownAction { name: name.to_owned(), meant });
            return None;
        };
        let Some(written) = value.get_ref().as_array() else {
            let found = value.get_ref().type_str();
            self.refuse(value.span().start, KeymapProblem::NotKeys { action, found });
            return None;
        };
        let keys = written.iter().filter_map(|key| self.key(table, action, key)).collect();
        Some(Line { table, action, keys })
    }

    fn key(
        &mut self,
        table: Table,
        action: Action,
        written: &Spanned<DeValue<'_>>,
    ) -> Option<(Key, Place)> {
        let at = written.span().start;
        let Some(text) = written.get_ref().as_str() else {
            let found = written.get_ref().type_str();
            self.refuse(at, KeymapProblem::NotKeys { action, found });
            return None;
        };
        match text.parse::<Key>() {
            Err(cause) => self.refuse(at, KeymapProblem::NotAKey { text: text.to_owned(), cause }),
            Ok(key) => match misplaced(table, action, key) {
                Some(problem) => self.refuse(at, problem),
                None => return Some((key, self.place(at))),
            },
        }
        None
    }

    fn refuse(&mut self, at: usize, problem: KeymapProblem) {
        let place = self.place(at);
        self.errors.push(KeymapError { place, problem });
    }

    fn place(&self, at: usize) -> Place {
        Place::of(self.file, self.text, at)
    }
}

/// Why a key cannot have this meaning where text is edited.
fn misplaced(table: Table, action: Action, key: Key) -> Option<KeymapProblem> {
    if !matches!(table, Table::In(Context::Editor | Context::Dialog)) {
        return None;
    }
    if action.steers_sound() && key.edits_text() {
        return Some(KeymapProblem::SoundOnTextKey { key, action, table });
    }
    // Space ticks a box; in a text field of the dialog it is typed all the same.
    let ticks = table == Table::In(Context::Dialog) && action == Action::ToggleField;
    (key.typed().is_some() && !ticks).then_some(KeymapProblem::TypesText { key, action, table })
}
