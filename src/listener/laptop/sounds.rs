//! Sounds of the server as the engine reads them: from memory, waiting for what has not come yet.

use super::link::{Link, State};
use super::memory::{Known, Memory};
use crate::audio::Sounds;
use crate::domain::{ByteSource, SoundId};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Readers that may wait for sounds that are not wanted any more.
const MOST_READERS: usize = 32;
/// How often a reader looks whether it waits in vain, though nothing has come.
const LOOK: Duration = Duration::from_millis(500);

/// The sounds of one connection.
pub(super) struct RemoteSounds {
    link: Arc<Link>,
    readers: AtomicU64,
}

impl RemoteSounds {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, readers: AtomicU64::new(0) }
    }
}

impl Sounds for RemoteSounds {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        let reader = self.readers.fetch_add(1, Ordering::Relaxed);
        self.link.lock().fetch.open(sound);
        let known = wait_for(&self.link, reader, sound, 0, |memory| memory.known(sound).cloned())?;
        let name = known.name.to_string();
        Ok((
            Arc::new(RemoteFile { link: self.link.clone(), reader, sound: sound.clone(), known }),
            name,
        ))
    }
}

/// One sound of the server.
struct RemoteFile {
    link: Arc<Link>,
    reader: u64,
    sound: SoundId,
    known: Known,
}

impl ByteSource for RemoteFile {
    fn len(&self) -> Option<u64> {
        self.known.len.or_else(|| self.link.memory().known(&self.sound).and_then(|known| known.len))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.len().is_some_and(|len| offset >= len) {
            return Ok(0);
        }
        let count = wait_for(&self.link, self.reader, &self.sound, offset, |memory| match memory
            .known(&self.sound)
        {
            Some(known) if !known.agrees(&self.known) => {
                Some(Err(io::Error::other("the file has changed on the server")))
            }
            _ => memory.read(&self.sound, offset, buffer).map(Ok),
        })??;
        let mut state = self.link.lock();
        if state.fetch.has_read(&self.sound, offset + count as u64) {
            self.link.stir();
        }
        Ok(count)
    }
}

/// Looks for something in memory until it is there, or will not come.
fn wait_for<T>(
    link: &Link,
    reader: u64,
    sound: &SoundId,
    at: u64,
    mut find: impl FnMut(&mut Memory) -> Option<T>,
) -> io::Result<T> {
    let begun = Instant::now();
    let mut unwanted = None;
    let mut state = link.lock();
    let found = loop {
        if let Some(found) = find(&mut link.memory()) {
            break Ok(found);
        }
        if let Err(error) = hope(&state, link, sound, begun, &mut unwanted) {
            break Err(error);
        }
        state.fetch.wait(reader, sound, at);
        link.stir();
        state = link.wait(state, LOOK.min(link.pace.grace));
    };
    state.fetch.waits_no_more(reader);
    found
}

/// Whether there is any use in waiting.
fn hope(
    state: &State,
    link: &Link,
    sound: &SoundId,
    begun: Instant,
    unwanted: &mut Option<Instant>,
) -> io::Result<()> {
    if let Some(why) = &state.ended {
        return Err(io::Error::new(io::ErrorKind::ConnectionAborted, why.clone()));
    }
    if let Some(why) = state.fetch.refusal(sound) {
        return Err(io::Error::other(why.to_owned()));
    }
    if state.fetch.wants(sound) {
        *unwanted = None;
        let silent = state.audio.max(begun).elapsed();
        return if silent < link.pace.audio {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the server does not send it"))
        };
    }
    let since = *unwanted.get_or_insert_with(Instant::now);
    if since.elapsed() < link.pace.grace && state.fetch.readers() < MOST_READERS {
        return Ok(());
    }
    Err(io::Error::other("it is not wanted any more"))
}
