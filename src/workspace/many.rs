//! A transaction that changes many samples: what triggers would do row by row is added up here and written once.
//!
//! `tally` and `unindexed` are kept up by triggers, whatever changes a sample. For each row that costs as much as the
//! change itself. Here the triggers of this one connection rest until the transaction has written everything, and
//! whoever changes a sample meanwhile says what it was and what it is. Nobody else sees a difference: sums and samples
//! are committed together.

use super::error::{Doing, Result};
use super::ledger;
use super::rows::Rows;
use super::sample::{self, MOVING, STAYING, facts_sql, history_sql};
use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, ToSql, params};
use std::cell::{RefCell, RefMut};
use std::ops::Deref;

/// Rows of `tally`: the five states, to confirm, conflicts.
const ROWS: usize = 7;
const TO_CONFIRM: usize = 5;
const CONFLICTS: usize = 6;
/// Samples that go to the search index's waiting list at once.
const AT_ONCE: usize = 4_096;

/// What is counted of a sample: its state and its length, as its columns hold them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) state: u32,
    pub(super) micros: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    samples: i64,
    known: i64,
    micros: i64,
}

impl Sum {
    fn add(&mut self, counted: Counted, times: i64) {
        self.samples += times;
        self.known += times * i64::from(counted.micros.is_some());
        self.micros += times * counted.micros.unwrap_or(0);
    }
}

#[derive(Debug, Default)]
struct Sums {
    rows: [Sum; ROWS],
    unindexed: Vec<i64>,
}

/// The connection of a transaction that changes many samples, and the statements that each of them needs.
///
/// [`Many::finish`] belongs to it: without it, the transaction must not be committed.
pub(super) struct Many<'c> {
    connection: &'c Connection,
    /// Whether the triggers rest.
    by_hand: bool,
    sums: RefCell<Sums>,
    facts: RefCell<CachedStatement<'c>>,
    history: RefCell<CachedStatement<'c>>,
    moving: RefCell<CachedStatement<'c>>,
    staying: RefCell<CachedStatement<'c>>,
    revision: RefCell<CachedStatement<'c>>,
    together: Option<RefCell<Together<'c>>>,
}

/// What is written some rows at a time.
struct Together<'c> {
    revisions: Rows<'c>,
    moving: Rows<'c>,
    staying: Rows<'c>,
}

impl<'c> Together<'c> {
    fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            revisions: Rows::prepare(connection, ledger::COLUMNS, ledger::insert_rows_sql)?,
            moving: Rows::prepare(connection, sample::DERIVED, sample::moving_rows_sql)?,
            staying: Rows::prepare(connection, sample::DERIVED, sample::staying_rows_sql)?,
        })
    }

    fn flush(&mut self) -> rusqlite::Result<()> {
        self.revisions.flush()?;
        self.moving.flush()?;
        self.staying.flush()
    }
}

impl<'c> Many<'c> {
    /// Lets the triggers of this connection rest, within the caller's transaction; for a single sample they go on.
    pub(super) fn begin(connection: &'c Connection, samples: usize) -> Result<Self> {
        let doing = "change many samples";
        let prepare = |sql: &str| connection.prepare_cached(sql).map(RefCell::new).doing(doing);
        let many = Self {
            connection,
            by_hand: samples > 1,
            sums: RefCell::default(),
            facts: prepare(&facts_sql())?,
            history: prepare(&history_sql())?,
            moving: prepare(MOVING)?,
            staying: prepare(STAYING)?,
            revision: prepare(&ledger::insert_sql())?,
            together: None,
        };
        if many.by_hand {
            connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)
                .doing(doing)?;
        }
        Ok(many)
    }

    /// As [`Many::begin`]; what is written of the samples is written some at a time. Nobody is to read it meanwhile but
    /// by [`Sample::load_of`](sample::Sample::load_of).
    pub(super) fn together(connection: &'c Connection, samples: usize) -> Result<Self> {
        let mut many = Self::begin(connection, samples)?;
        if many.by_hand {
            let together = Together::prepare(connection).doing("change many samples")?;
            many.together = Some(RefCell::new(together));
        }
        Ok(many)
    }

    pub(super) fn facts(&self) -> RefMut<'_, CachedStatement<'c>> {
        self.facts.borrow_mut()
    }

    pub(super) fn history(&self) -> RefMut<'_, CachedStatement<'c>> {
        self.history.borrow_mut()
    }

    /// Writes what is derived of a sample that moves to another state, or of one that stays.
    pub(super) fn store(&self, sample: i64, moves: bool, values: &[&dyn ToSql]) -> Result<()> {
        let doing = "change a sample";
        let Some(together) = &self.together else {
            let sql = if moves { &self.moving } else { &self.staying };
            return sql.borrow_mut().execute(values).doing(doing).map(drop);
        };
        let mut together = together.borrow_mut();
        if together.moving.holds(sample) || together.staying.holds(sample) {
            together.flush().doing(doing)?;
        }
        let Together { moving, staying, .. } = &mut *together;
        if moves { moving } else { staying }.add(sample, values).doing(doing)
    }

    /// Writes a revision of a sample, unless its id is known.
    pub(super) fn append(&self, sample: i64, values: &[&dyn ToSql]) -> Result<()> {
        match &self.together {
            Some(together) => together.borrow_mut().revisions.add(sample, values),
            None => self.revision.borrow_mut().execute(values).map(drop),
        }
        .doing("write a revision")
    }

    /// Sees to it that what was written of a sample is found by who reads it.
    pub(super) fn settle(&self, sample: i64) -> Result<()> {
        let Some(together) = &self.together else { return Ok(()) };
        let mut together = together.borrow_mut();
        let Together { revisions, moving, staying } = &*together;
        if [revisions, moving, staying].iter().any(|rows| rows.holds(sample)) {
            together.flush().doing("change many samples")?;
        }
        Ok(())
    }

    pub(super) fn revision(&self) -> RefMut<'_, CachedStatement<'c>> {
        self.revision.borrow_mut()
    }

    /// A sample is new.
    pub(super) fn added(&self, id: i64, now: Counted) -> Result<()> {
        self.count(now, 1);
        self.outdated(id)
    }

    /// A sample was something else before.
    pub(super) fn became(&self, before: Counted, now: Counted) {
        if before != now {
            self.count(before, -1);
            self.count(now, 1);
        }
    }

    fn count(&self, counted: Counted, times: i64) {
        let rows = &mut self.sums.borrow_mut().rows;
        if let Some(sum) = rows.get_mut(counted.state as usize).filter(|_| self.by_hand) {
            sum.add(counted, times);
        }
    }

    /// What is to be confirmed of a sample was something else before.
    pub(super) fn confirms(&self, before: u32, now: u32) {
        if before == now || !self.by_hand {
            return;
        }
        let rows = &mut self.sums.borrow_mut().rows;
        rows[TO_CONFIRM].samples += i64::from(now > 0) - i64::from(before > 0);
        rows[CONFLICTS].samples += i64::from(now & 2 > 0) - i64::from(before & 2 > 0);
    }

    /// The search index says of this sample what it does not hold any more.
    pub(super) fn outdated(&self, id: i64) -> Result<()> {
        if !self.by_hand {
            return Ok(());
        }
        let mut sums = self.sums.borrow_mut();
        sums.unindexed.push(id);
        if sums.unindexed.len() < AT_ONCE {
            return Ok(());
        }
        let some = std::mem::take(&mut sums.unindexed);
        self.wait_for_index(some)
    }

    fn wait_for_index(&self, some: Vec<i64>) -> Result<()> {
        let mut sql = self
            .connection
            .prepare_cached("INSERT INTO unindexed VALUES (?) ON CONFLICT DO NOTHING")
            .doing("change many samples")?;
        for id in some {
            sql.execute([id]).doing("change many samples")?;
        }
        Ok(())
    }

    /// Writes what waits, and the sums. The triggers work again when it returns.
    pub(super) fn finish(self) -> Result<()> {
        if let Some(together) = &self.together {
            together.borrow_mut().flush().doing("change many samples")?;
        }
        let Sums { rows, unindexed } = self.sums.take();
        self.wait_for_index(unindexed)?;
        let mut sql = self
            .connection
            .prepare_cached(
                "UPDATE tally SET samples = samples + ?2, known = known + ?3, micros = micros + ?4 WHERE what = ?1",
            )
            .doing("count the samples")?;
        for (what, Sum { samples, known, micros }) in (0..).zip(rows) {
            if (samples, known, micros) != (0, 0, 0) {
                let what: i64 = what;
                sql.execute(params![what, samples, known, micros]).doing("count the samples")?;
            }
        }
        Ok(())
    }
}

impl Deref for Many<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Many<'_> {
    fn drop(&mut self) {
        // It sets a bit and cannot fail; if it did, the next transaction would see it and refuse.
        let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true);
    }
}

/// Has the triggers of a connection work, as they do but for what goes through a [`Many`].
pub(super) fn wake(connection: &Connection) -> Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true)
        .doing("have counts kept")
        .map(drop)
}
