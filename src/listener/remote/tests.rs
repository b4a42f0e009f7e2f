//! A link against a listener that a test plays by hand, frame by frame.

use super::{Link, LinkNews};
use crate::audio::{MemorySource, Sounds};
use crate::domain::{ByteSource, Command, Event, SoundId};
use crate::listener::wire::{Form, Frame, Need, Stream, Welcome, Wire};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const LENGTH: usize = 300_000;

/// One sound, of bytes that tell where they stand.
struct OneSound;

fn byte(at: usize) -> u8 {
    (at % 251) as u8
}

impl Sounds for OneSound {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        if sound.0 != "a" {
            return Err(io::Error::new(io::ErrorKind::NotFound, "unknown sound"));
        }
        let bytes: Vec<u8> = (0..LENGTH).map(byte).collect();
        Ok((Arc::new(MemorySource::new(bytes)), "a.wav".to_owned()))
    }
}

struct Desk {
    link: Link,
    wire: Wire,
    news: Receiver<LinkNews>,
    /// Bytes of chunks that came.
    got: u64,
}

fn desk() -> Desk {
    let (here, there) = UnixStream::pair().unwrap();
    let wire = Stream::Unix(here).into_wire().unwrap();
    let (sender, news) = channel();
    let on_news = Arc::new(move |news| drop(sender.send(news)));
    let welcome = Welcome { forms: vec![Form::Original], ..Welcome::default() };
    let there = Stream::Unix(there).into_wire().unwrap();
    let sounds: Arc<dyn Sounds> = Arc::new(OneSound);
    let link = Link::start(there, welcome, &sounds, true, on_news).unwrap();
    Desk { link, wire, news, got: 0 }
}

fn need(request: u32, from: u64, to: u64, urgent: bool) -> Frame {
    Frame::Need(Need { request, sound: SoundId("a".into()), from, to, urgent, form: None })
}

impl Desk {
    fn say(&mut self, frame: &Frame) {
        self.wire.sink.send(frame).unwrap();
    }

    /// The next frame that is no ping; pings are answered.
    fn hear(&mut self) -> Frame {
        loop {
            match self.wire.source.receive().unwrap() {
                Frame::Ping(count) => self.say(&Frame::Pong(count)),
                frame => return frame,
            }
        }
    }

    /// Bytes of a request to its end, all chunks confirmed.
    fn fetch(&mut self, request: u32, from: u64, to: u64) -> Vec<u8> {
        self.say(&need(request, from, to, true));
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < to - from {
            match self.hear() {
                Frame::Sound(info) => {
                    assert_eq!((info.request, info.len), (request, Some(LENGTH as u64)));
                }
                Frame::Chunk(chunk) => {
                    assert_eq!(chunk.offset, from + bytes.len() as u64);
                    bytes.extend_from_slice(&chunk.bytes);
                    self.got += chunk.bytes.len() as u64;
                    self.say(&Frame::Got { bytes: self.got });
                }
                other => panic!("{other:?}"),
            }
        }
        bytes
    }
}

#[test]
fn a_listener_gets_the_range_it_asks_for() {
    let mut desk = desk();
    let expected: Vec<u8> = (1000..250_000).map(byte).collect();
    assert_eq!(desk.fetch(1, 1000, 250_000), expected);
    assert_eq!(desk.fetch(2, 0, 10), (0..10).map(byte).collect::<Vec<_>>());
    assert!(desk.link.round_trip().is_some());
}

#[test]
fn what_cannot_be_had_is_said() {
    let mut desk = desk();
    let sound = SoundId("b".into());
    let need = Need { request: 9, sound, from: 0, to: 5, urgent: true, form: None };
    desk.say(&Frame::Need(need));
    let Frame::Unavailable { request, why } = desk.hear() else { panic!("something else") };
    assert_eq!((request, why.as_str()), (9, "unknown sound"));
}

#[test]
fn a_command_goes_before_audio_that_waits_for_the_line() {
    let mut desk = desk();
    desk.say(&need(1, 0, LENGTH as u64, true));
    // Nothing is confirmed, so most of it has to wait.
    let mut bytes = 0;
    assert!(matches!(desk.hear(), Frame::Sound(_)));
    while bytes < 32 << 10 {
        let Frame::Chunk(chunk) = desk.hear() else { panic!("something else") };
        bytes += chunk.bytes.len();
    }
    desk.link.send(Command::Pause);
    assert_eq!(desk.hear(), Frame::Command { seq: 1, command: Command::Pause });
    assert!(bytes < LENGTH / 4, "{bytes} bytes under way");
}

#[test]
fn what_somebody_waits_for_overtakes_what_is_fetched_ahead() {
    let mut desk = desk();
    desk.say(&need(1, 0, LENGTH as u64, false));
    assert!(matches!(desk.hear(), Frame::Sound(_)));
    let Frame::Chunk(first) = desk.hear() else { panic!("something else") };
    assert_eq!(first.request, 1);
    desk.say(&need(2, 0, 4096, true));
    let mut got = first.bytes.len() as u64;
    let mut urgent = 0;
    let mut between = 0;
    while urgent < 4096 {
        desk.say(&Frame::Got { bytes: got });
        match desk.hear() {
            Frame::Chunk(chunk) => {
                got += chunk.bytes.len() as u64;
                if chunk.request == 2 { urgent += chunk.bytes.len() } else { between += 1 }
            }
            Frame::Sound(info) => assert_eq!(info.request, 2),
            other => panic!("{other:?}"),
        }
    }
    assert!(between <= 8, "{between} chunks were in the line, not the whole file");
    desk.say(&Frame::Cancel { request: 1 });
}

#[test]
fn events_are_told_and_an_end_is_told_once() {
    let mut desk = desk();
    // A later version may say more.
    desk.say(&Frame::Unknown(77));
    let event = Event::Position { load: 1, at: 2.0 };
    desk.say(&Frame::Event { seq: 0, event: event.clone() });
    desk.say(&Frame::Bye { why: "closing time".into() });
    let limit = Duration::from_secs(20);
    assert_eq!(desk.news.recv_timeout(limit).unwrap(), LinkNews::Event(event));
    assert_eq!(desk.news.recv_timeout(limit).unwrap(), LinkNews::Lost("closing time".into()));
    (desk.wire.close)();
    drop(desk.link);
    assert!(desk.news.recv_timeout(limit).is_err(), "nothing more, and everybody has gone");
}

#[test]
fn a_listener_that_falls_silent_is_lost() {
    let mut desk = desk();
    desk.link.send(Command::Play);
    // It is heard, and nothing is ever answered.
    let limit = Duration::from_secs(30);
    assert!(matches!(desk.news.recv_timeout(limit).unwrap(), LinkNews::Lost(_)));
    assert!(desk.wire.source.receive().is_ok());
}

#[test]
fn a_listener_that_asks_for_everything_at_once_is_sent_away() {
    let mut desk = desk();
    for request in 0..2_000 {
        if desk.wire.sink.send(&need(request, 0, u64::MAX, true)).is_err() {
            break;
        }
    }
    let limit = Duration::from_secs(20);
    assert!(matches!(desk.news.recv_timeout(limit).unwrap(), LinkNews::Lost(_)));
}
