//! The dialogs of what goes in and out: forms, a choice with what there is to know, a job's progress, versions.

use super::exchange::{AddJob, ImportJob, PublishJob, VersionRow};
use super::form::{FieldId, Form};
use crate::domain::ListenerPlace;
use std::path::PathBuf;

/// How a line of facts is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// What it is about.
    Strong,
    /// As it is.
    Plain,
    /// What matters less.
    Dim,
    /// What went well.
    Good,
    /// Worth a look.
    Warn,
    /// What is wrong.
    Bad,
}

/// One line of what there is to know. It may hold text from outside: it is made safe when it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// How it is meant.
    pub tone: Tone,
    /// The line.
    pub text: String,
}

impl Fact {
    /// A line.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }
}

/// What a form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormPurpose {
    /// Add data: these files.
    Add(Vec<PathBuf>),
    /// Import data.
    Import,
    /// Export.
    Export {
        /// Where it goes was not typed by hand: it follows the format.
        named_by_itself: bool,
    },
    /// Publish.
    Publish {
        /// The next number.
        next: String,
    },
}

/// A form with what there is to know above it.
#[derive(Debug)]
pub struct FormDialog {
    /// What for.
    pub purpose: FormPurpose,
    /// Above the fields.
    pub facts: Vec<Fact>,
    /// The fields.
    pub form: Form,
}

impl FormDialog {
    /// What stands above it.
    pub fn title(&self) -> &'static str {
        match self.purpose {
            FormPurpose::Add(_) => "Add data",
            FormPurpose::Import => "Import data",
            FormPurpose::Export { .. } => "Export",
            FormPurpose::Publish { .. } => "Publish a version",
        }
    }

    /// What going on means.
    pub fn verb(&self) -> &'static str {
        match self.purpose {
            FormPurpose::Add(_) => "add",
            FormPurpose::Import => "preview",
            FormPurpose::Export { .. } => "export",
            FormPurpose::Publish { .. } => "count",
        }
    }
}

/// What a choice is about.
#[derive(Debug, Clone, PartialEq)]
pub enum ChoicePurpose {
    /// The option of a field of the form below.
    Pick(FieldId),
    /// Files whose keys are taken.
    Existing(AddJob),
    /// A previewed import.
    Import(ImportJob),
    /// Counted, ready to be published.
    Publish(PublishJob),
    /// Where sound goes: these listeners, or a player page.
    Hearing(Vec<ListenerPlace>),
}

/// What a row of a choice does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// This option.
    Option(usize),
    /// Go on.
    GoOn,
    /// Go on, leaving out what stands against it.
    LeaveOut,
    /// Go on over what is there, or with what is shown.
    Over,
    /// Back to what was before.
    Back,
}

/// What there is to know, and ways to go on.
#[derive(Debug)]
pub struct ChoiceDialog {
    /// What stands above it.
    pub title: String,
    /// What there is to know.
    pub facts: Vec<Fact>,
    /// Facts scrolled out at the top.
    pub scroll: usize,
    /// The ways, in words.
    pub rows: Vec<(Way, String)>,
    /// The chosen one.
    pub cursor: usize,
    /// What it is about.
    pub purpose: ChoicePurpose,
}

/// The versions of the output.
#[derive(Debug)]
pub struct VersionsDialog {
    /// The newest first.
    pub rows: Vec<VersionRow>,
    /// The chosen one.
    pub cursor: usize,
    /// The one to compare with, instead of the parent.
    pub marked: Option<usize>,
}
