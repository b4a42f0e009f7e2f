//! The prober: lengths and hashes of files that nobody looked at yet, read in the background and at low haste.

use super::writer::WriterJob;
use crate::ops::{self, Opened, OpsError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

/// Files looked at before what was found goes to the workspace.
const BATCH: usize = 64;

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
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn probe(opened: &Opened, writer: &Sender<WriterJob>, stop: &AtomicBool) -> Result<(), OpsError> {
    let (reader, store) = (opened.reader()?, opened.store()?);
    loop {
        let samples = reader.unprobed(BATCH)?;
        let last = samples.is_empty();
        let mut probes = Vec::with_capacity(samples.len());
        for sample in &samples {
            if stop.load(Ordering::Acquire) {
                return Ok(());
            }
            probes.push(ops::probe_one(&store, sample));
        }
        let (recorded, answer) = channel();
        let sent = writer.send(WriterJob::Probes { probes, last, recorded });
        // Not recorded (a full disk, or the program ends): the next sync tries again.
        if last || sent.is_err() || answer.recv() != Ok(true) {
            return Ok(());
        }
    }
}
