//! Forms: what a dialog asks for, field by field. One piece for all of them, so that every form has the same keys.

use crate::text::Buffer;

/// Which field, told apart within its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldId {
    /// Where labels are read from.
    From,
    /// The small file browser.
    Browse,
    /// In which format.
    Format,
    /// What imported texts become.
    Become,
    /// Over what people said.
    Replace,
    /// Lines that cannot be used are left out.
    SkipBad,
    /// Where an export goes.
    To,
    /// Which samples.
    Which,
    /// Only samples that have a label.
    LabeledOnly,
    /// What becomes of samples in conflict.
    Conflicts,
    /// Over files that are there.
    Overwrite,
    /// The name of a version.
    Version,
    /// What is said about a version.
    Description,
    /// The share for training.
    Split,
    /// What a split keeps together.
    SplitBy,
    /// The list of versions.
    Versions,
    /// A folder of the source.
    Folder,
}

/// What a field takes.
#[derive(Debug)]
pub enum FieldKind {
    /// A line of text.
    Text(Buffer),
    /// One of several.
    Choice {
        /// All of them, as they are shown.
        options: Vec<String>,
        /// Which one.
        chosen: usize,
    },
    /// Yes or no.
    Tick(bool),
    /// Leads somewhere else.
    Button,
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// Which.
    pub id: FieldId,
    /// What it is called.
    pub label: &'static str,
    /// What it takes.
    pub kind: FieldKind,
    /// A few words behind it; in a text, while it is empty.
    pub note: String,
}

impl Field {
    /// A line of text, with what is meant while it is empty.
    pub fn text(id: FieldId, label: &'static str, text: &str, note: impl Into<String>) -> Self {
        Self { id, label, kind: FieldKind::Text(Buffer::new(text)), note: note.into() }
    }

    /// One of several; the first unless told otherwise.
    pub fn choice(id: FieldId, label: &'static str, options: Vec<String>, chosen: usize) -> Self {
        Self { id, label, kind: FieldKind::Choice { options, chosen }, note: String::new() }
    }

    /// Yes or no.
    pub fn tick(id: FieldId, label: &'static str, on: bool, note: impl Into<String>) -> Self {
        Self { id, label, kind: FieldKind::Tick(on), note: note.into() }
    }

    /// Leads somewhere else.
    pub fn button(id: FieldId, label: &'static str, note: impl Into<String>) -> Self {
        Self { id, label, kind: FieldKind::Button, note: note.into() }
    }
}

/// Fields, and which of them has the keys.
#[derive(Debug, Default)]
pub struct Form {
    /// From the top.
    pub fields: Vec<Field>,
    /// The one that has the keys.
    pub cursor: usize,
    /// What is wrong with what was given.
    pub error: Option<String>,
}

impl Form {
    /// A form that starts at its first field.
    pub fn new(fields: Vec<Field>) -> Self {
        Self { fields, cursor: 0, error: None }
    }

    /// The field that has the keys.
    pub fn current(&self) -> Option<&Field> {
        self.fields.get(self.cursor)
    }

    fn field(&self, id: FieldId) -> Option<&FieldKind> {
        self.fields.iter().find(|field| field.id == id).map(|field| &field.kind)
    }

    /// What was typed, without blanks at its ends; empty where there is no such field.
    pub fn typed(&self, id: FieldId) -> &str {
        match self.field(id) {
            Some(FieldKind::Text(line)) => line.text().trim(),
            _ => "",
        }
    }

    /// Which option is chosen; the first where there is no such field.
    pub fn chosen(&self, id: FieldId) -> usize {
        match self.field(id) {
            Some(FieldKind::Choice { chosen, .. }) => *chosen,
            _ => 0,
        }
    }

    /// Whether it is ticked.
    pub fn ticked(&self, id: FieldId) -> bool {
        matches!(self.field(id), Some(FieldKind::Tick(true)))
    }

    /// Puts a text into a field.
    pub fn set_text(&mut self, id: FieldId, text: &str) {
        let field = self.fields.iter_mut().find(|field| field.id == id);
        if let Some(FieldKind::Text(line)) = field.map(|field| &mut field.kind) {
            *line = Buffer::new(text);
            line.set_cursor(text.len());
        }
    }

    /// The line that typing goes to, if the field that has the keys is one.
    pub fn line(&mut self) -> Option<&mut Buffer> {
        match &mut self.fields.get_mut(self.cursor)?.kind {
            FieldKind::Text(line) => Some(line),
            _ => None,
        }
    }

    /// Gives the keys to another field, around the ends.
    pub fn go(&mut self, by: i64) {
        let count = self.fields.len().max(1) as i64;
        self.cursor = (self.cursor as i64 + by.signum()).rem_euclid(count) as usize;
    }

    /// Gives the keys to this field.
    pub fn go_to(&mut self, id: FieldId) {
        if let Some(place) = self.fields.iter().position(|field| field.id == id) {
            self.cursor = place;
        }
    }

    /// Ticks, or takes the next option. False: the field is neither.
    pub fn turn(&mut self, by: i64) -> bool {
        self.error = None;
        match self.fields.get_mut(self.cursor).map(|field| &mut field.kind) {
            Some(FieldKind::Tick(on)) => *on = !*on,
            Some(FieldKind::Choice { options, chosen }) => {
                let count = options.len().max(1) as i64;
                *chosen = (*chosen as i64 + by.signum()).rem_euclid(count) as usize;
            }
            _ => return false,
        }
        true
    }

    /// A letter on a choice: the next option that starts with it.
    pub fn letter(&mut self, typed: char) {
        let Some(FieldKind::Choice { options, chosen }) =
            self.fields.get_mut(self.cursor).map(|field| &mut field.kind)
        else {
            return;
        };
        let starts = |option: &String| {
            let first = option.chars().next();
            first.is_some_and(|first| first.to_lowercase().eq(typed.to_lowercase()))
        };
        let count = options.len();
        let next = (1..=count).map(|step| (*chosen + step) % count.max(1));
        if let Some(found) = next.into_iter().find(|index| starts(&options[*index])) {
            *chosen = found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form::new(vec![
            Field::text(FieldId::From, "From", "a", ""),
            Field::choice(
                FieldId::Format,
                "Format",
                ["auto", "csv", "jsonl", "csv-2"].map(str::to_owned).to_vec(),
                0,
            ),
            Field::tick(FieldId::Replace, "Replace", false, ""),
            Field::button(FieldId::Browse, "Browse", ""),
        ])
    }

    #[test]
    fn fields_are_gone_through_in_a_circle() {
        let mut form = form();
        form.go(-1);
        assert_eq!(form.current().map(|field| field.id), Some(FieldId::Browse));
        assert!(!form.turn(1));
        form.go(1);
        assert!(form.line().is_some());
    }

    #[test]
    fn choices_are_turned_and_found_by_letter() {
        let mut form = form();
        form.go_to(FieldId::Format);
        form.turn(-1);
        assert_eq!(form.chosen(FieldId::Format), 3);
        form.letter('C');
        assert_eq!(form.chosen(FieldId::Format), 1);
        form.letter('c');
        assert_eq!(form.chosen(FieldId::Format), 3);
        form.letter('z');
        assert_eq!(form.chosen(FieldId::Format), 3);
        form.go(1);
        form.turn(1);
        assert!(form.ticked(FieldId::Replace) && !form.ticked(FieldId::Format));
    }
}
