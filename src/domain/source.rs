//! Where audio lives, and how its bytes are read.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Ranged reads of one file or object. Reads block; whoever calls is on a thread that may wait.
pub trait ByteSource: Send + Sync {
    /// Length in bytes, when known.
    fn len(&self) -> Option<u64>;

    /// Whether it is known to hold nothing.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Reads up to `buffer.len()` bytes from `offset`; 0 only at the end.
    ///
    /// # Errors
    /// What the disk or the network says.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Any part of it may be asked for soon: whoever can do so at little cost reads ahead, without waiting.
    fn expect_all(&self) {}
}

/// A dataset's source or output, as typed by the user and made absolute by the edge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A folder.
    Folder(PathBuf),
    /// `s3://bucket/prefix/` or `obs://bucket/prefix/` (the same protocol).
    Bucket {
        /// `s3` or `obs`, as typed.
        scheme: String,
        /// The bucket.
        bucket: String,
        /// Empty, or ending in `/`.
        prefix: String,
    },
}

/// Why a source could not be read from what was typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Nothing was given.
    #[error("the source is empty")]
    Empty,
    /// `s3://` without a bucket.
    #[error("{0:?} names no bucket")]
    NoBucket(String),
    /// `https://…` and the like.
    #[error("{0:?} is neither a folder nor an s3:// or obs:// address")]
    UnknownScheme(String),
}

impl Source {
    /// Reads `s3://…`, `obs://…` or a path. Paths are taken as they are: making them absolute needs a disk.
    ///
    /// # Errors
    /// An empty text, a bucket address without a bucket, or another scheme.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        if text.is_empty() {
            return Err(SourceError::Empty);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::Folder(PathBuf::from(text)));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "file" => Ok(Self::Folder(PathBuf::from(rest))),
            scheme @ ("s3" | "obs") => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return Err(SourceError::NoBucket(text.to_owned()));
                }
                let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
                Ok(Self::Bucket {
                    scheme: scheme.to_owned(),
                    bucket: bucket.to_owned(),
                    prefix: format!("{prefix}{slash}"),
                })
            }
            _ => Err(SourceError::UnknownScheme(text.to_owned())),
        }
    }

    /// The folder, if it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(path) => Some(path),
            Self::Bucket { .. } => None,
        }
    }

    /// The last part of its path: the name a dataset has unless it is given one.
    pub fn short_name(&self) -> String {
        match self {
            Self::Folder(path) => path.file_name().map_or_else(
                || path.to_string_lossy().into_owned(),
                |name| name.to_string_lossy().into_owned(),
            ),
            Self::Bucket { bucket, prefix, .. } => prefix
                .trim_end_matches('/')
                .rsplit('/')
                .find(|part| !part.is_empty())
                .unwrap_or(bucket)
                .to_owned(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Bucket { scheme, bucket, prefix } => write!(f, "{scheme}://{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_and_folders_are_told_apart() {
        let bucket = Source::parse("obs://acme/calls/2026").unwrap();
        assert_eq!(bucket.to_string(), "obs://acme/calls/2026/");
        assert_eq!(bucket.short_name(), "2026");
        assert_eq!(Source::parse("s3://acme").unwrap().short_name(), "acme");
        assert_eq!(Source::parse("/data/calls").unwrap().short_name(), "calls");
        assert!(matches!(Source::parse("https://x/y"), Err(SourceError::UnknownScheme(_))));
        assert!(matches!(Source::parse("s3:///x"), Err(SourceError::NoBucket(_))));
        assert!(matches!(Source::parse(""), Err(SourceError::Empty)));
    }
}
