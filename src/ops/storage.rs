//! From settings to how a store is spoken to.

use crate::config::Storage;
use crate::domain::Connection;
use crate::objects::Options;
use std::env;
use std::time::Duration;

/// How a store is spoken to: `connection` first, then what the settings say.
pub fn options(connection: &Connection, storage: &Storage) -> Options {
    Options {
        connection: connection.clone().or(settings(storage)),
        kind: storage.store,
        addressing: storage.addressing,
        list: storage.list,
        bulk_delete: storage.bulk_delete,
        checksums: storage.checksums,
        ca_file: given(&storage.ca_file).map(Into::into),
        requests: storage.requests as usize,
        patience: Duration::from_secs(u64::from(storage.patience_seconds)),
        tries: storage.tries,
    }
}

/// What holds for a bucket of which nobody said anything: the settings, then the environment's endpoint. Profile and
/// region are left to the standard AWS rules, which know more places.
pub(super) fn ambient(storage: &Storage) -> Connection {
    let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    settings(storage).or(Connection { endpoint, ..Connection::default() })
}

fn settings(storage: &Storage) -> Connection {
    Connection {
        endpoint: given(&storage.endpoint),
        profile: given(&storage.profile),
        region: given(&storage.region),
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
