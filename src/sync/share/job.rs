//! One exchange with the output as a sequence of short steps: what others wrote comes in, what waits here goes out.
//!
//! The network is spoken to on threads of its own; the writer is only held to take in or to note what went out.

use super::compact::{self, compact};
use super::error::{ShareError, ShareProblem};
use super::log::{LABELS, LogObject, plan};
use super::marker::{self, Marker, same_source};
use super::{history, line};
use crate::domain::WriterId;
use crate::objects::{PutIf, Store, StoreError};
use crate::workspace::{Batch, Dataset, Portion, Reader, Shared, Writer};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a step waits for the network before it lets go of the writer.
const PATIENCE: Duration = Duration::from_millis(20);
/// How long the network may keep silent before a workspace is not held for it.
const SILENCE: Duration = Duration::from_secs(1);
/// Chunks that may wait for the workspace before the network waits too.
const AHEAD: usize = 8;
/// Revisions handed over at once, and taken in by one transaction at most: the more, the less each costs.
const CHUNK: usize = 2_000;
/// What taking some of them in aims at; the promise is 50 ms.
const AIM: Duration = Duration::from_millis(20);
/// Revisions taken in by one transaction, at first and at least.
const FIRST: usize = 250;
const SMALLEST: usize = 16;
/// Revisions of one log object, at most.
const BATCH: usize = 2_000;
/// Bytes of a line, about: from a word on a short name to some sentences on a long one.
const LINE: u64 = 400;

/// How far an exchange is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareStep {
    /// Others' labels are being read: so many new ones so far.
    Pulling(u64),
    /// Ours are being written: so many so far.
    Pushing(u64),
    /// It is over.
    Done(ShareReport),
}

/// What an exchange did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShareReport {
    /// Revisions of others that are here now.
    pub pulled: u64,
    /// Revisions of ours that are there now.
    pub pushed: u64,
    /// Samples in conflict now.
    pub conflicts: u64,
    /// What could not be read.
    pub problems: Vec<ShareProblem>,
}

/// What the network's side says.
pub(super) enum Found {
    Marker(Box<Marker>),
    /// About so many revisions follow.
    Expected(u64),
    Lines(Portion),
    Problem(ShareProblem),
    /// Everything was read; this is what lies there.
    All(Vec<(LogObject, Option<Timestamp>)>),
    Failed(ShareError),
}

/// An exchange under way. Dropped anywhere, the next one goes on from there.
#[derive(Debug)]
pub struct ShareJob {
    store: Store,
    report: ShareReport,
    phase: Phase,
    objects: Vec<(LogObject, Option<Timestamp>)>,
    /// About so many revisions are to come, as was told last.
    expected: Option<u64>,
    /// What came and is not taken in yet.
    waiting: Option<Portion>,
    /// Revisions that one transaction takes in, as long as that took lately.
    at_once: usize,
}

#[derive(Debug)]
enum Phase {
    Pulling(Receiver<Found>),
    Pushing(Option<(Batch, Receiver<Sent>)>),
    Tidying(Receiver<()>),
    Over,
}

#[derive(Debug)]
enum Sent {
    There,
    /// Somebody else's bytes lie under that key.
    Taken,
    Failed(StoreError),
}

impl ShareJob {
    /// Starts reading the output.
    ///
    /// # Errors
    /// The workspace cannot be read, or the system gives no thread.
    pub fn start(store: &Store, writer: &Writer, at: Timestamp) -> Result<Self, ShareError> {
        let (found, receiver) = sync_channel(AHEAD);
        let (from, dataset, positions) =
            (store.clone(), writer.dataset().clone(), writer.log_positions()?);
        thread::Builder::new()
            .name("labels".into())
            .spawn(move || {
                let end = match pull(&from, &dataset, positions, at, &found) {
                    Ok(objects) => Found::All(objects),
                    Err(error) => Found::Failed(error),
                };
                // Nobody waits any more when the exchange was given up.
                let _ = found.send(end);
            })
            .map_err(ShareError::Thread)?;
        Ok(Self {
            store: store.clone(),
            report: ShareReport::default(),
            phase: Phase::Pulling(receiver),
            objects: Vec::new(),
            expected: None,
            waiting: None,
            at_once: FIRST,
        })
    }

    /// Goes on for a moment.
    ///
    /// # Errors
    /// The output or the workspace failed; what was exchanged by then stays, what waits goes the next time.
    pub fn step(&mut self, writer: &mut Writer, at: Timestamp) -> Result<ShareStep, ShareError> {
        let outcome = self.advance(writer, at);
        self.unless_over(outcome)
    }

    /// As [`ShareJob::step`]; but a workspace that is new takes all that others have in at once, and is held as long as that
    /// takes. `on_step` sees how far that is, and may end it: what came by then stays, the rest comes in steps.
    ///
    /// # Errors
    /// As [`ShareJob::step`].
    pub fn step_or_all(
        &mut self,
        writer: &mut Writer,
        at: Timestamp,
        on_step: &mut dyn FnMut(&ShareStep) -> ControlFlow<()>,
    ) -> Result<ShareStep, ShareError> {
        let outcome = match self.expected.take() {
            Some(expected) if writer.is_new()? => self.take_all(expected, writer, on_step),
            _ => self.advance(writer, at),
        };
        self.unless_over(outcome)
    }

    fn unless_over<T>(&mut self, outcome: Result<T, ShareError>) -> Result<T, ShareError> {
        if outcome.is_err() {
            self.phase = Phase::Over;
        }
        outcome
    }

    fn advance(&mut self, writer: &mut Writer, at: Timestamp) -> Result<ShareStep, ShareError> {
        if let Some(waiting) = self.waiting.take() {
            return self.take_some(writer, waiting);
        }
        match &mut self.phase {
            Phase::Pulling(found) => match found.recv_timeout(PATIENCE) {
                Ok(found) => self.take(writer, found),
                Err(RecvTimeoutError::Timeout) => Ok(ShareStep::Pulling(self.report.pulled)),
                Err(RecvTimeoutError::Disconnected) => Err(ShareError::Lost),
            },
            Phase::Pushing(sending) => match sending.take() {
                Some((batch, sent)) => match sent.recv_timeout(PATIENCE) {
                    Ok(sent) => self.sent(writer, &batch, sent),
                    Err(RecvTimeoutError::Timeout) => {
                        self.phase = Phase::Pushing(Some((batch, sent)));
                        Ok(ShareStep::Pushing(self.report.pushed))
                    }
                    Err(RecvTimeoutError::Disconnected) => Err(ShareError::Lost),
                },
                None => self.send(writer, at),
            },
            Phase::Tidying(tidied) => {
                if let Err(RecvTimeoutError::Timeout) = tidied.recv_timeout(PATIENCE) {
                    return Ok(ShareStep::Pushing(self.report.pushed));
                }
                self.phase = Phase::Over;
                let reader = Reader::open(writer.path(), writer.identity().clone())?;
                self.report.conflicts = reader.counts()?.conflicts;
                Ok(ShareStep::Done(std::mem::take(&mut self.report)))
            }
            Phase::Over => Err(ShareError::Lost),
        }
    }

    fn take(&mut self, writer: &mut Writer, found: Found) -> Result<ShareStep, ShareError> {
        match found {
            Found::Marker(marker) => belongs(writer, *marker)?,
            Found::Expected(expected) => self.expected = Some(expected),
            Found::Lines(portion) => return self.take_some(writer, portion),
            Found::Problem(problem) => self.report.problems.push(problem),
            Found::All(objects) => {
                self.objects = objects;
                self.phase = Phase::Pushing(None);
            }
            Found::Failed(error) => return Err(error),
        }
        Ok(ShareStep::Pulling(self.report.pulled))
    }

    /// Takes in what is still to come, in one transaction, as a large import does: for a workspace that is new, where
    /// nobody waits for anything else. What came before it was stopped, or before the output failed or kept silent, stays.
    fn take_all(
        &mut self,
        expected: u64,
        writer: &mut Writer,
        on_step: &mut dyn FnMut(&ShareStep) -> ControlFlow<()>,
    ) -> Result<ShareStep, ShareError> {
        let Phase::Pulling(found) = &self.phase else {
            return Ok(ShareStep::Pulling(self.report.pulled));
        };
        let problems = &mut self.report.problems;
        let (mut read, mut end) = (0, None);
        let portions = std::iter::from_fn(|| {
            while on_step(&ShareStep::Pulling(read)).is_continue() {
                match found.recv_timeout(SILENCE) {
                    Ok(Found::Lines(portion)) => {
                        read += portion.revisions.len() as u64;
                        return Some(portion);
                    }
                    Ok(Found::Problem(problem)) => problems.push(problem),
                    Ok(Found::Marker(_) | Found::Expected(_)) => {}
                    Ok(last @ (Found::All(_) | Found::Failed(_))) => {
                        end = Some(last);
                        return None;
                    }
                    Err(_) => return None,
                }
            }
            None
        });
        self.report.pulled += writer.take_all_shared(expected, portions)?.new;
        match end {
            Some(end) => self.take(writer, end),
            None => Ok(ShareStep::Pulling(self.report.pulled)),
        }
    }

    /// As many as fit into a short transaction; the position moves on with the last.
    fn take_some(
        &mut self,
        writer: &mut Writer,
        portion: Portion,
    ) -> Result<ShareStep, ShareError> {
        let Portion { mut revisions, from, position } = portion;
        let rest = revisions.split_off(self.at_once.min(revisions.len()));
        let here = position.filter(|_| rest.is_empty());
        let began = Instant::now();
        self.report.pulled += writer.take_shared(&revisions, from, here)?.new;
        if revisions.len() >= SMALLEST {
            let factor = AIM.as_secs_f64() / began.elapsed().as_secs_f64().max(1e-6);
            let next = revisions.len() as f64 * factor.clamp(0.25, 2.0);
            self.at_once = (next as usize).clamp(SMALLEST, CHUNK);
        }
        self.waiting = (!rest.is_empty()).then_some(Portion { revisions: rest, from, position });
        Ok(ShareStep::Pulling(self.report.pulled))
    }

    /// Sends the next batch; when there is none, tidies up.
    fn send(&mut self, writer: &mut Writer, at: Timestamp) -> Result<ShareStep, ShareError> {
        if let Some(batch) = writer.next_batch(BATCH, &line::encode)? {
            let (done, sent) = sync_channel(1);
            let (store, sending) = (self.store.clone(), batch.clone());
            spawn(move || {
                // Whoever waits may be gone.
                let _ = done.send(put(&store, &sending));
            })?;
            self.phase = Phase::Pushing(Some((batch, sent)));
        } else {
            let (done, tidied) = sync_channel(1);
            let (store, id) = (self.store.clone(), writer.writer_id());
            let objects = std::mem::take(&mut self.objects);
            spawn(move || {
                if let Err(error) = compact(&store, id, &objects, at) {
                    tracing::warn!(%error, "the log objects could not be merged");
                }
                // Whoever waits may be gone.
                let _ = done.send(());
            })?;
            self.phase = Phase::Tidying(tidied);
        }
        Ok(ShareStep::Pushing(self.report.pushed))
    }

    fn sent(
        &mut self,
        writer: &mut Writer,
        batch: &Batch,
        sent: Sent,
    ) -> Result<ShareStep, ShareError> {
        self.phase = Phase::Pushing(None);
        match sent {
            Sent::There => {
                writer.batch_shared(batch)?;
                self.report.pushed += batch.revisions;
                let size = batch.body.len() as u64;
                let (writer, sequence) = (batch.writer, batch.sequence);
                let object = LogObject { writer, first: sequence, last: sequence, size };
                self.objects.push((object, None));
            }
            Sent::Taken => {
                let id = writer.renew_id()?;
                tracing::warn!(%id, "this workspace shares under a new name: it was restored from a copy");
            }
            Sent::Failed(error) => return Err(error.into()),
        }
        Ok(ShareStep::Pushing(self.report.pushed))
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), ShareError> {
    thread::Builder::new().name("labels".into()).spawn(work).map(drop).map_err(ShareError::Thread)
}

/// Says in the output whose it is, if nobody did; a dataset that was never shared takes on the identity that it finds.
///
/// # Errors
/// The output cannot be written, or belongs to another dataset.
pub fn announce(store: &Store, writer: &mut Writer, at: Timestamp) -> Result<(), ShareError> {
    let marker = marker::ensure(store, writer.dataset(), writer.ever_shared()?, at)?;
    belongs(writer, marker)
}

/// Whether the output is this dataset's. Two who began on their own with one source are one dataset from then on.
fn belongs(writer: &mut Writer, marker: Marker) -> Result<(), ShareError> {
    if marker.id == writer.dataset().id {
        return Ok(());
    }
    if !same_source(&marker.source, &writer.dataset().source) {
        return Err(ShareError::OtherDataset { name: marker.name, source_name: marker.source });
    }
    Ok(writer.join(marker.id)?)
}

fn put(store: &Store, batch: &Batch) -> Sent {
    let (writer, sequence) = (batch.writer, batch.sequence);
    let key = LogObject { writer, first: sequence, last: sequence, size: 0 }.key();
    match store.put(&key, &batch.body, PutIf::Absent) {
        Ok(_) => Sent::There,
        // Sent before, and the answer was lost; or another copy of this workspace was here.
        Err(StoreError::AlreadyThere { .. }) => match store.get(&key, compact::LIMIT) {
            Ok(there) if there == batch.body => Sent::There,
            Ok(_) => Sent::Taken,
            Err(error) => Sent::Failed(error),
        },
        Err(error) => Sent::Failed(error),
    }
}

/// Reads what is new in every writer's log.
fn pull(
    store: &Store,
    dataset: &Dataset,
    mut positions: BTreeMap<WriterId, u64>,
    at: Timestamp,
    found: &SyncSender<Found>,
) -> Result<Vec<(LogObject, Option<Timestamp>)>, ShareError> {
    let say = |what| found.send(what).map_err(|_| ShareError::Lost);
    say(Found::Marker(Box::new(marker::ensure(store, dataset, !positions.is_empty(), at)?)))?;
    if positions.is_empty() {
        positions = history::read_newest(store, found)?;
    }
    let mut objects = Vec::new();
    store.list_under(LABELS, None, &mut |entries| {
        objects.extend(entries.into_iter().filter_map(|entry| {
            let object = LogObject::parse(entry.key.as_str()?, entry.stamp.size)?;
            Some((object, entry.modified))
        }));
        ControlFlow::Continue(())
    })?;
    let all: Vec<LogObject> = objects.iter().map(|(object, _)| object.clone()).collect();
    let plans = plan(&all, &positions);
    let bytes: u64 = plans.values().flat_map(|plan| &plan.read).map(|object| object.size).sum();
    if bytes > 0 {
        say(Found::Expected(bytes / LINE))?;
    }
    for (writer, plan) in plans {
        let mut whole = true;
        for object in &plan.read {
            if let Err(problem) = read(store, object, found)? {
                say(Found::Problem(problem))?;
                whole = false;
                break;
            }
        }
        if let (Some(gap), true) = (plan.gap, whole) {
            let object = LogObject { writer, first: gap, last: gap, size: 0 }.key();
            let why = "it is missing, though later ones are there".to_owned();
            say(Found::Problem(ShareProblem { object, why }))?;
        }
    }
    Ok(objects)
}

/// Reads one object whole before anything of it goes in. The network is an error, its content a problem.
fn read(
    store: &Store,
    object: &LogObject,
    found: &SyncSender<Found>,
) -> Result<Result<(), ShareProblem>, ShareError> {
    let key = object.key();
    let problem = |why: String| Ok(Err(ShareProblem { object: key.clone(), why }));
    let bytes = match store.get(&key, compact::LIMIT) {
        Ok(bytes) => bytes,
        Err(error) if error.is_offline() => return Err(error.into()),
        Err(error) => return problem(error.to_string()),
    };
    // Cut between two lines it reads well, and the rest would never be asked for again.
    if bytes.len() as u64 != object.size {
        return problem(format!("{} bytes came of {}", bytes.len(), object.size));
    }
    let mut revisions = Vec::new();
    for (number, text) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if text.is_empty() {
            continue;
        }
        match line::decode(text) {
            Ok(revision) => revisions.push(revision),
            Err(why) => return problem(format!("line {number}: {why}")),
        }
    }
    let position = Some((object.writer, object.last));
    let mut chunks = revisions.chunks(CHUNK).peekable();
    while let Some(chunk) = chunks.next() {
        let position = position.filter(|_| chunks.peek().is_none());
        let lines = Portion { revisions: chunk.to_vec(), from: Shared::Log, position };
        found.send(Found::Lines(lines)).map_err(|_| ShareError::Lost)?;
    }
    if revisions.is_empty() {
        let lines = Portion { revisions, from: Shared::Log, position };
        found.send(Found::Lines(lines)).map_err(|_| ShareError::Lost)?;
    }
    Ok(Ok(()))
}

/// Runs an exchange to its end on this thread. `on_step` sees every step and may stop it; then `None` comes back. A
/// workspace that is new takes all that others have in at once, and is held as long as that takes.
///
/// # Errors
/// As [`ShareJob::step`].
pub fn share(
    store: &Store,
    writer: &mut Writer,
    now: &dyn Fn() -> Timestamp,
    on_step: &mut dyn FnMut(&ShareStep) -> ControlFlow<()>,
) -> Result<Option<ShareReport>, ShareError> {
    let mut job = ShareJob::start(store, writer, now())?;
    loop {
        let step = job.step_or_all(writer, now(), on_step)?;
        let flow = on_step(&step);
        if let ShareStep::Done(report) = step {
            return Ok(Some(report));
        }
        if flow.is_break() {
            return Ok(None);
        }
    }
}
