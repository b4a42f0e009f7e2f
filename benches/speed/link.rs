//! Sound on another machine over a bad line: a real player and a real listener, with a line of our own between them.
//!
//! A command's time is that from giving it to the event that says it was obeyed: there and back, as a key travels to
//! the server and its effect back to the ears. Both sides are silent and run by the clock; a sound card adds its buffer.

use super::data::Dice;
use super::proxy::{Direction, Line, Proxy, Tap};
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, Taken};
use earmark::audio::{EngineConfig, MemorySource, OutputChoice, Sounds, WavSamples, wav_header};
use earmark::domain::{ByteSource, Command, Event, Output, SoundId};
use earmark::listener::laptop::{Bound, Listener, Settings};
use earmark::listener::meet::{Note, Notes, Seeker};
use earmark::listener::remote::{Player, PlayerConfig, PlayerNews, Seeking};
use earmark::listener::wire::{Address, Frame, FrameSource, Hello, Token};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing here takes so long that it should be waited for longer.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two keys of somebody in a hurry.
const BETWEEN: Duration = Duration::from_millis(150);
/// Bytes of a second of the files here: 16-bit samples at 16 kHz.
const SECOND: u64 = 32_000;
/// And of what stands before them.
const HEADER: u64 = 44;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    // The shorter line is easier, and takes as long to measure.
    let round_trips: &[u64] = if scale.full { &[50, 150] } else { &[150] };
    for &round_trip in round_trips {
        // Some jitter, as a radio has it: a tenth of the round trip, each way.
        let line = Line::round_trip(round_trip).megabits(5).jitter(round_trip / 10, round_trip);
        let title = |what: &str| format!("{what}, {round_trip} ms, 5 Mbit/s");
        commands(scale, report, line, round_trip as f64 + 40.0, &title);
        first_sounds(scale, report, line, round_trip as f64 + 60.0, &title);
        behind_audio(scale, report, line, round_trip as f64 + 40.0, &title);
        playhead(scale, report, line, &title);
        recovery(scale, report, line, &title);
    }
    dead_line(report);
}

/// Sawtooth, as a WAV file; its name says how many seconds, and after a dot which of that length.
struct Files;

impl Sounds for Files {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        let seconds = sound.0.split('.').next().unwrap_or_default();
        let seconds: u32 = seconds.parse().map_err(io::Error::other)?;
        let bytes = seconds * SECOND as u32;
        let mut file = wav_header(16_000, 1, WavSamples::Pcm16, Some(bytes.into()));
        file.extend((0..bytes / 2).flat_map(|frame| ((frame % 160) as i16 * 50).to_le_bytes()));
        Ok((Arc::new(MemorySource::new(file)), "bench.wav".to_owned()))
    }
}

/// What the listener really played last, by its own word: where, and when it said so.
type Truth = Arc<Mutex<Option<(f64, Instant)>>>;

/// A player that finds its listener over a line.
struct Desk {
    player: Player,
    listener: Listener,
    proxy: Proxy,
    events: Receiver<(Instant, Event)>,
    truth: Truth,
    notes: Notes,
    note: Note,
    laptop: PathBuf,
    loaded: u64,
    _home: tempfile::TempDir,
}

fn quiet(why: &str) -> OutputChoice {
    OutputChoice::Silent { why: why.to_owned(), hint: String::new() }
}

impl Desk {
    fn over(line: Line) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let laptop = home.path().join("laptop");
        let token = Token::random();
        let settings = Settings {
            memory: 256 << 20,
            output: quiet("a bench"),
            host: "laptop".to_owned(),
            person: "ann".to_owned(),
        };
        let bound = Bound::unix(&laptop).expect("a socket");
        let listener = Listener::start(settings, bound, token.clone(), Box::new(|_| ()));
        let listener = listener.expect("a thread");

        let notes = Notes::new(home.path().join("listeners"));
        notes.prepare().expect("a folder for notes");
        let truth = Truth::default();
        let lines = (line, Line { seed: line.seed + 1, ..line });
        let proxy =
            Proxy::between(&notes.socket("one"), &laptop, lines, Some(look_on(truth.clone())));
        let note = Note {
            name: "one".to_owned(),
            token,
            address: Address::Unix(proxy.path().to_owned()),
            person: "ann".to_owned(),
            explicit: true,
            laptop: "laptop".to_owned(),
            login: "ann".to_owned(),
            made: 1,
            session: false,
        };
        notes.write(&note).expect("a note");
        let seeker =
            Seeker { person: "ann".to_owned(), explicit: true, session: None, laptop: None };
        let seeking = Seeking { notes: notes.clone(), seeker, hello: Hello::default(), only: None };
        let config = PlayerConfig {
            engine: EngineConfig { output: quiet("nobody listens"), ..EngineConfig::default() },
            seeking: Some(seeking),
            originals: true,
        };
        let (told, events) = channel();
        let on_news = Box::new(move |news| {
            if let PlayerNews::Event(event) = news {
                drop(told.send((Instant::now(), event)));
            }
        });
        let player = Player::start(config, Arc::new(Files), on_news).expect("a thread");
        let desk = Self {
            player,
            listener,
            proxy,
            events,
            truth,
            notes,
            note,
            laptop,
            loaded: 0,
            _home: home,
        };
        desk.wait_for(|event| goes_to(event, "laptop"));
        desk
    }

    /// When something is told that is wanted.
    fn wait_for(&self, wanted: impl Fn(&Event) -> bool) -> (Instant, Event) {
        loop {
            let (at, event) = self.events.recv_timeout(PATIENCE).expect("an answer, in the end");
            assert!(!matches!(event, Event::Failed { .. }), "{event:?}");
            if wanted(&event) {
                return (at, event);
            }
        }
    }

    /// From a command to its answer.
    fn ask(&self, command: Command, answers: impl Fn(&Event) -> bool) -> Taken {
        while self.events.try_recv().is_ok() {}
        let began = Instant::now();
        self.player.send(command);
        let (at, _) = self.wait_for(answers);
        Taken { wall: at - began, cpu: Duration::ZERO }
    }

    fn load(&mut self, file: &str) -> Taken {
        self.loaded += 1;
        let wanted = self.loaded;
        let sound = SoundId(file.to_owned());
        let command = Command::Load { load: wanted, sound, from: 0.0, play: true };
        self.ask(
            command,
            move |event| matches!(event, Event::Started { load, .. } if *load == wanted),
        )
    }

    /// Waits until the listener holds so much.
    fn wait_until_held(&self, bytes: u64) {
        let began = Instant::now();
        while self.listener.held() < bytes {
            assert!(began.elapsed() < PATIENCE, "{} of {bytes} bytes", self.listener.held());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn goes_to(event: &Event, place: &str) -> bool {
    match event {
        Event::Output(Output::Silent { why, .. }) => why.starts_with(place),
        Event::Output(output) => output.place() == Some(place),
        _ => false,
    }
}

fn is_start(event: &Event) -> bool {
    matches!(event, Event::Started { .. })
}

fn is_pause(event: &Event) -> bool {
    matches!(event, Event::Paused { .. })
}

/// Reads what the listener says as it says it.
fn look_on(truth: Truth) -> Tap {
    // By connection: what of its last frame has come.
    let unread = Mutex::new(Vec::<Vec<u8>>::new());
    Box::new(move |connection, direction, bytes| {
        if direction == Direction::There {
            return;
        }
        let now = Instant::now();
        let mut all = unread.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.len().max(connection + 1);
        all.resize_with(count, Vec::new);
        let unread = &mut all[connection];
        unread.extend_from_slice(bytes);
        while let Some(length) = whole_frame(unread) {
            let frame: Vec<u8> = unread.drain(..length).collect();
            if let Ok(Frame::Event { event, .. }) = frame.as_slice().receive() {
                let mut truth = truth.lock().unwrap_or_else(PoisonError::into_inner);
                match event {
                    Event::Started { at, .. } | Event::Position { at, .. } => {
                        *truth = Some((at, now));
                    }
                    Event::Paused { .. } | Event::Ended { .. } => *truth = None,
                    _ => {}
                }
            }
        }
    })
}

/// The length of the first frame, if all of it is there.
fn whole_frame(bytes: &[u8]) -> Option<usize> {
    let length = 4 + u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    (bytes.len() >= length).then_some(length)
}

fn late(series: &Series) -> String {
    format!("p95 {:.0} ms", series.at(0.95).wall.as_secs_f64() * 1000.0)
}

/// Pause, resume, seek and speed, in a file that the listener holds.
fn commands(
    scale: &Scale,
    report: &mut Report,
    line: Line,
    bar: f64,
    title: &dyn Fn(&str) -> String,
) {
    let mut desk = Desk::over(line);
    desk.load("60");
    desk.wait_until_held(HEADER + 60 * SECOND);
    let mut dice = Dice::new(7);
    let mut all = std::array::from_fn::<Series, 4, _>(|_| Series::default());
    for turn in 0..scale.runs * 2 {
        let [pauses, resumes, seeks, speeds] = &mut all;
        let place = 50.0 * dice.part();
        thread::sleep(BETWEEN);
        pauses.push(desk.ask(Command::Pause, is_pause));
        thread::sleep(BETWEEN);
        resumes.push(desk.ask(Command::Play, is_start));
        thread::sleep(BETWEEN);
        seeks.push(desk.ask(
            Command::Seek(place),
            |event| matches!(event, Event::Started { at, .. } if (at - place).abs() < 1.0),
        ));
        thread::sleep(BETWEEN);
        let rate = if turn % 2 == 0 { 1.25 } else { 1.0 };
        speeds.push(desk.ask(Command::Rate(rate), is_start));
    }
    for (what, series) in ["pause", "resume", "seek", "another speed"].into_iter().zip(&all) {
        report.add(
            Row::new(title(&format!("{what}, p50")), Figure::millis(series.median().wall))
                .bar(Bar::AtMost(bar))
                .note(late(series)),
        );
    }
}

/// The next file, fetched ahead and not.
fn first_sounds(
    scale: &Scale,
    report: &mut Report,
    line: Line,
    bar: f64,
    title: &dyn Fn(&str) -> String,
) {
    const FILE: u64 = HEADER + 10 * SECOND;
    let mut desk = Desk::over(line);
    let (mut ahead, mut anew, mut part) = (Series::default(), Series::default(), 0.0f64);
    for turn in 0..scale.runs * 2 {
        desk.player.send(Command::Stop);
        let (held, carried) = (desk.listener.held(), desk.proxy.carried(Direction::There));
        anew.push(desk.load(&format!("10.{turn}")));
        let came = desk.proxy.carried(Direction::There) - carried;
        part = part.max(came as f64 / FILE as f64);
        desk.wait_until_held(held + FILE);
        let next = format!("10.{turn}n");
        desk.player.send(Command::Prefetch(vec![SoundId(next.clone())]));
        desk.wait_until_held(held + 2 * FILE);
        thread::sleep(BETWEEN);
        ahead.push(desk.load(&next));
    }
    report.add(
        Row::new(title("first sound, fetched ahead, p50"), Figure::millis(ahead.median().wall))
            .bar(Bar::AtMost(bar))
            .note(late(&ahead)),
    );
    let note = format!("{}; at most {:.0} % of the file had come", late(&anew), part * 100.0);
    report.add(
        Row::new(
            title("first sound of 10 s (320 kB) not fetched, p50"),
            Figure::millis(anew.median().wall),
        )
        .bar(Bar::AtMost(1000.0))
        .note(note),
    );
}

/// While a long file fills the line: a pause, and a seek to where nothing has come yet.
fn behind_audio(
    scale: &Scale,
    report: &mut Report,
    line: Line,
    bar: f64,
    title: &dyn Fn(&str) -> String,
) {
    let (mut pauses, mut seeks) = (Series::default(), Series::default());
    let mut desk = Desk::over(line);
    for turn in 0..scale.runs.div_ceil(2) {
        desk.load(&format!("900.{turn}"));
        for place in [300.0, 600.0, 100.0] {
            thread::sleep(4 * BETWEEN);
            pauses.push(desk.ask(Command::Pause, is_pause));
            desk.ask(Command::Play, is_start);
            thread::sleep(4 * BETWEEN);
            seeks.push(desk.ask(
                Command::Seek(place),
                |event| matches!(event, Event::Started { at, .. } if (at - place).abs() < 1.0),
            ));
        }
    }
    report.add(
        Row::new(title("pause while audio fills the line, p50"), {
            Figure::millis(pauses.median().wall)
        })
        .bar(Bar::AtMost(bar))
        .note(late(&pauses)),
    );
    report.add(
        Row::new(title("seek to where nothing has come, p50"), Figure::millis(seeks.median().wall))
            .note(late(&seeks)),
    );
}

/// What a screen would show, against what the listener says that it plays just then.
fn playhead(scale: &Scale, report: &mut Report, line: Line, title: &dyn Fn(&str) -> String) {
    let mut desk = Desk::over(line);
    desk.load("60");
    let mut errors = Series::default();
    let until = Instant::now() + scale.watch.min(Duration::from_secs(20));
    while Instant::now() < until {
        let (told, event) = desk.wait_for(|event| matches!(event, Event::Position { .. }));
        let Event::Position { at, .. } = event else { continue };
        let truth = *desk.truth.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((then, when)) = truth else { continue };
        // It may have said something after this was told.
        let since =
            if told >= when { (told - when).as_secs_f64() } else { -(when - told).as_secs_f64() };
        let wall = Duration::from_secs_f64((at - (then + since)).abs());
        errors.push(Taken { wall, cpu: Duration::ZERO });
    }
    report.add(
        Row::new(title("playhead beside the true place, p95"), {
            Figure::millis(errors.at(0.95).wall)
        })
        .bar(Bar::AtMost(50.0))
        .note(format!("p50 {:.0} ms", errors.median().wall.as_secs_f64() * 1000.0)),
    );
}

/// The line is cut in mid-transfer and can be had again at once.
fn recovery(scale: &Scale, report: &mut Report, line: Line, title: &dyn Fn(&str) -> String) {
    let (mut back, mut beside) = (Series::default(), 0.0f64);
    for turn in 0..scale.runs.div_ceil(2) {
        let mut desk = Desk::over(line);
        desk.load(&format!("60.{turn}"));
        desk.wait_for(|event| matches!(event, Event::Position { at, .. } if *at > 0.5));
        let began = Instant::now();
        desk.proxy.cut();
        let (_, stood) = desk.wait_for(is_pause);
        let (sounded, again) = desk.wait_for(is_start);
        if let (Event::Paused { at: stood, .. }, Event::Started { at, .. }) = (stood, again) {
            beside = beside.max((at - stood).abs());
        }
        back.push(Taken { wall: sounded - began, cpu: Duration::ZERO });
    }
    report.add(
        Row::new(title("cut to sound again, p50"), Figure::millis(back.median().wall))
            .note(format!("same file; at most {:.0} ms from where it stood", beside * 1000.0)),
    );
}

/// The line dies without a word while somebody works; another one is laid once that was noticed.
fn dead_line(report: &mut Report) {
    let line = Line::round_trip(50).megabits(5);
    let mut desk = Desk::over(line);
    desk.load("60");
    desk.wait_for(|event| matches!(event, Event::Position { at, .. } if *at > 0.5));
    desk.proxy.go_deaf();
    let began = Instant::now();
    desk.player.send(Command::Seek(30.0));
    let (noticed, _) = desk.wait_for(|event| goes_to(event, "nobody listens"));
    let another = Proxy::start(&desk.notes.socket("two"), &desk.laptop, line);
    let note = Note {
        name: "two".to_owned(),
        address: Address::Unix(another.path().to_owned()),
        made: 2,
        ..desk.note.clone()
    };
    let laid = Instant::now();
    desk.notes.write(&note).expect("a note");
    let (sounded, event) = desk.wait_for(is_start);
    let at = if let Event::Started { at, .. } = event { at } else { 0.0 };
    report.add(Row::new("a dead line noticed after a key", Figure::seconds(noticed - began)));
    report.add(
        Row::new("another line laid, to sound again", Figure::seconds(sounded - laid))
            .bar(Bar::AtMost(2.0))
            .note(format!("at {at:.1} s, where the key went: 30 s")),
    );
}
