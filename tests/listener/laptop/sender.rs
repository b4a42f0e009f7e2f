//! A small sender of the tests' own, and files for it to send.

use earmark::audio::{WavSamples, wav_header};
use earmark::domain::{Command, Event, SoundId};
use earmark::listener::wire::{
    Chunk, Form, Frame, FrameSink, FrameSource, Hello, Need, SoundInfo, Stream, Token, Wire,
    as_sender,
};
use std::collections::HashMap;
use std::f32::consts::TAU;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender as Into, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How long anything may take before a test fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
/// Rate of the files made here.
const RATE: u32 = 16_000;

/// A WAV file with a tone.
pub(crate) fn tone(hertz: f32, seconds: f32) -> Vec<u8> {
    let frames = (RATE as f32 * seconds) as u32;
    let mut bytes = wav_header(RATE, 1, WavSamples::Pcm16, Some(u64::from(frames) * 2));
    for frame in 0..frames {
        let sample = (TAU * hertz * frame as f32 / RATE as f32).sin() * 12_000.0;
        bytes.extend_from_slice(&(sample as i16).to_le_bytes());
    }
    bytes
}

pub(crate) fn id(name: &str) -> SoundId {
    SoundId(name.to_owned())
}

/// What the sender does with a need.
pub(crate) type Answer = Box<dyn FnMut(&Need) -> Vec<Frame> + Send>;

/// The other side.
pub(crate) struct Sender {
    sink: Arc<Mutex<Box<dyn FrameSink>>>,
    close: Arc<dyn Fn() + Send + Sync>,
    seq: u64,
    events: Receiver<(u64, Event)>,
    needs: Arc<Mutex<Vec<Need>>>,
    /// What was confirmed last.
    pub(crate) got: Arc<Mutex<u64>>,
    /// What else the listener says.
    pub(crate) others: Receiver<Frame>,
}

impl Sender {
    pub(crate) fn connect(path: &Path, token: &Token, answer: Answer) -> Self {
        let stream = Stream::Unix(UnixStream::connect(path).unwrap());
        let hello =
            Hello { host: "far\u{1b}server".into(), person: "ann".into(), ..Hello::default() };
        let (wire, welcome) = as_sender(stream, token, hello).unwrap();
        assert!(!welcome.host.is_empty());
        let Wire { source, sink, close } = wire;
        let sink = Arc::new(Mutex::new(sink));
        let (tell_event, events) = channel();
        let (tell_other, others) = channel();
        let (needs, got) = (Arc::<Mutex<Vec<Need>>>::default(), Arc::<Mutex<u64>>::default());
        let (noted, counted, answering) = (needs.clone(), got.clone(), sink.clone());
        thread::spawn(move || {
            hear(source, answer, &tell_event, &tell_other, |frame| match frame {
                Frame::Need(need) => noted.lock().unwrap().push(need),
                Frame::Got { bytes } => *counted.lock().unwrap() = bytes,
                frame => drop(answering.lock().unwrap().send(&frame)),
            });
        });
        Self { sink, close, seq: 0, events, needs, got, others }
    }

    pub(crate) fn send(&mut self, command: Command) -> u64 {
        self.seq += 1;
        let frame = Frame::Command { seq: self.seq, command };
        self.sink.lock().unwrap().send(&frame).unwrap();
        self.seq
    }

    pub(crate) fn load(&mut self, load: u64, sound: &str) -> u64 {
        self.send(Command::Load { load, sound: id(sound), from: 0.0, play: true })
    }

    pub(crate) fn say(&self, frame: &Frame) {
        self.sink.lock().unwrap().send(frame).unwrap();
    }

    pub(crate) fn wait_for(&self, what: &str, wanted: impl Fn(&Event) -> bool) -> (u64, Event) {
        loop {
            match self.events.recv_timeout(LIMIT) {
                Ok(told) if wanted(&told.1) => return told,
                Ok(_) => {}
                Err(error) => panic!("waited in vain for {what}: {error}"),
            }
        }
    }

    pub(crate) fn wait_for_end(&self, of: u64) {
        self.wait_for("the end", |event| matches!(event, Event::Ended { load, .. } if *load == of));
    }

    pub(crate) fn needs(&self) -> Vec<Need> {
        self.needs.lock().unwrap().clone()
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        (self.close)();
    }
}

fn hear(
    mut source: Box<dyn FrameSource>,
    mut answer: Answer,
    events: &Into<(u64, Event)>,
    others: &Into<Frame>,
    act: impl Fn(Frame),
) {
    while let Ok(frame) = source.receive() {
        match frame {
            Frame::Event { seq, event } => _ = events.send((seq, event)),
            Frame::Need(need) => {
                let answers = answer(&need);
                act(Frame::Need(need));
                answers.into_iter().for_each(&act);
            }
            got @ Frame::Got { .. } => act(got),
            other => _ = others.send(other),
        }
    }
}

/// Sends what is asked for, in chunks of so many bytes.
pub(crate) fn generous(files: &[(&str, Vec<u8>)], chunk: usize) -> Answer {
    let files: HashMap<SoundId, Vec<u8>> =
        files.iter().map(|(name, bytes)| (id(name), bytes.clone())).collect();
    Box::new(move |need| {
        let Some(bytes) = files.get(&need.sound) else {
            let why = "no such file".to_owned();
            return vec![Frame::Unavailable { request: need.request, why }];
        };
        let mut answers = vec![described(need, Some(bytes.len()))];
        let (from, to) = (need.from as usize, bytes.len().min(need.to as usize));
        let range = bytes.get(from..to).unwrap_or_default();
        answers.extend(range.chunks(chunk).enumerate().map(|(number, part)| {
            let offset = need.from + (number * chunk) as u64;
            piece(need, offset, part)
        }));
        answers
    })
}

pub(crate) fn described(need: &Need, len: Option<usize>) -> Frame {
    let len = len.map(|len| len as u64);
    let name = "a.wav".to_owned();
    Frame::Sound(SoundInfo { request: need.request, len, name, form: Form::Original })
}

pub(crate) fn piece(need: &Need, offset: u64, bytes: &[u8]) -> Frame {
    let len = bytes.len() as u32;
    Frame::Chunk(Chunk { request: need.request, offset, len, bytes: bytes.to_vec() })
}
