//! The private folder of notes.

use super::error::MeetError;
use super::note::{Note, is_name};
use crate::listener::wire::Address;
use rustix::fs::OFlags;
use rustix::process::getuid;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// No note is longer, in bytes.
const LONGEST: u64 = 16 << 10;
/// No more notes are looked at; an account has a handful.
const MOST: usize = 256;

/// The notes of this account on this machine.
#[derive(Debug, Clone)]
pub struct Notes {
    folder: PathBuf,
}

/// What tells whether notes came or went since it was last taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamp {
    changed: Option<SystemTime>,
    names: Vec<OsString>,
}

impl Notes {
    /// Those of a folder; it is neither made nor looked at.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Those below the runtime folder of an account.
    pub fn below(runtime: &Path) -> Self {
        Self::new(runtime.join("listeners"))
    }

    /// Where they lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the socket of a listener lies, if its note says nothing else.
    pub fn socket(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.sock"))
    }

    /// Makes the folder, for this account alone.
    ///
    /// # Errors
    /// It cannot be made, or what is there belongs to others or lets them in.
    pub fn prepare(&self) -> Result<(), MeetError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|source| failed(&self.folder, source))?;
        self.check()
    }

    /// Whether the folder is this account's alone. One that is missing is.
    ///
    /// # Errors
    /// It belongs to others, lets them in, or cannot be looked at.
    pub fn check(&self) -> Result<(), MeetError> {
        let about = match fs::symlink_metadata(&self.folder) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(failed(&self.folder, source)),
        };
        let why = if !about.is_dir() {
            "it is no folder"
        } else if about.uid() != getuid().as_raw() {
            "it belongs to another account"
        } else if about.mode() & 0o077 != 0 {
            "others may enter it"
        } else {
            return Ok(());
        };
        Err(MeetError::Unsafe { path: self.folder.clone(), why })
    }

    /// Writes a note; it is there as a whole or not at all.
    ///
    /// # Errors
    /// Its name is none, the folder is not private, or the file cannot be written.
    pub fn write(&self, note: &Note) -> Result<(), MeetError> {
        if !is_name(&note.name) {
            return Err(MeetError::Name);
        }
        self.prepare()?;
        let (path, draft) = (self.file(&note.name), self.folder.join(format!("{}.new", note.name)));
        let written = || -> io::Result<()> {
            let bytes = serde_json::to_vec(note)?;
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
            file.write_all(&bytes)?;
            fs::rename(&draft, &path)
        };
        written().map_err(|source| {
            let _ = fs::remove_file(&draft);
            failed(&path, source)
        })
    }

    /// Removes a note and the socket beside it. One that is not there is forgotten already.
    pub fn forget(&self, name: &str) {
        if !is_name(name) {
            return;
        }
        for path in [self.file(name), self.socket(name)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(%error, path = %path.display(), "a listener's note stays");
                }
                _ => {}
            }
        }
    }

    /// All notes, the newest first. What is no note is passed over; a note whose socket is gone is forgotten. That a
    /// listener answers is only known from [`super::dial`]: forget those that it finds stale.
    pub fn read(&self) -> Vec<Note> {
        if let Err(error) = self.check() {
            tracing::warn!(%error, "listeners are not looked for");
            return Vec::new();
        }
        let mut notes: Vec<Note> = self
            .names()
            .iter()
            .filter_map(|file| Path::new(file).file_stem()?.to_str())
            .filter_map(|name| self.read_one(name))
            .collect();
        notes.sort_by(|a, b| b.made.cmp(&a.made).then_with(|| b.name.cmp(&a.name)));
        notes
    }

    /// Something cheap to look at: it differs when notes came or went.
    pub fn stamp(&self) -> Stamp {
        let changed = fs::metadata(&self.folder).and_then(|about| about.modified()).ok();
        Stamp { changed, names: self.names() }
    }

    /// Files of notes, in order.
    fn names(&self) -> Vec<OsString> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name());
        let is_note =
            |name: &OsString| Path::new(name).extension().is_some_and(|end| end == "json");
        let mut names: Vec<OsString> = names.filter(is_note).take(MOST).collect();
        names.sort();
        names
    }

    fn read_one(&self, name: &str) -> Option<Note> {
        let note = match self.parsed(name) {
            Ok(note) => note,
            // Somebody else forgot it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(%error, name, "a listener's note cannot be read");
                return None;
            }
        };
        if let Address::Unix(path) = &note.address
            && !path.exists()
        {
            tracing::debug!(name, "a listener's socket is gone");
            self.forget(name);
            return None;
        }
        Some(note)
    }

    fn parsed(&self, name: &str) -> io::Result<Note> {
        let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
        let mut options = OpenOptions::new();
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file: File =
            options.read(true).custom_flags(flags.bits().cast_signed()).open(self.file(name))?;
        let about = file.metadata()?;
        if !about.is_file() || about.uid() != getuid().as_raw() || about.mode() & 0o077 != 0 {
            return Err(wrong("it is not private"));
        }
        let mut bytes = Vec::new();
        file.take(LONGEST).read_to_end(&mut bytes)?;
        let note: Note = serde_json::from_slice(&bytes)?;
        if note.name != name || !is_name(name) {
            return Err(wrong("it goes by another name than its file"));
        }
        Ok(note)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

fn failed(path: &Path, source: io::Error) -> MeetError {
    MeetError::Folder { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::wire::Token;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use tempfile::TempDir;

    fn folder() -> (TempDir, Notes) {
        let folder = TempDir::new().unwrap();
        let notes = Notes::below(&folder.path().join("run"));
        (folder, notes)
    }

    fn note(name: &str, made: u64) -> Note {
        Note {
            name: name.to_owned(),
            token: Token::random(),
            address: Address::Tcp(4711),
            person: "ann".to_owned(),
            explicit: true,
            laptop: "desk".to_owned(),
            login: "ann".to_owned(),
            made,
            session: false,
        }
    }

    #[test]
    fn notes_come_back_as_written_and_the_newest_first() {
        let (_folder, notes) = folder();
        assert_eq!(notes.read(), []);
        let (old, new) = (note("old", 1), note("new", 2));
        notes.write(&old).unwrap();
        notes.write(&new).unwrap();
        assert_eq!(notes.read(), [new, old]);
        let about = fs::metadata(notes.folder().join("old.json")).unwrap();
        assert_eq!(about.mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(notes.folder()).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn the_stamp_tells_of_notes_that_come_and_go() {
        let (_folder, notes) = folder();
        let empty = notes.stamp();
        notes.write(&note("one", 1)).unwrap();
        let one = notes.stamp();
        assert_ne!(one, empty);
        assert_eq!(notes.stamp(), one);
        notes.forget("one");
        assert_ne!(notes.stamp(), one);
    }

    #[test]
    fn a_note_without_its_socket_is_forgotten() {
        let (_folder, notes) = folder();
        let socket = notes.socket("one");
        let note = Note { address: Address::Unix(socket.clone()), ..note("one", 1) };
        notes.write(&note).unwrap();
        File::create(&socket).unwrap();
        assert_eq!(notes.read(), [note]);
        fs::remove_file(&socket).unwrap();
        assert_eq!(notes.read(), []);
        assert!(!notes.folder().join("one.json").exists());
    }

    #[test]
    fn what_is_no_note_is_passed_over() {
        let (_folder, notes) = folder();
        notes.write(&note("good", 1)).unwrap();
        let file = |name: &str| notes.folder().join(name);
        fs::write(file("broken.json"), "{").unwrap();
        fs::set_permissions(file("broken.json"), Permissions::from_mode(0o600)).unwrap();
        fs::copy(file("good.json"), file("other.json")).unwrap();
        fs::copy(file("good.json"), file("open.json")).unwrap();
        fs::set_permissions(file("open.json"), Permissions::from_mode(0o644)).unwrap();
        symlink(file("good.json"), file("link.json")).unwrap();
        let names: Vec<String> = notes.read().into_iter().map(|note| note.name).collect();
        assert_eq!(names, ["good"]);
    }

    #[test]
    fn a_folder_that_others_may_enter_is_refused() {
        let (_folder, notes) = folder();
        notes.write(&note("one", 1)).unwrap();
        fs::set_permissions(notes.folder(), Permissions::from_mode(0o755)).unwrap();
        let error = notes.prepare().unwrap_err();
        assert!(matches!(error, MeetError::Unsafe { .. }) && error.hint().is_some());
        assert!(notes.write(&note("two", 2)).is_err());
        assert_eq!(notes.read(), []);
    }

    #[test]
    fn a_link_to_a_folder_is_refused() {
        let (folder, notes) = folder();
        fs::create_dir(folder.path().join("run")).unwrap();
        symlink(folder.path(), notes.folder()).unwrap();
        assert!(matches!(notes.prepare(), Err(MeetError::Unsafe { .. })));
    }
}
