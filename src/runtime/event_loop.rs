//! The loop: one channel in, `update`, effects out, a frame.

use super::able;
use super::draw::Frames;
use super::input::{Pastes, Typed};
use super::outlet::Outlet;
use super::runner::{Incoming, Opening, Runner};
use super::terminal::Terminal;
use super::{Account, input, logging, terminal};
use crate::app::{Context, Input, Message, Screen, State, update};
use crate::config::{Config, Theme};
use crate::crash;
use crate::domain::UserError;
use crate::keymap::Keymap;
use crate::ops::Locate;
use crate::ui::Look;
use anyhow::Context as _;
use crossterm::event::Event;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{sleep_until, timeout, timeout_at};

/// A dataset that is not open by then is waited for on the screen, not before a terminal that stays as it was.
const OPENING: Duration = Duration::from_millis(80);
/// The first page comes sooner than this as a rule: then the first frame is the whole screen.
const FIRST_PAGE: Duration = Duration::from_millis(15);
/// Messages taken before a frame is drawn.
const TURN: usize = 256;
/// The pieces of one paste follow each other faster than this, and than any key repeats.
const PASTE_PAUSE: Duration = Duration::from_millis(25);
/// No paste is waited for longer than this.
const LONGEST_PASTE: Duration = Duration::from_secs(2);

/// Runs until everything is saved and the user is gone.
pub(super) async fn run(
    account: Account,
    dataset: Option<Locate>,
    config: Config,
    keymap: Keymap,
) -> anyhow::Result<()> {
    let log = logging::start(&account.paths)
        .map_err(|error| UserError::caused("the log could not be opened", &error))?;
    let screen = if dataset.is_some() { Screen::Labeling } else { Screen::Datasets };
    let size = crossterm::terminal::size().unwrap_or((80, 24));
    let mut state = State::new(screen, config.clone(), keymap, size);
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    state.ascii = able::ascii_only(config.screen.ascii, variable);
    state.dataset.author.clone_from(&account.identity.author);

    let (sender, inbox) = unbounded_channel();
    let outlet = Outlet::start().context("the terminal cannot be written to")?;
    let mut runner = Runner::new(account, sender, outlet.clone());
    let mut opening = None;
    match dataset {
        Some(dataset) => opening = open(dataset, &mut runner, &mut state).await?,
        None => runner.list_datasets(),
    }

    let terminal = Terminal::take(config.screen.mouse, Some(log), outlet.clone())?;
    // Only now: what sound libraries print must not reach the screen.
    runner.start_player(&config);
    let theme = Theme::load(config.screen.theme);
    let colors = able::color_mode(config.screen.color, variable);
    let look = Look::new(theme, colors, TimeZone::system());
    let frames = Frames::new(look, outlet)?;
    let mut turn = Loop {
        state,
        runner,
        frames,
        terminal,
        inbox,
        opening,
        typed: Some(input::listen()),
        pastes: Pastes::default(),
        signals: Signals::new()?,
        resizes: signal(SignalKind::window_change())?,
        started: Instant::now(),
        dirty: true,
    };
    let outcome = turn.run().await;
    turn.runner.finish();
    drop(turn);
    outcome?;
    if terminal::panics().is_empty() {
        return Ok(());
    }
    let hint = "what was typed is kept; the log says where it stopped";
    Err(UserError::new("earmark had to end: a part of it failed").hint(hint).into())
}

/// Opens a dataset. What takes longer than a moment is given back, for the loop to wait for; what fails within it is told
/// on a terminal that nobody took.
async fn open(
    dataset: Locate,
    runner: &mut Runner,
    state: &mut State,
) -> Result<Option<Opening>, UserError> {
    let mut opening = runner.open_first(dataset);
    let waits_for = if opening.outdated {
        "bringing the workspace up to date; a copy of it is kept as it was"
    } else {
        "opening the dataset"
    };
    state.wait_for_dataset(waits_for);
    let Ok(opened) = timeout(OPENING, opening.wait()).await else { return Ok(Some(opening)) };
    let (session, message) = *opened?;
    runner.install_first(session, message);
    Ok(None)
}

struct Loop {
    state: State,
    runner: Runner,
    frames: Frames,
    terminal: Terminal,
    inbox: UnboundedReceiver<Incoming>,
    /// The dataset of the command line, until it is there.
    opening: Option<Opening>,
    /// `None` once the terminal is gone.
    typed: Option<Typed>,
    pastes: Pastes,
    signals: Signals,
    resizes: Signal,
    started: Instant,
    dirty: bool,
}

impl Loop {
    async fn run(&mut self) -> anyhow::Result<()> {
        self.first_page().await;
        loop {
            self.draw_if_due();
            if self.runner.quit {
                return Ok(());
            }
            let wake = self.wake_at();
            tokio::select! {
                biased;
                () = self.signals.ending() => self.take(Message::Terminate),
                incoming = self.inbox.recv() => {
                    if let Some(incoming) = incoming {
                        self.incoming(incoming);
                    }
                }
                opened = opened(&mut self.opening) => {
                    let (session, message) = *opened?;
                    self.incoming(Incoming::Session(Box::new(session), message));
                }
                events = next_events(&mut self.typed) => self.events(events).await,
                _ = self.resizes.recv() => self.resized(),
                () = self.frames.written() => self.written(),
                () = sleep_until(wake.into()) => self.deadline(),
            }
            self.drain();
            if self.runner.suspend {
                self.suspend()?;
            }
        }
    }

    /// Takes what comes until there is a list to be drawn, if it comes at once.
    async fn first_page(&mut self) {
        let until = Instant::now() + FIRST_PAGE;
        while self.opening.is_none() && self.state.list.loading {
            let Ok(Some(incoming)) = timeout_at(until.into(), self.inbox.recv()).await else {
                break;
            };
            self.incoming(incoming);
        }
        self.drain();
    }

    /// What else is there already, so that a burst costs one frame.
    fn drain(&mut self) {
        for _ in 0..TURN {
            match self.inbox.try_recv() {
                Ok(incoming) => self.incoming(incoming),
                Err(_) => break,
            }
        }
    }

    fn incoming(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Message(message) => self.take(message),
            Incoming::Session(session, message) => {
                self.runner.install(*session);
                self.take(message);
            }
        }
    }

    /// What was typed in one go. A paste without marks comes in pieces: all of it is waited for.
    async fn events(&mut self, first: Option<Vec<Event>>) {
        let begun = Instant::now();
        let mut batch = Vec::new();
        self.collect(first, &mut batch);
        while input::may_be_pasted(&batch) && begun.elapsed() < LONGEST_PASTE {
            let Ok(more) = timeout(PASTE_PAUSE, next_events(&mut self.typed)).await else { break };
            self.collect(more, &mut batch);
        }
        for input in self.pastes.inputs(batch, begun, Instant::now()) {
            self.take(Message::Input(input));
        }
        if self.typed.is_none() {
            self.take(Message::Terminate);
        }
    }

    /// Takes events and what is there already behind them.
    fn collect(&mut self, events: Option<Vec<Event>>, batch: &mut Vec<Event>) {
        match events {
            Some(events) => batch.extend(events),
            None => self.typed = None,
        }
        while let Some(more) = self.typed.as_mut().and_then(|typed| typed.try_recv().ok()) {
            batch.extend(more);
        }
    }

    /// The terminal has another size, or had one between two looks and lost what was cut off: all is drawn anew.
    fn resized(&mut self) {
        crash::point("screen.loop.resized");
        if let Ok((columns, rows)) = crossterm::terminal::size() {
            self.take(Message::Input(Input::Resize(columns, rows)));
        }
        self.frames.clear();
        self.dirty = true;
    }

    /// The terminal has taken all that it was given, or is gone.
    fn written(&mut self) {
        if let Some(error) = self.frames.failure() {
            tracing::warn!(%error, "the terminal is gone");
            self.take(Message::Terminate);
        }
    }

    fn deadline(&mut self) {
        let now = self.started.elapsed();
        if self.state.next_deadline().is_some_and(|at| at <= now) {
            self.take(Message::Deadline);
        }
    }

    fn take(&mut self, message: Message) {
        let context = Context { now: self.started.elapsed(), wall: Timestamp::now() };
        let effects = update(&mut self.state, message, &context);
        self.dirty = true;
        for effect in effects {
            self.runner.start(effect);
        }
    }

    /// The next deadline, or the moment a frame may be drawn; far away when nothing moves.
    fn wake_at(&self) -> Instant {
        let far = Instant::now() + Duration::from_hours(1);
        let deadline = self.state.next_deadline().map_or(far, |at| self.started + at);
        let drawable = self.dirty && self.frames.is_free();
        let frame = if drawable { self.frames.next_at().unwrap_or(far) } else { far };
        deadline.min(frame)
    }

    fn draw_if_due(&mut self) {
        if self.runner.redraw {
            self.runner.redraw = false;
            self.frames.clear();
            self.dirty = true;
        }
        let due = self.frames.next_at().is_none_or(|at| at <= Instant::now());
        if self.dirty && due && self.frames.is_free() {
            let drawn = self.frames.draw(&self.state, self.started.elapsed());
            self.dirty = false;
            if let Err(error) = drawn {
                tracing::warn!(%error, "the terminal is gone");
                self.take(Message::Terminate);
            }
        }
    }

    fn suspend(&mut self) -> anyhow::Result<()> {
        self.runner.suspend = false;
        self.terminal.suspend()?;
        self.resized();
        Ok(())
    }
}

/// The dataset that is waited for. Once it is there, or could not be opened, nothing is.
async fn opened(
    opening: &mut Option<Opening>,
) -> Result<Box<(super::session::Session, Message)>, UserError> {
    let Some(waited_for) = opening else { return std::future::pending().await };
    let opened = waited_for.wait().await;
    *opening = None;
    opened
}

async fn next_events(typed: &mut Option<Typed>) -> Option<Vec<Event>> {
    match typed {
        Some(typed) => typed.recv().await,
        None => std::future::pending().await,
    }
}

/// The signals that end the program: the line dropped, or somebody asked.
struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// One that ends the program.
    async fn ending(&mut self) {
        tokio::select! {
            _ = self.hangup.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
        }
    }
}
