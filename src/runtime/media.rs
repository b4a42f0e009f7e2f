//! The media thread: waveforms and where somebody speaks, for the open sample first, then for the next ones.

use super::runner::Answers;
use super::sounds::SoundTable;
use super::writer::WriterJob;
use crate::app::Message;
use crate::audio::{Decoder, peaks};
use crate::domain::{Peaks, SampleDetail, SampleId};
use crate::text::safe_bytes;
use crate::workspace;
use std::ops::ControlFlow;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What is wanted: only the newest counts.
#[derive(Default)]
struct Wanted {
    open: Option<SampleDetail>,
    ahead: Vec<SampleId>,
    stop: bool,
}

#[derive(Default)]
struct Desk {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

impl Desk {
    fn change(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut self.wanted.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    /// Whether something more urgent than what was begun has come.
    fn interrupted(&self, ahead: bool) -> bool {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.stop || wanted.open.is_some() || (ahead && wanted.ahead.is_empty())
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
        self.desk.change(|wanted| wanted.open = Some(detail));
    }

    /// The waveforms of the samples that come next.
    pub(super) fn ahead(&self, samples: Vec<SampleId>) {
        self.desk.change(|wanted| wanted.ahead = samples);
    }

    pub(super) fn stop(self) {
        self.desk.change(|wanted| wanted.stop = true);
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
    Stop,
}

impl Serving {
    fn serve(&self) {
        loop {
            match self.next() {
                Task::Stop => return,
                Task::Open(detail) => self.draw(&detail, true),
                Task::Ahead(id) => match self.reader.detail(id) {
                    Ok(Some(detail)) => self.draw(&detail, false),
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, "a sample could not be read ahead"),
                },
            }
        }
    }

    fn next(&self) -> Task {
        let mut wanted = self.desk.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if wanted.stop {
                return Task::Stop;
            }
            if let Some(detail) = wanted.open.take() {
                return Task::Open(Box::new(detail));
            }
            if !wanted.ahead.is_empty() {
                return Task::Ahead(wanted.ahead.remove(0));
            }
            wanted = self.desk.changed.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// From the workspace if it was drawn before; else decoded, kept, and shown while it grows.
    fn draw(&self, detail: &SampleDetail, open: bool) {
        match self.reader.peaks(detail.id) {
            Ok(Some(peaks)) => {
                self.answers.send(Message::Peaks(detail.id, Arc::new(peaks)));
                return;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a kept waveform could not be read"),
        }
        match self.decode(detail, open) {
            Ok(peaks) if peaks.complete => {
                let peaks = Arc::new(peaks);
                let job = WriterJob::Peaks(detail.id, detail.stamp.clone(), peaks.clone());
                let _ = self.writer.send(job);
                self.answers.send(Message::Peaks(detail.id, peaks));
            }
            Ok(_) => {}
            Err(why) => self.answers.send(Message::AudioFailed(detail.id, why)),
        }
    }

    fn decode(&self, detail: &SampleDetail, open: bool) -> Result<Peaks, String> {
        let bytes = self.sounds.bytes(&detail.key).map_err(|error| error.to_string())?;
        let name = safe_bytes(detail.key.file_name());
        let mut decoder = Decoder::open(bytes, &name).map_err(|error| error.to_string())?;
        let mut show = |peaks: &Peaks| {
            if self.desk.interrupted(!open) {
                return ControlFlow::Break(());
            }
            if open {
                self.answers.send(Message::Peaks(detail.id, Arc::new(peaks.clone())));
            }
            ControlFlow::Continue(())
        };
        peaks::scan(&mut decoder, &mut show).map_err(|error| error.to_string())
    }
}
