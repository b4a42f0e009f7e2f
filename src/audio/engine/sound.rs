//! One open sound: a thread that decodes it, and the window of samples that is kept of it.
//!
//! Samples are kept in pieces of a quarter of a second. The thread decodes where the player aims, a few seconds ahead,
//! and forgets what is farthest away when the window is full; short files stay whole.

mod worker;

use super::Sounds;
use crate::domain::{MediaInfo, Seconds, SoundId, Span};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::{io, thread};
use worker::Worker;

/// Pieces a second.
const PIECES_PER_SECOND: u32 = 4;

/// A shorter silence is not worth a jump, in seconds.
const WORTH_A_JUMP: Seconds = 0.25;
/// Speech may still turn out to have begun so long before the place up to which was listened, in seconds.
const UNHEARD: Seconds = 0.3;
/// Stretches that were listened to, kept of one file.
const STRETCHES: usize = 64;

/// Called by the decoding thread whenever something new is known.
pub(super) type Wake = Arc<dyn Fn() + Send + Sync>;

/// What is known of a sound once it is open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opened {
    /// What the file is.
    pub(super) info: MediaInfo,
    /// Channels as kept: one or two. More are mixed into one.
    pub(super) channels: usize,
    /// Frames a second.
    pub(super) rate: u32,
}

/// How far opening has come.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Phase {
    /// Not open yet.
    Opening,
    /// Open.
    Open(Arc<Opened>),
    /// It cannot be played; why, in one sentence.
    Failed(String),
}

/// Where samples are wanted, as frames of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Aim {
    /// The place that plays or will play next.
    pub(super) at: u64,
    /// Where it may jump to from there: the start of a loop.
    pub(super) also: Option<u64>,
}

/// How much is decoded ahead and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Appetite {
    /// Seconds decoded from the aim on.
    pub(super) ahead_seconds: u32,
    /// Bytes of samples kept.
    pub(super) bytes: usize,
    /// Whether to listen for speech, which costs more than decoding.
    pub(super) speech: bool,
}

/// A sound that is being decoded. Dropping it ends its thread.
pub(super) struct Sound {
    id: SoundId,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    wake: Wake,
}

struct State {
    phase: Phase,
    pieces: BTreeMap<u64, Arc<Piece>>,
    aim: Aim,
    appetite: Appetite,
    /// Where was listened for speech.
    heard: Vec<Heard>,
    /// The number of frames in all, once the end was reached.
    end: Option<u64>,
    closed: bool,
}

/// A quarter of a second of samples.
struct Piece {
    samples: Vec<f32>,
}

/// A stretch that was listened to without a break, in seconds from the start of the file.
struct Heard {
    from: Seconds,
    to: Seconds,
    speech: Vec<Span>,
}

impl Sound {
    /// Opens a sound on a thread of its own.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn open(
        id: SoundId,
        sounds: Arc<dyn Sounds>,
        appetite: Appetite,
        wake: Wake,
    ) -> io::Result<Self> {
        let state = State {
            phase: Phase::Opening,
            pieces: BTreeMap::new(),
            aim: Aim::default(),
            appetite,
            heard: Vec::new(),
            end: None,
            closed: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), wake });
        let worker = Worker::new(shared.clone());
        let opened = id.clone();
        thread::Builder::new()
            .name("decode".to_owned())
            .spawn(move || worker.run(&opened, sounds.as_ref()))?;
        Ok(Self { id, shared })
    }

    /// Its id.
    pub(super) fn id(&self) -> &SoundId {
        &self.id
    }

    /// How far opening has come.
    pub(super) fn phase(&self) -> Phase {
        self.shared.lock().phase.clone()
    }

    /// What is known of it, if it is open.
    pub(super) fn opened(&self) -> Option<Arc<Opened>> {
        match self.phase() {
            Phase::Open(opened) => Some(opened),
            Phase::Opening | Phase::Failed(_) => None,
        }
    }

    /// Its length in frames: as decoded, else as the file states it.
    pub(super) fn frames(&self) -> Option<u64> {
        let state = self.shared.lock();
        state.end.or(match &state.phase {
            Phase::Open(opened) => opened.info.frames,
            Phase::Opening | Phase::Failed(_) => None,
        })
    }

    /// Its length in frames as decoded, once the end was reached.
    pub(super) fn end(&self) -> Option<u64> {
        self.shared.lock().end
    }

    /// Whether the thread has nothing to do until the aim moves.
    pub(super) fn is_settled(&self) -> bool {
        let state = self.shared.lock();
        match &state.phase {
            Phase::Opening => false,
            Phase::Open(opened) => state.missing(opened).is_none(),
            Phase::Failed(_) => true,
        }
    }

    /// Says where samples are wanted.
    pub(super) fn aim(&self, aim: Aim) {
        let mut state = self.shared.lock();
        let Phase::Open(opened) = &state.phase else {
            state.aim = aim;
            return;
        };
        let piece = |frame: u64| frame / opened.piece_frames();
        let moved = piece(state.aim.at) != piece(aim.at) || state.aim.also != aim.also;
        state.aim = aim;
        if moved {
            self.shared.changed.notify_one();
        }
    }

    /// Says how much is wanted; what is too much is forgotten at once, and what was not listened to is decoded anew if it
    /// has to be.
    pub(super) fn want(&self, appetite: Appetite) {
        let mut state = self.shared.lock();
        if state.appetite != appetite {
            if appetite.speech && !state.appetite.speech {
                state.pieces.clear();
            }
            state.appetite = appetite;
            if let Phase::Open(opened) = state.phase.clone() {
                state.forget(&opened);
            }
            self.shared.changed.notify_one();
        }
    }

    /// The end of the silence that `at` stands in, as far as it is known and if it is worth a jump. A file in which
    /// nobody was heard at all is no silence: the detector may be wrong.
    pub(super) fn silence_until(&self, at: u64) -> Option<u64> {
        let state = self.shared.lock();
        let Phase::Open(opened) = &state.phase else { return None };
        let rate = f64::from(opened.rate);
        let here = at as f64 / rate;
        let heard = state.heard.iter().find(|heard| (heard.from..heard.to).contains(&here))?;
        let next = heard.speech.iter().find(|span| span.end > here);
        let to = match next {
            Some(span) => span.start,
            None if heard.speech.is_empty() => return None,
            None => match state.end.map(|end| end as f64 / rate) {
                Some(end) if heard.to > end - UNHEARD => end,
                _ => heard.to - UNHEARD,
            },
        };
        (to - here > WORTH_A_JUMP).then_some((to * rate) as u64)
    }

    /// Appends up to `frames` frames from `at` on to `out`; gives how many were there.
    pub(super) fn read(&self, at: u64, frames: usize, out: &mut Vec<f32>) -> usize {
        let state = self.shared.lock();
        let Phase::Open(opened) = &state.phase else { return 0 };
        let (length, channels) = (opened.piece_frames(), opened.channels);
        let mut done = 0;
        while done < frames {
            let at = at + done as u64;
            let Some(piece) = state.pieces.get(&(at / length)) else { break };
            let from = (at % length) as usize * channels;
            let rest = piece.samples.get(from..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let count = rest.len().min((frames - done) * channels);
            out.extend_from_slice(&rest[..count]);
            done += count / channels;
        }
        done
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_one();
    }
}

impl Opened {
    fn piece_frames(&self) -> u64 {
        u64::from((self.rate / PIECES_PER_SECOND).max(1))
    }
}

impl Shared {
    /// The state is sound after every step, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The first piece that is wanted and not there.
    fn missing(&self, opened: &Opened) -> Option<u64> {
        let length = opened.piece_frames();
        let budget = self.budget(opened);
        let ahead = (u64::from(self.appetite.ahead_seconds * PIECES_PER_SECOND) + 1).min(budget);
        let jump = self.aim.also.map(|also| also / length..also / length + ahead.min(budget / 4));
        let (at, end) =
            (self.aim.at / length, self.end.map_or(u64::MAX, |end| end.div_ceil(length)));
        (at..at + ahead)
            .chain(jump.into_iter().flatten())
            .find(|piece| *piece < end && !self.pieces.contains_key(piece))
    }

    /// Pieces that may be kept; always enough to play on.
    fn budget(&self, opened: &Opened) -> u64 {
        let piece = opened.piece_frames() as usize * opened.channels * size_of::<f32>();
        ((self.appetite.bytes / piece.max(1)) as u64).max(u64::from(2 * PIECES_PER_SECOND))
    }

    /// Notes what was heard; a stretch that begins where another did has grown.
    fn hear(&mut self, heard: Heard) {
        self.heard.retain(|known| known.from < heard.from || known.to > heard.to);
        if self.heard.len() == STRETCHES {
            self.heard.remove(0);
        }
        self.heard.push(heard);
    }

    /// Forgets the pieces farthest from where it plays. What lies behind counts double: one goes on more than back.
    fn forget(&mut self, opened: &Opened) {
        let length = opened.piece_frames();
        let distance = |piece: u64, to: u64| if piece < to { (to - piece) * 2 } else { piece - to };
        while self.pieces.len() as u64 > self.budget(opened) {
            let (at, also) = (self.aim.at / length, self.aim.also.map(|also| also / length));
            let far = |piece: &u64| {
                let near = also.map_or(u64::MAX, |also| distance(*piece, also));
                distance(*piece, at).min(near)
            };
            let Some(farthest) = self.pieces.keys().copied().max_by_key(far) else { return };
            self.pieces.remove(&farthest);
        }
    }
}
