//! A screen to play on: messages in, text out.

use crate::action::Action;
use crate::app::{Context, DatasetInfo, Effect, Input, Message, Screen, State, update};
use crate::config::{Config, Layers, Theme, ThemeName};
use crate::domain::{
    AudioStamp, Confirm, Counts, Page, Peaks, Row, SampleDetail, SampleId, SampleKey, SampleState,
    Span,
};
use crate::keymap::{Key, Keymap};
use crate::ui::{ColorMode, Look, draw};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Stage {
    pub state: State,
    pub look: Look,
    effects: Vec<Effect>,
}

impl Stage {
    pub(super) fn new(size: (u16, u16)) -> Self {
        let config = Config::load(&Layers::default()).unwrap();
        let keymap = Keymap::load(None).unwrap();
        let state = State::new(Screen::Labeling, config, keymap, size);
        let look = Look::new(Theme::load(ThemeName::Dark), ColorMode::True, TimeZone::UTC);
        Self { state, look, effects: Vec::new() }
    }

    /// A dataset with samples, the first one open, its waveform drawn.
    pub(super) fn labeling(size: (u16, u16)) -> Self {
        let mut stage = Self::new(size);
        stage.open_dataset(counts());
        stage.answer_page(rows(12));
        stage.answer_samples();
        stage.peaks(7.9);
        stage
    }

    pub(super) fn open_dataset(&mut self, counts: Counts) {
        let dataset = DatasetInfo {
            name: "calls-2026".into(),
            source: "/data/acme-speech/calls".into(),
            output: None,
            author: "ann".into(),
        };
        let config = Box::new(self.state.config.clone());
        self.send(Message::Opened { dataset, counts, place: None, scope: None, config });
        self.state.sync.running = None;
    }

    pub(super) fn send(&mut self, message: Message) {
        let context = Context { now: Duration::from_secs(5), wall: at() };
        self.effects.extend(update(&mut self.state, message, &context));
    }

    pub(super) fn keys(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let key: Key = key.parse().unwrap();
            self.send(Message::Input(Input::Key(key)));
        }
    }

    pub(super) fn types(&mut self, text: &str) {
        self.send(Message::Input(Input::Paste(text.to_owned())));
    }

    /// Does an action as the palette would.
    pub(super) fn act(&mut self, action: Action) {
        let context = self.state.key_context();
        let key = self.state.keymap.keys(context, action).first().copied().unwrap();
        self.send(Message::Input(Input::Key(key)));
    }

    pub(super) fn answer_page(&mut self, rows: Vec<Row>) {
        let asked = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Page { generation, purpose, .. } => Some((*generation, *purpose)),
            _ => None,
        });
        let (generation, purpose) = asked.unwrap();
        let total = Some(rows.len() as u64);
        let page = Page { rows, total, offset: Some(0), ..Page::default() };
        self.send(Message::Page { generation, purpose, page });
    }

    pub(super) fn answer_samples(&mut self) {
        let asked: Vec<(SampleId, u64)> = self
            .effects
            .drain(..)
            .filter_map(|effect| match effect {
                Effect::Sample { id, asked } => Some((id, asked)),
                _ => None,
            })
            .collect();
        for (id, asked) in asked {
            let row = self.state.list.rows.iter().find(|row| row.id == id).cloned().unwrap();
            self.send(Message::Sample { asked, detail: Box::new(detail(&row)), draft: None });
        }
    }

    pub(super) fn peaks(&mut self, seconds: f64) {
        let Some(id) = self.state.editor.open.as_ref().map(|open| open.row.id) else { return };
        self.state.sound.seconds = Some(seconds);
        self.send(Message::Peaks(id, Arc::new(peaks(seconds))));
    }

    pub(super) fn buffer(&self) -> Buffer {
        let (columns, rows) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal
            .draw(|frame| draw(&self.state, &self.look, Duration::from_secs(5), frame))
            .unwrap();
        terminal.backend().buffer().clone()
    }

    pub(super) fn text(&self) -> String {
        to_text(&self.buffer())
    }

    /// Where the terminal's cursor is, if it is shown.
    pub(super) fn cursor(&self) -> (u16, u16) {
        let (columns, rows) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| draw(&self.state, &self.look, Duration::ZERO, frame)).unwrap();
        let position =
            ratatui::backend::Backend::get_cursor_position(terminal.backend_mut()).unwrap();
        (position.x, position.y)
    }
}

/// The cells as lines of text; what a wide character covers is left out.
pub(super) fn to_text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut covered = 0;
        let mut line = String::new();
        for x in 0..buffer.area.width {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            covered = crate::text::cells(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

pub(super) fn at() -> Timestamp {
    "2026-07-03T14:02:00Z".parse().unwrap()
}

pub(super) fn counts() -> Counts {
    Counts {
        unlabeled: 12_408,
        labeled: 7_282,
        to_confirm: 310,
        total: 19_690,
        seconds_known: 19_690,
        seconds_total: 98_000.0,
        seconds_labeled: 36_500.0,
        ..Counts::default()
    }
}

pub(super) fn row(id: i64, name: &str, seconds: f64) -> Row {
    Row {
        id: SampleId(id),
        key: SampleKey::from(name),
        state: SampleState::Unlabeled,
        confirm: Confirm::default(),
        seconds: Some(seconds),
        size: 120_000,
        etag: String::new(),
        content: None,
        flags: 0,
        leased_by: None,
        labeled_by: None,
        labeled_at: None,
        modified: None,
        draft: false,
    }
}

pub(super) fn rows(count: i64) -> Vec<Row> {
    (0..count)
        .map(|i| {
            let who = if i % 2 == 0 { "agent" } else { "cust" };
            let mut row =
                row(i + 1, &format!("2026/07/{:04}_{who}.wav", 415 + i), 3.0 + 7.3 * i as f64);
            match i {
                1 => row.draft = true,
                2 => row.flags = 0b10010,
                3 => row.leased_by = Some("bob".into()),
                4 => row.confirm.conflict = true,
                5 => row.confirm.audio_changed = true,
                6 => row.confirm.suggestion = true,
                7 => row.seconds = None,
                _ => {}
            }
            row
        })
        .collect()
}

pub(super) fn detail(row: &Row) -> SampleDetail {
    SampleDetail {
        id: row.id,
        key: row.key.clone(),
        state: row.state,
        confirm: row.confirm,
        stamp: AudioStamp { size: row.size, etag: "mtime:1".into() },
        seconds: row.seconds,
        content: row.content.clone(),
        heads: Vec::new(),
        rivals: Vec::new(),
        flags: row.known_flags().collect(),
        labeled: None,
        suggestion: None,
        audio_error: None,
    }
}

/// Phrases that swell and fade, with pauses between.
pub(super) fn peaks(seconds: f64) -> Peaks {
    let bins = (0..(seconds * 100.0) as usize)
        .map(|bin| {
            let t = bin as f64 / 100.0;
            let phrase = (t * 1.3).sin().max(0.0);
            let syllable = 0.55 + 0.45 * (t * 17.0).sin();
            let loud = (phrase * syllable * 120.0 + 1.0) as i8;
            (-loud, loud)
        })
        .collect();
    let mut speech = Vec::new();
    let period = std::f64::consts::TAU / 1.3;
    let mut start = 0.0;
    while start < seconds {
        speech.push(Span { start: start + 0.1, end: (start + period / 2.0 - 0.1).min(seconds) });
        start += period;
    }
    Peaks { bins_per_second: 100, bins, speech, seconds, damaged: None, complete: true }
}
