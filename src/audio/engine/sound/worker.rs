//! The thread that decodes one sound, piece by piece, where the player aims.

use super::{Heard, Opened, Phase, Piece, Shared, State};
use crate::audio::engine::Sounds;
use crate::audio::{Activity, AudioError, Decoder};
use crate::domain::{Seconds, SoundId, Span, UserError};
use std::sync::{Arc, PoisonError};

/// The decoding thread.
pub(super) struct Worker {
    shared: Arc<Shared>,
    /// Decoded samples that are in no piece yet, in the file's channels.
    decoded: Vec<f32>,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, decoded: Vec::new() }
    }

    pub(super) fn run(mut self, id: &SoundId, sounds: &dyn Sounds) {
        let decoder = match open(id, sounds) {
            Ok(decoder) => decoder,
            Err(why) => return self.fail(why),
        };
        let info = decoder.info().clone();
        if info.rate == 0 || info.channels == 0 {
            return self
                .fail(format!("{} ({}) states no rate or channels", info.container, info.codec));
        }
        let channels = if info.channels == 2 { 2 } else { 1 };
        let opened = Arc::new(Opened { rate: info.rate, channels, info });
        self.tell(|state| state.phase = Phase::Open(opened.clone()));
        if let Err(error) = self.serve(decoder, &opened) {
            self.fail(UserError::of(&error, None).to_string());
        }
    }

    /// Decodes what is wanted until the sound is dropped.
    fn serve(&mut self, mut decoder: Decoder, opened: &Opened) -> Result<(), AudioError> {
        let mut next = 0;
        let mut ear = None;
        while let Some((number, speech)) = self.await_work(opened) {
            let start = number * opened.piece_frames();
            if number != next {
                self.decoded.clear();
                decoder.seek(start)?;
                ear = None;
            }
            let samples = self.piece(&mut decoder, opened)?;
            next = number + 1;
            let frames = (samples.len() / opened.channels) as u64;
            if !speech {
                ear = None;
            }
            let ear = speech.then(|| ear.get_or_insert_with(|| Ear::new(opened, start)));
            let heard = ear.map(|ear| ear.listen(&samples));
            self.tell(|state| {
                if let Some(heard) = heard {
                    state.hear(heard);
                }
                if frames < opened.piece_frames() {
                    // Behind a seek beyond the end nothing is there; the end is then no farther than that.
                    let end = start + frames;
                    state.end = Some(state.end.map_or(end, |known| known.min(end)));
                }
                let complete = speech || !state.appetite.speech;
                if frames > 0 && complete {
                    state.pieces.insert(number, Arc::new(Piece { samples }));
                    state.forget(opened);
                }
            });
        }
        Ok(())
    }

    /// Waits until a piece is wanted, and whether it is to be listened to; `None` when the sound was dropped.
    fn await_work(&self, opened: &Opened) -> Option<(u64, bool)> {
        let mut state = self.shared.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(piece) = state.missing(opened) {
                return Some((piece, state.appetite.speech));
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next piece; shorter than a piece, even empty, at the end.
    fn piece(&mut self, decoder: &mut Decoder, opened: &Opened) -> Result<Vec<f32>, AudioError> {
        let channels = usize::from(opened.info.channels);
        let wanted = opened.piece_frames() as usize * channels;
        while self.decoded.len() < wanted {
            if decoder.read(&mut self.decoded)? == 0 {
                break;
            }
        }
        let samples = &self.decoded[..self.decoded.len().min(wanted)];
        let folded = match channels {
            1 | 2 => samples.to_vec(),
            _ => fold(samples, channels),
        };
        self.decoded.drain(..self.decoded.len().min(wanted));
        Ok(folded)
    }

    fn fail(&self, why: String) {
        self.tell(|state| state.phase = Phase::Failed(why));
    }

    fn tell(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.lock());
        (self.shared.wake)();
    }
}

/// Listens for speech in what is decoded in one go.
struct Ear {
    from: Seconds,
    activity: Activity,
}

impl Ear {
    fn new(opened: &Opened, frame: u64) -> Self {
        Self {
            from: frame as f64 / f64::from(opened.rate),
            activity: Activity::new(opened.rate, opened.channels as u16),
        }
    }

    fn listen(&mut self, samples: &[f32]) -> Heard {
        self.activity.push(samples);
        let here = |span: Span| Span { start: self.from + span.start, end: self.from + span.end };
        let speech = self.activity.spans().into_iter().map(here).collect();
        Heard { from: self.from, to: self.from + self.activity.heard(), speech }
    }
}

fn open(id: &SoundId, sounds: &dyn Sounds) -> Result<Decoder, String> {
    let (source, name) = sounds.open(id).map_err(|error| format!("cannot be opened: {error}"))?;
    let decoder = Decoder::open(Arc::clone(&source), &name)
        .map_err(|error| UserError::of(&error, None).to_string())?;
    if decoder.seeks_by_reading() {
        source.expect_all();
    }
    Ok(decoder)
}

/// Mixes all channels into one.
fn fold(samples: &[f32], channels: usize) -> Vec<f32> {
    let share = 1.0 / channels as f32;
    samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * share).collect()
}
