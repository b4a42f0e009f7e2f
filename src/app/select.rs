//! What drawing and the mouse must agree on.

use super::state::State;
use crate::domain::{Peaks, Seconds};

impl State {
    /// The waveform to draw and the length that it stands for. For a moment after another file was opened that is still
    /// the former one: an empty pane in between would go over the line for nothing. While the list is walked with a key
    /// held down it stays.
    pub fn waveform(&self) -> Option<(&Peaks, Seconds)> {
        let open = self.editor.open.as_ref()?;
        match (&open.peaks, &self.editor.former) {
            (Some(peaks), former) if former.as_ref().is_none_or(|former| !former.walking) => {
                Some((peaks.as_ref(), self.audio_seconds()?))
            }
            (_, Some(former)) => Some((former.peaks.as_ref(), former.peaks.seconds)),
            _ => None,
        }
        .filter(|(_, seconds)| *seconds > 0.0)
    }

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
