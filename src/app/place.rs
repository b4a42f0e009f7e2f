//! Where a person left off: what coming back restores.

use crate::domain::{Order, Seconds, View};
use serde::{Deserialize, Serialize};

/// File, cursor, playhead, tab, filter, order and speed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The tab.
    pub view: View,
    /// The row of the open sample in this workspace.
    pub sample: Option<i64>,
    /// Whether the cursor was in the box.
    pub editing: bool,
    /// The cursor in the text, in bytes.
    pub cursor: usize,
    /// The playhead.
    pub at: Seconds,
    /// The filter, as typed.
    pub filter: String,
    /// The order.
    pub order: Order,
    /// The speed.
    pub rate: f32,
    /// Loudness in decibels.
    pub volume_db: f32,
    /// Jump over silence.
    pub skip_silence: bool,
    /// Stop while typing.
    pub stop_while_typing: bool,
    /// Play the next file by itself.
    pub autoplay: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            view: View::Unlabeled,
            sample: None,
            editing: false,
            cursor: 0,
            at: 0.0,
            filter: String::new(),
            order: Order::default(),
            rate: 1.0,
            volume_db: 0.0,
            skip_silence: false,
            stop_while_typing: false,
            autoplay: true,
        }
    }
}
