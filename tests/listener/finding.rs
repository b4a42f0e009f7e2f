//! A player and the listeners that come and go around it: real sockets, real notes, a real engine at both ends.

use crate::pulse::until;
use earmark::audio::{EngineConfig, MemorySource, OutputChoice, Sounds, WavSamples, wav_header};
use earmark::domain::{ByteSource, Command, Event, Output, SoundId};
use earmark::listener::laptop::{Bound, Listener, Settings};
use earmark::listener::meet::{Note, Notes, Seeker};
use earmark::listener::remote::{Player, PlayerConfig, PlayerNews, Seeking};
use earmark::listener::wire::{Address, Frame, Hello, Stream, Token, Welcome};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Silence, as a WAV file of 16 kHz; its name says how many seconds.
struct Silence;

impl Sounds for Silence {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        let seconds: u32 = sound.0.parse().map_err(io::Error::other)?;
        let bytes = seconds * 32_000;
        let mut file = wav_header(16_000, 1, WavSamples::Pcm16, Some(bytes.into()));
        file.resize(file.len() + bytes as usize, 0);
        Ok((Arc::new(MemorySource::new(file)), "silence.wav".to_owned()))
    }
}

/// A laptop that can be reached, and the note that says so.
struct Laptop {
    _listener: Listener,
}

/// Notes are told apart by when they were made.
static MADE: AtomicU64 = AtomicU64::new(1);

impl Laptop {
    fn near(folder: &Path, name: &str, person: &str, explicit: bool, session: bool) -> Self {
        let notes = Notes::new(folder);
        notes.prepare().unwrap();
        let token = Token::random();
        let quiet = OutputChoice::Silent { why: "a test".into(), hint: "none".into() };
        let settings = Settings {
            memory: 8 << 20,
            output: quiet,
            host: format!("laptop-{name}"),
            person: person.to_owned(),
        };
        let bound = Bound::unix(notes.socket(name)).unwrap();
        let listener = Listener::start(settings, bound, token.clone(), Box::new(|_| {})).unwrap();
        let note = Note {
            name: name.to_owned(),
            token,
            address: Address::Unix(notes.socket(name)),
            person: person.to_owned(),
            explicit,
            laptop: format!("laptop-{name}"),
            login: "someone".to_owned(),
            made: MADE.fetch_add(1, Ordering::Relaxed),
            session,
        };
        notes.write(&note).unwrap();
        Self { _listener: listener }
    }
}

struct Desk {
    player: Player,
    news: Arc<Mutex<Vec<PlayerNews>>>,
}

impl Desk {
    fn of(folder: &Path, person: &str, explicit: bool, session: Option<&str>) -> Self {
        let news = Arc::<Mutex<Vec<PlayerNews>>>::default();
        let noted = news.clone();
        let why = "nobody listens".to_owned();
        let output = OutputChoice::Silent { why, hint: "connect".to_owned() };
        let session = session.map(str::to_owned);
        let seeker = Seeker { person: person.to_owned(), explicit, session, laptop: None };
        let seeking =
            Seeking { notes: Notes::new(folder), seeker, hello: Hello::default(), only: None };
        let config = PlayerConfig {
            engine: EngineConfig { output, ..EngineConfig::default() },
            seeking: Some(seeking),
            originals: true,
        };
        let on_event = Box::new(move |news| noted.lock().unwrap().push(news));
        Self { player: Player::start(config, Arc::new(Silence), on_event).unwrap(), news }
    }

    fn play(&self, load: u64, seconds: u32) {
        let sound = SoundId(seconds.to_string());
        self.player.send(Command::Load { load, sound, from: 0.0, play: true });
    }

    /// Where sound goes, as told last: the laptop, or why nowhere.
    fn output(&self) -> String {
        let news = self.news.lock().unwrap();
        let told = news.iter().rev().find_map(|news| match news {
            PlayerNews::Event(Event::Output(output)) => Some(output.clone()),
            _ => None,
        });
        match told {
            Some(Output::Silent { why, .. }) => why,
            Some(output) => output.place().unwrap_or_default().to_owned(),
            None => String::new(),
        }
    }

    fn goes_to(&self, place: &str) {
        until(&format!("sound goes to {place}"), || self.output().starts_with(place));
    }

    /// The last event of the transport.
    fn last(&self) -> Option<Event> {
        let news = self.news.lock().unwrap().clone();
        news.iter().rev().find_map(|news| match news {
            PlayerNews::Event(Event::Output(_)) | PlayerNews::Choose(_) => None,
            PlayerNews::Event(event) => Some(event.clone()),
        })
    }

    fn plays_from(&self, least: f64) -> f64 {
        until(
            &format!("it plays beyond {least}"),
            || matches!(self.last(), Some(Event::Position { at, .. }) if at > least),
        );
        match self.last() {
            Some(Event::Position { at, .. }) => at,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn sound_moves_to_a_listener_that_comes_and_resumes_by_itself_when_it_comes_again() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("listeners");
    let desk = Desk::of(&folder, "ann", true, None);
    desk.goes_to("nobody listens");
    desk.play(1, 60);
    desk.plays_from(0.2);

    let first = Laptop::near(&folder, "one", "ann", true, false);
    desk.goes_to("laptop-one");
    let at = desk.plays_from(0.5);

    drop(first);
    desk.goes_to("nobody listens");
    until("it stands", || matches!(desk.last(), Some(Event::Paused { .. } | Event::Ready { .. })));
    let stood = desk.news.lock().unwrap().iter().rev().find_map(|news| match news {
        PlayerNews::Event(Event::Paused { load: 1, at }) => Some(*at),
        _ => None,
    });
    let stood = stood.expect("a pause was told");
    assert!(stood >= at, "{stood} after {at}");

    let _second = Laptop::near(&folder, "two", "ann", true, false);
    desk.goes_to("laptop-two");
    let resumed = desk.plays_from(stood);
    assert!(resumed < stood + 5.0, "{resumed} s, not far from {stood} s");
}

#[test]
fn what_was_paused_while_nobody_listened_stays_paused() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("listeners");
    let desk = Desk::of(&folder, "ann", true, None);
    let first = Laptop::near(&folder, "one", "ann", true, false);
    desk.goes_to("laptop-one");
    desk.play(1, 60);
    desk.plays_from(0.2);
    drop(first);
    desk.goes_to("nobody listens");
    desk.player.send(Command::Pause);
    desk.player.send(Command::Seek(30.0));

    let _second = Laptop::near(&folder, "two", "ann", true, false);
    desk.goes_to("laptop-two");
    desk.player.send(Command::Play);
    assert!(desk.plays_from(29.0) < 35.0);
}

#[test]
fn a_newer_laptop_of_the_same_person_takes_over_from_one_that_still_answers() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("listeners");
    let desk = Desk::of(&folder, "ann", true, None);
    let _office = Laptop::near(&folder, "office", "ann", true, false);
    desk.goes_to("laptop-office");
    let _kitchen = Laptop::near(&folder, "kitchen", "ann", true, false);
    desk.goes_to("laptop-kitchen");
}

#[test]
fn two_people_of_one_account_do_not_hear_each_other() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("listeners");
    let _anns = Laptop::near(&folder, "anns", "ann", true, false);
    let _session = Laptop::near(&folder, "bobs-session", "bob", true, true);
    let bob = Desk::of(&folder, "bob", true, None);
    let started = Desk::of(&folder, "bob", true, Some("bobs-session"));
    started.goes_to("laptop-bobs-session");
    let ann = Desk::of(&folder, "ann", true, None);
    ann.goes_to("laptop-anns");
    assert!(!bob.output().starts_with("laptop"), "that listener belongs to another session");
    let _bobs = Laptop::near(&folder, "bobs", "bob", true, false);
    bob.goes_to("laptop-bobs");
    assert!(started.output().starts_with("laptop-bobs-session"));
}

#[test]
fn where_a_name_may_be_several_people_one_of_them_has_to_say() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("listeners");
    let _one = Laptop::near(&folder, "one", "label", false, false);
    let _two = Laptop::near(&folder, "two", "label", false, false);
    let desk = Desk::of(&folder, "label", false, None);
    desk.goes_to("2 laptops listen");
    let places = desk.news.lock().unwrap().iter().find_map(|news| match news {
        PlayerNews::Choose(places) => Some(places.clone()),
        PlayerNews::Event(_) => None,
    });
    let places = places.expect("the choice was told");
    assert_eq!(places.len(), 2);
    let two = places.iter().find(|place| place.laptop == "laptop-two").unwrap();
    desk.player.pick(two.name.clone());
    desk.goes_to("laptop-two");
}

#[test]
fn a_page_that_came_in_plays_until_it_goes_and_then_the_laptop_does_again() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("listeners");
    let desk = Desk::of(&folder, "ann", true, None);
    let _office = Laptop::near(&folder, "office", "ann", true, false);
    desk.goes_to("laptop-office");
    let (here, there) = UnixStream::pair().unwrap();
    let wire = Stream::Unix(there).into_wire().unwrap();
    desk.player.attach(wire, Welcome::default(), "Firefox".to_owned());
    desk.goes_to("Firefox");
    desk.play(1, 60);
    let mut here = Stream::Unix(here).into_wire().unwrap();
    until("the page is told to play", || {
        matches!(
            here.source.receive(),
            Ok(Frame::Command { command: Command::Load { load: 1, .. }, .. })
        )
    });
    (here.close)();
    desk.goes_to("laptop-office");
    desk.plays_from(0.2);
}
