//! The key of a sample: bytes relative to the source, whatever they are.

use std::borrow::Cow;

/// A sample's identity within its source: the object key or relative path as bytes, `/`-separated.
///
/// Not always UTF-8 and never trusted: make it safe with `text::safe` before it reaches a screen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleKey(Vec<u8>);

impl SampleKey {
    /// Takes the bytes as they are.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, as they are in the source.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key as text if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The key as text with U+FFFD for what is not UTF-8. Still hostile to a terminal.
    pub fn lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The part behind the last `/`.
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|b| *b == b'/').next().unwrap_or(&self.0)
    }
}

impl From<&str> for SampleKey {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_name_is_what_follows_the_last_slash() {
        assert_eq!(SampleKey::from("a/b/c.wav").file_name(), b"c.wav");
        assert_eq!(SampleKey::from("c.wav").file_name(), b"c.wav");
        assert_eq!(SampleKey::new(vec![0xff, b'/', 0xfe]).file_name(), &[0xfe]);
    }
}
