//! One sync as a sequence of short steps, so that whoever owns the [`Writer`] can do other things in between.

use super::SyncError;
use super::listing::{self, Found, Teller};
use crate::domain::{
    Anchor, AudioStamp, Filter, Order, PageRequest, SampleKey, SampleState, SyncReport, View,
};
use crate::objects::{Entry, Inventory, Listing, Store, Unlisted};
use crate::workspace::{Listed, Reader, Staging, Step, SyncRun, Writer};
use jiff::{SignedDuration, Timestamp};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How long a step waits for the listing before it lets go of the writer.
const PATIENCE: Duration = Duration::from_millis(20);
/// How often the sync lease is renewed while the listing runs.
const RENEW: SignedDuration = SignedDuration::from_secs(20);
/// Rows read at once where a part of the source could not be listed.
const PAGE: usize = 1000;

/// How far a sync is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncStep {
    /// The source is being listed.
    Listing {
        /// Recordings found so far.
        found: u64,
    },
    /// What was found is being applied.
    Applying {
        /// Entries looked at.
        done: u64,
        /// Of how many.
        of: u64,
    },
    /// It is over.
    Done(SyncSummary),
}

/// What a sync did, and what it could not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncSummary {
    /// The numbers.
    pub report: SyncReport,
    /// Parts of the source that could not be listed. What was known there stays as it was.
    pub unlisted: Vec<Unlisted>,
    /// Links that lead outside the source, or nowhere, and were not followed.
    pub links_left_out: u64,
    /// Manifests at the root of the source: labels that came with the data.
    pub manifests: Vec<Entry>,
    /// As of when the newest inventory is, where that is not newer than what is known: nothing was applied then.
    pub passed_over: Option<Timestamp>,
}

/// A sync under way. Dropped in the middle it leaves a workspace that the next one completes; [`SyncJob::cancel`]
/// also gives the lease back at once.
#[derive(Debug)]
pub struct SyncJob {
    store: Store,
    phase: Phase,
    renewed: Timestamp,
    /// Whether new samples appear while the listing runs. Only in an empty workspace: elsewhere a new key can be a
    /// sample that moved, which only the complete listing tells.
    early: bool,
    found: u64,
    /// When it began: what a bucket itself tells is as of then.
    began: Timestamp,
    known_as_of: Option<Timestamp>,
}

#[derive(Debug)]
enum Phase {
    Listing(Receiver<Found>),
    Applying(Box<Applying>),
    Over,
}

#[derive(Debug)]
struct Applying {
    run: SyncRun,
    listing: Listing,
    manifests: Vec<Entry>,
    as_of: Option<Timestamp>,
    /// Kept until the end: the steps read it.
    _staging: Staging,
}

impl SyncJob {
    /// Takes the workspace's sync lease and starts listing.
    ///
    /// # Errors
    /// Another process syncs this workspace; there is no room for the listing.
    pub fn start(store: &Store, writer: &mut Writer, at: Timestamp) -> Result<Self, SyncError> {
        Self::start_by(store, None, writer, at)
    }

    /// As [`SyncJob::start`], but an inventory, where one is given, tells what the source holds.
    ///
    /// # Errors
    /// As [`SyncJob::start`].
    pub fn start_by(
        store: &Store,
        inventory: Option<Inventory>,
        writer: &mut Writer,
        at: Timestamp,
    ) -> Result<Self, SyncError> {
        writer.begin_sync(at)?;
        match Self::prepare(store, inventory, writer, at) {
            Ok(job) => Ok(job),
            Err(error) => {
                writer.end_sync()?;
                Err(error)
            }
        }
    }

    fn prepare(
        store: &Store,
        inventory: Option<Inventory>,
        writer: &Writer,
        at: Timestamp,
    ) -> Result<Self, SyncError> {
        let reader = Reader::open(writer.path(), writer.identity().clone())?;
        let some_known = reader.counts()?.total > 0;
        let known_as_of = reader.known_as_of()?;
        let folder = writer.path().parent().unwrap_or(Path::new("."));
        // Nothing of an inventory shows before all of it was found good.
        let early = !some_known && inventory.is_none();
        let teller = match inventory {
            None => Teller::Live,
            Some(inventory) => Teller::Inventory {
                inventory: Box::new(inventory),
                known_as_of,
                some_known,
                folder: folder.to_owned(),
            },
        };
        let found = listing::start(store.clone(), teller, Staging::create(folder)?);
        Ok(Self {
            store: store.clone(),
            phase: Phase::Listing(found.map_err(SyncError::Thread)?),
            renewed: at,
            early,
            found: 0,
            began: at,
            known_as_of,
        })
    }

    /// Goes on for a moment: at most some 50 ms.
    ///
    /// # Errors
    /// The source or the workspace failed; the sync is over then.
    pub fn step(&mut self, writer: &mut Writer, at: Timestamp) -> Result<SyncStep, SyncError> {
        let outcome = self.advance(writer, at);
        if outcome.is_err() {
            self.phase = Phase::Over;
            if let Err(error) = writer.end_sync() {
                tracing::warn!(%error, "the sync lease stays until it expires");
            }
        }
        outcome
    }

    /// Gives up. What was applied stays.
    ///
    /// # Errors
    /// The lease could not be given back; it expires by itself.
    pub fn cancel(self, writer: &mut Writer) -> Result<(), SyncError> {
        Ok(writer.end_sync()?)
    }

    fn advance(&mut self, writer: &mut Writer, at: Timestamp) -> Result<SyncStep, SyncError> {
        match &mut self.phase {
            Phase::Listing(found) => match found.recv_timeout(PATIENCE) {
                Ok(Found::More { total, chunk }) => {
                    self.found = total;
                    if self.early {
                        writer.apply_early(&chunk, at)?;
                    }
                    self.still_listing(writer, at)
                }
                Err(RecvTimeoutError::Timeout) => self.still_listing(writer, at),
                Ok(Found::All { staging, listing, manifests, as_of }) => {
                    self.begin(writer, staging, listing, manifests, as_of, at)
                }
                Ok(Found::Old(as_of)) => self.nothing_newer(writer, as_of),
                Ok(Found::Failed(error)) => Err(error),
                Err(RecvTimeoutError::Disconnected) => Err(SyncError::Lost),
            },
            Phase::Applying(applying) => {
                let Applying { run, listing, manifests, as_of, .. } = applying.as_mut();
                let store = &self.store;
                match writer.apply_step(run, &mut |key| store.sha256(key).ok(), at)? {
                    Step::More { done, of } => Ok(SyncStep::Applying { done, of }),
                    Step::Done(report) => {
                        // Only of a bucket can there be an inventory, which is to tell newer things than these.
                        if matches!(store, Store::S3(_)) {
                            writer.set_known_as_of(as_of.unwrap_or(self.began))?;
                        }
                        let summary = SyncSummary {
                            report: SyncReport { as_of: *as_of, ..report },
                            unlisted: std::mem::take(&mut listing.unlisted),
                            links_left_out: listing.links_left_out,
                            manifests: std::mem::take(manifests),
                            passed_over: None,
                        };
                        self.phase = Phase::Over;
                        Ok(SyncStep::Done(summary))
                    }
                }
            }
            Phase::Over => Err(SyncError::Lost),
        }
    }

    fn still_listing(&mut self, writer: &mut Writer, at: Timestamp) -> Result<SyncStep, SyncError> {
        if at.duration_since(self.renewed) > RENEW {
            writer.begin_sync(at)?;
            self.renewed = at;
        }
        Ok(SyncStep::Listing { found: self.found })
    }

    fn begin(
        &mut self,
        writer: &mut Writer,
        mut staging: Staging,
        listing: Listing,
        manifests: Vec<Entry>,
        as_of: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<SyncStep, SyncError> {
        let reader = Reader::open(writer.path(), writer.identity().clone())?;
        for unlisted in &listing.unlisted {
            keep_known(&reader, &mut staging, &unlisted.prefix)?;
        }
        if let Some(as_of) = as_of {
            writer.keep_newer(&staging, as_of)?;
        }
        let mut run = writer.begin_apply(&staging, at)?;
        // Only a store's own times can be relied on: a file may have any.
        if matches!(self.store, Store::S3(_)) {
            run.spare_since(as_of.unwrap_or(self.began));
        }
        let applying = Applying { run, listing, manifests, as_of, _staging: staging };
        self.phase = Phase::Applying(Box::new(applying));
        Ok(SyncStep::Applying { done: 0, of: self.found })
    }

    /// The end of a sync by an inventory that tells nothing new.
    fn nothing_newer(
        &mut self,
        writer: &mut Writer,
        as_of: Timestamp,
    ) -> Result<SyncStep, SyncError> {
        let counts = Reader::open(writer.path(), writer.identity().clone())?.counts()?;
        writer.end_sync()?;
        self.phase = Phase::Over;
        let report = SyncReport {
            total: counts.total,
            conflicts: counts.conflicts,
            as_of: self.known_as_of,
            ..SyncReport::default()
        };
        Ok(SyncStep::Done(SyncSummary {
            report,
            unlisted: Vec::new(),
            links_left_out: 0,
            manifests: Vec::new(),
            passed_over: Some(as_of),
        }))
    }
}

/// Stages what the workspace knows below `prefix` as it is: what could not be listed is not missing.
fn keep_known(reader: &Reader, staging: &mut Staging, prefix: &SampleKey) -> Result<(), SyncError> {
    let below = |key: &SampleKey| {
        key == prefix
            || (prefix.as_bytes().ends_with(b"/") && key.as_bytes().starts_with(prefix.as_bytes()))
    };
    let mut request = PageRequest {
        view: View::All,
        filter: Filter::default(),
        order: Order::default(),
        scope: None,
        anchor: Anchor::AroundKey(prefix.clone()),
        limit: PAGE,
    };
    loop {
        let page = reader.page(&request)?;
        let mut known = Vec::new();
        for row in page.rows.iter().filter(|row| below(&row.key)) {
            let stamp = reader.stamp(row.id)?.filter(|_| row.state != SampleState::Missing);
            if let Some(AudioStamp { size, etag }) = stamp {
                let (key, modified) = (row.key.clone(), row.modified);
                known.push(Listed { key, size, etag, modified });
            }
        }
        staging.add(&known)?;
        match page.rows.last() {
            Some(last) if page.more_after && (below(&last.key) || last.key < *prefix) => {
                request.anchor = Anchor::After(last.id);
            }
            _ => return Ok(()),
        }
    }
}

/// Runs a sync to its end on this thread. `on_step` sees every step and may stop it; then `None` comes back.
///
/// # Errors
/// The source or the workspace failed.
pub fn sync(
    store: &Store,
    writer: &mut Writer,
    now: &dyn Fn() -> Timestamp,
    on_step: &mut dyn FnMut(&SyncStep) -> ControlFlow<()>,
) -> Result<Option<SyncSummary>, SyncError> {
    sync_by(store, None, writer, now, on_step)
}

/// As [`sync`], by an inventory where one is given.
///
/// # Errors
/// As [`sync`], or the inventory cannot be used.
pub fn sync_by(
    store: &Store,
    inventory: Option<Inventory>,
    writer: &mut Writer,
    now: &dyn Fn() -> Timestamp,
    on_step: &mut dyn FnMut(&SyncStep) -> ControlFlow<()>,
) -> Result<Option<SyncSummary>, SyncError> {
    let mut job = SyncJob::start_by(store, inventory, writer, now())?;
    loop {
        let step = job.step(writer, now())?;
        let flow = on_step(&step);
        if let SyncStep::Done(summary) = step {
            return Ok(Some(summary));
        }
        if flow.is_break() {
            job.cancel(writer)?;
            return Ok(None);
        }
    }
}
