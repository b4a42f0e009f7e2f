//! What actions belong together, in the order in which help shows them.

/// A heading of the help overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Setting labels, flags, undo.
    Labeling,
    /// Playback.
    Sound,
    /// Moving through a list.
    Move,
    /// Which samples are meant, and which are listed.
    Selection,
    /// Which tab is shown.
    Tabs,
    /// How the waveform is shown.
    Waveform,
    /// Moving and selecting in a text.
    Cursor,
    /// Changing a text.
    Text,
    /// Fields of a dialog.
    Dialog,
    /// Datasets, data going in and out, the program itself.
    Program,
}

impl Group {
    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Labeling => "Labeling",
            Group::Sound => "Sound",
            Group::Move => "Moving",
            Group::Selection => "Finding and selecting",
            Group::Tabs => "Tabs",
            Group::Waveform => "Waveform",
            Group::Cursor => "Cursor",
            Group::Text => "Text",
            Group::Dialog => "Dialog",
            Group::Program => "Data and program",
        }
    }
}
