//! A listener over a real socket, told what to play by a small sender of the tests' own.

mod hostile;
mod program;
mod sender;

use crate::pulse::until;
use earmark::audio::{MemorySource, OutputChoice, Sounds};
use earmark::domain::{ByteSource, Command, Event, SoundId};
use earmark::listener::laptop::{Bound, Key, Listener, News, Settings};
use earmark::listener::remote::{Link, LinkNews};
use earmark::listener::wire::{Frame, Hello, Need, Stream, Token, as_sender};
use sender::{Answer, LIMIT, Sender, described, generous, id, piece, tone};
use std::collections::BTreeSet;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

/// A listener, what it tells, and how to reach it.
struct Desk {
    listener: Listener,
    news: Receiver<News>,
    path: PathBuf,
    token: Token,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new(memory: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.sock");
        let silent = OutputChoice::Silent { why: "a test".into(), hint: "none".into() };
        let settings =
            Settings { memory, output: silent, host: "lap".into(), person: "ann".into() };
        let (tell, news) = channel();
        let tell = Mutex::new(tell);
        let on_news = Box::new(move |news| _ = tell.lock().unwrap().send(news));
        let token = Token::random();
        let bound = Bound::unix(&path).unwrap();
        let listener = Listener::start(settings, bound, token.clone(), on_news).unwrap();
        Self { listener, news, path, token, _folder: folder }
    }

    fn sender(&self, answer: Answer) -> Sender {
        Sender::connect(&self.path, &self.token, answer)
    }

    fn wait_for(&self, what: &str, wanted: impl Fn(&News) -> bool) -> News {
        loop {
            match self.news.recv_timeout(LIMIT) {
                Ok(news) if wanted(&news) => return news,
                Ok(_) => {}
                Err(error) => panic!("waited in vain for {what}: {error}"),
            }
        }
    }
}

#[test]
fn a_file_is_fetched_once_and_played_to_its_end() {
    let desk = Desk::new(64 << 20);
    let bytes = tone(440.0, 2.5);
    let size = bytes.len() as u64;
    let mut sender = desk.sender(generous(&[("a", bytes)], 5000));
    let met = desk.wait_for("the news", |_| true);
    assert_eq!(met, News::Connected { host: "far␛server".into(), person: "ann".into() });

    sender.send(Command::Rate(3.0));
    let seq = sender.load(7, "a");
    let (_, ready) = sender.wait_for("ready", |it| matches!(it, Event::Ready { .. }));
    assert_eq!(ready, Event::Ready { load: 7, seconds: Some(2.5) });
    let (answers, _) =
        sender.wait_for("a start", |it| matches!(it, Event::Started { load: 7, .. }));
    assert_eq!(answers, seq, "an event says which command it knows of");
    sender.wait_for("a position", |it| matches!(it, Event::Position { load: 7, .. }));
    sender.wait_for_end(7);
    assert_eq!(desk.listener.held(), size);
    until("all is confirmed", || *sender.got.lock().unwrap() == size);
    let needs = sender.needs();
    assert_eq!((needs[0].from, needs[0].urgent), (0, true));
    assert!(needs[0].to <= 64 << 10, "sound starts early: {needs:?}");

    sender.load(8, "a");
    sender.wait_for_end(8);
    assert_eq!(sender.needs(), needs, "nothing is sent twice");
}

#[test]
fn what_was_sent_before_a_link_dropped_is_not_sent_again() {
    let desk = Desk::new(64 << 20);
    let bytes = tone(300.0, 1.0);
    let mut sender = desk.sender(generous(&[("a", bytes.clone())], 65_536));
    sender.send(Command::Rate(3.0));
    sender.load(1, "a");
    sender.wait_for_end(1);
    drop(sender);
    desk.wait_for("the news", |news| matches!(news, News::Gone { .. }));
    let mut again = desk.sender(generous(&[("a", bytes)], 65_536));
    again.send(Command::Rate(3.0));
    again.load(2, "a");
    again.wait_for_end(2);
    assert_eq!(again.needs(), []);
}

#[test]
fn a_file_that_cannot_be_had_says_why() {
    let desk = Desk::new(64 << 20);
    let mut sender = desk.sender(generous(&[], 65_536));
    sender.load(1, "a");
    let (_, failed) = sender.wait_for("a failure", |it| matches!(it, Event::Failed { .. }));
    let Event::Failed { load: 1, why } = failed else { panic!("{failed:?}") };
    assert!(why.contains("no such file"), "{why}");
}

#[test]
fn keys_here_act_at_once_and_are_told() {
    let desk = Desk::new(64 << 20);
    let mut sender = desk.sender(generous(&[("a", tone(300.0, 20.0))], 65_536));
    sender.load(1, "a");
    sender.wait_for("a start", |it| matches!(it, Event::Started { .. }));
    desk.listener.press(Key::Toggle);
    sender.wait_for("a pause", |it| matches!(it, Event::Paused { load: 1, .. }));
    desk.listener.press(Key::Forward);
    let (_, sought) = sender.wait_for("a place", |it| matches!(it, Event::Paused { .. }));
    assert!(matches!(sought, Event::Paused { at, .. } if at >= 2.0), "{sought:?}");
    desk.listener.command(Command::Play);
    sender.wait_for("a start", |it| matches!(it, Event::Started { at, .. } if *at >= 2.0));
}

#[test]
fn strangers_are_not_let_in_and_others_play_on() {
    let desk = Desk::new(64 << 20);
    let stream = Stream::Unix(UnixStream::connect(&desk.path).unwrap());
    assert!(as_sender(stream, &Token::random(), Hello::default()).is_err());
    desk.wait_for("the news", |news| matches!(news, News::Refused { .. }));
    let mut sender = desk.sender(generous(&[("a", tone(300.0, 0.3))], 65_536));
    sender.load(1, "a");
    sender.wait_for_end(1);
}

#[test]
fn the_end_of_the_listener_is_told_and_leaves_nothing() {
    let desk = Desk::new(64 << 20);
    let mut sender = desk.sender(generous(&[("a", tone(300.0, 9.0))], 65_536));
    sender.load(1, "a");
    sender.wait_for("a start", |it| matches!(it, Event::Started { .. }));
    let Desk { listener, path, .. } = desk;
    drop(listener);
    assert!(!path.exists());
    let bye = sender.others.recv_timeout(LIMIT).unwrap();
    assert!(matches!(bye, Frame::Bye { .. }), "{bye:?}");
}

#[test]
fn pings_are_answered() {
    let desk = Desk::new(64 << 20);
    let sender = desk.sender(generous(&[], 1));
    sender.say(&Frame::Ping(41));
    assert_eq!(sender.others.recv_timeout(LIMIT).unwrap(), Frame::Pong(41));
}

#[test]
fn playing_begins_before_the_file_is_here() {
    let desk = Desk::new(64 << 20);
    let bytes = tone(300.0, 60.0);
    let first_only: Answer = Box::new(move |need| {
        let range = need.from as usize..36_000.min(need.to as usize);
        let answer = bytes.get(range).map(|first| piece(need, need.from, first));
        [described(need, Some(bytes.len()))].into_iter().chain(answer).collect()
    });
    let mut sender = desk.sender(first_only);
    sender.load(1, "a");
    sender.wait_for("a start", |it| matches!(it, Event::Started { .. }));
    assert!(desk.listener.held() < 80_000, "no more was sent");
}

#[test]
fn a_large_file_is_kept_in_part_and_a_seek_asks_for_its_place() {
    const MEMORY: u64 = 1 << 20;
    let desk = Desk::new(MEMORY);
    let bytes = tone(300.0, 200.0);
    let mut sender = desk.sender(generous(&[("a", bytes)], 16_384));
    sender.load(1, "a");
    sender.wait_for("a start", |it| matches!(it, Event::Started { .. }));
    // At least two blocks at each place: more than the memory holds.
    let places = (1..=20).flat_map(|n| [f64::from(n) * 4.5 + 100.0, f64::from(n) * 4.5]);
    for place in places.chain([0.0]) {
        sender.send(Command::Seek(place));
        sender.wait_for(
            "a start there",
            |it| matches!(it, Event::Started { at, .. } if (at - place).abs() < 0.01),
        );
        assert!(desk.listener.held() <= MEMORY);
    }
    let asked: u64 = sender.needs().iter().map(|need| need.to - need.from).sum();
    assert!(asked > 2 * MEMORY, "more came than is kept: {asked}");
}

#[test]
fn what_comes_next_is_fetched_after_what_plays_and_plays_without_asking() {
    let desk = Desk::new(64 << 20);
    let files = [("a", tone(300.0, 12.0)), ("b", tone(400.0, 12.0)), ("c", tone(500.0, 3.0))];
    let all: u64 = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let mut sender = desk.sender(generous(&files, 16_384));
    sender.send(Command::Prefetch(vec![id("b"), id("c")]));
    sender.load(1, "a");
    until("all is here", || desk.listener.held() == all);
    let needs = sender.needs();
    let ahead = |need: &&Need| need.sound != id("a");
    assert!(needs.iter().filter(ahead).all(|need| !need.urgent), "{needs:?}");
    sender.load(2, "b");
    sender.wait_for("a start", |it| matches!(it, Event::Started { load: 2, .. }));
    assert_eq!(sender.needs(), needs);
}

#[test]
fn what_is_not_wanted_any_more_is_cancelled_and_keeps_nobody_waiting() {
    let desk = Desk::new(64 << 20);
    let mut generous = generous(&[("b", tone(300.0, 0.5))], 16_384);
    let mut sender =
        desk.sender(Box::new(
            move |need| {
                if need.sound == id("a") { Vec::new() } else { generous(need) }
            },
        ));
    sender.load(1, "a");
    until("it asks", || sender.needs().len() >= 2);
    let asked: BTreeSet<u32> = sender.needs().iter().map(|need| need.request).collect();
    sender.load(2, "b");
    sender.wait_for_end(2);
    let cancelled = sender.others.try_iter().filter_map(|frame| match frame {
        Frame::Cancel { request } => Some(request),
        _ => None,
    });
    assert_eq!(cancelled.collect::<BTreeSet<_>>(), asked);
}

/// One sound, whatever it is called.
struct OneSound(Vec<u8>);

impl Sounds for OneSound {
    fn open(&self, _: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        Ok((Arc::new(MemorySource::new(self.0.clone())), "private.wav".to_owned()))
    }
}

#[test]
fn what_may_not_leave_as_it_is_plays_from_slices_without_its_name() {
    let desk = Desk::new(64 << 20);
    let stream = Stream::Unix(UnixStream::connect(&desk.path).unwrap());
    let (wire, welcome) = as_sender(stream, &desk.token, Hello::default()).unwrap();
    let sounds: Arc<dyn Sounds> = Arc::new(OneSound(tone(300.0, 2.0)));
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let news = Arc::new(move |news| drop(tell.lock().unwrap().send(news)));
    let link = Link::start(wire, welcome, &sounds, false, news).unwrap();
    link.send(Command::Rate(3.0));
    link.send(Command::Load { load: 1, sound: id("a"), from: 0.5, play: true });
    loop {
        match told.recv_timeout(LIMIT).unwrap() {
            LinkNews::Event(Event::Ended { at, .. }) => {
                assert!((at - 2.0).abs() < 0.01, "{at}");
                break;
            }
            LinkNews::Event(Event::Failed { why, .. }) | LinkNews::Lost(why) => panic!("{why}"),
            LinkNews::Event(_) => {}
        }
    }
    assert!(desk.listener.held() >= 64_000);
}
