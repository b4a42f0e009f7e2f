//! One sync as a sequence of short steps, so that whoever owns the [`Writer`] can do other things in between.

use super::SyncError;
use super::listing::{self, Found};
use crate::domain::{
    Anchor, AudioStamp, Filter, Order, PageRequest, SampleKey, SampleState, SyncReport, View,
};
use crate::objects::{Entry, Listing, Store, Unlisted};
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
    /// Kept until the end: the steps read it.
    _staging: Staging,
}

impl SyncJob {
    /// Takes the workspace's sync lease and starts listing.
    ///
    /// # Errors
    /// Another process syncs this workspace; there is no room for the listing.
    pub fn start(store: &Store, writer: &mut Writer, at: Timestamp) -> Result<Self, SyncError> {
        writer.begin_sync(at)?;
        match Self::prepare(store, writer, at) {
            Ok(job) => Ok(job),
            Err(error) => {
                writer.end_sync()?;
                Err(error)
            }
        }
    }

    fn prepare(store: &Store, writer: &Writer, at: Timestamp) -> Result<Self, SyncError> {
        let reader = Reader::open(writer.path(), writer.identity().clone())?;
        let early = reader.counts()?.total == 0;
        let folder = writer.path().parent().unwrap_or(Path::new("."));
        let found = listing::start(store.clone(), Staging::create(folder)?);
        Ok(Self {
            store: store.clone(),
            phase: Phase::Listing(found.map_err(SyncError::Thread)?),
            renewed: at,
            early,
            found: 0,
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
                Ok(Found::All { staging, listing, manifests }) => {
                    self.begin(writer, staging, listing, manifests, at)
                }
                Ok(Found::Failed(error)) => Err(error),
                Err(RecvTimeoutError::Disconnected) => Err(SyncError::Lost),
            },
            Phase::Applying(applying) => {
                let Applying { run, listing, manifests, .. } = applying.as_mut();
                let store = &self.store;
                match writer.apply_step(run, &mut |key| store.sha256(key).ok(), at)? {
                    Step::More { done, of } => Ok(SyncStep::Applying { done, of }),
                    Step::Done(report) => {
                        let summary = SyncSummary {
                            report,
                            unlisted: std::mem::take(&mut listing.unlisted),
                            links_left_out: listing.links_left_out,
                            manifests: std::mem::take(manifests),
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
        at: Timestamp,
    ) -> Result<SyncStep, SyncError> {
        let reader = Reader::open(writer.path(), writer.identity().clone())?;
        for unlisted in &listing.unlisted {
            keep_known(&reader, &mut staging, &unlisted.prefix)?;
        }
        let run = writer.begin_apply(&staging, at)?;
        self.phase =
            Phase::Applying(Box::new(Applying { run, listing, manifests, _staging: staging }));
        Ok(SyncStep::Applying { done: 0, of: self.found })
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
    let mut job = SyncJob::start(store, writer, now())?;
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
