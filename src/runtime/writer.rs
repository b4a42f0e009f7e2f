//! The writer thread: the one connection that changes the workspace. A sync goes on between the labels.

use super::drafts::DraftsJob;
use super::probe::Prober;
use super::runner::Answers;
use super::session::PLACE;
use super::sharing::Sharing;
use super::told;
use crate::app::{DraftJob, LabelJob, LabelOutcome, Message, Place, SyncPhase, SyncProgress};
use crate::config::Config;
use crate::crash;
use crate::domain::{AudioStamp, Deed, Peaks, SampleId, SyncReport, Target, UserError};
use crate::objects::Entry;
use crate::ops::{self, Opened, OpsError, SidecarImport};
use crate::sync::{SyncError, SyncJob, SyncStep};
use crate::text::counted;
use crate::workspace::{self, LabelRequest, Lease, Probe};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often other processes' changes are looked for, and at most how often the thread wakes up for nothing.
const LOOK: Duration = Duration::from_secs(1);
/// Progress is told at most this often.
const TELL: Duration = Duration::from_millis(100);

pub(super) enum WriterJob {
    Label(LabelJob),
    Act(Deed, Target),
    Undo,
    Redo,
    Weigh(u64, Target),
    Lease(SampleId),
    Release(SampleId),
    Sync,
    CancelSync,
    Remember(Place),
    Journal(&'static str, Option<SampleId>, String),
    /// Lengths and hashes that were read in the background.
    Probes {
        probes: Vec<Probe>,
        /// Everything has been looked at.
        last: bool,
        /// Is told whether they are on disk.
        recorded: Sender<bool>,
    },
    /// A waveform to keep.
    Peaks(SampleId, AudioStamp, Arc<Peaks>),
    /// Everything before it is done.
    Stop,
}

impl WriterJob {
    fn is_waited_for(&self) -> bool {
        match self {
            Self::Label(_)
            | Self::Act(..)
            | Self::Undo
            | Self::Redo
            | Self::Weigh(..)
            | Self::Sync
            | Self::CancelSync
            | Self::Stop => true,
            Self::Lease(_)
            | Self::Release(_)
            | Self::Remember(_)
            | Self::Journal(..)
            | Self::Probes { .. }
            | Self::Peaks(..) => false,
        }
    }
}

pub(super) struct Writer {
    sender: Sender<WriterJob>,
    thread: JoinHandle<()>,
}

impl Writer {
    pub(super) fn start(
        writer: workspace::Writer,
        opened: Opened,
        config: Config,
        drafts: Sender<DraftsJob>,
        answers: Answers,
    ) -> Self {
        let (sender, jobs) = channel();
        let prober = Prober::new(opened.clone(), sender.clone());
        let (opened_too, sharing_answers) = (opened.clone(), answers.clone());
        let thread = std::thread::spawn(move || {
            let serving = Serving {
                writer,
                opened,
                config,
                drafts,
                answers,
                prober,
                sync: None,
                sharing: Sharing::new(opened_too, sharing_answers),
                lost: false,
                behind: false,
                told_at: Instant::now(),
                looked_at: Instant::now(),
                opened_at: Instant::now(),
            };
            serving.serve(jobs);
        });
        Self { sender, thread }
    }

    pub(super) fn sender(&self) -> Sender<WriterJob> {
        self.sender.clone()
    }

    pub(super) fn send(&self, job: WriterJob) {
        let _ = self.sender.send(job);
    }

    /// Waits until everything that was sent is on disk.
    pub(super) fn finish(self) {
        let _ = self.sender.send(WriterJob::CancelSync);
        let _ = self.sender.send(WriterJob::Stop);
        let _ = self.thread.join();
    }
}

struct Serving {
    writer: workspace::Writer,
    opened: Opened,
    config: Config,
    drafts: Sender<DraftsJob>,
    answers: Answers,
    prober: Prober,
    sync: Option<SyncJob>,
    sharing: Sharing,
    /// It was said that the workspace cannot be reached.
    lost: bool,
    /// The search index is: steps follow one another while there is nothing else to do.
    behind: bool,
    told_at: Instant,
    looked_at: Instant,
    opened_at: Instant,
}

impl Serving {
    fn serve(mut self, jobs: Receiver<WriterJob>) {
        let mut ahead = VecDeque::new();
        loop {
            if self.looked_at.elapsed() >= LOOK {
                self.look();
            }
            let job = if let Some(job) = ahead.pop_front() {
                Some(job)
            } else if self.sync.is_some() || self.sharing.runs() {
                match jobs.try_recv() {
                    Ok(job) => Some(job),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => break,
                }
            } else {
                let rest = LOOK.saturating_sub(self.looked_at.elapsed());
                match jobs.recv_timeout(if self.behind { Duration::ZERO } else { rest }) {
                    Ok(job) => Some(job),
                    Err(RecvTimeoutError::Timeout) => {
                        if self.behind {
                            self.index();
                        }
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            };
            match job {
                Some(WriterJob::Stop) => break,
                Some(job) => self.take(job),
                None if self.sync.is_some() => self.sync_on(),
                None => {
                    let somebody_waits = &mut || somebody_waits(&jobs, &mut ahead);
                    self.sharing.step(&mut self.writer, somebody_waits);
                }
            }
        }
        self.sharing.finish(&mut self.writer);
        // The prober may wait for an answer to a job that nobody will do any more.
        drop(jobs);
        self.prober.stop();
    }

    fn take(&mut self, job: WriterJob) {
        let at = Timestamp::now();
        if matches!(
            job,
            WriterJob::Label(_) | WriterJob::Act(..) | WriterJob::Undo | WriterJob::Redo
        ) {
            self.sharing.more_waits();
        }
        match job {
            WriterJob::Label(job) => self.label(job, at),
            WriterJob::Act(deed, target) => {
                let result = self.writer.act(&deed, &target, at).map_err(told);
                self.answers.send(Message::Acted { deed, target, result });
            }
            WriterJob::Undo => {
                let result = self.writer.undo(at).map_err(told);
                self.answers.send(Message::Undone(true, result));
            }
            WriterJob::Redo => {
                let result = self.writer.redo(at).map_err(told);
                self.answers.send(Message::Undone(false, result));
            }
            WriterJob::Weigh(ticket, target) => self.weigh(ticket, &target),
            WriterJob::Lease(id) => self.lease(id, at),
            WriterJob::Release(id) => {
                if let Err(error) = self.writer.release(id) {
                    tracing::warn!(%error, "a lease stays until it expires");
                }
            }
            WriterJob::Sync => self.start_sync(at),
            WriterJob::CancelSync => self.cancel_sync(),
            WriterJob::Remember(place) => self.remember(&place),
            WriterJob::Journal(kind, sample, detail) => self.journal(kind, sample, &detail, at),
            WriterJob::Probes { probes, last, recorded } => self.probed(&probes, last, &recorded),
            WriterJob::Peaks(id, stamp, peaks) => {
                if let Err(error) = self.writer.save_peaks(id, &stamp, &peaks) {
                    tracing::warn!(%error, "a waveform was not kept");
                }
            }
            WriterJob::Stop => {}
        }
    }

    fn label(&mut self, job: LabelJob, at: Timestamp) {
        crash::point("screen.label.begun");
        let request = LabelRequest {
            sample: job.sample,
            content: job.content.clone(),
            how: job.how.clone(),
            based_on: job.based_on.clone(),
        };
        let outcome = match self.writer.label(&request, at) {
            Ok(workspace::LabelOutcome::Labeled(report)) => LabelOutcome::Labeled(report),
            Ok(workspace::LabelOutcome::Unchanged) => LabelOutcome::Unchanged,
            Ok(workspace::LabelOutcome::ChangedMeanwhile(detail)) => {
                LabelOutcome::ChangedMeanwhile(detail)
            }
            Err(error) => LabelOutcome::Failed(told(error)),
        };
        // What did not become a label is a draft, even if nobody takes the answer any more.
        let draft = match outcome {
            LabelOutcome::Labeled(_) | LabelOutcome::Unchanged => {
                DraftsJob::Remove(job.key.clone())
            }
            LabelOutcome::ChangedMeanwhile(_) | LabelOutcome::Failed(_) => {
                DraftsJob::Save(draft_of(&job))
            }
        };
        let _ = self.drafts.send(draft);
        self.answers.send(Message::Labeled { job, outcome });
    }

    fn weigh(&mut self, ticket: u64, target: &Target) {
        match self.writer.weigh(target) {
            Ok((count, bytes)) => self.answers.send(Message::Weighed { ticket, count, bytes }),
            Err(error) => self.answers.send(Message::Failed(told(error))),
        }
    }

    fn lease(&mut self, id: SampleId, at: Timestamp) {
        match self.writer.lease(id, at, self.config.work.lease_minutes) {
            Ok(Lease::Mine) => self.answers.send(Message::Leased(id, None)),
            Ok(Lease::Other(name)) => self.answers.send(Message::Leased(id, Some(name))),
            Err(error) => tracing::warn!(%error, "no lease"),
        }
    }

    fn remember(&mut self, place: &Place) {
        let kept = serde_json::to_string(place)
            .map_err(|error| error.to_string())
            .and_then(|json| self.writer.remember(PLACE, &json).map_err(|error| error.to_string()));
        if let Err(error) = kept {
            tracing::warn!(%error, "the place was not kept");
        }
    }

    fn journal(&mut self, kind: &str, sample: Option<SampleId>, detail: &str, at: Timestamp) {
        if !self.config.journal.enabled {
            return;
        }
        let millis = u64::try_from(self.opened_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Err(error) = self.writer.journal(kind, sample, millis, detail, at) {
            tracing::warn!(%error, "an interaction is missing in the journal");
        }
    }

    fn start_sync(&mut self, at: Timestamp) {
        if self.sync.is_some() {
            return;
        }
        // What is being shared by itself is shared again at the end of the sync.
        self.sharing.cancel();
        let inventory = self.opened.inventory(&self.config.storage.inventory);
        let started = inventory.and_then(|inventory| {
            let store = self.opened.store()?;
            Ok(SyncJob::start_by(&store, inventory, &mut self.writer, at)?)
        });
        match started {
            Ok(job) => self.sync = Some(job),
            Err(error) => {
                let elsewhere = matches!(&error, OpsError::Sync(SyncError::Elsewhere(_)));
                let message = if elsewhere { Message::SyncElsewhere } else { failed_sync };
                self.answers.send(message(error.into()));
                self.sharing.start(&self.writer);
            }
        }
    }

    fn sync_on(&mut self) {
        let Some(job) = &mut self.sync else { return };
        match job.step(&mut self.writer, Timestamp::now()) {
            Ok(SyncStep::Listing { found }) => {
                self.tell(SyncProgress {
                    phase: SyncPhase::Listing,
                    listed: found,
                    applied: found,
                    probed: None,
                });
            }
            Ok(SyncStep::Applying { done, of }) => {
                self.tell(SyncProgress {
                    phase: SyncPhase::Applying,
                    listed: of,
                    applied: done,
                    probed: None,
                });
            }
            Ok(SyncStep::Done(summary)) => {
                self.sync = None;
                let report = self.take_manifests(summary.report, &summary.manifests);
                let report = self.take_sidecars(report);
                self.sharing.finish_sync(report, &self.writer);
                if let Some(part) = summary.unlisted.first() {
                    let parts = counted(summary.unlisted.len() as u64, "part", "parts");
                    let (prefix, why) = (part.prefix.lossy(), &part.why);
                    self.answers.send(Message::Failed(UserError::new(format!(
                        "{parts} of the source could not be listed and stay as known: {prefix}: {why}"
                    ))));
                }
                self.index();
                self.prober.start();
            }
            Err(error) => {
                self.sync = None;
                self.answers.send(Message::Synced(Err(OpsError::from(error).into())));
                // The output may be within reach all the same.
                self.sharing.start(&self.writer);
            }
        }
    }

    fn tell(&mut self, progress: SyncProgress) {
        if self.told_at.elapsed() >= TELL {
            self.told_at = Instant::now();
            self.answers.send(Message::Sync(progress));
        }
    }

    /// Labels that came with the data.
    fn take_manifests(&mut self, mut report: SyncReport, manifests: &[Entry]) -> SyncReport {
        if manifests.is_empty() {
            return report;
        }
        let opened = &self.opened;
        let (reader, nfc) = (|| opened.reader(), self.config.editor.nfc);
        let taken = opened.store().and_then(|store| {
            let (source, at) = (&opened.source, Timestamp::now());
            ops::take_manifests(&reader, &mut self.writer, &store, source, manifests, nfc, at)
        });
        match taken {
            Ok(arrived) => {
                report.labels_pulled += arrived.imported;
                for (key, error) in arrived.failed {
                    let said = UserError::new(format!("{} was not taken in", key.lossy()));
                    self.answers
                        .send(Message::Failed(UserError { why: vec![error.to_string()], ..said }));
                }
            }
            Err(error) => self.answers.send(Message::Failed(error.into())),
        }
        report
    }

    /// Texts beside the audio, where the dataset says that they are labels.
    fn take_sidecars(&mut self, mut report: SyncReport) -> SyncReport {
        if !self.config.sync.sidecars {
            return report;
        }
        let read = self.opened.store().and_then(|store| {
            let reader = self.opened.reader()?;
            let how = SidecarImport::Labels { replace: false };
            let nfc = self.config.editor.nfc;
            let mut go_on = |_| ControlFlow::Continue(());
            ops::import_sidecars(
                &reader,
                &mut self.writer,
                &store,
                how,
                nfc,
                Timestamp::now(),
                &mut go_on,
            )
        });
        match read {
            Ok(Some((imported, _))) => report.labels_pulled += imported.imported,
            Ok(None) => {}
            Err(error) => self.answers.send(Message::Failed(error.into())),
        }
        report
    }

    fn cancel_sync(&mut self) {
        match self.sync.take() {
            Some(job) => {
                if let Err(error) = job.cancel(&mut self.writer) {
                    tracing::warn!(%error, "the sync lease stays until it expires");
                }
            }
            None if self.sharing.cancel() => {}
            None => return,
        }
        let error = UserError::new("stopped; what was applied stays").hint("S starts it again");
        self.answers.send(Message::Synced(Err(error)));
    }

    fn probed(&mut self, probes: &[Probe], last: bool, recorded: &Sender<bool>) {
        let outcome = self.writer.record_probes(probes);
        if let Err(error) = &outcome {
            tracing::warn!(%error, "lengths were not kept");
        }
        // The prober may be gone: then nobody waits for the answer.
        let _ = recorded.send(outcome.is_ok());
        if last || self.told_at.elapsed() >= LOOK {
            self.told_at = Instant::now();
            self.answers.send(Message::Probed { last });
        }
    }

    /// Brings the search index on by one short step.
    fn index(&mut self) {
        self.behind = match self.writer.index_step() {
            Ok(left) => left > 0,
            Err(error) => {
                tracing::warn!(%error, "the search index is behind");
                false
            }
        };
    }

    /// Whether others did something.
    fn look(&mut self) {
        self.looked_at = Instant::now();
        let changed = self.writer.changed_by_others();
        let lost_before = std::mem::replace(&mut self.lost, changed.is_err());
        match changed {
            Ok(true) => {
                self.sharing.more_waits();
                self.answers.send(Message::Changed);
            }
            Ok(false) => self.index(),
            // Said once, before anybody labels on.
            Err(error) if !lost_before => self.answers.send(Message::Failed(told(error))),
            Err(_) => {}
        }
        self.sharing.look(&self.writer);
    }
}

/// Whether somebody waits for what is to be done. What nobody waits for is done in its turn.
fn somebody_waits(jobs: &Receiver<WriterJob>, ahead: &mut VecDeque<WriterJob>) -> bool {
    ahead.extend(jobs.try_iter());
    ahead.iter().any(WriterJob::is_waited_for)
}

fn failed_sync(error: UserError) -> Message {
    Message::Synced(Err(error))
}

fn draft_of(job: &LabelJob) -> DraftJob {
    DraftJob {
        key: job.key.clone(),
        text: job.content.clone(),
        cursor: job.content.len(),
        heads: job.based_on.clone().unwrap_or_default(),
        ticket: 0,
    }
}
