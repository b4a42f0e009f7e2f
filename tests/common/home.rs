//! A person's home for one test: folders of its own that outlive the program, and the environment that leads there.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]
#![allow(clippy::expect_used, reason = "a test may stop where it stands")]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where Debian puts the recordings of people that `make test` installs.
const RECORDINGS: &str = "/usr/share/asterisk/sounds/en_US_f_Allison";

/// Private folders, removed at the end. Programs started in one home see what earlier ones left there.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    /// An empty home: nothing is configured, nothing was ever opened.
    pub(crate) fn new() -> Self {
        let folder = TempDir::with_prefix("earmark-home-").expect("a temporary folder");
        let home = Self { folder };
        for name in ["config", "data", "state", "cache", "run"] {
            fs::create_dir(home.join(name)).expect("a folder in the home");
        }
        home
    }

    /// A path in the home.
    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The whole environment of a program here; nothing of the machine's own but `PATH` is let through.
    /// There is no sound, unless a test says where it goes.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            ("HOME", self.folder.path().into()),
            ("XDG_CONFIG_HOME", self.join("config").into()),
            ("XDG_DATA_HOME", self.join("data").into()),
            ("XDG_STATE_HOME", self.join("state").into()),
            ("XDG_CACHE_HOME", self.join("cache").into()),
            ("XDG_RUNTIME_DIR", self.join("run").into()),
            ("LANG", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
            ("TERM", "xterm-256color".into()),
            ("COLORTERM", "truecolor".into()),
            ("EARMARK_USER", "tester".into()),
            ("EARMARK_PLAYBACK_OUTPUT", "silent".into()),
        ]
    }

    /// A folder of this name with so many recordings: of people where the machine has them, else the demo clips.
    /// The same ones each time, none longer than some ten seconds.
    pub(crate) fn recordings(&self, name: &str, count: usize) -> PathBuf {
        let folder = self.join(name);
        fs::create_dir(&folder).expect("a folder for recordings");
        let found = short_clips(Path::new(RECORDINGS));
        let clips = if found.len() >= count {
            found
        } else {
            short_clips(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo"))
        };
        assert!(clips.len() >= count, "there are only {} recordings", clips.len());
        for clip in clips.iter().take(count) {
            let to = folder.join(clip.file_name().expect("a clip has a name"));
            fs::copy(clip, to).expect("a recording is copied");
        }
        folder
    }
}

fn short_clips(folder: &Path) -> Vec<PathBuf> {
    let audio = |path: &PathBuf| {
        path.extension().is_some_and(|ending| {
            ["wav", "flac", "mp3", "ogg", "opus", "m4a"].iter().any(|known| ending == *known)
        })
    };
    let bearable = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|about| (4_000..160_000).contains(&about.len()))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut clips: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(audio).filter(bearable).collect();
    clips.sort();
    clips
}
