//! A dataset to try earmark on: recordings of a real speaker where the system has some, else the clips that are shipped.

use super::OpsError;
use std::fs;
use std::path::{Path, PathBuf};

/// Where Debian's `asterisk-core-sounds-en-wav` puts the recordings of one speaker.
const RECORDINGS: &str = "/usr/share/asterisk/sounds/en_US_f_Allison";

macro_rules! clips {
    ($($name:literal),* $(,)?) => {
        /// The shipped clips: name and bytes.
        const CLIPS: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../../assets/demo/", $name)))),*];
    };
}

clips![
    "01_greeting_agent.wav",
    "01_greeting_caller.wav",
    "02_order_agent.flac",
    "02_order_caller.mp3",
    "03_weather_de.ogg",
    "03_weather_fr.opus",
    "03_weather_zh.wav",
    "04_numbers_es.m4a",
];

/// A demo dataset that is ready to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demo {
    /// The folder.
    pub folder: PathBuf,
    /// Files in it that came from here, now or before.
    pub files: u64,
    /// Whether they are recordings of a person.
    pub recorded: bool,
}

/// Fills `folder`, which is made if it is not there. What lies in it already stays as it is.
///
/// # Errors
/// The folder cannot be written, or the recordings cannot be read.
pub fn make_demo(folder: &Path) -> Result<Demo, OpsError> {
    fs::create_dir_all(folder).map_err(OpsError::io("make the folder", folder))?;
    let recordings = Path::new(RECORDINGS);
    let copied = if recordings.is_dir() { copy_recordings(recordings, folder)? } else { 0 };
    if copied > 0 {
        return Ok(Demo { folder: folder.to_owned(), files: copied, recorded: true });
    }
    for (name, bytes) in CLIPS {
        let path = folder.join(name);
        if !path.exists() {
            fs::write(&path, bytes).map_err(OpsError::io("write", &path))?;
        }
    }
    Ok(Demo { folder: folder.to_owned(), files: CLIPS.len() as u64, recorded: false })
}

/// Copies every recording with its folders; silences and beeps are left out.
fn copy_recordings(from: &Path, to: &Path) -> Result<u64, OpsError> {
    let mut copied = 0;
    for item in fs::read_dir(from).map_err(OpsError::io("read", from))? {
        let item = item.map_err(OpsError::io("read", from))?;
        let (name, path) = (item.file_name(), item.path());
        if path.is_dir() {
            if name != "silence" {
                copied += copy_recordings(&path, &to.join(&name))?;
            }
            continue;
        }
        let target = to.join(&name);
        if path.extension().is_none_or(|ending| ending != "wav") || is_tone(&path) {
            continue;
        }
        if !target.exists() {
            fs::create_dir_all(to).map_err(OpsError::io("make the folder", to))?;
            fs::copy(&path, &target).map_err(OpsError::io("copy", &path))?;
        }
        copied += 1;
    }
    Ok(copied)
}

fn is_tone(path: &Path) -> bool {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    name.starts_with("beep") || name.ends_with("tone")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_is_made_once_and_nothing_in_it_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("demo");
        let first = make_demo(&folder).unwrap();
        assert!(first.files >= CLIPS.len() as u64);
        let some = fs::read_dir(&folder).unwrap().flatten().find(|item| item.path().is_file());
        let some = some.unwrap().path();
        fs::write(&some, "mine").unwrap();
        assert_eq!(make_demo(&folder).unwrap(), first);
        assert_eq!(fs::read(&some).unwrap(), b"mine");
    }
}
