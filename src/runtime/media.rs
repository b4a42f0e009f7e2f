//! The media thread: waveforms and where somebody speaks, for the open sample first, then for the next ones.

use super::runner::Answers;
use super::sounds::SoundTable;
use super::writer::WriterJob;
use crate::app::Message;
use crate::audio::{AudioError, Decoder, peaks};
use crate::domain::{Peaks, SampleDetail, SampleId, UserError};
use crate::objects::Ticket;
use crate::text::safe_bytes;
use crate::workspace;
use std::ops::ControlFlow;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Larger files of a bucket are not fetched whole just to draw them before they are asked for, in bytes.
const FAR_AND_LARGE: u64 = 16 << 20;

/// What is wanted: only the newest counts.
#[derive(Default)]
struct Wanted {
    open: Option<SampleDetail>,
    ahead: Vec<SampleId>,
    /// What is under way: the sample if it is drawn ahead, and the ticket on which its bytes are read.
    current: Option<(Option<SampleId>, Ticket)>,
    stop: bool,
}

#[derive(Default)]
struct Desk {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

impl Desk {
    /// Changes what is wanted, and gives up what is under way if that is not wanted any more.
    fn change(
        &self,
        change: impl FnOnce(&mut Wanted),
        still: impl FnOnce(&Wanted, Option<SampleId>) -> bool,
    ) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut wanted);
        let given_up = match &wanted.current {
            Some((ahead, ticket)) if !still(&wanted, *ahead) => Some(ticket.clone()),
            _ => None,
        };
        drop(wanted);
        if let Some(ticket) = given_up {
            ticket.give_up();
        }
        self.changed.notify_one();
    }
}

pub(super) struct Media {
    desk: Arc<Desk>,
    thread: JoinHandle<()>,
}

impl Media {
    pub(super) fn start(
        reader: workspace::Reader,
        sounds: Arc<SoundTable>,
        writer: Sender<WriterJob>,
        answers: Answers,
    ) -> Self {
        let desk = Arc::new(Desk::default());
        let serving = Serving { desk: desk.clone(), reader, sounds, writer, answers };
        let thread = std::thread::spawn(move || serving.serve());
        Self { desk, thread }
    }

    /// The waveform of the open sample, now; whatever else was being decoded waits.
    pub(super) fn want(&self, detail: SampleDetail) {
        self.desk.change(|wanted| wanted.open = Some(detail), |_, _| false);
    }

    /// The waveforms of the samples that come next.
    pub(super) fn ahead(&self, samples: Vec<SampleId>) {
        let still = |wanted: &Wanted, ahead: Option<SampleId>| {
            ahead.is_none_or(|id| wanted.ahead.contains(&id))
        };
        self.desk.change(|wanted| wanted.ahead = samples, still);
    }

    pub(super) fn stop(self) {
        self.desk.change(|wanted| wanted.stop = true, |_, _| false);
        let _ = self.thread.join();
    }
}

struct Serving {
    desk: Arc<Desk>,
    reader: workspace::Reader,
    sounds: Arc<SoundTable>,
    writer: Sender<WriterJob>,
    answers: Answers,
}

enum Task {
    Open(Box<SampleDetail>),
    Ahead(SampleId),
}

impl Serving {
    fn serve(&self) {
        while let Some((task, ticket)) = self.next() {
            match task {
                Task::Open(detail) => self.draw(&detail, true, &ticket),
                Task::Ahead(id) => match self.reader.detail(id) {
                    Ok(Some(detail)) => self.draw(&detail, false, &ticket),
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, "a sample could not be read ahead"),
                },
            }
        }
    }

    /// What to do next, and the ticket on which it is done; `None` at the end.
    fn next(&self) -> Option<(Task, Ticket)> {
        let mut wanted = self.desk.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.current = None;
        let task = loop {
            if wanted.stop {
                return None;
            }
            if let Some(detail) = wanted.open.take() {
                break Task::Open(Box::new(detail));
            }
            if !wanted.ahead.is_empty() {
                break Task::Ahead(wanted.ahead.remove(0));
            }
            wanted = self.desk.changed.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        };
        let ticket = self.sounds.ticket();
        let ahead = match &task {
            Task::Open(_) => None,
            Task::Ahead(id) => Some(*id),
        };
        wanted.current = Some((ahead, ticket.clone()));
        Some((task, ticket))
    }

    /// From the workspace if it was drawn before; else decoded, kept, and shown while it grows.
    fn draw(&self, detail: &SampleDetail, open: bool, ticket: &Ticket) {
        match self.reader.peaks(detail.id) {
            Ok(Some(peaks)) => {
                self.answers.send(Message::Peaks(detail.id, Arc::new(peaks)));
                return;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a kept waveform could not be read"),
        }
        if !open && self.sounds.is_far() && detail.stamp.size > FAR_AND_LARGE {
            return;
        }
        match self.decode(detail, open, ticket) {
            Ok(peaks) if peaks.complete => {
                let peaks = Arc::new(peaks);
                let job = WriterJob::Peaks(detail.id, detail.stamp.clone(), peaks.clone());
                let _ = self.writer.send(job);
                self.answers.send(Message::Peaks(detail.id, peaks));
            }
            Ok(_) => {}
            Err(_) if ticket.is_given_up() => {}
            Err(why) => self.answers.send(Message::AudioFailed(detail.id, why)),
        }
    }

    fn decode(&self, detail: &SampleDetail, open: bool, ticket: &Ticket) -> Result<Peaks, String> {
        let bytes = self
            .sounds
            .bytes(detail.id, &detail.key, &detail.stamp, ticket)
            .map_err(|error| error.to_string())?;
        let name = safe_bytes(detail.key.file_name());
        let mut decoder = Decoder::open(bytes, &name).map_err(|error| explained(&error))?;
        let mut show = |peaks: &Peaks| {
            if ticket.is_given_up() {
                return ControlFlow::Break(());
            }
            if open {
                self.answers.send(Message::Peaks(detail.id, Arc::new(peaks.clone())));
            }
            ControlFlow::Continue(())
        };
        peaks::scan(&mut decoder, &mut show).map_err(|error| explained(&error))
    }
}

/// What is wrong and why, in one line.
fn explained(error: &AudioError) -> String {
    UserError::of(error, None).to_string()
}
