//! Sharing labels between those of a sync and by itself: 500 revisions or a minute after the last time.

use super::runner::Answers;
use crate::app::{Message, Sharing as Told, SyncPhase, SyncProgress};
use crate::domain::{SyncReport, UserError};
use crate::ops::Opened;
use crate::sync::{ShareError, ShareJob, ShareReport, ShareStep};
use crate::workspace;
use jiff::Timestamp;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// So many revisions go out at once, however short the time.
const MANY: u64 = 500;
/// What waits goes out this long after the last time.
const EVERY: Duration = Duration::from_mins(1);
/// What waits when the program ends gets this long to go out.
const LAST: Duration = Duration::from_secs(2);

/// Where sharing stands. Without an output it never does anything.
pub(super) struct Sharing {
    opened: Opened,
    answers: Answers,
    job: Option<ShareJob>,
    /// The sync whose last part it is, and which is told when it is over.
    of_sync: Option<SyncReport>,
    /// The last try.
    last: Instant,
    told: Option<Told>,
    problem: Option<String>,
    /// Something may have been added to what waits.
    stale: bool,
}

impl Sharing {
    pub(super) fn new(opened: Opened, answers: Answers) -> Self {
        Self {
            opened,
            answers,
            job: None,
            of_sync: None,
            last: Instant::now(),
            told: None,
            problem: None,
            stale: true,
        }
    }

    pub(super) fn runs(&self) -> bool {
        self.job.is_some()
    }

    /// Something was labeled here.
    pub(super) fn more_waits(&mut self) {
        self.stale = true;
    }

    /// The last part of a sync. What it did is told at the end, whether or not it goes well.
    pub(super) fn finish_sync(&mut self, report: SyncReport, writer: &workspace::Writer) {
        self.of_sync = Some(report);
        self.start(writer);
        if self.job.is_none() {
            self.tell_sync();
        }
    }

    /// Once a second: tells what waits, and starts when it is time.
    pub(super) fn look(&mut self, writer: &workspace::Writer) {
        if self.opened.dataset.output.is_none() || self.runs() {
            return;
        }
        if std::mem::take(&mut self.stale) {
            self.tell(writer);
        }
        let waiting = self.told.as_ref().map_or(0, |told| told.waiting);
        let rested = self.last.elapsed() >= EVERY;
        let now = waiting >= MANY && self.problem.is_none();
        if waiting > 0 && (rested || now) {
            self.start(writer);
        }
    }

    /// Reads what others wrote and sends what waits.
    pub(super) fn start(&mut self, writer: &workspace::Writer) {
        self.last = Instant::now();
        let started = match self.opened.output() {
            Ok(None) => return,
            Ok(Some(output)) => {
                ShareJob::start(&output, writer, Timestamp::now()).map_err(|error| problem(&error))
            }
            Err(error) => Err(UserError::from(error).to_string()),
        };
        match started {
            Ok(job) => self.job = Some(job),
            Err(problem) => {
                self.problem = Some(problem);
                self.tell(writer);
            }
        }
    }

    /// Goes on for a moment. A new workspace takes all in at once, until somebody waits for the writer.
    pub(super) fn step(
        &mut self,
        writer: &mut workspace::Writer,
        somebody_waits: &mut dyn FnMut() -> bool,
    ) {
        let Some(job) = &mut self.job else { return };
        let on_step = &mut |_: &ShareStep| {
            if somebody_waits() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let step = job.step_or_all(writer, Timestamp::now(), on_step);
        self.stepped(step, writer);
    }

    fn stepped(&mut self, step: Result<ShareStep, ShareError>, writer: &workspace::Writer) {
        match step {
            Ok(ShareStep::Pulling(_)) => self.tell_phase(SyncPhase::ReadingLabels),
            Ok(ShareStep::Pushing(_)) => self.tell_phase(SyncPhase::Sharing),
            Ok(ShareStep::Done(report)) => {
                self.job = None;
                self.problem = None;
                self.done(&report);
                self.tell(writer);
            }
            Err(error) => {
                self.job = None;
                self.problem = Some(problem(&error));
                if !error.is_offline() {
                    self.answers.send(Message::Failed(error.into()));
                }
                self.tell_sync();
                self.tell(writer);
            }
        }
    }

    fn done(&mut self, report: &ShareReport) {
        if let Some(sync) = &mut self.of_sync {
            sync.labels_pulled += report.pulled;
            sync.labels_pushed += report.pushed;
            sync.conflicts = report.conflicts;
        } else if report.pulled > 0 {
            self.answers.send(Message::Changed);
        }
        self.tell_sync();
        if let Some(first) = report.problems.first() {
            let count = report.problems.len();
            let mut error = UserError::new("not everything in the output could be read")
                .hint("the rest was; the next sync tries again");
            error.why.push(first.to_string());
            if count > 1 {
                error.why.push(format!("and {} more", count - 1));
            }
            self.answers.send(Message::Failed(error));
        }
    }

    fn tell_sync(&mut self) {
        if let Some(report) = self.of_sync.take() {
            self.answers.send(Message::Synced(Ok(report)));
        }
    }

    fn tell_phase(&self, phase: SyncPhase) {
        if let Some(report) = &self.of_sync {
            let listed = report.total;
            let progress = SyncProgress { phase, listed, applied: listed, probed: None };
            self.answers.send(Message::Sync(progress));
        }
    }

    /// How many wait, and why, where that is news.
    fn tell(&mut self, writer: &workspace::Writer) {
        match writer.unshared() {
            Ok(waiting) => {
                let told = Told { waiting, problem: self.problem.clone() };
                if self.told.as_ref() != Some(&told) {
                    self.answers.send(Message::Sharing(told.clone()));
                    self.told = Some(told);
                }
            }
            Err(error) => tracing::warn!(%error, "what waits was not counted"),
        }
    }

    /// Gives up what runs; true: it was the last part of a sync.
    pub(super) fn cancel(&mut self) -> bool {
        self.job = None;
        self.of_sync.take().is_some()
    }

    /// The program ends: what waits gets a moment to go out, unless it could not go before.
    pub(super) fn finish(&mut self, writer: &mut workspace::Writer) {
        let waits = writer.unshared().is_ok_and(|waiting| waiting > 0);
        if !waits || self.problem.is_some() || self.opened.dataset.output.is_none() {
            return;
        }
        if self.job.is_none() {
            self.start(writer);
        }
        let begun = Instant::now();
        while let Some(job) = self.job.as_mut().filter(|_| begun.elapsed() < LAST) {
            let step = job.step(writer, Timestamp::now());
            self.stepped(step, writer);
        }
    }
}

/// In a word or two for the status line.
fn problem(error: &ShareError) -> String {
    if error.is_offline() { "offline".to_owned() } else { error.to_string() }
}
