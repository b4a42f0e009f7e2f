//! The parts of the screen that have a look of their own.

use serde::Deserialize;

/// Makes the enum and its list from one table.
macro_rules! roles {
    ($($role:ident: $doc:literal;)+) => {
        /// A part of the screen that has its own look. Files name it in kebab-case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Role {
            $(#[doc = $doc] $role,)+
        }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Role] = &[$(Role::$role,)+];
        }
    };
}

roles! {
    Text: "Plain text.";
    Dim: "What matters less.";
    Accent: "What matters more.";
    Border: "Frames of panes.";
    BorderFocus: "The frame of the pane that has the focus.";
    Title: "Titles in frames.";
    TabActive: "The tab that is shown.";
    Tab: "The other tabs.";
    Status: "The status line.";
    Key: "Keys in hints and help.";
    Hint: "What a hint's key does.";
    Selection: "Selected text and selected rows.";
    CursorRow: "The row under the cursor.";
    CursorRowIdle: "The row under the cursor while another pane has the focus.";
    Match: "What a search found.";
    WavePlayed: "Waveform that was played.";
    WaveAhead: "Waveform that is to come.";
    WaveSilence: "Waveform without speech.";
    Playhead: "Where the sound is.";
    Loop: "The looped stretch.";
    Flag: "Flags and their marks.";
    Draft: "The mark of a draft.";
    Suggestion: "A machine's proposal.";
    Hostile: "Characters that are made visible.";
    Good: "What went well.";
    Warn: "What needs attention.";
    Error: "What failed.";
    Added: "Text that was added.";
    Removed: "Text that was removed.";
    Dialog: "The ground of dialogs.";
    DialogTitle: "The title of a dialog.";
    Field: "A field of a dialog.";
    FieldFocus: "The field that has the focus.";
}
