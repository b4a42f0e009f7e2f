//! The prober: lengths and hashes of files that nobody looked at yet, read in the background and at low haste.

use super::writer::WriterJob;
use crate::objects::Store;
use crate::ops::{Opened, OpsError, ProbeRun};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

/// Files looked at before what was found goes to the workspace.
const BATCH: usize = 64;
/// Files of a bucket looked at at once: few, so that what is played has the line for itself.
const FAR_AT_ONCE: usize = 3;

pub(super) struct Prober {
    opened: Opened,
    writer: Sender<WriterJob>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Prober {
    pub(super) fn new(opened: Opened, writer: Sender<WriterJob>) -> Self {
        Self { opened, writer, stop: Arc::default(), thread: None }
    }

    /// Looks at what is new, unless it is at it already.
    pub(super) fn start(&mut self) {
        if self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let (opened, writer, stop) = (self.opened.clone(), self.writer.clone(), self.stop.clone());
        self.thread = Some(std::thread::spawn(move || {
            if let Err(error) = probe(&opened, &writer, &stop) {
                tracing::warn!(%error, "lengths are not read");
            }
        }));
    }

    pub(super) fn stop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let far = self.opened.source.folder().is_none();
        if let Some(thread) = self.thread.take()
            && !far
        {
            let _ = thread.join();
        }
        // What waits for a bucket ends by itself: it only reads, and nobody listens any more.
    }
}

fn probe(opened: &Opened, writer: &Sender<WriterJob>, stop: &AtomicBool) -> Result<(), OpsError> {
    let (reader, store) = (opened.reader()?, opened.store()?);
    let at_once = match &store {
        Store::Folder(_) => 1,
        Store::S3(_) => FAR_AT_ONCE,
    };
    let mut run = ProbeRun::default();
    loop {
        let samples = run.next(&reader, BATCH)?;
        let last = samples.is_empty();
        let probes = run.look(&store, &samples, at_once, stop);
        if stop.load(Ordering::Acquire) {
            return Ok(());
        }
        let (recorded, answer) = channel();
        let sent = writer.send(WriterJob::Probes { probes, last, recorded });
        // Not recorded (a full disk, or the program ends): the next sync tries again.
        if last || sent.is_err() || answer.recv() != Ok(true) {
            return Ok(());
        }
    }
}
