//! What drawing and the mouse must agree on.

use super::state::State;
use crate::domain::Seconds;

impl State {
    /// The length of the open file by whoever knows it best: the player, the whole waveform, the list, the waveform so
    /// far.
    pub fn audio_seconds(&self) -> Option<Seconds> {
        let open = self.editor.open.as_ref()?;
        let decoded = open.peaks.as_ref();
        self.sound
            .seconds
            .or_else(|| decoded.filter(|peaks| peaks.complete).map(|peaks| peaks.seconds))
            .or(open.row.seconds)
            .or_else(|| decoded.map(|peaks| peaks.seconds))
    }
}
