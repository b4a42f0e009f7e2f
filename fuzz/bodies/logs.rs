//! Bytes of a stranger as what lies in an output: lines of a log, and a snapshot of the history.

use earmark::sync::{read_line, read_snapshot, write_line};

/// Reads them as both; what is understood is passed on as it was.
pub(crate) fn shared(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok((key, revision)) = read_line(line) else { continue };
        assert!(!key.as_bytes().is_empty());
        let written = write_line(&key, &revision);
        assert!(!written.contains('\n'));
        let again = read_line(written.as_bytes());
        assert_eq!(again.as_ref(), Ok(&(key, revision)), "{written}");
    }
    snapshot(bytes);
    // Most of what is tried is no zstd: packed, its lines are reached.
    if let Ok(packed) = zstd::encode_all(bytes, 1) {
        snapshot(&packed);
    }
}

fn snapshot(packed: &[u8]) {
    let mut revisions = 0;
    let ended = read_snapshot(packed, packed.len() as u64, &mut |some| {
        revisions += some.len();
        Ok(())
    });
    if let Err(error) = ended {
        assert!(!error.to_string().is_empty());
    }
}
