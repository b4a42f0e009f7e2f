//! The real client, opened on the server of a test.

use crate::bucket::{ACCESS_KEY, REGION, SECRET_KEY, Server};
use earmark::domain::{Addressing, AudioStamp, Connection, SampleKey, Source, StoreKind};
use earmark::objects::{Entry, Listing, Options, Store, StoreError};
use std::env;
use std::ops::ControlFlow;
use std::process::Command;
use std::time::Duration;

/// The bucket of most tests.
pub(crate) const BUCKET: &str = "box";
/// What the store is opened below.
pub(crate) const PREFIX: &str = "calls/";
/// Tries of one request.
pub(crate) const TRIES: u32 = 3;

/// Set where a test runs with the environment that it needs.
const INSIDE: &str = "EARMARK_TEST_INSIDE";

/// The client finds its keys in the environment, which a process cannot change for itself here, and which may hold
/// somebody's real ones. So a test that begins with this is run again in a process with the keys of the test's server.
macro_rules! with_keys {
    () => {
        fn here() {}
        if $crate::client::elsewhere(std::any::type_name_of_val(&here), &[]) {
            return;
        }
    };
}
pub(crate) use with_keys;

/// Runs the test that `inner` is a function in once more, in a process of its own, with these variables besides the
/// keys; `false` if this is that process.
pub(crate) fn elsewhere(inner: &str, variables: &[(&str, &str)]) -> bool {
    if inside() {
        return false;
    }
    let test = inner.strip_suffix("::here").unwrap_or(inner);
    let test = test.split_once("::").map_or(test, |(_, test)| test);
    let home = tempfile::tempdir().unwrap();
    let mut itself = Command::new(env::current_exe().unwrap());
    itself.args(["--exact", test, "--nocapture"]);
    for (name, _) in env::vars_os() {
        let lower = name.to_string_lossy().to_ascii_lowercase();
        if lower.starts_with("aws_") || lower.ends_with("_proxy") {
            itself.env_remove(name);
        }
    }
    itself
        .env("HOME", home.path())
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env(INSIDE, "1")
        .envs(variables.iter().copied());
    let output = itself.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}\n{said}");
    true
}

/// Whether this process has the environment that a test needs.
pub(crate) fn inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// How the store of a test is spoken to, unless the test says otherwise.
pub(crate) fn options(server: &Server) -> Options {
    Options {
        connection: Connection {
            endpoint: Some(server.endpoint()),
            region: Some(REGION.into()),
            profile: None,
        },
        kind: Some(StoreKind::Generic),
        addressing: Some(Addressing::Path),
        patience: Duration::from_secs(5),
        tries: TRIES,
        ..Options::default()
    }
}

/// The bucket below the prefix.
pub(crate) fn open(options: &Options) -> Store {
    open_at(PREFIX, options)
}

/// The bucket below some prefix.
pub(crate) fn open_at(prefix: &str, options: &Options) -> Store {
    let source = Source::parse(&format!("s3://{BUCKET}/{prefix}")).unwrap();
    Store::open(&source, options).unwrap()
}

/// As ever.
pub(crate) fn store(server: &Server) -> Store {
    open(&options(server))
}

/// Everything below the prefix, ordered.
pub(crate) fn listed(store: &Store) -> Result<Vec<Entry>, StoreError> {
    let mut all = Vec::new();
    let listing = store.list(&mut |entries| {
        all.extend(entries);
        ControlFlow::Continue(())
    })?;
    assert_eq!(listing, Listing::default());
    all.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(all)
}

/// Their keys.
pub(crate) fn listed_keys(store: &Store) -> Result<Vec<String>, StoreError> {
    Ok(keys(&listed(store)?))
}

pub(crate) fn keys(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.key.lossy().into_owned()).collect()
}

/// The keys below `prefix` behind `after`, as they come.
pub(crate) fn keys_under(
    store: &Store,
    prefix: &str,
    after: Option<&str>,
) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    store.list_under(prefix, after, &mut |entries| {
        all.extend(keys(&entries));
        ControlFlow::Continue(())
    })?;
    Ok(all)
}

/// What is listed for one key.
pub(crate) fn stamp(store: &Store, key: &str) -> AudioStamp {
    store.head(&SampleKey::from(key)).unwrap().unwrap().stamp
}

/// The whole of an object by ranged reads of `step` bytes.
pub(crate) fn read_all(store: &Store, key: &str, step: usize) -> std::io::Result<Vec<u8>> {
    let source = store.read(&SampleKey::from(key)).map_err(std::io::Error::other)?;
    let (mut whole, mut buffer) = (Vec::new(), vec![0; step]);
    loop {
        let read = source.read_at(whole.len() as u64, &mut buffer)?;
        if read == 0 {
            return Ok(whole);
        }
        whole.extend_from_slice(&buffer[..read]);
    }
}

/// Bytes that differ at every place within a few kilobytes.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let round: Vec<u8> = (0..251 * 253).map(|at| (at % 251) as u8 ^ (at / 251) as u8).collect();
    round.into_iter().cycle().take(length).collect()
}

/// A local file with these bytes.
pub(crate) fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

/// Goes on.
pub(crate) fn on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// All cases at once: what takes time is waiting between two tries. Each case has its own server.
pub(crate) fn at_once<T: Send>(cases: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    let test = &test;
    std::thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || test(case));
        }
    });
}

/// Every pair of two lists.
pub(crate) fn pairs<A: Clone, B: Clone>(left: &[A], right: &[B]) -> Vec<(A, B)> {
    left.iter().flat_map(|a| right.iter().map(move |b| (a.clone(), b.clone()))).collect()
}
