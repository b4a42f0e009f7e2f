//! The counter thread: how long the list is, and where its first row stands. In a long list that takes long: it has a
//! connection of its own, so that nothing else waits for it, and of several questions only the newest is answered.

use super::lists::{Lists, Newest};
use super::runner::Answers;
use super::told;
use crate::app::Message;
use crate::domain::{PageRequest, SampleId};
use crate::ops::OpsError;
use crate::workspace::{self, WorkspaceError};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// What is to be counted.
pub(super) struct Count {
    pub(super) generation: u64,
    pub(super) request: PageRequest,
    /// Where this one stands is wanted too.
    pub(super) first: Option<SampleId>,
}

pub(super) struct Counter {
    sender: Sender<Count>,
    thread: JoinHandle<()>,
}

impl Counter {
    /// Starts the thread, which opens its connection when something is to be counted.
    pub(super) fn start(
        open: impl Fn() -> Result<workspace::Reader, OpsError> + Send + 'static,
        newest: Newest,
        answers: Answers,
    ) -> Self {
        let (sender, counts) = channel();
        let thread = std::thread::spawn(move || serve(&open, &counts, &newest, &answers));
        Self { sender, thread }
    }

    pub(super) fn send(&self, count: Count) {
        let _ = self.sender.send(count);
    }

    /// Waits until it has ended, which it does at once when the newest generation is over.
    pub(super) fn finish(self) {
        drop(self.sender);
        let _ = self.thread.join();
    }
}

pub(super) fn serve(
    open: &dyn Fn() -> Result<workspace::Reader, OpsError>,
    counts: &Receiver<Count>,
    newest: &Newest,
    answers: &Answers,
) {
    let mut opened: Option<Lists> = None;
    while let Ok(first) = counts.recv() {
        let count = counts.try_iter().last().unwrap_or(first);
        let lists = match opened.take().map_or_else(|| connect(open, newest), Ok) {
            Ok(lists) => opened.insert(lists),
            Err(error) => {
                answers.send(Message::Failed(told(error)));
                continue;
            }
        };
        match lists.ask(count.generation, |reader| counted(reader, &count)) {
            Some(Ok(message)) => answers.send(message),
            Some(Err(error)) => answers.send(Message::Failed(told(error))),
            None => {}
        }
    }
}

fn connect(
    open: &dyn Fn() -> Result<workspace::Reader, OpsError>,
    newest: &Newest,
) -> Result<Lists, OpsError> {
    let reader = open()?;
    reader.keep_little()?;
    Ok(Lists::new(reader, newest.clone())?)
}

fn counted(reader: &workspace::Reader, count: &Count) -> Result<Message, WorkspaceError> {
    let total = Some(reader.total(&count.request)?);
    let offset = count.first.map(|id| reader.rank(&count.request, id)).transpose()?;
    Ok(Message::Counted { generation: count.generation, offset, total })
}
