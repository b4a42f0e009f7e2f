//! Sorting by bytes in bounded memory: what does not fit waits in unnamed temporary files, in order, to be merged.

use super::FormatError;
use super::text_in::at;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::marker::PhantomData;

/// Bytes held before they go to a file.
const HELD: usize = 32 << 20;

/// A key and a value in JSON.
type Row = (Vec<u8>, Vec<u8>);

fn failed(source: io::Error) -> FormatError {
    at("a temporary file", source)
}

/// Takes rows in any order and gives them back by key; those of one key in the order they came.
pub(super) struct Sorter<T> {
    limit: usize,
    held: Vec<Row>,
    bytes: usize,
    runs: Vec<BufReader<File>>,
    of: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Sorter<T> {
    /// Nothing in it.
    pub(super) fn new() -> Self {
        Self::within(HELD)
    }

    fn within(limit: usize) -> Self {
        Self { limit, held: Vec::new(), bytes: 0, runs: Vec::new(), of: PhantomData }
    }

    /// Takes one row.
    ///
    /// # Errors
    /// A temporary file cannot be written.
    pub(super) fn push(&mut self, key: Vec<u8>, value: &T) -> Result<(), FormatError> {
        let value = serde_json::to_vec(value).map_err(|error| failed(error.into()))?;
        self.bytes += key.len() + value.len() + size_of::<Row>();
        self.held.push((key, value));
        if self.bytes > self.limit { self.spill().map_err(failed) } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_by(|a, b| a.0.cmp(&b.0));
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for (key, value) in self.held.drain(..) {
            for part in [key, value] {
                file.write_all(&(part.len() as u64).to_le_bytes())?;
                file.write_all(&part)?;
            }
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.runs.push(BufReader::new(file));
        self.bytes = 0;
        Ok(())
    }

    /// All rows by key.
    ///
    /// # Errors
    /// A temporary file cannot be read.
    pub(super) fn sorted(mut self) -> Result<Sorted<T>, FormatError> {
        self.held.sort_by(|a, b| a.0.cmp(&b.0));
        let mut runs: Vec<Run> = self.runs.into_iter().map(Run::Spilled).collect();
        runs.push(Run::Held(self.held.into()));
        let heads = runs.iter_mut().map(Run::pop).collect::<io::Result<_>>().map_err(failed)?;
        Ok(Sorted { runs, heads, of: PhantomData })
    }
}

enum Run {
    Spilled(BufReader<File>),
    Held(VecDeque<Row>),
}

impl Run {
    fn pop(&mut self) -> io::Result<Option<Row>> {
        match self {
            Self::Held(rows) => Ok(rows.pop_front()),
            Self::Spilled(file) => {
                let Some(key) = part(file)? else { return Ok(None) };
                Ok(part(file)?.map(|value| (key, value)))
            }
        }
    }
}

fn part(file: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 8];
    match file.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut bytes = vec![0; usize::try_from(u64::from_le_bytes(length)).unwrap_or(0)];
    file.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

/// Rows by key.
pub(super) struct Sorted<T> {
    runs: Vec<Run>,
    /// The next row of each run.
    heads: Vec<Option<Row>>,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned> Sorted<T> {
    /// No rows.
    pub(super) fn empty() -> Self {
        Self { runs: Vec::new(), heads: Vec::new(), of: PhantomData }
    }

    /// The key that comes next.
    pub(super) fn peek(&self) -> Option<&[u8]> {
        self.heads.iter().flatten().map(|(key, _)| key.as_slice()).min()
    }

    /// The next row if it has this key.
    ///
    /// # Errors
    /// See [`pop`](Self::pop).
    pub(super) fn pop_of(&mut self, key: &[u8]) -> Result<Option<T>, FormatError> {
        if self.peek() == Some(key) { Ok(self.pop()?.map(|(_, value)| value)) } else { Ok(None) }
    }

    /// The next row.
    ///
    /// # Errors
    /// A temporary file cannot be read.
    pub(super) fn pop(&mut self) -> Result<Option<(Vec<u8>, T)>, FormatError> {
        // Earlier runs first among equals, so that what came first stays first; there are few runs.
        let first = self
            .heads
            .iter()
            .enumerate()
            .filter_map(|(run, head)| head.as_ref().map(|(key, _)| (key, run)))
            .min()
            .map(|(_, run)| run);
        let Some(run) = first else { return Ok(None) };
        let following = self.runs[run].pop().map_err(failed)?;
        let Some((key, value)) = std::mem::replace(&mut self.heads[run], following) else {
            return Ok(None);
        };
        let value = serde_json::from_slice(&value).map_err(|error| failed(error.into()))?;
        Ok(Some((key, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_come_by_key_and_in_order(
            keys in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3), 0..60),
            limit in 1_usize..4_000,
        ) {
            let mut sorter = Sorter::within(limit);
            for (number, key) in keys.iter().enumerate() {
                sorter.push(key.clone(), &number).unwrap();
            }
            let mut expected: Vec<_> =
                keys.into_iter().enumerate().map(|(number, key)| (key, number)).collect();
            expected.sort();
            let mut sorted = sorter.sorted().unwrap();
            let mut got = Vec::new();
            while let Some(row) = sorted.pop().unwrap() {
                got.push(row);
            }
            prop_assert_eq!(got, expected);
        }
    }
}
