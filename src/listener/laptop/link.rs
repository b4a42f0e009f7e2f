//! What the threads of one connection share: what is wanted, what is to be said, and whether the other side still lives.

use super::fetch::Fetch;
use super::memory::Memory;
use crate::domain::{Command, Event, SoundId};
use crate::listener::wire::Frame;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Sounds that may be fetched ahead; more are passed over.
const MOST_PREFETCHED: usize = 16;
/// A longer id names no sound.
const LONGEST_ID: usize = 256;
/// Frames that may wait to be sent; whoever takes none of them is gone.
const MOST_UNSAID: usize = 1024;
/// Positions are left out when so many frames wait.
const CROWDED: usize = 32;

/// How long silence may last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// An answer is due: after this long without a word it is asked whether anybody is there.
    pub(super) doubt: Duration,
    /// After this long the connection is dead.
    pub(super) dead: Duration,
    /// No answer is due: after this long it is asked whether anybody is there.
    pub(super) idle: Duration,
    /// How long a reader waits while no audio comes at all, though the other side lives.
    pub(super) audio: Duration,
    /// How long somebody may go on waiting for a sound that is not wanted any more: it may be wanted again.
    pub(super) grace: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            doubt: Duration::from_secs(2),
            dead: Duration::from_secs(5),
            idle: Duration::from_secs(20),
            audio: Duration::from_secs(30),
            grace: Duration::from_secs(2),
        }
    }
}

/// One connection, as its threads see it. The lock of the state is taken before that of the memory.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) id: u64,
    pub(super) pace: Pace,
    state: Mutex<State>,
    /// Something is to be said.
    say: Condvar,
    /// Something has come, or never will.
    come: Condvar,
    memory: Arc<Mutex<Memory>>,
}

/// What changes while a connection lasts.
#[derive(Debug)]
pub(super) struct State {
    pub(super) fetch: Fetch,
    /// When audio came last.
    pub(super) audio: Instant,
    /// Why it has ended, once it has.
    pub(super) ended: Option<String>,
    unsaid: VecDeque<Frame>,
    /// Bytes of audio that came, and how many of them were confirmed.
    got: u64,
    confirmed: u64,
    /// Why it is to end, once that was decided here.
    farewell: Option<String>,
    heard: Instant,
    /// Since when an answer is due.
    due: Option<Instant>,
    /// When it was asked whether anybody is there.
    asked: Option<Instant>,
    questions: u64,
    orders: Orders,
    /// The speed that plays.
    rate: f32,
}

/// Which command an event answers.
#[derive(Debug, Default)]
struct Orders {
    /// The number of the last command that came.
    last: Option<u64>,
    /// The load that counts.
    load: Option<u64>,
    /// Commands handed to the engine.
    handed: u64,
    /// Of those not yet obeyed: how many were handed over with it, and its number.
    open: VecDeque<(u64, u64)>,
    obeyed: u64,
}

impl Link {
    pub(super) fn new(id: u64, pace: Pace, memory: Arc<Mutex<Memory>>) -> Self {
        let now = Instant::now();
        let state = State {
            fetch: Fetch::default(),
            audio: now,
            ended: None,
            unsaid: VecDeque::new(),
            got: 0,
            confirmed: 0,
            farewell: None,
            heard: now,
            due: None,
            asked: None,
            questions: 0,
            orders: Orders::default(),
            rate: 1.0,
        };
        let (say, come) = (Condvar::new(), Condvar::new());
        Self { id, pace, state: Mutex::new(state), say, come, memory }
    }

    /// The state is sound after every step, so a panic elsewhere does not spoil it.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The memory; the state's lock is held already, or not taken before it is given back.
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever sends: there may be something to ask for.
    pub(super) fn stir(&self) {
        self.say.notify_one();
    }

    /// Waits until something has come, at most so long.
    pub(super) fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        most: Duration,
    ) -> MutexGuard<'a, State> {
        self.come.wait_timeout(state, most).unwrap_or_else(PoisonError::into_inner).0
    }

    /// It is over: whoever waits comes back.
    pub(super) fn end(&self, why: impl Into<String>) {
        let mut state = self.lock();
        if state.ended.is_none() {
            state.ended = Some(why.into());
        }
        drop(state);
        self.say.notify_all();
        self.come.notify_all();
    }

    /// Ends it from here, after a word to the other side.
    pub(super) fn part(&self, why: impl Into<String>) {
        self.lock().farewell.get_or_insert(why.into());
        self.stir();
    }

    /// Takes a frame of the other side but for commands.
    pub(super) fn take(&self, frame: Frame) {
        let mut state = self.lock();
        state.hear();
        match frame {
            Frame::Sound(info) => state.fetch.sound(&info, &mut self.memory()),
            Frame::Chunk(chunk) => {
                state.audio = state.heard;
                state.got += chunk.bytes.len() as u64;
                state.fetch.chunk(chunk, &mut self.memory());
            }
            Frame::Unavailable { request, why } => state.fetch.unavailable(request, &why),
            Frame::Ping(number) => state.say(Frame::Pong(number)),
            _ => return,
        }
        drop(state);
        self.say.notify_one();
        self.come.notify_all();
    }

    /// Takes a command of the other side, and hands it over if it counts.
    pub(super) fn order(&self, seq: u64, command: Command, obey: impl FnOnce(Command)) {
        let mut state = self.lock();
        state.hear();
        let Some(command) = bounded(command).filter(|_| state.orders.last < Some(seq)) else {
            return;
        };
        state.orders.last = Some(seq);
        match &command {
            Command::Load { load, sound, .. } => {
                state.orders.load = Some(*load);
                state.fetch.load(Some(sound.clone()));
            }
            Command::Prefetch(sounds) => state.fetch.prefetch(sounds.clone()),
            Command::Stop => {
                state.orders.load = None;
                state.fetch.load(None);
            }
            Command::Rate(rate) => state.rate = *rate,
            _ => {}
        }
        state.orders.handed += 1;
        let handed = state.orders.handed;
        state.orders.open.push_back((handed, seq));
        obey(command);
        drop(state);
        self.say.notify_one();
        self.come.notify_all();
    }

    /// Hands over a command of whoever sits here; it is made knowing the speed that plays.
    pub(super) fn own_order(&self, make: impl FnOnce(f32) -> Command, obey: impl FnOnce(Command)) {
        let mut state = self.lock();
        let command = make(state.rate);
        if let Command::Rate(rate) = command {
            state.rate = rate;
        }
        state.orders.handed += 1;
        obey(command);
    }

    /// Tells an event, by when the engine had obeyed so many commands. Those of another load are not told.
    pub(super) fn tell(&self, event: Event, obeyed: u64) {
        let mut state = self.lock();
        let seq = state.orders.answered(obeyed);
        let stale = load_of(&event).is_some_and(|load| Some(load) != state.orders.load);
        let crowded = state.unsaid.len() > CROWDED && matches!(event, Event::Position { .. });
        if !stale && !crowded {
            state.say(Frame::Event { seq, event });
            self.say.notify_one();
        }
    }

    /// Waits for something to say; `None` once it is over. A farewell is the last.
    pub(super) fn next(&self) -> Option<Vec<Frame>> {
        let mut state = self.lock();
        loop {
            if state.ended.is_some() {
                return None;
            }
            let now = Instant::now();
            let (mut frames, wait) = {
                let mut memory = self.memory();
                let asked = state.fetch.plan(&memory);
                let keep = state.fetch.keeps(&memory);
                memory.keep(self.id, keep);
                (asked, state.listen(now, &self.pace))
            };
            frames.splice(0..0, state.unsaid.drain(..));
            if state.confirmed != state.got {
                state.confirmed = state.got;
                frames.push(Frame::Got { bytes: state.got });
            }
            if let Some(why) = state.farewell.clone() {
                frames.push(Frame::Bye { why });
            }
            match wait {
                Silence::Dead => {
                    drop(state);
                    self.end("it has not answered for some seconds");
                    return None;
                }
                Silence::Ask(number) => frames.push(Frame::Ping(number)),
                Silence::Fine(_) => {}
            }
            if !frames.is_empty() {
                return Some(frames);
            }
            let Silence::Fine(wait) = wait else { continue };
            state = self.say.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// What to make of the other side's silence.
enum Silence {
    /// Nothing, for so long.
    Fine(Duration),
    /// Ask whether anybody is there.
    Ask(u64),
    /// Nobody is.
    Dead,
}

impl State {
    fn say(&mut self, frame: Frame) {
        if self.unsaid.len() < MOST_UNSAID {
            self.unsaid.push_back(frame);
        } else {
            self.farewell.get_or_insert_with(|| "it takes nothing of what it is told".to_owned());
        }
    }

    fn hear(&mut self) {
        (self.heard, self.asked) = (Instant::now(), None);
        self.due = self.due.map(|_| self.heard);
    }

    fn listen(&mut self, now: Instant, pace: &Pace) -> Silence {
        let awaits = self.fetch.awaits();
        if !awaits && self.asked.is_none() {
            self.due = None;
        } else if self.due.is_none() {
            self.due = Some(now);
        }
        let silent = now.saturating_duration_since(self.due.unwrap_or(self.heard));
        let Some(asked) = self.asked else {
            let limit = if awaits { pace.doubt } else { pace.idle };
            return match limit.checked_sub(silent) {
                None | Some(Duration::ZERO) => self.ask(now),
                Some(left) => Silence::Fine(left),
            };
        };
        // The question is given some time too: this machine may have been asleep.
        let waited = silent.min(now.saturating_duration_since(asked) + pace.dead / 2);
        match pace.dead.checked_sub(waited) {
            None | Some(Duration::ZERO) => Silence::Dead,
            Some(left) => Silence::Fine(left),
        }
    }

    fn ask(&mut self, now: Instant) -> Silence {
        self.asked = Some(now);
        self.due.get_or_insert(now);
        self.questions += 1;
        Silence::Ask(self.questions)
    }
}

impl Orders {
    /// The number of the last command of the other side among those that were obeyed.
    fn answered(&mut self, obeyed: u64) -> u64 {
        while let Some((_, seq)) = self.open.pop_front_if(|(handed, _)| *handed <= obeyed) {
            self.obeyed = seq;
        }
        self.obeyed
    }
}

/// A command within bounds; `None` if it names what cannot be.
fn bounded(command: Command) -> Option<Command> {
    let plausible = |sound: &SoundId| !sound.0.is_empty() && sound.0.len() <= LONGEST_ID;
    match command {
        Command::Load { ref sound, .. } => plausible(sound).then_some(command),
        Command::Prefetch(mut sounds) => {
            sounds.retain(plausible);
            sounds.truncate(MOST_PREFETCHED);
            Some(Command::Prefetch(sounds))
        }
        command => Some(command),
    }
}

fn load_of(event: &Event) -> Option<u64> {
    match event {
        Event::Ready { load, .. }
        | Event::Started { load, .. }
        | Event::Position { load, .. }
        | Event::Paused { load, .. }
        | Event::Ended { load, .. }
        | Event::Failed { load, .. }
        | Event::Underrun { load } => Some(*load),
        Event::Output(_) => None,
    }
}
