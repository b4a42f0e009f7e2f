//! What keys and pedals of this machine do, without asking the server.

use crate::domain::{Command, Seconds};

/// How far one goes back or forward.
const STEP: Seconds = 2.0;
/// How much faster or slower one key makes it.
const RATE_STEP: f32 = 0.1;
/// Speed of *again, slower*.
const AGAIN_RATE: f32 = 0.75;

/// What a key, or a pedal, asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Play if paused, pause if playing.
    Toggle,
    /// Two seconds back.
    Back,
    /// Two seconds forward.
    Forward,
    /// Again from where it began to play, slower.
    Again,
    /// A tenth slower.
    Slower,
    /// A tenth faster.
    Faster,
}

impl Key {
    /// The command, at the speed that plays.
    pub(super) fn command(self, rate: f32) -> Command {
        match self {
            Self::Toggle => Command::Toggle,
            Self::Back => Command::SeekBy(-STEP),
            Self::Forward => Command::SeekBy(STEP),
            Self::Again => Command::Again { rate: AGAIN_RATE },
            Self::Slower => Command::Rate((rate - RATE_STEP).clamp(0.5, 3.0)),
            Self::Faster => Command::Rate((rate + RATE_STEP).clamp(0.5, 3.0)),
        }
    }
}
