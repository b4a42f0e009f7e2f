//! Runs a program on a real pty: types to it, looks at what it draws, resizes, signals, hangs up.
//!
//! Needs `home.rs` beside it as `crate::home`. Nothing here sleeps to let something happen: tests wait for what they
//! want to see, and stop with the screen as it was when that does not come.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop where it stands")]

mod keys;
mod terminal;
#[path = "../typed.rs"]
mod typed;

use crate::home::Home;
use filedescriptor::{FileDescriptor, POLLIN, Pipe, poll, pollfd};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use rustix::termios::Action;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use terminal::Terminal;
pub(crate) use terminal::View;

/// How long something may take that a person would wait for: generous, since machines that test are busy, and more so
/// while twenty programs wear one out for minutes.
fn patience() -> Duration {
    let worn_out = std::env::var_os("EARMARK_SOAK").is_some();
    Duration::from_secs(if worn_out { 120 } else { 30 })
}

/// What lies between a lone Esc and the next key of any person. Closer together, terminals mean Alt.
const AFTER_ESC: Duration = Duration::from_millis(120);

/// A program about to be started.
pub(crate) struct Launch {
    command: CommandBuilder,
    size: PtySize,
}

impl Launch {
    /// This crate's own program.
    pub(crate) fn earmark(home: &Home) -> Self {
        Self::program(env!("CARGO_BIN_EXE_earmark"), home)
    }

    /// Any program, in the environment of this home, on a terminal of 100×30.
    pub(crate) fn program(program: impl AsRef<OsStr>, home: &Home) -> Self {
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        command.cwd(home.join(""));
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        Self { command, size: pty_size(100, 30) }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.command.cwd(folder);
        self
    }

    pub(crate) fn size(mut self, cols: u16, rows: u16) -> Self {
        self.size = pty_size(cols, rows);
        self
    }

    pub(crate) fn start(self) -> Screen {
        Screen::start(self)
    }
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// A running program, as the person before it has it. Dropping it kills the program and what it started.
pub(crate) struct Screen {
    pid: Pid,
    shared: Arc<Shared>,
    /// What is typed; closed by [`Screen::hang_up`].
    typed: Option<Sender<Vec<u8>>>,
    master: Option<Box<dyn MasterPty + Send>>,
    /// The reader stops when this is dropped.
    reading: Option<FileDescriptor>,
}

/// What the threads around the pty tell those who wait.
struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

struct Seen {
    terminal: Terminal,
    /// Written by the program so far.
    raw: Vec<u8>,
    /// How many bytes more a slow line carries; `None`: the line is quick.
    carries: Option<usize>,
    /// Somebody waits for something on the screen.
    waiting: bool,
    /// And has not looked at it as it is now.
    unseen: bool,
    /// No more will come: the program has closed its terminal, or we have hung up.
    silent: bool,
    exit: Option<ExitStatus>,
}

impl Seen {
    fn is_over(&self) -> bool {
        self.silent && self.exit.is_some()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Seen) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Waits until whoever waits for something has looked at this frame: what is to be seen for a moment only is not
    /// missed.
    fn show(&self) {
        let mut seen = self.lock();
        seen.unseen = true;
        self.changed.notify_all();
        let hidden = |seen: &mut Seen| seen.waiting && seen.unseen;
        drop(self.changed.wait_while(seen, hidden));
    }

    /// How many bytes the line carries now, of so many that there is room for; waits until it is one at least.
    fn carries(&self, room: usize) -> usize {
        let still = |seen: &mut Seen| seen.carries == Some(0);
        let seen = self.changed.wait_while(self.lock(), still);
        seen.unwrap_or_else(PoisonError::into_inner).carries.map_or(room, |most| most.min(room))
    }
}

impl Screen {
    fn start(launch: Launch) -> Self {
        let pty = native_pty_system().openpty(launch.size).expect("a pty");
        let child = pty.slave.spawn_command(launch.command).expect("the program starts");
        drop(pty.slave);
        let pid = child.process_id().and_then(|pid| i32::try_from(pid).ok());
        let pid = pid.and_then(Pid::from_raw).expect("a process has an id");

        let shared = Arc::new(Shared {
            seen: Mutex::new(Seen {
                terminal: Terminal::new(launch.size.cols, launch.size.rows),
                raw: Vec::new(),
                carries: None,
                unseen: false,
                waiting: false,
                silent: false,
                exit: None,
            }),
            changed: Condvar::new(),
        });
        // Descriptors of our own: portable-pty's writer types Enter and Ctrl-D when it is dropped.
        let master = pty.master.as_raw_fd().expect("a pty has a descriptor");
        let ours = || FileDescriptor::dup(&master).expect("descriptors to spare");
        let stop = Pipe::new().expect("descriptors to spare");
        let (typed, keys) = channel();
        spawn_writer(ours(), keys);
        spawn_reader(ours(), stop.read, typed.clone(), Arc::clone(&shared));
        spawn_waiter(child, Arc::clone(&shared));
        Self {
            pid,
            shared,
            typed: Some(typed),
            master: Some(pty.master),
            reading: Some(stop.write),
        }
    }

    /// Types keys, written as `keys.rs` says: `hello<enter><c-n>`. A person's pause follows each `<esc>`.
    #[track_caller]
    pub(crate) fn type_keys(&self, keys: &str) {
        for key in keys::encode(keys) {
            self.send(&key);
        }
    }

    /// Pastes as a terminal does: marked where the program asked for that, else with Enter for each line's end.
    pub(crate) fn paste(&self, text: &str) {
        if self.look(|view| view.marks_pastes()) {
            self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes());
        } else {
            self.paste_unmarked(text);
        }
    }

    /// Pastes as an old terminal does.
    pub(crate) fn paste_unmarked(&self, text: &str) {
        self.send(text.replace('\n', "\r").as_bytes());
    }

    /// Presses and lets go of the left mouse button on a cell, counted from 0.
    pub(crate) fn click(&self, row: u16, col: u16) {
        let (row, col) = (row + 1, col + 1);
        self.send(format!("\x1b[<0;{col};{row}M\x1b[<0;{col};{row}m").as_bytes());
    }

    /// Sends bytes as they are, all at once.
    pub(crate) fn send(&self, bytes: &[u8]) {
        let typed = self.typed.as_ref().expect("nobody types after hanging up");
        typed.send(bytes.to_vec()).expect("the writer lives as long as the screen");
    }

    /// Makes the terminal another size; the program is told by the kernel.
    pub(crate) fn resize(&self, cols: u16, rows: u16) {
        self.shared.change(|seen| seen.terminal.resize(cols, rows));
        let master = self.master.as_ref().expect("nobody resizes after hanging up");
        master.resize(pty_size(cols, rows)).expect("a pty takes a size");
    }

    /// Stops the terminal, as Ctrl-S does or a dead line: it takes nothing that the program writes until it goes on.
    pub(crate) fn stall(&self) {
        self.flow(Action::OOff);
    }

    /// Lets a stopped terminal go on.
    pub(crate) fn go_on(&self) {
        self.flow(Action::OOn);
    }

    /// Makes the line slow: from now on it carries what [`Screen::take`] lets it, and the kernel keeps some kilobytes.
    pub(crate) fn slow_down(&self) {
        self.shared.change(|seen| seen.carries = Some(0));
    }

    /// Waits until a slow line has carried so many bytes more.
    #[track_caller]
    pub(crate) fn take(&self, bytes: usize) {
        self.shared.change(|seen| seen.carries = Some(bytes));
        drop(self.wait_until(&format!("{bytes} bytes more"), |seen| seen.carries == Some(0)));
    }

    /// Makes a slow line quick again.
    pub(crate) fn speed_up(&self) {
        self.shared.change(|seen| seen.carries = None);
    }

    fn flow(&self, action: Action) {
        let master = self.master.as_ref().expect("the terminal is there");
        let name = master.tty_name().expect("a terminal has a name");
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let terminal = rustix::fs::open(name, flags, Mode::empty()).expect("the other side opens");
        rustix::termios::tcflow(terminal, action).expect("a terminal can be stopped");
    }

    /// Signals the program itself.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("the program is there to be signalled");
    }

    /// Closes the terminal, as a lost connection does: the kernel sends SIGHUP, and nothing can be drawn any more.
    pub(crate) fn hang_up(&mut self) {
        self.reading = None;
        self.speed_up();
        drop(self.wait_until("the reader to stop", |seen| seen.silent));
        self.typed = None;
        self.master = None;
    }

    /// The screen as text.
    pub(crate) fn text(&self) -> String {
        self.look(|view| view.text())
    }

    /// Looks at the screen as it is now.
    pub(crate) fn look<T>(&self, look: impl FnOnce(View<'_>) -> T) -> T {
        look(self.shared.lock().terminal.view())
    }

    /// Waits until the screen, fully drawn, is as wanted; `wanted` says it in words.
    #[track_caller]
    pub(crate) fn wait_for(&self, wanted: &str, met: impl Fn(View<'_>) -> bool) {
        drop(self.wait_until(wanted, |seen| {
            (!seen.terminal.is_half_drawn() || seen.is_over()) && met(seen.terminal.view())
        }));
    }

    /// Waits until the screen is as wanted, or the program has ended; whether it came to that.
    #[track_caller]
    pub(crate) fn reaches(&self, wanted: &str, met: impl Fn(View<'_>) -> bool) -> bool {
        let met = |seen: &Seen| !seen.terminal.is_half_drawn() && met(seen.terminal.view());
        let seen = self.wait_until(wanted, |seen| met(seen) || seen.is_over());
        met(&seen)
    }

    /// Waits until this text is to be seen.
    #[track_caller]
    pub(crate) fn wait_for_text(&self, text: &str) {
        self.wait_for(&format!("`{text}`"), |view| view.contains(text));
    }

    /// Waits until this text is gone.
    #[track_caller]
    pub(crate) fn wait_for_no(&self, text: &str) {
        self.wait_for(&format!("`{text}` to go"), |view| !view.contains(text));
    }

    /// Waits until the program has ended and all it wrote was seen.
    #[track_caller]
    pub(crate) fn wait_for_end(&self) -> ExitStatus {
        let seen = self.wait_until("the program to end", Seen::is_over);
        seen.exit.clone().expect("it has ended")
    }

    /// The program's process id.
    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Bytes the program has written to the terminal so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.shared.lock().raw.len() as u64
    }

    /// Waits until so many bytes were written in all, and the frame that they are of is whole.
    #[track_caller]
    pub(crate) fn wait_for_bytes(&self, bytes: u64) {
        drop(self.wait_until(&format!("{bytes} bytes"), |seen| {
            seen.raw.len() as u64 >= bytes && !seen.terminal.is_half_drawn()
        }));
    }

    /// Waits until the whole screen was cleared and drawn anew, since so many bytes were written.
    #[track_caller]
    pub(crate) fn wait_until_drawn_anew(&self, bytes: u64) {
        const CLEAR: &[u8] = b"\x1b[2J";
        let start = usize::try_from(bytes).expect("it fits into memory");
        drop(self.wait_until("a frame that is drawn anew", |seen| {
            let cleared = seen.raw[start..].windows(CLEAR.len()).any(|bytes| bytes == CLEAR);
            cleared && !seen.terminal.is_half_drawn()
        }));
    }

    /// These bytes themselves, from an earlier count of them on.
    pub(crate) fn written_since(&self, bytes: u64) -> Vec<u8> {
        let start = usize::try_from(bytes).expect("it fits into memory");
        self.shared.lock().raw[start..].to_vec()
    }

    /// The process, for looking at it from outside.
    pub(crate) fn process(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Bytes the program writes while nobody does anything for this long.
    pub(crate) fn bytes_while_idle(&self, span: Duration) -> u64 {
        let before = self.bytes();
        thread::sleep(span);
        self.bytes() - before
    }

    /// What a person takes to read what came up by itself: keys that come sooner are for what was there before.
    pub(crate) fn read(&self) {
        self.bytes_while_idle(Duration::from_secs(1));
    }

    #[track_caller]
    fn wait_until(&self, wanted: &str, met: impl Fn(&Seen) -> bool) -> MutexGuard<'_, Seen> {
        let waiting = |seen: &mut Seen| {
            let waits = !met(seen) && !seen.is_over();
            if std::mem::take(&mut seen.unseen) {
                self.shared.changed.notify_all();
            }
            waits
        };
        let mut seen = self.shared.lock();
        seen.waiting = true;
        let (mut seen, _) = self
            .shared
            .changed
            .wait_timeout_while(seen, patience(), waiting)
            .unwrap_or_else(PoisonError::into_inner);
        seen.waiting = false;
        self.shared.changed.notify_all();
        if !met(&seen) {
            let how = match &seen.exit {
                Some(exit) => format!("the program ended ({exit})"),
                None => format!("{} s went by", patience().as_secs()),
            };
            let screen = seen.terminal.view().text();
            drop(seen);
            panic!("waited for {wanted}, but {how}; the screen:\n{}", screen.trim_end());
        }
        seen
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.speed_up();
        if self.shared.lock().exit.is_none() {
            // The program leads its own session, so this reaches what it started as well. It may end by itself
            // meanwhile; there is nothing to do about either failure.
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
        let waiting = |seen: &mut Seen| seen.exit.is_none();
        let _ = self.shared.changed.wait_timeout_while(self.shared.lock(), patience(), waiting);
    }
}

/// Writes what is typed, on a thread of its own: a program that does not read must not stop the test from looking.
fn spawn_writer(mut master: FileDescriptor, keys: Receiver<Vec<u8>>) {
    thread::spawn(move || {
        let mut lone_esc: Option<Instant> = None;
        for key in keys {
            if let Some(pressed) = lone_esc {
                thread::sleep(AFTER_ESC.saturating_sub(pressed.elapsed()));
            }
            if master.write_all(&key).is_err() {
                return;
            }
            lone_esc = (key == b"\x1b").then(Instant::now);
        }
    });
}

/// Shows what the program writes and types the terminal's answers, until either side stops.
fn spawn_reader(
    mut master: FileDescriptor,
    stop: FileDescriptor,
    answers: Sender<Vec<u8>>,
    shared: Arc<Shared>,
) {
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        'reading: while wait_to_read(&master, &stop) {
            let most = shared.carries(buffer.len());
            // An error is how Linux says that nobody has the terminal open any more.
            let Ok(read @ 1..) = master.read(&mut buffer[..most]) else { break };
            for frame in frames(&buffer[..read]) {
                let answer = shared.change(|seen| {
                    seen.carries = seen.carries.map(|most| most.saturating_sub(frame.len()));
                    seen.raw.extend_from_slice(frame);
                    seen.terminal.take(frame)
                });
                shared.show();
                if !answer.is_empty() && answers.send(answer).is_err() {
                    break 'reading;
                }
            }
        }
        drop(master);
        shared.change(|seen| seen.silent = true);
    });
}

/// What was written, frame by frame where frames end in it.
fn frames(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    const END: &[u8] = b"\x1b[?2026l";
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let end = rest.windows(END.len()).position(|bytes| bytes == END);
        let (frame, behind) = rest.split_at(end.map_or(rest.len(), |end| end + END.len()));
        rest = behind;
        (!frame.is_empty()).then_some(frame)
    })
}

/// Whether there is something to read; false once we are to stop.
fn wait_to_read(master: &FileDescriptor, stop: &FileDescriptor) -> bool {
    let interest = |of: &FileDescriptor| pollfd { fd: of.as_raw_fd(), events: POLLIN, revents: 0 };
    let mut both = [interest(master), interest(stop)];
    poll(&mut both, None).is_ok() && both[1].revents == 0
}

fn spawn_waiter(mut child: Box<dyn Child + Send + Sync>, shared: Arc<Shared>) {
    thread::spawn(move || {
        let exit = child.wait().expect("our own child can be waited for");
        shared.change(|seen| seen.exit = Some(exit));
    });
}
