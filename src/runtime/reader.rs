//! The reader thread: pages and samples, while the writer writes. A page that nobody waits for any more is given up, and
//! counting is left to the counter: what a person waits for is never behind what nobody does.

#[cfg(test)]
mod tests;

use super::counter::{Count, Counter};
use super::drafts::DraftsJob;
use super::lists::{Lists, Newest};
use super::runner::Answers;
use super::told;
use crate::app::{Message, PagePurpose};
use crate::domain::{PageRequest, SampleId, UserError};
use crate::ops::OpsError;
use crate::workspace::{self, WorkspaceError};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

pub(super) enum ReaderJob {
    Page { generation: u64, purpose: PagePurpose, request: Box<PageRequest> },
    Counts,
    Sample { id: SampleId, asked: u64 },
    History(SampleId),
}

pub(super) struct Reader {
    sender: Sender<ReaderJob>,
    thread: JoinHandle<()>,
    counter: Counter,
    newest: Newest,
}

impl Reader {
    /// Starts the thread, and the counter beside it, which opens the workspace again when there is something to count.
    ///
    /// # Errors
    /// The connection cannot be used.
    pub(super) fn start(
        reader: workspace::Reader,
        another: impl Fn() -> Result<workspace::Reader, OpsError> + Send + 'static,
        drafts: Sender<DraftsJob>,
        answers: Answers,
    ) -> Result<Self, WorkspaceError> {
        let (sender, jobs) = channel();
        let newest = Newest::default();
        let lists = Lists::new(reader, newest.clone())?;
        let counter = Counter::start(another, newest.clone(), answers.clone());
        let thread = std::thread::spawn(move || Serving { lists, drafts, answers }.serve(&jobs));
        Ok(Self { sender, thread, counter, newest })
    }

    /// Asks for a page; what is asked of the list in an older generation ends.
    pub(super) fn page(&self, generation: u64, purpose: PagePurpose, request: PageRequest) {
        self.newest.is(generation);
        self.send(ReaderJob::Page { generation, purpose, request: Box::new(request) });
    }

    /// Has the list counted, beside everything else.
    pub(super) fn count(&self, count: Count) {
        self.newest.is(count.generation);
        self.counter.send(count);
    }

    pub(super) fn send(&self, job: ReaderJob) {
        let _ = self.sender.send(job);
    }

    pub(super) fn finish(self) {
        self.newest.is_over();
        drop(self.sender);
        let _ = self.thread.join();
        self.counter.finish();
    }
}

struct Serving {
    lists: Lists,
    drafts: Sender<DraftsJob>,
    answers: Answers,
}

impl Serving {
    fn serve(&self, jobs: &Receiver<ReaderJob>) {
        while let Ok(job) = jobs.recv() {
            match job {
                ReaderJob::Page { generation, purpose, request } => {
                    match self.lists.ask(generation, |reader| reader.page(&request)) {
                        Some(Ok(page)) => {
                            self.answers.send(Message::Page { generation, purpose, page });
                        }
                        Some(Err(error)) => self.failed(error),
                        None => {}
                    }
                }
                ReaderJob::Counts => match self.lists.reader().counts() {
                    Ok(counts) => self.answers.send(Message::Counts(counts)),
                    Err(error) => self.failed(error),
                },
                ReaderJob::Sample { id, asked } => self.sample(id, asked),
                ReaderJob::History(id) => {
                    let history = self.lists.reader().history(id).map_err(told);
                    self.answers.send(Message::History(id, history));
                }
            }
        }
    }

    fn sample(&self, id: SampleId, asked: u64) {
        match self.lists.reader().detail(id) {
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
