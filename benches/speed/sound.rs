//! From a key to sound, on the output that is silent and runs by the clock: what the engine adds, without a device.

use super::clips::{self, CODECS};
use super::data::{self, Dice, Scratch};
use super::desk::Desk;
use super::peers;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, Taken};
use earmark::app::{Effect, LabelJob, LabelOutcome, Message};
use earmark::audio::{Engine, EngineConfig, FileSource, OutputChoice, Sounds};
use earmark::domain::{ByteSource, Command, Event, SoundId};
use earmark::workspace::{self, LabelRequest, Writer};
use jiff::Timestamp;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What a person needs at the very least for a file: by then the next ones are decoded ahead.
const LISTENING: Duration = Duration::from_millis(150);
/// Nothing here takes so long that it should be waited for longer.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    commit(scale, report);
    for minutes in scale.long() {
        long(scale, report, minutes);
    }
}

/// Files of a folder, each by its path in it.
struct Folder(PathBuf);

impl Sounds for Folder {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        Ok((Arc::new(FileSource::open(&self.0.join(&sound.0))?), sound.0.clone()))
    }
}

struct Player {
    engine: Engine,
    events: Receiver<(Instant, Event)>,
}

impl Player {
    fn of(folder: &Path) -> Self {
        let (told, events) = channel();
        let output = OutputChoice::Silent { why: "a bench".to_owned(), hint: String::new() };
        let engine = Engine::spawn(
            EngineConfig { output, ..EngineConfig::default() },
            Arc::new(Folder(folder.to_owned())),
            Box::new(move |event| drop(told.send((Instant::now(), event)))),
        );
        Self { engine: engine.expect("a thread"), events }
    }

    /// When sound went out: of the load with this number, and not before it was asked for.
    fn started(&self, load: u64) -> Instant {
        loop {
            match self.events.recv_timeout(PATIENCE).expect("sound, in the end") {
                (at, Event::Started { load: started, .. }) if started == load => return at,
                (_, Event::Failed { why, .. }) => panic!("it does not play: {why}"),
                _ => {}
            }
        }
    }

    /// Forgets what was told so far.
    fn forget(&self) {
        while self.events.try_recv().is_ok() {}
    }

    /// From a command to the sound that it starts.
    fn time(&self, load: u64, command: Command) -> Taken {
        self.forget();
        let began = Instant::now();
        self.engine.send(command);
        Taken { wall: self.started(load) - began, cpu: Duration::ZERO }
    }
}

/// Puts labels on disk beside the screen, as the program's writer thread does.
struct Committing {
    jobs: Option<Sender<LabelJob>>,
    done: Receiver<(LabelJob, Duration)>,
    thread: Option<JoinHandle<()>>,
}

impl Committing {
    fn start(workspace: &Path) -> Self {
        let mut writer = Writer::open(workspace, data::identity()).expect("the copy opens");
        let (jobs, inbox) = channel::<LabelJob>();
        let (told, done) = channel();
        let thread = thread::spawn(move || {
            for job in inbox {
                let request = LabelRequest {
                    sample: job.sample,
                    content: job.content.clone(),
                    how: job.how.clone(),
                    based_on: job.based_on.clone(),
                };
                let began = Instant::now();
                let outcome = writer.label(&request, Timestamp::now()).expect("it is labeled");
                assert!(matches!(outcome, workspace::LabelOutcome::Labeled(_)), "{outcome:?}");
                if told.send((job, began.elapsed())).is_err() {
                    return;
                }
            }
        });
        Self { jobs: Some(jobs), done, thread: Some(thread) }
    }
}

impl Drop for Committing {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Enter in the box: the label goes to disk, the next file sounds.
fn commit(scale: &Scale, report: &mut Report) {
    let scratch = Scratch::of(&data::unlabeled(1_000));
    let mut desk = Desk::open(&scratch.path());
    let player = Player::of(&clips::source());
    let committing = Committing::start(&scratch.path());
    let mut loaded = 0;
    let (mut sounds, mut commits) = (Series::default(), Series::default());
    let mut press = |desk: &mut Desk, key: &str| {
        let began = Instant::now();
        desk.press(key, &mut |effect| outside(effect, &player, &committing, &mut loaded));
        (began, loaded)
    };
    press(&mut desk, "enter");
    for _ in 0..(10 * scale.runs).max(40) {
        thread::sleep(LISTENING);
        for letter in ["h", "e", "l", "l", "o"] {
            press(&mut desk, letter);
        }
        player.forget();
        let (began, load) = press(&mut desk, "enter");
        sounds.push(Taken { wall: player.started(load) - began, cpu: Duration::ZERO });
        let (job, took) = committing.done.recv_timeout(PATIENCE).expect("the label is on disk");
        commits.push(Taken { wall: took, cpu: Duration::ZERO });
        let report = earmark::domain::ActionReport { action: None, changed: 1, skipped: vec![] };
        let outcome = LabelOutcome::Labeled(report);
        desk.take(Message::Labeled { job, outcome }, &mut |_| ());
    }
    let (median, late) = (sounds.median().wall, sounds.at(0.95).wall);
    let note =
        format!("p95 {:.0} ms; the output takes samples every 20 ms", late.as_secs_f64() * 1000.0);
    report.add(
        Row::new("Enter to the first sound of the next file, p50", Figure::millis(median))
            .against(peers::NAME, peers::NEXT_FILE)
            .bar(Bar::AtMost(50.0))
            .note(note),
    );
    report.add(
        Row::new("Enter to the label on disk, p50", Figure::millis(commits.median().wall))
            .against(peers::NAME, peers::SUBMIT),
    );
}

/// What the screen asks of the world outside the workspace's reader.
fn outside(effect: &Effect, player: &Player, committing: &Committing, loaded: &mut u64) {
    let id = |key: &earmark::domain::SampleKey| SoundId(key.lossy().into_owned());
    let command = match effect {
        Effect::Load { load, sound, from, play } => {
            *loaded = *load;
            Command::Load { load: *load, sound: id(&sound.key), from: *from, play: *play }
        }
        Effect::Prefetch(sounds) => {
            Command::Prefetch(sounds.iter().map(|sound| id(&sound.key)).collect())
        }
        Effect::Player(command) => command.clone(),
        Effect::Label(job) => {
            let jobs = committing.jobs.as_ref().expect("it is open to the end");
            jobs.send(job.clone()).expect("the writer lives");
            return;
        }
        _ => return,
    };
    player.engine.send(command);
}

/// Has the system forget what it keeps of a file, as it has of one that nobody opened for a while.
fn forget(path: &Path) {
    let file = File::open(path).expect("an input opens");
    rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed).expect("advice is taken");
}

/// A long file that is on the disk alone, in each codec: opened at its start and in its middle, and sought in while it plays.
fn long(scale: &Scale, report: &mut Report, minutes: u64) {
    let seconds = (60 * minutes) as f64;
    let mut dice = Dice::new(17);
    let mut opened: Vec<(Taken, &str)> = Vec::new();
    let mut sought: Vec<(Series, &str)> = Vec::new();
    let wanted =
        |name: &str| minutes == scale.minutes || matches!(name, "WAV" | "FLAC" | "MP3" | "Opus");
    for codec in CODECS.iter().filter(|codec| wanted(codec.0)) {
        let path = clips::clip(codec, minutes);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (mut opens, mut seeks) = (Series::default(), Series::default());
        for run in 0..scale.runs.max(5) {
            forget(&path);
            let player = Player::of(&data::folder());
            let from = if run % 2 == 0 { 0.0 } else { seconds / 2.0 };
            let sound = SoundId(name.clone());
            opens.push(player.time(1, Command::Load { load: 1, sound, from, play: true }));
            for _ in 0..8 {
                thread::sleep(Duration::from_millis(50));
                seeks.push(player.time(1, Command::Seek((seconds - 10.0) * dice.part())));
            }
        }
        opened.push((opens.median(), codec.0));
        sought.push((seeks, codec.0));
    }
    let length = clips::length(minutes);
    let which = if sought.len() == CODECS.len() {
        "slowest codec".to_owned()
    } else {
        format!("slowest of {} codecs", sought.len())
    };
    let list = |all: Vec<(Taken, &str)>| {
        let each = all
            .iter()
            .map(|(taken, name)| format!("{name} {:.0} ms", taken.wall.as_secs_f64() * 1000.0));
        each.collect::<Vec<_>>().join(", ")
    };
    let slowest = |all: &[(Taken, &str)]| {
        let taken = all.iter().map(|(taken, _)| taken.wall).max().unwrap_or_default();
        Figure::millis(taken)
    };
    report.add(
        Row::new(format!("first sound of {length}, {which}, p50"), slowest(&opened))
            .bar(Bar::AtMost(100.0))
            .note(list(opened)),
    );
    for (what, part) in [("p50", 0.5), ("p95", 0.95), ("worst", 1.0)] {
        let all: Vec<(Taken, &str)> =
            sought.iter().map(|(seeks, name)| (seeks.at(part), *name)).collect();
        report.add(
            Row::new(format!("a seek in {length}, {which}, {what}"), slowest(&all))
                .bar(Bar::AtMost(50.0))
                .note(list(all)),
        );
    }
}
