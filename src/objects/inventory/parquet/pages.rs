//! The pages of one column in one row group, unpacked here rather than by the library: no page gets more room than it
//! says it needs, and none says that it needs more than a page should.

use super::thrift::{Field, Thrift};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes of a page, packed or not.
const LARGEST_PAGE: usize = 32 << 20;
/// Bytes of what is said before a page; the least and greatest of its keys are in it.
const LARGEST_HEAD: usize = 64 << 10;
/// What a value in a dictionary takes at least.
const SMALLEST_VALUE: usize = 4;

/// A column's pages, one after another.
pub(super) struct Pages {
    file: Arc<File>,
    at: u64,
    end: u64,
    packed: Compression,
}

impl Pages {
    /// Those between two places in a file.
    pub(super) fn new(file: Arc<File>, start: u64, end: u64, packed: Compression) -> Self {
        Self { file, at: start, end, packed }
    }

    fn head(&self) -> Result<Option<(Head, u64)>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let length = LARGEST_HEAD.min(usize::try_from(self.end - self.at).unwrap_or(LARGEST_HEAD));
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, self.at)?;
        let mut thrift = Thrift::new(&bytes);
        let head = Head::read(&mut thrift).ok_or_else(|| odd("a page has no head"))?;
        Ok(Some((head, self.at + thrift.at() as u64)))
    }

    fn page(&mut self) -> Result<Option<Page>> {
        loop {
            let Some((head, start)) = self.head()? else { return Ok(None) };
            let end = start + head.packed as u64;
            if end > self.end {
                return Err(odd("a page is longer than its column"));
            }
            self.at = end;
            if head.kind == INDEX {
                continue;
            }
            let mut bytes = vec![0; head.packed];
            self.file.read_exact_at(&mut bytes, start)?;
            return self.unpacked(&head, bytes).map(Some);
        }
    }

    fn unpacked(&self, head: &Head, bytes: Vec<u8>) -> Result<Page> {
        let levels = head.definitions + head.repetitions;
        if levels > bytes.len() || levels > head.size {
            return Err(odd("a page is shorter than its levels"));
        }
        let bytes = if head.is_packed && self.packed != Compression::UNCOMPRESSED {
            let mut whole = bytes[..levels].to_vec();
            unpack(self.packed, &bytes[levels..], head.size - levels, &mut whole)?;
            whole
        } else {
            bytes
        };
        if bytes.len() != head.size {
            return Err(odd("a page does not unpack to its size"));
        }
        let (buf, num_values) = (Bytes::from(bytes), head.values);
        Ok(match head.kind {
            DICTIONARY => {
                if num_values as usize > buf.len() / SMALLEST_VALUE {
                    return Err(odd("a dictionary has not so many values"));
                }
                Page::DictionaryPage { buf, num_values, encoding: head.encoding, is_sorted: false }
            }
            DATA => Page::DataPage {
                buf,
                num_values,
                encoding: head.encoding,
                def_level_encoding: head.definition_encoding,
                rep_level_encoding: head.repetition_encoding,
                statistics: None,
            },
            _ => Page::DataPageV2 {
                buf,
                num_values,
                encoding: head.encoding,
                num_nulls: head.nulls,
                num_rows: head.rows,
                def_levels_byte_len: head.definitions as u32,
                rep_levels_byte_len: head.repetitions as u32,
                is_compressed: false,
                statistics: None,
            },
        })
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        self.page()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        while let Some((head, start)) = self.head()? {
            if head.kind != INDEX {
                return Ok(Some(PageMetadata {
                    num_rows: (head.kind == DATA_V2).then_some(head.rows as usize),
                    num_levels: Some(head.values as usize),
                    is_dict: head.kind == DICTIONARY,
                }));
            }
            self.at = start + head.packed as u64;
        }
        Ok(None)
    }

    fn skip_next_page(&mut self) -> Result<()> {
        if let Some((head, start)) = self.head()? {
            self.at = start + head.packed as u64;
        }
        Ok(())
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// Unpacks exactly `size` bytes.
fn unpack(packed: Compression, bytes: &[u8], size: usize, whole: &mut Vec<u8>) -> Result<()> {
    let start = whole.len();
    match packed {
        // A page without values can be nothing at all.
        _ if size == 0 => {}
        Compression::SNAPPY => {
            if snap::raw::decompress_len(bytes).map_err(broken)? != size {
                return Err(odd("a page does not unpack to its size"));
            }
            whole.resize(start + size, 0);
            snap::raw::Decoder::new().decompress(bytes, &mut whole[start..]).map_err(broken)?;
        }
        Compression::GZIP(_) => {
            MultiGzDecoder::new(bytes).take(size as u64 + 1).read_to_end(whole)?;
        }
        Compression::ZSTD(_) => {
            let unpacked = zstd::stream::read::Decoder::with_buffer(bytes)?;
            unpacked.take(size as u64 + 1).read_to_end(whole)?;
        }
        other => return Err(odd(&format!("its pages are packed with {other}"))),
    }
    Ok(())
}

const DATA: i64 = 0;
const INDEX: i64 = 1;
const DICTIONARY: i64 = 2;
const DATA_V2: i64 = 3;

/// What stands before a page.
struct Head {
    kind: i64,
    /// Bytes once unpacked.
    size: usize,
    /// Bytes in the file.
    packed: usize,
    values: u32,
    encoding: Encoding,
    definition_encoding: Encoding,
    repetition_encoding: Encoding,
    // Of the newer kind of data page alone.
    nulls: u32,
    rows: u32,
    definitions: usize,
    repetitions: usize,
    is_packed: bool,
}

impl Head {
    fn read(thrift: &mut Thrift<'_>) -> Option<Self> {
        let mut head = Self {
            kind: -1,
            size: 0,
            packed: 0,
            values: 0,
            encoding: Encoding::PLAIN,
            definition_encoding: Encoding::RLE,
            repetition_encoding: Encoding::RLE,
            nulls: 0,
            rows: 0,
            definitions: 0,
            repetitions: 0,
            is_packed: true,
        };
        let (mut last, mut about) = (0, None);
        while let Some(field) = thrift.field(last)? {
            last = field.id;
            match field.id {
                1 => head.kind = thrift.number(field)?,
                2 => head.size = length(thrift.number(field)?)?,
                3 => head.packed = length(thrift.number(field)?)?,
                5 | 7 | 8 if Thrift::is_structure(field) => {
                    about = Some(field.id);
                    head.details(thrift, field.id)?;
                }
                _ => thrift.skip(field)?,
            }
        }
        let wanted = match head.kind {
            DATA => Some(5),
            DICTIONARY => Some(7),
            DATA_V2 => Some(8),
            INDEX => return Some(head),
            _ => return None,
        };
        (about == wanted).then_some(head)
    }

    fn details(&mut self, thrift: &mut Thrift<'_>, about: i16) -> Option<()> {
        let mut last = 0;
        while let Some(field) = thrift.field(last)? {
            last = field.id;
            match (about, field.id) {
                (_, 1) => self.values = u32::try_from(thrift.number(field)?).ok()?,
                (5 | 7, 2) | (8, 4) => self.encoding = encoding(thrift, field)?,
                (5, 3) => self.definition_encoding = encoding(thrift, field)?,
                (5, 4) => self.repetition_encoding = encoding(thrift, field)?,
                (8, 2) => self.nulls = u32::try_from(thrift.number(field)?).ok()?,
                (8, 3) => self.rows = u32::try_from(thrift.number(field)?).ok()?,
                (8, 5) => self.definitions = length(thrift.number(field)?)?,
                (8, 6) => self.repetitions = length(thrift.number(field)?)?,
                (8, 7) => self.is_packed = Thrift::truth(field)?,
                _ => thrift.skip(field)?,
            }
        }
        Some(())
    }
}

fn length(number: i64) -> Option<usize> {
    usize::try_from(number).ok().filter(|number| *number <= LARGEST_PAGE)
}

#[expect(deprecated, reason = "old files have it")]
fn encoding(thrift: &mut Thrift<'_>, field: Field) -> Option<Encoding> {
    Some(match thrift.number(field)? {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        4 => Encoding::BIT_PACKED,
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        _ => return None,
    })
}

fn odd(why: &str) -> ParquetError {
    ParquetError::General(why.to_owned())
}

fn broken(error: snap::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::GzEncoder;
    use std::io::Write;

    #[test]
    fn no_page_unpacks_to_more_than_it_says() {
        let zeros = vec![0; 8 << 20];
        let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::new(9));
        gzip.write_all(&zeros).unwrap();
        let zstd = zstd::encode_all(&zeros[..], 1).unwrap();
        let snappy = snap::raw::Encoder::new().compress_vec(&zeros).unwrap();
        for (packed, bytes) in [
            (Compression::GZIP(parquet::basic::GzipLevel::default()), gzip.finish().unwrap()),
            (Compression::ZSTD(parquet::basic::ZstdLevel::default()), zstd),
            (Compression::SNAPPY, snappy),
        ] {
            let mut whole = Vec::new();
            let done = unpack(packed, &bytes, 100, &mut whole);
            assert!(whole.len() <= 101, "{packed}: {}", whole.len());
            assert!(done.is_err() || whole.len() == 101, "{packed}");
            assert!(whole.capacity() < 1 << 20, "{packed}: {}", whole.capacity());
        }
    }
}
