//! What each object store can and cannot do, as data.

use crate::domain::{Addressing, BulkDelete, ListVersion, StoreKind};
use crate::objects::Options;

/// One store's manners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Profile {
    /// Which store it is.
    pub(super) kind: StoreKind,
    /// Where the bucket's name goes.
    pub(super) addressing: Addressing,
    /// Which listing call is used.
    pub(super) list: ListVersion,
    /// Whether listings are asked for with escaped keys, so that control characters survive XML.
    pub(super) escaped_lists: bool,
    /// How many are deleted at once.
    pub(super) bulk_delete: BulkDelete,
    /// Whether checksums are sent and asked for where the protocol does not demand it.
    pub(super) checksums: bool,
    /// The region requests are signed for when nobody names one.
    pub(super) region: &'static str,
}

/// Every store, with its manners on an address of its own.
const PROFILES: &[Profile] = &[
    Profile {
        kind: StoreKind::Aws,
        addressing: Addressing::Virtual,
        list: ListVersion::V2,
        escaped_lists: true,
        bulk_delete: BulkDelete::Checksum,
        checksums: true,
        region: "us-east-1",
    },
    // Bulk deletion wants Content-MD5; checksum trailers are refused; names in the path are refused.
    Profile {
        kind: StoreKind::Obs,
        addressing: Addressing::Virtual,
        list: ListVersion::V2,
        escaped_lists: true,
        bulk_delete: BulkDelete::Md5,
        checksums: false,
        region: "obs",
    },
    Profile {
        kind: StoreKind::Minio,
        addressing: Addressing::Path,
        list: ListVersion::V2,
        escaped_lists: true,
        bulk_delete: BulkDelete::Md5,
        checksums: false,
        region: "us-east-1",
    },
    Profile {
        kind: StoreKind::Garage,
        addressing: Addressing::Path,
        list: ListVersion::V2,
        escaped_lists: true,
        bulk_delete: BulkDelete::Checksum,
        checksums: false,
        region: "garage",
    },
    Profile {
        kind: StoreKind::Ceph,
        addressing: Addressing::Path,
        list: ListVersion::V2,
        escaped_lists: true,
        bulk_delete: BulkDelete::Md5,
        checksums: false,
        region: "us-east-1",
    },
    Profile {
        kind: StoreKind::R2,
        addressing: Addressing::Path,
        list: ListVersion::V2,
        escaped_lists: true,
        bulk_delete: BulkDelete::Md5,
        checksums: false,
        region: "auto",
    },
    Profile {
        kind: StoreKind::Generic,
        addressing: Addressing::Path,
        list: ListVersion::V2,
        escaped_lists: true,
        bulk_delete: BulkDelete::Single,
        checksums: false,
        region: "us-east-1",
    },
];

/// Endpoints that say which store they are, by a part of their host name.
const HOSTS: &[(&str, StoreKind)] = &[
    (".amazonaws.com", StoreKind::Aws),
    (".myhuaweicloud.", StoreKind::Obs),
    (".otc.t-systems.com", StoreKind::Obs),
    (".r2.cloudflarestorage.com", StoreKind::R2),
    ("minio", StoreKind::Minio),
    ("garage", StoreKind::Garage),
    ("ceph", StoreKind::Ceph),
    ("rgw", StoreKind::Ceph),
];

impl Profile {
    /// The manners in force: those of the store that is named, or told by scheme and endpoint, and what the options
    /// say.
    pub(super) fn of(scheme: &str, endpoint: Option<&str>, options: &Options) -> Self {
        let kind = options.kind.unwrap_or_else(|| kind(scheme, endpoint));
        let mut profile =
            PROFILES.iter().find(|known| known.kind == kind).copied().unwrap_or(PROFILES[0]);
        // No name server knows buckets below a bare address.
        if endpoint.is_some_and(is_bare) {
            profile.addressing = Addressing::Path;
        }
        profile.addressing = options.addressing.unwrap_or(profile.addressing);
        profile.list = options.list.unwrap_or(profile.list);
        profile.bulk_delete = options.bulk_delete.unwrap_or(profile.bulk_delete);
        profile.checksums = options.checksums.unwrap_or(profile.checksums);
        profile
    }
}

fn kind(scheme: &str, endpoint: Option<&str>) -> StoreKind {
    let Some(endpoint) = endpoint else {
        return if scheme == "obs" { StoreKind::Obs } else { StoreKind::Aws };
    };
    let host = host(endpoint).to_ascii_lowercase();
    let known = HOSTS.iter().find(|(part, _)| host.contains(part)).map(|(_, kind)| *kind);
    known.unwrap_or(if scheme == "obs" { StoreKind::Obs } else { StoreKind::Generic })
}

/// The region that an endpoint's name holds, as in `obs.eu-de.otc.t-systems.com`.
pub(super) fn region_in(endpoint: &str) -> Option<&str> {
    let rest =
        host(endpoint).strip_prefix("obs.").or_else(|| host(endpoint).strip_prefix("s3."))?;
    rest.split_once('.').map(|(region, _)| region).filter(|region| region.contains('-'))
}

fn host(endpoint: &str) -> &str {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_bare(endpoint: &str) -> bool {
    let host = host(endpoint).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(scheme: &str, endpoint: Option<&str>) -> Profile {
        Profile::of(scheme, endpoint, &Options::default())
    }

    #[test]
    fn the_endpoint_says_which_store_it_is() {
        assert_eq!(at("s3", None).kind, StoreKind::Aws);
        assert_eq!(at("obs", None).kind, StoreKind::Obs);
        let obs = at("s3", Some("https://obs.eu-de.otc.t-systems.com"));
        assert_eq!((obs.kind, obs.addressing), (StoreKind::Obs, Addressing::Virtual));
        assert_eq!(at("s3", Some("https://obs.cn-north-4.myhuaweicloud.com")).kind, StoreKind::Obs);
        assert_eq!(at("s3", Some("https://x.r2.cloudflarestorage.com")).kind, StoreKind::R2);
        assert_eq!(at("s3", Some("https://minio.acme.org:9000")).kind, StoreKind::Minio);
        assert_eq!(at("s3", Some("https://store.acme.org")).kind, StoreKind::Generic);
    }

    #[test]
    fn a_bare_address_has_buckets_in_the_path() {
        for endpoint in ["http://127.0.0.1:9000", "http://localhost:1", "http://[::1]:80/"] {
            assert_eq!(at("obs", Some(endpoint)).addressing, Addressing::Path, "{endpoint}");
        }
    }

    #[test]
    fn options_stand_over_profiles() {
        let options = Options {
            kind: Some(StoreKind::Obs),
            addressing: Some(Addressing::Path),
            bulk_delete: Some(BulkDelete::Single),
            checksums: Some(true),
            ..Options::default()
        };
        let profile = Profile::of("s3", None, &options);
        assert_eq!(
            (profile.addressing, profile.bulk_delete, profile.checksums),
            (Addressing::Path, BulkDelete::Single, true)
        );
    }

    #[test]
    fn an_endpoint_can_name_the_region() {
        assert_eq!(region_in("https://obs.eu-de.otc.t-systems.com"), Some("eu-de"));
        assert_eq!(region_in("https://s3.eu-west-1.amazonaws.com/"), Some("eu-west-1"));
        assert_eq!(region_in("http://127.0.0.1:9000"), None);
    }

    #[test]
    fn only_those_that_are_sure_to_take_them_get_checksums() {
        let with: Vec<_> = PROFILES.iter().filter(|p| p.checksums).map(|p| p.kind).collect();
        assert_eq!(with, [StoreKind::Aws]);
    }
}
