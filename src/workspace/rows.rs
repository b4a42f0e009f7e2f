//! A statement that writes some rows at once, which are given one after the other.
//!
//! Each run of a statement opens every index of its table. For one row that costs as much as a good part of the change.

use rusqlite::{CachedStatement, Connection, Result, ToSql};

/// Rows that one run of the statement writes. More save nothing.
const AT_ONCE: usize = 32;

/// What is given is written when enough of it is there, and by [`Rows::flush`]. Until then the workspace does not have it.
pub(super) struct Rows<'c> {
    sql: CachedStatement<'c>,
    width: usize,
    /// The samples of the rows that wait, in their order.
    waiting: Vec<i64>,
}

impl<'c> Rows<'c> {
    /// A statement of `width` values a row, which stand in it as the rows of `given`. It must leave out rows whose first
    /// value is NULL.
    pub(super) fn prepare(
        connection: &'c Connection,
        width: usize,
        sql: impl FnOnce(&str) -> String,
    ) -> Result<Self> {
        let row = format!("({})", vec!["?"; width].join(", "));
        let given = format!("VALUES {}", vec![row; AT_ONCE].join(", "));
        let sql = connection.prepare_cached(&sql(&given))?;
        Ok(Self { sql, width, waiting: Vec::with_capacity(AT_ONCE) })
    }

    /// Whether a row of this sample waits.
    pub(super) fn holds(&self, sample: i64) -> bool {
        self.waiting.contains(&sample)
    }

    /// Gives one row.
    pub(super) fn add(&mut self, sample: i64, values: &[&dyn ToSql]) -> Result<()> {
        debug_assert_eq!(values.len(), self.width, "a row has all its values");
        let before = self.waiting.len() * self.width;
        for (index, value) in values.iter().enumerate() {
            self.sql.raw_bind_parameter(before + index + 1, value)?;
        }
        self.waiting.push(sample);
        if self.waiting.len() == AT_ONCE { self.flush() } else { Ok(()) }
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        for lacking in self.waiting.len()..AT_ONCE {
            self.sql.raw_bind_parameter(lacking * self.width + 1, rusqlite::types::Null)?;
        }
        self.waiting.clear();
        self.sql.raw_execute().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_written_in_its_order_and_once() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE word (sample INTEGER, text TEXT)").unwrap();
        let into = |given: &str| {
            format!("INSERT INTO word SELECT * FROM ({given}) WHERE column1 IS NOT NULL")
        };
        let mut rows = Rows::prepare(&connection, 2, into).unwrap();
        let written = || -> Vec<(i64, String)> {
            let mut all =
                connection.prepare("SELECT sample, text FROM word ORDER BY rowid").unwrap();
            let all = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            all.collect::<Result<_>>().unwrap()
        };
        let last = AT_ONCE as i64 + 2;
        for sample in 0..=last {
            rows.add(sample, &[&sample, &format!("word {sample}")]).unwrap();
        }
        assert!(!rows.holds(0) && rows.holds(last));
        assert_eq!(written().len(), AT_ONCE);
        rows.flush().unwrap();
        rows.flush().unwrap();
        assert!(!rows.holds(last));
        let all: Vec<_> = (0..=last).map(|sample| (sample, format!("word {sample}"))).collect();
        assert_eq!(written(), all);
    }
}
