//! The exchange thread: what goes in and out of a dataset, one long job at a time, beside labeling.
//!
//! It has connections of its own, as another process would: a label that is committed meanwhile waits for one
//! transaction at most.

mod files;
mod labels;
mod versions;

use super::runner::Answers;
use crate::app::{ExchangeJob, ExchangeNews, JobProgress, Message, Named};
use crate::domain::{SampleKey, Source, UserError};
use crate::objects::Store;
use crate::ops::{Capped, Opened, OpsError, Registry};
use jiff::Timestamp;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Progress is told at most this often.
const TELL: Duration = Duration::from_millis(100);
/// Names that are told one by one.
const NAMED: usize = 200;

/// What jobs are done with.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The dataset.
    pub opened: Opened,
    /// The datasets of this machine.
    pub registry: Registry,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// Imported texts are brought into Unicode's composed form.
    pub to_nfc: bool,
}

/// Is told how far a job is, and says whether it goes on.
pub type OnProgress<'a> = dyn FnMut(JobProgress) -> ControlFlow<()> + 'a;

impl Exchange {
    /// Does a job, at this time (UTC); what came of it. Blocks until it is done.
    pub fn perform(
        &self,
        job: ExchangeJob,
        at: Timestamp,
        on_progress: &mut OnProgress<'_>,
    ) -> ExchangeNews {
        let done = match job {
            ExchangeJob::CheckAdd(job) => self.check_add(&job, on_progress),
            ExchangeJob::Add(job) => self.add(&job, at, on_progress),
            ExchangeJob::Import(job) => self.import(&job, at, on_progress),
            ExchangeJob::Export(job) => self.export(job, on_progress),
            ExchangeJob::CheckPublish(job) => self.check_publish(job, on_progress),
            ExchangeJob::Publish(job) => self.publish(job, at, on_progress),
            ExchangeJob::Versions(_) => self.versions(),
            ExchangeJob::Compare { earlier, later } => self.compare(&earlier, &later, on_progress),
            ExchangeJob::DeleteSources(target, count) => {
                self.delete_sources(&target, count, at, on_progress)
            }
        };
        match done {
            Ok(news) => news.unwrap_or(ExchangeNews::Stopped),
            Err(error) => ExchangeNews::Failed(error),
        }
    }

    /// A path as it was typed, with `~` read as a shell would.
    fn expanded(&self, typed: &str) -> PathBuf {
        match (typed.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(typed),
        }
    }

    /// The output, made if it is a folder that is not there yet.
    fn output(&self) -> Result<(Source, Store), OpsError> {
        let typed = self.opened.dataset.output.as_deref();
        let none = || OpsError::NoOutput(self.opened.dataset.name.clone());
        let typed = typed.ok_or_else(none)?;
        let output = Source::parse(typed).map_err(OpsError::from)?;
        let store = self.opened.output()?.ok_or_else(none)?;
        Ok((output, store))
    }
}

/// A job's answer; `None`: it was stopped.
type Told = Result<Option<ExchangeNews>, UserError>;

/// The first of many, as text for the screen to make safe.
fn named<T>(all: &Capped<T>, tell: impl Fn(&T) -> String) -> Named {
    Named { first: all.first.iter().take(NAMED).map(tell).collect(), count: all.count }
}

fn key_text(key: &SampleKey) -> String {
    key.lossy().into_owned()
}

enum ThreadJob {
    Do(u64, Box<ExchangeJob>),
    Stop,
}

/// The thread.
pub(super) struct ExchangeThread {
    exchange: Exchange,
    sender: Sender<ThreadJob>,
    /// The job of this ticket, and those before it, are to stop.
    cancelled: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl ExchangeThread {
    pub(super) fn start(exchange: Exchange, answers: Answers) -> Self {
        let (sender, jobs) = channel();
        let cancelled = Arc::new(AtomicU64::new(0));
        let (working, stop) = (exchange.clone(), cancelled.clone());
        let thread = std::thread::spawn(move || serve(&working, &jobs, &stop, &answers));
        Self { exchange, sender, cancelled, thread }
    }

    pub(super) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    pub(super) fn send(&self, ticket: u64, job: Box<ExchangeJob>) {
        let _ = self.sender.send(ThreadJob::Do(ticket, job));
    }

    pub(super) fn cancel(&self, ticket: u64) {
        self.cancelled.fetch_max(ticket, Ordering::AcqRel);
    }

    /// Stops what runs, and waits until it has.
    pub(super) fn finish(self) {
        self.cancelled.store(u64::MAX, Ordering::Release);
        let _ = self.sender.send(ThreadJob::Stop);
        let _ = self.thread.join();
    }
}

fn serve(
    exchange: &Exchange,
    jobs: &Receiver<ThreadJob>,
    cancelled: &AtomicU64,
    answers: &Answers,
) {
    while let Ok(ThreadJob::Do(ticket, job)) = jobs.recv() {
        let mut told_at: Option<Instant> = None;
        let mut on_progress = |progress: JobProgress| {
            if told_at.is_none_or(|at| at.elapsed() >= TELL) {
                told_at = Some(Instant::now());
                answers.send(Message::Exchange(ticket, ExchangeNews::Progress(progress)));
            }
            if cancelled.load(Ordering::Acquire) >= ticket {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let news = exchange.perform(*job, Timestamp::now(), &mut on_progress);
        answers.send(Message::Exchange(ticket, news));
    }
}
