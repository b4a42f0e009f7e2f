//! A transaction that changes many samples: what triggers would do row by row is added up here and written once.
//!
//! `tally` and `unindexed` are kept up by triggers, whatever changes a sample. For each row that costs as much as the
//! change itself. Here the triggers of this one connection rest until the transaction has written everything, and
//! whoever changes a sample meanwhile says what it was and what it is. Nobody else sees a difference: sums and samples
//! are committed together.

use super::error::{Doing, Result};
use super::ledger::insert_sql;
use super::sample::{FACTS, MOVING, STAYING, history_sql};
use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, params};
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
            facts: prepare(FACTS)?,
            history: prepare(&history_sql())?,
            moving: prepare(MOVING)?,
            staying: prepare(STAYING)?,
            revision: prepare(&insert_sql())?,
        };
        if many.by_hand {
            connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)
                .doing(doing)?;
        }
        Ok(many)
    }

    pub(super) fn facts(&self) -> RefMut<'_, CachedStatement<'c>> {
        self.facts.borrow_mut()
    }

    pub(super) fn history(&self) -> RefMut<'_, CachedStatement<'c>> {
        self.history.borrow_mut()
    }

    /// Writes the derived columns of a sample that moves to another state, or of one that stays.
    pub(super) fn store(&self, moves: bool) -> RefMut<'_, CachedStatement<'c>> {
        if moves { self.moving.borrow_mut() } else { self.staying.borrow_mut() }
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

    /// Writes the sums. The triggers work again when it returns.
    pub(super) fn finish(self) -> Result<()> {
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
