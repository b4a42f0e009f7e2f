//! Everything a user can do, as one enum: its stable name, what it does in a line, and the word or two of the hint line.
//!
//! The keymap, the hint line, the help overlay, the palette and `earmark keys` are all made from this table. It says
//! nothing of keys (those are `keymap`'s) and nothing of effects (those are `app`'s).

mod group;
mod table;

pub use group::Group;
pub use table::Action;

use std::fmt;
use std::str::FromStr;

/// A name that no action has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no action {0:?}")]
pub struct UnknownAction(pub String);

impl Action {
    /// Whether the palette offers it: whatever makes sense when picked by name, not the motions of cursor and fields.
    pub fn in_palette(self) -> bool {
        let picked_by_name = match self.group() {
            Group::Program
            | Group::Tabs
            | Group::Sound
            | Group::Waveform
            | Group::Selection
            | Group::Labeling => true,
            Group::Move | Group::Cursor | Group::Text | Group::Dialog => false,
        };
        picked_by_name && !matches!(self, Action::Palette | Action::CopyOrQuit | Action::NewLine)
    }

    /// Whether it steers the sound; such actions work while typing and never take a key that edits text.
    pub fn steers_sound(self) -> bool {
        self.group() == Group::Sound
    }
}

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        Action::ALL
            .iter()
            .copied()
            .find(|action| action.name() == name)
            .ok_or_else(|| UnknownAction(name.to_owned()))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
