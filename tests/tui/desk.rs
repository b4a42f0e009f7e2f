//! A desk to work at: the real state and update loop, the real drawing, a real workspace filled by a real sync of real
//! recordings. Only the clock is turned by hand and the player follows a script, so that every run is the same.

use crate::deck::Deck;
use crate::delays::Delays;
use crate::home::Home;
use crate::keys;
use crate::picture::Picture;
use crate::room::{Room, told};
use earmark::app::{
    Context, DatasetInfo, Effect, ExchangeJob, ExchangeNews, Input, KnownDataset, Message, Mouse,
    MouseKind, Screen, State, update,
};
use earmark::config::{Config, Layers, Paths, Theme, ThemeName};
use earmark::domain::{Counts, Event, Output, Row, SampleKey, UserError, View};
use earmark::keymap::Keymap;
use earmark::ops::{Locate, Make, Registry, locate};
use earmark::ui::{ColorMode, Look, draw};
use earmark::workspace::{Identity, Reader, Writer};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::{Backend as _, TestBackend};
use ratatui::layout::Position;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What stands for the temporary folder on the screen.
const HOME: &str = "/home/ann";
/// Between two keys: more than a split Alt sequence takes, less than the time after which a draft is saved.
const KEY: Duration = Duration::from_millis(100);
/// How often a playing player reports.
const REPORT: Duration = Duration::from_millis(100);

/// The recordings that tests take: self-made clips, the same on every machine.
const CLIPS: [&str; 4] =
    ["01_greeting_agent.wav", "01_greeting_caller.wav", "02_order_agent.flac", "03_weather_zh.wav"];

pub(crate) struct Desk {
    pub(crate) state: State,
    pub(crate) look: Look,
    pub(crate) deck: Deck,
    /// What was copied to the user's clipboard last.
    pub(crate) clipboard: Option<String>,
    /// The listener that was picked last, and how often a player page was asked for.
    pub(crate) picked: Option<String>,
    pub(crate) pages: usize,
    /// The program has ended.
    pub(crate) ended: bool,
    now: Duration,
    room: Option<Room>,
    inbox: VecDeque<Message>,
    /// Answers wait until they are let through.
    pub(crate) delays: Delays,
    settings: Vec<(String, String)>,
    identity: Identity,
    home: Home,
}

impl Desk {
    /// The choice of datasets, with none opened yet.
    pub(crate) fn empty() -> Self {
        Self::at(Home::new(), "ann", &[])
    }

    /// The dataset `calls-2026` with recordings of these names, open and synchronized.
    pub(crate) fn with(names: &[&str]) -> Self {
        Self::set(names, &[])
    }

    /// The dataset with an output, the folder `out` of the home.
    pub(crate) fn shared(names: &[&str]) -> Self {
        let mut desk = Self::with(names);
        let output = desk.home.join("out").display().to_string();
        desk.room().writer.set_output(Some(&output)).unwrap();
        desk.open("calls-2026");
        desk
    }

    /// The same, with settings.
    pub(crate) fn set(names: &[&str], settings: &[(&str, &str)]) -> Self {
        let home = Home::new();
        for (index, name) in names.iter().enumerate() {
            place_clip(&home.join("calls-2026").join(name), CLIPS[index % CLIPS.len()], index);
        }
        fs::create_dir_all(home.join("calls-2026")).unwrap();
        let mut desk = Self::at(home, "ann", settings);
        desk.open("calls-2026");
        desk
    }

    fn at(home: Home, author: &str, settings: &[(&str, &str)]) -> Self {
        let settings: Vec<_> =
            settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let layers = Layers { flags: settings.clone(), ..Layers::default() };
        let config = Config::load(&layers).unwrap();
        let keymap = Keymap::load(None).unwrap();
        let mut state = State::new(Screen::Datasets, config, keymap, (100, 30));
        author.clone_into(&mut state.dataset.author);
        Self {
            state,
            look: Look::new(Theme::load(ThemeName::Dark), ColorMode::True, TimeZone::UTC),
            deck: Deck::default(),
            clipboard: None,
            picked: None,
            pages: 0,
            ended: false,
            now: Duration::from_mins(2),
            room: None,
            inbox: VecDeque::new(),
            delays: Delays::default(),
            settings,
            identity: Identity::new(author),
            home,
        }
    }

    /// Opens the dataset in a folder of the home, as the command line does.
    pub(crate) fn open(&mut self, folder: &str) -> &mut Self {
        let folder = self.home.join(folder).display().to_string();
        let message = self.opened(&folder).unwrap();
        self.send(Message::Player(Event::Output(Output::Device("laptop".into()))));
        self.send(message)
    }

    /// Ends the program and starts it anew, as another process of the same person.
    pub(crate) fn again(self) -> Self {
        assert!(self.ended, "the program still runs");
        let settings: Vec<_> =
            self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        drop(self.room);
        let mut desk = Self::at(self.home, "ann", &settings);
        desk.now = self.now + Duration::from_mins(1);
        desk.open("calls-2026");
        desk
    }

    // What happens to it.

    /// Types; time goes by with each key.
    pub(crate) fn keys(&mut self, typed: &str) -> &mut Self {
        for key in keys::parse(typed) {
            self.wait(KEY);
            self.send(Message::Input(Input::Key(key)));
        }
        self
    }

    /// A paste with brackets.
    pub(crate) fn paste(&mut self, text: &str) -> &mut Self {
        self.send(Message::Input(Input::Paste(text.to_owned())))
    }

    /// A paste without brackets, recognized by its speed.
    pub(crate) fn lines(&mut self, text: &str) -> &mut Self {
        self.send(Message::Input(Input::Lines(text.to_owned())))
    }

    /// Presses the left button on the first cell that shows `text`.
    pub(crate) fn click(&mut self, text: &str) -> &mut Self {
        let (column, row) = self.find(text);
        self.mouse(column, row, MouseKind::Press)
    }

    pub(crate) fn mouse(&mut self, column: u16, row: u16, kind: MouseKind) -> &mut Self {
        self.wait(KEY);
        self.send(Message::Input(Input::Mouse(Mouse { column, row, kind })))
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.send(Message::Input(Input::Resize(columns, rows)))
    }

    /// Lets time go by, with everything that is due meanwhile.
    pub(crate) fn wait(&mut self, time: Duration) -> &mut Self {
        let end = self.now + time;
        while self.now < end {
            let due = self.state.next_deadline().filter(|at| *at <= end);
            self.now = due.unwrap_or(end).min(self.now + REPORT).max(self.now);
            if let Some(event) = self.deck.tick(self.now) {
                self.send(Message::Player(event));
            }
            if due.is_some_and(|at| at <= self.now) {
                self.send(Message::Deadline);
                let next = self.state.next_deadline();
                assert!(next.is_none_or(|at| at > self.now), "a deadline stays due for ever");
            }
        }
        self
    }

    /// Answers of everything outside wait from now on, or come through.
    pub(crate) fn hold(&mut self, held: bool) -> &mut Self {
        self.delays.held = held;
        self.answer();
        self
    }

    /// The writer is busy from now on: labels wait. Or it has time again, and does them.
    pub(crate) fn busy_writer(&mut self, busy: bool) -> &mut Self {
        self.delays.busy_writer = busy;
        if !busy {
            for effect in std::mem::take(&mut self.delays.labels) {
                self.run(effect);
            }
        }
        self.answer();
        self
    }

    /// A message, and what follows from it.
    pub(crate) fn send(&mut self, message: Message) -> &mut Self {
        self.take(message);
        self.answer();
        self
    }

    /// Looks for what other processes did, as the program does once a second.
    pub(crate) fn look_around(&mut self) -> &mut Self {
        if self.room().writer.changed_by_others().unwrap() {
            self.send(Message::Changed);
        }
        self
    }

    /// Others change the workspace before each of so many answers.
    pub(crate) fn amid_changes(&mut self, answers: usize) -> &mut Self {
        for _ in 0..answers {
            self.take(Message::Changed);
            let answer = self.inbox.pop_front().unwrap();
            self.take(answer);
        }
        self
    }

    fn answer(&mut self) {
        while !self.delays.held
            && let Some(message) = self.inbox.pop_front()
        {
            let Some(message) = self.delays.let_through(message) else { continue };
            self.take(message);
        }
    }

    fn take(&mut self, message: Message) {
        let context = Context { now: self.now, wall: self.wall() };
        for effect in update(&mut self.state, message, &context) {
            self.run(effect);
        }
    }

    fn run(&mut self, effect: Effect) {
        let now = self.now;
        match effect {
            effect @ Effect::Label(_) if self.delays.busy_writer => self.delays.labels.push(effect),
            Effect::Quit => self.ended = true,
            Effect::Clipboard(text) => self.clipboard = Some(text),
            Effect::PickListener(name) => self.picked = Some(name),
            Effect::OpenPlayerPage => self.pages += 1,
            Effect::Load { load, sound, from, play } => {
                let detail = self.room().reader.detail(sound.sample).unwrap();
                if let Some(why) = detail.as_ref().and_then(|detail| detail.audio_error.clone()) {
                    self.inbox.push_back(Message::Player(Event::Failed { load, why }));
                    return;
                }
                let seconds = detail.and_then(|detail| detail.seconds).unwrap_or(0.0);
                let name = sound.key.lossy().into_owned();
                self.player(|deck| deck.load((load, name, seconds), from, play, now));
            }
            Effect::Player(command) => self.player(|deck| deck.command(&command, now)),
            Effect::Datasets => self.list_datasets(),
            Effect::OpenDataset(which) => {
                let message = self.opened(&self.real(&which)).unwrap_or_else(Message::OpenFailed);
                self.inbox.push_back(message);
            }
            Effect::RenameDataset(workspace, name) => {
                let workspace = PathBuf::from(self.real(&workspace));
                let renamed = self.registry().rename(&workspace, &name);
                self.tell_failure(renamed.map_err(told));
                self.list_datasets();
            }
            Effect::ForgetDataset(workspace) => {
                let workspace = PathBuf::from(self.real(&workspace));
                self.registry().forget(&workspace).unwrap();
                self.list_datasets();
            }
            effect => {
                let at = self.wall();
                let effect = self.real_paths(effect);
                let Some(room) = &mut self.room else { return };
                let answers = room.run(effect, at);
                let answers: Vec<Message> =
                    answers.into_iter().map(|answer| self.shown_paths(answer)).collect();
                self.inbox.extend(answers);
            }
        }
    }

    fn player(&mut self, ask: impl FnOnce(&mut Deck) -> Vec<Event>) {
        let events = ask(&mut self.deck);
        self.inbox.extend(events.into_iter().map(Message::Player));
    }

    fn tell_failure(&mut self, outcome: Result<(), UserError>) {
        if let Err(error) = outcome {
            self.inbox.push_back(Message::Failed(error));
        }
    }

    // Datasets.

    fn paths(&self) -> Paths {
        Paths {
            data: self.home.join("data"),
            config: self.home.join("config"),
            state: self.home.join("state"),
            runtime: self.home.join("run"),
            cache: self.home.join("cache"),
        }
    }

    fn registry(&self) -> Registry {
        Registry::of(&self.paths())
    }

    /// Opens its workspace; the message that shows it.
    fn opened(&mut self, which: &str) -> Result<Message, UserError> {
        let known = self.registry().all().unwrap();
        let row = known.into_iter().find(|known| known.workspace == Path::new(which));
        let typed = match row {
            Some(known) => Locate {
                source: known.source,
                workspace: Some(known.workspace),
                ..Locate::default()
            },
            None => Locate { source: which.to_owned(), ..Locate::default() },
        };
        let (paths, at) = (self.paths(), self.wall());
        let opened = locate(&typed, Make::IfMissing, &self.identity, &paths, at)
            .map_err(|error| self.shown_error(told(error)))?;
        let dataset = DatasetInfo {
            name: opened.dataset.name.clone(),
            source: self.shown(&opened.dataset.source),
            output: opened.dataset.output.clone(),
            author: self.identity.author.clone(),
        };
        let layers = Layers { flags: self.settings.clone(), ..Layers::default() };
        let config = Box::new(Config::load(&layers).unwrap());
        let home = PathBuf::from(self.home.join("").display().to_string().trim_end_matches('/'));
        let room = Room::open(opened, self.registry(), home);
        let (counts, place) = (room.reader.counts().unwrap(), room.place());
        self.room = Some(room);
        Ok(Message::Opened { dataset, counts, place, scope: None, config })
    }

    pub(crate) fn list_datasets(&mut self) {
        let known = self.registry().all().unwrap();
        let known = known
            .into_iter()
            .map(|known| {
                let counts = Reader::open(&known.workspace, self.identity.clone())
                    .and_then(|reader| reader.counts());
                KnownDataset {
                    workspace: self.shown(&known.workspace.to_string_lossy()),
                    name: known.name,
                    source: self.shown(&known.source),
                    problem: counts.as_ref().err().map(|error| self.shown(&error.to_string())),
                    counts: counts.ok(),
                    last_opened: Some(known.opened),
                }
            })
            .collect();
        self.inbox.push_back(Message::Datasets(known));
        self.answer();
    }

    /// A path as the screen shows it: the temporary folder has another name each time.
    fn shown(&self, path: &str) -> String {
        path.replace(&self.home.join("").display().to_string(), &format!("{HOME}/"))
    }

    fn shown_error(&self, error: UserError) -> UserError {
        UserError {
            what: self.shown(&error.what),
            why: error.why.iter().map(|why| self.shown(why)).collect(),
            hint: error.hint.map(|hint| self.shown(&hint)),
        }
    }

    fn real(&self, path: &str) -> String {
        path.replace(HOME, self.home.join("").display().to_string().trim_end_matches('/'))
    }

    /// The slow job that was begun comes to its end.
    pub(crate) fn finish_job(&mut self) -> &mut Self {
        let at = self.wall();
        let answers = self.room().finish_job(at);
        for answer in answers {
            let answer = self.shown_paths(answer);
            self.send(answer);
        }
        self
    }

    /// Paths as the disk knows them, in what is asked for.
    fn real_paths(&self, effect: Effect) -> Effect {
        let real = |path: &Path| PathBuf::from(self.real(&path.to_string_lossy()));
        match effect {
            Effect::Browse(ticket, folder) => {
                Effect::Browse(ticket, folder.map(|folder| real(&folder)))
            }
            Effect::Exchange(ticket, job) => {
                let job = match *job {
                    ExchangeJob::CheckAdd(mut job) => {
                        job.files = job.files.iter().map(|path| real(path)).collect();
                        ExchangeJob::CheckAdd(job)
                    }
                    ExchangeJob::Add(mut job) => {
                        job.files = job.files.iter().map(|path| real(path)).collect();
                        ExchangeJob::Add(job)
                    }
                    ExchangeJob::Import(mut job) => {
                        job.from = self.real(&job.from);
                        ExchangeJob::Import(job)
                    }
                    job => job,
                };
                Effect::Exchange(ticket, Box::new(job))
            }
            effect => effect,
        }
    }

    /// Paths as the screen shows them, in what is answered.
    fn shown_paths(&self, message: Message) -> Message {
        match message {
            Message::Browsed(ticket, Ok(mut folder)) => {
                let shown = |path: &Path| {
                    let path = format!("{}/", path.display());
                    PathBuf::from(self.shown(&path).trim_end_matches('/'))
                };
                folder.path = shown(&folder.path);
                for entry in &mut folder.entries {
                    entry.path = shown(&entry.path);
                }
                Message::Browsed(ticket, Ok(folder))
            }
            Message::Browsed(ticket, Err(error)) => {
                Message::Browsed(ticket, Err(self.shown_error(error)))
            }
            Message::Exchange(ticket, ExchangeNews::Failed(error)) => {
                Message::Exchange(ticket, ExchangeNews::Failed(self.shown_error(error)))
            }
            Message::Exchange(ticket, ExchangeNews::Published(mut outcome)) => {
                outcome.manifest = without_id(&self.shown(&outcome.manifest));
                Message::Exchange(ticket, ExchangeNews::Published(outcome))
            }
            message => message,
        }
    }

    // What is there.

    pub(crate) fn wall(&self) -> Timestamp {
        "2026-07-03T14:00:00Z".parse::<Timestamp>().unwrap() + self.now
    }

    pub(crate) fn room(&mut self) -> &mut Room {
        self.room.as_mut().unwrap()
    }

    /// A file of the home.
    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// A file of the source folder.
    pub(crate) fn source(&self, name: &str) -> PathBuf {
        self.home.join("calls-2026").join(name)
    }

    /// Another running earmark on the same workspace.
    pub(crate) fn colleague(&mut self, author: &str) -> Writer {
        Writer::open(&self.room().opened.workspace.clone(), Identity::new(author)).unwrap()
    }

    pub(crate) fn counts(&mut self) -> Counts {
        self.room().reader.counts().unwrap()
    }

    /// The label on disk.
    pub(crate) fn label(&mut self, name: &str) -> Option<String> {
        let reader = &self.room().reader;
        let id = reader.find(&SampleKey::from(name)).unwrap().unwrap();
        reader.detail(id).unwrap().unwrap().content
    }

    /// The draft on disk.
    pub(crate) fn draft(&mut self, name: &str) -> Option<String> {
        let draft = self.room().drafts.load(&SampleKey::from(name)).unwrap();
        draft.map(|draft| draft.text)
    }

    /// The names in the list.
    pub(crate) fn names(&self) -> Vec<String> {
        self.state.list.rows.iter().map(|row| row.key.lossy().into_owned()).collect()
    }

    pub(crate) fn row(&self, name: &str) -> &Row {
        let key = SampleKey::from(name);
        self.state.list.rows.iter().find(|row| row.key == key).unwrap()
    }

    /// The name under the cursor.
    pub(crate) fn here(&self) -> String {
        self.state.list.cursor_row().map_or_else(String::new, |row| row.key.lossy().into_owned())
    }

    /// The text in the box.
    pub(crate) fn text(&self) -> &str {
        self.state.editor.open.as_ref().map_or("", |open| open.buffer.text())
    }

    pub(crate) fn tab(&self) -> View {
        self.state.view
    }

    // What is seen.

    pub(crate) fn picture(&self) -> Picture {
        let (columns, rows) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        // A frame that shows the cursor moves it away from here.
        let nowhere = Position { x: columns, y: rows };
        terminal.backend_mut().set_cursor_position(nowhere).unwrap();
        terminal.draw(|frame| draw(&self.state, &self.look, self.now, frame)).unwrap();
        let at = terminal.backend_mut().get_cursor_position().unwrap();
        let cursor = (at != nowhere).then_some(at);
        Picture { cells: terminal.backend().buffer().clone(), cursor }
    }

    /// The screen as text.
    pub(crate) fn screen(&self) -> String {
        self.picture().text()
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.picture().rows().iter().any(|row| row.contains(text))
    }

    /// Fails with the screen if it does not show the text.
    pub(crate) fn expect(&mut self, text: &str) -> &mut Self {
        assert!(self.shows(text), "no `{text}` on the screen:\n{}", self.screen());
        self
    }

    /// The first cell that shows `text`.
    fn find(&self, text: &str) -> (u16, u16) {
        let rows = self.picture().rows();
        let found = rows.iter().enumerate().find_map(|(y, row)| Some((row.find(text)?, y)));
        let (byte, y) = found.unwrap_or_else(|| panic!("no `{text}`:\n{}", self.screen()));
        let x = earmark::text::cells(&rows[y][..byte]);
        (u16::try_from(x).unwrap(), u16::try_from(y).unwrap())
    }

    pub(crate) fn look(&mut self, theme: ThemeName, colors: ColorMode) -> &mut Self {
        self.look = Look::new(Theme::load(theme), colors, TimeZone::UTC);
        self
    }
}

/// A dataset's id is another one each time.
fn without_id(manifest: &str) -> String {
    let id = manifest.split(['-', '/']).find(|part| part.len() == 32);
    id.map_or_else(|| manifest.to_owned(), |id| manifest.replace(id, &"0123".repeat(8)))
}

/// Copies a clip to a place, with a modified time that is the same in every run.
pub(crate) fn place_clip(to: &Path, clip: &str, minute: usize) {
    let clips = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(clips.join(clip), to).unwrap();
    let since = Duration::from_secs(1_780_000_000 + 60 * minute as u64);
    let file = File::options().append(true).open(to).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + since).unwrap();
}
