//! Files that pyarrow wrote (`tests/fixtures/inventory`), whole, cut short and changed.

use super::*;
use std::io::Write;

fn of(bytes: &[u8]) -> Fetched {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Fetched { address: "f.parquet".into(), bytes: file, size: bytes.len() as u64 }
}

fn read_all(bytes: &[u8]) -> Result<Vec<Entry>, InventoryError> {
    let mut all = Vec::new();
    let _ = read(&of(bytes), "calls/", &mut |entries| {
        all.extend(entries);
        ControlFlow::Continue(())
    })?;
    Ok(all)
}

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../../tests/fixtures/inventory/", $name)).as_slice()
    };
}

const GOOD: [(&str, &[u8]); 5] = [
    ("snappy, dictionaries", fixture!("snappy.parquet")),
    ("zstd, newer pages, microseconds", fixture!("zstd-v2.parquet")),
    ("gzip, no dictionaries", fixture!("gzip-plain.parquet")),
    ("the older times", fixture!("old-times.parquet")),
    ("delta encodings", fixture!("delta.parquet")),
];

#[test]
fn what_is_there_now_below_the_prefix_is_read_however_it_is_written() {
    let odd = ["a b.wav", "a+b.wav", "100%.wav", "a%2Bb.wav", "é中文🎧.wav", "q\"uote,.wav"];
    for (how, bytes) in GOOD {
        let all = read_all(bytes).unwrap_or_else(|error| panic!("{how}: {error}"));
        assert_eq!(all.len(), 700, "{how}");
        for (number, entry) in all.iter().enumerate() {
            let plain = format!("{}/utt-{number:05}.wav", number % 7);
            let key = odd.get(number).map_or(&*plain, |odd| odd);
            assert_eq!(entry.key.lossy(), key, "{how}");
            assert_eq!(entry.stamp.size, number as u64, "{how}");
            assert_eq!(entry.stamp.etag, format!("{number:032x}"), "{how}");
        }
        assert_eq!(all[5].modified.unwrap().to_string(), "2026-11-06T21:32:15Z", "{how}");
    }
}

#[test]
fn who_has_enough_is_not_asked_again() {
    let mut asked = 0;
    let flow = read(&of(GOOD[0].1), "calls/", &mut |_| {
        asked += 1;
        ControlFlow::Break(())
    });
    assert!(flow.unwrap().is_break());
    assert_eq!(asked, 1);
}

#[test]
fn what_is_not_told_or_not_known_is_said_by_name() {
    let InventoryError::Columns { missing, .. } =
        read_all(fixture!("no-size.parquet")).unwrap_err()
    else {
        panic!("columns are missing")
    };
    assert_eq!(missing, ["Size", "ETag"]);
    let lz4 = read_all(fixture!("lz4.parquet")).unwrap_err().to_string();
    assert!(lz4.contains("packed with LZ4"), "{lz4}");
    for other in [&b""[..], b"PAR1", b"PAR1\0\0\0\0PAR1", b"\xff\xff\xff\x7fPAR1", b"ORC and more"]
    {
        assert!(matches!(read_all(other), Err(InventoryError::File { .. })));
    }
}

#[test]
fn a_file_that_was_cut_short_is_refused() {
    for (how, bytes) in GOOD {
        for length in (0..bytes.len()).step_by(997) {
            assert!(read_all(&bytes[..length]).is_err(), "{how}, {length}");
        }
    }
}

#[test]
fn changed_bytes_do_no_harm() {
    // What was changed may still read as something: the MD5 is there to tell. It ends, in bounded room.
    for (_, bytes) in GOOD {
        let mut place = 12_345_u32;
        for _ in 0..300 {
            let mut bytes = bytes.to_vec();
            for _ in 0..3 {
                place = place.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let end = bytes.len();
                // Half of them in the footer, where the counts are.
                let from = if place & 1 == 0 { end.saturating_sub(3000) } else { 0 };
                let at = from + place as usize % (end - from);
                bytes[at] ^= (place >> 24) as u8;
            }
            let _ = read_all(&bytes);
        }
    }
}
