//! What was found out about a store by trying everything, for people to read.

use super::{StoreError, Versioning};
use crate::domain::{Addressing, StoreKind};

/// Each thing that was tried, with what came of it. `None`: it was not tried, or there was nothing to try it on.
#[derive(Debug, Default)]
pub struct Examination {
    /// In which of the standard places the keys were found, in the SDK's word, and the end of the access key's id.
    pub keys: Option<Result<(String, String), StoreError>>,
    /// Where requests go, without name and password.
    pub endpoint: Option<String>,
    /// What they are signed for.
    pub region: Option<String>,
    /// Which store it is taken for.
    pub kind: Option<StoreKind>,
    /// Where the bucket's name goes.
    pub addressing: Option<Addressing>,
    /// Seconds that the store's clock is ahead of this machine's.
    pub ahead: Option<i64>,
    /// A short listing.
    pub list: Option<Result<(), StoreError>>,
    /// One byte of a listed object.
    pub read: Option<Result<(), StoreError>>,
    /// A scratch object.
    pub write: Option<Result<(), StoreError>>,
    /// Whether a PUT fails where something is there.
    pub conditional_put: Option<Result<bool, StoreError>>,
    /// The scratch object, deleted.
    pub delete: Option<Result<(), StoreError>>,
    /// What becomes of deleted objects.
    pub versioning: Versioning,
    /// How what is written is encrypted.
    pub encryption: Encryption,
}

/// How a bucket encrypts what is written to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Encryption {
    /// In this way, in the protocol's word.
    By(String),
    /// Not unless a request asks for it.
    None,
    /// The store does not say, or the keys may not ask.
    #[default]
    Unknown,
}
