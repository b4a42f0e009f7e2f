//! A real player and a real listener with a bad line between them: what is said gets through, and sound comes back by
//! itself. How fast is a matter for the bench; limits here only tell slow from never.

use crate::figures;
use crate::proxy::{Direction, Line, Proxy};
use crate::pulse::until;
use earmark::audio::{EngineConfig, MemorySource, OutputChoice, Sounds, WavSamples, wav_header};
use earmark::domain::{ByteSource, Command, Event, Output, SoundId};
use earmark::listener::laptop::{Bound, Listener, Settings};
use earmark::listener::meet::{Note, Notes, Seeker};
use earmark::listener::remote::{Player, PlayerConfig, PlayerNews, Seeking};
use earmark::listener::wire::{Address, Hello, Token};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What a person would still call an answer, on a machine that does much else.
const SOON: Duration = Duration::from_secs(2);
/// Bytes of a second of the files here.
const SECOND: u64 = 32_000;
/// And of what stands before them.
const HEADER: u64 = 44;

/// Silence, as a WAV file of 16 kHz; its name says how many seconds.
struct Silence;

impl Sounds for Silence {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        let seconds: u32 = sound.0.parse().map_err(io::Error::other)?;
        let bytes = seconds * SECOND as u32;
        let mut file = wav_header(16_000, 1, WavSamples::Pcm16, Some(bytes.into()));
        file.resize(file.len() + bytes as usize, 0);
        Ok((Arc::new(MemorySource::new(file)), "silence.wav".to_owned()))
    }
}

/// A player that looks for listeners, and one that can be led to it.
struct Desk {
    player: Player,
    listener: Listener,
    news: Arc<Mutex<Vec<Event>>>,
    notes: Notes,
    token: Token,
    laptop: PathBuf,
    made: AtomicU64,
    _home: tempfile::TempDir,
}

fn quiet(why: &str) -> OutputChoice {
    OutputChoice::Silent { why: why.to_owned(), hint: "none".to_owned() }
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let laptop = home.path().join("laptop");
        let token = Token::random();
        let settings = Settings {
            memory: 64 << 20,
            output: quiet("a test"),
            host: "laptop".to_owned(),
            person: "ann".to_owned(),
        };
        let bound = Bound::unix(&laptop).unwrap();
        let listener = Listener::start(settings, bound, token.clone(), Box::new(|_| {})).unwrap();

        let notes = Notes::new(home.path().join("listeners"));
        notes.prepare().unwrap();
        let seeker =
            Seeker { person: "ann".to_owned(), explicit: true, session: None, laptop: None };
        let seeking = Seeking { notes: notes.clone(), seeker, hello: Hello::default(), only: None };
        let config = PlayerConfig {
            engine: EngineConfig { output: quiet("nobody listens"), ..EngineConfig::default() },
            seeking: Some(seeking),
            originals: true,
        };
        let news = Arc::<Mutex<Vec<Event>>>::default();
        let noted = news.clone();
        let on_event = Box::new(move |news| {
            if let PlayerNews::Event(event) = news {
                noted.lock().unwrap().push(event);
            }
        });
        let player = Player::start(config, Arc::new(Silence), on_event).unwrap();
        let made = AtomicU64::new(1);
        Self { player, listener, news, notes, token, laptop, made, _home: home }
    }

    /// With sound on the laptop, over this line.
    fn over(line: Line) -> (Self, Proxy) {
        let desk = Self::new();
        let proxy = desk.connect("one", line);
        desk.goes_to("laptop");
        (desk, proxy)
    }

    /// What `connect` does: a socket here that leads to the laptop, and a note that says so.
    fn connect(&self, name: &str, line: Line) -> Proxy {
        let proxy = Proxy::start(&self.notes.socket(name), &self.laptop, line);
        let note = Note {
            name: name.to_owned(),
            token: self.token.clone(),
            address: Address::Unix(proxy.path().to_owned()),
            person: "ann".to_owned(),
            explicit: true,
            laptop: "laptop".to_owned(),
            login: "ann".to_owned(),
            made: self.made.fetch_add(1, Ordering::Relaxed),
            session: false,
        };
        self.notes.write(&note).unwrap();
        proxy
    }

    /// Waits until sound goes there; the laptop here is silent, and says so.
    fn goes_to(&self, place: &str) {
        let is_there = |event: &Event| match event {
            Event::Output(Output::Silent { why, .. }) => Some(why.starts_with(place)),
            Event::Output(output) => Some(output.place() == Some(place)),
            _ => None,
        };
        until(&format!("sound goes to {place}"), || {
            let news = self.news.lock().unwrap();
            news.iter().rev().find_map(is_there) == Some(true)
        });
    }

    fn load(&self, load: u64, seconds: u64) {
        let sound = SoundId(seconds.to_string());
        self.player.send(Command::Load { load, sound, from: 0.0, play: true });
    }

    /// Says something and waits for an answer to it; gives how long that took.
    fn ask(&self, command: Command, answers: impl Fn(&Event) -> bool) -> Duration {
        let known = self.news.lock().unwrap().len();
        let what = format!("an answer to {command:?}");
        let began = Instant::now();
        self.player.send(command);
        until(&what, || self.news.lock().unwrap()[known..].iter().any(&answers));
        began.elapsed()
    }

    fn wait_for(&self, what: &str, wanted: impl Fn(&Event) -> bool) {
        until(what, || self.news.lock().unwrap().iter().any(&wanted));
    }

    /// The last place that was told.
    fn place(&self) -> f64 {
        let news = self.news.lock().unwrap();
        let places = news.iter().rev().find_map(|event| match event {
            Event::Started { at, .. }
            | Event::Position { at, .. }
            | Event::Paused { at, .. }
            | Event::Ended { at, .. } => Some(*at),
            _ => None,
        });
        places.unwrap_or_default()
    }

    /// Waits until this load sounds beyond a place.
    fn plays_beyond(&self, wanted: u64, place: f64) {
        self.wait_for(
            &format!("load {wanted} plays beyond {place}"),
            |event| matches!(event, Event::Position { load, at } if *load == wanted && *at > place),
        );
    }

    /// Waits until this load sounds anew.
    fn sounds_again(&self, wanted: u64, known: usize) -> f64 {
        let again = || {
            let news = self.news.lock().unwrap();
            news[known..].iter().find_map(|event| match event {
                Event::Started { load, at } if *load == wanted => Some(*at),
                _ => None,
            })
        };
        until("it sounds again", || again().is_some());
        again().unwrap()
    }

    fn known(&self) -> usize {
        self.news.lock().unwrap().len()
    }
}

/// The line of a train: half the round trip each way, 5 Mbit/s, and a tenth of the round trip by chance.
fn train(round_trip: u64) -> Line {
    Line::round_trip(round_trip).megabits(5).jitter(round_trip / 10, round_trip)
}

#[test]
fn commands_take_their_round_trip_and_are_obeyed() {
    for round_trip in [50, 150] {
        let (desk, _proxy) = Desk::over(train(round_trip));
        desk.load(1, 10);
        desk.plays_beyond(1, 0.0);
        let started = |event: &Event| matches!(event, Event::Started { .. });
        let near = |place: f64| move |event: &Event| matches!(event, Event::Started { at, .. } if (at - place).abs() < 0.5);
        let took = [
            desk.ask(Command::Pause, |event| matches!(event, Event::Paused { .. })),
            desk.ask(Command::Play, started),
            desk.ask(Command::Seek(5.0), near(5.0)),
            desk.ask(Command::Rate(1.5), started),
        ];
        for took in took {
            assert!(took >= Duration::from_millis(round_trip), "{took:?} is no round trip");
            assert!(took < SOON, "{took:?} at {round_trip} ms");
        }
    }
}

#[test]
fn sound_begins_before_its_file_is_there() {
    let (desk, proxy) = Desk::over(train(150));
    let size = HEADER + 60 * SECOND;
    desk.load(1, 60);
    desk.wait_for("a start", |event| matches!(event, Event::Started { .. }));
    let carried = proxy.carried(Direction::There);
    assert!(carried < size, "{carried} of {size} had come");
    until("all of it is there", || desk.listener.held() == size);
}

#[test]
fn a_command_does_not_wait_behind_audio() {
    let (desk, proxy) = Desk::over(Line::round_trip(50).megabits(1));
    // Four minutes and more of transfer.
    desk.load(1, 1000);
    until("the line is full", || proxy.carried(Direction::There) > 300_000);
    let took = desk.ask(Command::Pause, |event| matches!(event, Event::Paused { .. }));
    // What the sockets and the queue of the line hold would take twice that.
    assert!(took < SOON, "{took:?}");
    let took = desk.ask(
        Command::Seek(900.0),
        |event| matches!(event, Event::Paused { at, .. } if *at > 899.0),
    );
    assert!(took < SOON, "{took:?}");
    desk.player.send(Command::Play);
    desk.plays_beyond(1, 900.0);
}

#[test]
fn places_come_in_order_to_the_end_whatever_the_jitter() {
    let (desk, _proxy) = Desk::over(Line::round_trip(60).megabits(5).jitter(60, 3));
    desk.player.send(Command::Rate(3.0));
    desk.load(1, 8);
    desk.wait_for("the end", |event| matches!(event, Event::Ended { load: 1, .. }));
    let news = desk.news.lock().unwrap();
    let places: Vec<f64> = news
        .iter()
        .filter_map(|event| match event {
            Event::Position { load: 1, at } | Event::Ended { load: 1, at } => Some(*at),
            _ => None,
        })
        .collect();
    // Half a round trip is added to what is old when it comes.
    let late = 0.5;
    assert!(places.len() > 10 && places.windows(2).all(|pair| pair[1] > pair[0] - late));
    assert!((places.last().unwrap() - 8.0).abs() < 0.01, "{places:?}");
}

#[test]
fn a_line_that_is_cut_in_the_middle_of_a_file_goes_on_where_it_was() {
    let (desk, proxy) = Desk::over(train(50));
    let size = HEADER + 60 * SECOND;
    desk.load(1, 60);
    desk.plays_beyond(1, 0.3);
    until("a part is there", || proxy.carried(Direction::There) > size / 4);
    let held = desk.listener.held();
    let known = desk.known();
    proxy.cut();
    let resumed = desk.sounds_again(1, known);
    let stood = desk.news.lock().unwrap()[known..].iter().find_map(|event| match event {
        Event::Paused { load: 1, at } => Some(*at),
        _ => None,
    });
    let stood = stood.expect("it was told that it stands");
    assert!((resumed - stood).abs() < 0.5, "{resumed} after {stood}");
    desk.goes_to("laptop");
    until("all of it is there", || desk.listener.held() == size);
    let carried = proxy.carried(Direction::There);
    assert!(held > 0 && carried < size + size / 10, "{carried} of {size}: it came twice");
    assert_eq!(proxy.connections(), 2);
}

#[test]
fn what_is_done_while_the_line_is_down_holds_when_it_is_back() {
    let (desk, proxy) = Desk::over(train(50));
    desk.load(1, 60);
    desk.plays_beyond(1, 0.0);
    // A minute where there is time for it: only its last seconds are waited for as anything else is.
    let away = Duration::from_secs(figures::times(3, 60));
    proxy.cut_for(away);
    desk.goes_to("nobody listens");
    thread::sleep(away.saturating_sub(Duration::from_secs(3)));
    desk.load(2, 40);
    desk.player.send(Command::Seek(20.0));
    desk.player.send(Command::Rate(1.25));
    desk.goes_to("laptop");
    let known = desk.known();
    desk.player.send(Command::SeekBy(2.0));
    let at = desk.sounds_again(2, known);
    assert!((20.0..40.0).contains(&at), "{at}");
}

#[test]
fn a_line_that_died_without_a_word_is_noticed_and_another_one_taken() {
    let (desk, proxy) = Desk::over(train(50));
    desk.load(1, 60);
    desk.plays_beyond(1, 0.5);
    proxy.go_deaf();
    // What nobody heard is not forgotten.
    desk.player.send(Command::Seek(30.0));
    desk.goes_to("nobody listens");
    assert!((desk.place() - 30.0).abs() < 1.0, "{}", desk.place());
    let known = desk.known();
    let _another = desk.connect("two", train(50));
    desk.goes_to("laptop");
    let at = desk.sounds_again(1, known);
    assert!((at - 30.0).abs() < 1.0, "{at}");
}

#[test]
fn a_line_that_stops_for_a_moment_is_kept() {
    let (desk, proxy) = Desk::over(train(50));
    desk.load(1, 60);
    desk.plays_beyond(1, 0.2);
    let known = desk.known();
    proxy.hold_for(Duration::from_secs(2));
    let took = desk.ask(Command::Pause, |event| matches!(event, Event::Paused { .. }));
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert_eq!(proxy.connections(), 1);
    let lost = |event: &Event| matches!(event, Event::Output(Output::Silent { why, .. }) if why == "nobody listens");
    let told = desk.news.lock().unwrap().iter().skip(known).any(lost);
    assert!(!told, "nobody was told of a loss");
}
