//! The reader thread: pages, counts and samples, while the writer writes. A query that nobody waits for any more is
//! cancelled.

use super::drafts::DraftsJob;
use super::runner::Answers;
use super::told;
use crate::app::{Message, PagePurpose};
use crate::domain::{PageRequest, SampleId, UserError};
use crate::workspace::{self, WorkspaceError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

pub(super) enum ReaderJob {
    Page { generation: u64, purpose: PagePurpose, request: PageRequest },
    Count { generation: u64, request: PageRequest, first: Option<SampleId> },
    Counts,
    Sample { id: SampleId, asked: u64 },
    History(SampleId),
}

/// What the thread is busy with, seen from outside.
#[derive(Default)]
struct Busy {
    /// The newest generation of the list; queries of an older one are not worth finishing.
    newest: AtomicU64,
    /// A list query is under way.
    listing: AtomicBool,
}

pub(super) struct Reader {
    sender: Sender<ReaderJob>,
    thread: JoinHandle<()>,
    interrupt: workspace::Interrupt,
    busy: Arc<Busy>,
}

impl Reader {
    pub(super) fn start(
        reader: workspace::Reader,
        drafts: Sender<DraftsJob>,
        answers: Answers,
    ) -> Self {
        let (sender, jobs) = channel();
        let interrupt = reader.interrupt();
        let busy = Arc::new(Busy::default());
        let seen = busy.clone();
        let thread = std::thread::spawn(move || {
            Serving { reader, drafts, answers, busy: seen }.serve(&jobs);
        });
        Self { sender, thread, interrupt, busy }
    }

    /// Asks for a page; a list query of an older generation that is under way is cancelled.
    pub(super) fn page(&self, generation: u64, purpose: PagePurpose, request: PageRequest) {
        let before = self.busy.newest.fetch_max(generation, Ordering::AcqRel);
        if before < generation && self.busy.listing.load(Ordering::Acquire) {
            self.interrupt.cancel();
        }
        self.send(ReaderJob::Page { generation, purpose, request });
    }

    pub(super) fn send(&self, job: ReaderJob) {
        let _ = self.sender.send(job);
    }

    pub(super) fn finish(self) {
        drop(self.sender);
        self.interrupt.cancel();
        let _ = self.thread.join();
    }
}

struct Serving {
    reader: workspace::Reader,
    drafts: Sender<DraftsJob>,
    answers: Answers,
    busy: Arc<Busy>,
}

impl Serving {
    fn serve(&self, jobs: &Receiver<ReaderJob>) {
        while let Ok(job) = jobs.recv() {
            match job {
                ReaderJob::Page { generation, purpose, request } => {
                    self.list(generation, |reader| {
                        let page = reader.page(&request)?;
                        Ok(Message::Page { generation, purpose, page })
                    });
                }
                ReaderJob::Count { generation, request, first } => {
                    self.list(generation, |reader| {
                        let total = Some(reader.total(&request)?);
                        let offset = first.map(|id| reader.rank(&request, id)).transpose()?;
                        Ok(Message::Counted { generation, offset, total })
                    });
                }
                ReaderJob::Counts => match self.again_if_interrupted(workspace::Reader::counts) {
                    Ok(counts) => self.answers.send(Message::Counts(counts)),
                    Err(error) => self.failed(error),
                },
                ReaderJob::Sample { id, asked } => self.sample(id, asked),
                ReaderJob::History(id) => {
                    let history = self.again_if_interrupted(|reader| reader.history(id));
                    let history = history.map_err(told);
                    self.answers.send(Message::History(id, history));
                }
            }
        }
    }

    /// Runs a list query that may be cancelled by a newer one.
    fn list(
        &self,
        generation: u64,
        query: impl FnOnce(&workspace::Reader) -> Result<Message, WorkspaceError>,
    ) {
        let stale = || self.busy.newest.load(Ordering::Acquire) > generation;
        if stale() {
            return;
        }
        self.busy.listing.store(true, Ordering::Release);
        let answer = query(&self.reader);
        self.busy.listing.store(false, Ordering::Release);
        match answer {
            Ok(message) => self.answers.send(message),
            Err(_) if stale() => {}
            Err(error) => self.failed(error),
        }
    }

    /// A cancel that was meant for a list query can hit the one behind it: that one is run again.
    fn again_if_interrupted<T>(
        &self,
        query: impl Fn(&workspace::Reader) -> Result<T, WorkspaceError>,
    ) -> Result<T, WorkspaceError> {
        match query(&self.reader) {
            Err(WorkspaceError::Interrupted) => query(&self.reader),
            answer => answer,
        }
    }

    fn sample(&self, id: SampleId, asked: u64) {
        match self.again_if_interrupted(|reader| reader.detail(id)) {
            Ok(Some(detail)) => {
                let _ = self.drafts.send(DraftsJob::Attach { asked, detail: Box::new(detail) });
            }
            Ok(None) => {
                let error = UserError::new("this sample is not in the workspace any more");
                self.answers.send(Message::SampleFailed { id, asked, error });
            }
            Err(error) => {
                self.answers.send(Message::SampleFailed { id, asked, error: told(error) });
            }
        }
    }

    fn failed(&self, error: WorkspaceError) {
        self.answers.send(Message::Failed(told(error)));
    }
}
