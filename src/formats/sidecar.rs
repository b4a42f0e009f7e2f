//! Sidecars: `a.txt` beside `a.wav`, with what is said in it.

use crate::domain::SampleKey;
use std::io::{self, Read};

/// Longer than any label of one recording; what is longer is some other text.
const LIMIT: u64 = 1 << 20;

/// Why a sidecar gives no label.
#[derive(Debug, thiserror::Error)]
pub enum SidecarError {
    /// It could not be read.
    #[error("cannot read it")]
    Read(#[from] io::Error),
    /// In another encoding, or no text at all.
    #[error("it is not UTF-8 text (byte {0})")]
    NotText(usize),
    /// It is no label.
    #[error("it is longer than 1 MiB")]
    TooLong,
}

/// The sidecar that belongs to a recording: the same name with the ending `.txt`.
///
/// `None` for a name that is nothing but an ending.
pub fn sidecar_of(audio: &SampleKey) -> Option<SampleKey> {
    let name = audio.file_name();
    let stem = name.iter().rposition(|byte| *byte == b'.').unwrap_or(name.len());
    if stem == 0 {
        return None;
    }
    let folder = audio.as_bytes().len() - name.len();
    Some(SampleKey::new([&audio.as_bytes()[..folder + stem], b".txt"].concat()))
}

/// Reads the label of a sidecar: the whole text, with `\n` between its lines and none behind the last.
///
/// `None` if nothing is in it.
///
/// # Errors
/// It cannot be read, is not UTF-8, or is too long to be a label.
pub fn read_sidecar(file: impl Read) -> Result<Option<String>, SidecarError> {
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(SidecarError::TooLong);
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| SidecarError::NotText(error.utf8_error().valid_up_to()))?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let text = text.trim_end_matches('\n');
    Ok((!text.trim().is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sidecar_has_the_name_of_the_recording() {
        let of = |key: &str| sidecar_of(&key.into()).map(|key| key.lossy().into_owned());
        assert_eq!(of("a/b.c.wav").as_deref(), Some("a/b.c.txt"));
        assert_eq!(of("a.d/b").as_deref(), Some("a.d/b.txt"));
        assert_eq!(of("b.WAV").as_deref(), Some("b.txt"));
        assert_eq!(of("a/.wav"), None);
        assert_eq!(of("a/"), None);
    }

    #[test]
    fn the_text_is_taken_whole() {
        let read = |bytes: &[u8]| read_sidecar(bytes).unwrap();
        assert_eq!(read(b"\xef\xbb\xbfone\r\n two \r\n").as_deref(), Some("one\n two "));
        assert_eq!(read("谢谢\n".as_bytes()).as_deref(), Some("谢谢"));
        assert_eq!(read(b"\n \n"), None);
    }

    #[test]
    fn what_is_no_label_says_why() {
        let read = |bytes: &[u8]| read_sidecar(bytes).unwrap_err();
        assert!(matches!(read(b"caf\xe9"), SidecarError::NotText(3)));
        assert!(matches!(read(&vec![b'a'; 2 << 20]), SidecarError::TooLong));
    }
}
