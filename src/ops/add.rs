//! Add data: local recordings copied into the source, and into the dataset without a sync of everything.

use super::OpsError;
use crate::audio::{self, SNIFF_BYTES, looks_like_audio, sniff};
use crate::domain::{SampleKey, SampleState, Source};
use crate::objects::{Entry, Options, PutIf, Store, StoreError};
use crate::text::safe_bytes;
use crate::workspace::{Listed, Reader, Writer};
use jiff::Timestamp;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// One local file and the key that it is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The file.
    pub file: PathBuf,
    /// Its key in the source.
    pub key: SampleKey,
    /// Bytes.
    pub bytes: u64,
}

/// What became of one file.
#[derive(Debug)]
pub enum AddOutcome {
    /// In the source and in the dataset.
    Added,
    /// It took the place of another file of that key.
    Replaced,
    /// Something has its key already, and stays.
    Exists,
    /// It is no recording that can be read; why.
    NotAudio(String),
    /// It could not be copied.
    Failed(OpsError),
}

/// Finds the files that are meant: files as they are named, of folders every visible file that looks like audio. Keys
/// are `folder` (empty, or ending in `/`) and the file's name, of folders the path below them.
///
/// # Errors
/// A file that is not there or cannot be read; two files for one key.
pub fn find_additions(typed: &[PathBuf], folder: &str) -> Result<Vec<Addition>, OpsError> {
    let folder = checked_folder(folder)?;
    let mut additions = Vec::new();
    for path in typed {
        let about = fs::metadata(path).map_err(OpsError::io("read", path))?;
        if about.is_dir() {
            below(path, folder.as_bytes(), &mut additions)?;
        } else {
            let name = path.file_name().unwrap_or_default().as_bytes();
            let key = SampleKey::new([folder.as_bytes(), name].concat());
            additions.push(Addition { file: path.clone(), key, bytes: about.len() });
        }
    }
    let mut keys = HashSet::new();
    match additions.iter().find(|addition| !keys.insert(addition.key.clone())) {
        Some(twice) => Err(OpsError::TwoFilesOneKey(safe_bytes(twice.key.as_bytes()).into_owned())),
        None => Ok(additions),
    }
}

/// A folder of the source, ending in `/` unless it is the source itself.
fn checked_folder(typed: &str) -> Result<String, OpsError> {
    let parts: Vec<&str> = typed.split('/').filter(|part| !part.is_empty()).collect();
    let hidden = |part: &&str| part.starts_with('.') || part.chars().any(char::is_control);
    if typed.starts_with('/') || parts.iter().any(hidden) {
        return Err(StoreError::Outside { key: typed.to_owned() }.into());
    }
    Ok(parts.iter().flat_map(|part| [part, "/"]).collect())
}

fn below(folder: &Path, base: &[u8], additions: &mut Vec<Addition>) -> Result<(), OpsError> {
    let entries = fs::read_dir(folder).map_err(OpsError::io("read the folder", folder))?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(OpsError::io("read the folder", folder))?.path());
    }
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().as_bytes().to_vec();
        if name.starts_with(b".") {
            continue;
        }
        // Links to folders are not followed: they could lead in circles.
        let about = fs::symlink_metadata(&path).map_err(OpsError::io("read", &path))?;
        let key = [base, name.as_slice()].concat();
        if about.is_dir() {
            below(&path, &[key.as_slice(), b"/"].concat(), additions)?;
        } else if looks_like_audio(&String::from_utf8_lossy(&name)) && path.is_file() {
            let bytes = fs::metadata(&path).map_err(OpsError::io("read", &path))?.len();
            additions.push(Addition { file: path, key: SampleKey::new(key), bytes });
        }
    }
    Ok(())
}

/// Checks one file, copies it into the source and takes it into the dataset. `on_bytes` is told how many of its bytes
/// are there and may stop it: then `None` comes back, and what a store keeps of it is gone on with next time.
pub fn add_one(
    writer: &mut Writer,
    store: &Store,
    addition: &Addition,
    overwrite: bool,
    at: Timestamp,
    on_bytes: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Option<AddOutcome> {
    if let Err(why) = check_audio(&addition.file) {
        return Some(AddOutcome::NotAudio(why));
    }
    let key = &addition.key;
    let there = match store.head(key) {
        Ok(there) => there,
        Err(error) => return Some(AddOutcome::Failed(error.into())),
    };
    if let Some(there) = there.as_ref().filter(|_| !overwrite) {
        let outcome = taken_up(writer, store, addition, there, at);
        return Some(outcome.unwrap_or_else(AddOutcome::Failed));
    }
    let when = if overwrite { PutIf::Anything } else { PutIf::Absent };
    let stamp = match store.upload(key, &addition.file, when, on_bytes) {
        Ok(stamp) => stamp,
        Err(StoreError::Stopped) => return None,
        Err(StoreError::AlreadyThere { .. }) => return Some(AddOutcome::Exists),
        Err(error) => return Some(AddOutcome::Failed(error.into())),
    };
    // What the store says of it from now on; the time is only for ordering, and the next sync corrects it.
    let modified = store.head(key).ok().flatten().and_then(|entry| entry.modified).or(Some(at));
    let listed = Listed { key: key.clone(), size: stamp.size, etag: stamp.etag.clone(), modified };
    Some(match writer.take_in(&listed) {
        Ok(()) if there.is_some() => AddOutcome::Replaced,
        Ok(()) => AddOutcome::Added,
        Err(error) => AddOutcome::Failed(error.into()),
    })
}

/// Something has the key already. It may be this very file, copied by a run that broke off before the dataset heard of
/// it: then the dataset does now.
fn taken_up(
    writer: &mut Writer,
    store: &Store,
    addition: &Addition,
    there: &Entry,
    at: Timestamp,
) -> Result<AddOutcome, OpsError> {
    if is_known(writer, there)? || !is_same(store, addition, there)? {
        return Ok(AddOutcome::Exists);
    }
    let Entry { key, stamp, modified } = there.clone();
    let modified = modified.or(Some(at));
    writer.take_in(&Listed { key, size: stamp.size, etag: stamp.etag, modified })?;
    Ok(AddOutcome::Added)
}

/// Whether the dataset has what is there.
fn is_known(writer: &Writer, there: &Entry) -> Result<bool, OpsError> {
    let reader = Reader::open(writer.path(), writer.identity().clone())?;
    let Some(id) = reader.find(&there.key)? else { return Ok(false) };
    let detail = reader.detail(id)?;
    Ok(detail
        .is_some_and(|detail| detail.stamp == there.stamp && detail.state != SampleState::Missing))
}

/// Whether what is there has the bytes of the local file.
fn is_same(store: &Store, addition: &Addition, there: &Entry) -> Result<bool, OpsError> {
    if there.stamp.size != addition.bytes {
        return Ok(false);
    }
    let (local, name) = beside(&addition.file)?;
    Ok(store.sha256(&there.key)? == local.sha256(&name)?)
}

/// The folder of a local file, and its key there.
fn beside(file: &Path) -> Result<(Store, SampleKey), StoreError> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = Source::Folder(parent.unwrap_or(Path::new(".")).to_owned());
    let name = file.file_name().unwrap_or_default();
    Ok((Store::open(&folder, &Options::default())?, SampleKey::new(name.as_bytes())))
}

/// Whether a file holds audio that can be opened; else why not.
fn check_audio(file: &Path) -> Result<(), String> {
    let said = |error: &dyn std::error::Error| match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    File::open(file)
        .and_then(|file| file.take(SNIFF_BYTES as u64).read_to_end(&mut head))
        .map_err(|error| said(&error))?;
    let name = file.file_name().unwrap_or_default();
    if sniff(&head).is_none() {
        return Err("it is no audio file".to_owned());
    }
    let bytes = beside(file).and_then(|(folder, key)| folder.read(&key));
    let bytes = bytes.map_err(|error| said(&error))?;
    match audio::probe(bytes, &safe_bytes(name.as_bytes())) {
        Ok(_) => Ok(()),
        Err(error) => Err(said(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Dataset, Identity};

    #[test]
    fn a_file_that_was_copied_and_not_noted_is_noted_and_no_other_is() {
        let dir = tempfile::tempdir().unwrap();
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
        let clips = ["01_greeting_agent.wav", "01_greeting_caller.wav"].map(|clip| demo.join(clip));
        let source = dir.path().join("source");
        fs::create_dir(&source).unwrap();
        let dataset = Dataset {
            id: uuid::Uuid::from_u128(7),
            name: "calls".into(),
            source: source.display().to_string(),
            output: None,
            connection: crate::domain::Connection::default(),
        };
        let path = dir.path().join("w.earmark");
        let mut writer = Writer::create(&path, &dataset, Identity::new("ann")).unwrap();
        let store = Store::open(&Source::Folder(source.clone()), &Options::default()).unwrap();
        let mut add = |clip: &Path, key: &str| {
            let bytes = fs::metadata(clip).unwrap().len();
            let addition = Addition { file: clip.to_owned(), key: key.into(), bytes };
            let on = &mut |_| ControlFlow::Continue(());
            add_one(&mut writer, &store, &addition, false, Timestamp::now(), on).unwrap()
        };
        fs::copy(&clips[0], source.join("a.wav")).unwrap();
        assert!(matches!(add(&clips[1], "a.wav"), AddOutcome::Exists), "it is another one");
        assert!(matches!(add(&clips[0], "a.wav"), AddOutcome::Added));
        assert!(matches!(add(&clips[0], "a.wav"), AddOutcome::Exists), "the dataset has it now");
        assert!(matches!(add(&clips[1], "b.wav"), AddOutcome::Added));
        assert!(matches!(add(&clips[1], "b.wav"), AddOutcome::Exists));
    }

    #[test]
    fn folders_give_their_audio_and_keys_never_lead_out() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("in/deep/.hidden")).unwrap();
        for name in ["in/b.wav", "in/deep/a.flac", "in/notes.txt", "in/deep/.hidden/c.wav"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let keys = |typed: &[&str], folder: &str| {
            let typed: Vec<PathBuf> = typed.iter().map(|name| dir.path().join(name)).collect();
            find_additions(&typed, folder).map(|additions| {
                additions
                    .into_iter()
                    .map(|addition| addition.key.lossy().into_owned())
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(keys(&["in"], "new").unwrap(), ["new/b.wav", "new/deep/a.flac"]);
        assert_eq!(keys(&["in/b.wav"], "").unwrap(), ["b.wav"]);
        assert!(matches!(keys(&["in", "in/b.wav"], ""), Err(OpsError::TwoFilesOneKey(_))));
        for out in ["../x", "/x", "a/../../b", ".hidden"] {
            assert!(keys(&["in/b.wav"], out).is_err(), "{out}");
        }
        assert!(keys(&["in/none.wav"], "").is_err());
    }
}
