//! What the buckets hold, and the test's own hand in it.

use hyper::body::Bytes;
use s3s::crypto::{Checksum, Md5};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) bytes: Bytes,
    /// Without quotes.
    pub(crate) etag: String,
    /// Whole seconds, as most stores have it.
    pub(crate) modified: SystemTime,
}

impl Object {
    pub(crate) fn new(bytes: Bytes) -> Self {
        let etag = md5_hex(&bytes);
        Self { bytes, etag, modified: now() }
    }
}

/// One upload in parts that is not complete.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) started: SystemTime,
    pub(crate) parts: BTreeMap<i32, Object>,
}

/// One bucket.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) objects: BTreeMap<String, Object>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    /// How often each key was written or deleted.
    pub(crate) effects: BTreeMap<String, usize>,
    /// Keys that nobody may touch.
    pub(crate) forbidden: BTreeSet<String>,
    /// Whether deleted objects are kept.
    pub(crate) versioned: bool,
    /// What was overwritten or deleted while `versioned`.
    pub(crate) kept: Vec<(String, Object)>,
    /// Keys a page of a listing has, at most.
    pub(crate) page: usize,
    /// Every page is the first one, and says that there are more.
    pub(crate) looping: bool,
    uploads_begun: usize,
}

impl Default for Contents {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            effects: BTreeMap::new(),
            forbidden: BTreeSet::new(),
            versioned: false,
            kept: Vec::new(),
            page: 1000,
            looping: false,
            uploads_begun: 0,
        }
    }
}

impl Contents {
    pub(crate) fn write(&mut self, key: &str, object: Object) {
        *self.effects.entry(key.to_owned()).or_default() += 1;
        let before = self.objects.insert(key.to_owned(), object);
        self.keep(key, before);
    }

    pub(crate) fn delete(&mut self, key: &str) {
        if let Some(before) = self.objects.remove(key) {
            *self.effects.entry(key.to_owned()).or_default() += 1;
            self.keep(key, Some(before));
        }
    }

    fn keep(&mut self, key: &str, before: Option<Object>) {
        if self.versioned {
            self.kept.extend(before.map(|object| (key.to_owned(), object)));
        }
    }

    pub(crate) fn begin_upload(&mut self, key: &str) -> String {
        self.uploads_begun += 1;
        let id = format!("upload-{}", self.uploads_begun);
        let upload = Upload { key: key.to_owned(), started: now(), parts: BTreeMap::new() };
        self.uploads.insert(id.clone(), upload);
        id
    }
}

/// All buckets, by name. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buckets(Arc<Mutex<BTreeMap<String, Arc<Mutex<Contents>>>>>);

impl Buckets {
    /// One of them; made if it is not there.
    pub(crate) fn bucket(&self, name: &str) -> Bucket {
        let mut all = locked(&self.0);
        Bucket(Arc::clone(all.entry(name.to_owned()).or_default()))
    }

    /// One of them, if it is there.
    pub(crate) fn existing(&self, name: &str) -> Option<Bucket> {
        locked(&self.0).get(name).map(|contents| Bucket(Arc::clone(contents)))
    }
}

/// The test's own hand in one bucket: no request, no rights, no faults.
#[derive(Debug, Clone)]
pub(crate) struct Bucket(Arc<Mutex<Contents>>);

impl Bucket {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Contents> {
        locked(&self.0)
    }

    /// Puts an object there and returns its `ETag`, without quotes.
    pub(crate) fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) -> String {
        let object = Object::new(Bytes::from(bytes.into()));
        let etag = object.etag.clone();
        self.lock().write(key, object);
        etag
    }

    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.lock().objects.get(key).map(|object| object.bytes.to_vec())
    }

    /// The `ETag` without quotes.
    pub(crate) fn etag(&self, key: &str) -> Option<String> {
        self.lock().objects.get(key).map(|object| object.etag.clone())
    }

    pub(crate) fn remove(&self, key: &str) {
        self.lock().delete(key);
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.lock().objects.keys().cloned().collect()
    }

    /// How often a key was written or deleted so far, by requests and by the test.
    pub(crate) fn effects(&self, key: &str) -> usize {
        self.lock().effects.get(key).copied().unwrap_or_default()
    }

    /// Uploads in parts that were neither completed nor aborted.
    pub(crate) fn open_uploads(&self) -> usize {
        self.lock().uploads.len()
    }

    /// From now on a listing has so many keys a page.
    pub(crate) fn set_page(&self, keys: usize) {
        self.lock().page = keys;
    }

    /// From now on every page is the first one.
    pub(crate) fn set_looping(&self, looping: bool) {
        self.lock().looping = looping;
    }

    /// From now on every request for this key is refused; in bulk, the key's own part of it.
    pub(crate) fn forbid(&self, key: &str) {
        self.lock().forbidden.insert(key.to_owned());
    }

    /// Whether the bucket keeps what is overwritten or deleted.
    pub(crate) fn set_versioned(&self, versioned: bool) {
        self.lock().versioned = versioned;
    }
}

/// The MD5 of some bytes, in hexadecimal digits.
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    hex(&Md5::checksum(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whole seconds.
pub(crate) fn now() -> SystemTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
