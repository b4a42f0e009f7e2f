//! The table itself: one line an action, in the order of help and palette.

use super::Group;

/// Makes the enum and its look-ups from one table, so that an action cannot lack a name or a line of help.
macro_rules! actions {
    ($($group:ident { $($variant:ident: $name:literal, $short:literal, $doc:literal;)+ })+) => {
        /// One thing a user can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[doc = $doc] $variant,)+)+
        }

        impl Action {
            /// Every action, group by group.
            pub const ALL: &'static [Action] = &[$($(Action::$variant,)+)+];

            /// The stable name in the keymap and on the command line, in kebab-case.
            pub const fn name(self) -> &'static str {
                match self { $($(Action::$variant => $name,)+)+ }
            }

            /// What it does, in one line without a full stop.
            pub const fn doc(self) -> &'static str {
                match self { $($(Action::$variant => $doc,)+)+ }
            }

            /// A word or two for the hint line.
            pub const fn short(self) -> &'static str {
                match self { $($(Action::$variant => $short,)+)+ }
            }

            /// Under which heading help shows it.
            pub const fn group(self) -> Group {
                match self { $($(Action::$variant => Group::$group,)+)+ }
            }
        }
    };
}

actions! {
    Labeling {
        Edit: "edit", "edit", "Put the cursor into Speech Content and play";
        LabelAndNext: "label-and-next", "label & next", "Label the sample with the text, go to the next one and play";
        NextKeepDraft: "next-keep-draft", "next", "Go to the next sample without labeling; the draft is kept";
        PreviousKeepDraft: "previous-keep-draft", "previous", "Go to the previous sample without labeling; the draft is kept";
        AcceptSuggestion: "accept-suggestion", "accept suggestion", "Label the sample with the suggestion and go to the next one";
        TakeSuggestion: "take-suggestion", "take suggestion", "Put the suggestion into the box, to be corrected; compare the texts of a conflict";
        FlagMenu: "flag-menu", "flag", "Set or clear a flag: no speech, bad audio, other language, several speakers, unsure";
        Batch: "batch", "batch", "Do one thing to all selected samples: label, accept suggestions, flag, remove, settle";
        Unlabel: "unlabel", "remove label", "Remove the label; the sample goes back to Unlabeled";
        Delete: "delete", "delete", "Delete the file from the dataset, after asking";
        Restore: "restore", "restore", "Bring a deleted sample back from the trash";
        Undo: "undo", "undo", "Take the last labeling action back";
        Redo: "redo", "redo", "Do the labeling action again that was taken back";
        History: "history", "history", "Show every revision of the sample, to compare and restore";
        ToList: "to-list", "list", "Leave the box for the list; the draft is kept";
    }
    Sound {
        PlayPause: "play-pause", "play/pause", "Play, or pause";
        Replay: "replay", "replay", "Play from the start of the file";
        AgainSlower: "again-slower", "again, slower", "Hear the last stretch again, slower, then go on as before";
        BackSmall: "back-small", "back", "Go back a little";
        ForwardSmall: "forward-small", "forward", "Go forward a little";
        BackLarge: "back-large", "far back", "Go back a good stretch";
        ForwardLarge: "forward-large", "far forward", "Go forward a good stretch";
        Slower: "slower", "slower", "Play slower; the pitch stays";
        NormalSpeed: "normal-speed", "normal speed", "Play at normal speed";
        Faster: "faster", "faster", "Play faster; the pitch stays";
        LoopToggle: "loop-toggle", "loop", "Repeat the marked stretch, or the file; again to stop repeating";
        LoopMark: "loop-mark", "mark loop", "Mark where the loop begins, then where it ends";
        VolumeDown: "volume-down", "softer", "Turn the volume down";
        VolumeUp: "volume-up", "louder", "Turn the volume up";
        SkipSilenceToggle: "skip-silence-toggle", "skip silence", "Jump over stretches without speech, or not";
        StopWhileTypingToggle: "stop-while-typing-toggle", "stop while typing", "Pause the sound while keys are typed, or not";
        SoundOutput: "sound-output", "sound", "Say where sound goes: whose laptop, or a player page in a browser";
        AutoplayToggle: "autoplay-toggle", "autoplay", "Play each sample that is gone to, or not";
    }
    Move {
        Up: "up", "up", "Go one row up";
        Down: "down", "down", "Go one row down";
        PageUp: "page-up", "page up", "Go one page up";
        PageDown: "page-down", "page down", "Go one page down";
        First: "first", "first", "Go to the first row";
        Last: "last", "last", "Go to the last row";
    }
    Selection {
        Select: "select", "select", "Select the sample, or deselect it";
        SelectRange: "select-range", "range", "Select from here on, up to the row that is gone to";
        SelectAll: "select-all", "select all", "Select every sample that matches the filter";
        ClearSelection: "clear-selection", "clear selection", "Select nothing";
        Search: "search", "search", "Search by name and content as you type";
        Filter: "filter", "filter", "List only some: by name, content, person, flag, duration";
        OrderMenu: "order-menu", "order", "Order the list: by name, time, duration, labeled time, characters per second";
    }
    Tabs {
        TabUnlabeled: "tab-unlabeled", "unlabeled", "Show the samples without a label";
        TabToConfirm: "tab-to-confirm", "to confirm", "Show suggestions, conflicts and changed audio";
        TabLabeled: "tab-labeled", "labeled", "Show the labeled samples";
        TabTrash: "tab-trash", "trash", "Show the deleted samples";
    }
    Waveform {
        ZoomIn: "zoom-in", "zoom in", "Show a shorter stretch of the waveform, larger";
        ZoomOut: "zoom-out", "zoom out", "Show a longer stretch of the waveform";
    }
    Cursor {
        CursorLeft: "cursor-left", "left", "Move one character to the left";
        CursorRight: "cursor-right", "right", "Move one character to the right";
        CursorUp: "cursor-up", "up", "Move one line up";
        CursorDown: "cursor-down", "down", "Move one line down";
        WordLeft: "word-left", "word left", "Move to the start of the word";
        WordRight: "word-right", "word right", "Move to the end of the word";
        LineStart: "line-start", "line start", "Move to the start of the line";
        LineEnd: "line-end", "line end", "Move to the end of the line";
        TextStart: "text-start", "text start", "Move to the start of the text";
        TextEnd: "text-end", "text end", "Move to the end of the text";
        SelectLeft: "select-left", "select left", "Select one character to the left";
        SelectRight: "select-right", "select right", "Select one character to the right";
        SelectUp: "select-up", "select up", "Select one line up";
        SelectDown: "select-down", "select down", "Select one line down";
        SelectWordLeft: "select-word-left", "select word left", "Select to the start of the word";
        SelectWordRight: "select-word-right", "select word right", "Select to the end of the word";
        SelectLineStart: "select-line-start", "select to line start", "Select to the start of the line";
        SelectLineEnd: "select-line-end", "select to line end", "Select to the end of the line";
        SelectTextStart: "select-text-start", "select to start", "Select to the start of the text";
        SelectTextEnd: "select-text-end", "select to end", "Select to the end of the text";
        SelectAllText: "select-all-text", "select all text", "Select the whole text";
    }
    Text {
        NewLine: "new-line", "new line", "Begin a new line in the text";
        TextUndo: "text-undo", "undo", "Take the last change of the text back";
        TextRedo: "text-redo", "redo", "Make the change of the text again that was taken back";
        DeleteBack: "delete-back", "delete back", "Delete the character before the cursor";
        DeleteForward: "delete-forward", "delete", "Delete the character after the cursor";
        DeleteWordBack: "delete-word-back", "delete word back", "Delete to the start of the word";
        DeleteWordForward: "delete-word-forward", "delete word", "Delete to the end of the word";
        DeleteToLineStart: "delete-to-line-start", "delete to line start", "Delete to the start of the line";
        DeleteToLineEnd: "delete-to-line-end", "delete to line end", "Delete to the end of the line";
        Cut: "cut", "cut", "Cut the selected text";
        Paste: "paste", "paste", "Paste what was cut or copied last";
    }
    Dialog {
        Confirm: "confirm", "confirm", "Do what the dialog offers";
        Cancel: "cancel", "cancel", "Close the dialog and change nothing";
        NextField: "next-field", "next field", "Go to the next field";
        PreviousField: "previous-field", "previous field", "Go to the previous field";
        ToggleField: "toggle-field", "tick", "Tick or untick the field";
    }
    Program {
        Datasets: "datasets", "datasets", "Show the datasets opened before, to open, rename or forget";
        Sync: "sync", "sync", "Synchronize New Data: bring the list up to date with the source";
        AddData: "add-data", "add", "Copy audio files into the dataset";
        ImportData: "import-data", "import", "Take labels in from a file or from texts beside the audio";
        ExportData: "export-data", "export", "Write labels out to a file";
        Publish: "publish", "publish", "Publish a version: an unchangeable snapshot in the output";
        Versions: "versions", "versions", "Show the versions that were published, and how two of them differ";
        Help: "help", "help", "Show every key that works here";
        Palette: "palette", "palette", "Pick what to do by name";
        CopyOrQuit: "copy-or-quit", "copy", "Copy the selection; without one, offer to quit";
        Redraw: "redraw", "redraw", "Draw the whole screen anew";
        Suspend: "suspend", "suspend", "Go back to the shell; fg returns";
        Quit: "quit", "quit", "Quit; everything is saved";
    }
}
