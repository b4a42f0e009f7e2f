//! Reading: whole small objects, and ranges of large ones with some read-ahead.

use super::client::{Shared, wait};
use super::{list, plain, text_of};
use crate::domain::{AudioStamp, ByteSource, SampleKey};
use crate::objects::{Entry, StoreError};
use aws_sdk_s3::primitives::{ByteStream, ByteStreamError};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes asked for at first; each further read in order asks for twice as many.
const FIRST: usize = 64 << 10;
/// Bytes asked for at once, at most.
const MOST: usize = 2 << 20;

/// What is known of one key.
pub(super) async fn head(shared: &Shared, key: &SampleKey) -> Result<Option<Entry>, StoreError> {
    let name = text_of(key)?;
    let answer = shared
        .send("HeadObject", name, |client| {
            client.head_object().bucket(&shared.bucket).key(shared.full(name)).send()
        })
        .await;
    match answer {
        Ok(object) => Ok(Some(Entry {
            key: key.clone(),
            stamp: AudioStamp {
                size: object.content_length().unwrap_or(0).unsigned_abs(),
                etag: plain(object.e_tag()),
            },
            modified: object.last_modified().and_then(list::timestamp),
        })),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The whole of an object that is not larger than `limit` bytes.
pub(super) async fn whole(shared: &Shared, key: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
    let mut tries = shared.options.tries.max(1);
    loop {
        let answer = shared
            .send("GetObject", key, |client| {
                client.get_object().bucket(&shared.bucket).key(shared.full(key)).send()
            })
            .await?;
        let length = answer.content_length().map(i64::unsigned_abs);
        if length.is_some_and(|length| length > limit) {
            return Err(StoreError::TooLarge { key: key.to_owned(), limit });
        }
        tries -= 1;
        match up_to(limit, answer.body).await {
            // Servers may say less than they hold, and connections end early.
            Ok(None) => return Err(StoreError::TooLarge { key: key.to_owned(), limit }),
            Ok(Some(bytes)) if length.is_none_or(|length| length == bytes.len() as u64) => {
                return Ok(bytes);
            }
            Ok(_) if tries == 0 => return Err(cut(shared, "the answer was cut short")),
            Err(error) if tries == 0 => return Err(cut(shared, &error.to_string())),
            _ => {}
        }
    }
}

/// A body that has at most so many bytes; `None` if it has more, of which no more is held than came with the last of these.
async fn up_to(most: u64, mut body: ByteStream) -> Result<Option<Vec<u8>>, ByteStreamError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.try_next().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > most {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}

fn cut(shared: &Shared, why: &str) -> StoreError {
    StoreError::Unreachable { endpoint: shared.endpoint(), why: why.to_owned() }
}

/// One object as a source of bytes.
#[derive(Debug)]
pub(super) struct ObjectBytes {
    shared: Arc<Shared>,
    key: String,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// Of the object that is read; another one is refused.
    etag: Option<String>,
    len: Option<u64>,
    /// What was read last, and where it begins.
    start: u64,
    bytes: Vec<u8>,
    /// How many to ask for next.
    window: usize,
}

impl ObjectBytes {
    pub(super) fn new(shared: Arc<Shared>, key: &str, listed: Option<&AudioStamp>) -> Self {
        let state = State {
            etag: listed.map(|stamp| stamp.etag.clone()).filter(|etag| !etag.is_empty()),
            len: listed.map(|stamp| stamp.size),
            window: FIRST,
            ..State::default()
        };
        Self { shared, key: key.to_owned(), state: Mutex::new(state) }
    }

    /// Asks for `count` bytes from `offset`, and keeps them.
    fn fetch(&self, state: &mut State, offset: u64, count: usize) -> Result<(), StoreError> {
        let (shared, key, etag) = (self.shared.clone(), self.key.clone(), state.etag.clone());
        let got = wait(async move { range(&shared, &key, offset, count, etag.as_deref()).await })?;
        if state.etag.is_none() && !got.etag.is_empty() {
            state.etag = Some(got.etag);
        }
        if state.len.is_some_and(|len| got.len.is_some_and(|now| now != len)) {
            return Err(StoreError::Changed { key: self.key.clone() });
        }
        state.len = state.len.or(got.len);
        state.start = offset;
        state.bytes = got.bytes;
        Ok(())
    }
}

impl ByteSource for ObjectBytes {
    fn len(&self) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.len.is_none() {
            // The first bytes are wanted anyway, and tell it.
            let _ = self.fetch(&mut state, 0, FIRST);
        }
        state.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if buffer.is_empty() || state.len.is_some_and(|len| offset >= len) {
            return Ok(0);
        }
        let end = state.start + state.bytes.len() as u64;
        if !(state.start..end).contains(&offset) {
            let in_order = offset == end && !state.bytes.is_empty();
            state.window = if in_order { (state.window * 2).min(MOST) } else { FIRST };
            let count = state.window.max(buffer.len());
            self.fetch(&mut state, offset, count).map_err(io::Error::other)?;
        }
        let from = usize::try_from(offset - state.start).unwrap_or(usize::MAX);
        let there = state.bytes.get(from..).unwrap_or_default();
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        Ok(count)
    }
}

/// Reads as little of a listed object as can be.
pub(super) async fn first_byte(
    shared: &Shared,
    key: &str,
    listed: &AudioStamp,
) -> Result<(), StoreError> {
    let etag = Some(listed.etag.as_str()).filter(|etag| !etag.is_empty());
    let got = range(shared, key, 0, 1, etag).await?;
    match got.bytes.len() {
        1 => Ok(()),
        count => {
            let why = format!("{count} bytes for 1");
            Err(StoreError::Nonsense { call: "GetObject", why })
        }
    }
}

struct Got {
    bytes: Vec<u8>,
    etag: String,
    /// Of the whole object.
    len: Option<u64>,
}

async fn range(
    shared: &Shared,
    key: &str,
    offset: u64,
    count: usize,
    etag: Option<&str>,
) -> Result<Got, StoreError> {
    let mut tries = shared.options.tries.max(1);
    loop {
        tries -= 1;
        let last = offset + count.max(1) as u64 - 1;
        let answer = shared
            .send("GetObject", key, |client| {
                client
                    .get_object()
                    .bucket(&shared.bucket)
                    .key(shared.full(key))
                    .range(format!("bytes={offset}-{last}"))
                    .set_if_match(etag.map(|etag| format!("\"{etag}\"")))
                    .send()
            })
            .await;
        let answer = match answer {
            // Nothing is there behind the end.
            Err(StoreError::Refused { status: 416, .. }) => {
                return Ok(Got { bytes: Vec::new(), etag: String::new(), len: None });
            }
            answer => answer?,
        };
        let now = plain(answer.e_tag());
        // Stores that do not know the condition answer with whatever is there.
        if etag.is_some_and(|etag| !now.is_empty() && etag != now) {
            return Err(StoreError::Changed { key: key.to_owned() });
        }
        let Some((start, total)) = answer.content_range().and_then(content_range) else {
            return from_whole(shared, key, offset, count, answer).await;
        };
        if start != offset {
            let why = format!("bytes from {start} for those from {offset}");
            return Err(StoreError::Nonsense { call: "GetObject", why });
        }
        let wanted =
            total.map_or(count as u64, |total| total.saturating_sub(offset).min(count as u64));
        match up_to(wanted, answer.body).await {
            Ok(None) => {
                let why = format!("more than {wanted} bytes for {wanted}");
                return Err(StoreError::Nonsense { call: "GetObject", why });
            }
            Ok(Some(bytes)) if bytes.len() as u64 == wanted => {
                return Ok(Got { bytes, etag: now, len: total });
            }
            Ok(_) if tries == 0 => return Err(cut(shared, "the answer was cut short")),
            Err(error) if tries == 0 => return Err(cut(shared, &error.to_string())),
            _ => {}
        }
    }
}

/// Some stores answer a range with the whole object: what was asked for is taken from it.
async fn from_whole(
    shared: &Shared,
    key: &str,
    offset: u64,
    count: usize,
    answer: aws_sdk_s3::operation::get_object::GetObjectOutput,
) -> Result<Got, StoreError> {
    let etag = plain(answer.e_tag());
    let len = answer.content_length().map(i64::unsigned_abs);
    let mut body = answer.body;
    let (mut at, mut bytes) = (0, Vec::new());
    loop {
        match body.try_next().await {
            Ok(Some(chunk)) => {
                let skip = usize::try_from(offset.saturating_sub(at)).unwrap_or(usize::MAX);
                let there = chunk.get(skip..).unwrap_or_default();
                let room = count - bytes.len();
                bytes.extend_from_slice(&there[..there.len().min(room)]);
                at += chunk.len() as u64;
                if bytes.len() == count {
                    return Ok(Got { bytes, etag, len });
                }
            }
            Ok(None) if len.is_none_or(|len| len == at) => {
                return Ok(Got { bytes, etag, len: Some(at) });
            }
            Ok(None) => return Err(cut(shared, &format!("{key:?} was cut short"))),
            Err(error) => return Err(cut(shared, &error.to_string())),
        }
    }
}

/// `bytes 0-99/1234`: where it starts, and the length of the whole.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_servers_write_them() {
        assert_eq!(content_range("bytes 5-9/100"), Some((5, Some(100))));
        assert_eq!(content_range("bytes 0-0/*"), Some((0, None)));
        for odd in ["", "bytes", "bytes */100", "items 0-1/2"] {
            assert_eq!(content_range(odd), None, "{odd}");
        }
    }
}
