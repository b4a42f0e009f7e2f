//! What these keys can do in this bucket, and how it is reached: found by doing it, on scratch objects of our own.

use super::client::Shared;
use super::{delete, list, read, write};
use crate::objects::{Abilities, Encryption, Examination, PutIf, StoreError, Versioning};
use aws_sdk_s3::types::BucketVersioningStatus;
use uuid::Uuid;

/// Keys of the listing that a ranged read is tried with, at most.
const READS: usize = 3;

/// What can be done: as [`examine`], but what says nothing about rights is an error.
pub(super) async fn abilities(
    shared: &Shared,
    scratch: Option<&str>,
) -> Result<Abilities, StoreError> {
    let mut found = Abilities::default();
    shared.made().await?;
    let seen = examine(shared, scratch).await;
    found.list = allowed(seen.list)?;
    found.read = allowed(seen.read)?;
    found.write = allowed(seen.write)?;
    found.delete = allowed(seen.delete)?;
    found.conditional_put = seen.conditional_put.transpose()?;
    found.versioning = seen.versioning;
    Ok(found)
}

/// Whether these keys may.
fn allowed(outcome: Option<Result<(), StoreError>>) -> Result<Option<bool>, StoreError> {
    match outcome {
        None => Ok(None),
        Some(Ok(())) => Ok(Some(true)),
        Some(Err(StoreError::Denied { .. })) => Ok(Some(false)),
        Some(Err(error)) => Err(error),
    }
}

/// Looks at everything, and goes on after what fails. Writing is tried below `scratch` alone, and cleaned up.
pub(super) async fn examine(shared: &Shared, scratch: Option<&str>) -> Examination {
    let mut found = Examination::default();
    match shared.made().await {
        Ok(made) => {
            found.keys = Some(Ok((made.keys_from.clone(), made.key_tail.clone())));
            found.endpoint = Some(made.endpoint.clone());
            found.region = Some(made.region.clone());
            found.kind = Some(made.profile.kind);
            found.addressing = Some(made.profile.addressing);
        }
        Err(error) => {
            found.keys = Some(Err(error));
            return found;
        }
    }
    let offline = reading(shared, &mut found).await;
    found.ahead = shared.watch.ahead();
    if offline {
        return found;
    }
    found.versioning = versioning(shared).await;
    found.encryption = encryption(shared).await;
    if let Some(scratch) = scratch {
        writing(shared, scratch, &mut found).await;
    }
    found
}

/// A short listing, and a few bytes of what it names; whether there was no answer at all.
async fn reading(shared: &Shared, found: &mut Examination) -> bool {
    match list::some(shared).await {
        Ok(entries) => {
            found.list = Some(Ok(()));
            let keys = entries.iter().filter(|entry| entry.stamp.size > 0);
            for entry in keys.take(READS) {
                let name = entry.key.lossy();
                found.read = match read::first_byte(shared, &name, &entry.stamp).await {
                    // It went away or changed since it was listed: the next one may tell.
                    Err(StoreError::NotFound { .. } | StoreError::Changed { .. }) => continue,
                    outcome => Some(outcome),
                };
                break;
            }
            false
        }
        Err(error) => {
            let offline = error.is_offline();
            found.list = Some(Err(error));
            offline
        }
    }
}

async fn versioning(shared: &Shared) -> Versioning {
    let answer = shared
        .send("GetBucketVersioning", "", |client| {
            client.get_bucket_versioning().bucket(&shared.bucket).send()
        })
        .await;
    match answer {
        Ok(answer) if answer.status() == Some(&BucketVersioningStatus::Enabled) => Versioning::Kept,
        Ok(_) => Versioning::Final,
        Err(_) => Versioning::Unknown,
    }
}

async fn encryption(shared: &Shared) -> Encryption {
    let answer = shared
        .send("GetBucketEncryption", "", |client| {
            client.get_bucket_encryption().bucket(&shared.bucket).send()
        })
        .await;
    match answer {
        Ok(answer) => {
            let rules = answer.server_side_encryption_configuration();
            let rule = rules.and_then(|rules| rules.rules().first());
            let how = rule.and_then(|rule| rule.apply_server_side_encryption_by_default());
            how.map_or(Encryption::None, |how| {
                Encryption::By(how.sse_algorithm().as_str().to_owned())
            })
        }
        Err(StoreError::Refused { code, .. })
            if code == "ServerSideEncryptionConfigurationNotFoundError" =>
        {
            Encryption::None
        }
        Err(_) => Encryption::Unknown,
    }
}

async fn writing(shared: &Shared, scratch: &str, found: &mut Examination) {
    let key = format!("{scratch}probe-{}", Uuid::now_v7());
    let text = b"earmark tries what it may do here; this can be deleted\n".to_vec();
    let first = write::put(shared, &key, text, PutIf::Anything).await;
    let written = first.is_ok();
    found.write = Some(first.map(|_| ()));
    if !written {
        return;
    }
    let second = shared
        .send("PutObject", &key, |client| {
            client
                .put_object()
                .bucket(&shared.bucket)
                .key(shared.full(&key))
                .if_none_match("*")
                .body(b"twice".to_vec().into())
                .send()
        })
        .await;
    found.conditional_put = match second {
        Err(StoreError::AlreadyThere { .. }) => Some(Ok(true)),
        Ok(_) | Err(StoreError::Refused { .. }) => Some(Ok(false)),
        Err(error) => Some(Err(error)),
    };
    if let Some(Ok(honoured)) = found.conditional_put {
        // The first one to find out is as right as any other.
        let _ = shared.conditional.set(honoured);
    }
    found.delete = Some(delete::one(shared, &key).await);
}
