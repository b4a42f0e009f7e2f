//! The datasets that were opened before: one small file that every process of an account reads and writes.

use super::OpsError;
use crate::config::Paths;
use crate::crash;
use crate::domain::Connection;
use crate::workspace;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDataset {
    /// What it is called; unique here.
    pub name: String,
    /// Where its audio lives.
    pub source: String,
    /// Where its labels are shared, if anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Its workspace file.
    pub workspace: PathBuf,
    /// When it was last worked on, UTC.
    pub opened: Timestamp,
    /// How its buckets are reached.
    #[serde(default, skip_serializing_if = "Connection::is_default")]
    pub connection: Connection,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Datasets {
    #[serde(default)]
    dataset: Vec<KnownDataset>,
}

/// The file that lists them.
#[derive(Debug, Clone)]
pub struct Registry {
    path: PathBuf,
}

impl Registry {
    /// The one of this account.
    pub fn of(paths: &Paths) -> Self {
        Self { path: paths.data.join("datasets.toml") }
    }

    /// All, the one worked on last first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn all(&self) -> Result<Vec<KnownDataset>, OpsError> {
        let mut all = self.read()?.dataset;
        all.sort_by(|a, b| b.opened.cmp(&a.opened).then_with(|| a.name.cmp(&b.name)));
        Ok(all)
    }

    /// The one with this name or this source.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&self, name_or_source: &str) -> Result<Option<KnownDataset>, OpsError> {
        let all = self.read()?.dataset;
        let named = all.iter().find(|known| known.name == name_or_source);
        Ok(named.or_else(|| all.iter().find(|known| known.source == name_or_source)).cloned())
    }

    /// Adds it, or replaces what is known about its workspace.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn remember(&self, dataset: KnownDataset) -> Result<(), OpsError> {
        self.change(|all| {
            all.retain(|known| known.workspace != dataset.workspace);
            all.push(dataset);
            Ok(())
        })
    }

    /// Gives it another name.
    ///
    /// # Errors
    /// The name is taken or cannot be one; the file cannot be read or written.
    pub fn rename(&self, workspace: &Path, name: &str) -> Result<(), OpsError> {
        check_name(name)?;
        self.change(|all| {
            if all.iter().any(|known| known.name == name && known.workspace != workspace) {
                return Err(OpsError::NameTaken(name.to_owned()));
            }
            for known in all.iter_mut().filter(|known| known.workspace == workspace) {
                name.clone_into(&mut known.name);
            }
            Ok(())
        })
    }

    /// Takes it off the list. Its workspace file stays.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn forget(&self, workspace: &Path) -> Result<(), OpsError> {
        self.change(|all| {
            all.retain(|known| known.workspace != workspace);
            Ok(())
        })
    }

    fn read(&self) -> Result<Datasets, OpsError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Datasets::default()),
            Err(error) => return Err(OpsError::io("read", &self.path)(error)),
        };
        toml::from_str(&text).map_err(|error| OpsError::Registry {
            path: self.path.clone(),
            why: error.message().to_owned(),
        })
    }

    /// One change at a time, whichever process makes it; readers see the old file or the new one.
    fn change(
        &self,
        change: impl FnOnce(&mut Vec<KnownDataset>) -> Result<(), OpsError>,
    ) -> Result<(), OpsError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        make_private_folder(folder)?;
        let lock = self.path.with_extension("lock");
        let _locked = locked(&lock).map_err(OpsError::io("lock", &lock))?;
        let mut datasets = self.read()?;
        change(&mut datasets.dataset)?;
        self.write(folder, &datasets).map_err(OpsError::io("write", &self.path))
    }

    fn write(&self, folder: &Path, datasets: &Datasets) -> io::Result<()> {
        let text = toml::to_string_pretty(datasets).map_err(io::Error::other)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        crash::point("ops.known.written");
        file.persist(&self.path)?;
        crash::point("ops.known.named");
        File::open(folder)?.sync_all()
    }
}

/// A file that one process at a time holds until it drops it.
pub(super) fn locked(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.lock()?;
    Ok(file)
}

/// A name people can type: neither empty nor a path, and nothing in it that a terminal would obey.
pub(super) fn check_name(name: &str) -> Result<(), OpsError> {
    let good = !name.trim().is_empty()
        && name.len() <= 100
        && !name.starts_with(['.', '-'])
        && !name.contains(|c: char| c == '/' || c.is_control());
    good.then_some(()).ok_or_else(|| OpsError::BadName(name.to_owned()))
}

/// Makes a folder that only this account can enter.
///
/// # Errors
/// It cannot be made.
pub fn make_private_folder(folder: &Path) -> Result<(), OpsError> {
    workspace::private_folder(folder).map_err(OpsError::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str, opened: i64) -> KnownDataset {
        KnownDataset {
            name: name.into(),
            source: format!("/data/{name}"),
            output: None,
            workspace: format!("/ws/{name}").into(),
            opened: Timestamp::from_second(opened).unwrap(),
            connection: Connection::default(),
        }
    }

    fn registry() -> (tempfile::TempDir, Registry) {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry { path: dir.path().join("data/datasets.toml") };
        (dir, registry)
    }

    #[test]
    fn what_was_opened_last_comes_first() {
        let (_dir, registry) = registry();
        assert_eq!(registry.all().unwrap(), []);
        registry.remember(known("a", 1)).unwrap();
        registry.remember(known("b", 2)).unwrap();
        registry.remember(known("a", 3)).unwrap();
        assert_eq!(registry.all().unwrap(), [known("a", 3), known("b", 2)]);
        assert_eq!(registry.find("b").unwrap(), Some(known("b", 2)));
        assert_eq!(registry.find("/data/a").unwrap(), Some(known("a", 3)));
        registry.forget(Path::new("/ws/a")).unwrap();
        assert_eq!(registry.all().unwrap(), [known("b", 2)]);
    }

    #[test]
    fn names_stay_unique_and_typable() {
        let (_dir, registry) = registry();
        registry.remember(known("a", 1)).unwrap();
        registry.remember(known("b", 2)).unwrap();
        let rename = |name: &str| registry.rename(Path::new("/ws/a"), name);
        assert!(matches!(rename("b"), Err(OpsError::NameTaken(_))));
        assert!(matches!(rename("x/y"), Err(OpsError::BadName(_))));
        assert!(matches!(rename("\u{1b}[2J"), Err(OpsError::BadName(_))));
        rename("c").unwrap();
        assert_eq!(registry.find("c").unwrap().unwrap().source, "/data/a");
    }

    #[test]
    fn a_damaged_list_is_named_and_left_alone() {
        let (_dir, registry) = registry();
        registry.remember(known("a", 1)).unwrap();
        fs::write(&registry.path, "[[dataset]]\nname = 3").unwrap();
        assert!(matches!(registry.remember(known("b", 2)), Err(OpsError::Registry { .. })));
        assert_eq!(fs::read_to_string(&registry.path).unwrap(), "[[dataset]]\nname = 3");
    }

    #[test]
    fn processes_at_once_lose_nothing() {
        let (_dir, registry) = registry();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let registry = &registry;
                scope.spawn(move || registry.remember(known(&n.to_string(), n)).unwrap());
            }
        });
        assert_eq!(registry.all().unwrap().len(), 8);
    }
}
