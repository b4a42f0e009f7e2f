//! A scripted labeler at the keyboard, and what the screen confirmed to it.
//!
//! What it does is drawn from a seed. It believes only what it sees: a label counts when the screen shows it done. So
//! whatever ends the program, [`Labeler::check`] can tell what must be in the workspace, and what may be.

mod script;
mod truth;

use crate::home::Home;
use crate::pty::{Launch, Screen, View};
use earmark::audio::{WavSamples, wav_header};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use truth::Truth;

/// Numbers that are the same for the same seed (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// A person with a home, recordings, an output and a memory.
pub(crate) struct Labeler {
    pub(crate) home: Home,
    pub(crate) folder: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) dice: Dice,
    truth: Truth,
    /// How often a new machine looked.
    shared: u64,
}

impl Labeler {
    /// With so many recordings, all different. The workspace is made and shared.
    pub(crate) fn new(seed: u64, files: usize) -> Self {
        let home = Home::new();
        let (folder, output) = (home.join("calls"), home.join("out"));
        fs::create_dir(&folder).expect("a folder for recordings");
        let names: Vec<String> = (0..files).map(|n| format!("f{n:02}.wav")).collect();
        for (n, name) in names.iter().enumerate() {
            fs::write(folder.join(name), recording(n)).expect("a recording is written");
        }
        let labeler =
            Self { home, folder, output, dice: Dice(seed), truth: Truth::new(names), shared: 0 };
        labeler.run(&["sync", "calls", "--output", "out"]);
        labeler
    }

    /// The screen, as it is started.
    pub(crate) fn launch(&self) -> Launch {
        Launch::earmark(&self.home).arg(&self.folder)
    }

    /// The program without the screen.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.env_clear().envs(self.home.environment()).current_dir(self.home.join(""));
        command.args(args);
        command
    }

    /// Runs it to its end, which is to be a good one.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "earmark {args:?}: {}: {said}", output.status);
        output
    }

    /// What it prints with `--json`, a line each.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Vec<Value> {
        let args = [args, &["--json"]].concat();
        let said = String::from_utf8(self.run(&args).stdout).expect("JSON is UTF-8");
        said.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// The only workspace in its place.
    pub(crate) fn workspace(&self) -> PathBuf {
        let entries = fs::read_dir(self.home.join("data/earmark/workspaces")).expect("a folder");
        let mut paths = entries.flatten().map(|entry| entry.path());
        paths.find(|path| path.extension().is_some_and(|end| end == "earmark")).expect("one")
    }

    /// Works until the program ends, or everything that was drawn is done.
    pub(crate) fn work(&mut self, screen: &Screen) {
        let _ = self.day(screen);
    }

    /// Does each kind of thing that it can do.
    #[track_caller]
    pub(crate) fn do_everything(&mut self, screen: &Screen) {
        assert!(self.each_step(screen).is_some(), "the program ended");
    }

    /// Does so many things.
    pub(crate) fn work_a_little(&mut self, screen: &Screen, steps: u64) {
        let _ = self.steps(screen, steps);
    }

    /// Types in one box until the program ends.
    pub(crate) fn type_on(&mut self, screen: &Screen) {
        let _ = self.type_on_until_the_end(screen);
    }

    /// Actions that the screen has confirmed so far.
    pub(crate) fn confirmed(&self) -> u64 {
        self.truth.confirmed
    }

    /// Times that a draft was compared with what had been seen long enough ago.
    pub(crate) fn drafts_due(&self) -> u64 {
        self.truth.drafts_due
    }

    /// Everything that must be there is there, and nothing else; what was left open is known from now on. Counts.
    #[track_caller]
    pub(crate) fn check(&mut self) {
        self.truth.check(&self.workspace());
    }

    /// Synchronizes, and compares with a machine that knows nothing but the output.
    #[track_caller]
    pub(crate) fn check_shared(&mut self) {
        self.run(&["sync", "calls"]);
        self.check();
        let here = labels(&self.json(&["list", "calls", "--tab", "all"]));
        self.shared += 1;
        let other = self.home.join(format!("other{}.earmark", self.shared));
        let other = other.to_string_lossy().into_owned();
        self.run(&["--workspace", &other, "sync", "out"]);
        let there = labels(&self.json(&["--workspace", &other, "list", "out", "--tab", "all"]));
        assert_eq!(here, there, "a new machine sees something else");
        let published = self.json(&["versions", "calls"]);
        // One that was killed while it was published is there without a manifest, and says that it is not finished.
        let (published, begun): (Vec<_>, Vec<_>) =
            published.into_iter().partition(|version| version["manifest"].is_string());
        assert!(begun.iter().all(|version| version["complete"] == false), "{begun:?}");
        for confirmed in &self.truth.published {
            let is_there = published.iter().any(|version| version["version"] == confirmed.as_str());
            assert!(is_there, "{confirmed} was published: {published:?}");
        }
        for version in &published {
            let manifest = version["manifest"].as_str().expect("a version names its manifest");
            let text = fs::read_to_string(self.output.join(manifest)).expect("it is there");
            assert_eq!(version["total"], text.lines().count() as u64, "{manifest}");
        }
    }
}

fn labels(list: &[Value]) -> Vec<(Value, Value, Value)> {
    let of = |line: &Value| (line["key"].clone(), line["state"].clone(), line["content"].clone());
    let mut labels: Vec<_> = list.iter().map(of).collect();
    labels.sort_by_key(|(key, ..)| key.to_string());
    labels
}

/// Half a second of a tone of its own.
fn recording(number: usize) -> Vec<u8> {
    let (rate, frames) = (8_000_u32, 4_000 + number);
    let mut wav = wav_header(rate, 1, WavSamples::Pcm16, Some(frames as u64 * 2));
    let step = 200.0 + 10.0 * number as f64;
    for frame in 0..frames {
        let phase = frame as f64 * step / f64::from(rate) * std::f64::consts::TAU;
        wav.extend(((phase.sin() * 9_000.0) as i16).to_le_bytes());
    }
    wav
}

/// The name over the waveform: the file that is open.
pub(crate) fn open_file(view: View<'_>) -> Option<String> {
    let row = view.rows().into_iter().find(|row| row.contains("Files"))?;
    let title = row.split(['┌', '┏']).nth(2)?;
    Some(title.trim_start().split(" ─").next()?.to_owned())
}

/// What stands in the Speech Content box, on one line.
pub(crate) fn box_text(view: View<'_>) -> String {
    let rows = view.rows();
    let inside = rows.iter().skip_while(|row| !row.contains("Speech Content")).skip(1);
    let row = inside.map_while(|row| {
        let cells: Vec<&str> = row.split(['┃', '│']).collect();
        (cells.len() >= 3).then(|| cells[cells.len() - 2].trim().to_owned())
    });
    row.collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// The number behind the name of a tab.
pub(crate) fn tab_count(view: View<'_>, name: &str) -> Option<usize> {
    let rows = view.rows();
    let behind = rows.iter().find_map(|row| Some(row.split_once(name)?.1.trim_start()))?;
    let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
