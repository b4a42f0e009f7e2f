//! A short tone, played where sound goes, and how long it took to begin.

use crate::audio::{MemorySource, Sounds, WavSamples, wav_header};
use crate::domain::{ByteSource, Command, Event, SoundId};
use std::f32::consts::TAU;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Frames a second.
const RATE: u32 = 16_000;
/// Frames of the tone: 0.6 s.
const FRAMES: u32 = RATE * 6 / 10;
/// Frames of its fades.
const FADE: u32 = RATE / 50;
/// How high it is, in hertz.
const PITCH: f32 = 440.0;
/// How long it may take from the command to its end.
const LIMIT: Duration = Duration::from_secs(10);

/// The one sound of this checking.
pub(super) struct Tone;

impl Sounds for Tone {
    fn open(&self, _: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        Ok((Arc::new(MemorySource::new(wav())), "tone.wav".to_owned()))
    }
}

/// Plays the tone by whoever takes commands; how long after the command it began.
///
/// # Errors
/// Why it was not played to its end, in one sentence.
pub(super) fn play(send: impl Fn(Command), events: &Receiver<Event>) -> Result<Duration, String> {
    let begun = Instant::now();
    // No file of a dataset is called that.
    let sound = SoundId("earmark doctor's tone".to_owned());
    send(Command::Load { load: 1, sound, from: 0.0, play: true });
    let mut started = None;
    loop {
        let left = LIMIT.saturating_sub(begun.elapsed());
        match events.recv_timeout(left) {
            Ok(Event::Started { load: 1, .. }) => started = started.or(Some(begun.elapsed())),
            Ok(Event::Ended { load: 1, .. }) => {
                return started.ok_or_else(|| "the tone ended and never began".to_owned());
            }
            Ok(Event::Failed { load: 1, why }) => return Err(why),
            Ok(_) => {}
            Err(_) if started.is_some() => return Err("the tone began and did not end".to_owned()),
            Err(_) => return Err("the tone did not begin".to_owned()),
        }
    }
}

fn wav() -> Vec<u8> {
    let mut file = wav_header(RATE, 1, WavSamples::Pcm16, Some(u64::from(FRAMES) * 2));
    for frame in 0..FRAMES {
        let edge = frame.min(FRAMES - 1 - frame).min(FADE) as f32 / FADE as f32;
        let sample = (TAU * PITCH * frame as f32 / RATE as f32).sin() * edge * 8_000.0;
        file.extend((sample as i16).to_le_bytes());
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Decoder, Engine, EngineConfig, OutputChoice};
    use std::sync::mpsc::channel;

    #[test]
    fn the_tone_is_a_recording_like_any_other_and_is_played_to_its_end() {
        let (source, name) = Tone.open(&SoundId("x".into())).unwrap();
        let decoder = Decoder::open(source, &name).unwrap();
        assert_eq!(decoder.info().frames, Some(u64::from(FRAMES)));

        let (sender, events) = channel();
        let output = OutputChoice::Silent { why: String::new(), hint: String::new() };
        let config = EngineConfig { output, ..EngineConfig::default() };
        let tell = Box::new(move |event| drop(sender.send(event)));
        let engine = Engine::spawn(config, Arc::new(Tone), tell).unwrap();
        assert!(play(|command| engine.send(command), &events).unwrap() < LIMIT);
    }

    #[test]
    fn a_player_that_fails_says_why() {
        let (sender, events) = channel();
        sender.send(Event::Failed { load: 1, why: "no such codec".into() }).unwrap();
        assert_eq!(play(|_| {}, &events), Err("no such codec".to_owned()));
        drop(sender);
        assert_eq!(play(|_| {}, &events), Err("the tone did not begin".to_owned()));
    }
}
