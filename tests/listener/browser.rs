//! The player page in a real browser: what comes out of it is measured, behind its last Web Audio node.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it stands"
)]
#![allow(clippy::float_cmp, reason = "what is told is what was asked for, to the last bit")]

use crate::chromium::{Chromium, LIMIT};
use crate::home::Home;
use crate::pty::{Launch, Screen};
use earmark::audio::{WavSamples, wav_header};
use earmark::domain::{Command, Event, Output, SoundId, Span};
use earmark::listener::page::{Page, Settings, Visitor};
use earmark::listener::wire::{Chunk, Form, Frame, FrameSink, Need, SoundInfo};
use serde_json::json;
use std::fs;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Tones one after the other, four seconds each.
const TONES: [f64; 3] = [440.0, 880.0, 1_320.0];
const RATE: u32 = 16_000;

/// What can be asked for, by sound and form.
type Files = Vec<((&'static str, Form), (&'static str, Vec<u8>))>;

/// The sender's side of a page.
struct Sender {
    sink: Arc<Mutex<Box<dyn FrameSink>>>,
    close: Arc<dyn Fn() + Send + Sync>,
    told: Arc<(Mutex<Told>, Condvar)>,
    seq: AtomicU64,
}

#[derive(Default)]
struct Told {
    events: Vec<(Instant, u64, Event)>,
    needs: Vec<Need>,
    cancelled: Vec<u32>,
    sent: u64,
    got: u64,
    pongs: Vec<u64>,
    over: bool,
}

impl Sender {
    fn new(visitor: Visitor, files: Arc<Files>) -> Self {
        let mut wire = visitor.wire;
        let sink = Arc::new(Mutex::new(wire.sink));
        let told = Arc::<(Mutex<Told>, Condvar)>::default();
        let (answering, telling) = (sink.clone(), told.clone());
        thread::spawn(move || {
            loop {
                let frame = wire.source.receive();
                let need = {
                    let mut told = telling.0.lock().unwrap();
                    telling.1.notify_all();
                    match frame {
                        Ok(Frame::Event { seq, event }) => {
                            told.events.push((Instant::now(), seq, event));
                            continue;
                        }
                        Ok(Frame::Got { bytes }) => {
                            told.got = bytes;
                            continue;
                        }
                        Ok(Frame::Cancel { request }) => {
                            told.cancelled.push(request);
                            continue;
                        }
                        Ok(Frame::Pong(count)) => {
                            told.pongs.push(count);
                            continue;
                        }
                        Ok(Frame::Ping(count)) => {
                            drop(told);
                            let _ = answering.lock().unwrap().send(&Frame::Pong(count));
                            continue;
                        }
                        Ok(Frame::Need(need)) => {
                            told.needs.push(need.clone());
                            need
                        }
                        Ok(other) => panic!("a page says no such thing: {other:?}"),
                        Err(_) => {
                            told.over = true;
                            return;
                        }
                    }
                };
                let sent = answer(&need, &files, &answering);
                telling.0.lock().unwrap().sent += sent;
            }
        });
        Self { sink, close: wire.close, told, seq: AtomicU64::new(0) }
    }

    fn send(&self, command: Command) -> u64 {
        let seq = self.seq.fetch_add(1, Ordering::Relaxed) + 1;
        self.say(&Frame::Command { seq, command });
        seq
    }

    fn say(&self, frame: &Frame) {
        self.sink.lock().unwrap().send(frame).unwrap();
    }

    fn wait<T>(&self, what: &str, mut find: impl FnMut(&mut Told) -> Option<T>) -> T {
        let until = Instant::now() + LIMIT;
        let mut told = self.told.0.lock().unwrap();
        loop {
            if let Some(found) = find(&mut told) {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            let events = &told.events[told.events.len().saturating_sub(20)..];
            assert!(!left.is_zero(), "never came: {what}; told was {events:?}");
            told = self.told.1.wait_timeout(told, left).unwrap().0;
        }
    }

    /// The next event that fits and answers this command or a later one; those before it are forgotten.
    fn event<T>(&self, seq: u64, what: &str, mut fits: impl FnMut(&Event) -> Option<T>) -> T {
        self.wait(what, |told| {
            let mut all = told.events.iter().enumerate();
            let (index, found) = all.find_map(|(index, (_, obeyed, event))| {
                (*obeyed >= seq).then(|| fits(event)).flatten().map(|found| (index, found))
            })?;
            told.events.drain(..=index);
            Some(found)
        })
    }

    fn started(&self, seq: u64) -> f64 {
        self.event(seq, "started", |event| match event {
            Event::Started { at, .. } => Some(*at),
            _ => None,
        })
    }

    fn paused(&self, seq: u64) -> f64 {
        self.event(seq, "paused", |event| match event {
            Event::Paused { at, .. } => Some(*at),
            _ => None,
        })
    }

    fn ended(&self, seq: u64) -> f64 {
        self.event(seq, "ended", |event| match event {
            Event::Ended { at, .. } => Some(*at),
            _ => None,
        })
    }

    /// How many seconds of the file go by in a second, over so many positions told from now on.
    fn pace(&self, positions: usize) -> f64 {
        self.told.0.lock().unwrap().events.clear();
        self.wait("positions", |told| {
            let found: Vec<(Instant, f64)> = told
                .events
                .iter()
                .filter_map(|(when, _, event)| match event {
                    Event::Position { at, .. } => Some((*when, *at)),
                    _ => None,
                })
                .collect();
            let ((first, from), (last, to)) = (found.first()?, found.get(positions)?);
            Some((to - from) / last.duration_since(*first).as_secs_f64())
        })
    }

    fn is_over(&self) {
        self.wait("the end", |told| told.over.then_some(()));
    }
}

/// Answers a need as a sender does; gives how many bytes went.
fn answer(need: &Need, files: &Files, sink: &Mutex<Box<dyn FrameSink>>) -> u64 {
    let request = need.request;
    let form = need.form.unwrap_or(Form::Original);
    let found = files.iter().find(|((sound, known), _)| *sound == need.sound.0 && *known == form);
    let say = |frame: Frame| drop(sink.lock().unwrap().send(&frame));
    let Some((_, (name, bytes))) = found else {
        say(Frame::Unavailable { request, why: "it is not there".into() });
        return 0;
    };
    let len = bytes.len() as u64;
    say(Frame::Sound(SoundInfo { request, len: Some(len), name: (*name).to_owned(), form }));
    let range = need.from as usize..(need.to.min(len) as usize);
    let mut offset = need.from;
    for bytes in bytes[range.clone()].chunks(65_536) {
        let len = bytes.len() as u32;
        say(Frame::Chunk(Chunk { request, offset, len, bytes: bytes.to_vec() }));
        offset += u64::from(len);
    }
    range.len() as u64
}

/// A page that is served, and the browser that shows it.
struct Scene {
    page: Page,
    visitors: Receiver<Visitor>,
    browser: Chromium,
    files: Arc<Files>,
}

impl Scene {
    /// Nothing where there is no browser.
    fn new(files: Files) -> Option<Self> {
        let mut browser = Chromium::start()?;
        let (tell, visitors) = channel();
        let settings = Settings { port: None, host: "gpu3".into() };
        let on_visitor = Box::new(move |visitor| drop(tell.send(visitor)));
        let page = Page::serve(settings, on_visitor).unwrap();
        browser.go(&page.link());
        Some(Self { page, visitors, browser, files: Arc::new(files) })
    }

    fn visitor(&self) -> (Sender, String) {
        let visitor = self.visitors.recv_timeout(LIMIT).expect("a page comes in");
        assert_eq!(visitor.welcome.version, 1);
        assert_eq!(visitor.welcome.forms, [Form::Original, Form::Flac]);
        assert!(visitor.welcome.memory > 0);
        let browser = visitor.browser.clone();
        (Sender::new(visitor, self.files.clone()), browser)
    }

    /// The page as it is after the first click.
    fn clicked(files: Files) -> Option<(Self, Sender)> {
        let mut scene = Self::new(files)?;
        scene.browser.click("#begin");
        let (sender, _) = scene.visitor();
        Some((scene, sender))
    }

    /// Waits until this is heard, within a twentieth.
    fn hears(&mut self, pitch: f64) {
        let (low, high) = (pitch * 0.95, pitch * 1.05);
        self.browser.wait_for(&format!("level() > 0.05 && pitch() > {low} && pitch() < {high}"));
    }

    /// Milliseconds from a key that pauses to silence; it plays before and after.
    fn falls_silent_within(&mut self) -> f64 {
        self.browser.wait_for("!isSilent()");
        self.browser.eval(
            "window.fell = new Promise((done) => addEventListener('keydown', () => {
                const pressed = performance.now();
                const look = () => isSilent() ? done(performance.now() - pressed) : setTimeout(look);
                look();
            }, { once: true, capture: true })); 0",
        );
        self.browser.key(" ");
        let took = self.browser.number("window.fell");
        self.browser.key(" ");
        took
    }

    fn hears_nothing(&mut self) {
        self.browser.wait_for("level() < 0.0005");
    }
}

/// The tones as 16-bit mono WAV; at each tone's end there is a second of silence if asked for.
fn tones(silence: bool) -> Vec<u8> {
    let part = 4 * RATE;
    let samples = (0..part * TONES.len() as u32).flat_map(|frame| {
        let (tone, within) = ((frame / part) as usize, frame % part);
        let loud = if silence && within >= part - RATE { 0.0 } else { 0.4 };
        let phase = f64::from(frame) / f64::from(RATE) * TONES[tone] * std::f64::consts::TAU;
        ((phase.sin() * loud * 32_767.0) as i16).to_le_bytes()
    });
    let samples: Vec<u8> = samples.collect();
    let mut bytes = wav_header(RATE, 1, WavSamples::Pcm16, Some(samples.len() as u64));
    bytes.extend(samples);
    bytes
}

fn load(number: u64, sound: &str, from: f64, play: bool) -> Command {
    Command::Load { load: number, sound: SoundId(sound.to_owned()), from, play }
}

#[test]
fn a_file_plays_in_a_browser_and_obeys() {
    let files = Files::from([(("one", Form::Original), ("<i>one</i>.wav", tones(false)))]);
    let Some(mut scene) = Scene::new(files) else { return };
    assert_eq!(scene.browser.text("#host"), "gpu3");
    assert_eq!(scene.browser.eval("location.search"), json!(""));
    assert_eq!(scene.browser.eval("document.cookie"), json!(""));
    assert!(scene.visitors.try_recv().is_err(), "it asks for a click first");
    scene.browser.click("#begin");
    let (sender, browser) = scene.visitor();
    assert!(browser.starts_with("Chrome "), "{browser}");
    sender.event(0, "where sound goes", |event| match event {
        Event::Output(Output::Device(_)) => Some(()),
        _ => None,
    });

    // It plays, at its own pace, what the file holds.
    let seq = sender.send(load(1, "one", 0.0, true));
    let seconds = sender.event(seq, "ready", |event| match event {
        Event::Ready { load: 1, seconds } => Some(*seconds),
        _ => None,
    });
    assert!((seconds.unwrap() - 12.0).abs() < 0.01);
    assert!(sender.started(seq) < 0.01);
    scene.hears(440.0);
    let pace = sender.pace(10);
    assert!((pace - 1.0).abs() < 0.15, "{pace}");
    assert_eq!(scene.browser.text("#file"), "<i>one</i>.wav");
    assert_eq!(scene.browser.text("#transport"), "plays");
    sender.wait("got for every byte", |told| (told.got == told.sent).then_some(()));

    // Pause is silence, and it stays where it was.
    let at = sender.paused(sender.send(Command::Pause));
    assert!(at > 1.0 && at < 12.0, "{at}");
    scene.hears_nothing();
    assert_eq!(sender.paused(sender.send(Command::Pause)), at);

    // Elsewhere, and faster: the pitch is that of the place.
    assert_eq!(sender.paused(sender.send(Command::Seek(4.5))), 4.5);
    sender.send(Command::Rate(1.5));
    let seq = sender.send(Command::Play);
    assert_eq!(sender.started(seq), 4.5);
    scene.hears(880.0);
    let pace = sender.pace(8);
    assert!((pace - 1.5).abs() < 0.2, "{pace}");
    scene.hears(880.0);
    let seq = sender.send(Command::Seek(8.5));
    assert_eq!(sender.started(seq), 8.5);
    scene.hears(1_320.0);
    let full = scene.browser.number("level()");
    sender.send(Command::Gain(-20.0));
    scene.browser.wait_for(&format!("level() < {}", full / 5.0));
    sender.send(Command::Gain(0.0));
    sender.send(Command::Rate(1.0));

    // A stretch, then it stands at its end.
    let seq = sender.send(Command::PlaySpan(Span { start: 1.0, end: 1.6 }));
    assert_eq!(sender.started(seq), 1.0);
    assert_eq!(sender.ended(seq), 1.6);
    scene.hears_nothing();

    // After a pause it steps back.
    sender.send(Command::Backstep(0.5));
    let seq = sender.send(Command::Seek(2.0));
    sender.paused(seq);
    let seq = sender.send(Command::Play);
    assert_eq!(sender.started(seq), 2.0);
    sender.pace(3);
    let at = sender.paused(sender.send(Command::Toggle));
    let again = sender.started(sender.send(Command::Toggle));
    assert!((again - (at - 0.5)).abs() < 0.001, "{at} {again}");

    // Keys of the page act at once, and are told.
    sender.told.0.lock().unwrap().events.clear();
    scene.browser.key(" ");
    sender.paused(0);
    scene.hears_nothing();
    scene.browser.key("Home");
    assert_eq!(sender.started(0), 0.0);
    scene.hears(440.0);

    let quickest = (0..5).map(|_| scene.falls_silent_within()).fold(f64::INFINITY, f64::min);
    assert!(quickest < 40.0, "{quickest} ms");

    // To the end.
    let seq = sender.send(Command::Seek(11.5));
    sender.started(seq);
    let at = sender.ended(seq);
    assert!((at - 12.0).abs() < 0.05, "{at}");

    sender.say(&Frame::Ping(7));
    sender.wait("a pong", |told| (told.pongs == [7]).then_some(()));
    sender.say(&Frame::Unknown(77));
    let seq = sender.send(Command::Seek(1.0));
    sender.paused(seq);
    sender.say(&Frame::Bye { why: "earmark goes elsewhere".into() });
    sender.is_over();
    scene.browser.wait_for("!document.querySelector('#door').hidden");
    assert!(scene.browser.text("#why").contains("earmark goes elsewhere"));
}

#[test]
fn it_repeats_goes_back_slower_and_jumps_over_silence() {
    let files = Files::from([(("one", Form::Original), ("one.wav", tones(true)))]);
    let Some((mut scene, sender)) = Scene::clicked(files) else { return };
    sender.send(load(1, "one", 0.4, false));
    sender.send(Command::SkipSilence(true));
    sender.send(Command::Loop(Some(Span { start: 0.2, end: 0.7 })));
    let seq = sender.send(Command::Play);
    sender.started(seq);
    let mut last = 0.0;
    let mut turns = 0;
    sender.event(seq, "three turns", |event| {
        if let Event::Position { at, .. } = event {
            assert!(*at < 0.8, "{at}");
            turns += usize::from(*at < last);
            last = *at;
        }
        (turns == 3).then_some(())
    });
    sender.send(Command::Loop(None));
    let seq = sender.send(Command::Seek(5.0));
    sender.started(seq);
    sender.event(seq, "a while", |event| match event {
        Event::Position { at, .. } => (*at > 6.0).then_some(()),
        _ => None,
    });
    let seq = sender.send(Command::Again { rate: 0.5 });
    assert_eq!(sender.started(seq), 5.0);
    let pace = sender.pace(5);
    assert!((pace - 0.5).abs() < 0.1, "{pace}");
    scene.hears(880.0);

    let seq = sender.send(Command::Seek(2.0));
    sender.event(seq, "a jump", |event| match event {
        Event::Position { at, .. } => {
            assert!(*at < 3.3 || *at > 3.8, "{at} is silent");
            (*at > 4.1).then_some(())
        }
        _ => None,
    });
    scene.hears(880.0);

    let seq = sender.send(Command::Stop);
    scene.hears_nothing();
    sender.send(Command::Play);
    let seq = sender.send(load(2, "nowhere", 0.0, true)).max(seq);
    let why = sender.event(seq, "a failure", |event| match event {
        Event::Failed { load: 2, why } => Some(why.clone()),
        _ => None,
    });
    assert_eq!(why, "it is not there");
}

#[test]
fn what_a_browser_cannot_decode_it_takes_as_flac() {
    let folder = tempfile::tempdir().unwrap();
    let (wav, flac) = (folder.path().join("a.wav"), folder.path().join("a.flac"));
    std::fs::write(&wav, tones(false)).unwrap();
    let mut ffmpeg = process::Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).args([&wav, &flac]);
    assert!(ffmpeg.status().unwrap().success());
    let flac = std::fs::read(&flac).unwrap();
    let strange = || b"NIST_1A\n   1024\n".repeat(500);
    let files = Files::from([
        (("odd", Form::Original), ("odd.sph", strange())),
        (("odd", Form::Flac), ("odd.flac", flac)),
        (("worse", Form::Original), ("worse.sph", strange())),
        (("worse", Form::Flac), ("worse.flac", strange())),
    ]);
    let Some((mut scene, sender)) = Scene::clicked(files) else { return };
    let seq = sender.send(load(1, "odd", 4.2, true));
    assert_eq!(sender.started(seq), 4.2);
    scene.hears(880.0);
    let forms = sender
        .wait("needs", |told| Some(told.needs.iter().map(|need| need.form).collect::<Vec<_>>()));
    assert_eq!(forms, [None, Some(Form::Flac)]);
    let seq = sender.send(load(2, "worse", 0.0, true));
    let why = sender.event(seq, "a failure", |event| match event {
        Event::Failed { load: 2, why } => Some(why.clone()),
        _ => None,
    });
    assert!(why.contains("cannot decode"), "{why}");
    let seq = sender.send(load(3, "odd", 0.0, true));
    sender.started(seq);
    scene.hears(440.0);
}

#[test]
fn a_lost_link_comes_back_by_itself_and_nothing_is_sent_twice() {
    let files = Files::from([
        (("one", Form::Original), ("one.wav", tones(false))),
        (("two", Form::Original), ("two.wav", tones(true))),
    ]);
    let Some((mut scene, sender)) = Scene::clicked(files) else { return };
    let seq = sender.send(load(1, "one", 0.0, true));
    sender.started(seq);
    sender.send(Command::Prefetch(vec![SoundId("two".into())]));
    let length = tones(true).len() as u64;
    sender.wait("both files", |told| (told.got == 2 * length).then_some(()));
    let urgent = sender
        .wait("needs", |told| Some(told.needs.iter().map(|need| need.urgent).collect::<Vec<_>>()));
    assert_eq!(urgent, [true, false]);
    (sender.close)();
    sender.is_over();

    let (sender, _) = scene.visitor();
    scene.hears_nothing();
    let seq = sender.send(load(2, "one", 4.5, true));
    assert_eq!(sender.started(seq), 4.5);
    scene.hears(880.0);
    let seq = sender.send(load(3, "two", 8.2, true));
    assert_eq!(sender.started(seq), 8.2);
    scene.hears(1_320.0);
    assert!(sender.told.0.lock().unwrap().needs.is_empty());

    // A program that has ended is waited for.
    let port = scene.page.port();
    let Scene { page, mut browser, .. } = scene;
    drop(page);
    sender.is_over();
    browser.wait_for("document.querySelector('#link').textContent.includes('lost')");
    browser.wait_for("level() < 0.0005");
    // Another one at the same port does not know this page.
    let settings = Settings { port: Some(port), host: "gpu3".into() };
    let page = Page::serve(settings, Box::new(|_| panic!("a cookie of old"))).unwrap();
    browser.wait_for("document.querySelector('#why').textContent.includes('new link')");
    drop(page);
}

#[test]
fn other_pages_and_other_browsers_get_nothing() {
    let Some((mut scene, _sender)) = Scene::clicked(Files::new()) else { return };
    let (link, port) = (scene.page.link(), scene.page.port());
    let knock = |address: &str| {
        format!(
            "new Promise((done) => {{
                const socket = new WebSocket('ws://{address}:{port}/wire');
                socket.onopen = () => done('open');
                socket.onerror = () => done('refused');
            }})"
        )
    };
    // A page of another site, in the browser that has the cookie.
    scene.browser.go("data:text/html,<title>evil</title>");
    assert_eq!(scene.browser.eval(&knock("127.0.0.1")), json!("refused"));
    assert_eq!(scene.browser.eval(&knock("localhost")), json!("refused"));
    let peek = format!("fetch('http://127.0.0.1:{port}/').then(() => 'seen', () => 'refused')");
    assert_eq!(scene.browser.eval(&peek), json!("refused"));
    // Its own page, loaded again, is let in.
    scene.browser.go(&format!("http://127.0.0.1:{port}/"));
    assert_eq!(scene.browser.text("#host"), "gpu3");
    assert_eq!(scene.browser.eval(&knock("localhost")), json!("refused"));
    // A link that was used, in another browser.
    scene.browser.stranger();
    scene.browser.go(&link);
    assert_eq!(scene.browser.eval("document.body?.querySelector('#begin') ?? null"), json!(null));
    assert!(scene.visitors.recv_timeout(Duration::from_millis(50)).is_err());
}

/// The link that the program shows, as a terminal gets it to click on.
fn link_of(screen: &Screen) -> String {
    let written = screen.written_since(0);
    let written = String::from_utf8_lossy(&written);
    let (_, link) = written.split_once("\x1b]8;;http://").expect("a link");
    let (link, _) = link.split_once('\x1b').expect("it ends");
    format!("http://{link}")
}

#[test]
fn what_is_labeled_with_the_programs_own_page_is_heard_in_the_browser() {
    let Some(mut browser) = Chromium::start() else { return };
    let home = Home::new();
    let calls = home.join("calls");
    fs::create_dir(&calls).unwrap();
    for name in ["a.wav", "b.wav"] {
        fs::write(calls.join(name), tones(false)).unwrap();
    }
    let launch = Launch::earmark(&home).arg(&calls).arg("--player-page").size(140, 40);
    let screen = launch.without_env("EARMARK_PLAYBACK_OUTPUT").start();
    screen.wait_for_text("Unlabeled 2");
    screen.wait_for_text("The link opens once");
    browser.go(&link_of(&screen));
    browser.click("#begin");
    screen.type_keys("<esc>");
    screen.wait_for_text("♪");
    screen.type_keys("<enter>");
    browser.wait_for("document.querySelector('#file').textContent === 'a.wav'");
    browser.wait_for("level() > 0.05 && pitch() > 418 && pitch() < 462");
    let at = browser.text("#at");
    browser.wait_for(&format!("document.querySelector('#at').textContent !== {at:?}"));
    screen.type_keys("<tab>");
    screen.wait_for_text("‖");
    browser.wait_for("level() < 0.0005");
    // The label is given, and the next file is what is heard.
    screen.type_keys("three tones<enter>");
    screen.wait_for_text("Labeled 1");
    browser.wait_for("document.querySelector('#file').textContent === 'b.wav' && level() > 0.05");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
}
