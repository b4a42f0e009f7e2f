//! Reading an export back while it is still being written: another thread reads from the disk what is there already.

use super::OpsError;
use super::files::Draft;
use crate::formats::{Files, Format, ReadOptions, Sink, read};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that are written before they are told of.
const STEP: u64 = 1 << 18;

/// Digests of the labels in files that were written, in their order.
///
/// # Errors
/// [`OpsError::NotVerified`]: they cannot be read as what they were written as.
pub(super) fn labels_in(format: Format, files: &dyn Files) -> Result<Vec<u64>, OpsError> {
    let mut digests = Vec::new();
    let mut problem = None;
    let outcome = read(format, files, &ReadOptions::default(), &mut |record| match record {
        Ok(record) => {
            if record.machine.is_none() {
                digests.extend(record.content.as_deref().and_then(digest));
            }
            ControlFlow::Continue(())
        }
        Err(error) => {
            problem = Some(error.to_string());
            ControlFlow::Break(())
        }
    });
    outcome.map_err(|error| OpsError::NotVerified { why: error.to_string() })?;
    problem.map_or(Ok(digests), |why| Err(OpsError::NotVerified { why }))
}

/// Of a label's words, whatever stands between them; `None` if there are none.
pub(super) fn digest(content: &str) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    if is_spaced(content.as_bytes()) {
        content.hash(&mut hasher);
        return Some(hasher.finish());
    }
    let mut words = content.split_whitespace();
    let mut spaced = words.next()?.to_owned();
    for word in words {
        spaced.push(' ');
        spaced.push_str(word);
    }
    spaced.hash(&mut hasher);
    Some(hasher.finish())
}

/// Whether a text surely is words with one space between them: most labels are.
fn is_spaced(content: &[u8]) -> bool {
    // What stands before the first word and behind the last one counts as a space.
    let mut before = b' ';
    let single = content.iter().all(|byte| {
        let fits = (b'!'..0x7f).contains(byte) || (*byte == b' ' && before != b' ');
        before = *byte;
        fits
    });
    single && before != b' '
}

/// A draft of one file that another thread reads while it is written.
pub(super) struct Followed<'d> {
    draft: &'d mut Draft,
    name: String,
    progress: Arc<Progress>,
}

impl<'d> Followed<'d> {
    /// The draft, to be written, and its one file, to be read.
    pub(super) fn new(draft: &'d mut Draft, name: &str) -> (Self, Following) {
        let progress = Arc::new(Progress::default());
        let following = Following {
            path: draft.file(name),
            name: name.to_owned(),
            progress: Arc::clone(&progress),
        };
        (Self { draft, name: name.to_owned(), progress }, following)
    }

    /// The file is written to its end. Without it whoever reads it fails.
    pub(super) fn finish(self) {
        self.progress.lock().end = End::Whole;
    }
}

impl Sink for Followed<'_> {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write>> {
        let file = self.draft.create(name)?;
        if name != self.name {
            return Ok(file);
        }
        Ok(Box::new(Telling { file, untold: 0, progress: Arc::clone(&self.progress) }))
    }
}

impl Drop for Followed<'_> {
    fn drop(&mut self) {
        let mut state = self.progress.lock();
        if state.end == End::Open {
            state.end = End::GivenUp;
        }
        drop(state);
        self.progress.more.notify_all();
    }
}

#[derive(Default)]
struct Progress {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
struct State {
    /// Bytes that can be read.
    written: u64,
    end: End,
}

#[derive(Default, PartialEq, Eq, Clone, Copy)]
enum End {
    #[default]
    Open,
    Whole,
    GivenUp,
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for more than the first `read` bytes; how many are there. `None`: the file is whole.
    fn beyond(&self, read: u64) -> io::Result<Option<u64>> {
        let mut state = self.lock();
        loop {
            match state.end {
                End::Whole => return Ok(None),
                End::GivenUp => return Err(io::Error::other("it was not written to its end")),
                End::Open if state.written > read => return Ok(Some(state.written)),
                End::Open => {}
            }
            state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A file that is written, telling how far.
struct Telling {
    file: Box<dyn Write>,
    untold: u64,
    progress: Arc<Progress>,
}

impl Write for Telling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.untold += count as u64;
        if self.untold >= STEP {
            self.flush()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.progress.lock().written += std::mem::take(&mut self.untold);
        self.progress.more.notify_all();
        Ok(())
    }
}

/// The file of a [`Followed`], to be read: whoever is too quick waits.
pub(super) struct Following {
    path: PathBuf,
    name: String,
    progress: Arc<Progress>,
}

impl Files for Following {
    fn main(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + Send>>> {
        if name != self.name {
            return Ok(None);
        }
        // Before anything is written there may be no file.
        self.progress.beyond(0)?;
        let file = File::open(&self.path)?;
        Ok(Some(Box::new(Arriving { file, read: 0, progress: Arc::clone(&self.progress) })))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }
}

struct Arriving {
    file: File,
    read: u64,
    progress: Arc<Progress>,
}

impl Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Of a file that is whole, all that is there.
        let there = self.progress.beyond(self.read)?.map_or(u64::MAX, |there| there - self.read);
        let most = usize::try_from(there).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.file.read(&mut buffer[..most])?;
        self.read += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn labels_are_compared_by_their_words() {
        assert_eq!(digest(" one\n two "), digest("one two"));
        assert_eq!(digest("caf\u{e9}\u{3000}au  lait"), digest("caf\u{e9} au lait"));
        assert_eq!(digest("one\u{a0}two"), digest("one two"));
        assert_ne!(digest("one two"), digest("onetwo"));
        assert_eq!(digest(" \n"), None);
        assert_eq!(digest(""), None);
    }

    /// What is read of a file while `write` writes it.
    fn followed(write: impl FnOnce(Followed<'_>)) -> io::Result<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let mut draft = Draft::beside(&folder.path().join("x")).unwrap();
        thread::scope(|scope| {
            let (sink, files) = Followed::new(&mut draft, "x");
            let reading = scope.spawn(move || {
                let mut all = Vec::new();
                let mut file = files.open("x")?.unwrap();
                file.read_to_end(&mut all).map(|_| all)
            });
            write(sink);
            reading.join().unwrap()
        })
    }

    #[test]
    fn a_file_is_read_to_the_end_that_it_comes_to() {
        let text: Vec<u8> = (0..3 * STEP).map(|number| (number % 251) as u8).collect();
        let read = followed(|mut sink| {
            let mut file = sink.create("x").unwrap();
            text.chunks(10_007).for_each(|chunk| file.write_all(chunk).unwrap());
            file.flush().unwrap();
            drop(file);
            sink.finish();
        });
        assert!(read.unwrap() == text);
        assert_eq!(followed(|mut sink| drop((sink.create("x"), sink.finish()))).unwrap(), b"");
    }

    #[test]
    fn a_file_that_was_given_up_is_no_short_one() {
        let given_up = followed(|mut sink| {
            let mut file = sink.create("x").unwrap();
            file.write_all(b"begun").unwrap();
            file.flush().unwrap();
        });
        assert!(given_up.is_err());
        assert!(followed(|_| {}).is_err());
    }
}
