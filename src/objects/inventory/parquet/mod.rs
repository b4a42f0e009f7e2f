//! Data files in Parquet: row group by row group, the columns that are needed beside one another, some rows at a time.

mod pages;
mod thrift;

use super::error::InventoryError;
use super::fetch::Fetched;
use super::rows::{CHUNK, Row, entry};
use crate::objects::{Entry, OnEntries};
use jiff::Timestamp;
use pages::Pages;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type, Int96Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use std::fmt::Display;
use std::fs::File;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use thrift::Thrift;

/// Bytes of what a file says of itself; with ten columns and row groups of 100,000 rows, enough for a billion rows.
const LARGEST_FOOTER: usize = 8 << 20;
/// What stands at the end: the length of the footer, and four letters.
const TAIL: usize = 8;

/// What is needed of each object, and how it is called on the store's console.
const NEEDED: [(&str, &str); 4] =
    [("key", "Key"), ("size", "Size"), ("e_tag", "ETag"), ("last_modified_date", "Last modified")];

/// Reads a data file to its end, or until `on_entries` has enough.
pub(super) fn read(
    file: &Fetched,
    prefix: &str,
    on_entries: &mut OnEntries<'_>,
) -> Result<ControlFlow<()>, InventoryError> {
    // A panic in the library is a file that cannot be read.
    catch_unwind(AssertUnwindSafe(|| groups(file, prefix, on_entries)))
        .unwrap_or_else(|_| Err(bad(file, "the file is broken")))
}

fn groups(
    file: &Fetched,
    prefix: &str,
    on_entries: &mut OnEntries<'_>,
) -> Result<ControlFlow<()>, InventoryError> {
    let about = footer(file)?;
    let bytes = Arc::new(file.bytes.try_clone().map_err(|error| bad(file, error))?);
    let mut row = 0;
    for group in about.row_groups() {
        let mut columns = Columns::of(file, &bytes, group)?;
        let mut left = usize::try_from(group.num_rows()).map_err(|error| bad(file, error))?;
        while left > 0 {
            let count = left.min(CHUNK);
            columns.fill(count).map_err(|error| bad(file, error))?;
            let mut entries = Vec::with_capacity(count);
            for _ in 0..count {
                row += 1;
                let found = columns.next(prefix);
                entries.extend(found.map_err(|why| InventoryError::Row {
                    file: file.address.clone(),
                    row,
                    why,
                })?);
            }
            if !entries.is_empty() && on_entries(entries).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            left -= count;
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// What the file says of itself, once its counts are known to be possible.
fn footer(file: &Fetched) -> Result<ParquetMetaData, InventoryError> {
    let end = file.size.checked_sub(TAIL as u64).ok_or_else(|| bad(file, "it is too short"))?;
    let mut tail = [0; TAIL];
    file.bytes.read_exact_at(&mut tail, end).map_err(|error| bad(file, error))?;
    let [a, b, c, d, letters @ ..] = tail;
    if letters != *b"PAR1" {
        return Err(bad(file, "it does not end as such a file does"));
    }
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    let start = end.checked_sub(length as u64).filter(|_| length <= LARGEST_FOOTER);
    let start = start.ok_or_else(|| bad(file, "its footer is too long"))?;
    let mut bytes = vec![0; length];
    file.bytes.read_exact_at(&mut bytes, start).map_err(|error| bad(file, error))?;
    Thrift::new(&bytes).structure().ok_or_else(|| bad(file, "its footer is broken"))?;
    ParquetMetaDataReader::decode_metadata(&bytes).map_err(|error| bad(file, error))
}

fn bad(file: &Fetched, why: impl Display) -> InventoryError {
    let (file, why) = (file.address.clone(), why.to_string());
    InventoryError::File { file, format: "Parquet", why }
}

/// The columns of a row group, read side by side.
struct Columns {
    key: Column<ByteArrayType>,
    size: Column<Int64Type>,
    etag: Column<ByteArrayType>,
    modified: Modified,
    latest: Option<Column<BoolType>>,
    marker: Option<Column<BoolType>>,
}

/// A time as it is written: counted from 1970, or in the older way.
enum Modified {
    /// How many in a second.
    Counted(Column<Int64Type>, i64),
    Julian(Column<Int96Type>),
}

impl Columns {
    fn of(
        file: &Fetched,
        bytes: &Arc<File>,
        group: &RowGroupMetaData,
    ) -> Result<Self, InventoryError> {
        let names: Vec<String> = group
            .columns()
            .iter()
            .map(|column| column.column_path().string().to_ascii_lowercase())
            .collect();
        let place = |name: &str| names.iter().position(|other| other == name);
        let missing: Vec<&str> = NEEDED
            .iter()
            .filter(|(name, _)| place(name).is_none())
            .map(|(_, said)| *said)
            .collect();
        let (Some(key), Some(size), Some(etag), Some(modified)) =
            (place("key"), place("size"), place("e_tag"), place("last_modified_date"))
        else {
            return Err(InventoryError::Columns { file: file.address.clone(), missing });
        };
        let open = |at: usize| open(bytes, file.size, group, at).map_err(|error| bad(file, error));
        let odd = |name: &str| bad(file, format!("{name} is of another type"));
        let flag = |at: Option<usize>, name: &str| {
            at.map(open)
                .transpose()?
                .map(|column| bits(column).ok_or_else(|| odd(name)))
                .transpose()
        };
        Ok(Self {
            key: texts(open(key)?).ok_or_else(|| odd("key"))?,
            size: numbers(open(size)?).ok_or_else(|| odd("size"))?,
            etag: texts(open(etag)?).ok_or_else(|| odd("e_tag"))?,
            modified: times(open(modified)?, per_second(group, modified))
                .ok_or_else(|| odd("last_modified_date"))?,
            latest: flag(place("is_latest"), "is_latest")?,
            marker: flag(place("is_delete_marker"), "is_delete_marker")?,
        })
    }

    /// Reads `count` rows.
    fn fill(&mut self, count: usize) -> Result<(), ParquetError> {
        self.key.fill(count)?;
        self.size.fill(count)?;
        self.etag.fill(count)?;
        match &mut self.modified {
            Modified::Counted(column, _) => column.fill(count)?,
            Modified::Julian(column) => column.fill(count)?,
        }
        [&mut self.latest, &mut self.marker]
            .into_iter()
            .flatten()
            .try_for_each(|column| column.fill(count))
    }

    /// The entry that the next of the rows read stands for.
    fn next(&mut self, prefix: &str) -> Result<Option<Entry>, String> {
        let (key, size, etag) = (self.key.next(), self.size.next(), self.etag.next());
        let modified = match &mut self.modified {
            Modified::Counted(column, in_second) => column.next().map(|count| {
                let nanos = i128::from(*count) * i128::from(1_000_000_000 / *in_second);
                Timestamp::from_nanosecond(nanos)
            }),
            Modified::Julian(column) => {
                column.next().map(|time| Timestamp::from_nanosecond(i128::from(time.to_nanos())))
            }
        };
        let truth = |column: &mut Option<Column<BoolType>>, otherwise: bool| match column {
            Some(column) => column.next().copied().unwrap_or(otherwise),
            None => otherwise,
        };
        let row = Row {
            key: key.map(ByteArray::data).unwrap_or_default(),
            size: size
                .map(|size| u64::try_from(*size))
                .transpose()
                .map_err(|_| "its size is negative".to_owned())?,
            etag: etag.map(ByteArray::data).unwrap_or_default(),
            modified: modified.transpose().map_err(|_| "its time is none".to_owned())?,
            latest: truth(&mut self.latest, true),
            marker: truth(&mut self.marker, false),
        };
        entry(&row, prefix)
    }
}

/// One column: what was read of it, and how much of that was given out.
struct Column<T: DataType> {
    reader: ColumnReaderImpl<T>,
    /// Whether a value may be missing; then the levels tell where.
    optional: bool,
    levels: Vec<i16>,
    values: Vec<T::T>,
    row: usize,
    value: usize,
}

impl<T: DataType> Column<T> {
    fn fill(&mut self, count: usize) -> Result<(), ParquetError> {
        self.levels.clear();
        self.values.clear();
        (self.row, self.value) = (0, 0);
        let levels = self.optional.then_some(&mut self.levels);
        let (rows, ..) = self.reader.read_records(count, levels, None, &mut self.values)?;
        let values = self.levels.iter().filter(|level| **level > 0).count();
        let values = if self.optional { values } else { rows };
        if rows != count || values != self.values.len() {
            return Err(ParquetError::General("a column ends early".to_owned()));
        }
        Ok(())
    }

    fn next(&mut self) -> Option<&T::T> {
        let there = !self.optional || self.levels.get(self.row).is_some_and(|level| *level > 0);
        self.row += 1;
        if !there {
            return None;
        }
        self.value += 1;
        self.values.get(self.value - 1)
    }
}

/// A column's reader, and whether its values may be missing.
type Opened = (ColumnReader, bool);

fn open(
    bytes: &Arc<File>,
    size: u64,
    group: &RowGroupMetaData,
    at: usize,
) -> Result<Opened, ParquetError> {
    let odd = |why: &str| ParquetError::General(why.to_owned());
    let column = group.column(at);
    let about = column.column_descr_ptr();
    if about.max_rep_level() > 0 || about.max_def_level() > 1 {
        return Err(odd("a column is a list"));
    }
    let first = column.dictionary_page_offset().filter(|offset| *offset > 0);
    let start =
        first.map_or(column.data_page_offset(), |first| first.min(column.data_page_offset()));
    let start = u64::try_from(start).map_err(|_| odd("a column has no place"))?;
    let length =
        u64::try_from(column.compressed_size()).map_err(|_| odd("a column has no size"))?;
    let end = start.checked_add(length).filter(|end| *end <= size);
    let end = end.ok_or_else(|| odd("a column ends behind the file"))?;
    let pages = Pages::new(bytes.clone(), start, end, column.compression());
    let optional = about.max_def_level() == 1;
    Ok((get_column_reader(about, Box::new(pages)), optional))
}

fn column<T: DataType>((reader, optional): (ColumnReaderImpl<T>, bool)) -> Column<T> {
    Column { reader, optional, levels: Vec::new(), values: Vec::new(), row: 0, value: 0 }
}

fn texts((reader, optional): Opened) -> Option<Column<ByteArrayType>> {
    match reader {
        ColumnReader::ByteArrayColumnReader(reader) => Some(column((reader, optional))),
        _ => None,
    }
}

fn numbers((reader, optional): Opened) -> Option<Column<Int64Type>> {
    match reader {
        ColumnReader::Int64ColumnReader(reader) => Some(column((reader, optional))),
        _ => None,
    }
}

fn bits((reader, optional): Opened) -> Option<Column<BoolType>> {
    match reader {
        ColumnReader::BoolColumnReader(reader) => Some(column((reader, optional))),
        _ => None,
    }
}

fn times((reader, optional): Opened, in_second: Option<i64>) -> Option<Modified> {
    match (reader, in_second) {
        (ColumnReader::Int64ColumnReader(reader), Some(in_second)) => {
            Some(Modified::Counted(column((reader, optional)), in_second))
        }
        (ColumnReader::Int96ColumnReader(reader), _) => {
            Some(Modified::Julian(column((reader, optional))))
        }
        _ => None,
    }
}

/// How many of a column's units are in a second; `None` if it holds no times.
fn per_second(group: &RowGroupMetaData, at: usize) -> Option<i64> {
    let column = group.column(at).column_descr();
    if column.physical_type() != Type::INT64 {
        return None;
    }
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(time)), _) => Some(match time.unit {
            TimeUnit::MILLIS => 1_000,
            TimeUnit::MICROS => 1_000_000,
            TimeUnit::NANOS => 1_000_000_000,
        }),
        (_, ConvertedType::TIMESTAMP_MILLIS) => Some(1_000),
        (_, ConvertedType::TIMESTAMP_MICROS) => Some(1_000_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
