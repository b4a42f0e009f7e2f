//! Samples by their file names: gathered on the first question, in a temporary table of the asking connection.

use super::codec::key_at;
use super::error::{Doing, Result};
use super::reader::Reader;
use crate::domain::{SampleId, SampleKey};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

/// Which samples have a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Namesake {
    /// None.
    None,
    /// Just this one.
    One(SampleId, SampleKey),
    /// At least two.
    Several,
}

impl Reader {
    /// The sample whose file has this name, in whatever folder.
    ///
    /// # Errors
    /// The workspace cannot be read, or there is no room for the names.
    pub fn by_file_name(&self, name: &[u8]) -> Result<Namesake> {
        self.named("name", name)
    }

    /// The sample whose file has this name without its ending, in whatever folder.
    ///
    /// # Errors
    /// The workspace cannot be read, or there is no room for the names.
    pub fn by_stem(&self, stem: &[u8]) -> Result<Namesake> {
        self.named("stem", stem)
    }

    fn named(&self, column: &str, name: &[u8]) -> Result<Namesake> {
        let doing = "find a sample by its name";
        if self.names.get().is_none() {
            gather(&self.connection)?;
            // Set just now by nobody else: a cell has one thread.
            let _ = self.names.set(());
        }
        let found: Vec<(i64, SampleKey)> = self
            .connection
            .prepare_cached(&format!(
                "SELECT id, key FROM names JOIN sample ON id = sample WHERE {column} = ? LIMIT 2"
            ))
            .doing(doing)?
            .query_map([name], |row| Ok((row.get(0)?, key_at(row, 1)?)))
            .doing(doing)?
            .collect::<rusqlite::Result<_>>()
            .doing(doing)?;
        let several = found.len() > 1;
        Ok(match found.into_iter().next() {
            None => Namesake::None,
            Some(_) if several => Namesake::Several,
            Some((id, key)) => Namesake::One(SampleId(id), key),
        })
    }
}

fn gather(connection: &Connection) -> Result<()> {
    let doing = "gather the names of the samples";
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (function, of) in [("file_name", file_name as fn(&[u8]) -> &[u8]), ("file_stem", stem)] {
        connection
            .create_scalar_function(function, 1, flags, move |arguments| {
                Ok(match arguments.get_raw(0) {
                    ValueRef::Blob(bytes) | ValueRef::Text(bytes) => of(bytes).to_vec(),
                    _ => Vec::new(),
                })
            })
            .doing(doing)?;
    }
    connection
        .execute_batch(
            "CREATE TEMP TABLE names (name BLOB NOT NULL, stem BLOB NOT NULL, sample INTEGER NOT NULL) STRICT;
             INSERT INTO names SELECT file_name(key), file_stem(key), id FROM sample WHERE state < 4;
             CREATE INDEX temp.names_name ON names (name);
             CREATE INDEX temp.names_stem ON names (stem);",
        )
        .doing(doing)
}

fn file_name(key: &[u8]) -> &[u8] {
    key.rsplit(|byte| *byte == b'/').next().unwrap_or(key)
}

fn stem(key: &[u8]) -> &[u8] {
    let name = file_name(key);
    match name.iter().rposition(|byte| *byte == b'.') {
        Some(dot) if dot > 0 => &name[..dot],
        _ => name,
    }
}
