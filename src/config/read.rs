//! Reads the settings files and the environment into [`Layers`].

use super::{Layers, Paths, SettingsFile};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The environment variable that names another settings file.
const CONFIG_VARIABLE: &str = "EARMARK_CONFIG";

/// Bytes of the longest settings file; the shipped ones have a tenth of it.
const LIMIT: u64 = 256 << 10;

/// A settings file that is there but cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
pub struct ReadError {
    /// Which file.
    pub path: PathBuf,
    #[source]
    cause: io::Error,
}

impl ReadError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self.cause.kind() {
            io::ErrorKind::NotFound => {
                Some(format!("unset {CONFIG_VARIABLE}, or name a file that exists"))
            }
            io::ErrorKind::InvalidData => Some("save it as UTF-8".to_owned()),
            io::ErrorKind::FileTooLarge => Some("a settings file has at most 256 KiB".to_owned()),
            _ => None,
        }
    }
}

/// The layers that lie on this machine: the user's file, the dataset's file, each if it exists, and what the
/// environment (`std::env::vars_os()`) sets. The caller adds the flags.
///
/// # Errors
/// When a file exists but cannot be read, or the one that `EARMARK_CONFIG` names does not exist.
pub fn read_layers(
    paths: &Paths,
    dataset: Option<&Path>,
    env: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Layers, ReadError> {
    let (named, env): (Vec<_>, Vec<_>) = env
        .into_iter()
        .filter(|(name, _)| name.to_string_lossy().starts_with("EARMARK_"))
        .partition(|(name, _)| name == CONFIG_VARIABLE);
    let user = match named.first() {
        Some((_, file)) => Some(read(Path::new(file))?),
        None => read_user_file(&paths.config_file())?,
    };
    let dataset = dataset.map(read_user_file).transpose()?.flatten();
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let env = env.into_iter().map(|(name, value)| (text(name), text(value))).collect();
    Ok(Layers { user, dataset, env, flags: Vec::new() })
}

/// A file of the user's that need not exist.
///
/// # Errors
/// When it exists but cannot be read.
pub fn read_user_file(path: &Path) -> Result<Option<SettingsFile>, ReadError> {
    match read(path) {
        Err(error) if error.cause.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn read(path: &Path) -> Result<SettingsFile, ReadError> {
    let text = text(path).map_err(|cause| ReadError { path: path.to_owned(), cause })?;
    Ok(SettingsFile { path: path.to_owned(), text })
}

fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn paths(config: &Path) -> Paths {
        Paths {
            data: config.join("data"),
            config: config.to_owned(),
            state: config.join("state"),
            runtime: config.join("run"),
            cache: config.join("cache"),
        }
    }

    fn env(pairs: &[(&str, &Path)]) -> Vec<(OsString, OsString)> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn files_that_are_not_there_are_no_layers() {
        let dir = tempfile::tempdir().unwrap();
        let layers = read_layers(&paths(dir.path()), Some(&dir.path().join("d.toml")), []).unwrap();
        assert_eq!(layers, Layers::default());
    }

    #[test]
    fn the_named_file_is_read_instead_of_the_usual_one_and_must_exist() {
        let dir = tempfile::tempdir().unwrap();
        let (usual, other) = (dir.path().join("config.toml"), dir.path().join("other.toml"));
        fs::write(&usual, "usual").unwrap();
        let read = |pairs: &[(&str, &Path)]| read_layers(&paths(dir.path()), None, env(pairs));
        assert_eq!(read(&[]).unwrap().user.unwrap().text, "usual");

        let error = read(&[("EARMARK_CONFIG", &other)]).unwrap_err();
        assert_eq!((error.path.as_path(), error.hint().is_some()), (other.as_path(), true));

        fs::write(&other, "other").unwrap();
        let layers = read(&[
            ("EARMARK_CONFIG", &other),
            ("EARMARK_A", Path::new("b")),
            ("PATH", Path::new("/")),
        ])
        .unwrap();
        assert_eq!(layers.user.unwrap().text, "other");
        assert_eq!(layers.env, [("EARMARK_A".to_owned(), "b".to_owned())]);
    }

    #[test]
    fn a_file_without_end_is_told() {
        let read = read_user_file(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(read.hint().as_deref(), Some("a settings file has at most 256 KiB"));
    }

    #[test]
    fn a_file_that_is_no_text_is_told() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.toml"), [0xff, 0xfe]).unwrap();
        let error = read_layers(&paths(dir.path()), None, []).unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("save it as UTF-8"));
    }
}
