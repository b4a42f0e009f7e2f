//! A listener that knows how long to wait: for links that died without a word, and for senders that only seem alive.

use super::link::Pace;
use super::*;
use crate::domain::{Event, SoundId};
use crate::listener::wire::{Form, Frame, Hello, SoundInfo, Wire, as_sender};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

const LIMIT: Duration = Duration::from_secs(20);
/// Everything some times as fast.
const HASTE: Pace = Pace {
    doubt: Duration::from_millis(300),
    dead: Duration::from_secs(1),
    idle: Duration::from_secs(1),
    audio: Duration::from_secs(2),
    grace: Duration::from_millis(100),
};

struct Desk {
    wire: Wire,
    news: Receiver<News>,
    _listener: Listener,
    _folder: tempfile::TempDir,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.sock");
    let output = OutputChoice::Silent { why: String::new(), hint: String::new() };
    let settings =
        Settings { memory: 1 << 22, output, host: "lap".to_owned(), person: "ann".to_owned() };
    let (tell, news) = channel();
    let tell = Mutex::new(tell);
    let on_news = Box::new(move |news| drop(tell.lock().unwrap().send(news)));
    let token = Token::random();
    let bound = Bound::unix(&path).unwrap();
    let listener = Listener::with_pace(settings, bound, token.clone(), on_news, HASTE).unwrap();
    let stream = Stream::Unix(UnixStream::connect(&path).unwrap());
    let (wire, _) = as_sender(stream, &token, Hello::default()).unwrap();
    Desk { wire, news, _listener: listener, _folder: folder }
}

impl Desk {
    fn say(&mut self, frame: &Frame) {
        self.wire.sink.send(frame).unwrap();
    }

    fn load(&mut self, seq: u64, sound: &str) {
        let sound = SoundId(sound.to_owned());
        let command = Command::Load { load: seq, sound, from: 0.0, play: true };
        self.say(&Frame::Command { seq, command });
    }

    fn hear(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let frame = self.wire.source.receive().unwrap();
            if wanted(&frame) {
                return frame;
            }
        }
    }

    fn wait_for_the_end(&self) -> String {
        loop {
            if let News::Gone { why, .. } = self.news.recv_timeout(LIMIT).unwrap() {
                return why;
            }
        }
    }
}

#[test]
fn a_sender_that_answers_nothing_is_asked_and_then_given_up() {
    let mut desk = desk();
    let begun = Instant::now();
    desk.load(1, "a");
    desk.hear(|frame| matches!(frame, Frame::Ping(_)));
    let why = desk.wait_for_the_end();
    assert!(why.contains("answered"), "{why}");
    assert!(begun.elapsed() >= HASTE.dead);
}

#[test]
fn a_sender_that_says_nothing_for_long_is_asked_whether_it_is_there() {
    let begun = Instant::now();
    let mut desk = desk();
    for _ in 0..2 {
        let ping = desk.hear(|frame| matches!(frame, Frame::Ping(_)));
        let Frame::Ping(number) = ping else { unreachable!() };
        desk.say(&Frame::Pong(number));
    }
    assert!(begun.elapsed() >= HASTE.idle * 2);
    desk.hear(|frame| matches!(frame, Frame::Ping(_)));
    desk.wait_for_the_end();
}

#[test]
fn one_that_lives_but_never_sends_the_audio_is_told_so() {
    let mut desk = desk();
    desk.load(1, "a");
    loop {
        match desk.wire.source.receive().unwrap() {
            Frame::Ping(number) => desk.say(&Frame::Pong(number)),
            Frame::Event { event: Event::Failed { load: 1, why }, .. } => {
                assert!(why.contains("does not send"), "{why}");
                return;
            }
            _ => {}
        }
    }
}

#[test]
fn somebody_who_is_called_back_at_once_finds_the_file_still_being_opened() {
    let mut desk = desk();
    desk.load(1, "a");
    desk.load(2, "b");
    desk.load(3, "a");
    // What was asked for before it was called away may have been given up, and asked for anew.
    let (seq, load, why) = loop {
        let told = desk.hear(|frame| match frame {
            Frame::Need(need) => need.sound.0 == "a",
            frame => matches!(frame, Frame::Event { event: Event::Failed { .. }, .. }),
        });
        match told {
            Frame::Need(need) => {
                let (request, name, form) = (need.request, "x".to_owned(), Form::Original);
                desk.say(&Frame::Sound(SoundInfo { request, len: Some(0), name, form }));
            }
            Frame::Event { seq, event: Event::Failed { load, why } } => break (seq, load, why),
            _ => {}
        }
    };
    assert!((seq, load) == (3, 3) && why.contains("empty"), "{why}");
}

#[test]
fn one_that_takes_nothing_of_what_it_is_told_does_not_fill_the_memory() {
    let mut desk = desk();
    let ping = Frame::Ping(1);
    while desk.wire.sink.send(&ping).is_ok() {}
    let why = desk.wait_for_the_end();
    assert!(!why.is_empty());
}
