//! Looking for a listener: once a second while there is none, every two seconds for a newer one while there is.
//!
//! Looking is one glance at the folder of notes; only when something changed there is it read, and only then is anybody
//! called. A call that gets no answer keeps nobody waiting: the next candidate is called a second later.

use crate::domain::ListenerPlace;
use crate::listener::meet::{Note, Notes, Ranked, Seeker, dial, rank};
use crate::listener::wire::{Hello, Welcome, Wire};
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Between two glances while nobody listens.
const LOOK: Duration = Duration::from_secs(1);
/// Between two glances while somebody does.
const LOOK_ASIDE: Duration = Duration::from_secs(2);
/// After a call in vain the same one is not called again for so long.
const REST: Duration = Duration::from_secs(5);

/// Whom to look for.
#[derive(Debug, Clone)]
pub struct Seeking {
    /// Where listeners leave their notes.
    pub notes: Notes,
    /// On whose behalf.
    pub seeker: Seeker,
    /// How to introduce oneself: machine and person.
    pub hello: Hello,
    /// The one listener that was asked for by its address; no other is looked for then.
    pub only: Option<Note>,
}

/// A listener that answered.
pub(super) struct Found {
    pub(super) wire: Wire,
    pub(super) welcome: Welcome,
    pub(super) name: String,
}

/// What a search tells.
pub(super) enum SearchNews {
    Found(Found),
    /// It is not clear whose listener is meant.
    Several(Vec<ListenerPlace>),
}

type OnNews = Box<dyn Fn(SearchNews) + Send + Sync>;

/// A running search. Dropping it ends its thread.
pub(super) struct Search {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

struct Desk {
    seeking: Seeking,
    state: Mutex<State>,
    changed: Condvar,
    news: OnNews,
}

#[derive(Default)]
struct State {
    /// The listener that plays.
    at: Option<String>,
    /// Sound goes to a listener, also if to one that was not found here: a page. Nobody takes over from that unasked.
    elsewhere: bool,
    /// The laptop that played last.
    laptop: Option<(String, String)>,
    calling: HashSet<String>,
    resting: HashMap<String, Instant>,
    /// The candidates as they were told last, where a person has to choose.
    asked: Vec<ListenerPlace>,
    /// Something happened: look at once.
    look: bool,
    quit: bool,
}

impl Search {
    pub(super) fn start(seeking: Seeking, news: OnNews) -> io::Result<Self> {
        let state = Mutex::new(State { look: true, ..State::default() });
        let desk = Arc::new(Desk { seeking, state, changed: Condvar::new(), news });
        let searching = desk.clone();
        let thread =
            thread::Builder::new().name("search".to_owned()).spawn(move || searching.run())?;
        Ok(Self { desk, thread: Some(thread) })
    }

    /// Sound goes there now; without a name to one that was not found here, or (not `elsewhere`) to nobody.
    pub(super) fn playing_at(&self, name: Option<String>, elsewhere: bool) {
        self.desk.change(|state| {
            (state.at, state.elsewhere) = (name, elsewhere);
        });
    }

    /// A person chose this one.
    pub(super) fn pick(&self, name: &str) {
        let notes = self.desk.seeking.notes.read();
        let Some(note) = notes.into_iter().find(|note| note.name == name) else { return };
        self.desk.change(|state| {
            state.laptop = Some((note.laptop, note.login));
            (state.at, state.elsewhere) = (None, false);
            state.resting.clear();
        });
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.desk.change(|state| state.quit = true);
        if let Some(thread) = self.thread.take() {
            // A panic there was reported by the panic hook already.
            let _ = thread.join();
        }
    }
}

impl Desk {
    /// The state is sound after every step, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        state.look = true;
        drop(state);
        self.changed.notify_all();
    }

    fn run(self: &Arc<Self>) {
        let mut seen = None;
        while let Some(asked) = self.wait() {
            let stamp = self.seeking.notes.stamp();
            let changed = seen.as_ref() != Some(&stamp);
            seen = Some(stamp);
            if changed || asked || self.is_calling_worth_it() {
                self.look();
            }
        }
    }

    /// Until the next glance; whether something else than time made it due. `None` at the end.
    fn wait(&self) -> Option<bool> {
        let mut state = self.lock();
        let pause = if state.at.is_some() || state.elsewhere { LOOK_ASIDE } else { LOOK };
        let until = Instant::now() + pause;
        while !state.look && !state.quit && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            state =
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        (!state.quit).then(|| std::mem::take(&mut state.look))
    }

    /// Whether somebody did not answer and may be called again, or the next one may be.
    fn is_calling_worth_it(&self) -> bool {
        let state = self.lock();
        let waiting = !state.resting.is_empty() || !state.calling.is_empty();
        state.at.is_none() && (waiting || self.seeking.only.is_some())
    }

    /// Reads the notes and calls the best one that is not being called, or was not just now.
    fn look(self: &Arc<Self>) {
        let Some(candidates) = self.candidates() else { return };
        let now = Instant::now();
        let mut state = self.lock();
        if state.elsewhere && state.at.is_none() {
            return;
        }
        state.resting.retain(|_, until| *until > now);
        let better = candidates
            .iter()
            .take_while(|note| state.at.as_ref() != Some(&note.name))
            .find(|note| {
                !state.calling.contains(&note.name) && !state.resting.contains_key(&note.name)
            });
        let Some(note) = better.cloned() else { return };
        state.calling.insert(note.name.clone());
        drop(state);
        let desk = self.clone();
        let name = note.name.clone();
        let spawned =
            thread::Builder::new().name("call".to_owned()).spawn(move || desk.call(&note));
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread to call a listener");
            self.lock().calling.remove(&name);
        }
    }

    /// Whom to call, the best first; `None` if a person has to say.
    fn candidates(&self) -> Option<Vec<Note>> {
        if let Some(only) = &self.seeking.only {
            return Some(vec![only.clone()]);
        }
        let notes = self.seeking.notes.read();
        let laptop = self.lock().laptop.clone();
        let seeker = Seeker { laptop, ..self.seeking.seeker.clone() };
        match rank(&notes, &seeker) {
            Ranked::Call(notes) => {
                self.lock().asked.clear();
                Some(notes)
            }
            Ranked::Ask(notes) => {
                self.ask(&notes);
                None
            }
        }
    }

    fn ask(&self, notes: &[Note]) {
        let place = |note: &Note| ListenerPlace {
            name: note.name.clone(),
            laptop: note.laptop.clone(),
            login: note.login.clone(),
        };
        let places: Vec<ListenerPlace> = notes.iter().map(place).collect();
        let mut state = self.lock();
        if state.at.is_some() || state.elsewhere || state.asked == places {
            return;
        }
        state.asked.clone_from(&places);
        drop(state);
        (self.news)(SearchNews::Several(places));
    }

    fn call(&self, note: &Note) {
        let answer = dial(note, self.seeking.hello.clone());
        let mut state = self.lock();
        state.calling.remove(&note.name);
        let gone = state.quit || self.has_better(&state, note);
        match answer {
            Ok((wire, _)) if gone => (wire.close)(),
            Ok((wire, welcome)) => {
                state.laptop = Some((note.laptop.clone(), note.login.clone()));
                drop(state);
                (self.news)(SearchNews::Found(Found { wire, welcome, name: note.name.clone() }));
            }
            Err(error) => {
                tracing::info!(name = note.name, %error, "a listener that does not answer");
                if error.is_stale() && self.seeking.only.is_none() {
                    self.seeking.notes.forget(&note.name);
                }
                state.resting.insert(note.name.clone(), Instant::now() + REST);
                state.look = true;
                drop(state);
                self.changed.notify_all();
            }
        }
    }

    /// Whether sound has gone to a newer listener while this one was being called.
    fn has_better(&self, state: &State, note: &Note) -> bool {
        let Some(at) = &state.at else { return false };
        if *at == note.name {
            return true;
        }
        let notes = self.seeking.notes.read();
        let made = |name: &str| notes.iter().find(|note| note.name == name).map(|note| note.made);
        made(at) > Some(note.made)
    }
}
