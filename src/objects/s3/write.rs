//! Writing small objects, whole or not at all.

use super::client::Shared;
use super::{plain, read};
use crate::domain::{AudioStamp, SampleKey};
use crate::objects::{PutIf, StoreError};
use aws_sdk_s3::primitives::ByteStream;

/// Writes a small object.
pub(super) async fn put(
    shared: &Shared,
    key: &str,
    bytes: Vec<u8>,
    when: PutIf,
) -> Result<AudioStamp, StoreError> {
    refuse_existing(shared, key, when).await?;
    let size = bytes.len() as u64;
    let mut only_new = when == PutIf::Absent;
    let mut again = shared.options.tries.saturating_sub(1);
    loop {
        match send(shared, key, bytes.clone(), only_new).await {
            Ok(etag) if etag.is_empty() => return stamp_of(shared, key, size).await,
            Ok(etag) => return Ok(AudioStamp { size, etag }),
            // Some stores refuse what they do not know.
            Err(StoreError::Refused { status: 400 | 501, .. })
                if only_new && shared.conditional.get() != Some(&true) =>
            {
                only_new = false;
            }
            // Two at once, of which the store has not made up its mind yet.
            Err(StoreError::Refused { status: 409, .. }) if only_new && again > 0 => again -= 1,
            // An answer that was lost: the second try met what the first one wrote.
            Err(StoreError::AlreadyThere { key: there }) => {
                return match read::whole(shared, key, size).await {
                    Ok(now) if now == bytes => stamp_of(shared, key, size).await,
                    _ => Err(StoreError::AlreadyThere { key: there }),
                };
            }
            Err(error) => return Err(error),
        }
    }
}

async fn send(
    shared: &Shared,
    key: &str,
    bytes: Vec<u8>,
    only_new: bool,
) -> Result<String, StoreError> {
    let done = shared
        .send("PutObject", key, |client| {
            client
                .put_object()
                .bucket(&shared.bucket)
                .key(shared.full(key))
                .set_if_none_match(only_new.then(|| "*".to_owned()))
                .body(ByteStream::from(bytes))
                .customize()
                .config_override(shared.unhurried())
                .send()
        })
        .await?;
    Ok(plain(done.e_tag()))
}

async fn stamp_of(shared: &Shared, key: &str, size: u64) -> Result<AudioStamp, StoreError> {
    let there = read::head(shared, &SampleKey::from(key)).await?;
    Ok(there.map_or(AudioStamp { size, etag: String::new() }, |entry| entry.stamp))
}

/// Where a conditional PUT is not known to be honoured, what is there is looked at first.
pub(super) async fn refuse_existing(
    shared: &Shared,
    key: &str,
    when: PutIf,
) -> Result<(), StoreError> {
    if when == PutIf::Anything || shared.conditional.get() == Some(&true) {
        return Ok(());
    }
    match read::head(shared, &SampleKey::from(key)).await {
        Ok(Some(_)) => Err(StoreError::AlreadyThere { key: key.to_owned() }),
        // Keys that may only write cannot look.
        Ok(None) | Err(StoreError::Denied { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
