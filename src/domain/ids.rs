//! Identifiers. UUIDs are never used as a clock: their order is only a tie-break that every machine agrees on.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id! {
    /// One revision: `UUIDv7` for a person's, `UUIDv5` for an import's.
    RevisionId
}
uuid_id! {
    /// What one press of a key did to data; every revision it made carries it.
    ActionId
}
uuid_id! {
    /// One running earmark. Drafts and leases belong to it.
    InstanceId
}
uuid_id! {
    /// One workspace as an author of log objects. A copied workspace takes a new one.
    WriterId
}

/// A sample's row in one workspace. Never shared between machines: there the key is the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SampleId(pub i64);

impl fmt::Display for SampleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names audio towards a player without naming a path: a hash of source, key, size and `ETag`, in hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SoundId(pub String);

impl fmt::Display for SoundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
