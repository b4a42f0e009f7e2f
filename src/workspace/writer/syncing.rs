//! What a sync asks of the writer: its lease, new samples at once, and the steps that bring the workspace in line with a
//! listing.

use super::{Writer, change};
use crate::domain::SampleKey;
use crate::workspace::apply::{self, SyncRun};
use crate::workspace::error::{Doing, Result};
use crate::workspace::kinds::{Listed, Step};
use crate::workspace::many::Many;
use crate::workspace::staging::Staging;
use crate::workspace::{file, leases};
use jiff::Timestamp;

/// How many early samples one transaction adds.
const EARLY_STEP: usize = 1_000;

impl Writer {
    /// Takes the sync lease, before a listing begins, or renews it. It ends by itself a minute after the last renewal.
    ///
    /// # Errors
    /// [`SyncRunning`](crate::workspace::WorkspaceError::SyncRunning) while another process has it.
    pub fn begin_sync(&mut self, at: Timestamp) -> Result<()> {
        let Self { connection, place, identity, presence, .. } = self;
        change(connection, place, "begin a sync", |transaction| {
            leases::take_sync(transaction, identity, presence, at)
        })
    }

    /// Gives the sync lease back, and lets go of a listing; after [`Step::Done`] there is nothing left to do.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn end_sync(&mut self) -> Result<()> {
        apply::detach(&self.connection)?;
        self.change("end a sync", leases::release_sync)
    }

    /// While the listing still runs: new keys appear at once. Known ones are left to the steps. Returns how many are
    /// new. Takes or renews the sync lease.
    ///
    /// # Errors
    /// [`SyncRunning`](crate::workspace::WorkspaceError::SyncRunning), or the workspace cannot be written; keys added
    /// before that stay.
    pub fn apply_early(&mut self, listed: &[Listed], at: Timestamp) -> Result<u64> {
        let Self { connection, place, identity, presence, .. } = self;
        let mut added = 0;
        for some in listed.chunks(EARLY_STEP) {
            added += change(connection, place, "add samples", |transaction| {
                leases::take_sync(transaction, identity, presence, at)?;
                let many = Many::begin(transaction, some.len())?;
                let added = some.iter().try_fold(0, |added, one| {
                    Ok(added + u64::from(apply::insert(&many, one, true)?))
                })?;
                many.finish()?;
                Ok(added)
            })?;
        }
        Ok(added)
    }

    /// Takes one file in as listed, without a listing of everything: what was just put into the source.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn take_in(&mut self, listed: &Listed) -> Result<()> {
        let path = self.path().to_owned();
        self.change("add a sample", |transaction, me| {
            let at = listed.modified.unwrap_or_default();
            let here = apply::Here { workspace: &path, author: &me.author, at };
            apply::take_in(transaction, &here, listed)
        })
    }

    /// The listing is complete: begins to bring the workspace in line with it. `staging` must live until the end.
    ///
    /// # Errors
    /// [`SyncRunning`](crate::workspace::WorkspaceError::SyncRunning), or the listing cannot be read.
    pub fn begin_apply(&mut self, staging: &Staging, at: Timestamp) -> Result<SyncRun> {
        self.begin_sync(at)?;
        apply::begin(&self.connection, staging, at)
    }

    /// One transaction of at most about 50 ms. `hash` gives the SHA-256 of a listed file, or nothing where that would
    /// cost too much; it is asked only of files that may have moved or been touched, and outside the transaction.
    ///
    /// # Errors
    /// What earlier steps did stays; a new run ends right.
    pub fn apply_step(
        &mut self,
        run: &mut SyncRun,
        hash: &mut dyn FnMut(&SampleKey) -> Option<[u8; 32]>,
        at: Timestamp,
    ) -> Result<Step> {
        let Self { connection, path, identity, presence, .. } = self;
        let on = apply::On { workspace: path, me: identity, presence, at: run.at, now: at };
        // What a power failure takes away, the next run does again.
        connection.pragma_update(None, "synchronous", "normal").doing("apply the listing")?;
        let step = apply::step(connection, &on, run, hash);
        connection.pragma_update(None, "synchronous", "full").doing("apply the listing")?;
        let step = step.map_err(|error| file::as_damage(error, path))?;
        if matches!(step, Step::Done(_)) {
            self.end_sync()?;
        }
        Ok(step)
    }
}
