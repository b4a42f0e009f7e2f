//! Deleting: each object only if it still is the one that was listed, each with its own outcome.

use super::client::{Shared, runtime};
use super::fault::short;
use super::{read, text_of};
use crate::domain::{AudioStamp, BulkDelete, SampleKey};
use crate::objects::{DeleteError, StoreError};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinSet;

/// As many keys as one bulk request takes.
const BULK: usize = 1000;
/// Files in a row of which the store said nothing, after which the others are not tried.
const UNREACHED: usize = 32;

/// Removes one object, whatever it is; one that is not there is no error.
pub(super) async fn one(shared: &Shared, key: &str) -> Result<(), StoreError> {
    let answer = shared
        .send("DeleteObject", key, |client| {
            client.delete_object().bucket(&shared.bucket).key(shared.full(key)).send()
        })
        .await;
    match answer {
        Ok(_) | Err(StoreError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// See [`crate::objects::Store::delete_many`].
pub(super) fn many(
    shared: &Arc<Shared>,
    listed: &[(SampleKey, AudioStamp)],
    on_outcome: &mut dyn FnMut(usize, Result<(), DeleteError>) -> ControlFlow<()>,
) {
    let silence = Arc::new(Silence::new(shared.options.requests));
    for (start, some) in (0..).step_by(BULK).zip(listed.chunks(BULK)) {
        let (done, mut outcomes) = channel(some.len());
        let begun = runtime().map(|runtime| {
            let (on, some, silence) = (shared.clone(), some.to_vec(), silence.clone());
            runtime.spawn(async move { chunk(on, some, silence, done).await });
        });
        if let Err(error) = begun {
            let _ = on_outcome(start, Err(error.into()));
            return;
        }
        // What is under way gets its outcome, wanted or not.
        let mut stopped = false;
        while let Some((place, outcome)) = outcomes.blocking_recv() {
            stopped |= on_outcome(start + place, outcome).is_break();
        }
        if stopped {
            return;
        }
    }
}

type Outcomes = Sender<(usize, Result<(), DeleteError>)>;

/// How long the store has said nothing: without it, each of many files would be tried for as long as one is.
struct Silence {
    looks: Semaphore,
    in_a_row: AtomicUsize,
}

impl Silence {
    fn new(at_once: usize) -> Self {
        Self { looks: Semaphore::new(at_once.max(1)), in_a_row: AtomicUsize::new(0) }
    }

    fn heard(&self, outcome: &Result<(), DeleteError>) {
        if matches!(outcome, Err(DeleteError::Store(error)) if error.is_offline()) {
            self.in_a_row.fetch_add(1, Ordering::Relaxed);
        } else {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
    }

    fn is_final(&self) -> bool {
        self.in_a_row.load(Ordering::Relaxed) >= UNREACHED
    }
}

fn not_tried(shared: &Shared) -> DeleteError {
    let why = "it was not tried, since others before it were not answered".to_owned();
    StoreError::Unreachable { endpoint: shared.endpoint(), why }.into()
}

async fn chunk(
    shared: Arc<Shared>,
    listed: Vec<(SampleKey, AudioStamp)>,
    silence: Arc<Silence>,
    done: Outcomes,
) {
    let single = match shared.made().await {
        Ok(made) => made.profile.bulk_delete == BulkDelete::Single,
        // Each look says what is wrong.
        Err(_) => true,
    };
    let mut looks = JoinSet::new();
    for (place, (key, stamp)) in listed.into_iter().enumerate() {
        let (on, silence, done) = (shared.clone(), silence.clone(), done.clone());
        looks.spawn(async move {
            let name = key.lossy().into_owned();
            // Never closed.
            let _turn = silence.looks.acquire().await.ok();
            let mut outcome = if silence.is_final() {
                Err(not_tried(&on))
            } else {
                let outcome = is_the_one(&on, &key, &stamp).await;
                silence.heard(&outcome);
                outcome
            };
            // Not every control character survives XML.
            if outcome.is_ok() && (single || name.contains(char::is_control)) {
                outcome = one(&on, &name).await.map_err(DeleteError::from);
                silence.heard(&outcome);
            } else if outcome.is_ok() {
                return Some((place, name));
            }
            // Room for every outcome; the receiver waits for all of them.
            let _ = done.send((place, outcome)).await;
            None
        });
    }
    let mut rest = Vec::new();
    while let Some(look) = looks.join_next().await {
        rest.extend(look.ok().flatten());
    }
    if !rest.is_empty() {
        for (place, outcome) in bulk(&shared, rest).await {
            let _ = done.send((place, outcome)).await;
        }
    }
}

async fn is_the_one(
    shared: &Shared,
    key: &SampleKey,
    listed: &AudioStamp,
) -> Result<(), DeleteError> {
    text_of(key).map_err(|_| DeleteError::Outside)?;
    match read::head(shared, key).await? {
        None => Err(DeleteError::Gone),
        Some(entry) if entry.stamp == *listed => Ok(()),
        Some(_) => Err(DeleteError::Changed),
    }
}

async fn bulk(
    shared: &Shared,
    keys: Vec<(usize, String)>,
) -> Vec<(usize, Result<(), DeleteError>)> {
    let mut places: HashMap<String, usize> =
        keys.into_iter().map(|(place, key)| (shared.full(&key), place)).collect();
    let answer = request(shared, places.keys().cloned().collect()).await;
    let mut outcomes = Vec::with_capacity(places.len());
    match answer {
        Ok(answer) => {
            for error in answer.errors() {
                let place = error.key().and_then(|key| places.remove_entry(key));
                let Some((name, place)) = place else { continue };
                let code = error.code().unwrap_or_default();
                let message = error.message().unwrap_or_default();
                outcomes.push((place, said_of_one(shared, &name, code, message).await));
            }
            for gone in answer.deleted() {
                if let Some(place) = gone.key().and_then(|key| places.remove(key)) {
                    outcomes.push((place, Ok(())));
                }
            }
            let silent = |place| {
                let message = "the store says nothing of it".to_owned();
                (place, Err(DeleteError::Said { code: String::new(), message }))
            };
            outcomes.extend(places.into_values().map(silent));
        }
        // A store that cannot do it at once can do it one by one.
        Err(StoreError::Refused { status: 400 | 405 | 501, .. }) => {
            for (key, place) in places {
                let key = key.strip_prefix(&shared.prefix).unwrap_or(&key);
                outcomes.push((place, one(shared, key).await.map_err(DeleteError::from)));
            }
        }
        Err(error) => {
            for (key, place) in places {
                outcomes.push((place, Err(as_of_one(&error, shared, &key))));
            }
        }
    }
    outcomes
}

/// What a bulk request says of one object that it did not delete.
async fn said_of_one(
    shared: &Shared,
    full: &str,
    code: &str,
    message: &str,
) -> Result<(), DeleteError> {
    match code {
        "NoSuchKey" => Err(DeleteError::Gone),
        "AccessDenied" => {
            let what = format!("{}://{}/{full}", shared.scheme, shared.bucket);
            Err(StoreError::Denied { call: "DeleteObject", what }.into())
        }
        // The request as a whole was answered, so it was not tried again.
        "InternalError" | "SlowDown" | "ServiceUnavailable" => {
            let key = full.strip_prefix(&shared.prefix).unwrap_or(full);
            one(shared, key).await.map_err(DeleteError::from)
        }
        _ => Err(DeleteError::Said { code: short(code), message: short(message) }),
    }
}

/// What befell a bulk request, as what befell one object of it.
fn as_of_one(error: &StoreError, shared: &Shared, full: &str) -> DeleteError {
    let what = format!("{}://{}/{full}", shared.scheme, shared.bucket);
    match error {
        StoreError::Denied { .. } => StoreError::Denied { call: "DeleteObject", what }.into(),
        StoreError::Unreachable { endpoint, why } => {
            StoreError::Unreachable { endpoint: endpoint.clone(), why: why.clone() }.into()
        }
        StoreError::Busy { endpoint } => StoreError::Busy { endpoint: endpoint.clone() }.into(),
        StoreError::KeysExpired => StoreError::KeysExpired.into(),
        error => DeleteError::Said { code: String::new(), message: error.to_string() },
    }
}

async fn request(
    shared: &Shared,
    keys: Vec<String>,
) -> Result<aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput, StoreError> {
    let md5 = shared.made().await?.profile.bulk_delete == BulkDelete::Md5;
    let objects =
        keys.into_iter().filter_map(|key| ObjectIdentifier::builder().key(key).build().ok());
    let delete = Delete::builder()
        .set_objects(Some(objects.collect()))
        .build()
        .map_err(|error| StoreError::Setup { why: error.to_string() })?;
    shared
        .send("DeleteObjects", "", |client| async move {
            let call = client.delete_objects().bucket(&shared.bucket).delete(delete);
            if md5 {
                call.customize().mutate_request(hash_as_md5).send().await
            } else {
                call.send().await
            }
        })
        .await
}

/// Stores that came before checksums want `Content-MD5`, and some refuse what they do not know.
fn hash_as_md5(request: &mut aws_sdk_s3::config::http::HttpRequest) {
    let Some(body) = request.body().bytes() else { return };
    let hash = BASE64_STANDARD.encode(Md5::digest(body));
    let checksums: Vec<String> = request
        .headers()
        .iter()
        .map(|(name, _)| name.to_owned())
        .filter(|name| {
            name.starts_with("x-amz-checksum-") || name == "x-amz-sdk-checksum-algorithm"
        })
        .collect();
    for name in checksums {
        request.headers_mut().remove(name);
    }
    request.headers_mut().insert("content-md5", hash);
}
