//! Data files in CSV: gzip, no head, each field in quotes or not, keys escaped as in URLs so that a row is a line.

use super::error::InventoryError;
use super::fetch::Fetched;
use super::manifest::Columns;
use super::rows::{CHUNK, Row, entry, unescaped};
use crate::objects::OnEntries;
use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;

/// Bytes of a row: a key of 1,024 bytes, each escaped, and all other fields ten times over.
const LONGEST_ROW: usize = 16 << 10;
/// Bytes that come out for one that went in, at most. Each row has an `ETag`, which hardly shrinks.
const LARGEST_RATIO: u64 = 250;
/// What a small file may hold all the same.
const ALWAYS: u64 = 16 << 20;
const BUFFER: usize = 256 << 10;

/// Reads a data file to its end, or until `on_entries` has enough.
pub(super) fn read(
    file: &Fetched,
    columns: Columns,
    prefix: &str,
    on_entries: &mut OnEntries<'_>,
) -> Result<ControlFlow<()>, InventoryError> {
    let packed = BufReader::with_capacity(BUFFER, &file.bytes);
    let limit = file.size.saturating_mul(LARGEST_RATIO).max(ALWAYS);
    let mut lines = BufReader::with_capacity(BUFFER, MultiGzDecoder::new(packed).take(limit));
    let bad = |why: String| InventoryError::File { file: file.address.clone(), format: "CSV", why };
    let mut line = Vec::with_capacity(LONGEST_ROW);
    let mut fields = Vec::with_capacity(columns.count);
    let mut entries = Vec::with_capacity(CHUNK);
    let mut row = 0;
    loop {
        line.clear();
        let read = next_line(&mut lines, &mut line).map_err(|error| bad(error.to_string()))?;
        if lines.get_ref().limit() == 0 {
            return Err(bad(format!("it unpacks to more than {limit} bytes")));
        }
        if read == 0 {
            break;
        }
        row += 1;
        let at = |why: String| InventoryError::Row { file: file.address.clone(), row, why };
        if read > LONGEST_ROW {
            return Err(at(format!("it has more than {LONGEST_ROW} bytes")));
        }
        split(&mut line, &mut fields).map_err(at)?;
        let found = row_of(&line, &fields, columns, prefix);
        entries.extend(found.map_err(|why| InventoryError::Row {
            file: file.address.clone(),
            row,
            why,
        })?);
        if entries.len() == CHUNK {
            let chunk = std::mem::replace(&mut entries, Vec::with_capacity(CHUNK));
            if on_entries(chunk).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(if entries.is_empty() { ControlFlow::Continue(()) } else { on_entries(entries) })
}

/// Reads a line without its end, or a little more than the longest one.
fn next_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let read = lines.by_ref().take(LONGEST_ROW as u64 + 1).read_until(b'\n', line)?;
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(read)
}

/// Where the fields of a line begin and end; doubled quotes in them become single ones.
fn split(line: &mut [u8], fields: &mut Vec<(usize, usize)>) -> Result<(), String> {
    fields.clear();
    let (mut read, mut write) = (0, 0);
    loop {
        let start = write;
        let quoted = line.get(read) == Some(&b'"');
        read += usize::from(quoted);
        loop {
            match line.get(read) {
                None if quoted => return Err("a quote that is not closed".to_owned()),
                None => break,
                Some(b'"') if quoted && line.get(read + 1) == Some(&b'"') => read += 1,
                Some(b'"') if quoted => {
                    read += 1;
                    break;
                }
                Some(b',') if !quoted => break,
                Some(_) => {}
            }
            line[write] = line[read];
            (read, write) = (read + 1, write + 1);
        }
        fields.push((start, write));
        match line.get(read) {
            None => return Ok(()),
            Some(b',') => read += 1,
            Some(_) => return Err("text behind a closing quote".to_owned()),
        }
    }
}

fn row_of(
    line: &[u8],
    fields: &[(usize, usize)],
    columns: Columns,
    prefix: &str,
) -> Result<Option<crate::objects::Entry>, String> {
    if fields.len() != columns.count {
        return Err(format!("{} fields, not {}", fields.len(), columns.count));
    }
    let field = |at: usize| fields.get(at).map_or(&b""[..], |(start, end)| &line[*start..*end]);
    let text = |at: usize| std::str::from_utf8(field(at)).unwrap_or_default();
    let yes = |at: usize| match text(at).to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(format!("{other:?} is neither true nor false")),
    };
    let key = unescaped(field(columns.key))?;
    let time = text(columns.modified);
    let modified = match time {
        "" => None,
        time => Some(time.parse::<Timestamp>().map_err(|_| format!("{time:?} is no time"))?),
    };
    let size = match text(columns.size) {
        "" => None,
        size => Some(size.parse().map_err(|_| format!("{size:?} is no size"))?),
    };
    let row = Row {
        key: &key,
        size,
        etag: field(columns.etag),
        modified,
        latest: columns.latest.map_or(Ok(true), yes)?,
        marker: columns.marker.map_or(Ok(false), yes)?,
    };
    entry(&row, prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Entry;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::{Seek, Write};

    const COLUMNS: Columns =
        Columns { key: 1, size: 2, modified: 3, etag: 4, latest: None, marker: None, count: 5 };
    const TIME: &str = "2026-11-06T21:32:10.000Z";

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::new(6));
        gzip.write_all(text).unwrap();
        gzip.finish().unwrap()
    }

    fn read_all(packed: &[u8]) -> Result<Vec<Entry>, InventoryError> {
        let mut bytes = tempfile::tempfile().unwrap();
        bytes.write_all(packed).unwrap();
        bytes.rewind().unwrap();
        let file = Fetched { address: "f.csv.gz".into(), bytes, size: packed.len() as u64 };
        let mut all = Vec::new();
        let _ = read(&file, COLUMNS, "", &mut |entries| {
            all.extend(entries);
            ControlFlow::Continue(())
        })?;
        Ok(all)
    }

    #[test]
    fn rows_are_lines_with_or_without_quotes() {
        let text = format!(
            "\"b\",\"a+b%2C.wav\",\"7\",\"{TIME}\",\"e\"\"1\"\r\nb,100%25.wav,8,{TIME},e2\n"
        );
        let all = read_all(&packed(text.as_bytes())).unwrap();
        let keys: Vec<_> = all.iter().map(|entry| entry.key.lossy().into_owned()).collect();
        assert_eq!(keys, ["a b,.wav", "100%.wav"]);
        assert_eq!((all[0].stamp.size, &*all[0].stamp.etag), (7, "e\"1"));
        assert_eq!(all[1].modified.unwrap().to_string(), "2026-11-06T21:32:10Z");
        // Files are gzip members one after another at times.
        let two = [packed(text.as_bytes()), packed(text.as_bytes())].concat();
        assert_eq!(read_all(&two).unwrap().len(), 4);
    }

    #[test]
    fn a_bad_row_is_named() {
        let good = format!("b,k,1,{TIME},e\n");
        let bad = |row: &str| {
            let text = format!("{good}{good}{row}\n");
            read_all(&packed(text.as_bytes())).unwrap_err().to_string()
        };
        for row in [
            "b,k,1",
            "",
            &format!("b,k,-1,{TIME},e"),
            &format!("b,k,,{TIME},e"),
            "b,k,1,yesterday,e",
            &format!("b,%,1,{TIME},e"),
            &format!("b,\"k,1,{TIME},e"),
            &format!("b,\"k\"k,1,{TIME},e"),
            &format!("b,{},1,{TIME},e", "k".repeat(20_000)),
        ] {
            let said = bad(row);
            assert!(said.starts_with("f.csv.gz, row 3: "), "{row:.60}: {said}");
        }
    }

    #[test]
    fn what_was_cut_short_or_is_no_gzip_is_refused() {
        let whole = packed(format!("b,k,1,{TIME},e\n").repeat(5000).as_bytes());
        for bad in [&whole[..whole.len() / 2], &whole[..whole.len() - 1], b"b,k,1", &[]] {
            assert!(matches!(read_all(bad), Err(InventoryError::File { .. })), "{}", bad.len());
        }
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        assert!(read_all(&flipped).is_err());
    }

    #[test]
    fn a_file_that_unpacks_without_end_is_refused() {
        let line = format!("b,{},1,{TIME},e\n", "k".repeat(1000));
        let bomb = packed(line.repeat(ALWAYS as usize / line.len() + 9).as_bytes());
        assert!((bomb.len() as u64) < ALWAYS / LARGEST_RATIO, "{}", bomb.len());
        let refused = read_all(&bomb).map(|all| all.len()).unwrap_err().to_string();
        assert!(refused.contains("unpacks to more than"), "{refused}");
    }
}
