//! The player on a clock of our own, against files whose samples tell where in the file they are.

use super::Sounds;
use super::player::Player;
use super::shelf::Shelf;
use crate::audio::output::{Format, Line, OutputChoice};
use crate::domain::{ByteSource, Command, Event, Output, Seconds, SoundId, Span};
use proptest::prelude::*;
use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;
const TICK: Duration = Duration::from_millis(10);

/// A float WAV of any length whose samples are computed when they are read.
struct Computed {
    rate: u32,
    frames: u64,
    sample: fn(f64) -> f32,
}

impl Computed {
    fn header(&self) -> [u8; 44] {
        let data = (self.frames * 4) as u32;
        let mut header = Vec::from(*b"RIFF");
        header.extend((36 + data).to_le_bytes());
        header.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0");
        header.extend(self.rate.to_le_bytes());
        header.extend((self.rate * 4).to_le_bytes());
        header.extend(b"\x04\0\x20\0data");
        header.extend(data.to_le_bytes());
        header.try_into().unwrap()
    }
}

impl ByteSource for Computed {
    fn len(&self) -> Option<u64> {
        Some(44 + self.frames * 4)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let end = 44 + self.frames * 4;
        let count = buffer.len().min(end.saturating_sub(offset) as usize);
        let (mut done, mut at) = (0, offset);
        while done < count {
            let number = at.saturating_sub(44) / 4;
            let time = number as f64 / f64::from(self.rate);
            let (start, frame, header);
            let bytes: &[u8] = if at < 44 {
                (start, header) = (0, self.header());
                &header
            } else {
                (start, frame) = (44 + number * 4, (self.sample)(time).to_le_bytes());
                &frame
            };
            let rest = &bytes[(at - start) as usize..];
            let some = rest.len().min(count - done);
            buffer[done..done + some].copy_from_slice(&rest[..some]);
            (done, at) = (done + some, at + some as u64);
        }
        Ok(count)
    }
}

#[derive(Default)]
struct Library(HashMap<SoundId, Arc<dyn ByteSource>>);

impl Sounds for Library {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        let source = self.0.get(sound).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok((source, format!("{sound}.wav")))
    }
}

fn id(name: &str) -> SoundId {
    SoundId(name.to_owned())
}

const HALF_HOUR: f64 = 1800.0;

/// A sample's value is its time within ten seconds, which begin at times that no test looks at.
fn clock_sample(time: f64) -> f32 {
    (time + 3.7).rem_euclid(10.0) as f32 / 10.0
}

/// How far what is heard is from what belongs to a time.
fn clock_error(heard: f32, time: f64) -> f64 {
    (f64::from(heard) - f64::from(clock_sample(time))).abs() * 10.0
}

fn voice_sample(time: f64) -> f32 {
    ((time * 200.0 * std::f64::consts::TAU).sin() * 0.4) as f32
}

/// Name, rate, length in seconds and the sample at a time.
type Made<'a> = (&'a str, u32, f64, fn(f64) -> f32);

struct Rig {
    player: Player,
    events: Arc<Mutex<Vec<Event>>>,
    heard: Arc<Mutex<Vec<f32>>>,
    wake: Receiver<()>,
    now: Instant,
}

impl Rig {
    fn new(sounds: &[Made<'_>]) -> Self {
        Self::at_rate(RATE, sounds)
    }

    fn at_rate(rate: u32, sounds: &[Made<'_>]) -> Self {
        Self::with_window(8 << 20, rate, sounds)
    }

    /// With room for `window` bytes of decoded samples, into an output of `rate`.
    fn with_window(window: usize, rate: u32, sounds: &[Made<'_>]) -> Self {
        let library = sounds.iter().map(|(name, rate, seconds, sample)| {
            let frames = (f64::from(*rate) * seconds) as u64;
            let source = Computed { rate: *rate, frames, sample: *sample };
            (id(name), Arc::new(source) as Arc<dyn ByteSource>)
        });
        let mut library = Library(library.collect());
        library.0.insert(id("broken"), Arc::new(crate::audio::MemorySource::new(vec![7; 999])));
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let told = events.clone();
        let (wake, woken) = channel();
        let shelf =
            Shelf::new(Arc::new(library), Arc::new(move || _ = wake.send(())), window, 4 << 20);
        let (line, heard) = Line::test(Format { rate, channels: 1 });
        let mut line = Some(line);
        let now = Instant::now();
        let player = Player::new(
            OutputChoice::Silent { why: String::new(), hint: String::new() },
            Box::new(move |_| line.take().expect("the output is opened once")),
            shelf,
            Box::new(move |event| told.lock().unwrap().push(event)),
            now,
        );
        Self { player, events, heard, wake: woken, now }
    }

    fn send(&mut self, command: Command) {
        self.player.obey(command, self.now);
        self.settle();
    }

    fn load(&mut self, load: u64, name: &str, play: bool) {
        self.send(Command::Load { load, sound: id(name), from: 0.0, play });
    }

    /// Waits, in real time, until what is needed is decoded.
    fn settle(&mut self) {
        self.player.turn(self.now);
        while self.player.waits_for_samples() {
            self.wake.recv_timeout(Duration::from_secs(20)).expect("decoding goes on");
            self.player.turn(self.now);
        }
    }

    fn pass(&mut self, seconds: f64) {
        self.pass_by(TICK, seconds);
    }

    fn pass_by(&mut self, tick: Duration, seconds: f64) {
        for _ in 0..(seconds / tick.as_secs_f64()).round() as u64 {
            self.now += tick;
            self.settle();
        }
    }

    /// Lets time pass until `done`, at most a while.
    fn pass_until(&mut self, done: impl Fn(&Event) -> bool) -> Event {
        for _ in 0..60_000 {
            self.now += TICK;
            self.settle();
            if let Some(event) = self.events.lock().unwrap().iter().rev().find(|event| done(event))
            {
                return event.clone();
            }
        }
        panic!("it never came; events: {:?}", self.events.lock().unwrap());
    }

    fn events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    fn heard(&self) -> Vec<f32> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    fn stands_at(&self) -> Seconds {
        let last = self.events.lock().unwrap().iter().rev().find_map(|event| match event {
            Event::Paused { at, .. } | Event::Ended { at, .. } | Event::Position { at, .. } => {
                Some(*at)
            }
            _ => None,
        });
        last.expect("a position was told")
    }
}

fn ended(event: &Event) -> bool {
    matches!(event, Event::Ended { .. })
}

fn steepest(samples: &[f32]) -> f32 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

/// Seconds that are not silent.
fn sounding(samples: &[f32]) -> f64 {
    let periods = samples.chunks(RATE as usize / 200);
    let loud = periods.filter(|few| few.iter().any(|sample| sample.abs() > 0.05)).count();
    loud as f64 / 200.0
}

/// Periods of the voice a second, from its rising zero crossings.
fn pitch(samples: &[f32]) -> f64 {
    let rising = |pair: &[f32]| pair[0] < 0.0 && pair[1] >= 0.0;
    let crossings: Vec<usize> =
        samples.windows(2).enumerate().filter(|(_, pair)| rising(pair)).map(|(at, _)| at).collect();
    let (first, last) = (crossings[0], crossings[crossings.len() - 1]);
    (crossings.len() - 1) as f64 * f64::from(RATE) / (last - first) as f64
}

#[test]
fn a_player_that_is_late_says_so_and_goes_on() {
    let mut rig = Rig::new(&[("a", 8_000, 60.0, voice_sample)]);
    rig.load(3, "a", true);
    rig.pass(1.0);
    assert!(!rig.events().contains(&Event::Underrun { load: 3 }));
    rig.pass_by(Duration::from_secs(5), 5.0);
    assert!(rig.events().contains(&Event::Underrun { load: 3 }));
    rig.pass(1.0);
    assert!(rig.stands_at() > 2.0 && !rig.events().contains(&Event::Underrun { load: 3 }));
}

#[test]
fn a_file_plays_from_start_to_end() {
    let mut rig = Rig::new(&[("a", 8_000, 2.5, voice_sample)]);
    rig.load(7, "a", true);
    let end = rig.pass_until(ended);
    assert_eq!(end, Event::Ended { load: 7, at: 2.5 });
    let events = rig.events();
    assert!(matches!(&events[0], Event::Output(Output::Silent { why, .. }) if why == "test"));
    assert_eq!(events[1], Event::Ready { load: 7, seconds: Some(2.5) });
    assert_eq!(events[2], Event::Started { load: 7, at: 0.0 });
    let positions = events.iter().filter(|event| matches!(event, Event::Position { .. })).count();
    assert!((20..=26).contains(&positions), "{positions} positions");
    assert!(!events.iter().any(|event| matches!(event, Event::Underrun { .. })));

    let heard = rig.heard();
    assert!((sounding(&heard) - 2.5).abs() < 0.02, "{}", sounding(&heard));
    assert!((pitch(&heard) / 200.0 - 1.0).abs() < 0.001);
    assert!(steepest(&heard) < 0.013);
}

#[test]
fn another_speed_keeps_the_pitch() {
    for (rate, seconds) in [(1.5, 2.0), (0.5, 6.0), (3.0, 1.0)] {
        let mut rig = Rig::new(&[("a", 16_000, 3.0, voice_sample)]);
        rig.send(Command::Rate(rate));
        rig.load(1, "a", true);
        assert_eq!(rig.pass_until(ended), Event::Ended { load: 1, at: 3.0 });
        let heard = rig.heard();
        assert!((sounding(&heard) - seconds).abs() < 0.03, "{rate}: {}", sounding(&heard));
        let middle = &heard[heard.len() / 4..heard.len() * 3 / 4];
        assert!((pitch(middle) / 200.0 - 1.0).abs() < 0.01, "{rate}: {}", pitch(middle));
        assert!(steepest(&heard) < 0.014, "{rate}: {}", steepest(&heard));
    }
}

/// The position is compared with the time that the samples themselves tell.
fn half_an_hour(rate: u32, output: u32) {
    // A low rate of the output keeps this quick; the ratio is as odd as that to 44.1 kHz. A small window keeps every
    // seek from decoding minutes that the next one leaves behind.
    let mut rig = Rig::with_window(1 << 20, output, &[("clock", rate, HALF_HOUR, clock_sample)]);
    rig.load(1, "clock", true);
    let last = |rig: &Rig| *rig.heard.lock().unwrap().last().unwrap();
    let mut expected = 0.0;
    for step in 0..100u32 {
        rig.heard();
        rig.events();
        rig.pass(0.5);
        expected += 0.5;
        let (said, error) = (rig.stands_at(), clock_error(last(&rig), expected));
        // Positions are told every tenth of a second, so the last may be that old.
        assert!((-0.001..0.111).contains(&(expected - said)), "{step}: {said} for {expected}");
        assert!(error < 0.001, "{step}: {error} s off at {expected}");
        let target = f64::from((step * 7919) % 1_700) + 0.123;
        rig.send(Command::Seek(target));
        expected = target;
    }
    rig.send(Command::Seek(0.0));
    rig.send(Command::Loop(Some(Span { start: 0.0, end: HALF_HOUR })));
    for minute in 1..30u32 {
        rig.heard();
        rig.pass_by(TICK * 5, 60.0);
        let error = clock_error(last(&rig), f64::from(minute) * 60.0);
        assert!(error < 0.001, "minute {minute}: {error} s off");
    }
    rig.send(Command::Pause);
    let said = rig.stands_at();
    assert!((said - 29.0 * 60.0).abs() < 0.001, "after half an hour: {said}");
}

#[test]
fn nothing_drifts_in_half_an_hour_and_a_hundred_seeks_at_8_khz() {
    half_an_hour(8_000, 11_025);
}

#[test]
fn nothing_drifts_in_half_an_hour_and_a_hundred_seeks_at_16_khz() {
    half_an_hour(16_000, 3_675);
}

#[test]
fn a_pause_stops_and_playing_on_steps_back() {
    let mut rig = Rig::new(&[("a", 16_000, 5.0, voice_sample)]);
    rig.send(Command::Backstep(0.5));
    rig.load(1, "a", true);
    rig.pass(2.0);
    rig.send(Command::Toggle);
    assert!((rig.stands_at() - 2.0).abs() < 0.001);
    let before = rig.heard();
    rig.pass(1.0);
    assert!(rig.heard().iter().all(|sample| *sample == 0.0));
    assert!(steepest(&before) < 0.015, "{}", steepest(&before));
    rig.events();
    rig.send(Command::Toggle);
    rig.pass(0.1);
    assert!(matches!(rig.events()[0], Event::Started { at, .. } if (at - 1.5).abs() < 0.001));
    rig.send(Command::Pause);
    rig.send(Command::Seek(3.0));
    rig.events();
    rig.send(Command::Play);
    rig.pass(0.1);
    assert_eq!(rig.events()[0], Event::Started { load: 1, at: 3.0 }, "a seek is no pause");
}

#[test]
fn again_goes_back_slower_and_then_on_as_before() {
    let mut rig = Rig::new(&[("a", 16_000, 10.0, voice_sample)]);
    rig.load(1, "a", true);
    rig.send(Command::Seek(2.0));
    rig.pass(3.0);
    rig.send(Command::Again { rate: 0.5 });
    rig.events();
    rig.pass(3.0);
    assert!((rig.stands_at() - 3.5).abs() < 0.12, "{}", rig.stands_at());
    rig.pass(3.0 + 1.0);
    assert!((rig.stands_at() - 6.0).abs() < 0.13, "{}", rig.stands_at());

    rig.send(Command::Pause);
    let paused = rig.stands_at();
    rig.send(Command::Again { rate: 0.75 });
    rig.events();
    let Event::Ended { at, .. } = rig.pass_until(ended) else { panic!() };
    assert!((at - paused).abs() < 0.001, "{at} for {paused}");
}

#[test]
fn a_span_plays_once_and_a_loop_repeats() {
    let mut rig = Rig::new(&[("a", 8_000, 4.0, voice_sample)]);
    rig.load(1, "a", false);
    rig.send(Command::PlaySpan(Span { start: 1.0, end: 1.5 }));
    assert_eq!(rig.pass_until(ended), Event::Ended { load: 1, at: 1.5 });
    let heard = rig.heard();
    assert!((sounding(&heard) - 0.5).abs() < 0.02 && steepest(&heard) < 0.015);

    rig.send(Command::Loop(Some(Span { start: 1.0, end: 2.0 })));
    rig.events();
    rig.send(Command::Play);
    rig.pass(5.0);
    let events = rig.events();
    assert!(!events.iter().any(ended));
    for event in &events {
        if let Event::Position { at, .. } = event {
            assert!((1.0..=2.0).contains(at), "{at}");
        }
    }
    let heard = rig.heard();
    assert!((sounding(&heard) - 5.0).abs() < 0.06 && steepest(&heard) < 0.015);
    rig.send(Command::Loop(None));
    assert_eq!(rig.pass_until(ended), Event::Ended { load: 1, at: 4.0 });
}

#[test]
fn the_next_file_is_what_sounds_and_a_loop_of_a_stretch_stays_with_its_file() {
    let mut rig = Rig::new(&[
        ("a", 8_000, 3.0, voice_sample),
        ("b", 16_000, 2.0, |time| ((time * 500.0 * std::f64::consts::TAU).sin() * 0.4) as f32),
    ]);
    rig.send(Command::Prefetch(vec![id("b")]));
    rig.load(1, "a", true);
    rig.send(Command::Loop(Some(Span { start: 0.2, end: 0.4 })));
    rig.pass(1.0);
    rig.heard();
    rig.load(2, "b", true);
    assert_eq!(rig.pass_until(ended), Event::Ended { load: 2, at: 2.0 });
    let heard = rig.heard();
    assert!((pitch(&heard[RATE as usize / 4..RATE as usize]) / 500.0 - 1.0).abs() < 0.001);
    assert!((sounding(&heard) - 2.0).abs() < 0.03);

    rig.send(Command::Loop(Some(Span { start: 0.0, end: 2.0 })));
    rig.load(3, "a", true);
    rig.events();
    rig.pass(7.0);
    assert!(!rig.events().iter().any(ended), "repeating whole files stays on");
}

#[test]
fn what_was_fetched_ahead_starts_without_waiting() {
    let mut rig = Rig::new(&[("a", 8_000, 3.0, voice_sample), ("b", 8_000, 9.0, voice_sample)]);
    rig.load(1, "a", false);
    rig.send(Command::Prefetch(vec![id("missing"), id("b")]));
    while !rig.player.has_fetched(&id("b")) {
        rig.wake.recv_timeout(Duration::from_secs(20)).unwrap();
        rig.player.turn(rig.now);
    }
    let begun = Instant::now();
    rig.player.obey(Command::Load { load: 2, sound: id("b"), from: 0.0, play: true }, rig.now);
    assert!(!rig.player.waits_for_samples(), "there is sound already");
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

#[test]
fn a_file_that_cannot_be_played_says_so_and_the_next_one_plays() {
    let mut rig = Rig::new(&[("a", 8_000, 1.0, voice_sample)]);
    for (load, name) in [(1, "broken"), (2, "missing")] {
        rig.player.obey(Command::Load { load, sound: id(name), from: 0.0, play: true }, rig.now);
        let failure = rig.fails();
        assert!(matches!(failure, Event::Failed { load: failed, .. } if failed == load));
    }
    rig.send(Command::Seek(1.0));
    rig.load(3, "a", true);
    assert_eq!(rig.pass_until(ended), Event::Ended { load: 3, at: 1.0 });
}

#[test]
fn commands_without_a_file_do_nothing() {
    let mut rig = Rig::new(&[]);
    rig.events();
    for command in [
        Command::Play,
        Command::Toggle,
        Command::Pause,
        Command::Replay,
        Command::Again { rate: f32::NAN },
        Command::Seek(f64::NAN),
        Command::Rate(f32::INFINITY),
        Command::Gain(f32::NAN),
        Command::Stop,
    ] {
        rig.player.obey(command, rig.now);
    }
    assert_eq!(rig.events(), []);
}

impl Rig {
    fn fails(&mut self) -> Event {
        loop {
            self.player.turn(self.now);
            let events = self.events();
            if let Some(event) = events.into_iter().find(|it| matches!(it, Event::Failed { .. })) {
                return event;
            }
            self.wake.recv_timeout(Duration::from_secs(20)).expect("opening ends");
        }
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let seconds = || -0.5..3.5f64;
    let span =
        || (seconds(), 0.0..2.0f64).prop_map(|(start, long)| Span { start, end: start + long });
    prop_oneof![
        Just(Command::Play),
        Just(Command::Pause),
        Just(Command::Toggle),
        Just(Command::Replay),
        span().prop_map(Command::PlaySpan),
        (0.5..1.0f32).prop_map(|rate| Command::Again { rate }),
        seconds().prop_map(Command::Seek),
        (-2.0..2.0f64).prop_map(Command::SeekBy),
        (0.5..3.0f32).prop_map(Command::Rate),
        Just(Command::Rate(1.0)),
        prop::option::of(span()).prop_map(Command::Loop),
        any::<bool>().prop_map(Command::SkipSilence),
        prop::sample::select(vec!["a", "b"]).prop_map(|name| Command::Load {
            load: 9,
            sound: id(name),
            from: 0.3,
            play: true
        }),
        Just(Command::Prefetch(vec![id("a"), id("b")])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_pressed_nothing_clicks(
        commands in prop::collection::vec((any_command(), 0.0..0.6f64), 1..12),
    ) {
        let mut rig = Rig::new(&[("a", 8_000, 3.0, voice_sample), ("b", 16_000, 2.0, voice_sample)]);
        rig.load(1, "a", true);
        for (command, seconds) in commands {
            rig.send(command);
            rig.pass(seconds);
        }
        rig.send(Command::Pause);
        for event in rig.events() {
            if let Event::Position { at, .. } | Event::Paused { at, .. } | Event::Ended { at, .. } = event {
                prop_assert!((0.0..=3.0).contains(&at), "{at}");
            }
            prop_assert!(!matches!(event, Event::Underrun { .. } | Event::Failed { .. }), "{event:?}");
        }
        // The voice itself moves by 0.0105 a sample; two that fade over each other by twice that.
        let step = steepest(&rig.heard());
        prop_assert!(step < 0.025, "a step of {step}");
    }
}

#[test]
fn another_speed_close_to_the_end_of_a_span_does_not_click() {
    let mut rig = Rig::new(&[("a", 8_000, 3.0, voice_sample)]);
    rig.load(1, "a", true);
    rig.send(Command::PlaySpan(Span { start: 0.371_376_318_538_558, end: 1.001_090_932_812_93 }));
    rig.pass(0.53);
    rig.send(Command::Rate(0.5));
    rig.pass(0.21);
    rig.send(Command::Pause);
    let step = steepest(&rig.heard());
    assert!(step < 0.015, "a step of {step}");
}

/// Three bursts of a voice-like sound with long silences between them.
fn bursts(time: f64) -> f32 {
    if (1.0..2.0).contains(&time) || (5.0..6.0).contains(&time) { speech_like(time) } else { 0.0 }
}

/// Pulses of a voice at 120 Hz through two formants, in syllables.
fn speech_like(time: f64) -> f32 {
    let pulse = (time * 120.0).fract() / 120.0;
    let formant = |hertz: f64, width: f64| {
        (std::f64::consts::TAU * hertz * pulse).sin() * (-pulse * width).exp()
    };
    let syllable = (time * 4.0 * std::f64::consts::TAU).sin().mul_add(0.4, 0.6);
    ((formant(600.0, 300.0) + 0.6 * formant(1_400.0, 500.0)) * syllable * 0.5) as f32
}

#[test]
fn silence_is_skipped_and_speech_is_not() {
    let mut rig = Rig::new(&[("a", 16_000, 9.0, bursts)]);
    rig.send(Command::SkipSilence(true));
    rig.load(1, "a", true);
    let begun = rig.now;
    assert_eq!(rig.pass_until(ended), Event::Ended { load: 1, at: 9.0 });
    let took = (rig.now - begun).as_secs_f64();
    assert!((2.0..5.0).contains(&took), "{took} s for two of speech in nine");
    let heard = sounding(&rig.heard());
    assert!((1.8..2.1).contains(&heard), "{heard} s of sound");
}

#[test]
fn silence_is_skipped_from_the_moment_it_is_asked_for() {
    let mut rig = Rig::new(&[("a", 16_000, 9.0, bursts)]);
    rig.load(1, "a", true);
    rig.pass(1.5);
    let begun = rig.now;
    rig.send(Command::SkipSilence(true));
    assert_eq!(rig.pass_until(ended), Event::Ended { load: 1, at: 9.0 });
    let took = (rig.now - begun).as_secs_f64();
    // How soon a silence is known to be one depends on how busy the machine is.
    assert!(
        (1.4..6.0).contains(&took),
        "{took} s for one and a half of speech in seven and a half"
    );
    assert!(!rig.events().iter().any(|event| matches!(event, Event::Underrun { .. })));
}

#[test]
fn a_long_file_is_kept_in_part_and_any_place_in_it_plays_soon() {
    let mut rig = Rig::at_rate(16_000, &[("clock", 16_000, HALF_HOUR, clock_sample)]);
    rig.load(1, "clock", true);
    for minute in [25.0, 3.0, 29.5, 0.0] {
        let begun = Instant::now();
        rig.send(Command::Seek(minute * 60.0));
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        rig.pass(0.5);
        let error = clock_error(*rig.heard().last().unwrap(), minute * 60.0 + 0.5);
        assert!(error < 0.001, "minute {minute}: {error} s off");
    }
}
