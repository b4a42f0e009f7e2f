//! Playback commands and events: one language for the local engine and for a listener far away.
//!
//! Times are seconds from the start of the file, whatever the speed. `load` numbers a load: events of another load
//! than the last are stale and dropped by whoever reads them.

use super::{SoundId, Span};
use serde::{Deserialize, Serialize};

/// Seconds from the start of a file, or a length in seconds.
pub type Seconds = f64;

/// What a player is asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Make a file the current one; start at `from`, at once if `play`.
    Load {
        /// The caller's number for this load.
        load: u64,
        /// The file.
        sound: SoundId,
        /// Where to start.
        from: Seconds,
        /// Play at once.
        play: bool,
    },
    /// Decode these ahead, most wanted first; forget others that were fetched ahead.
    Prefetch(Vec<SoundId>),
    /// Play on from here; at the end: from the start. Steps back by the backstep after a pause.
    Play,
    /// Stop here.
    Pause,
    /// Play if paused, pause if playing.
    Toggle,
    /// Play from the start of the file.
    Replay,
    /// Play a stretch once, then pause.
    PlaySpan(Span),
    /// Back to where the last run began (or was paused), at this speed until the present place, then as before.
    Again {
        /// Speed of the repetition.
        rate: f32,
    },
    /// Go there; playing goes on if it was.
    Seek(Seconds),
    /// Go forward or, negative, back; clamped to the file.
    SeekBy(Seconds),
    /// Speed, 0.5 to 3; pitch is kept.
    Rate(f32),
    /// Repeat a stretch, or the whole file where the span covers it; `None` ends it.
    Loop(Option<Span>),
    /// Loudness in decibels.
    Gain(f32),
    /// Jump over stretches without speech.
    SkipSilence(bool),
    /// How far a resume steps back.
    Backstep(Seconds),
    /// Unload the file.
    Stop,
}

/// What a player reports. Every event names the load that it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The file is open; its length if known.
    Ready {
        /// Which load.
        load: u64,
        /// Length of the file.
        seconds: Option<Seconds>,
    },
    /// Sound goes out from here on.
    Started {
        /// Which load.
        load: u64,
        /// Where.
        at: Seconds,
    },
    /// Where the sound is, counted in samples handed to the output; ten times a second while playing.
    Position {
        /// Which load.
        load: u64,
        /// Where.
        at: Seconds,
    },
    /// It stands still here.
    Paused {
        /// Which load.
        load: u64,
        /// Where.
        at: Seconds,
    },
    /// The file (or the span) is over; it stands at `at`.
    Ended {
        /// Which load.
        load: u64,
        /// Where.
        at: Seconds,
    },
    /// The file cannot be played: which container and codec it is, and why not.
    Failed {
        /// Which load.
        load: u64,
        /// The reason in one sentence.
        why: String,
    },
    /// The output ran dry for a moment.
    Underrun {
        /// Which load.
        load: u64,
    },
    /// Where sound goes now.
    Output(Output),
}

/// Where sound goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// A device of this machine, by name.
    Device(String),
    /// `PulseAudio` at another machine.
    Pulse {
        /// Where, as `PULSE_SERVER` says.
        server: String,
        /// What was asked to lie between here and there, in milliseconds.
        buffer_ms: u32,
    },
    /// A listener on somebody's own machine.
    Listener {
        /// That machine.
        host: String,
        /// Who sits there.
        person: String,
    },
    /// A player page in somebody's browser.
    Page {
        /// Which browser.
        browser: String,
    },
    /// Nowhere: transport runs on the clock. Why, and the line that mends it.
    Silent {
        /// Why there is no sound.
        why: String,
        /// What to do.
        hint: String,
    },
}

/// A listener that several people might mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerPlace {
    /// Its name among those that are there.
    pub name: String,
    /// The machine that it plays on.
    pub laptop: String,
    /// Who is logged in there.
    pub login: String,
}

impl Output {
    /// Where it sounds, in a word; nothing where it does not.
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::Device(name) => Some(name),
            Self::Pulse { server, .. } => Some(server),
            Self::Listener { host, .. } => Some(host),
            Self::Page { browser } => Some(browser),
            Self::Silent { .. } => None,
        }
    }
}
