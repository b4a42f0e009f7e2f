//! The player as the screen knows it: the transport, and the settings that keys change.

use crate::config::Playback;
use crate::domain::{ListenerPlace, Output, SampleId, Seconds, Span};

/// What the player is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// No file.
    #[default]
    Empty,
    /// Asked for, not here yet.
    Loading,
    /// Standing.
    Paused,
    /// Sounding.
    Playing,
    /// At the end.
    Ended,
    /// Cannot be played.
    Failed,
}

/// How a player page is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayerPage {
    /// Opens it, once.
    pub link: String,
    /// What leads there from another machine, to be typed there; nothing where the browser is on this one.
    pub tunnel: Option<String>,
}

/// The player pane.
#[derive(Debug, Clone)]
pub struct SoundPane {
    /// What it is doing.
    pub transport: Transport,
    /// Where it stands, in seconds from the start of the file.
    pub at: Seconds,
    /// Length of the file, when known.
    pub seconds: Option<Seconds>,
    /// Speed.
    pub rate: f32,
    /// Loudness in decibels.
    pub volume_db: f32,
    /// The stretch that repeats.
    pub looped: Option<Span>,
    /// The start of a stretch that is being marked.
    pub mark: Option<Seconds>,
    /// Jump over silence.
    pub skip_silence: bool,
    /// Stop while typing.
    pub stop_while_typing: bool,
    /// Play the next file by itself.
    pub autoplay: bool,
    /// Where sound goes.
    pub output: Option<Output>,
    /// The laptops that listen, where it is not clear which one is meant.
    pub listeners: Vec<ListenerPlace>,
    /// The player page, once it is open.
    pub page: Option<PlayerPage>,
    /// Seconds of the file that the waveform shows; `None` is all of it (or, of a long one, a phrase).
    pub zoom: Option<Seconds>,
    pub(super) load: u64,
    pub(super) sample: Option<SampleId>,
    /// Stopped because of typing, to go on by itself.
    pub(super) held_by_typing: bool,
}

impl SoundPane {
    pub(super) fn new(settings: &Playback) -> Self {
        Self {
            transport: Transport::Empty,
            at: 0.0,
            seconds: None,
            rate: settings.rate,
            volume_db: settings.volume_db,
            looped: None,
            mark: None,
            skip_silence: settings.skip_silence,
            stop_while_typing: settings.stop_while_typing,
            autoplay: settings.autoplay,
            output: None,
            listeners: Vec::new(),
            page: None,
            zoom: None,
            load: 0,
            sample: None,
            held_by_typing: false,
        }
    }

    /// The stretch of the file that the waveform shows, for a file of this length.
    pub fn shown_span(&self, seconds: Seconds) -> Span {
        /// A longer file is shown by the phrase around the playhead.
        const WHOLE: Seconds = 60.0;
        const PHRASE: Seconds = 20.0;
        let width =
            self.zoom.unwrap_or(if seconds <= WHOLE { seconds } else { PHRASE }).min(seconds);
        if width <= 0.0 || width >= seconds {
            return Span { start: 0.0, end: seconds.max(0.0) };
        }
        let page = (self.at.min(seconds) / width).floor();
        let start = (page * width).min(seconds - width).max(0.0);
        Span { start, end: start + width }
    }
}
