//! Names of files that are written beside recordings, and what cannot be written.

use super::text_in::at;
use super::{FormatError, Sink};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};

/// A sample that the format has no way to say.
pub(super) fn cannot(key: &str, why: impl Into<String>) -> FormatError {
    FormatError::CannotHold { key: key.to_owned(), why: why.into() }
}

/// A key without the ending of its file name.
pub(super) fn stem(key: &str) -> &str {
    let name = key.rfind('/').map_or(0, |slash| slash + 1);
    match key[name..].rfind('.') {
        Some(dot) if dot > 0 => &key[..name + dot],
        _ => key,
    }
}

/// The name of a recording's own file: its key with another ending.
///
/// # Errors
/// A key that cannot be the name of a file in a folder.
pub(super) fn beside(key: &str, ending: &str) -> Result<String, FormatError> {
    let unsafe_part = |part: &str| matches!(part, "" | "." | "..");
    if key.split('/').any(unsafe_part) || stem(key).ends_with('/') {
        return Err(cannot(key, "its key is no name for a file"));
    }
    if key.chars().any(char::is_control) {
        return Err(cannot(key, "its key has control characters"));
    }
    Ok(format!("{}{ending}", stem(key)))
}

/// Starts a file of one recording; where two would share a name, the second is refused.
///
/// # Errors
/// [`FormatError::CannotHold`] for a name that is taken or no name, or the disk.
pub(super) fn create_beside(
    sink: &mut dyn Sink,
    key: &str,
    name: &str,
) -> Result<Box<dyn Write>, FormatError> {
    sink.create(name).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => {
            cannot(key, format!("{name} is there already, of another recording"))
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => {
            cannot(key, format!("{name} is no name for a file"))
        }
        _ => at(name, source),
    })
}

/// Names that were taken, eight bytes each and some room: about 20 MB for a million.
#[derive(Default)]
pub(super) struct Taken {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

impl Taken {
    /// Takes a name; `false` if it was taken.
    pub(super) fn take(&mut self, name: &str) -> bool {
        self.hashes.insert(self.hasher.hash_one(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_name_of_its_recording() {
        let named = |key| beside(key, ".vtt").map_err(|error| error.to_string());
        assert_eq!(named("a/b.c.wav").as_deref(), Ok("a/b.c.vtt"));
        assert_eq!(named("a.d/b").as_deref(), Ok("a.d/b.vtt"));
        assert_eq!(named("a/.wav").as_deref(), Ok("a/.wav.vtt"));
        for hostile in
            ["", "/etc/a.wav", "../a.wav", "a/../b.wav", "a//b.wav", "a/", "a\n.wav", "./a"]
        {
            assert!(named(hostile).is_err(), "{hostile:?}");
        }
    }

    #[test]
    fn a_name_is_taken_once() {
        let mut taken = Taken::default();
        assert!(taken.take("a") && taken.take("b") && !taken.take("a"));
    }
}
