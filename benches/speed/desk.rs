//! The screen without a terminal: the real update, the real drawing, the real workspace; all on one thread, so that
//! each key can be timed from its press to the bytes of its frame, every page that it asks for read in between.

use super::data;
use earmark::app::{Context, DatasetInfo, Effect, Input, Message, Screen, State, update};
use earmark::config::{Config, Layers, Theme, ThemeName};
use earmark::domain::{PageRequest, Peaks, SampleId, Span};
use earmark::keymap::{Key, Keymap};
use earmark::ui::{ColorMode, Look, draw};
use earmark::workspace::Reader;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Columns and rows.
const SIZE: (u16, u16) = (120, 40);

/// A person's desk.
pub(crate) struct Desk {
    pub(crate) state: State,
    look: Look,
    reader: Reader,
    terminal: Terminal<CrosstermBackend<io::Sink>>,
    started: Instant,
    /// Counting, which the program does behind the frame.
    counts: Vec<(u64, PageRequest, Option<SampleId>)>,
    peaks: Arc<Peaks>,
}

impl Desk {
    /// Opens a workspace as the program does, its first page drawn.
    pub(crate) fn open(workspace: &Path) -> Self {
        Self::with_waveform(workspace, 8.0)
    }

    /// The same, where every file has a waveform of so many seconds.
    pub(crate) fn with_waveform(workspace: &Path, seconds: f64) -> Self {
        let mut config = Config::load(&Layers::default()).expect("the shipped settings");
        config.sync.on_open = false;
        let keymap = Keymap::load(None).expect("the shipped keys");
        let state = State::new(Screen::Labeling, config.clone(), keymap, SIZE);
        let look = Look::new(Theme::load(ThemeName::Dark), ColorMode::True, TimeZone::UTC);
        let viewport = Viewport::Fixed(Rect::new(0, 0, SIZE.0, SIZE.1));
        let backend = CrosstermBackend::new(io::sink());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport })
            .expect("a terminal that is none");
        let reader = Reader::open(workspace, data::identity()).expect("the workspace opens");
        let counts = reader.counts().expect("the workspace is read");
        let dataset = DatasetInfo {
            name: "bench".to_owned(),
            source: reader.dataset().source.clone(),
            output: None,
            author: "bench".to_owned(),
        };
        let mut desk = Self {
            state,
            look,
            reader,
            terminal,
            started: Instant::now(),
            counts: Vec::new(),
            peaks: Arc::new(some_peaks(seconds)),
        };
        let config = Box::new(config);
        let opened = Message::Opened { dataset, counts, place: None, scope: None, config };
        desk.take(opened, &mut |_| ());
        desk.draw();
        desk.count();
        desk
    }

    /// Presses a key, has everything answered, draws. `outside` sees what is not the workspace reader's.
    pub(crate) fn press(&mut self, key: &str, outside: &mut dyn FnMut(&Effect)) {
        let key: Key = key.parse().expect("a key");
        self.take(Message::Input(Input::Key(key)), outside);
        self.draw();
    }

    /// A message, the effects that follow, their answers, and so on until all is quiet.
    pub(crate) fn take(&mut self, message: Message, outside: &mut dyn FnMut(&Effect)) {
        let mut messages = VecDeque::from([message]);
        while let Some(message) = messages.pop_front() {
            let context = Context { now: self.started.elapsed(), wall: Timestamp::now() };
            for effect in update(&mut self.state, message, &context) {
                outside(&effect);
                messages.extend(self.answer(effect));
            }
        }
    }

    fn answer(&mut self, effect: Effect) -> Option<Message> {
        let reader = &self.reader;
        Some(match effect {
            Effect::Page { generation, purpose, request } => {
                let page = reader.page(&request).expect("a page is read");
                Message::Page { generation, purpose, page }
            }
            Effect::Count { generation, request, first } => {
                self.counts.push((generation, request, first));
                return None;
            }
            Effect::Counts => Message::Counts(reader.counts().expect("the counts are read")),
            Effect::Sample { id, asked } => {
                let detail = reader.detail(id).expect("a sample is read").expect("it is there");
                Message::Sample { asked, detail: Box::new(detail), draft: None }
            }
            Effect::Peaks(detail) => Message::Peaks(detail.id, self.peaks.clone()),
            Effect::SaveDraft(job) => {
                Message::DraftSaved { key: job.key, ticket: job.ticket, error: None }
            }
            Effect::Lease(id) => Message::Leased(id, None),
            _ => return None,
        })
    }

    /// Counts what the last keys asked to have counted; how often that was.
    pub(crate) fn count(&mut self) -> usize {
        let counted = self.counted();
        let often = counted.len();
        for message in counted {
            self.take(message, &mut |_| ());
        }
        often
    }

    /// The same, the screen not yet told.
    pub(crate) fn counted(&mut self) -> Vec<Message> {
        let counts = std::mem::take(&mut self.counts);
        let reader = &self.reader;
        let count = |(generation, request, first): (u64, PageRequest, Option<SampleId>)| {
            let total = Some(reader.total(&request).expect("a list is counted"));
            let offset = first.map(|id| reader.rank(&request, id).expect("a place is counted"));
            Message::Counted { generation, offset, total }
        };
        counts.into_iter().map(count).collect()
    }

    fn draw(&mut self) {
        let (state, look, now) = (&self.state, &self.look, self.started.elapsed());
        self.terminal.draw(|frame| draw(state, look, now, frame)).expect("a sink takes all");
    }
}

/// Phrases with pauses, so that there is a waveform to draw.
fn some_peaks(seconds: f64) -> Peaks {
    let bins = (0..(seconds * 100.0) as u32)
        .map(|bin| {
            let t = f64::from(bin) / 100.0;
            let loud = (100.0 * (t * 1.3).sin().max(0.0) * (t * 17.0).sin().abs()) as i8 + 1;
            (-loud, loud)
        })
        .collect();
    let speech = (0..(seconds / 4.8) as u32)
        .map(|phrase| f64::from(phrase) * 4.8)
        .map(|start| Span { start: start + 0.1, end: start + 2.3 })
        .collect();
    Peaks { bins_per_second: 100, bins, speech, seconds, damaged: None, complete: true }
}
