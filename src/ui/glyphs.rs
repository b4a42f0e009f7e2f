//! The marks that the screen is drawn with: one table for terminals with Unicode, one for ASCII alone.

use crate::text::Marks;

/// Lines of a border.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    pub across: &'static str,
    pub down: &'static str,
    pub corners: [&'static str; 4],
    /// Where a light line across begins and ends.
    pub tees: [&'static str; 2],
}

/// Every mark by its meaning. All are one cell wide but those that say otherwise.
#[derive(Debug)]
pub(super) struct Glyphs {
    pub ascii: bool,
    /// How hostile characters are spelled.
    pub safe: Marks,
    pub border: Lines,
    /// Of the pane that has the keys: told apart by shape, not by colour alone.
    pub border_focus: Lines,
    pub thumb: &'static str,
    /// May be wider than a cell.
    pub ellipsis: &'static str,
    pub dot: &'static str,
    pub cursor: &'static str,
    pub selected: &'static str,
    pub draft: &'static str,
    pub flag: &'static str,
    /// Two cells wide in Unicode.
    pub conflict: &'static str,
    pub audio_changed: &'static str,
    pub suggestion: &'static str,
    pub pending: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    /// May be wider than a cell.
    pub sound: &'static str,
    /// May be wider than a cell.
    pub sync: &'static str,
    /// May be wider than a cell.
    pub repeat: &'static str,
    pub times: &'static str,
    pub play: &'static str,
    /// May be wider than a cell.
    pub pause: &'static str,
    /// May be wider than a cell.
    pub stop: &'static str,
    pub done: &'static str,
    pub warning: &'static str,
    pub failed: &'static str,
    pub rule: &'static str,
    /// From nothing to a full cell in eight steps.
    pub bars: [&'static str; 9],
    /// The same ahead of the playhead; another shape only where colour cannot be counted on.
    pub bars_ahead: [&'static str; 9],
    pub unknown: &'static str,
    pub playhead: &'static str,
    pub playhead_foot: &'static str,
    pub speech: &'static str,
    pub silence: &'static str,
    pub beyond: &'static str,
    pub loop_line: &'static str,
    pub spinner: &'static [&'static str],
    pub radio: [&'static str; 2],
    pub check: [&'static str; 2],
}

const BLOCKS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

pub(super) static UNICODE: Glyphs = Glyphs {
    ascii: false,
    safe: Marks::Pictures,
    border: Lines {
        across: "─", down: "│", corners: ["┌", "┐", "└", "┘"], tees: ["├", "┤"]
    },
    border_focus: Lines {
        across: "━", down: "┃", corners: ["┏", "┓", "┗", "┛"], tees: ["┠", "┨"]
    },
    thumb: "█",
    ellipsis: "…",
    dot: "·",
    cursor: "▸",
    selected: "●",
    draft: "✎",
    flag: "⚑",
    conflict: "⚡",
    audio_changed: "≠",
    suggestion: "✦",
    pending: "…",
    up: "↑",
    down: "↓",
    sound: "♪",
    sync: "⇅",
    repeat: "⟲",
    times: "×",
    play: "▶",
    pause: "‖",
    stop: "■",
    done: "✓",
    warning: "!",
    failed: "✗",
    rule: "─",
    bars: BLOCKS,
    bars_ahead: BLOCKS,
    unknown: "·",
    playhead: "│",
    playhead_foot: "▲",
    speech: "━",
    silence: "┄",
    beyond: " ",
    loop_line: "┊",
    spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    radio: ["( )", "(•)"],
    check: ["[ ]", "[x]"],
};

pub(super) static ASCII: Glyphs = Glyphs {
    ascii: true,
    safe: Marks::Ascii,
    border: Lines { across: "-", down: "|", corners: ["+", "+", "+", "+"], tees: ["+", "+"] },
    border_focus: Lines { across: "=", down: "|", corners: ["+", "+", "+", "+"], tees: ["+", "+"] },
    thumb: "#",
    ellipsis: "...",
    dot: "-",
    cursor: ">",
    selected: "*",
    draft: "~",
    flag: "^",
    conflict: "!",
    audio_changed: "%",
    suggestion: "?",
    pending: "...",
    up: "^",
    down: "v",
    sound: "sound:",
    sync: "sync",
    repeat: "loop",
    times: "x",
    play: ">",
    pause: "||",
    stop: "[]",
    done: "ok",
    warning: "!",
    failed: "x",
    rule: "-",
    bars: [" ", ".", ".", ":", ":", "#", "#", "#", "#"],
    bars_ahead: [" ", ".", ".", ".", ":", ":", ":", ":", ":"],
    unknown: ".",
    playhead: "|",
    playhead_foot: "^",
    speech: "=",
    silence: "-",
    beyond: " ",
    loop_line: ":",
    spinner: &["|", "/", "-", "\\"],
    radio: ["( )", "(*)"],
    check: ["[ ]", "[x]"],
};

impl Glyphs {
    pub(super) fn of(ascii: bool) -> &'static Self {
        if ascii { &ASCII } else { &UNICODE }
    }

    /// The lines of a border.
    pub(super) fn lines(&self, focused: bool) -> Lines {
        if focused { self.border_focus } else { self.border }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_marks_are_ascii() {
        let listed = format!("{ASCII:?}");
        assert!(listed.is_ascii(), "{listed}");
    }
}
