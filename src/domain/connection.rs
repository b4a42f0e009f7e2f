//! How a bucket is reached, without any secret, and in which ways stores differ.

use serde::{Deserialize, Serialize};

/// Where requests go and whose credentials sign them. Nothing in it is secret; what is not given is found by the
/// standard AWS rules (environment, profile files).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Connection {
    /// `https://host[:port]` of the store; `None` is AWS itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The profile of `~/.aws/config` and `~/.aws/credentials`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl Connection {
    /// Whether everything is left to the standard rules.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What this one says, and what `other` says where this one says nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            endpoint: self.endpoint.or(other.endpoint),
            profile: self.profile.or(other.profile),
            region: self.region.or(other.region),
        }
    }
}

/// Which object store it is. What each can do stands in `objects`, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreKind {
    /// Amazon S3.
    Aws,
    /// Huawei OBS, and the Open Telekom Cloud's.
    Obs,
    /// `MinIO`.
    Minio,
    /// Garage.
    Garage,
    /// Ceph's RADOS gateway.
    Ceph,
    /// Cloudflare R2.
    R2,
    /// Anything else that speaks the protocol.
    Generic,
}

/// Where the bucket's name goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// `https://host/bucket/key`.
    Path,
    /// `https://bucket.host/key`.
    Virtual,
}

/// Which listing call is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListVersion {
    /// `ListObjects`, by markers.
    V1,
    /// `ListObjectsV2`, by tokens.
    V2,
}

/// How many objects are deleted at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkDelete {
    /// `DeleteObjects` as the SDK sends it, with its checksum.
    Checksum,
    /// `DeleteObjects` with `Content-MD5`.
    Md5,
    /// One `DeleteObject` each.
    Single,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_stands_over_what_was_known() {
        let said = Connection { region: Some("here".into()), ..Connection::default() };
        let known = Connection {
            region: Some("there".into()),
            endpoint: Some("http://store".into()),
            profile: None,
        };
        let both = said.or(known);
        assert_eq!(both.region.as_deref(), Some("here"));
        assert_eq!(both.endpoint.as_deref(), Some("http://store"));
        assert!(!both.is_default() && Connection::default().is_default());
    }
}
