//! The right pane: the open sample with its waveform and its Speech Content.

use super::ahead::ReadAhead;
use super::message::Input;
use super::place::Place;
use crate::domain::{Peaks, RevisionId, Row, SampleDetail, SampleId};
use crate::text::{Buffer, Marks, Wrap};
use std::sync::Arc;
use std::time::Duration;

/// Whether the open sample is ready to be typed into.
#[derive(Debug, Clone, PartialEq)]
pub enum Loading {
    /// Asked for; keys typed meanwhile wait here, in order, and are typed when it is there.
    Waiting(Vec<Input>),
    /// Here.
    Ready,
    /// Could not be read; why.
    Failed(String),
}

/// Where the text in the box stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftMark {
    /// The text is the label, or empty on an unlabeled sample.
    Clean,
    /// Typed, not on disk yet: at most a second old.
    Unsaved,
    /// On disk as a draft.
    Saved,
    /// Could not be saved.
    Failed,
}

/// The sample that is open at the right.
#[derive(Debug)]
pub struct OpenSample {
    /// What the list knew of it.
    pub row: Row,
    /// Everything about it, once read.
    pub detail: Option<SampleDetail>,
    /// Whether it can be typed into.
    pub loading: Loading,
    /// The text in the box.
    pub buffer: Buffer,
    /// The text that counts as unchanged: the label when it was opened.
    pub original: String,
    /// Where the text stands.
    pub draft: DraftMark,
    /// Its waveform, as far as it is decoded.
    pub peaks: Option<Arc<Peaks>>,
    /// Why it cannot be heard.
    pub audio_error: Option<String>,
    /// It is not the one that was listed.
    pub(super) audio_changed: bool,
    /// Somebody else is editing it.
    pub leased_by: Option<String>,
    /// The suggestion was taken into the box: a label from it counts as made from a suggestion.
    pub took_suggestion: bool,
    /// The text was made of those of a conflict: Enter settles it, also where it is one of them.
    pub(super) settling: bool,
    /// It was handed out as the next one: if somebody else works on it, the one after it is as good.
    pub(super) handed_out: bool,
    /// The content heads that the text in the box starts from.
    pub(super) heads: Vec<RevisionId>,
    /// We changed its label since it was read: the heads have yet to come.
    pub(super) heads_due: bool,
    /// The number of the last draft that was sent to be saved.
    pub(super) draft_ticket: u64,
}

impl OpenSample {
    pub(super) fn new(row: Row) -> Self {
        let text = row.content.clone().unwrap_or_default();
        Self {
            detail: None,
            loading: Loading::Waiting(Vec::new()),
            buffer: Buffer::new(&text),
            original: text,
            draft: DraftMark::Clean,
            peaks: None,
            audio_error: None,
            audio_changed: false,
            leased_by: None,
            took_suggestion: false,
            settling: false,
            handed_out: false,
            heads: Vec::new(),
            heads_due: false,
            draft_ticket: 0,
            row,
        }
    }

    /// Whether the text differs from the label.
    pub fn changed(&self) -> bool {
        self.buffer.text() != self.original
    }

    /// Whether something was typed, be it that it still waits for the sample.
    pub(super) fn touched(&self) -> bool {
        self.changed() || matches!(&self.loading, Loading::Waiting(typed) if !typed.is_empty())
    }

    /// Which sample.
    pub fn id(&self) -> SampleId {
        self.row.id
    }

    /// Whether there is a suggestion to take.
    pub fn has_suggestion(&self) -> bool {
        self.detail.as_ref().is_some_and(|detail| detail.suggestion.is_some())
    }

    /// Whether something is shown below the text: a suggestion, or the other texts of a conflict.
    pub fn has_aside(&self) -> bool {
        self.detail
            .as_ref()
            .is_some_and(|detail| detail.suggestion.is_some() || !detail.rivals.is_empty())
    }

    /// Whether it can be typed into now.
    pub fn ready(&self) -> bool {
        self.loading == Loading::Ready
    }
}

/// A waveform that stays where it is for a moment after another sample was opened.
#[derive(Debug)]
pub(super) struct Former {
    pub peaks: Arc<Peaks>,
    pub until: Duration,
    /// The list is being walked with a key held down: it stays though its sample's own is there, since nobody looks at
    /// what flies by and each one is most of what goes over the line.
    pub walking: bool,
}

/// The editor pane.
#[derive(Debug, Default)]
pub struct EditorPane {
    /// The open sample.
    pub open: Option<OpenSample>,
    /// The text that was cut or copied last.
    pub clipboard: String,
    /// Text rows scrolled out at the top.
    pub scroll: usize,
    wrap: Option<Wrap>,
    pub(super) ahead: ReadAhead,
    /// The waveform of a sample that was open before, while it stands in for another.
    pub(super) former: Option<Former>,
    /// When the open sample was opened.
    pub(super) opened_at: Option<Duration>,
    /// The column that up and down aim for.
    pub(super) goal_column: Option<usize>,
    pub(super) draft_due: Option<Duration>,
    /// What is typed while *next* waits for more of the list: it is meant for the file that comes.
    pub(super) typed_ahead: Vec<Input>,
    pub(super) lease_due: Option<Duration>,
    /// When playing goes on after a pause in typing.
    pub(super) resume_due: Option<Duration>,
    /// What coming back restores once the sample is there.
    pub(super) restore: Option<Place>,
}

impl EditorPane {
    /// The text in the box as rows of cells, as wide as the box is.
    pub fn wrapped(&self) -> Option<&Wrap> {
        self.open.as_ref().and(self.wrap.as_ref())
    }

    /// Brings the rows up to date: only what an edit touched is wrapped anew.
    pub(super) fn rewrap(&mut self, width: usize, marks: Marks) {
        let Some(open) = &self.open else { return };
        let width = width.max(1);
        match &mut self.wrap {
            Some(wrap) => wrap.update(open.buffer.text(), width),
            None => self.wrap = Some(Wrap::with_marks(open.buffer.text(), width, marks)),
        }
    }
}
