//! A person's desk: a home, a folder of recordings, the screen before them and the command line beside it.

use crate::home::Home;
use crate::pty::{Launch, Screen, View};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

pub(crate) struct Desk {
    pub(crate) home: Home,
    pub(crate) folder: PathBuf,
}

impl Desk {
    /// With so many recordings of people.
    pub(crate) fn with(recordings: usize) -> Self {
        let home = Home::new();
        let folder = home.recordings("calls", recordings);
        Self { home, folder }
    }

    /// The screen on the recordings, not started yet.
    pub(crate) fn launch(&self) -> Launch {
        Launch::earmark(&self.home).arg(&self.folder)
    }

    /// The screen on the recordings, once every file is listed, measured and drawn.
    pub(crate) fn open(&self) -> Screen {
        let screen = self.launch().start();
        wait_until_ready(&screen);
        screen
    }

    /// The same for another person.
    pub(crate) fn open_as(&self, person: &str) -> Screen {
        let screen = self.launch().env("EARMARK_USER", person).start();
        wait_until_ready(&screen);
        screen
    }

    /// The program without the screen.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.env_clear().envs(self.home.environment());
        command
    }

    #[track_caller]
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Output {
        let output = self.command().args(args).output().expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", output.status);
        output
    }

    /// `earmark list --json`.
    #[track_caller]
    pub(crate) fn list(&self) -> Vec<Value> {
        let output = self.run([OsStr::new("list"), self.folder.as_ref(), OsStr::new("--json")]);
        json_lines(&output.stdout)
    }

    /// What is labeled, with its content, by name.
    #[track_caller]
    pub(crate) fn labels(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        self.list()
            .iter()
            .filter_map(|line| Some((text(&line["key"])?, text(&line["content"])?)))
            .collect()
    }

    /// The names in the folder, as the list orders them.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).expect("the folder is there");
        let name = |path: PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| name(entry.path())).collect();
        names.sort();
        names
    }

    /// The only workspace that was made.
    pub(crate) fn workspace(&self) -> PathBuf {
        let folder = self.home.join("data/earmark/workspaces");
        let is_workspace = |path: &PathBuf| path.extension().is_some_and(|end| end == "earmark");
        fs::read_dir(&folder)
            .expect("a folder of workspaces")
            .flatten()
            .map(|entry| entry.path())
            .find(is_workspace)
            .expect("a workspace")
    }

    /// Writes a file of settings or keys.
    pub(crate) fn configure(&self, name: &str, text: &str) -> PathBuf {
        let folder = self.home.join("config/earmark");
        fs::create_dir_all(&folder).expect("a folder in the home");
        let path = folder.join(name);
        fs::write(&path, text).expect("a file is written");
        path
    }
}

pub(crate) fn json_lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("JSON is UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Waits until the first sync is over and the pane of the file under the cursor is filled.
#[track_caller]
pub(crate) fn wait_until_ready(screen: &Screen) {
    screen.wait_for("the list after a sync", |view| {
        view.contains("⇅") && !view.contains("listing…") && !view.contains("loading…")
    });
}

/// Until notices are gone, lengths are read and the place is kept: nothing is due any more.
#[track_caller]
pub(crate) fn settled(screen: &Screen) {
    for _ in 0..20 {
        if screen.bytes_while_idle(Duration::from_secs(3)) == 0 {
            return;
        }
    }
    panic!("it never came to rest:\n{}", screen.text());
}

/// The name over the waveform: the file that is open.
pub(crate) fn open_file(view: View<'_>) -> Option<String> {
    let row = view.rows().into_iter().find(|row| row.contains("Files"))?;
    let title = row.split(['┌', '┏']).nth(2)?;
    Some(title.trim_start().split(" ─").next()?.to_owned())
}

/// What stands in the Speech Content box, its rows joined by line ends.
pub(crate) fn box_text(view: View<'_>) -> String {
    let rows = view.rows();
    let inside = rows.iter().skip_while(|row| !row.contains("Speech Content")).skip(1);
    let text: Vec<String> = inside
        .map_while(|row| {
            let cells: Vec<&str> = row.split(['┃', '│']).collect();
            (cells.len() >= 3).then(|| cells[cells.len() - 2].trim().to_owned())
        })
        .collect();
    text.join("\n").trim().to_owned()
}

/// All of a file, to be compared with later.
pub(crate) fn bytes_of(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
