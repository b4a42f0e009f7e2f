//! From a row of an inventory to an entry of a listing.

use crate::domain::{AudioStamp, SampleKey};
use crate::objects::Entry;
use jiff::Timestamp;
use percent_encoding::percent_decode;

/// Bytes of a key: no store takes longer ones.
const LONGEST_KEY: usize = 1024;
/// Bytes of an `ETag`.
const LONGEST_ETAG: usize = 256;
/// Entries handed over at once.
pub(super) const CHUNK: usize = 1000;

/// What is known of one version of one object.
pub(super) struct Row<'a> {
    /// The whole key.
    pub(super) key: &'a [u8],
    pub(super) size: Option<u64>,
    pub(super) etag: &'a [u8],
    pub(super) modified: Option<Timestamp>,
    /// Whether it is the current version.
    pub(super) latest: bool,
    /// Whether it says that the object was deleted.
    pub(super) marker: bool,
}

/// The entry that a row stands for; `None` where it is none of the source's objects as they are.
pub(super) fn entry(row: &Row<'_>, prefix: &str) -> Result<Option<Entry>, String> {
    if row.key.is_empty() || row.key.len() > LONGEST_KEY {
        return Err(format!("a key of {} bytes", row.key.len()));
    }
    let Ok(key) = std::str::from_utf8(row.key) else {
        return Err("the key is not UTF-8".to_owned());
    };
    let Some(rest) = key.strip_prefix(prefix) else { return Ok(None) };
    // What ends in a slash stands for a folder, as in a listing.
    if !row.latest || row.marker || rest.is_empty() || rest.ends_with('/') {
        return Ok(None);
    }
    let size = row.size.filter(|size| i64::try_from(*size).is_ok()).ok_or("it has no size")?;
    let modified = row.modified.ok_or("it has no modified time")?;
    let etag = std::str::from_utf8(row.etag).unwrap_or_default().trim_matches('"');
    if etag.is_empty() || etag.len() > LONGEST_ETAG {
        return Err("it has no ETag".to_owned());
    }
    Ok(Some(Entry {
        key: SampleKey::from(rest),
        stamp: AudioStamp { size, etag: etag.to_owned() },
        modified: Some(modified),
    }))
}

/// A key as it was before it was escaped as in a URL: a plus stands for a space.
pub(super) fn unescaped(key: &[u8]) -> Result<Vec<u8>, String> {
    let spaced: Vec<u8> = key.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let whole = spaced.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(at, _)| {
        spaced.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !whole {
        return Err("the key is not escaped as in a URL".to_owned());
    }
    Ok(percent_decode(&spaced).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str) -> Row<'_> {
        Row {
            key: key.as_bytes(),
            size: Some(7),
            etag: b"\"abc\"",
            modified: Some(Timestamp::UNIX_EPOCH),
            latest: true,
            marker: false,
        }
    }

    #[test]
    fn only_what_is_there_below_the_prefix_counts() {
        let found = entry(&row("calls/a.wav"), "calls/").unwrap().unwrap();
        assert_eq!((found.key.as_bytes(), &*found.stamp.etag), (&b"a.wav"[..], "abc"));
        for other in ["elsewhere/a.wav", "calls/", "calls/a/", "call"] {
            assert_eq!(entry(&row(other), "calls/"), Ok(None), "{other}");
        }
        let old = Row { latest: false, size: None, ..row("calls/a.wav") };
        assert_eq!(entry(&old, "calls/"), Ok(None));
        let gone = Row { marker: true, size: None, etag: b"", ..row("calls/a.wav") };
        assert_eq!(entry(&gone, "calls/"), Ok(None));
    }

    #[test]
    fn what_lacks_something_is_an_error() {
        let long = "x".repeat(1025);
        let bad = [
            row(""),
            row(&long),
            Row { key: b"calls/\xff.wav", ..row("") },
            Row { size: None, ..row("calls/a.wav") },
            Row { size: Some(u64::MAX), ..row("calls/a.wav") },
            Row { etag: b"", ..row("calls/a.wav") },
            Row { modified: None, ..row("calls/a.wav") },
        ];
        for row in &bad {
            assert!(entry(row, "calls/").is_err(), "{:?}", String::from_utf8_lossy(row.key));
        }
    }

    #[test]
    fn keys_are_unescaped_once() {
        assert_eq!(unescaped(b"a+b%2Bc%252B%E4%B8%AD").unwrap(), "a b+c%2B中".as_bytes());
        for bad in [&b"100%"[..], b"%4", b"a%zz"] {
            assert!(unescaped(bad).is_err());
        }
    }
}
