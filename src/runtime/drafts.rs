//! The drafts thread: saving what was typed never waits for the workspace.

use super::runner::Answers;
use super::told;
use crate::app::{DraftJob, Message};
use crate::domain::{Draft, SampleDetail, SampleKey};
use crate::workspace;
use jiff::Timestamp;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

pub(super) enum DraftsJob {
    /// Put a draft on disk.
    Save(DraftJob),
    /// Forget a draft.
    Remove(SampleKey),
    /// Add the draft to a sample that was read, and send both.
    Attach { asked: u64, detail: Box<SampleDetail> },
}

pub(super) struct Drafts {
    sender: Sender<DraftsJob>,
    thread: JoinHandle<()>,
}

impl Drafts {
    pub(super) fn start(drafts: workspace::Drafts, answers: Answers) -> Self {
        let (sender, jobs) = channel();
        let thread = std::thread::spawn(move || serve(drafts, &jobs, &answers));
        Self { sender, thread }
    }

    pub(super) fn sender(&self) -> Sender<DraftsJob> {
        self.sender.clone()
    }

    pub(super) fn send(&self, job: DraftsJob) {
        let _ = self.sender.send(job);
    }

    pub(super) fn finish(self) {
        drop(self.sender);
        let _ = self.thread.join();
    }
}

fn serve(mut drafts: workspace::Drafts, jobs: &Receiver<DraftsJob>, answers: &Answers) {
    while let Ok(job) = jobs.recv() {
        match job {
            DraftsJob::Save(job) => save(&mut drafts, job, answers),
            DraftsJob::Remove(key) => {
                if let Err(error) = drafts.remove(&key) {
                    answers.send(Message::Failed(told(error)));
                }
            }
            DraftsJob::Attach { asked, detail } => {
                let draft = drafts.load(&detail.key);
                if let Err(error) = &draft {
                    tracing::warn!(%error, "a draft could not be read");
                }
                answers.send(Message::Sample { asked, detail, draft: draft.ok().flatten() });
            }
        }
    }
}

fn save(drafts: &mut workspace::Drafts, job: DraftJob, answers: &Answers) {
    let identity = drafts.identity().clone();
    let draft = Draft {
        key: job.key.clone(),
        author: identity.author,
        instance: identity.instance,
        text: job.text,
        cursor: job.cursor,
        heads: job.heads,
        at: Timestamp::now(),
    };
    let error = drafts.save(&draft).err().map(told);
    answers.send(Message::DraftSaved { key: job.key, ticket: job.ticket, error });
}
