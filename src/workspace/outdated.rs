//! Whether a workspace is still to be brought to the newest format, asked without opening it.

use super::migrate;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Where SQLite keeps `user_version` in its header.
const VERSION: std::ops::Range<usize> = 60..64;

/// Whether opening this workspace brings it up to date first, which takes seconds for a large one. As far as the file
/// itself says: what the write-ahead log knows better is not looked for.
///
/// To be asked before this process opens the workspace, and not later: closing the file again would take SQLite's locks
/// with it.
pub fn is_outdated(path: &Path) -> bool {
    let mut head = [0; 64];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    let version = u32::from_be_bytes(head[VERSION].try_into().unwrap_or_default());
    read.is_ok() && (1..migrate::newest()).contains(&version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn a_file_says_its_format() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.earmark");
        assert!(!is_outdated(&path), "there is none");
        let connection = Connection::open(&path).unwrap();
        for (version, outdated) in [(1, true), (migrate::newest(), false), (9_999, false)] {
            connection.pragma_update(None, "user_version", version).unwrap();
            assert_eq!(is_outdated(&path), outdated, "format {version}");
        }
    }
}
