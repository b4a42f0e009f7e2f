//! One connection to a listener: commands go, events come, and the audio that it asks for is served.
//!
//! Four threads: one reads, one writes, and one for each lane fetches audio, so that a slow bucket keeps back neither
//! commands nor what somebody waits for. Dropping a link ends it.

use super::lanes::{Lane, Lanes};
use super::queue::Queue;
use super::window::Window;
use crate::audio::Sounds;
use crate::domain::{Command, Event};
use crate::listener::forms::{self, Prepared};
use crate::listener::wire::{
    Chunk, Form, Frame, FrameSink, FrameSource, Need, SoundInfo, Welcome, Wire, WireError,
};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

/// How long an answer may take before the link counts as dead.
const PATIENCE: Duration = Duration::from_secs(5);
/// When no answer came by then, one is asked for: not every command has one.
const ASK: Duration = Duration::from_secs(1);
/// After such a silence the other side is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(15);
/// Pings at the beginning, to know the round trip.
const FIRST_PINGS: u64 = 3;
/// Sounds kept open while they are asked for, a lane.
const OPEN: usize = 3;

/// What a link tells.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkNews {
    /// The listener says.
    Event(Event),
    /// It is over; why, in one sentence.
    Lost(String),
}

/// Takes what a link tells. Called from the link's own threads; must not block.
pub type OnNews = Arc<dyn Fn(LinkNews) + Send + Sync>;

/// A connection to a listener.
pub struct Link {
    shared: Arc<Shared>,
    welcome: Welcome,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    close: Arc<dyn Fn() + Send + Sync>,
    news: OnNews,
}

#[derive(Default)]
struct State {
    commands: Queue,
    answers: VecDeque<Frame>,
    lanes: Lanes,
    window: Window,
    /// Bytes of chunks sent, and how many of them are confirmed.
    sent: u64,
    confirmed: u64,
    /// After which byte a chunk ended, and when it was sent.
    marks: VecDeque<(u64, Instant)>,
    /// Pings that were sent, and when the last one was.
    pings: u64,
    pinged: Option<Instant>,
    /// Since when an answer is due.
    due: Option<Instant>,
    heard: Option<Instant>,
    ended: bool,
}

impl Link {
    /// Starts serving a listener. `originals` lets files leave as they are.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        wire: Wire,
        welcome: Welcome,
        sounds: &Arc<dyn Sounds>,
        originals: bool,
        news: OnNews,
    ) -> io::Result<Self> {
        let Wire { source, sink, close } = wire;
        let state = State { heard: Some(Instant::now()), ..State::default() };
        let shared =
            Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), close, news });
        let link = Self { shared: shared.clone(), welcome };
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
        };
        for lane in Lane::ALL {
            let takes = link.welcome.forms.clone();
            let serving =
                Serving { lane, shared: shared.clone(), sounds: sounds.clone(), takes, originals };
            spawn("listener-audio", Box::new(move || serving.serve()))?;
        }
        let reading = shared.clone();
        spawn("listener-in", Box::new(move || reading.read(source)))?;
        spawn("listener-out", Box::new(move || shared.write(sink)))?;
        Ok(link)
    }

    /// What the listener said of itself.
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Hands a command over. Never blocks.
    pub fn send(&self, command: Command) {
        self.shared.change(|state| state.commands.push(command));
    }

    /// The round trip of the line, once it was measured.
    pub fn round_trip(&self) -> Option<Duration> {
        self.shared.lock().window.round_trip()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.change(|state| {
            state.answers.push_back(Frame::Bye { why: "earmark goes elsewhere".to_owned() });
            state.ended = true;
        });
    }
}

impl Shared {
    /// The state is sound after every step, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }

    fn wait<'s>(
        &self,
        state: MutexGuard<'s, State>,
        until: Option<Instant>,
    ) -> MutexGuard<'s, State> {
        match until {
            None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                let waited = self.changed.wait_timeout(state, left);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// It is over. Only the first reason is told.
    fn end(&self, why: String) {
        let ended = self.change(|state| std::mem::replace(&mut state.ended, true));
        (self.close)();
        if !ended {
            (self.news)(LinkNews::Lost(why));
        }
    }

    /// The reading thread.
    fn read(&self, mut source: Box<dyn FrameSource>) {
        loop {
            let frame = match source.receive() {
                Ok(frame) => frame,
                Err(error) => return self.end(plain(&error)),
            };
            let now = Instant::now();
            let told = self.change(|state| {
                state.heard = Some(now);
                state.due = None;
                state.take(frame, now)
            });
            match told {
                Ok(None) => {}
                Ok(Some(event)) => (self.news)(LinkNews::Event(event)),
                Err(why) => return self.end(why),
            }
        }
    }

    /// The writing thread.
    fn write(&self, mut sink: Box<dyn FrameSink>) {
        loop {
            let frame = {
                let mut state = self.lock();
                loop {
                    let now = Instant::now();
                    if let Some(frame) = state.next_frame(now) {
                        break frame;
                    }
                    if state.ended {
                        drop(state);
                        return (self.close)();
                    }
                    if state.due.is_some_and(|due| now >= due + PATIENCE) {
                        drop(state);
                        return self.end("it does not answer any more".to_owned());
                    }
                    let until = state.wake_at();
                    state = self.wait(state, until);
                }
            };
            // A lane may go on.
            self.changed.notify_all();
            if let Err(error) = sink.send(&frame) {
                return self.end(plain(&error));
            }
        }
    }
}

impl State {
    /// Takes in a frame; gives what it tells, or why the link is over.
    fn take(&mut self, frame: Frame, now: Instant) -> Result<Option<Event>, String> {
        match frame {
            Frame::Event { event, .. } => return Ok(Some(event)),
            Frame::Need(need) => {
                let fits = self.lanes.push(need);
                fits.then_some(()).ok_or_else(|| "it asks for too much at once".to_owned())?;
            }
            Frame::Cancel { request } => self.lanes.cancel(request),
            Frame::Got { bytes } => self.got(bytes, now),
            Frame::Ping(count) => self.answers.push_back(Frame::Pong(count)),
            Frame::Pong(count) if count == self.pings => {
                if let Some(pinged) = self.pinged.take() {
                    self.window.measured(now.duration_since(pinged));
                }
            }
            Frame::Bye { why } => return Err(why),
            Frame::Refusal(refusal) => return Err(refusal.why),
            _ => {}
        }
        Ok(None)
    }

    fn got(&mut self, bytes: u64, now: Instant) {
        // More than was sent cannot have come.
        let bytes = bytes.min(self.sent);
        let mut sent_at = None;
        while let Some((_, at)) = self.marks.front().filter(|(end, _)| *end <= bytes) {
            sent_at = Some(*at);
            self.marks.pop_front();
        }
        let news = bytes.saturating_sub(self.confirmed);
        self.confirmed = self.confirmed.max(bytes);
        if let Some(at) = sent_at {
            self.window.confirmed(news, now.duration_since(at));
        }
    }

    /// What is to be sent next: commands and answers before audio, and of that no more than the line takes.
    fn next_frame(&mut self, now: Instant) -> Option<Frame> {
        if let Some(frame) = self.answers.pop_front() {
            return Some(frame);
        }
        if self.ended {
            return None;
        }
        if let Some((seq, command)) = self.commands.pop() {
            self.is_due(now);
            return Some(Frame::Command { seq, command });
        }
        if self.pinged.is_none() && (self.pings < FIRST_PINGS || self.is_doubtful(now)) {
            return Some(self.ping(now));
        }
        let under_way = self.sent - self.confirmed;
        if under_way > 0 && under_way >= self.window.bytes() {
            return None;
        }
        let chunk = self.lanes.take()?;
        self.sent += chunk.bytes.len() as u64;
        self.marks.push_back((self.sent, now));
        self.is_due(now);
        Some(Frame::Chunk(chunk))
    }

    fn is_due(&mut self, now: Instant) {
        self.due.get_or_insert(now);
    }

    /// Whether it is time to ask if the other side is there.
    fn is_doubtful(&self, now: Instant) -> bool {
        match self.due {
            Some(due) => now >= due + ASK,
            None => self.heard.is_some_and(|heard| now >= heard + SILENCE),
        }
    }

    fn ping(&mut self, now: Instant) -> Frame {
        self.pings += 1;
        self.pinged = Some(now);
        self.is_due(now);
        Frame::Ping(self.pings)
    }

    fn wake_at(&self) -> Option<Instant> {
        match self.due {
            Some(due) if self.pinged.is_none() => Some(due + ASK),
            Some(due) => Some(due + PATIENCE),
            None => self.heard.map(|heard| heard + SILENCE),
        }
    }
}

/// Fetches what one lane asks for.
struct Serving {
    lane: Lane,
    shared: Arc<Shared>,
    sounds: Arc<dyn Sounds>,
    takes: Vec<Form>,
    originals: bool,
}

/// A sound that is open in some form.
type Opened = (Need, Arc<Prepared>);

impl Serving {
    fn serve(&self) {
        let mut open: VecDeque<Opened> = VecDeque::new();
        while let Some(need) = self.next() {
            match self.prepared(&need, &mut open) {
                Ok(prepared) => self.send(&need, &prepared),
                Err(error) => self.fail(&need, &error),
            }
            self.shared.change(|state| state.lanes.finished(self.lane, need.request));
        }
    }

    /// The next need; `None` at the end.
    fn next(&self) -> Option<Need> {
        let mut state = self.shared.lock();
        loop {
            if state.ended {
                return None;
            }
            if let Some(need) = state.lanes.next(self.lane) {
                return Some(need);
            }
            state = self.shared.wait(state, None);
        }
    }

    fn prepared(&self, need: &Need, open: &mut VecDeque<Opened>) -> io::Result<Arc<Prepared>> {
        let same = |(known, _): &Opened| known.sound == need.sound && known.form == need.form;
        if let Some(at) = open.iter().position(same)
            && let Some(known) = open.remove(at)
        {
            let prepared = known.1.clone();
            open.push_back(known);
            return Ok(prepared);
        }
        let (sounds, form) = (self.sounds.as_ref(), need.form);
        let prepared = forms::prepare(sounds, &need.sound, form, &self.takes, self.originals)?;
        let prepared = Arc::new(prepared);
        if open.len() == OPEN {
            open.pop_front();
        }
        open.push_back((need.clone(), prepared.clone()));
        Ok(prepared)
    }

    fn send(&self, need: &Need, prepared: &Prepared) {
        let request = need.request;
        let (len, name, form) = (prepared.len, prepared.name.clone(), prepared.form);
        self.answer(Frame::Sound(SoundInfo { request, len, name, form }));
        let mut from = need.from;
        while from < need.to && self.is_wanted(request) {
            let to = need.to.min(from + self.shared.lock().window.chunk());
            match prepared.piece(from, to) {
                Ok(Some(piece)) => {
                    let (len, bytes) = (piece.len, piece.bytes);
                    self.offer(Chunk { request, offset: from, len, bytes });
                    from += u64::from(len.max(1));
                }
                Ok(None) => {
                    self.wait_until_gone();
                    return self.end_at(request, from, prepared);
                }
                Err(error) => return self.fail(need, &error),
            }
        }
        self.wait_until_gone();
    }

    /// Where the end of a sound turned up whose length was not known.
    fn end_at(&self, request: u32, end: u64, prepared: &Prepared) {
        if prepared.len.is_none() {
            let (name, form) = (prepared.name.clone(), prepared.form);
            self.answer(Frame::Sound(SoundInfo { request, len: Some(end), name, form }));
        }
    }

    fn is_wanted(&self, request: u32) -> bool {
        let state = self.shared.lock();
        !state.ended && state.lanes.is_wanted(self.lane, request)
    }

    /// Waits until the chunk before has gone, and puts this one in its place.
    fn offer(&self, chunk: Chunk) {
        self.wait_until_gone();
        self.shared.change(|state| state.lanes.offer(self.lane, chunk));
    }

    fn wait_until_gone(&self) {
        let mut state = self.shared.lock();
        while state.lanes.is_full(self.lane) && !state.ended {
            state = self.shared.wait(state, None);
        }
    }

    fn fail(&self, need: &Need, error: &io::Error) {
        self.wait_until_gone();
        let why = error.to_string();
        self.answer(Frame::Unavailable { request: need.request, why });
    }

    fn answer(&self, frame: Frame) {
        self.shared.change(|state| state.answers.push_back(frame));
    }
}

/// In one sentence for a status line.
fn plain(error: &WireError) -> String {
    match error {
        WireError::Closed | WireError::Io(_) => "the connection ended".to_owned(),
        error => error.to_string(),
    }
}
