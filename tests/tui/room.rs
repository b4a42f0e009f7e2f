//! What effects do to an open dataset: the real workspace, drafts, source and decoder, one after the other.

use earmark::app::{
    DraftJob, Effect, ExchangeJob, ExchangeNews, LabelJob, LabelOutcome, Message, Place,
};
use earmark::audio::{Decoder, peaks};
use earmark::domain::{
    ActionReport, Deed, Draft, Peaks, SampleDetail, SampleId, Target, UserError,
};
use earmark::objects::Store;
use earmark::ops::{self, Opened, OpsError, Registry};
use earmark::runtime::exchange::Exchange;
use earmark::sync::sync;
use earmark::text::safe_bytes;
use earmark::workspace::{self, Drafts, LabelRequest, Lease, Reader, WorkspaceError, Writer};
use jiff::Timestamp;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) struct Room {
    pub(crate) opened: Opened,
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
    pub(crate) drafts: Drafts,
    /// The disk is full: labels and drafts fail.
    pub(crate) full: bool,
    /// Waveforms are decoded and shown.
    pub(crate) waves: bool,
    /// Long jobs begin, and wait to be finished.
    pub(crate) slow: bool,
    pub(crate) exchange: Exchange,
    job: Option<(u64, ExchangeJob)>,
}

impl Room {
    pub(crate) fn open(opened: Opened, registry: Registry, home: PathBuf) -> Self {
        let drafts = Drafts::open(&opened.workspace, opened.identity().clone()).unwrap();
        let (writer, reader) = (opened.writer().unwrap(), opened.reader().unwrap());
        let exchange =
            Exchange { opened: opened.clone(), registry, home: Some(home), to_nfc: true };
        Self {
            opened,
            writer,
            reader,
            drafts,
            full: false,
            waves: true,
            slow: false,
            exchange,
            job: None,
        }
    }

    pub(crate) fn store(&self) -> Store {
        self.opened.store().unwrap()
    }

    pub(crate) fn place(&self) -> Option<Place> {
        let json = self.reader.recall("place").unwrap()?;
        Some(serde_json::from_str(&json).unwrap())
    }

    /// Does it; what it answers.
    pub(crate) fn run(&mut self, effect: Effect, at: Timestamp) -> Vec<Message> {
        match effect {
            Effect::Page { generation, purpose, request } => {
                let page = self.reader.page(&request).unwrap();
                vec![Message::Page { generation, purpose, page }]
            }
            Effect::Count { generation, request, first } => {
                let total = Some(self.reader.total(&request).unwrap());
                let offset = first.map(|id| self.reader.rank(&request, id).unwrap());
                vec![Message::Counted { generation, offset, total }]
            }
            Effect::Counts => vec![Message::Counts(self.reader.counts().unwrap())],
            Effect::Sample { id, asked } => vec![self.sample(id, asked)],
            Effect::History(id) => {
                let history = self.reader.history(id).map_err(told);
                vec![Message::History(id, history)]
            }
            Effect::Weigh(ticket, target) => {
                let (count, bytes) = self.writer.weigh(&target).unwrap();
                vec![Message::Weighed { ticket, count, bytes }]
            }
            Effect::Label(job) => vec![self.label(job, at)],
            Effect::Act(deed, target) => vec![self.act(deed, &target, at)],
            Effect::Undo => {
                vec![Message::Undone(true, self.writer.undo(at).map_err(told))]
            }
            Effect::Redo => {
                vec![Message::Undone(false, self.writer.redo(at).map_err(told))]
            }
            Effect::PlanDeletion(ticket, target) => {
                vec![Message::DeletionPlanned(ticket, self.exchange.plan_deletion(&target))]
            }
            Effect::Browse(ticket, folder) => {
                vec![Message::Browsed(ticket, self.exchange.browse(folder.as_deref()))]
            }
            Effect::Exchange(ticket, job) => self.start_job(ticket, *job, at),
            Effect::CancelExchange(ticket) => match self.job.take() {
                Some((running, _)) => {
                    assert_eq!(running, ticket);
                    vec![Message::Exchange(ticket, ExchangeNews::Stopped)]
                }
                None => Vec::new(),
            },
            Effect::Lease(id) => {
                let holder = match self.writer.lease(id, at, 5).unwrap() {
                    Lease::Mine => None,
                    Lease::Other(name) => Some(name),
                };
                vec![Message::Leased(id, holder)]
            }
            Effect::SaveDraft(job) => vec![self.save_draft(job, at)],
            Effect::Peaks(detail) if self.waves => vec![self.peaks(&detail)],
            Effect::Sync => self.sync(at),
            effect => {
                self.silently(effect, at);
                Vec::new()
            }
        }
    }

    fn silently(&mut self, effect: Effect, at: Timestamp) {
        match effect {
            Effect::Release(id) => self.writer.release(id).unwrap(),
            Effect::DropDraft(key) => self.drafts.remove(&key).unwrap(),
            Effect::Remember(place) => {
                self.writer.remember("place", &serde_json::to_string(&place).unwrap()).unwrap();
            }
            Effect::Journal(kind, sample, detail) => {
                self.writer.journal(kind, sample, 0, &detail, at).unwrap();
            }
            _ => {}
        }
    }

    fn sample(&mut self, id: SampleId, asked: u64) -> Message {
        match self.reader.detail(id).unwrap() {
            Some(detail) => {
                let draft = self.drafts.load(&detail.key).unwrap();
                Message::Sample { asked, detail: Box::new(detail), draft }
            }
            None => Message::SampleFailed {
                id,
                asked,
                error: UserError::new("not in the workspace any more"),
            },
        }
    }

    fn label(&mut self, job: LabelJob, at: Timestamp) -> Message {
        if self.full {
            let outcome = LabelOutcome::Failed(no_room("save the label"));
            return Message::Labeled { job, outcome };
        }
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
        if matches!(outcome, LabelOutcome::Labeled(_) | LabelOutcome::Unchanged) {
            self.drafts.remove(&job.key).unwrap();
        }
        Message::Labeled { job, outcome }
    }

    fn act(&mut self, deed: Deed, target: &Target, at: Timestamp) -> Message {
        let result: Result<ActionReport, UserError> =
            self.writer.act(&deed, target, at).map_err(told);
        Message::Acted { deed, target: target.clone(), result }
    }

    /// Slow jobs do nothing but tell that they began, until they are finished.
    fn start_job(&mut self, ticket: u64, job: ExchangeJob, at: Timestamp) -> Vec<Message> {
        if !self.slow {
            return self.perform(ticket, job, at, false);
        }
        self.job = Some((ticket, job.clone()));
        let mut messages = self.perform(ticket, job, at, true);
        messages
            .retain(|message| matches!(message, Message::Exchange(_, ExchangeNews::Progress(_))));
        messages
    }

    /// Does the slow job that was begun.
    pub(crate) fn finish_job(&mut self, at: Timestamp) -> Vec<Message> {
        let (ticket, job) = self.job.take().unwrap();
        self.perform(ticket, job, at, false)
    }

    fn perform(
        &mut self,
        ticket: u64,
        job: ExchangeJob,
        at: Timestamp,
        stop: bool,
    ) -> Vec<Message> {
        let mut messages = Vec::new();
        let news = self.exchange.perform(job, at, &mut |progress| {
            messages.push(Message::Exchange(ticket, ExchangeNews::Progress(progress)));
            if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        messages.push(Message::Exchange(ticket, news));
        messages
    }

    fn save_draft(&mut self, job: DraftJob, at: Timestamp) -> Message {
        let DraftJob { key, text, cursor, heads, ticket } = job;
        if self.full {
            return Message::DraftSaved { key, ticket, error: Some(no_room("save the draft")) };
        }
        let workspace::Identity { author, instance, .. } = self.drafts.identity().clone();
        let draft = Draft { key: key.clone(), author, instance, text, cursor, heads, at };
        self.drafts.save(&draft).unwrap();
        Message::DraftSaved { key, ticket, error: None }
    }

    fn peaks(&mut self, detail: &SampleDetail) -> Message {
        if let Some(peaks) = self.reader.peaks(detail.id).unwrap() {
            return Message::Peaks(detail.id, Arc::new(peaks));
        }
        match self.decode(detail) {
            Ok(peaks) => {
                self.writer.save_peaks(detail.id, &detail.stamp, &peaks).unwrap();
                Message::Peaks(detail.id, Arc::new(peaks))
            }
            Err(why) => Message::AudioFailed(detail.id, why),
        }
    }

    fn decode(&self, detail: &SampleDetail) -> Result<Peaks, String> {
        let bytes = self.store().read(&detail.key).map_err(|error| error.to_string())?;
        let name = safe_bytes(detail.key.file_name());
        let mut decoder = Decoder::open(bytes, &name).map_err(|error| error.to_string())?;
        peaks::scan(&mut decoder, &mut |_| ControlFlow::Continue(()))
            .map_err(|error| error.to_string())
    }

    fn sync(&mut self, at: Timestamp) -> Vec<Message> {
        let store = self.store();
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        let report = match sync(&store, &mut self.writer, &|| at, go_on) {
            Ok(summary) => Ok(summary.unwrap().report),
            Err(error) => Err(OpsError::from(error).into()),
        };
        let unprobed = self.reader.unprobed(usize::from(u16::MAX)).unwrap();
        let probes: Vec<_> =
            unprobed.iter().filter_map(|one| ops::probe_one(&store, one)).collect();
        self.writer.record_probes(&probes).unwrap();
        vec![Message::Synced(report), Message::Probed { last: true }]
    }
}

/// An error in the user's words, as the program makes them.
pub(crate) fn told(error: impl Into<OpsError>) -> UserError {
    error.into().into()
}

fn no_room(doing: &'static str) -> UserError {
    told(WorkspaceError::DiskFull { doing })
}
