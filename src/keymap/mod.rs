//! Which key does what: keys as text, the keymap's tables, what a key means where, conflicts, and the rows of help.
//!
//! Default keys exist only in `assets/keymap.toml`. Key presses arrive in our own [`Key`]; turning a terminal's events
//! into them is the runtime's work.

mod error;
mod file;
mod key;
mod label;
mod source;

pub use error::{KeymapError, KeymapProblem, Table};
pub use key::{Key, KeyCode, KeyError};
pub use source::{Place, nearest};

use crate::action::{Action, Group};
use file::Line;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The shipped keymap.
const SHIPPED: &str = include_str!("../../assets/keymap.toml");

/// How messages name it.
const SHIPPED_NAME: &str = "keymap.toml (built in)";

/// What has the focus, and so which table of the keymap comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// The file list.
    List,
    /// The Speech Content box.
    Editor,
    /// A dialog, the palette, the search line: fields, often of text.
    Dialog,
}

impl Context {
    /// Every context.
    pub const ALL: [Context; 3] = [Context::List, Context::Editor, Context::Dialog];

    /// Whether keys that type a character type it.
    pub fn edits_text(self) -> bool {
        matches!(self, Context::Editor | Context::Dialog)
    }
}

/// One line of help: an action and its keys in one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRow {
    /// Under which heading it stands; rows of one group are neighbours.
    pub group: Group,
    /// What the keys do.
    pub action: Action,
    /// The keys, the first one is the one to show where there is room for one.
    pub keys: Vec<Key>,
    /// What it does, in one line.
    pub doc: &'static str,
}

/// Every key's meaning in every context. Made whole or not at all.
#[derive(Debug, Clone)]
pub struct Keymap {
    actions: HashMap<(Context, Key), Action>,
    keys: HashMap<(Context, Action), Vec<Key>>,
}

impl Keymap {
    /// The shipped keymap with the user's file (its path, for messages, and its text) over it.
    ///
    /// # Errors
    /// Everything that is wrong with the user's file, each with its line; then nothing of it is applied.
    pub fn load(user: Option<(&Path, &str)>) -> Result<Self, Vec<KeymapError>> {
        let mut errors = Vec::new();
        let mut bindings = Bindings::default();
        for (file, text) in [(Path::new(SHIPPED_NAME), SHIPPED)].into_iter().chain(user) {
            bindings.put_over(file::lines(file, text, &mut errors));
        }
        errors.extend(bindings.conflicts());
        if errors.is_empty() {
            return Ok(bindings.resolve());
        }
        // One place, one message: not again for each context, nor for what the syntax made of a broken value.
        errors.sort_by(|a, b| a.place.cmp(&b.place));
        errors.dedup_by(|later, first| later.place == first.place);
        Err(errors)
    }

    /// What a key does where the focus is.
    pub fn resolve(&self, context: Context, key: Key) -> Option<Action> {
        let bound = |key| self.actions.get(&(context, key)).copied();
        bound(key).or_else(|| key.fallback().and_then(bound))
    }

    /// The keys of an action where the focus is, the preferred one first; empty where it has none.
    pub fn keys(&self, context: Context, action: Action) -> &[Key] {
        self.keys.get(&(context, action)).map_or(&[], Vec::as_slice)
    }

    /// Every bound action of a context with its keys, group by group.
    pub fn help(&self, context: Context) -> Vec<HelpRow> {
        let row = |action: Action| HelpRow {
            group: action.group(),
            action,
            keys: self.keys(context, action).to_vec(),
            doc: action.doc(),
        };
        Action::ALL.iter().copied().map(row).filter(|row| !row.keys.is_empty()).collect()
    }
}

/// The lines in force: one for each action of each table.
#[derive(Default)]
struct Bindings(BTreeMap<(Table, Action), Line>);

impl Bindings {
    fn put_over(&mut self, lines: Vec<Line>) {
        self.0.extend(lines.into_iter().map(|line| ((line.table, line.action), line)));
    }

    /// Keys that two actions share in one context, each told at the place that is written later.
    fn conflicts(&self) -> Vec<KeymapError> {
        let mut conflicts = Vec::new();
        for context in Context::ALL {
            let mut taken = HashMap::new();
            for binding in self.of(context) {
                let other = *taken.entry(binding.key).or_insert(binding);
                if other.action != binding.action {
                    conflicts.push(conflict(context, binding, other));
                }
            }
        }
        conflicts
    }

    fn resolve(&self) -> Keymap {
        let mut keymap = Keymap { actions: HashMap::new(), keys: HashMap::new() };
        for context in Context::ALL {
            for Binding { key, action, .. } in self.of(context) {
                if keymap.actions.insert((context, key), action).is_none() {
                    keymap.keys.entry((context, action)).or_default().push(key);
                }
            }
        }
        keymap
    }

    /// What holds in a context: its own lines, and the global ones of actions without a line there. A global key
    /// that edits text leaves it to the text.
    fn of(&self, context: Context) -> impl Iterator<Item = Binding<'_>> {
        let own = Table::In(context);
        let holds = move |line: &&Line| {
            let overruled = || self.0.contains_key(&(own, line.action));
            line.table == own || line.table == Table::Global && !overruled()
        };
        self.0.values().filter(holds).flat_map(Binding::all).filter(move |binding| {
            let typed = context.edits_text() && binding.key.edits_text();
            !(binding.table == Table::Global && typed)
        })
    }
}

/// One key of one line.
#[derive(Clone, Copy)]
struct Binding<'a> {
    table: Table,
    key: Key,
    action: Action,
    place: &'a Place,
}

impl<'a> Binding<'a> {
    fn all(line: &'a Line) -> impl Iterator<Item = Self> {
        let Line { table, action, .. } = *line;
        line.keys.iter().map(move |(key, place)| Self { table, key: *key, action, place })
    }

    /// How late it is written; what is shipped comes first.
    fn rank(&self) -> (bool, usize, usize) {
        (self.place.file != Path::new(SHIPPED_NAME), self.place.line, self.place.column)
    }
}

fn conflict(context: Context, one: Binding<'_>, two: Binding<'_>) -> KeymapError {
    let (later, earlier) = if one.rank() < two.rank() { (two, one) } else { (one, two) };
    let problem = KeymapProblem::Conflict {
        key: later.key,
        table: if one.table == two.table { one.table } else { Table::In(context) },
        action: later.action,
        other: earlier.action,
        other_place: earlier.place.clone(),
    };
    KeymapError { place: later.place.clone(), problem }
}

#[cfg(test)]
mod tests;
