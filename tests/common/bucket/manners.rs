//! How a store behaves where stores differ.

/// What this server does, and what it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manners {
    /// `If-None-Match: *` and `If-Match` on a PUT are obeyed; else they are ignored: 200, and overwritten.
    pub(crate) conditional_put: bool,
    /// `x-amz-checksum-*` and `aws-chunked` are taken; else they are `XAmzContentSHA256Mismatch`.
    pub(crate) checksums: bool,
    /// `DeleteObjects` must come with `Content-MD5`.
    pub(crate) bulk_delete_wants_md5: bool,
    /// The bucket's name in the path is taken; else it is `VirtualHostDomainRequired`.
    pub(crate) path_style: bool,
    /// A range behind the end is 416; else the whole object with 200.
    pub(crate) range_refused: bool,
    /// Writes are taken; else they are `AccessDenied`.
    pub(crate) writes: bool,
}

impl Manners {
    /// As AWS does.
    pub(crate) const fn plain() -> Self {
        Self {
            conditional_put: true,
            checksums: true,
            bulk_delete_wants_md5: false,
            path_style: true,
            range_refused: true,
            writes: true,
        }
    }

    /// As OBS does.
    pub(crate) const fn obs() -> Self {
        Self {
            conditional_put: false,
            checksums: false,
            bulk_delete_wants_md5: true,
            path_style: false,
            range_refused: false,
            writes: true,
        }
    }

    /// Answers 200 to a conditional PUT and overwrites.
    pub(crate) const fn unconditional() -> Self {
        Self { conditional_put: false, ..Self::plain() }
    }

    /// Refuses every write.
    pub(crate) const fn read_only() -> Self {
        Self { writes: false, ..Self::plain() }
    }
}
