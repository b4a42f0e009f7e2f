//! Which running earmarks are alive: each holds a lock on a file of its own, which the system lets go with it.

use super::error::{Result, WorkspaceError};
use super::file::{beside, private_file, private_folder};
use crate::domain::InstanceId;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Says "alive" for as long as it is held. One process may hold several for one instance.
#[derive(Debug)]
pub(super) struct Presence {
    folder: PathBuf,
    mine: InstanceId,
    _lock: File,
}

impl Presence {
    /// Marks an instance as alive, and clears away what the dead left behind.
    pub(super) fn enter(workspace: &Path, mine: InstanceId) -> Result<Self> {
        let folder = beside(workspace, "-live");
        private_folder(&folder)?;
        let file = hold(&folder.join(mine.to_string()))?;
        let presence = Self { folder, mine, _lock: file };
        presence.sweep();
        Ok(presence)
    }

    /// Whether an instance runs on this machine right now.
    pub(super) fn alive(&self, instance: InstanceId) -> bool {
        instance == self.mine || locked(&self.folder.join(instance.to_string()))
    }

    /// Whether no other instance runs on this machine right now.
    pub(super) fn alone(&self) -> bool {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let others = entries.filter(|entry| entry.file_name() != self.mine.to_string().as_str());
        !others.map(|entry| entry.path()).any(|path| locked(&path))
    }

    /// Whether any earmark of this machine works in a workspace.
    pub(super) fn anyone(workspace: &Path) -> bool {
        let entries = fs::read_dir(beside(workspace, "-live")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).any(|path| locked(&path))
    }

    fn sweep(&self) {
        // Leftovers harm nobody: what cannot be read or removed is tried again next time.
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.filter_map(std::result::Result::ok) {
            let path = entry.path();
            if entry.file_name() != self.mine.to_string().as_str() && !locked(&path) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Makes the file if need be and locks it, shared. Begins anew when a neighbour swept it away in between.
fn hold(path: &Path) -> Result<File> {
    let failed = |error| WorkspaceError::io("lock", path, error);
    loop {
        let file = match private_file(path) {
            Err(WorkspaceError::Exists(_)) => match File::open(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                opened => opened.map_err(failed)?,
            },
            made => made?,
        };
        file.lock_shared().map_err(failed)?;
        let held = file.metadata().map_err(failed)?.ino();
        if fs::metadata(path).is_ok_and(|there| there.ino() == held) {
            return Ok(file);
        }
    }
}

/// A file that cannot be asked counts as held: a living neighbour's text must not be taken.
fn locked(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => file.try_lock().is_err(),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn alive_until_the_last_holder_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("w");
        let (a, b) = (InstanceId(Uuid::now_v7()), InstanceId(Uuid::now_v7()));
        let me = Presence::enter(&workspace, a).unwrap();
        assert!(!me.alive(b) && me.alone());
        let other = Presence::enter(&workspace, b).unwrap();
        let again = Presence::enter(&workspace, b).unwrap();
        assert!(me.alive(b));
        drop(other);
        assert!(me.alive(b) && !me.alone());
        drop(again);
        assert!(!me.alive(b) && me.alone());
        assert!(me.alive(a));
    }
}
