//! Which files of a source are recordings: by ending where the ending says so, else by content.
//!
//! In a bucket only the ending counts: to look into a million objects would take longer than to list them. A file that is named like audio always counts: one that is damaged should be seen, not silently left out.

use crate::audio::{SNIFF_BYTES, looks_like_audio, sniff};
use crate::domain::SampleKey;
use crate::objects::{Store, StoreError};

/// Endings that are never opened to look for audio in them.
const NOT_AUDIO: &[&str] = &[
    "bak", "bin", "bmp", "c", "cfg", "conf", "css", "csv", "db", "doc", "docx", "eaf", "gif", "gz",
    "htm", "html", "ini", "ipynb", "jpeg", "jpg", "js", "json", "jsonl", "lab", "log", "manifest",
    "md", "npy", "npz", "parquet", "pdf", "png", "pt", "py", "rst", "rttm", "sh", "sqlite", "srt",
    "stm", "svg", "tar", "textgrid", "tgz", "toml", "tsv", "txt", "vtt", "webp", "xls", "xlsx",
    "xml", "xz", "yaml", "yml", "zip", "zst",
];

/// Whether a listed file is a recording. Reads its head where the name does not tell, and it is near.
pub(super) fn is_recording(store: &Store, key: &SampleKey) -> Result<bool, StoreError> {
    let name = String::from_utf8_lossy(key.file_name());
    if looks_like_audio(&name) {
        return Ok(true);
    }
    if matches!(store, Store::S3(_)) {
        return Ok(false);
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    if ending.is_some_and(|ending| NOT_AUDIO.contains(&ending.as_str())) {
        return Ok(false);
    }
    let bytes = store.read(key)?;
    let mut head = vec![0; SNIFF_BYTES];
    let mut filled = 0;
    while filled < SNIFF_BYTES {
        let read = bytes
            .read_at(filled as u64, &mut head[filled..])
            .map_err(|source| StoreError::File { key: key.lossy().into_owned(), source })?;
        if read == 0 {
            break;
        }
        filled += read;
    }
    Ok(sniff(&head[..filled]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Source;
    use crate::objects::Options;

    #[test]
    fn nothing_in_a_bucket_is_read_to_tell_what_it_is() {
        // Nobody listens there: a read would fail.
        let mut options = Options::default();
        options.connection.endpoint = Some("http://127.0.0.1:9".into());
        let bucket = Store::open(&Source::parse("s3://calls/").unwrap(), &options).unwrap();
        let is = |key: &str| is_recording(&bucket, &SampleKey::from(key)).unwrap();
        assert!(is("2026/a.WAV"));
        for other in ["a", "a.txt", "a.dat", "a.wav/readme", "_SUCCESS"] {
            assert!(!is(other), "{other}");
        }
    }
}
