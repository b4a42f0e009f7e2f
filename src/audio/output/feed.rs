//! What joins the engine to an output: blocks of finished samples on one side, whatever a device asks for on the other.
//!
//! Blocks belong to a *run*: an uninterrupted stretch of playing. A new run cuts the old one off with a short fade, so
//! neither a pause nor a seek clicks; the engine learns how many frames of the run the output took.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Length of a fade, in seconds.
const FADE_SECONDS: f32 = 0.008;
/// Blocks under way at most; the engine stops long before.
const BLOCKS: usize = 256;
/// Voices that fade out at the same time at most.
const VOICES: usize = 16;
/// Bits of the progress word that count frames; the others name the run.
const FRAME_BITS: u32 = 40;

/// The form of the samples that an output takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audio) struct Format {
    /// Frames a second.
    pub(in crate::audio) rate: u32,
    /// Interleaved channels, one or more.
    pub(in crate::audio) channels: usize,
}

/// How a run ends the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audio) enum Cut {
    /// At once; then silence until the new run has samples.
    Silence,
    /// When the new run has samples: one fades into the other.
    Splice,
}

struct Block {
    run: u32,
    samples: Vec<f32>,
    last: bool,
}

/// What both sides see.
#[derive(Default)]
struct Shared {
    /// The run that is to be heard, and whether its predecessor ends at once.
    wanted: AtomicU32,
    silence: AtomicBool,
    /// The run that is heard, and how many of its frames were taken.
    progress: AtomicU64,
    /// How often a run had no samples when they were due.
    dry: AtomicU32,
    gain: AtomicU32,
    /// Microseconds between a sample's being taken and its being heard.
    latency: AtomicU32,
}

/// Two ends: the engine's and the output's.
pub(in crate::audio) fn feed(format: Format) -> (Feed, Tap) {
    let (blocks, taken) = sync_channel(BLOCKS);
    let (give_back, spare) = sync_channel(BLOCKS);
    let shared = Arc::new(Shared::default());
    shared.gain.store(1.0f32.to_bits(), Ordering::Relaxed);
    let feed = Feed { shared: shared.clone(), blocks, spare, run: 0, pushed: 0 };
    let fade = ((format.rate as f32 * FADE_SECONDS) as usize).max(1);
    let tap = Tap {
        channels: format.channels,
        fade,
        shared,
        blocks: taken,
        give_back,
        now: Voice::default(),
        leaving: VecDeque::with_capacity(VOICES),
        frames: 0,
        gain: 1.0,
        dry: false,
    };
    (feed, tap)
}

/// The engine's end.
pub(in crate::audio) struct Feed {
    shared: Arc<Shared>,
    blocks: SyncSender<Block>,
    spare: Receiver<Vec<f32>>,
    run: u32,
    pushed: u64,
}

impl Feed {
    /// Begins a new run; what was pushed before is heard no more.
    pub(in crate::audio) fn cut(&mut self, how: Cut) {
        self.run = (self.run + 1) & (u32::MAX >> (FRAME_BITS - 32));
        self.pushed = 0;
        self.shared.silence.store(how == Cut::Silence, Ordering::Relaxed);
        self.shared.wanted.store(self.run, Ordering::Release);
    }

    /// An empty buffer for the next block, one that was used before if there is one.
    pub(in crate::audio) fn buffer(&self) -> Vec<f32> {
        let mut buffer = self.spare.try_recv().unwrap_or_default();
        buffer.clear();
        buffer
    }

    /// Hands over `frames` frames of the run; `last` if none follow. There is room for far more than the engine renders
    /// ahead; what finds none, because the output has stopped taking, is not counted as pushed.
    pub(in crate::audio) fn push(&mut self, samples: Vec<f32>, frames: usize, last: bool) {
        if self.blocks.try_send(Block { run: self.run, samples, last }).is_ok() {
            self.pushed += frames as u64;
        }
    }

    /// Frames of this run that the output took.
    pub(in crate::audio) fn taken(&self) -> u64 {
        let progress = self.shared.progress.load(Ordering::Acquire);
        if progress >> FRAME_BITS == u64::from(self.run) {
            progress & ((1 << FRAME_BITS) - 1)
        } else {
            0
        }
    }

    /// Frames pushed in this run.
    pub(in crate::audio) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Linear loudness.
    pub(in crate::audio) fn set_gain(&self, gain: f32) {
        self.shared.gain.store(gain.to_bits(), Ordering::Relaxed);
    }

    /// How often a run had no samples when they were due, since the last call.
    pub(in crate::audio) fn dry(&self) -> u32 {
        self.shared.dry.swap(0, Ordering::Relaxed)
    }

    /// How long a sample that was taken is still on its way to the ear.
    pub(in crate::audio) fn latency(&self) -> Duration {
        Duration::from_micros(self.shared.latency.load(Ordering::Relaxed).into())
    }
}

/// The output's end: gives samples whenever a device asks, without ever waiting.
pub(in crate::audio) struct Tap {
    channels: usize,
    fade: usize,
    shared: Arc<Shared>,
    blocks: Receiver<Block>,
    give_back: SyncSender<Vec<f32>>,
    now: Voice,
    /// What was heard before the last cuts, on its way out.
    leaving: VecDeque<Voice>,
    /// Frames taken of the present run.
    frames: u64,
    gain: f32,
    dry: bool,
}

/// A run's blocks that have arrived, and how loud it is on its way in or out.
#[derive(Default)]
struct Voice {
    run: u32,
    blocks: VecDeque<Block>,
    /// Samples of the first block that were taken.
    offset: usize,
    /// Fade steps done, of `Tap::fade`.
    level: usize,
    ended: bool,
}

/// Adds `source` to `target`, louder or quieter from frame to frame; gives the level reached, of `fade`.
fn fade_along(
    mut level: usize,
    target: &mut [f32],
    source: &[f32],
    channels: usize,
    fade: usize,
    rising: bool,
) -> usize {
    for (out, samples) in target.chunks_exact_mut(channels).zip(source.chunks_exact(channels)) {
        let share = level as f32 / fade as f32;
        for (out, sample) in out.iter_mut().zip(samples) {
            *out += sample * share;
        }
        level = if rising { fade.min(level + 1) } else { level.saturating_sub(1) };
    }
    level
}

impl Tap {
    /// Fills a device's buffer.
    pub(in crate::audio) fn fill(&mut self, out: &mut [f32]) {
        self.receive();
        out.fill(0.0);
        let wanted = self.shared.wanted.load(Ordering::Acquire);
        let cut = self.now.run != wanted;
        let leaving = !cut || self.shared.silence.load(Ordering::Relaxed);
        if cut && leaving {
            self.turn_over(wanted);
        }
        let fade = self.fade;
        let frames = out.len() / self.channels;
        let taken = Self::mix(&mut self.now, out, self.channels, fade, true, &self.give_back);
        for voice in &mut self.leaving {
            Self::mix(voice, out, self.channels, fade, false, &self.give_back);
        }
        while self.leaving.front().is_some_and(|voice| voice.blocks.is_empty()) {
            self.leaving.pop_front();
        }
        self.count(taken, frames, cut && !leaving);
        self.apply_gain(out);
    }

    /// How long samples are on their way from here to the ear, as the device says.
    #[cfg_attr(not(feature = "playback"), expect(dead_code, reason = "devices alone know it"))]
    pub(in crate::audio) fn set_latency(&self, latency: Duration) {
        let micros = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX);
        self.shared.latency.store(micros, Ordering::Relaxed);
    }

    /// Sorts what has arrived: blocks of the run that is heard, of the one that follows it, and stale ones.
    fn receive(&mut self) {
        loop {
            match self.blocks.try_recv() {
                Ok(block) if block.run == self.now.run => self.now.blocks.push_back(block),
                Ok(block) if block.run == self.shared.wanted.load(Ordering::Acquire) => {
                    self.turn_over(block.run);
                    self.now.blocks.push_back(block);
                }
                Ok(block) => self.recycle(block),
                Err(_) => return,
            }
        }
    }

    /// The present voice leaves, and `run` takes its place.
    fn turn_over(&mut self, run: u32) {
        let left = std::mem::replace(&mut self.now, Voice { run, ..Voice::default() });
        if self.leaving.len() == VOICES {
            self.leaving.pop_front();
        }
        self.leaving.push_back(left);
        (self.frames, self.dry) = (0, false);
        self.shared.progress.store(u64::from(run) << FRAME_BITS, Ordering::Release);
    }

    /// Adds a voice to `out`, fading it in or out; gives the frames that it had.
    fn mix(
        voice: &mut Voice,
        out: &mut [f32],
        channels: usize,
        fade: usize,
        rising: bool,
        give_back: &SyncSender<Vec<f32>>,
    ) -> usize {
        let mut done = 0;
        while done < out.len() {
            if !rising && voice.level == 0 {
                for block in voice.blocks.drain(..) {
                    let _ = give_back.try_send(block.samples);
                }
            }
            let Some(block) = voice.blocks.front() else { break };
            let rest = &block.samples[voice.offset..];
            let count = rest.len().min(out.len() - done);
            let (target, source) = (&mut out[done..done + count], &rest[..count]);
            if rising && voice.level == fade {
                target.copy_from_slice(source);
            } else {
                voice.level = fade_along(voice.level, target, source, channels, fade, rising);
            }
            done += count;
            voice.offset += count;
            if voice.offset == block.samples.len() {
                voice.ended |= block.last;
                voice.offset = 0;
                if let Some(block) = voice.blocks.pop_front() {
                    // A full return channel only costs an allocation later on.
                    let _ = give_back.try_send(block.samples);
                }
            }
        }
        done / channels
    }

    fn count(&mut self, taken: usize, frames: usize, replaced: bool) {
        self.frames += taken as u64;
        let progress = (u64::from(self.now.run) << FRAME_BITS) | self.frames;
        self.shared.progress.store(progress, Ordering::Release);
        let dry = taken < frames && self.frames > 0 && !self.now.ended && !replaced;
        if dry && !self.dry {
            self.shared.dry.fetch_add(1, Ordering::Relaxed);
        }
        self.dry = dry;
    }

    /// Goes to the wanted loudness within the buffer and keeps samples in range.
    fn apply_gain(&mut self, out: &mut [f32]) {
        let wanted = f32::from_bits(self.shared.gain.load(Ordering::Relaxed));
        if wanted.to_bits() == 1.0f32.to_bits() && self.gain.to_bits() == wanted.to_bits() {
            return;
        }
        let step = (wanted - self.gain) / (out.len() / self.channels).max(1) as f32;
        for frame in out.chunks_exact_mut(self.channels) {
            self.gain += step;
            for sample in frame {
                *sample = (*sample * self.gain).clamp(-1.0, 1.0);
            }
        }
        self.gain = wanted;
    }

    fn recycle(&self, block: Block) {
        let _ = self.give_back.try_send(block.samples);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format { rate: 8_000, channels: 1 };

    fn tone(from: usize, frames: usize) -> Vec<f32> {
        (from..from + frames).map(|frame| (frame as f32 * 0.1).sin() * 0.5).collect()
    }

    fn taken(tap: &mut Tap, frames: usize) -> Vec<f32> {
        let mut out = vec![9.0; frames];
        tap.fill(&mut out);
        out
    }

    fn steepest(samples: &[f32]) -> f32 {
        samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_run_comes_out_as_it_went_in_after_its_fade() {
        let (mut feed, mut tap) = feed(FORMAT);
        feed.cut(Cut::Splice);
        let input = tone(0, 800);
        for block in input.chunks(100) {
            feed.push(block.to_vec(), block.len(), false);
        }
        let mut out = Vec::new();
        for frames in [37, 200, 463, 100] {
            out.extend(taken(&mut tap, frames));
        }
        assert_eq!(out[64..], input[64..]);
        assert_eq!((feed.taken(), feed.pushed(), feed.dry()), (800, 800, 0));
    }

    #[test]
    fn a_pause_fades_out_and_nothing_follows() {
        let (mut feed, mut tap) = feed(FORMAT);
        feed.cut(Cut::Splice);
        feed.push(tone(0, 4_000), 4_000, false);
        let mut out = taken(&mut tap, 1_000);
        feed.cut(Cut::Silence);
        assert_eq!(feed.taken(), 0);
        out.extend(taken(&mut tap, 1_000));
        assert!(steepest(&out) <= 0.06, "{}", steepest(&out));
        assert!(out[1_064..].iter().all(|sample| *sample == 0.0));
        assert_eq!(feed.dry(), 0);
    }

    #[test]
    fn a_seek_fades_over_only_when_there_is_something_to_hear() {
        let (mut feed, mut tap) = feed(FORMAT);
        feed.cut(Cut::Splice);
        feed.push(tone(0, 4_000), 4_000, false);
        let mut out = taken(&mut tap, 500);
        feed.cut(Cut::Splice);
        out.extend(taken(&mut tap, 500));
        assert_eq!(out[64..], tone(0, 1_000)[64..], "goes on until the new run is there");
        feed.push(tone(30_000, 2_000), 2_000, true);
        out.extend(taken(&mut tap, 1_000));
        assert!(steepest(&out) <= 0.06, "{}", steepest(&out));
        assert_eq!(out[1_064..], tone(30_000, 1_000)[64..]);
        assert_eq!(feed.taken(), 1_000);
    }

    #[test]
    fn running_dry_is_told_once_and_the_end_is_no_dryness() {
        let (mut feed, mut tap) = feed(FORMAT);
        feed.cut(Cut::Splice);
        taken(&mut tap, 100);
        assert_eq!(feed.dry(), 0, "nothing began yet");
        feed.push(tone(0, 150), 150, false);
        (0..4).for_each(|_| drop(taken(&mut tap, 100)));
        assert_eq!(feed.dry(), 1);
        feed.push(tone(150, 50), 50, true);
        (0..4).for_each(|_| drop(taken(&mut tap, 100)));
        assert_eq!((feed.dry(), feed.taken()), (0, 200));
    }

    #[test]
    fn loudness_changes_without_a_step_and_never_overflows() {
        let (mut feed, mut tap) = feed(FORMAT);
        feed.cut(Cut::Splice);
        feed.push(vec![0.5; 4_000], 4_000, false);
        let mut out = taken(&mut tap, 400);
        feed.set_gain(4.0);
        out.extend(taken(&mut tap, 400));
        assert!(steepest(&out[64..]) < 0.01);
        assert!(taken(&mut tap, 100).iter().all(|sample| *sample >= 1.0));
    }
}
